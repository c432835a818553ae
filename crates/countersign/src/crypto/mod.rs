//! The cryptography, and the only files that name a crate of it.

#[cfg(feature = "asymmetric")]
mod decoy;
#[cfg(feature = "asymmetric")]
mod ecdsa;
mod ecdsa_form;
#[cfg(feature = "asymmetric")]
mod ed25519;
mod hash;
mod hmac;
mod material;
#[cfg(feature = "asymmetric")]
mod public_key;
#[cfg(feature = "asymmetric")]
mod rsa;

pub(crate) use self::{
    ecdsa_form::{der_from_raw, raw_from_der},
    hash::Hasher,
    hmac::HmacKey,
    material::{SigningMaterial, VerifyingMaterial},
};
#[cfg(feature = "asymmetric")]
pub(crate) use self::{ed25519::Ed25519Key, public_key::KeyDocument};
