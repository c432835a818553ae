//! One key of the file.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use countersign::{Algorithm, KeyId, KeyState, RingKey, SigningKey, UnixTime, VerifyingKey, webhook::Webhook};

use crate::{
    error::KeyFileError,
    fields::Fields,
    kind::{SourceKind, Weakness},
    life::Life,
    material::{Material, signing_key},
    raw::RawKey,
    webhook_text::WebhookText,
};

/// Who a key belongs to, and the line that says so.
pub(crate) struct Name {
    pub(crate) text: Arc<str>,
    pub(crate) line: usize,
}

/// One `[[key]]` that can be used.
///
/// It shows what a key is, and never its material.
///
/// ```
/// use countersign_keyfile::{KeyFile, SourceKind, Weakness};
///
/// let text = "[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret = '123456'\ndangerous = true";
/// let keys = KeyFile::parse(text, ".")?;
/// let [alice] = keys.entries() else { panic!() };
/// assert_eq!((alice.line(), alice.source()), (1, SourceKind::Secret));
/// assert!(alice.can_sign());
/// assert_eq!(alice.weaknesses(), [Weakness::ShortSecret(6)]);
/// # Ok::<(), countersign_keyfile::KeyFileError>(())
/// ```
pub struct Entry {
    id: KeyId,
    name: Option<Name>,
    line: usize,
    source: SourceKind,
    /// The file that its material is in, where that is another than the key file.
    file: Option<PathBuf>,
    weaknesses: Vec<Weakness>,
    life: Life,
    material: Material,
}

impl Entry {
    /// What the key is called.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// Who it belongs to, where it says so.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|name| &*name.text)
    }

    pub(crate) const fn name_in_place(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// What it signs or verifies with; `None` where it is a webhook's, whose scheme says.
    #[must_use]
    pub const fn algorithm(&self) -> Option<Algorithm> {
        match &self.material {
            Material::Key { algorithm, .. } => Some(*algorithm),
            Material::Webhook(_) => None,
        }
    }

    /// Whether it is the text of a webhook's key, which serves webhooks and nothing else.
    #[must_use]
    pub const fn is_webhook(&self) -> bool {
        matches!(self.material, Material::Webhook(_))
    }

    /// The one webhook that it serves, by its name; `None` where it serves any, and where it is none of a webhook.
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        self.webhook_text().and_then(WebhookText::scheme)
    }

    /// Whether it serves this webhook, as far as it says. Its text may still be none that the webhook can decode.
    #[must_use]
    pub fn serves(&self, webhook: &Webhook) -> bool {
        self.webhook_text().is_some_and(|text| text.serves(webhook))
    }

    pub(crate) const fn webhook_text(&self) -> Option<&WebhookText> {
        match &self.material {
            Material::Key { .. } => None,
            Material::Webhook(text) => Some(text),
        }
    }

    /// The line on which it begins, counted from one.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Where its material comes from.
    #[must_use]
    pub const fn source(&self) -> SourceKind {
        self.source
    }

    /// The file that its material is in; `None` where it is in the key file itself or in no file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Whether it holds what signs, whatever its state. All keys can verify. A webhook's text may, since only its scheme tells.
    #[must_use]
    pub const fn can_sign(&self) -> bool {
        match &self.material {
            Material::Key { signing, .. } => signing.is_some(),
            Material::Webhook(_) => true,
        }
    }

    /// What has become of it, where the file says so; where it does not, the key is active.
    #[must_use]
    pub const fn state(&self) -> Option<KeyState> {
        self.life.state
    }

    /// Its state, said or not.
    pub(crate) fn state_or_active(&self) -> KeyState {
        self.life.state.unwrap_or(KeyState::Active)
    }

    /// When it was created, where the file says so.
    #[must_use]
    pub const fn created(&self) -> Option<UnixTime> {
        self.life.created
    }

    /// What it is called within a ring: its `ring_id`, or its id where it has none.
    #[must_use]
    pub fn ring_id(&self) -> &KeyId {
        self.life.ring_id.as_ref().unwrap_or(&self.id)
    }

    /// Everything for which it has to say `dangerous = true`; a webhook's is taken without.
    #[must_use]
    pub fn weaknesses(&self) -> &[Weakness] {
        &self.weaknesses
    }

    /// The key that verifies; `None` where it is a webhook's: [`KeyFile::webhook_keys`](crate::KeyFile::webhook_keys).
    #[must_use]
    pub const fn verifying_key(&self) -> Option<&VerifyingKey> {
        match &self.material {
            Material::Key { verifying, .. } => Some(verifying),
            Material::Webhook(_) => None,
        }
    }

    /// The key that signs, made anew each time, since it is one that cannot be copied. A webhook's is none.
    pub(crate) fn signing_key(&self) -> Option<Result<SigningKey, KeyFileError>> {
        let Material::Key { algorithm, signing: Some(material), .. } = &self.material else { return None };
        let key = signing_key(self.id.as_str(), *algorithm, material);
        Some(key.map_err(|source| KeyFileError::Key { line: self.line, source }))
    }

    /// The key as a ring holds it; for a ring of this webhook, where there is one.
    pub(crate) fn ring_key(&self, webhook: Option<&Webhook>) -> Result<RingKey, KeyFileError> {
        let created = self.life.created.unwrap_or(UnixTime::from_secs(0));
        let (signing, verifying) = match (&self.material, webhook) {
            (Material::Key { verifying, .. }, None) => (self.signing_key().transpose()?, verifying.clone()),
            (Material::Webhook(text), Some(webhook)) => text.pair(&self.id, webhook)?,
            _ => return Err(KeyFileError::NotOfRing { id: self.ring_id().to_string() }),
        };
        let key = match signing {
            Some(signing) => RingKey::new(signing, created),
            None => Ok(RingKey::only_verifying(self.id.clone(), verifying, created)),
        };
        let key = key.map_err(|source| KeyFileError::Key { line: self.line, source })?;
        Ok(key.called(self.ring_id().clone()).in_state(self.state_or_active()))
    }

    /// Reads what a table says, and makes its keys to see that they can be used.
    pub(crate) fn from_raw(raw: &RawKey, folder: &Path) -> Result<Self, KeyFileError> {
        let fields = Fields::read(raw)?;
        let id = fields.id.text("id")?;
        let id = KeyId::new(id).map_err(|source| KeyFileError::Key { line: fields.id.line, source })?;
        let name =
            fields.name.map(|field| Ok(Name { text: field.text("name")?.into(), line: field.line })).transpose()?;
        let algorithm = fields.algorithm()?;
        let life = Life::read(&fields)?;
        let (material, weaknesses) = Material::read(&fields, algorithm, &id, folder)?;
        let (source, field) = fields.source;
        let file = if source.is_file() { Some(folder.join(field.text(source.field())?)) } else { None };
        Ok(Self { id, name, line: raw.line, source, file, weaknesses, life, material })
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("id", &self.id)
            .field("name", &self.name())
            .field("algorithm", &self.algorithm())
            .field("scheme", &self.scheme())
            .field("line", &self.line)
            .field("source", &self.source)
            .field("state", &self.life.state)
            .finish_non_exhaustive()
    }
}
