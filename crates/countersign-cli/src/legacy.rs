//! Keys that the core's library does not take: RSA from 1024 to 2047 bits, and secp256k1 with other hashes than SHA-256.
//!
//! The conformance suite signs and verifies with both. They are for the files that `--private-key` and `--public-key` name and
//! for nothing else: no key file and no library gets here. The `rsa` crate leaks through timing (RUSTSEC-2023-0071) to whoever
//! can measure many private operations; here it makes one signature a process, blinded, and answers nobody.

use countersign::{Algorithm, VerifyingKey};
use k256::{
    ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier},
    pkcs8::{DecodePrivateKey, DecodePublicKey},
};
use rsa::{
    Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey,
    pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey},
    pkcs8::{DecodePrivateKey as _, DecodePublicKey as _},
    traits::{PublicKeyParts, SignatureScheme},
};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::key_kind::{KeyKind, KeyText};

/// A key of fewer bits is broken, not weak.
const MIN_RSA_BYTES: usize = 128;

/// The public key of a document, if it is one of these.
pub(crate) fn verifying_key(text: &KeyText, algorithm: Algorithm) -> Option<VerifyingKey> {
    let der = text.der.as_slice();
    if text.kind == KeyKind::Secp256k1 {
        let hash = ecdsa_hash(algorithm)?;
        let key = k256::ecdsa::VerifyingKey::from_public_key_der(der).ok()?;
        return Some(VerifyingKey::dangerous_custom(algorithm, move |message, signature| {
            let signature = k256::ecdsa::Signature::from_der(signature).ok();
            // The crate refuses the upper of the two values that are equally right, which other libraries write.
            let signature = signature.map(|signature| signature.normalize_s());
            signature.is_some_and(|signature| key.verify_prehash(&hash(message), &signature).is_ok())
        }));
    }
    let key = RsaPublicKey::from_public_key_der(der).or_else(|_| RsaPublicKey::from_pkcs1_der(der)).ok();
    let key = key.filter(|key| text.kind == KeyKind::Rsa && key.size() >= MIN_RSA_BYTES)?;
    let scheme = RsaScheme::of(algorithm)?;
    Some(VerifyingKey::dangerous_custom(algorithm, move |message, signature| scheme.verify(&key, message, signature)))
}

/// A private key of these kinds.
pub(crate) enum SigningKey {
    Rsa(Box<RsaPrivateKey>, RsaScheme),
    Secp256k1(Box<k256::ecdsa::SigningKey>, HashFn),
}

impl SigningKey {
    /// The private key of a document, if it is one of these.
    pub(crate) fn new(text: &KeyText, algorithm: Algorithm) -> Option<Self> {
        let der = text.der.as_slice();
        if text.kind == KeyKind::Secp256k1 {
            let key = k256::SecretKey::from_pkcs8_der(der).or_else(|_| k256::SecretKey::from_sec1_der(der)).ok()?;
            return Some(Self::Secp256k1(Box::new(key.into()), ecdsa_hash(algorithm)?));
        }
        let key = RsaPrivateKey::from_pkcs8_der(der).or_else(|_| RsaPrivateKey::from_pkcs1_der(der)).ok();
        let key = key.filter(|key| text.kind == KeyKind::Rsa && key.size() >= MIN_RSA_BYTES)?;
        Some(Self::Rsa(Box::new(key), RsaScheme::of(algorithm)?))
    }

    /// The signature over a message.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key, scheme) => scheme.sign(key, message),
            Self::Secp256k1(key, hash) => {
                let signature: k256::ecdsa::Signature = key.sign_prehash(&hash(message)).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
        }
    }
}

type HashFn = fn(&[u8]) -> Vec<u8>;

fn ecdsa_hash(algorithm: Algorithm) -> Option<HashFn> {
    match algorithm {
        Algorithm::EcdsaSha256 => Some(|message| Sha256::digest(message).to_vec()),
        Algorithm::EcdsaSha384 => Some(|message| Sha384::digest(message).to_vec()),
        Algorithm::EcdsaSha512 => Some(|message| Sha512::digest(message).to_vec()),
        _ => None,
    }
}

/// A padding with its hash.
#[derive(Clone, Copy)]
pub(crate) struct RsaScheme {
    is_pss: bool,
    hash: Hash,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl RsaScheme {
    fn of(algorithm: Algorithm) -> Option<Self> {
        let (is_pss, hash) = match algorithm {
            Algorithm::RsaSha256 => (false, Hash::Sha256),
            Algorithm::RsaSha384 => (false, Hash::Sha384),
            Algorithm::RsaSha512 => (false, Hash::Sha512),
            Algorithm::RsaPssSha256 => (true, Hash::Sha256),
            Algorithm::RsaPssSha384 => (true, Hash::Sha384),
            Algorithm::RsaPssSha512 => (true, Hash::Sha512),
            _ => return None,
        };
        Some(Self { is_pss, hash })
    }

    fn digest(self, message: &[u8]) -> Vec<u8> {
        match self.hash {
            Hash::Sha256 => Sha256::digest(message).to_vec(),
            Hash::Sha384 => Sha384::digest(message).to_vec(),
            Hash::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    // The crate speaks of hashes in an older version of their traits than the workspace.

    fn pkcs1(self) -> Pkcs1v15Sign {
        match self.hash {
            Hash::Sha256 => Pkcs1v15Sign::new::<rsa::sha2::Sha256>(),
            Hash::Sha384 => Pkcs1v15Sign::new::<rsa::sha2::Sha384>(),
            Hash::Sha512 => Pkcs1v15Sign::new::<rsa::sha2::Sha512>(),
        }
    }

    fn pss(self, salt: usize) -> Pss {
        match self.hash {
            Hash::Sha256 => Pss::new_with_salt::<rsa::sha2::Sha256>(salt),
            Hash::Sha384 => Pss::new_with_salt::<rsa::sha2::Sha384>(salt),
            Hash::Sha512 => Pss::new_with_salt::<rsa::sha2::Sha512>(salt),
        }
    }

    fn sign(self, key: &RsaPrivateKey, message: &[u8]) -> Option<Vec<u8>> {
        fn blinded(key: &RsaPrivateKey, scheme: impl SignatureScheme, digest: &[u8]) -> Option<Vec<u8>> {
            key.sign_with_rng(&mut rsa::rand_core::OsRng, scheme, digest).ok()
        }
        let digest = self.digest(message);
        if self.is_pss { blinded(key, self.pss(digest.len()), &digest) } else { blinded(key, self.pkcs1(), &digest) }
    }

    fn verify(self, key: &RsaPublicKey, message: &[u8], signature: &[u8]) -> bool {
        let digest = self.digest(message);
        if !self.is_pss {
            return key.verify(self.pkcs1(), &digest, signature).is_ok();
        }
        // Signers take a salt as long as the hash, as RFC 8017 recommends, or as long as fits, as several libraries do.
        let longest = key.size().saturating_sub(digest.len()).saturating_sub(2);
        [digest.len(), longest].iter().any(|salt| key.verify(self.pss(*salt), &digest, signature).is_ok())
    }
}
