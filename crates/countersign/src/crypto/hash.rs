//! Hashes of bodies.

use sha2::{Digest as _, Sha256, Sha512};

use crate::algorithm::DigestAlgorithm;

/// A running hash.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(algorithm: DigestAlgorithm) -> Self {
        match algorithm {
            DigestAlgorithm::Sha256 => Self::Sha256(Sha256::new()),
            DigestAlgorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// Hands the hash to `then`; it is public data, the body's as anybody can compute it.
    pub(crate) fn finish<T>(self, then: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::Sha256(hasher) => then(&hasher.finalize()),
            Self::Sha512(hasher) => then(&hasher.finalize()),
        }
    }
}
