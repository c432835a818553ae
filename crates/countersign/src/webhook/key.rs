//! Keys from the text that a provider shows, for one webhook alone.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use super::{Webhook, spec::TextEncoding};
use crate::{
    crypto::{HmacKey, PlainSecret, SigningMaterial, VerifyingMaterial},
    error::KeyError,
    key::{SigningKey, VerifyingKey},
    secret::Secret,
    signature::decode_hex,
};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Keys. Each serves this webhook and nothing else, not even another scheme that has the same secret.
impl Webhook {
    /// The key that verifies, of the text that the provider shows: decoded as the webhook has it.
    ///
    /// ```
    /// use countersign::webhook::Webhook;
    ///
    /// let svix = Webhook::preset("svix")?;
    /// let key = svix.verifying_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
    /// assert_eq!(key.scheme(), Some(&svix.name()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the text is none of its encoding, or a secret has fewer than [`Secret::MIN_LEN`] bytes, see
    /// [`Self::dangerous_short_verifying_key`]; for a public key also as for `VerifyingKey::from_der`.
    pub fn verifying_key(&self, text: &str) -> Result<VerifyingKey, KeyError> {
        let secret = self.decode(text, self.plan.spec.key.strip.as_deref())?;
        if self.plan.algorithm.is_symmetric() {
            Secret::new(secret.to_vec())?;
        }
        self.to_verifying_key(&secret)
    }

    /// The same for a secret of any length but zero, for providers that chose one which can be guessed.
    ///
    /// # Errors
    /// As for [`Self::verifying_key`], but for the length.
    pub fn dangerous_short_verifying_key(&self, text: &str) -> Result<VerifyingKey, KeyError> {
        self.to_verifying_key(&self.decode(text, self.plan.spec.key.strip.as_deref())?)
    }

    /// The key that signs, of the text that the provider shows. For Ed25519 the text is of the seed, or of the seed and the public key
    /// behind it; for ECDSA of a PKCS#8 or SEC 1 document.
    ///
    /// # Errors
    /// When the id is not a [`KeyId`](crate::KeyId), the text is none of its encoding, or a secret has fewer than
    /// [`Secret::MIN_LEN`] bytes, see [`Self::dangerous_short_signing_key`].
    pub fn signing_key(&self, id: &str, text: &str) -> Result<SigningKey, KeyError> {
        let secret = self.decode_private(text)?;
        if self.plan.algorithm.is_symmetric() {
            Secret::new(secret.to_vec())?;
        }
        self.to_signing_key(id, &secret)
    }

    /// The same for a secret of any length but zero, for providers that chose one which can be guessed.
    ///
    /// # Errors
    /// As for [`Self::signing_key`], but for the length.
    pub fn dangerous_short_signing_key(&self, id: &str, text: &str) -> Result<SigningKey, KeyError> {
        self.to_signing_key(id, &self.decode_private(text)?)
    }

    fn decode_private(&self, text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let key = &self.plan.spec.key;
        if self.plan.algorithm.is_symmetric() {
            return self.decode(text, key.strip.as_deref());
        }
        // A public key has the length of a seed, and whatever is signed with it anybody can sign.
        if key.strip.as_deref().is_some_and(|public| text.starts_with(public)) {
            return Err(KeyError::WrongKind(self.plan.algorithm));
        }
        self.decode(text, key.strip_private.as_deref())
    }

    fn decode(&self, text: &str, strip: Option<&str>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let text = strip.and_then(|strip| text.strip_prefix(strip)).unwrap_or(text);
        let decoded = match self.plan.spec.key.encoding {
            TextEncoding::Utf8 => Ok(text.as_bytes().to_vec()),
            TextEncoding::Base64 => BASE64.decode(text).map_err(|_| KeyError::Encoding("Base64")),
            TextEncoding::Base64Url => BASE64_URL.decode(text).map_err(|_| KeyError::Encoding("Base64url")),
            TextEncoding::Hex => decode_hex(text.as_bytes()).ok_or(KeyError::Encoding("hexadecimal")),
        };
        let decoded = Zeroizing::new(decoded?);
        if decoded.is_empty() { Err(KeyError::EmptySecret) } else { Ok(decoded) }
    }

    fn to_verifying_key(&self, secret: &[u8]) -> Result<VerifyingKey, KeyError> {
        let algorithm = self.plan.algorithm;
        let hmac = || HmacKey::new(algorithm, secret).map(VerifyingMaterial::Hmac);
        let plain = || PlainSecret::new(algorithm, secret).map(VerifyingMaterial::Plain);
        match hmac().or_else(plain) {
            Some(material) => Ok(VerifyingKey::for_scheme(algorithm, material, self.plan.name.clone())),
            #[cfg(feature = "asymmetric")]
            None => VerifyingKey::from_der(algorithm, secret).map(|key| key.bound_to(&self.plan.name)),
            #[cfg(not(feature = "asymmetric"))]
            None => Err(KeyError::NotOffered(algorithm)),
        }
    }

    fn to_signing_key(&self, id: &str, secret: &[u8]) -> Result<SigningKey, KeyError> {
        let algorithm = self.plan.algorithm;
        let hmac = || HmacKey::new(algorithm, secret).map(SigningMaterial::Hmac);
        let plain = || PlainSecret::new(algorithm, secret).map(SigningMaterial::Plain);
        match hmac().or_else(plain) {
            Some(material) => SigningKey::for_scheme(id, algorithm, material, self.plan.name.clone()),
            #[cfg(feature = "asymmetric")]
            None => self.private_key(id, secret).map(|key| key.bound_to(&self.plan.name)),
            #[cfg(not(feature = "asymmetric"))]
            None => Err(KeyError::NotOffered(algorithm)),
        }
    }

    #[cfg(feature = "asymmetric")]
    fn private_key(&self, id: &str, secret: &[u8]) -> Result<SigningKey, KeyError> {
        let seed = secret.first_chunk::<32>().filter(|_| matches!(secret.len(), 32 | 64));
        match seed.filter(|_| self.plan.algorithm == crate::algorithm::Algorithm::Ed25519) {
            Some(seed) => SigningKey::ed25519_from_seed(id, seed),
            None => SigningKey::from_der(id, self.plan.algorithm, secret),
        }
    }
}
