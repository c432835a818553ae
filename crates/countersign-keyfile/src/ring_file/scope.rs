//! Which entries of a file are a ring.

use countersign::{KeyId, KeyRing, RingKey, RingPolicy, webhook::Webhook};

use crate::{entry::Entry, error::KeyFileError, fields::WEBHOOK, file::KeyFile, raw::RawKey};

/// Which entries of a file are a ring.
#[derive(Clone)]
pub(super) enum Scope {
    /// All but those of webhooks.
    All,
    /// Those of this id.
    Id(KeyId),
    /// Those that serve this webhook.
    Webhook(Webhook),
}

impl Scope {
    pub(super) fn has(&self, entry: &Entry) -> bool {
        match self {
            Self::All => !entry.is_webhook(),
            Self::Id(id) => !entry.is_webhook() && entry.id() == id,
            Self::Webhook(webhook) => entry.serves(webhook),
        }
    }

    /// The same of an entry as it stands, whose material may be gone.
    pub(super) fn has_raw(&self, raw: &RawKey) -> bool {
        let text = |name: &'static str| raw.fields.iter().find(|field| field.name == name)?.text(name).ok();
        let is_webhook = text("algorithm") == Some(WEBHOOK);
        match self {
            Self::All => !is_webhook,
            Self::Id(id) => !is_webhook && text("id") == Some(id.as_str()),
            Self::Webhook(webhook) => {
                is_webhook && text("scheme").is_none_or(|scheme| scheme == webhook.name().as_str())
            }
        }
    }

    pub(super) fn ring(&self, file: &KeyFile, policy: RingPolicy) -> Result<KeyRing, KeyFileError> {
        file.ring_where(policy, self.webhook(), |entry| self.has(entry))
    }

    pub(super) fn ring_key(&self, entry: &Entry) -> Result<RingKey, KeyFileError> {
        if self.has(entry) {
            entry.ring_key(self.webhook())
        } else {
            Err(KeyFileError::NotOfRing { id: entry.ring_id().to_string() })
        }
    }

    const fn webhook(&self) -> Option<&Webhook> {
        match self {
            Self::Webhook(webhook) => Some(webhook),
            Self::All | Self::Id(_) => None,
        }
    }
}
