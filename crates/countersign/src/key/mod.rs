//! Keys: what they are, what they are called, and what they never show.

mod decoy;
mod signing;
mod verifying;

use std::{fmt, str::FromStr};

use smol_str::SmolStr;

pub(crate) use self::decoy::decoy;
pub use self::{signing::SigningKey, verifying::VerifyingKey};
use crate::{algorithm::Algorithm, error::KeyError, scheme_name::SchemeName};

/// What a key is called on the wire: draft-cavage's `keyId`, an opaque text.
///
/// Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(SmolStr);

impl KeyId {
    /// The longest key id that is taken, in bytes.
    pub const MAX_LEN: usize = 1024;

    /// A key id.
    ///
    /// # Errors
    /// When it is empty, longer than [`Self::MAX_LEN`] bytes, or holds a control character.
    pub fn new(id: &str) -> Result<Self, KeyError> {
        let control = |id: &str| {
            // Beyond ASCII there are control characters of two bytes.
            if id.is_ascii() {
                id.bytes().any(|byte| byte.is_ascii_control())
            } else {
                id.chars().any(char::is_control)
            }
        };
        let usable = (1..=Self::MAX_LEN).contains(&id.len()) && !control(id);
        usable.then(|| Self(SmolStr::new(id))).ok_or(KeyError::InvalidKeyId)
    }

    /// The text as on the wire, without quotes or escapes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(id: &str) -> Result<Self, KeyError> {
        Self::new(id)
    }
}

impl std::borrow::Borrow<str> for KeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What there is to know of a key without holding it: its id and its algorithm.
///
/// With this alone a request can be prepared for a key that lives in a KMS or an HSM.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyMetadata {
    /// What the key is called.
    pub id: KeyId,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// The one scheme that it serves; `None` for those that name their keys on the wire and take any.
    pub scheme: Option<SchemeName>,
}

impl KeyMetadata {
    /// The metadata of a key that is held elsewhere.
    #[must_use]
    pub const fn new(id: KeyId, algorithm: Algorithm) -> Self {
        Self { id, algorithm, scheme: None }
    }
}

impl KeyMetadata {
    /// The same for one scheme alone.
    pub(crate) fn bound_to(self, scheme: SchemeName) -> Self {
        Self { scheme: Some(scheme), ..self }
    }
}

fn not_weak(algorithm: Algorithm) -> Result<(), KeyError> {
    if algorithm.is_sha1() { Err(KeyError::WeakAlgorithm(algorithm)) } else { Ok(()) }
}

#[cfg(test)]
#[cfg(feature = "asymmetric")]
mod edges;
#[cfg(test)]
#[cfg(feature = "asymmetric")]
mod formats;
#[cfg(test)]
mod tests;
#[cfg(test)]
#[cfg(feature = "asymmetric")]
mod wycheproof;
