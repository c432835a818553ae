//! Kinds of asymmetric keys, told from their documents.

use std::{fmt, fs, path::Path};

use countersign::Algorithm;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// A kind of asymmetric key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Rsa,
    P256,
    P384,
    P521,
    Secp256k1,
    Ed25519,
}

impl KeyKind {
    /// Names of kinds; `ECDSA` is secp256k1 where the conformance suite speaks of it, so it is here.
    pub(crate) const NAMES: [(&'static str, Self); 7] = [
        ("rsa", Self::Rsa),
        ("P256", Self::P256),
        ("P384", Self::P384),
        ("P521", Self::P521),
        ("ECDSA", Self::Secp256k1),
        ("secp256k1", Self::Secp256k1),
        ("Ed25519", Self::Ed25519),
    ];

    /// The kind of a name, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
    }

    /// The algorithms of the kind that do not rest on SHA-1, the one that `hs2019` means first: that with SHA-512.
    pub(crate) const fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::Rsa => &[
                Algorithm::RsaSha512,
                Algorithm::RsaPssSha512,
                Algorithm::RsaSha256,
                Algorithm::RsaPssSha256,
                Algorithm::RsaSha384,
                Algorithm::RsaPssSha384,
            ],
            Self::P256 | Self::P384 | Self::P521 | Self::Secp256k1 => {
                &[Algorithm::EcdsaSha512, Algorithm::EcdsaSha256, Algorithm::EcdsaSha384]
            }
            Self::Ed25519 => &[Algorithm::Ed25519],
        }
    }

    /// What a key of the kind signs with unless it is told otherwise: what nearly every verifier takes.
    pub(crate) const fn usual(self) -> Algorithm {
        match self {
            Self::Rsa => Algorithm::RsaSha256,
            Self::P256 | Self::Secp256k1 => Algorithm::EcdsaSha256,
            Self::P384 => Algorithm::EcdsaSha384,
            Self::P521 => Algorithm::EcdsaSha512,
            Self::Ed25519 => Algorithm::Ed25519,
        }
    }

    /// The kind of a DER document, whatever its form: PKCS#8, SPKI, SEC 1 and certificates name it by an object identifier, and
    /// PKCS#1, which names nothing, is RSA. What is neither is refused when it is read as that kind.
    fn of(der: &[u8]) -> Self {
        // Tag, length and value of 1.2.840.10045.3.1.7, 1.3.132.0.34, 1.3.132.0.35, 1.3.132.0.10 and 1.3.101.112.
        let identifiers: [(&[u8], Self); 5] = [
            (b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", Self::P256),
            (b"\x06\x05\x2b\x81\x04\x00\x22", Self::P384),
            (b"\x06\x05\x2b\x81\x04\x00\x23", Self::P521),
            (b"\x06\x05\x2b\x81\x04\x00\x0a", Self::Secp256k1),
            (b"\x06\x03\x2b\x65\x70", Self::Ed25519),
        ];
        let is_in = |identifier: &[u8]| der.windows(identifier.len()).any(|window| window == identifier);
        identifiers.iter().find(|(identifier, _)| is_in(identifier)).map_or(Self::Rsa, |(_, kind)| *kind)
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa => "RSA",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Secp256k1 => "secp256k1",
            Self::Ed25519 => "Ed25519",
        })
    }
}

/// A key's file: its text, its document, and what kind of key it holds.
pub(crate) struct KeyText {
    pub(crate) pem: Zeroizing<Vec<u8>>,
    #[cfg_attr(not(feature = "legacy-keys"), expect(dead_code, reason = "the core reads the text"))]
    pub(crate) der: Zeroizing<Vec<u8>>,
    pub(crate) kind: KeyKind,
}

impl KeyText {
    /// Reads a file, and checks the kind of its key where one is asked for.
    pub(crate) fn read(path: &Path, asked: Option<KeyKind>) -> Result<Self, Failure> {
        let unusable = |what: &dyn fmt::Display| Failure::misuse(format!("{}: {what}", path.display()));
        let pem = fs::read(path).map(Zeroizing::new).map_err(|error| unusable(&error))?;
        let blocks = pem::parse_many(pem.as_slice()).map_err(|_| unusable(&"not PEM"))?;
        // OpenSSL writes the name of the curve before a key on it.
        let mut blocks = blocks.into_iter().filter(|block| block.tag() != "EC PARAMETERS");
        let der =
            blocks.next().map(|block| Zeroizing::new(block.into_contents())).ok_or_else(|| unusable(&"not PEM"))?;
        let kind = KeyKind::of(&der);
        match asked {
            Some(asked) if asked != kind => Err(unusable(&format!("the key is {kind} and not {asked}"))),
            _ => Ok(Self { pem, der, kind }),
        }
    }
}
