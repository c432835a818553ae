//! Ed25519 signatures (RFC 8032).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

use crate::{algorithm::Algorithm, error::KeyError, signature::Signature};

/// A private key.
pub(crate) struct Ed25519Key(Ed25519KeyPair);

impl Ed25519Key {
    /// The key of a PKCS#8 document (RFC 8410); `None` when the document holds no Ed25519 key.
    pub(crate) fn from_der(algorithm: Algorithm, der: &[u8]) -> Option<Result<Self, KeyError>> {
        let pair = Ed25519KeyPair::from_pkcs8(der).ok()?;
        Some(if algorithm == Algorithm::Ed25519 { Ok(Self(pair)) } else { Err(KeyError::WrongKind(algorithm)) })
    }

    /// The key of a seed (RFC 8032 section 5.1.5), which every 32 bytes are.
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(|_| KeyError::Unreadable("not an Ed25519 seed"))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Signature> {
        self.0.try_sign(message).ok().map(|signature| Signature::new(signature.as_ref()))
    }

    /// The public half.
    pub(crate) fn public_bytes(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }
}
