//! Keys at the edges: too short, too long, cut off, weak, and with signatures that were broken.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    formats::{der, testdata},
    *,
};
use crate::signature::Signature;

const SIZES: [(&str, &str, usize); 2] = [
    (testdata!("rsa-1024-pkcs1"), testdata!("rsa-1024-spki"), 1024),
    (testdata!("rsa-2047-pkcs1"), testdata!("rsa-2047-spki"), 2047),
];
const WITH_SHORT_RSA: [Algorithm; 3] = [Algorithm::RsaSha1, Algorithm::RsaSha256, Algorithm::RsaSha512];

fn rsa_algorithms() -> impl Iterator<Item = Algorithm> {
    Algorithm::ALL.iter().copied().filter(|algorithm| algorithm.name().starts_with("rsa"))
}

/// A key's documents with their algorithm: the private and the public one.
const DOCUMENTS: [(Algorithm, &str, &str); 4] = [
    (Algorithm::RsaSha256, testdata!("rsa-2048-pkcs8"), testdata!("rsa-2048-spki")),
    (Algorithm::RsaPssSha256, testdata!("rsa-2048-pkcs1"), testdata!("rsa-2048-pkcs1-public")),
    (Algorithm::EcdsaSha256, testdata!("p256-sec1"), testdata!("p256-certificate")),
    (Algorithm::Ed25519, testdata!("ed25519-pkcs8"), testdata!("ed25519-spki")),
];

/// A DER value.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let len = match u8::try_from(len) {
        Ok(len @ ..0x80) => vec![len],
        Ok(len) => vec![0x81, len],
        Err(_) => [&[0x82], &u16::try_from(len).unwrap().to_be_bytes()[..]].concat(),
    };
    [&[tag], &len[..], content].concat()
}

/// The PKCS#1 documents of a modulus of so many bits, which is no product of primes.
fn made_up_rsa(bits: usize) -> (Vec<u8>, Vec<u8>) {
    let (modulus, exponent) = (tlv(2, &[&[0], &vec![0xff; bits / 8][..]].concat()), [2, 3, 1, 0, 1]);
    let one = [2, 1, 1];
    let private = [&[2, 1, 0], &modulus[..], &exponent, &one, &one, &one, &one, &one, &one].concat();
    (tlv(0x30, &private), tlv(0x30, &[&modulus[..], &exponent].concat()))
}

#[test]
fn rsa_under_2048_bits_is_refused_with_its_size() {
    for (private, public, bits) in SIZES {
        for algorithm in rsa_algorithms() {
            let size = Some(KeyError::RsaSize(bits));
            assert_eq!(SigningKey::from_pem("a", algorithm, private).err(), size, "{algorithm}");
            let weak = algorithm.is_sha1().then_some(KeyError::WeakAlgorithm(algorithm));
            assert_eq!(VerifyingKey::from_pem(algorithm, public).err(), weak.or(size), "{algorithm}");
        }
    }
}

#[test]
fn rsa_under_2048_bits_is_taken_under_the_dangerous_name_with_three_hashes() {
    for (_, public, _) in SIZES {
        for algorithm in rsa_algorithms() {
            let expected = (!WITH_SHORT_RSA.contains(&algorithm)).then_some(KeyError::NotOffered(algorithm));
            assert_eq!(VerifyingKey::dangerous_weak_from_pem(algorithm, public).err(), expected, "{algorithm}");
            assert_eq!(VerifyingKey::dangerous_weak_from_der(algorithm, &der(public)).err(), expected, "{algorithm}");
        }
    }
}

#[test]
fn rsa_under_1024_or_over_8192_bits_is_never_taken() {
    for bits in [512, 1016, 8200, 16_384] {
        let (private, public) = made_up_rsa(bits);
        for algorithm in rsa_algorithms() {
            let size = Some(KeyError::RsaSize(bits));
            assert_eq!(SigningKey::from_der("a", algorithm, &private).err(), size, "{algorithm}");
            assert_eq!(VerifyingKey::dangerous_weak_from_der(algorithm, &public).err(), size, "{algorithm}");
        }
        let wrong = Some(KeyError::WrongKind(Algorithm::Ed25519));
        assert_eq!(SigningKey::from_der("a", Algorithm::Ed25519, &private).err(), wrong);
        assert_eq!(VerifyingKey::from_der(Algorithm::Ed25519, &public).err(), wrong);
    }
    let made_up = Some(KeyError::Unreadable("an RSA key that is not offered"));
    assert_eq!(SigningKey::from_der("a", Algorithm::RsaSha256, &made_up_rsa(2048).0).err(), made_up);
}

#[test]
fn sha_1_is_verified_only_under_the_dangerous_name() {
    for (algorithm, public) in [
        (Algorithm::RsaSha1, testdata!("rsa-2048-spki")),
        (Algorithm::EcdsaSha1, testdata!("p256-spki")),
        (Algorithm::EcdsaSha1, testdata!("p521-spki")),
    ] {
        let weak = Some(KeyError::WeakAlgorithm(algorithm));
        assert_eq!(VerifyingKey::from_pem(algorithm, public).err(), weak);
        assert_eq!(VerifyingKey::from_der(algorithm, &der(public)).err(), weak);
        assert_eq!(VerifyingKey::dangerous_weak_from_pem(algorithm, public).err(), None);
        assert_eq!(VerifyingKey::dangerous_weak_from_der(algorithm, &der(public)).err(), None);
    }
}

#[test]
fn no_beginning_of_a_document_is_a_key() {
    for (algorithm, private, public) in DOCUMENTS {
        let (private_der, public_der) = (der(private), der(public));
        for len in 0..private_der.len() {
            assert!(SigningKey::from_der("a", algorithm, &private_der[..len]).is_err(), "{algorithm} {len}");
        }
        for len in 0..public_der.len() {
            // So many bytes are a raw key, whatever they are.
            let raw = algorithm == Algorithm::Ed25519 && len == 32;
            assert_eq!(VerifyingKey::from_der(algorithm, &public_der[..len]).is_ok(), raw, "{algorithm} {len}");
        }
        // A text may end behind its dashes.
        for len in 0..private.trim_end().len() {
            assert!(SigningKey::from_pem("a", algorithm, &private[..len]).is_err(), "{algorithm} {len}");
        }
        for len in 0..public.trim_end().len() {
            assert!(VerifyingKey::from_pem(algorithm, &public[..len]).is_err(), "{algorithm} {len}");
        }
    }
}

#[test]
fn what_follows_a_document_makes_it_none() {
    for (algorithm, private, public) in DOCUMENTS {
        for behind in [&b"\0"[..], b"\x05\0", &der(public)] {
            let none = Some(KeyError::Unreadable("not one whole document"));
            let private = SigningKey::from_der("a", algorithm, &[&der(private), behind].concat());
            assert_eq!(private.err(), none, "{algorithm} {behind:?}");
            let public = VerifyingKey::from_der(algorithm, &[&der(public), behind].concat());
            assert_eq!(public.err(), none, "{algorithm} {behind:?}");
        }
    }
}

#[test]
fn a_document_longer_than_64_kib_is_not_read() {
    let long = Some(KeyError::Unreadable("longer than 64 KiB"));
    for (algorithm, private, public) in DOCUMENTS {
        let padded = |text: &str, len: usize| format!("{}{text}", " ".repeat(len - text.len() - 1) + "\n");
        assert!(SigningKey::from_pem("a", algorithm, padded(private, 65_536)).is_ok());
        assert!(VerifyingKey::from_pem(algorithm, padded(public, 65_536)).is_ok());
        assert_eq!(SigningKey::from_pem("a", algorithm, padded(private, 65_537)).err(), long);
        assert_eq!(VerifyingKey::from_pem(algorithm, padded(public, 65_537)).err(), long);
        let der = vec![0x30; 65_537];
        assert_eq!(SigningKey::from_der("a", algorithm, &der).err(), long);
        assert_eq!(VerifyingKey::from_der(algorithm, &der).err(), long);
    }
}

#[test]
fn text_that_is_no_pem_is_told_from_bytes_that_are_no_key() {
    let unreadable = |why| Some(KeyError::Unreadable(why));
    let only_parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    for (text, why) in [
        ("", "no PEM block"),
        ("correct horse battery staple", "no PEM block"),
        (only_parameters, "no PEM block"),
        ("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PRIVATE KEY-----\n", "not PEM"),
        ("-----BEGIN PUBLIC KEY-----\nM!ow\n-----END PUBLIC KEY-----\n", "not PEM"),
    ] {
        assert_eq!(SigningKey::from_pem("a", Algorithm::Ed25519, text).err(), unreadable(why), "{text}");
        assert_eq!(VerifyingKey::from_pem(Algorithm::Ed25519, text).err(), unreadable(why), "{text}");
    }
    for algorithm in Algorithm::ALL {
        let private = unreadable("no private key of an offered kind");
        assert_eq!(SigningKey::from_der("a", *algorithm, b"").err(), private, "{algorithm}");
        let public = unreadable("no public key of an offered kind");
        assert_eq!(VerifyingKey::dangerous_weak_from_der(*algorithm, b"").err(), public, "{algorithm}");
    }
}

/// The two vectors of igor-pavlenko/httpsignatures-go that are signatures over no request.
#[test]
fn broken_signatures_of_published_keys_are_refused() {
    const P521: &str = "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBSk+MMOVg61dr2jiG+ZvDitPcJDqkPAx5b4Coy85wsDNBeeJ+pxl8hK0njDVnqGoP\
        SLOwfekDJFz8n2b+GVC/DCoBWEfUK4Az10LMA8Q0ODlp9OngcNE6ftwoIJ5HG5A4a4BCvwTMVByoDTSjHw6IrINQGiChmI4gUM1I7ufI9D9S6B0=";
    const P521_SIGNATURE: &str = "MIGIAkIAnTM1VJZyCS2Sd+2rlWpy/a7NIce2zHrTw69m1pgk6Z500eSXE4ng5inyV3yvAmjhepzDGsZ0Ip4incq6WtUoyr\
        ICQgFaYvlJceahh4rTvYdyO8lZhA00EGrLN8pBgx0pMxf1kvjCnLou6R03jB30ZFsOvbL2PSkSUalLXYMh4tunkVMyBg==";
    const ED25519: &str = "MCowBQYDK2VwAyEAyLq0cid6Kq5GernyCT+jyGaz16dep8LmxEFYeJ0IVSQ=";
    const ED25519_SIGNATURE: &str =
        "1WDtViffv0LmKI7R32bU3W938BeYhU2eJPdOV7AIEPiAzEpCEPEUAuBPKrpM3qFctO6DPHdQBw2qVCm0VA0RDA==";
    for (algorithm, key, signature) in
        [(Algorithm::EcdsaSha256, P521, P521_SIGNATURE), (Algorithm::Ed25519, ED25519, ED25519_SIGNATURE)]
    {
        let key = VerifyingKey::from_der(algorithm, &STANDARD.decode(key).unwrap()).unwrap();
        let signature = Signature::new(&STANDARD.decode(signature).unwrap());
        assert!(!key.verify(&[b"test"], &[signature]), "{algorithm}");
    }
}
