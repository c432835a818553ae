//! `keygen`: a new key, and its entries for key files.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{Algorithm, KeyId};
use pem::{EncodeConfig, LineEnding, Pem};
use zeroize::Zeroizing;

use crate::{Outcome, args::KeygenArgs, failure::Failure};

pub(crate) fn run(args: &KeygenArgs) -> Result<Outcome, Failure> {
    let id = KeyId::new(&args.id).map_err(|error| Failure::misuse(format!("--id: {error}")))?;
    let is_rsa = args.algorithm.name().starts_with("rsa-");
    if args.bits.is_some() && !is_rsa {
        return Err(Failure::misuse("--bits: for RSA alone"));
    }
    if args.algorithm.is_sha1() {
        return Err(Failure::misuse("--algorithm: no new keys are made for SHA-1"));
    }
    if args.algorithm.is_symmetric() {
        if args.out.is_some() {
            return Err(Failure::misuse("--out: a secret is printed, and has no file"));
        }
        return secret(&id, args.algorithm);
    }
    let pair = pair(args.algorithm, args.bits.unwrap_or(2048))?;
    let path = args.out.clone().unwrap_or_else(|| file_name(&id));
    write_private(&path, &pair.private)?;
    let head = entry(&id, args.algorithm);
    let public = pair.public;
    let path = quoted(&for_any_folder(&path).to_string_lossy());
    Ok(Outcome::done(format!(
        "# For whoever verifies.\n{head}public_key = \"\"\"\n{public}\"\"\"\n\n\
         # For whoever signs; the path is relative to the folder of the key file.\n{head}private_key_file = {path}\n"
    )))
}

/// A path that leads to the file from wherever the key file will be: a bare name is meant to lie beside it.
fn for_any_folder(path: &Path) -> PathBuf {
    let beside = path.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    if beside { path.to_owned() } else { path.canonicalize().unwrap_or_else(|_| path.to_owned()) }
}

/// As many random bytes as the hash gives, and no fewer than 32.
fn secret(id: &KeyId, algorithm: Algorithm) -> Result<Outcome, Failure> {
    let mut bytes = Zeroizing::new([0; 64]);
    rand::fill(bytes.as_mut_slice()).map_err(|_| no_random())?;
    let len = match algorithm {
        Algorithm::HmacSha512 => 64,
        Algorithm::HmacSha384 => 48,
        _ => 32,
    };
    let secret = Zeroizing::new(STANDARD.encode(bytes.get(..len).unwrap_or_default()));
    Ok(Outcome::done(format!("{}secret_base64 = \"{}\"\n", entry(id, algorithm), *secret)))
}

fn no_random() -> Failure {
    Failure::misuse("no random numbers")
}

/// A private key and its public half, both in PEM.
struct Pair {
    private: Zeroizing<String>,
    public: String,
}

impl Pair {
    fn new(private: &[u8], public: &[u8]) -> Self {
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        let text = |label: &str, der: &[u8]| pem::encode_config(&Pem::new(label, der), config);
        Self { private: Zeroizing::new(text("PRIVATE KEY", private)), public: text("PUBLIC KEY", public) }
    }
}

fn pair(algorithm: Algorithm, bits: u16) -> Result<Pair, Failure> {
    let made = match algorithm {
        Algorithm::Ed25519 => Ed25519KeyPair::generate().and_then(|pair| {
            let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())?;
            Ok(Pair::new(pair.to_pkcs8v1()?.as_ref(), public.as_ref()))
        }),
        Algorithm::EcdsaSha256 | Algorithm::EcdsaSha384 | Algorithm::EcdsaSha512 => {
            let curve = match algorithm {
                Algorithm::EcdsaSha256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
                Algorithm::EcdsaSha384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
                _ => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
            };
            EcdsaKeyPair::generate(curve).and_then(|pair| {
                let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())?;
                Ok(Pair::new(pair.to_pkcs8v1()?.as_ref(), public.as_ref()))
            })
        }
        _ => {
            let size = match bits {
                2048 => KeySize::Rsa2048,
                3072 => KeySize::Rsa3072,
                4096 => KeySize::Rsa4096,
                8192 => KeySize::Rsa8192,
                _ => return Err(Failure::misuse("--bits: not one of 2048, 3072, 4096, 8192")),
            };
            RsaKeyPair::generate(size).and_then(|pair| {
                let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair)?;
                let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())?;
                Ok(Pair::new(private.as_ref(), public.as_ref()))
            })
        }
    };
    made.map_err(|_| no_random())
}

/// Writes a file that only its owner can read, and never over another.
fn write_private(path: &PathBuf, pem: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(pem.as_bytes()));
    written.map_err(|error| Failure::misuse(format!("{}: {error}", path.display())))
}

/// The id as the name of a file in the present folder.
fn file_name(id: &KeyId) -> PathBuf {
    let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    let name: String = id.as_str().chars().map(|char| if plain(char) { char } else { '_' }).collect();
    PathBuf::from(name + ".pem")
}

fn entry(id: &KeyId, algorithm: Algorithm) -> String {
    format!("[[key]]\nid = {}\nalgorithm = \"{algorithm}\"\n", quoted(id.as_str()))
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|char| match char {
        '"' | '\\' => format!("\\{char}"),
        char if char.is_control() => format!("\\u{:04x}", u32::from(char)),
        char => char.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_with_slashes_and_dots_names_a_file_in_the_present_folder() {
        let id = KeyId::new("https://a.example/../users/b#main-key").unwrap();
        assert_eq!(file_name(&id), PathBuf::from("https___a_example____users_b_main-key.pem"));
    }

    #[test]
    fn an_id_with_quotes_and_backslashes_is_read_back_as_it_is() {
        let id = KeyId::new(r#"a"b\c"#).unwrap();
        let text = entry(&id, Algorithm::HmacSha256) + "secret = '0123456789abcdef'";
        assert_eq!(countersign_keyfile::KeyFile::parse(&text, ".").unwrap().ids().collect::<Vec<_>>(), [id.as_str()]);
    }
}
