//! A ring that changes while requests are on their way.

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use super::{KeyRing, RingError, UpdateError};

/// A ring that is changed while others sign and verify with it. Cheap to clone; all clones are the same ring.
///
/// Whoever reads takes a [snapshot](Self::snapshot), which no change touches. Changes come one after another, and nobody waits for them
/// but other changes.
///
/// ```
/// use countersign::{KeyRing, RingError, RingKey, RingPolicy, Secret, SharedKeyRing, SigningKey, UnixTime, UpdateError};
///
/// let now = UnixTime::from_secs(1_700_000_000);
/// let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::one_at_a_time()));
/// let key = SigningKey::hmac_sha256("alice", &Secret::new("correct horse battery staple")?)?;
/// let key = RingKey::new(key, now)?;
///
/// let id = key.id().clone();
/// ring.update(|ring| {
///     ring.add_pending(key)?;
///     ring.activate(&id, now)
/// })?;
/// assert_eq!(ring.snapshot().signing(now).len(), 1);
///
/// // All of a change is made, or nothing.
/// let refused = ring.update(|ring| {
///     ring.dispose(&id)?;
///     ring.activate(&id, now)
/// });
/// assert!(matches!(refused, Err(UpdateError::Refused(RingError::NotPending { .. }))));
/// assert_eq!(ring.snapshot().signing(now).len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SharedKeyRing(Arc<Shared>);

struct Shared {
    ring: RwLock<Arc<KeyRing>>,
    /// Held for as long as a change takes, which may be as long as a disk does. The other lock is held for a moment.
    changing: Mutex<()>,
    keeper: Option<Box<dyn RingKeeper>>,
}

/// Whoever keeps a ring beyond the end of the process.
pub trait RingKeeper: Send + Sync + 'static {
    /// Keeps what `after` has otherwise than `before`. Called before anybody sees the change, one change after another.
    ///
    /// # Errors
    /// When it cannot be kept. The ring stays as it was then, or [accepts fewer keys](SharedKeyRing::update), so that the next `before`
    /// may be one that was never kept.
    fn keep(&self, before: &KeyRing, after: &KeyRing) -> Result<(), Box<dyn Error + Send + Sync>>;
}

impl SharedKeyRing {
    /// Shares a ring.
    #[must_use]
    pub fn new(ring: KeyRing) -> Self {
        Self::shared(ring, None)
    }

    /// Shares a ring of which every change is kept.
    #[must_use]
    pub fn kept_by(ring: KeyRing, keeper: impl RingKeeper) -> Self {
        Self::shared(ring, Some(Box::new(keeper)))
    }

    fn shared(ring: KeyRing, keeper: Option<Box<dyn RingKeeper>>) -> Self {
        Self(Arc::new(Shared { ring: RwLock::new(Arc::new(ring)), changing: Mutex::new(()), keeper }))
    }

    /// The ring as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<KeyRing> {
        // What the lock holds is whole whoever panicked: it is replaced in one step.
        Arc::clone(&self.0.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the ring. `change` works on a copy, which takes the ring's place once all of it has worked and is kept.
    ///
    /// A full disk must not let a leaked key go on: a change that cannot be kept, and does nothing but dispose of keys, find them
    /// compromised or retire them, is in force all the same, and an error all the same. A purge is made when it can be kept; a key that was
    /// to be disposed of and purged at once is compromised until then. A later change that can be kept, such as
    /// one that does nothing, keeps this one too.
    ///
    /// `change` must not change the same ring from within: it would wait for itself.
    ///
    /// # Errors
    /// Those of `change`, and when the changed ring cannot be kept.
    pub fn update<R>(&self, change: impl FnOnce(&mut KeyRing) -> Result<R, RingError>) -> Result<R, UpdateError> {
        let _changing = self.0.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.snapshot();
        let mut after = KeyRing::clone(&before);
        let answer = change(&mut after)?;
        let kept = self.0.keeper.as_ref().map_or(Ok(()), |keeper| keeper.keep(&before, &after));
        if let Err(error) = kept {
            if let Some(narrowed) = before.narrowed_to(&after) {
                self.put_in_force(narrowed);
            }
            return Err(UpdateError::NotKept(error));
        }
        self.put_in_force(after);
        Ok(answer)
    }

    fn put_in_force(&self, ring: KeyRing) {
        let before =
            std::mem::replace(&mut *self.0.ring.write().unwrap_or_else(PoisonError::into_inner), Arc::new(ring));
        // Not while the lock is held.
        drop(before);
    }
}

impl fmt::Debug for SharedKeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedKeyRing").field(&*self.snapshot()).finish()
    }
}
