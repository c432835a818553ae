//! What cannot be done with a ring.

use std::error::Error as StdError;

use thiserror::Error;

use super::KeyState;
use crate::key::KeyId;

/// Why a ring stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RingError {
    /// No key of this id.
    #[error("the ring has no key {:?}", .0.as_str())]
    UnknownId(KeyId),
    /// A second key of one id.
    #[error("the ring has a key {:?} already", .0.as_str())]
    DuplicateId(KeyId),
    /// Only a pending key is activated.
    #[error("the key {id:?} is {state}, not pending", id = .id.as_str())]
    NotPending {
        /// The key.
        id: KeyId,
        /// What it is instead.
        state: KeyState,
    },
    /// Only an active key is retired.
    #[error("the key {id:?} is {state}, not active", id = .id.as_str())]
    NotActive {
        /// The key.
        id: KeyId,
        /// What it is instead.
        state: KeyState,
    },
    /// Only a disposed key is restored or purged.
    #[error("the key {id:?} is {state}, not disposed", id = .id.as_str())]
    NotDisposed {
        /// The key.
        id: KeyId,
        /// What it is instead.
        state: KeyState,
    },
    /// A disposed key is not disposed of again.
    #[error("the key {id:?} is {state} already", id = .id.as_str())]
    AlreadyDisposed {
        /// The key.
        id: KeyId,
        /// Disposed or compromised.
        state: KeyState,
    },
    /// A compromised key is not restored.
    #[error("the key {:?} was compromised: it cannot be restored", .0.as_str())]
    Compromised(KeyId),
    /// As many keys are pending as the policy has room for.
    #[error("the policy has room for {0} pending key(s)")]
    TooManyPending(usize),
    /// As many keys are active as the policy has room for.
    #[error("the policy has room for {0} active key(s)")]
    TooManyActive(usize),
    /// More keys would sign at once than a scheme that signs with the ring has room for.
    #[error("{keys} keys are to sign at once, and the scheme has room for {room} signature(s)")]
    TooManySignatures {
        /// How many signatures the scheme has room for.
        room: usize,
        /// How many keys would sign.
        keys: usize,
    },
}

/// Why a shared ring was not changed, or not as it was to be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// The change is none that can be made.
    #[error(transparent)]
    Refused(#[from] RingError),
    /// The changed ring could not be kept by its [`RingKeeper`](crate::RingKeeper). It stays as it was, but for a change that accepts
    /// fewer keys and does nothing else: that is in force here, and not kept. See [`update`](crate::SharedKeyRing::update).
    #[error("the changed ring cannot be kept: {0}")]
    NotKept(#[source] Box<dyn StdError + Send + Sync>),
}
