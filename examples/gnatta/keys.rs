//! The keys of one side.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{
    KeyId, KeyRing, KeyState, OnActivate, RingKey, RingPolicy, SharedKeyRing, UnixTime, UpdateError, webhook::Webhook,
};
use zeroize::Zeroizing;

use crate::tour::Failure;

/// How long a receiver goes on with the key before: what was signed with it may still be on its way.
pub const OVERLAP: Duration = Duration::from_secs(300);

/// The keys of one side, which change while requests are on their way. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Keys {
    webhook: Webhook,
    ring: SharedKeyRing,
}

impl Keys {
    /// The sender's: at most one is pending, which a new one replaces, and one is active, which is disposed of when another one is
    /// activated.
    #[must_use]
    pub fn of_sender(webhook: Webhook) -> Self {
        Self { webhook, ring: SharedKeyRing::new(KeyRing::new(RingPolicy::one_at_a_time())) }
    }

    /// The receiver's: the sender changes over at a moment of its own, so that the pending key verifies as well; and so does the one
    /// before for a while.
    #[must_use]
    pub fn of_receiver(webhook: Webhook) -> Self {
        let policy = RingPolicy::one_at_a_time().on_activate(OnActivate::RetireOld(OVERLAP)).accept_pending(true);
        Self { webhook, ring: SharedKeyRing::new(KeyRing::new(policy)) }
    }

    /// The layout that they are for, and no other.
    #[must_use]
    pub const fn webhook(&self) -> &Webhook {
        &self.webhook
    }

    /// The ring.
    #[must_use]
    pub const fn ring(&self) -> &SharedKeyRing {
        &self.ring
    }

    /// Makes a key that signs, and gives its text: to be shown once, to whoever configures the receiver.
    ///
    /// # Errors
    /// When there are no random bytes to be had, and when the ring has a key of this id.
    pub fn generate(&self, id: &KeyId, now: UnixTime) -> Result<Zeroizing<String>, Failure> {
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(random.as_mut_slice())?;
        let text = Zeroizing::new(STANDARD.encode(random));
        let key = RingKey::only_signing(self.webhook.signing_key(id.as_str(), &text)?, now);
        self.ring.update(|ring| ring.add_pending(key))?;
        Ok(text)
    }

    /// Takes over the text of a key that was generated elsewhere. It verifies and signs nothing.
    ///
    /// # Errors
    /// When it is no key, and when the ring has a key of this id.
    pub fn take_over(&self, id: &KeyId, text: &str, now: UnixTime) -> Result<(), Failure> {
        let key = RingKey::only_verifying(id.clone(), self.webhook.verifying_key(text)?, now);
        Ok(self.ring.update(|ring| ring.add_pending(key))?)
    }

    /// From pending to active.
    ///
    /// # Errors
    /// When there is no such key, or it is not pending.
    pub fn activate(&self, id: &KeyId, now: UnixTime) -> Result<(), UpdateError> {
        self.ring.update(|ring| ring.activate(id, now))
    }

    /// Out of use at once.
    ///
    /// # Errors
    /// When there is no such key, or it is disposed already.
    pub fn dispose(&self, id: &KeyId) -> Result<(), UpdateError> {
        self.ring.update(|ring| ring.dispose(id))
    }

    /// Pending again, from disposed; for a receiver also from retiring, which its time may have ended.
    ///
    /// # Errors
    /// When there is no such key, or it is in use.
    pub fn restore(&self, id: &KeyId) -> Result<(), UpdateError> {
        self.ring.update(|ring| {
            if matches!(ring.key(id).map(RingKey::state), Some(KeyState::Retiring { .. })) {
                ring.dispose(id)?;
            }
            ring.restore(id)
        })
    }

    /// What has become of each.
    #[must_use]
    pub fn states(&self) -> String {
        let ring = self.ring.snapshot();
        let states: Vec<_> = ring.keys().iter().map(|key| format!("{} {}", key.id(), key.state())).collect();
        states.join(", ")
    }
}
