//! The key that `sign` signs with, from wherever the flags say.

use std::{
    env::{self, VarError},
    fs,
    path::Path,
};

use countersign::{
    Algorithm, Cavage, Coverage, Dialect, KeyError, Request, Secret, SignError, SignatureParts, Signer, SigningKey,
    UnixTime,
};
use countersign_keyfile::{KeyFile, without_line_end};
use zeroize::Zeroizing;

use crate::{
    args::SignArgs,
    failure::Failure,
    flags::AlgorithmFlag,
    key_kind::{KeyKind, KeyText},
};

/// A key that signs.
pub(crate) enum Key {
    /// One of the core's.
    Core(SigningKey),
    /// One that the core's library does not take.
    #[cfg(feature = "legacy-keys")]
    Legacy(countersign::KeyMetadata, crate::legacy::SigningKey),
}

impl Key {
    /// Reads the key that the flags name.
    pub(crate) fn read(args: &SignArgs) -> Result<Self, Failure> {
        let key_id = || {
            args.key_id.as_deref().ok_or_else(|| Failure::misuse("--keyId is missing: it says what the key is called"))
        };
        if let Some(path) = &args.key.keys {
            let (id, file) = (key_id()?, KeyFile::read(path));
            let key = file.and_then(|file| file.signing_key(id));
            return key.map(Self::Core).map_err(|error| Failure::key_file(path, &error));
        }
        if let Some(path) = &args.key.private_key {
            return Self::private(path, args);
        }
        let (secret, place) = match (&args.key.secret_file, &args.key.secret_env) {
            (Some(path), _) => {
                let text = fs::read(path).map(Zeroizing::new);
                let text = text.map_err(|error| Failure::misuse(format!("{}: {error}", path.display())))?;
                (Zeroizing::new(without_line_end(&text).to_vec()), path.display().to_string())
            }
            (None, Some(name)) => (variable(name)?, name.clone()),
            (None, None) => return Err(Failure::misuse("no key")),
        };
        let unusable = |error: KeyError| Failure::key(&place, &error);
        let secret = secret_of(&secret, args.scheme.dialect).map_err(unusable)?;
        let algorithm = match args.algorithm {
            None => Algorithm::HmacSha256,
            Some(AlgorithmFlag::Hs2019) => Algorithm::HmacSha512,
            Some(AlgorithmFlag::Named(algorithm)) => algorithm,
        };
        SigningKey::hmac(key_id()?, algorithm, &secret).map(Self::Core).map_err(unusable)
    }

    fn private(path: &Path, args: &SignArgs) -> Result<Self, Failure> {
        let text = KeyText::read(path, args.key_type)?;
        // The suite signs without naming the key.
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let id = args.key_id.clone().or(stem).unwrap_or_default();
        let algorithm = match args.algorithm {
            None => text.kind.usual(),
            Some(AlgorithmFlag::Hs2019) => hs2019(text.kind),
            Some(AlgorithmFlag::Named(algorithm)) => algorithm,
        };
        let key = SigningKey::from_pem(&id, algorithm, text.pem.as_slice()).map(Self::Core);
        #[cfg(feature = "legacy-keys")]
        let key = key.or_else(|error| {
            let key = crate::legacy::SigningKey::new(&text, algorithm).ok_or(error)?;
            Ok(Self::Legacy(countersign::KeyMetadata::new(id.parse()?, algorithm), key))
        });
        key.map_err(|error: KeyError| Failure::key(&path.display().to_string(), &error))
    }

    /// Signs a request.
    pub(crate) fn sign(
        self,
        scheme: Cavage,
        coverage: Coverage,
        lifetime: std::time::Duration,
        request: &Request<'_>,
        now: UnixTime,
    ) -> Result<SignatureParts, SignError> {
        let prepared = |signer: Signer| signer.covering(coverage).expiring_after(lifetime);
        match self {
            Self::Core(key) => prepared(Signer::new(scheme, key)).sign(request, now),
            #[cfg(feature = "legacy-keys")]
            Self::Legacy(metadata, key) => {
                let signer = prepared(Signer::for_remote_keys(scheme, vec![metadata]));
                let unsigned = signer.prepare(request, now)?;
                let signature = key.sign(&unsigned.signature_base()).ok_or(SignError::KeyFailed)?;
                unsigned.attach(&[countersign::Signature::new(&signature)])
            }
        }
    }
}

/// The bytes of an environment variable. An error of the library holds the value where that is not text, and is not shown.
fn variable(name: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    match env::var(name) {
        Ok(text) => Ok(Zeroizing::new(text.into_bytes())),
        Err(VarError::NotPresent) => Err(Failure::misuse(format!("{name}: the environment variable is not set"))),
        Err(VarError::NotUnicode(value)) => {
            drop(Zeroizing::new(value.into_encoded_bytes()));
            Err(Failure::misuse(format!("{name}: the environment variable is not UTF-8")))
        }
    }
}

/// A secret as its deployment hands it out; bytes that are no text are the secret themselves.
fn secret_of(bytes: &[u8], dialect: Option<&'static Dialect>) -> Result<Secret, KeyError> {
    match (dialect, std::str::from_utf8(bytes)) {
        (Some(dialect), Ok(text)) => dialect.secret(text),
        _ => Secret::new(bytes),
    }
}

/// What `hs2019` signs with: SHA-512, and on the curves with which no library here signs it, the curve's own hash.
const fn hs2019(kind: KeyKind) -> Algorithm {
    match kind {
        KeyKind::Rsa => Algorithm::RsaSha512,
        KeyKind::Secp256k1 if cfg!(feature = "legacy-keys") => Algorithm::EcdsaSha512,
        kind => kind.usual(),
    }
}
