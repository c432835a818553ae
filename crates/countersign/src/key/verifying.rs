//! The key that verifies.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use super::not_weak;
#[cfg(feature = "asymmetric")]
use crate::crypto::KeyDocument;
use crate::{
    algorithm::Algorithm,
    crypto::{HmacKey, PlainSecret, VerifyingMaterial},
    error::KeyError,
    scheme_name::SchemeName,
    secret::Secret,
    signature::Signature,
};

/// A key that verifies: algorithm and material in one value, cheap to clone.
///
/// The algorithm is part of the key. A request may state one, and is refused when it is not this.
#[derive(Clone)]
pub struct VerifyingKey(Arc<Verifying>);

struct Verifying {
    algorithm: Algorithm,
    material: VerifyingMaterial,
    /// The one scheme that it serves.
    scheme: Option<SchemeName>,
    identity: OnceLock<Option<[u8; 32]>>,
}

impl VerifyingKey {
    /// Whether one is a clone of the other.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A key for HMAC-SHA-256.
    #[must_use]
    pub fn hmac_sha256(secret: &Secret) -> Self {
        Self::from_hmac(Algorithm::HmacSha256, HmacKey::sha256(secret.as_bytes()))
    }

    /// A key for the HMAC of your choice.
    ///
    /// # Errors
    /// When the algorithm is weak, see [`Self::dangerous_hmac_sha1`], or no HMAC.
    pub fn hmac(algorithm: Algorithm, secret: &Secret) -> Result<Self, KeyError> {
        not_weak(algorithm)?;
        let key = HmacKey::new(algorithm, secret.as_bytes()).ok_or(KeyError::WrongKind(algorithm))?;
        Ok(Self::from_hmac(algorithm, key))
    }

    /// A key for HMAC-SHA-1, for peers that offer nothing else.
    #[must_use]
    pub fn dangerous_hmac_sha1(secret: &Secret) -> Self {
        Self::from_hmac(Algorithm::HmacSha1, HmacKey::sha1(secret.as_bytes()))
    }

    /// A key whose signatures you check yourself, as with a key that never leaves a device.
    ///
    /// `check` gets the message and one signature, both as bytes, and answers whether the one is over the other. All that the
    /// proof is worth rests on it. It runs where the request is verified, so it must not wait.
    ///
    /// ```
    /// use countersign::{Algorithm, VerifyingKey};
    ///
    /// fn ask_the_device(message: &[u8], signature: &[u8]) -> bool {
    ///     false // over there
    /// }
    ///
    /// let key = VerifyingKey::dangerous_custom(Algorithm::EcdsaSha256, ask_the_device);
    /// assert_eq!(key.algorithm(), Algorithm::EcdsaSha256);
    /// ```
    #[must_use]
    pub fn dangerous_custom(
        algorithm: Algorithm,
        check: impl Fn(&[u8], &[u8]) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(algorithm, VerifyingMaterial::Custom(Box::new(check)))
    }

    pub(super) fn from_hmac(algorithm: Algorithm, key: HmacKey) -> Self {
        Self::new(algorithm, VerifyingMaterial::Hmac(key))
    }

    fn new(algorithm: Algorithm, material: VerifyingMaterial) -> Self {
        Self(Arc::new(Verifying { algorithm, material, scheme: None, identity: OnceLock::new() }))
    }

    /// What tells the key from others, made once; `None` where nothing does.
    pub(crate) fn identity(&self) -> Option<&[u8; 32]> {
        self.0.identity.get_or_init(|| self.0.material.identity()).as_ref()
    }

    /// The same for one scheme alone, where there is one.
    pub(super) fn bound_as(self, scheme: Option<&SchemeName>) -> Self {
        match (scheme, Arc::try_unwrap(self.0)) {
            (Some(_), Ok(key)) => Self(Arc::new(Verifying { scheme: scheme.cloned(), ..key })),
            (_, Ok(key)) => Self(Arc::new(key)),
            (_, Err(shared)) => Self(shared),
        }
    }

    pub(super) fn from_plain(algorithm: Algorithm, key: PlainSecret) -> Self {
        Self::new(algorithm, VerifyingMaterial::Plain(key))
    }

    /// The same for one scheme alone.
    #[cfg(feature = "asymmetric")]
    pub(crate) fn bound_to(self, scheme: &SchemeName) -> Self {
        self.bound_as(Some(scheme))
    }

    /// A key that serves one scheme alone.
    pub(crate) fn for_scheme(algorithm: Algorithm, material: VerifyingMaterial, scheme: SchemeName) -> Self {
        Self(Arc::new(Verifying { algorithm, material, scheme: Some(scheme), identity: OnceLock::new() }))
    }

    /// A key that nobody has the other half of; `None` for an algorithm that this build has no keys for.
    pub(super) fn decoy(algorithm: Algorithm, signature_len: usize) -> Option<Self> {
        VerifyingMaterial::decoy(algorithm, signature_len).map(|material| Self::new(algorithm, material))
    }

    /// What the key verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// The one scheme that the key serves; `None` for those that name their keys on the wire and take any.
    #[must_use]
    pub fn scheme(&self) -> Option<&SchemeName> {
        self.0.scheme.as_ref()
    }

    pub(crate) fn verify(&self, parts: &[&[u8]], signatures: &[Signature]) -> bool {
        self.0.material.verify(parts, signatures)
    }
}

/// Public keys.
#[cfg(feature = "asymmetric")]
#[cfg_attr(docsrs, doc(cfg(feature = "asymmetric")))]
impl VerifyingKey {
    /// The public key of a PEM text: SPKI, PKCS#1, or that of a certificate, whose other contents are not looked at.
    ///
    /// ```
    /// use countersign::{Algorithm, VerifyingKey};
    ///
    /// let pem = "-----BEGIN PUBLIC KEY-----\n\
    ///     MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
    ///     -----END PUBLIC KEY-----\n";
    /// let key = VerifyingKey::from_pem(Algorithm::Ed25519, pem)?;
    /// # let _ = key;
    /// # Ok::<(), countersign::KeyError>(())
    /// ```
    ///
    /// # Errors
    /// When the text holds no such key, the key is of another kind than the algorithm wants, the curve is not offered with it,
    /// an RSA key has fewer than 2048 or more than 8192 bits or a public exponent under 65,537, or the algorithm rests on SHA-1.
    pub fn from_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        not_weak(algorithm)?;
        Self::from_document(algorithm, &KeyDocument::from_pem(pem.as_ref())?, false)
    }

    /// The public key of a DER document: SPKI, PKCS#1, or that of a certificate; or the raw bytes of an Ed25519 key or of an
    /// uncompressed point.
    ///
    /// # Errors
    /// As for [`Self::from_pem`].
    pub fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        not_weak(algorithm)?;
        Self::from_document(algorithm, &KeyDocument::from_der(der)?, false)
    }

    /// As [`Self::from_pem`], and with SHA-1, RSA keys from 1024 bits on and those with a small public exponent, for peers that have
    /// nothing else. Such signatures can be forged by whoever spends enough on it.
    ///
    /// # Errors
    /// As for [`Self::from_pem`]. RSA under 2048 bits is offered with PKCS#1 v1.5 and SHA-1, SHA-256 and SHA-512.
    pub fn dangerous_weak_from_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_document(algorithm, &KeyDocument::from_pem(pem.as_ref())?, true)
    }

    /// As [`Self::from_der`], and with what [`Self::dangerous_weak_from_pem`] takes.
    ///
    /// # Errors
    /// As for [`Self::dangerous_weak_from_pem`].
    pub fn dangerous_weak_from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        Self::from_document(algorithm, &KeyDocument::from_der(der)?, true)
    }

    fn from_document(algorithm: Algorithm, document: &KeyDocument, weak: bool) -> Result<Self, KeyError> {
        let key = document.verifying(algorithm, weak)?;
        Ok(Self::new(algorithm, VerifyingMaterial::Public(key)))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("algorithm", &self.0.algorithm).finish_non_exhaustive()
    }
}
