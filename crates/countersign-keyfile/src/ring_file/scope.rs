//! Which entries of a file are a ring.

use countersign::{KeyId, KeyRing, RingKey, RingPolicy, webhook::Webhook};

use crate::{entry::Entry, error::KeyFileError, file::KeyFile};

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
