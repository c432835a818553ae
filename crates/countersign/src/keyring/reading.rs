//! Which keys of a ring sign and verify at a moment.

use std::{cmp::Reverse, fmt, sync::Arc};

use super::{KeyRing, KeyState, RingKey, RingKeyInfo, SignWith};
use crate::{
    key::{KeyId, SigningKey, VerifyingKey},
    time::UnixTime,
};

impl KeyRing {
    /// The keys that sign at this moment, newest first, as the policy's [`SignWith`] has it. None where no key is in use.
    #[must_use]
    pub fn signing(&self, now: UnixTime) -> Vec<Arc<SigningKey>> {
        let keys = self.newest_first().into_iter();
        let mut keys = keys.filter(|key| key.state().is_accepted(now) && key.signing_key().is_some());
        let keys: Vec<_> = match self.policy.sign_with {
            SignWith::Newest => keys.find(|key| key.state() == KeyState::Active).into_iter().collect(),
            SignWith::All => keys.collect(),
            SignWith::Oldest => keys.next_back().into_iter().collect(),
        };
        keys.into_iter().filter_map(RingKey::signing_key).cloned().collect()
    }

    /// The keys that a request may be signed with at this moment, newest first, and at most as many as the policy wants tried.
    ///
    /// `hint` is the key id that the request claims: those keys alone that are called so on the wire, and never another one. In a scheme
    /// that names no key there is none, and all of them may be tried.
    ///
    /// There may be no keys at all. Verify with them all the same: it is refused as
    /// [`UnknownKey`](crate::VerifyError::UnknownKey), and takes as long as a wrong signature does.
    ///
    /// ```
    /// use countersign::{KeyRing, RingKey, RingPolicy, Secret, SigningKey, UnixTime};
    ///
    /// let now = UnixTime::from_secs(1_700_000_000);
    /// let key = SigningKey::hmac_sha256("alice", &Secret::new("correct horse battery staple")?)?;
    /// let mut ring = KeyRing::new(RingPolicy::default());
    /// ring.add_active(RingKey::new(key, now)?, now)?;
    ///
    /// let keys = ring.verifying(now, Some(&"alice".parse()?));
    /// // let verified = unverified.verify(keys.keys(), body)?;
    /// // let matched = keys.matched(verified.key_index());
    /// assert_eq!(keys.matched(0).unwrap().id.as_str(), "alice");
    /// assert!(ring.verifying(now, Some(&"mallory".parse()?)).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn verifying(&self, now: UnixTime, hint: Option<&KeyId>) -> RingKeys {
        let accepted = |key: &&RingKey| {
            key.state().is_accepted(now) || (self.policy.accept_pending && key.state() == KeyState::Pending)
        };
        let asked_for = |key: &&RingKey| hint.is_none_or(|hint| hint == key.key_id());
        let keys = self.newest_first().into_iter().filter(accepted).filter(asked_for);
        let keys = keys.filter_map(|key| Some((key.verifying_key()?.clone(), key.info())));
        let (keys, info): (Vec<_>, Vec<_>) = keys.take(self.policy.max_tried).unzip();
        RingKeys { keys: keys.into(), info: info.into() }
    }

    /// The next moment at which a key that is retiring now will be over.
    pub(crate) fn next_end(&self, now: UnixTime) -> Option<UnixTime> {
        let ends = self.keys.iter().filter_map(|key| match key.state() {
            KeyState::Retiring { until } if now < until => Some(until),
            _ => None,
        });
        ends.min()
    }

    /// Of those that were created in the same second the later is the newer.
    pub(super) fn newest_first(&self) -> Vec<&RingKey> {
        let mut keys: Vec<_> = self.keys.iter().rev().collect();
        keys.sort_by_key(|key| Reverse(key.created()));
        keys
    }
}

/// The keys of a ring that a request may be signed with, and which they are. Cheap to clone.
#[derive(Clone)]
pub struct RingKeys {
    keys: Arc<[VerifyingKey]>,
    info: Arc<[RingKeyInfo]>,
}

impl RingKeys {
    /// The keys, for [`Unverified::verify`](crate::Unverified::verify).
    #[must_use]
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// Whether there are none: the key is unknown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Which key has the place of [`Verified::key_index`](crate::Verified::key_index), and its state: so one sees when the old key is no
    /// longer used. `None` where there is none.
    #[must_use]
    pub fn matched(&self, key_index: usize) -> Option<&RingKeyInfo> {
        self.info.get(key_index)
    }

    /// Which the keys are, in the order in which they are tried.
    #[must_use]
    pub fn info(&self) -> &[RingKeyInfo] {
        &self.info
    }

    pub(crate) fn into_parts(self) -> (Arc<[VerifyingKey]>, Arc<[RingKeyInfo]>) {
        (self.keys, self.info)
    }
}

impl fmt::Debug for RingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RingKeys").field(&self.info).finish()
    }
}
