//! A key of a ring, and its state.

use std::{fmt, sync::Arc};

use crate::{
    error::KeyError,
    key::{KeyId, SigningKey, VerifyingKey},
    time::UnixTime,
};

/// What has become of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// Made, and not in use yet. A receiver may accept it ahead.
    Pending,
    /// In use: it signs and verifies.
    Active,
    /// On its way out: it still verifies, and signs where all keys sign.
    Retiring {
        /// The first moment at which it counts no more.
        until: UnixTime,
    },
    /// Out of use. Its secret is still there, so that it can be restored.
    Disposed,
    /// Out of use, since somebody else may have it. It is never restored.
    Compromised,
}

impl KeyState {
    /// Whether the key is out of use for good or until it is restored.
    #[must_use]
    pub const fn is_disposed(self) -> bool {
        matches!(self, Self::Disposed | Self::Compromised)
    }

    /// Whether a key in this state verifies at this moment.
    ///
    /// ```
    /// use countersign::{KeyState, UnixTime};
    ///
    /// let retiring = KeyState::Retiring { until: UnixTime::from_secs(100) };
    /// assert!(retiring.is_accepted(UnixTime::from_secs(99)));
    /// assert!(!retiring.is_accepted(UnixTime::from_secs(100)));
    /// assert!(!KeyState::Pending.is_accepted(UnixTime::from_secs(99)));
    /// ```
    #[must_use]
    pub fn is_accepted(self, now: UnixTime) -> bool {
        match self {
            Self::Active => true,
            Self::Retiring { until } => now < until,
            Self::Pending | Self::Disposed | Self::Compromised => false,
        }
    }

    /// The state's name, without its time.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Retiring { .. } => "retiring",
            Self::Disposed => "disposed",
            Self::Compromised => "compromised",
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key of a ring: what it signs or verifies with, its state, and when it was created. Cheap to clone.
///
/// Its id is its own within the ring, and what it is called on the wire, unless [it is called otherwise](Self::called). `Debug` shows
/// ids, state and time alone.
#[derive(Clone)]
pub struct RingKey {
    id: KeyId,
    key_id: KeyId,
    signing: Option<Arc<SigningKey>>,
    verifying: Option<VerifyingKey>,
    state: KeyState,
    created: UnixTime,
}

impl RingKey {
    /// A key that signs and verifies.
    ///
    /// # Errors
    /// When there is no key that verifies what it signs: [`SigningKey::verifying_key`].
    pub fn new(key: impl Into<Arc<SigningKey>>, created: UnixTime) -> Result<Self, KeyError> {
        let key = key.into();
        let verifying = Some(key.verifying_key()?);
        Ok(Self { verifying, ..Self::only_signing(key, created) })
    }

    /// A key that signs and verifies nothing: a client's.
    #[must_use]
    pub fn only_signing(key: impl Into<Arc<SigningKey>>, created: UnixTime) -> Self {
        let key = key.into();
        let id = &key.metadata().id;
        Self {
            id: id.clone(),
            key_id: id.clone(),
            signing: Some(key),
            verifying: None,
            state: KeyState::Pending,
            created,
        }
    }

    /// A key that verifies and signs nothing, such as a peer's public key.
    #[must_use]
    pub fn only_verifying(key_id: KeyId, key: VerifyingKey, created: UnixTime) -> Self {
        let (id, verifying) = (key_id.clone(), Some(key));
        Self { id, key_id, signing: None, verifying, state: KeyState::Pending, created }
    }

    /// The same under another id within the ring, where several keys share one on the wire.
    ///
    /// ```
    /// use countersign::{RingKey, Secret, SigningKey, UnixTime};
    ///
    /// let key = SigningKey::hmac_sha256("alice", &Secret::new("correct horse battery staple")?)?;
    /// let key = RingKey::new(key, UnixTime::from_secs(1_700_000_000))?.called("alice-2023".parse()?);
    /// assert_eq!((key.id().as_str(), key.key_id().as_str()), ("alice-2023", "alice"));
    /// # Ok::<(), countersign::KeyError>(())
    /// ```
    #[must_use]
    pub fn called(self, id: KeyId) -> Self {
        Self { id, ..self }
    }

    /// The same in another state: for a key that was kept somewhere, to be given to [`KeyRing::with_keys`](crate::KeyRing::with_keys).
    /// What adds it to a ring otherwise says itself what the state is.
    #[must_use]
    pub fn in_state(self, state: KeyState) -> Self {
        Self { state, ..self }
    }

    pub(super) const fn set_state(&mut self, state: KeyState) {
        self.state = state;
    }

    /// What the key is called within the ring.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// What the key is called on the wire, in schemes that name it.
    #[must_use]
    pub const fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// What has become of the key.
    #[must_use]
    pub const fn state(&self) -> KeyState {
        self.state
    }

    /// When it was created.
    #[must_use]
    pub const fn created(&self) -> UnixTime {
        self.created
    }

    /// The key that signs, if it does.
    #[must_use]
    pub const fn signing_key(&self) -> Option<&Arc<SigningKey>> {
        self.signing.as_ref()
    }

    /// The key that verifies, if it does.
    #[must_use]
    pub const fn verifying_key(&self) -> Option<&VerifyingKey> {
        self.verifying.as_ref()
    }

    /// Whether both are one key that was made once, whatever their states and whatever they are called within a ring. Two that were
    /// made of the same secret are not.
    ///
    /// ```
    /// use countersign::{KeyState, RingKey, Secret, SigningKey, UnixTime};
    ///
    /// let made = || {
    ///     let key = SigningKey::hmac_sha256("alice", &Secret::new("correct horse battery staple")?)?;
    ///     RingKey::new(key, UnixTime::from_secs(1_700_000_000))
    /// };
    /// let key = made()?;
    /// assert!(key.clone().in_state(KeyState::Active).is_same_key(&key));
    /// assert!(!key.is_same_key(&made()?));
    /// # Ok::<(), countersign::KeyError>(())
    /// ```
    #[must_use]
    pub fn is_same_key(&self, other: &Self) -> bool {
        let one_verifies = match (&self.verifying, &other.verifying) {
            (Some(one), Some(other)) => one.is_same_key(other),
            (None, None) => true,
            _ => false,
        };
        let one_signs = match (&self.signing, &other.signing) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        one_verifies && one_signs && self.key_id == other.key_id && self.created == other.created
    }

    pub(super) fn info(&self) -> RingKeyInfo {
        RingKeyInfo { id: self.id.clone(), state: self.state, created: self.created }
    }
}

impl fmt::Debug for RingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingKey")
            .field("id", &self.id.as_str())
            .field("key_id", &self.key_id.as_str())
            .field("state", &self.state)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

/// What there is to know of a ring's key without holding it. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RingKeyInfo {
    /// What the key is called within the ring.
    pub id: KeyId,
    /// What had become of it when the ring was asked.
    pub state: KeyState,
    /// When it was created.
    pub created: UnixTime,
}
