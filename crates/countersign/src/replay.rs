//! Once and only once: the seam behind which somebody remembers what was accepted.

mod memory;

use std::{error::Error, future::Future, time::Duration};

pub use self::memory::{MemoryReplayStore, StoreIsFull};
use crate::{fingerprint::Fingerprint, time::UnixTime};

/// What a store is to remember: one request that was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Acceptance {
    /// What it is known by.
    pub fingerprint: Fingerprint,
    /// When it says that it was signed; `None` where it says nothing of it.
    pub signed_at: Option<UnixTime>,
    /// The last moment at which it would be accepted. A store that forgets it at that moment or before lets it pass twice.
    pub until: UnixTime,
    /// How long it is reserved before it counts as given up, where whoever reserves it says afterwards how it ended; `None` where it is
    /// committed at once.
    pub lease: Option<Duration>,
}

impl Acceptance {
    /// One that is committed at once.
    #[must_use]
    pub const fn new(fingerprint: Fingerprint, signed_at: Option<UnixTime>, until: UnixTime) -> Self {
        Self { fingerprint, signed_at, until, lease: None }
    }

    /// The same, reserved for so long at the most.
    #[must_use]
    pub const fn leased_for(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }
}

/// By which a store knows who reserved a fingerprint, so that one whose lease was over does not end another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

/// What a store found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reserved {
    /// It is new, and remembered from now on.
    New(Ticket),
    /// Somebody reserved it and has not said yet how it ended.
    UnderWay,
    /// It was accepted before.
    Seen,
    /// The store cannot know whether it was accepted before: it is from before the store's memory begins, or from a time that it has
    /// forgotten already. It has to be refused.
    Forgotten,
}

/// A memory of what was accepted: one machine's, [`MemoryReplayStore`], or that of a fleet.
///
/// What it is asked is decided in one step: of any number of calls of [`reserve`](Self::reserve) with one fingerprint at the same time, exactly one
/// gets [`Reserved::New`]. It forgets nothing before [`Acceptance::until`]: whoever has no room left answers with an error, never by
/// throwing something out.
pub trait ReplayStore: Send + Sync + 'static {
    /// Why the store could not be asked. It is logged, and the request is refused as not possible now.
    type Error: Into<Box<dyn Error + Send + Sync>>;

    /// Remembers a request unless it is remembered already.
    fn reserve(
        &self,
        acceptance: Acceptance,
        now: UnixTime,
    ) -> impl Future<Output = Result<Reserved, Self::Error>> + Send;

    /// What was reserved under a lease was done: it is remembered until [`Acceptance::until`].
    fn commit(
        &self,
        acceptance: Acceptance,
        ticket: Ticket,
        now: UnixTime,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// What was reserved under a lease was not done: it may come again. Nothing happens where the ticket's lease was over.
    fn release(&self, acceptance: Acceptance, ticket: Ticket) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
