//! The keys of one party, and what has become of each.

mod error;
mod key;
mod narrow;
mod policy;
mod reading;
mod shared;

use std::{fmt, time::Duration};

pub use self::{
    error::{RingError, UpdateError},
    key::{KeyState, RingKey, RingKeyInfo},
    policy::{OnActivate, RingPolicy, SignWith},
    reading::RingKeys,
    shared::{RingKeeper, SharedKeyRing},
};
use crate::{key::KeyId, time::UnixTime};

/// The keys that one party signs or verifies with, each in its state: how keys are changed while requests are on their way.
///
/// A plain value. It reads no clock: what depends on the time is given the present moment, and a retiring key is over when it
/// is asked for after its time, without anything that has to run. What is refused leaves the ring as it was.
///
/// A key is pending, then active, then retiring until a moment, or disposed, which any of them may be at once. A disposed key
/// keeps its secret, so that it can be restored to pending, until it is purged; one that was compromised is never restored.
///
/// It has no random numbers either: a key is made from a [`Secret`](crate::Secret) of your own, or from a private key.
///
/// ```
/// use countersign::{KeyRing, KeyState, RingKey, RingPolicy, Secret, SigningKey, UnixTime};
/// use std::time::Duration;
///
/// let now = UnixTime::from_secs(1_700_000_000);
/// let mut ring = KeyRing::new(RingPolicy::overlapping(Duration::from_secs(86_400)));
/// let old = SigningKey::hmac_sha256("2023", &Secret::new("correct horse battery staple")?)?;
/// ring.add_active(RingKey::new(old, now)?, now)?;
///
/// // A year later: the new key signs, and so does the old one for a day.
/// let now = UnixTime::from_secs(1_731_536_000);
/// let new = SigningKey::hmac_sha256("2024", &Secret::new("incorrect horse battery staple")?)?;
/// ring.add_pending(RingKey::new(new, now)?)?;
/// ring.activate(&"2024".parse()?, now)?;
/// let signs = |now| ring.signing(now).iter().map(|key| key.metadata().id.to_string()).collect::<Vec<_>>();
/// assert_eq!(signs(now), ["2024", "2023"]);
/// assert_eq!(signs(now.plus(Duration::from_secs(86_400))), ["2024"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct KeyRing {
    policy: RingPolicy,
    /// In the order in which they came.
    keys: Vec<RingKey>,
    /// How many signatures the schemes that it signs in have room for.
    room: usize,
}

impl KeyRing {
    /// A ring without keys.
    #[must_use]
    pub const fn new(policy: RingPolicy) -> Self {
        Self { policy, keys: Vec::new(), room: usize::MAX }
    }

    /// A ring of keys that were kept somewhere, each in [its state](RingKey::in_state); of those that were created in the same second
    /// the later is the newer.
    ///
    /// # Errors
    /// When two of them have the same id, and when more of them are pending or active than the policy has room for.
    pub fn with_keys(policy: RingPolicy, keys: impl IntoIterator<Item = RingKey>) -> Result<Self, RingError> {
        let mut ring = Self::new(policy);
        for key in keys {
            ring.take_in(key)?;
        }
        let policy = &ring.policy;
        if policy.max_pending.is_some_and(|most| ring.count(KeyState::Pending) > most) {
            return Err(RingError::TooManyPending(policy.max_pending.unwrap_or_default()));
        }
        if policy.max_active.is_some_and(|most| ring.count(KeyState::Active) > most) {
            return Err(RingError::TooManyActive(policy.max_active.unwrap_or_default()));
        }
        Ok(ring)
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &RingPolicy {
        &self.policy
    }

    /// All keys, the disposed ones too, in the order in which they came.
    #[must_use]
    pub fn keys(&self) -> &[RingKey] {
        &self.keys
    }

    /// The key of this id, whatever its state.
    #[must_use]
    pub fn key(&self, id: &KeyId) -> Option<&RingKey> {
        self.keys.iter().find(|key| key.id() == id)
    }

    /// Adds a key that neither signs nor, but for receivers that [want it to](RingPolicy::accept_pending), verifies yet.
    ///
    /// # Errors
    /// When there is a key of its id, and when the policy has room for no more pending keys and does not have them replaced.
    pub fn add_pending(&mut self, key: RingKey) -> Result<(), RingError> {
        self.change(|ring| {
            ring.make_room_for_pending()?;
            ring.take_in(key.in_state(KeyState::Pending))
        })
    }

    /// Adds a key that signs and verifies at once, where nobody has to be told of it first. For the keys before it this is
    /// [`activate`](Self::activate).
    ///
    /// # Errors
    /// When there is a key of its id, and those of [`activate`](Self::activate) that are about the other keys.
    pub fn add_active(&mut self, key: RingKey, now: UnixTime) -> Result<(), RingError> {
        self.change(|ring| {
            ring.make_room_for_active(now)?;
            ring.take_in(key.in_state(KeyState::Active))?;
            ring.fits_its_schemes(now)
        })
    }

    /// From pending to active. What becomes of the keys that were active until now says the policy's [`OnActivate`].
    ///
    /// # Errors
    /// When there is no such key, it is not pending, or there are as many active keys as the policy has room for. When all keys of the
    /// ring are to sign at once, and a [`RingSigner`](crate::RingSigner) signs with it in a scheme that has room for fewer signatures.
    pub fn activate(&mut self, id: &KeyId, now: UnixTime) -> Result<(), RingError> {
        self.change(|ring| {
            match ring.state(id)? {
                KeyState::Pending => {}
                state => return Err(RingError::NotPending { id: id.clone(), state }),
            }
            ring.make_room_for_active(now)?;
            ring.set(id, KeyState::Active);
            ring.fits_its_schemes(now)
        })
    }

    /// From active to retiring: the key verifies for so long after `now`, and signs only where the policy wants it to.
    ///
    /// # Errors
    /// When there is no such key, or it is not active.
    pub fn retire(&mut self, id: &KeyId, span: Duration, now: UnixTime) -> Result<(), RingError> {
        match self.state(id)? {
            KeyState::Active => self.set(id, KeyState::Retiring { until: now.plus(span) }),
            state => return Err(RingError::NotActive { id: id.clone(), state }),
        }
        Ok(())
    }

    /// From any other state to disposed, at once: the key signs and verifies nothing from now on. It can be restored until it is
    /// [purged](Self::purge).
    ///
    /// # Errors
    /// When there is no such key, or it is disposed already.
    pub fn dispose(&mut self, id: &KeyId) -> Result<(), RingError> {
        match self.state(id)? {
            state if state.is_disposed() => return Err(RingError::AlreadyDisposed { id: id.clone(), state }),
            _ => self.set(id, KeyState::Disposed),
        }
        Ok(())
    }

    /// As [`dispose`](Self::dispose), for a key that somebody else may have: it is never restored. A disposed key can be found
    /// compromised later.
    ///
    /// # Errors
    /// When there is no such key, or it is known to be compromised already.
    pub fn dispose_compromised(&mut self, id: &KeyId) -> Result<(), RingError> {
        match self.state(id)? {
            state @ KeyState::Compromised => return Err(RingError::AlreadyDisposed { id: id.clone(), state }),
            _ => self.set(id, KeyState::Compromised),
        }
        Ok(())
    }

    /// From disposed to pending, as when it was disposed of by mistake.
    ///
    /// # Errors
    /// When there is no such key, it is not disposed, or it was compromised; and when the policy has room for no more pending keys and
    /// does not have them replaced.
    pub fn restore(&mut self, id: &KeyId) -> Result<(), RingError> {
        match self.state(id)? {
            KeyState::Disposed => {}
            KeyState::Compromised => return Err(RingError::Compromised(id.clone())),
            state => return Err(RingError::NotDisposed { id: id.clone(), state }),
        }
        self.change(|ring| {
            ring.make_room_for_pending()?;
            ring.set(id, KeyState::Pending);
            Ok(())
        })
    }

    /// Takes a disposed key out of the ring, and its secret with it: that is overwritten when nobody verifies or signs with it any more.
    /// A [`RingSigner`](crate::RingSigner) holds the keys that it signed with last until it is asked for its next
    /// [`signer`](crate::RingSigner::signer).
    ///
    /// # Errors
    /// When there is no such key, or it is not disposed.
    pub fn purge(&mut self, id: &KeyId) -> Result<(), RingError> {
        let state = self.state(id)?;
        if !state.is_disposed() {
            return Err(RingError::NotDisposed { id: id.clone(), state });
        }
        self.keys.retain(|key| key.id() != id);
        Ok(())
    }

    /// Holds the ring to schemes that have room for so many signatures.
    pub(crate) fn limit_signatures(&mut self, most: usize, now: UnixTime) -> Result<(), RingError> {
        self.change(|ring| {
            ring.room = ring.room.min(most);
            ring.fits_its_schemes(now)
        })
    }

    /// Does all of it or nothing.
    fn change(&mut self, change: impl FnOnce(&mut Self) -> Result<(), RingError>) -> Result<(), RingError> {
        let mut changed = self.clone();
        change(&mut changed)?;
        *self = changed;
        Ok(())
    }

    fn take_in(&mut self, key: RingKey) -> Result<(), RingError> {
        if self.key(key.id()).is_some() {
            return Err(RingError::DuplicateId(key.id().clone()));
        }
        self.keys.push(key);
        Ok(())
    }

    fn state(&self, id: &KeyId) -> Result<KeyState, RingError> {
        self.key(id).map(RingKey::state).ok_or_else(|| RingError::UnknownId(id.clone()))
    }

    fn set(&mut self, id: &KeyId, state: KeyState) {
        self.keys.iter_mut().filter(|key| key.id() == id).for_each(|key| key.set_state(state));
    }

    fn count(&self, state: KeyState) -> usize {
        self.keys.iter().filter(|key| key.state() == state).count()
    }

    fn make_room_for_pending(&mut self) -> Result<(), RingError> {
        let Some(most) = self.policy.max_pending else { return Ok(()) };
        while self.count(KeyState::Pending) >= most {
            let mut pending = self.newest_first().into_iter().filter(|key| key.state() == KeyState::Pending);
            match pending.next_back().map(|key| key.id().clone()) {
                Some(oldest) if self.policy.replace_pending => self.set(&oldest, KeyState::Disposed),
                _ => return Err(RingError::TooManyPending(most)),
            }
        }
        Ok(())
    }

    fn make_room_for_active(&mut self, now: UnixTime) -> Result<(), RingError> {
        let then = match self.policy.on_activate {
            OnActivate::DisposeOld => KeyState::Disposed,
            OnActivate::RetireOld(span) => KeyState::Retiring { until: now.plus(span) },
            OnActivate::KeepOld => KeyState::Active,
        };
        self.keys.iter_mut().filter(|key| key.state() == KeyState::Active).for_each(|key| key.set_state(then));
        match self.policy.max_active {
            Some(most) if self.count(KeyState::Active) >= most => Err(RingError::TooManyActive(most)),
            _ => Ok(()),
        }
    }

    /// Keys that sign now become fewer with time alone, so that it is enough to look whenever one is added.
    fn fits_its_schemes(&self, now: UnixTime) -> Result<(), RingError> {
        let keys = self.signing(now).len();
        if keys > self.room { Err(RingError::TooManySignatures { room: self.room, keys }) } else { Ok(()) }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("policy", &self.policy).field("keys", &self.keys).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
