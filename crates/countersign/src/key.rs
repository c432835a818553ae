//! Keys: what they are, what they are called, and what they never show.

use std::{fmt, str::FromStr, sync::Arc};

use smol_str::SmolStr;

use crate::{algorithm::Algorithm, crypto::HmacKey, error::KeyError, secret::Secret, signature::Signature};

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
}

impl KeyMetadata {
    /// The metadata of a key that is held elsewhere.
    #[must_use]
    pub const fn new(id: KeyId, algorithm: Algorithm) -> Self {
        Self { id, algorithm }
    }
}

/// A key that signs: id, algorithm and material in one value.
///
/// Not `Clone`, redacted in `Debug`, overwritten when dropped.
///
/// ```
/// use countersign::{Algorithm, Secret, SigningKey};
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let key = SigningKey::hmac_sha256("alice", &secret)?;
/// assert_eq!(key.metadata().id.as_str(), "alice");
/// assert_eq!(key.metadata().algorithm, Algorithm::HmacSha256);
/// # Ok::<(), countersign::KeyError>(())
/// ```
pub struct SigningKey {
    metadata: KeyMetadata,
    material: HmacKey,
}

impl SigningKey {
    /// A key for HMAC-SHA-256.
    ///
    /// # Errors
    /// When the id is not a [`KeyId`].
    pub fn hmac_sha256(id: &str, secret: &Secret) -> Result<Self, KeyError> {
        Self::hmac(id, Algorithm::HmacSha256, secret)
    }

    /// A key for the HMAC of your choice.
    ///
    /// # Errors
    /// When the id is not a [`KeyId`], or when the algorithm is weak: see [`Self::dangerous_hmac_sha1`].
    pub fn hmac(id: &str, algorithm: Algorithm, secret: &Secret) -> Result<Self, KeyError> {
        not_weak(algorithm)?;
        Ok(Self::new(KeyId::new(id)?, algorithm, secret))
    }

    /// A key for HMAC-SHA-1, for peers that offer nothing else.
    ///
    /// # Errors
    /// When the id is not a [`KeyId`].
    pub fn dangerous_hmac_sha1(id: &str, secret: &Secret) -> Result<Self, KeyError> {
        Ok(Self::new(KeyId::new(id)?, Algorithm::HmacSha1, secret))
    }

    fn new(id: KeyId, algorithm: Algorithm, secret: &Secret) -> Self {
        Self { metadata: KeyMetadata::new(id, algorithm), material: HmacKey::new(algorithm, secret.as_bytes()) }
    }

    /// The key's id and algorithm.
    #[must_use]
    pub const fn metadata(&self) -> &KeyMetadata {
        &self.metadata
    }

    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Signature {
        self.material.sign(parts)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.metadata).finish()
    }
}

/// A key that verifies: algorithm and material in one value, cheap to clone.
///
/// The algorithm is part of the key. A request may state one, and is refused when it is not this.
#[derive(Clone)]
pub struct VerifyingKey(Arc<Verifying>);

struct Verifying {
    algorithm: Algorithm,
    material: HmacKey,
}

impl VerifyingKey {
    /// A key for HMAC-SHA-256.
    #[must_use]
    pub fn hmac_sha256(secret: &Secret) -> Self {
        Self::new(Algorithm::HmacSha256, secret)
    }

    /// A key for the HMAC of your choice.
    ///
    /// # Errors
    /// When the algorithm is weak: see [`Self::dangerous_hmac_sha1`].
    pub fn hmac(algorithm: Algorithm, secret: &Secret) -> Result<Self, KeyError> {
        not_weak(algorithm)?;
        Ok(Self::new(algorithm, secret))
    }

    /// A key for HMAC-SHA-1, for peers that offer nothing else.
    #[must_use]
    pub fn dangerous_hmac_sha1(secret: &Secret) -> Self {
        Self::new(Algorithm::HmacSha1, secret)
    }

    fn new(algorithm: Algorithm, secret: &Secret) -> Self {
        Self(Arc::new(Verifying { algorithm, material: HmacKey::new(algorithm, secret.as_bytes()) }))
    }

    /// A key that nobody has the secret of: what it takes to refuse an unknown key is what it takes to refuse a known one.
    pub(crate) fn decoy(algorithm: Algorithm) -> Self {
        let material = HmacKey::new(algorithm, b"nothing is accepted with this");
        Self(Arc::new(Verifying { algorithm, material }))
    }

    /// What the key verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    pub(crate) fn verify(&self, parts: &[&[u8]], signatures: &[Signature]) -> bool {
        self.0.material.verify(parts, signatures)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("algorithm", &self.0.algorithm).finish_non_exhaustive()
    }
}

fn not_weak(algorithm: Algorithm) -> Result<(), KeyError> {
    if algorithm.is_sha1() { Err(KeyError::WeakAlgorithm(algorithm)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha_1_needs_the_dangerous_name() {
        let secret = Secret::new("1234567890123456").unwrap();
        let weak = KeyError::WeakAlgorithm(Algorithm::HmacSha1);
        assert_eq!(SigningKey::hmac("a", Algorithm::HmacSha1, &secret).err(), Some(weak.clone()));
        assert_eq!(VerifyingKey::hmac(Algorithm::HmacSha1, &secret).err(), Some(weak));
        assert_eq!(VerifyingKey::dangerous_hmac_sha1(&secret).algorithm(), Algorithm::HmacSha1);
    }

    #[test]
    fn only_the_declared_reading_of_a_secrets_text_verifies() {
        let text = "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==";
        let decoded = VerifyingKey::hmac_sha256(&Secret::from_base64(text).unwrap());
        let literal = VerifyingKey::hmac_sha256(&Secret::new(text).unwrap());
        let key = SigningKey::hmac_sha256("a", &Secret::new("correct horse battery staple").unwrap()).unwrap();
        let signature = [key.sign(&[b"message"])];
        assert!(decoded.verify(&[b"message"], &signature));
        assert!(!literal.verify(&[b"message"], &signature));
    }

    #[test]
    fn no_debug_form_shows_a_secret() {
        let secret = Secret::new("hunter2hunter2hunter2").unwrap();
        let key = SigningKey::hmac_sha256("alice", &secret).unwrap();
        let shown = format!("{secret:?} {key:?} {:?}", VerifyingKey::hmac_sha256(&secret));
        assert!(!shown.contains("hunter2") && shown.contains("alice"), "{shown}");
    }

    #[test]
    fn a_key_id_is_text_without_control_characters() {
        for id in ["alice", "https://a.example/u#main-key", "SN=1,CA=\"x\\y\"", "\u{e4}\u{20ac}", &"x".repeat(1024)] {
            assert_eq!(KeyId::new(id).unwrap().as_str(), id);
        }
        for id in ["", "a\nb", "a\u{1b}[2J", "\u{85}", &"x".repeat(1025)] {
            assert_eq!(KeyId::new(id).err(), Some(KeyError::InvalidKeyId), "{id:?}");
        }
    }
}
