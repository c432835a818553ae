//! The key that signs.

use std::fmt;

use super::{KeyId, KeyMetadata, VerifyingKey, not_weak};
#[cfg(feature = "asymmetric")]
use crate::crypto::{Ed25519Key, KeyDocument};
use crate::{
    algorithm::Algorithm,
    crypto::{HmacKey, SigningMaterial},
    error::{KeyError, SignError},
    scheme_name::SchemeName,
    secret::Secret,
    signature::Signature,
};

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
    material: SigningMaterial,
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
    /// When the id is not a [`KeyId`], or when the algorithm is weak, see [`Self::dangerous_hmac_sha1`], or no HMAC.
    pub fn hmac(id: &str, algorithm: Algorithm, secret: &Secret) -> Result<Self, KeyError> {
        not_weak(algorithm)?;
        Self::from_secret(id, algorithm, secret)
    }

    /// A key for HMAC-SHA-1, for peers that offer nothing else.
    ///
    /// # Errors
    /// When the id is not a [`KeyId`].
    pub fn dangerous_hmac_sha1(id: &str, secret: &Secret) -> Result<Self, KeyError> {
        Self::from_secret(id, Algorithm::HmacSha1, secret)
    }

    fn from_secret(id: &str, algorithm: Algorithm, secret: &Secret) -> Result<Self, KeyError> {
        let key = HmacKey::new(algorithm, secret.as_bytes()).ok_or(KeyError::WrongKind(algorithm))?;
        Self::new(id, algorithm, SigningMaterial::Hmac(key))
    }

    fn new(id: &str, algorithm: Algorithm, material: SigningMaterial) -> Result<Self, KeyError> {
        Ok(Self { metadata: KeyMetadata::new(KeyId::new(id)?, algorithm), material })
    }

    /// A key that serves one scheme alone.
    pub(crate) fn for_scheme(
        id: &str,
        algorithm: Algorithm,
        material: SigningMaterial,
        scheme: SchemeName,
    ) -> Result<Self, KeyError> {
        let key = Self::new(id, algorithm, material)?;
        Ok(Self { metadata: key.metadata.bound_to(scheme), ..key })
    }

    /// The same for one scheme alone.
    #[cfg(feature = "asymmetric")]
    pub(crate) fn bound_to(self, scheme: &SchemeName) -> Self {
        Self { metadata: self.metadata.bound_to(scheme.clone()), ..self }
    }

    /// The key's id and algorithm.
    #[must_use]
    pub const fn metadata(&self) -> &KeyMetadata {
        &self.metadata
    }

    /// The key that verifies what this one signs.
    ///
    /// ```
    /// use countersign::{Algorithm, Secret, SigningKey};
    ///
    /// let secret = Secret::new("correct horse battery staple")?;
    /// let key = SigningKey::hmac("alice", Algorithm::HmacSha512, &secret)?;
    /// assert_eq!(key.verifying_key()?.algorithm(), Algorithm::HmacSha512);
    /// # Ok::<(), countersign::KeyError>(())
    /// ```
    ///
    /// # Errors
    /// When the public half of an RSA key has an exponent under 65,537, which `VerifyingKey::dangerous_weak_from_pem` alone takes.
    pub fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        let algorithm = self.metadata.algorithm;
        let key = match &self.material {
            SigningMaterial::Hmac(key) => Ok(VerifyingKey::from_hmac(algorithm, key.clone())),
            SigningMaterial::Plain(key) => Ok(VerifyingKey::from_plain(algorithm, key.clone())),
            #[cfg(feature = "asymmetric")]
            SigningMaterial::Rsa(key) => VerifyingKey::from_der(algorithm, &key.public_der()),
            #[cfg(feature = "asymmetric")]
            SigningMaterial::Ecdsa(key) => VerifyingKey::from_der(algorithm, &key.public_point()),
            #[cfg(feature = "asymmetric")]
            SigningMaterial::Ed25519(key) => VerifyingKey::from_der(algorithm, &key.public_bytes()),
        };
        key.map(|key| key.bound_as(self.metadata.scheme.as_ref()))
    }

    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Result<Signature, SignError> {
        self.material.sign(parts).ok_or(SignError::KeyFailed)
    }
}

/// Private keys.
#[cfg(feature = "asymmetric")]
#[cfg_attr(docsrs, doc(cfg(feature = "asymmetric")))]
impl SigningKey {
    /// The private key of a PEM text: PKCS#8, PKCS#1 or SEC 1, under whatever label.
    ///
    /// An ECDSA key signs with the hash of its curve's size: SHA-256 on P-256 and on secp256k1, SHA-384 on P-384, and each of
    /// the three on P-521.
    ///
    /// ```
    /// use countersign::{Algorithm, SigningKey};
    ///
    /// let pem = "-----BEGIN PRIVATE KEY-----\n\
    ///     MC4CAQAwBQYDK2VwBCIEIEqBwTIJ9Oi8ZvISzMvkXU1JlRI9YHOcIGbcR1hAdRmI\n\
    ///     -----END PRIVATE KEY-----\n";
    /// let key = SigningKey::from_pem("alice", Algorithm::Ed25519, pem)?;
    /// assert!(SigningKey::from_pem("alice", Algorithm::RsaSha256, pem).is_err());
    /// # let _ = key;
    /// # Ok::<(), countersign::KeyError>(())
    /// ```
    ///
    /// # Errors
    /// When the id is not a [`KeyId`], the text holds no such key or a locked one, the key is of another kind than the algorithm
    /// wants, or an RSA key has fewer than 2048 or more than 8192 bits. SHA-1 is not signed with.
    pub fn from_pem(id: &str, algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::new(id, algorithm, KeyDocument::from_pem(pem.as_ref())?.signing(algorithm)?)
    }

    /// The private key of a DER document: PKCS#8, PKCS#1 or SEC 1.
    ///
    /// # Errors
    /// As for [`Self::from_pem`].
    pub fn from_der(id: &str, algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        Self::new(id, algorithm, KeyDocument::from_der(der)?.signing(algorithm)?)
    }

    /// The Ed25519 key of a seed (RFC 8032 section 5.1.5): the 32 bytes that many libraries call the private key.
    ///
    /// # Errors
    /// When the id is not a [`KeyId`].
    pub fn ed25519_from_seed(id: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        Self::new(id, Algorithm::Ed25519, SigningMaterial::Ed25519(Box::new(Ed25519Key::from_seed(seed)?)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.metadata).finish()
    }
}
