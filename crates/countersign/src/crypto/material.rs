//! What keys are made of, whatever the algorithm.

use std::borrow::Cow;

use super::{HmacKey, PlainSecret, hash::sha256};
#[cfg(feature = "asymmetric")]
use super::{ecdsa::EcdsaKey, ed25519::Ed25519Key, public_key::PublicKey, rsa::RsaKey};
use crate::{algorithm::Algorithm, signature::Signature};

/// The material of a key that signs.
pub(crate) enum SigningMaterial {
    Hmac(HmacKey),
    Plain(PlainSecret),
    #[cfg(feature = "asymmetric")]
    Rsa(Box<RsaKey>),
    #[cfg(feature = "asymmetric")]
    Ecdsa(Box<EcdsaKey>),
    #[cfg(feature = "asymmetric")]
    Ed25519(Box<Ed25519Key>),
}

impl SigningMaterial {
    /// The signature over the parts, one after the other; `None` when the library of an asymmetric key fails.
    #[cfg_attr(not(feature = "asymmetric"), expect(clippy::unnecessary_wraps, reason = "an HMAC never fails"))]
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Option<Signature> {
        match self {
            Self::Hmac(key) => Some(key.sign(parts)),
            Self::Plain(key) => Some(key.sign(parts)),
            #[cfg(feature = "asymmetric")]
            Self::Rsa(key) => key.sign(&in_one_piece(parts)),
            #[cfg(feature = "asymmetric")]
            Self::Ecdsa(key) => key.sign(&in_one_piece(parts)),
            #[cfg(feature = "asymmetric")]
            Self::Ed25519(key) => key.sign(&in_one_piece(parts)),
        }
    }
}

/// A check of one signature over one message, brought by the user.
pub(crate) trait CheckSignature: Send + Sync {
    fn is_signed(&self, message: &[u8], signature: &[u8]) -> bool;
}

impl<F: Fn(&[u8], &[u8]) -> bool + Send + Sync> CheckSignature for F {
    fn is_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self(message, signature)
    }
}

/// The material of a key that verifies.
pub(crate) enum VerifyingMaterial {
    Hmac(HmacKey),
    Plain(PlainSecret),
    #[cfg(feature = "asymmetric")]
    Public(PublicKey),
    /// A check that the user brought.
    Custom(Box<dyn CheckSignature>),
}

impl VerifyingMaterial {
    /// Material that nobody has the other half of, of the size that makes signatures of this length.
    #[cfg_attr(not(feature = "asymmetric"), expect(unused_variables, reason = "every HMAC key takes the same time"))]
    pub(crate) fn decoy(algorithm: Algorithm, signature_len: usize) -> Option<Self> {
        const SECRET: &[u8] = b"nothing is accepted with this";
        if algorithm.is_symmetric() {
            let plain = || PlainSecret::new(algorithm, SECRET).map(Self::Plain);
            return HmacKey::new(algorithm, SECRET).map(Self::Hmac).or_else(plain);
        }
        #[cfg(feature = "asymmetric")]
        return super::decoy::public_key(algorithm, signature_len).map(Self::Public);
        #[cfg(not(feature = "asymmetric"))]
        None
    }

    /// What tells the key from others and nothing of a secret; `None` where there is no such thing, or where the secret could be guessed
    /// from it.
    pub(crate) fn identity(&self) -> Option<[u8; 32]> {
        match self {
            Self::Hmac(key) => Some(sha256(key.sign(&[b"countersign: which key this is"]).as_bytes())),
            #[cfg(feature = "asymmetric")]
            Self::Public(key) => Some(sha256(key.identity())),
            Self::Plain(_) | Self::Custom(_) => None,
        }
    }

    /// Whether any of the signatures is one over the parts.
    pub(crate) fn verify(&self, parts: &[&[u8]], signatures: &[Signature]) -> bool {
        match self {
            Self::Hmac(key) => key.verify(parts, signatures),
            Self::Plain(key) => key.verify(parts, signatures),
            #[cfg(feature = "asymmetric")]
            Self::Public(key) => {
                let message = in_one_piece(parts);
                signatures.iter().any(|signature| key.verify(&message, signature.as_bytes()))
            }
            Self::Custom(check) => {
                let message = in_one_piece(parts);
                signatures.iter().any(|signature| check.is_signed(&message, signature.as_bytes()))
            }
        }
    }
}

/// The parts as one message, without a copy where only one of them has bytes.
fn in_one_piece<'a>(parts: &[&'a [u8]]) -> Cow<'a, [u8]> {
    let mut filled = parts.iter().filter(|part| !part.is_empty());
    match (filled.next(), filled.next()) {
        (Some(only), None) => Cow::Borrowed(only),
        _ => Cow::Owned(parts.concat()),
    }
}
