//! The cryptography, and the only files that name a crate of it.

mod hash;
mod hmac;

pub(crate) use self::{hash::Hasher, hmac::HmacKey};
