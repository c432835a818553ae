//! Hashes of bodies.

use md5::Md5;
use sha1::Sha1;
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

/// The SHA-256 of a whole body.
pub(crate) fn sha256(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

/// A running SHA-256 of public data.
pub(crate) struct Sha256Parts(Sha256);

impl Sha256Parts {
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// A hash that is signed in place of a body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BodyHasher {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl BodyHasher {
    /// The hash of a whole body.
    pub(crate) fn hash(self, body: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => Md5::digest(body).to_vec(),
            Self::Sha1 => Sha1::digest(body).to_vec(),
            Self::Sha256 => Sha256::digest(body).to_vec(),
            Self::Sha512 => Sha512::digest(body).to_vec(),
        }
    }
}
