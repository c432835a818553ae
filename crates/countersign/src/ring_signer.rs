//! Signing with a ring that changes meanwhile.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use crate::{
    component::Component,
    coverage::{Coverage, When},
    error::SignError,
    keyring::{KeyRing, SharedKeyRing, UpdateError},
    scheme::Scheme,
    sign::Signer,
    time::UnixTime,
};

/// A scheme, what to cover, and a ring: every request is signed with the keys of its moment. Cheap to clone.
///
/// ```
/// use countersign::{
///     Cavage, KeyRing, Request, RingKey, RingPolicy, RingSigner, Secret, SharedKeyRing, SignError, SigningKey, UnixTime,
/// };
///
/// let now = UnixTime::from_secs(784_111_777);
/// let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::default()));
/// let signer = RingSigner::new(Cavage::new(), &ring, now)?;
/// assert_eq!(signer.signer(now).err(), Some(SignError::NoKey));
///
/// let key = SigningKey::hmac_sha256("alice", &Secret::new("correct horse battery staple")?)?;
/// let key = RingKey::new(key, now)?;
/// ring.update(|ring| ring.add_active(key, now))?;
/// let fields = [("host", "api.example")];
/// let parts = signer.signer(now)?.sign(&Request::new("GET", "/orders", &fields).with_body(b""), now)?;
/// assert_eq!(parts.fields.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RingSigner {
    ring: SharedKeyRing,
    /// Everything but the keys.
    without_keys: Signer,
    prepared: Arc<RwLock<Option<Prepared>>>,
}

/// A signer that was prepared, and for how long its keys are the ring's.
struct Prepared {
    /// Held weakly, so that the secret of a key that is purged does not live on in the ring before.
    ring: Weak<KeyRing>,
    from: UnixTime,
    until: Option<UnixTime>,
    signer: Signer,
}

impl Prepared {
    fn is_of(&self, ring: &Arc<KeyRing>, now: UnixTime) -> bool {
        let same = std::ptr::eq(self.ring.as_ptr(), Arc::as_ptr(ring));
        same && self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

impl RingSigner {
    /// Signs in `scheme` with the keys of `ring`, covering what the scheme's dialect does. The ring is held to what the scheme has room
    /// for from now on. It may have no key yet.
    ///
    /// # Errors
    /// When more keys are to sign at once than the scheme has room for signatures. A change of the ring that would lead there is refused
    /// later on.
    pub fn new(scheme: impl Scheme, ring: &SharedKeyRing, now: UnixTime) -> Result<Self, UpdateError> {
        let without_keys = Signer::with_shared_keys(scheme, Vec::new());
        ring.update(|ring| ring.limit_signatures(without_keys.most_signatures(), now))?;
        Ok(Self { ring: ring.clone(), without_keys, prepared: Arc::default() })
    }

    /// Covers this instead.
    #[must_use]
    pub fn covering(self, coverage: Coverage) -> Self {
        self.with(|signer| signer.covering(coverage))
    }

    /// Covers one more component, beside what is covered already.
    #[must_use]
    pub fn cover(self, component: Component, when: When) -> Self {
        self.with(|signer| signer.cover(component, when))
    }

    /// The same without the body, which anybody on the way can then replace: [`Signer::dangerous_not_covering_the_body`].
    #[must_use]
    pub fn dangerous_not_covering_the_body(self) -> Self {
        self.with(Signer::dangerous_not_covering_the_body)
    }

    /// How long after signing a covered `(expires)` lies; 300 seconds unless set.
    #[must_use]
    pub fn expiring_after(self, lifetime: Duration) -> Self {
        self.with(|signer| signer.expiring_after(lifetime))
    }

    fn with(self, change: impl FnOnce(Signer) -> Signer) -> Self {
        // Clones go on with what was prepared for them.
        Self { without_keys: change(self.without_keys), prepared: Arc::default(), ..self }
    }

    /// The ring.
    #[must_use]
    pub const fn ring(&self) -> &SharedKeyRing {
        &self.ring
    }

    /// The signer of this moment, for one request. It is prepared anew only when the ring has changed or a retiring key is over.
    ///
    /// Take one for each request: what is signed with an older one is signed with keys that may be disposed by now.
    ///
    /// # Errors
    /// [`SignError::NoKey`] when none of the ring's keys signs at this moment.
    pub fn signer(&self, now: UnixTime) -> Result<Signer, SignError> {
        let ring = self.ring.snapshot();
        let prepared = self.prepared.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = prepared.as_ref().filter(|prepared| prepared.is_of(&ring, now)) {
            return Ok(prepared.signer.clone());
        }
        drop(prepared);
        let keys = ring.signing(now);
        if keys.is_empty() {
            self.remember(None);
            return Err(SignError::NoKey);
        }
        let signer = self.without_keys.signing_with(keys);
        let (until, weak) = (ring.next_end(now), Arc::downgrade(&ring));
        self.remember(Some(Prepared { ring: weak, from: now, until, signer: signer.clone() }));
        Ok(signer)
    }

    fn remember(&self, prepared: Option<Prepared>) {
        let before = std::mem::replace(&mut *self.prepared.write().unwrap_or_else(PoisonError::into_inner), prepared);
        // Not while the lock is held.
        drop(before);
    }
}

impl fmt::Debug for RingSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingSigner")
            .field("ring", &self.ring)
            .field("without_keys", &self.without_keys)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
