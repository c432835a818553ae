//! The text of a webhook's key, as the provider shows it.

use std::path::Path;

use countersign::{KeyError, KeyId, Secret, SigningKey, VerifyingKey, webhook::Webhook};
use zeroize::Zeroizing;

use crate::{
    error::KeyFileError,
    fields::Fields,
    kind::{SourceKind, Weakness},
    source::material,
};

/// The text of a webhook's key, which its scheme alone can decode.
pub(crate) struct WebhookText {
    /// Where it is given.
    line: usize,
    text: Zeroizing<String>,
    /// The one scheme that it serves.
    scheme: Option<String>,
}

impl WebhookText {
    pub(crate) fn read(fields: &Fields<'_>, folder: &Path) -> Result<Self, KeyFileError> {
        let (kind, field) = fields.source;
        if !matches!(kind, SourceKind::Secret | SourceKind::SecretFile | SourceKind::SecretEnv) {
            return Err(KeyFileError::WrongWebhookSource { line: field.line, kind });
        }
        let key = |source| KeyFileError::Key { line: field.line, source };
        let bytes = material(kind, field.text(kind.field())?, folder, field.line)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| key(KeyError::Encoding("UTF-8")))?;
        if text.is_empty() {
            return Err(key(KeyError::EmptySecret));
        }
        let scheme = fields.scheme.map(|field| {
            let name = field.text("scheme")?;
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
            let wrong = KeyFileError::WrongType { line: field.line, field: "scheme", expected: "a webhook's name" };
            if is_name { Ok(name.to_owned()) } else { Err(wrong) }
        });
        Ok(Self { line: field.line, text: Zeroizing::new(text.to_owned()), scheme: scheme.transpose()? })
    }

    pub(crate) fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    pub(crate) fn serves(&self, webhook: &Webhook) -> bool {
        self.scheme.as_ref().is_none_or(|scheme| *scheme == webhook.name().as_str())
    }

    /// A short text is no better decoded.
    pub(crate) fn weakness(&self) -> Option<Weakness> {
        (self.text.len() < Secret::MIN_LEN).then(|| Weakness::ShortSecret(self.text.len()))
    }

    /// The key that verifies.
    pub(crate) fn verifying(&self, id: &KeyId, webhook: &Webhook) -> Result<VerifyingKey, KeyFileError> {
        let private = || webhook.dangerous_short_signing_key(id.as_str(), &self.text)?.verifying_key();
        let key = if self.says_private(webhook) {
            private()
        } else {
            let public = webhook.dangerous_short_verifying_key(&self.text);
            public.or_else(|error| private().map_err(|_| error))
        };
        key.map_err(|error| self.wrong(error))
    }

    /// The key that signs; `None` where the text is that of a public key.
    pub(crate) fn signing(&self, id: &KeyId, webhook: &Webhook) -> Result<Option<SigningKey>, KeyFileError> {
        if self.says_public(webhook) {
            return self.verifying(id, webhook).map(|_| None);
        }
        match webhook.dangerous_short_signing_key(id.as_str(), &self.text) {
            Ok(key) => Ok(Some(key)),
            Err(_) if webhook.dangerous_short_verifying_key(&self.text).is_ok() => Ok(None),
            Err(error) => Err(self.wrong(error)),
        }
    }

    /// The key that signs, if the text is sure to be no public key, and the one that verifies.
    pub(crate) fn pair(
        &self,
        id: &KeyId,
        webhook: &Webhook,
    ) -> Result<(Option<SigningKey>, VerifyingKey), KeyFileError> {
        let verifying = self.verifying(id, webhook)?;
        let is_private = verifying.algorithm().is_symmetric()
            || self.says_private(webhook)
            || webhook.dangerous_short_verifying_key(&self.text).is_err();
        let signing = if is_private { self.signing(id, webhook)? } else { None };
        Ok((signing, verifying))
    }

    fn says_private(&self, webhook: &Webhook) -> bool {
        webhook.spec().key.strip_private.as_ref().is_some_and(|front| self.text.starts_with(front))
    }

    /// A seed has as many bytes as a public key, so where both have a front of their own, that of a public key is held to.
    fn says_public(&self, webhook: &Webhook) -> bool {
        let key = &webhook.spec().key;
        let public = key.strip.as_ref().is_some_and(|front| self.text.starts_with(front));
        public && key.strip_private.is_some() && !self.says_private(webhook)
    }

    fn wrong(&self, source: KeyError) -> KeyFileError {
        KeyFileError::Key { line: self.line, source }
    }
}
