//! The keys of webhooks, which a file holds as the texts that their providers show.

use std::sync::Arc;

use countersign::{
    Credential, KeyId, KeyRing, KeyState, RingPolicy, SigningKey, UnixTime, Verified, VerifyingKey, webhook::Webhook,
};

use crate::{entry::Entry, error::KeyFileError, file::KeyFile, owner::KeyOwner, ring::newest_first};

/// Keys of webhooks. Each is made of the text of an entry as the webhook says, and serves that webhook and nothing else.
///
/// The text of a public key verifies. That of a private key signs and verifies, but for the 32 bytes of an Ed25519 seed, which could as
/// well be a public key: they are the one where a key that signs is asked for, and the other where one that verifies is.
impl KeyFile {
    /// Whether any entry says that it serves this webhook, whatever its state.
    #[must_use]
    pub fn serves_webhook(&self, webhook: &Webhook) -> bool {
        self.entries().iter().any(|entry| entry.serves(webhook))
    }

    /// The keys that verify a webhook's requests at this moment, and what each is called, newest first: those that are active or still
    /// retiring. A [`Policy`](countersign::Policy) tries the first four unless it is told otherwise.
    ///
    /// ```
    /// use countersign::{UnixTime, webhook::Webhook};
    /// use countersign_keyfile::KeyFile;
    ///
    /// let text = r#"
    ///     [[key]]
    ///     id = "shop"
    ///     algorithm = "webhook"
    ///     scheme = "stripe"
    ///     secret = "whsec_test_secret"
    /// "#;
    /// let (keys, now) = (KeyFile::parse(text, ".")?, UnixTime::from_secs(1_700_000_000));
    /// assert_eq!(keys.webhook_keys(&Webhook::preset("stripe")?, now)?.len(), 1);
    /// assert!(keys.webhook_keys(&Webhook::preset("github")?, now)?.is_empty());
    /// assert!(keys.verifying_keys("shop").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the text of one of them is none that the webhook can decode.
    pub fn webhook_keys(&self, webhook: &Webhook, now: UnixTime) -> Result<Vec<(KeyId, VerifyingKey)>, KeyFileError> {
        self.verifying(webhook, |entry| entry.state_or_active().is_accepted(now))
    }

    /// As [`webhook_keys`](Self::webhook_keys), and those that are pending: for a receiver whose sender changes over at a moment of its
    /// own.
    ///
    /// # Errors
    /// As for [`webhook_keys`](Self::webhook_keys).
    pub fn webhook_keys_with_pending(
        &self,
        webhook: &Webhook,
        now: UnixTime,
    ) -> Result<Vec<(KeyId, VerifyingKey)>, KeyFileError> {
        let is_in = |state: KeyState| state == KeyState::Pending || state.is_accepted(now);
        self.verifying(webhook, |entry| is_in(entry.state_or_active()))
    }

    /// Those of the [`webhook_keys`](Self::webhook_keys) that are called so, for a webhook that names its keys.
    ///
    /// # Errors
    /// As for [`webhook_keys`](Self::webhook_keys).
    pub fn webhook_keys_of(
        &self,
        webhook: &Webhook,
        id: &str,
        now: UnixTime,
    ) -> Result<Vec<VerifyingKey>, KeyFileError> {
        let is_in = |entry: &Entry| entry.id().as_str() == id && entry.state_or_active().is_accepted(now);
        Ok(self.verifying(webhook, is_in)?.into_iter().map(|(_, key)| key).collect())
    }

    /// The keys that sign a webhook's requests, newest first: those that are active. The texts of public keys are left out.
    ///
    /// # Errors
    /// When the text of one of them is none that the webhook can decode.
    pub fn webhook_signing_keys(&self, webhook: &Webhook) -> Result<Vec<SigningKey>, KeyFileError> {
        self.signing(webhook, |_| true)
    }

    /// The newest key of this id that is active and signs a webhook's requests.
    ///
    /// # Errors
    /// When there is none, and when the text of one of them is none that the webhook can decode.
    pub fn webhook_signing_key(&self, webhook: &Webhook, id: &str) -> Result<SigningKey, KeyFileError> {
        let is_called = |entry: &Entry| entry.id().as_str() == id;
        if let Some(key) = self.signing(webhook, is_called)?.into_iter().next() {
            return Ok(key);
        }
        let mut serving = self.entries().iter().filter(|entry| is_called(entry) && entry.serves(webhook)).peekable();
        let id = id.to_owned();
        Err(if serving.peek().is_none() {
            KeyFileError::NoWebhookKey { scheme: webhook.name(), id: Some(id) }
        } else if serving.any(|entry| entry.state_or_active() == KeyState::Active) {
            KeyFileError::VerifiesOnly { id }
        } else {
            KeyFileError::NotActive { id }
        })
    }

    /// The keys that serve a webhook as a ring, in which each is called by its `ring_id`. Those of public keys, and of what could be one,
    /// verify alone.
    ///
    /// # Errors
    /// As for [`ring`](Self::ring), and when the text of one of them is none that the webhook can decode.
    pub fn webhook_ring(&self, webhook: &Webhook, policy: RingPolicy) -> Result<KeyRing, KeyFileError> {
        self.ring_where(policy, Some(webhook), |entry| entry.serves(webhook))
    }

    fn webhook_entries(&self, webhook: &Webhook, is_in: impl Fn(&Entry) -> bool) -> Vec<&Entry> {
        newest_first(self.entries().iter().filter(|entry| entry.serves(webhook) && is_in(entry)))
    }

    fn verifying(
        &self,
        webhook: &Webhook,
        is_in: impl Fn(&Entry) -> bool,
    ) -> Result<Vec<(KeyId, VerifyingKey)>, KeyFileError> {
        let entries = self.webhook_entries(webhook, is_in).into_iter();
        let keys = entries.filter_map(|entry| Some((entry.id(), entry.webhook_text()?)));
        keys.map(|(id, text)| Ok((id.clone(), text.verifying(id, webhook)?))).collect()
    }

    fn signing(&self, webhook: &Webhook, is_in: impl Fn(&Entry) -> bool) -> Result<Vec<SigningKey>, KeyFileError> {
        let is_in = |entry: &Entry| entry.state_or_active() == KeyState::Active && is_in(entry);
        let entries = self.webhook_entries(webhook, is_in).into_iter();
        let keys = entries.filter_map(|entry| entry.webhook_text()?.signing(entry.id(), webhook).transpose());
        keys.collect()
    }

    /// What a loader for a webhook goes by.
    pub(crate) fn webhook_keys_in_any_state(&self, webhook: &Webhook) -> Result<WebhookKeys, KeyFileError> {
        let entries = self.webhook_entries(webhook, |entry| !entry.state_or_active().is_disposed()).into_iter();
        let keys = entries.filter_map(|entry| Some((entry, entry.webhook_text()?))).map(|(entry, text)| {
            let key = text.verifying(entry.id(), webhook)?;
            Ok(WebhookKey { key, state: entry.state_or_active(), owner: self.owner(entry) })
        });
        Ok(WebhookKeys(keys.collect::<Result<_, KeyFileError>>()?))
    }
}

/// The keys of one webhook that may verify at some time, newest first.
pub(crate) struct WebhookKeys(Vec<WebhookKey>);

struct WebhookKey {
    key: VerifyingKey,
    state: KeyState,
    owner: KeyOwner,
}

impl WebhookKeys {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a server's loader answers: the keys of this id alone where one is claimed. `None` where no key verifies.
    pub(crate) fn credential(
        &self,
        id: Option<&KeyId>,
        now: UnixTime,
        pending: bool,
    ) -> Option<Credential<WebhookCaller>> {
        let accepted = |state: KeyState| state.is_accepted(now) || (pending && state == KeyState::Pending);
        let keys = self.0.iter().filter(|key| accepted(key.state) && id.is_none_or(|id| id == key.owner.key_id()));
        let (keys, owners): (Vec<_>, Vec<_>) = keys.map(|key| (key.key.clone(), key.owner.clone())).unzip();
        (!keys.is_empty()).then(|| Credential::with_keys(keys, WebhookCaller { owners: owners.into() }))
    }
}

/// Who may have sent a webhook's request, which names no key as a rule. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WebhookCaller {
    owners: Arc<[KeyOwner]>,
}

impl WebhookCaller {
    /// Whose key a request was verified with. `proof` is that of the request whose caller this is.
    ///
    /// ```
    /// use countersign::Verified;
    /// use countersign_keyfile::WebhookCaller;
    ///
    /// // In a handler: `told(request.caller(), request.proof())`.
    /// fn told(caller: &WebhookCaller, proof: &Verified) {
    ///     if let Some(owner) = caller.matched(proof) {
    ///         println!("signed with {}, of {:?}", owner.key_id().as_str(), owner.name());
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn matched(&self, proof: &Verified) -> Option<&KeyOwner> {
        self.owners.get(proof.key_index())
    }
}

#[cfg(test)]
mod tests;
