//! The cryptography, and the only files that name a crate of it.

#[cfg(feature = "asymmetric")]
mod decoy;
#[cfg(feature = "asymmetric")]
mod ecdsa;
#[cfg(feature = "asymmetric")]
mod ed25519;
mod hash;
mod hmac;
mod material;
mod plain;
#[cfg(feature = "asymmetric")]
mod public_key;
#[cfg(feature = "asymmetric")]
mod rsa;

#[cfg(feature = "asymmetric")]
pub(crate) use self::{ed25519::Ed25519Key, public_key::KeyDocument};
pub(crate) use self::{
    hash::{BodyHasher, Hasher, Sha256Parts, sha256},
    hmac::HmacKey,
    material::{SigningMaterial, VerifyingMaterial},
    plain::PlainSecret,
};
