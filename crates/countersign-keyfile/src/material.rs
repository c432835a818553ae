//! What the keys of an entry are made of.

use std::path::Path;

use countersign::{Algorithm, KeyError, KeyId, Secret, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::{
    error::KeyFileError,
    fields::Fields,
    kind::{SourceKind, Weakness},
    source::material,
    webhook_text::WebhookText,
};

/// What the keys of an entry are made of.
pub(crate) enum Material {
    /// A key of an algorithm.
    Key {
        algorithm: Algorithm,
        verifying: VerifyingKey,
        /// The secret, or the PEM of the private key; a public key leaves nothing to keep.
        signing: Option<Zeroizing<Vec<u8>>>,
    },
    /// A text that only the scheme of a webhook makes a key of.
    Webhook(WebhookText),
}

impl Material {
    /// Reads what a table says, and makes its keys to see that they can be used; also what is weak about them.
    pub(crate) fn read(
        fields: &Fields<'_>,
        algorithm: Option<Algorithm>,
        id: &KeyId,
        folder: &Path,
    ) -> Result<(Self, Vec<Weakness>), KeyFileError> {
        let dangerous = fields.dangerous.map_or(Ok(false), |field| field.truth("dangerous"))?;
        let Some(algorithm) = algorithm else {
            let text = WebhookText::read(fields, folder)?;
            let weaknesses = text.weakness().into_iter().collect();
            return Ok((Self::Webhook(text), weaknesses));
        };
        if let Some(field) = fields.scheme {
            return Err(KeyFileError::NotWebhook { line: field.line });
        }
        let (kind, field) = fields.source;
        let value = field.text(kind.field())?;
        if kind.is_secret() != algorithm.is_symmetric() {
            return Err(KeyFileError::WrongSource { line: field.line, algorithm, kind });
        }
        let mut weaknesses = Vec::new();
        let mut weak = |line, weakness| {
            weaknesses.push(weakness);
            if dangerous { Ok(()) } else { Err(KeyFileError::Weak { line, weakness }) }
        };
        if algorithm.is_sha1() {
            weak(fields.algorithm.line, Weakness::Sha1)?;
        }
        let material = material(kind, value, folder, field.line)?;
        let wrong = |source| KeyFileError::Key { line: field.line, source };
        if kind.is_secret() && (1..Secret::MIN_LEN).contains(&material.len()) {
            weak(field.line, Weakness::ShortSecret(material.len()))?;
        }
        let verifying = if kind.is_secret() {
            verifying_secret(algorithm, &material).map_err(wrong)?
        } else if kind == SourceKind::PrivateKeyFile {
            let key = signing_key(id.as_str(), algorithm, &material);
            key.and_then(|key| key.verifying_key()).map_err(wrong)?
        } else {
            if let Some(weakness) = weak_rsa(algorithm, &material) {
                weak(field.line, weakness)?;
            }
            VerifyingKey::dangerous_weak_from_pem(algorithm, &material).map_err(wrong)?
        };
        let public = matches!(kind, SourceKind::PublicKey | SourceKind::PublicKeyFile);
        let signing = (!public).then_some(material);
        Ok((Self::Key { algorithm, verifying, signing }, weaknesses))
    }
}

// Whether a secret or a hash is weak was judged before, with the file's line; so the constructors for weak ones are called.

fn verifying_secret(algorithm: Algorithm, material: &[u8]) -> Result<VerifyingKey, KeyError> {
    let secret = Secret::dangerous_short(material)?;
    if algorithm == Algorithm::HmacSha1 {
        Ok(VerifyingKey::dangerous_hmac_sha1(&secret))
    } else {
        VerifyingKey::hmac(algorithm, &secret)
    }
}

pub(crate) fn signing_key(id: &str, algorithm: Algorithm, material: &[u8]) -> Result<SigningKey, KeyError> {
    if !algorithm.is_symmetric() {
        return SigningKey::from_pem(id, algorithm, material);
    }
    let secret = Secret::dangerous_short(material)?;
    if algorithm == Algorithm::HmacSha1 {
        SigningKey::dangerous_hmac_sha1(id, &secret)
    } else {
        SigningKey::hmac(id, algorithm, &secret)
    }
}

/// What is weak about a public RSA key, whatever hash it is used with.
fn weak_rsa(algorithm: Algorithm, pem: &[u8]) -> Option<Weakness> {
    let strong = if algorithm == Algorithm::RsaSha1 { Algorithm::RsaSha256 } else { algorithm };
    match VerifyingKey::from_pem(strong, pem) {
        Err(KeyError::RsaSize(bits)) if bits < 2048 => Some(Weakness::ShortRsa(bits)),
        Err(KeyError::RsaExponent) => Some(Weakness::SmallRsaExponent),
        _ => None,
    }
}
