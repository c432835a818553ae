//! A memory of what was accepted, in one process.

mod second;
mod shard;
mod shards;
mod sizes;
mod threads;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    future::{Future, ready},
    sync::Arc,
};

use self::{shards::Shards, threads::Std};
use super::{Acceptance, ReplayStore, Reserved, Ticket};
use crate::time::UnixTime;

/// The memory of one process: exact, bounded, and gone when the process ends. Clones share it.
///
/// It is enough where one process accepts all requests of a realm. Of several each would accept a request once; they share a store of
/// another kind.
///
/// ```
/// use countersign::{Acceptance, Fingerprint, MemoryReplayStore, ReplayStore, Reserved, UnixTime};
/// use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
///
/// /// It never waits for anything: the first poll has the answer.
/// fn answer<T>(future: impl Future<Output = T>) -> T {
///     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
///         Poll::Ready(answer) => answer,
///         Poll::Pending => unreachable!(),
///     }
/// }
///
/// let started = UnixTime::from_secs(1_700_000_000);
/// // A thousand requests a second, each remembered for six minutes.
/// let store = MemoryReplayStore::new(1_000 * 360, started);
///
/// let signed_at = UnixTime::from_secs(1_700_000_020);
/// let until = UnixTime::from_secs(1_700_000_320);
/// let request = Acceptance::new(Fingerprint::from_bytes([7; 32]), Some(signed_at), until);
/// let reserve = |now| answer(store.reserve(request, UnixTime::from_secs(now)));
/// assert!(matches!(reserve(1_700_000_021)?, Reserved::New(_)));
/// assert_eq!(reserve(1_700_000_022)?, Reserved::Seen);
///
/// // Once it is over nobody knows it any more, and it stays refused if the clock steps back.
/// assert_eq!(reserve(1_700_000_321)?, Reserved::Forgotten);
/// assert_eq!(reserve(1_700_000_022)?, Reserved::Forgotten);
/// # Ok::<(), countersign::StoreIsFull>(())
/// ```
///
/// # Time
///
/// It reads no clock. It goes by the latest moment that any call has named: what was remembered until an earlier one is
/// [`Reserved::Forgotten`] from then on, so that a clock that steps back lets nothing pass twice. A clock that once jumps far ahead has
/// everything refused until it is that late, or until the process is started again.
///
/// A request that several policies accept is remembered until the latest [`Acceptance::until`] that was named while it was remembered.
/// One policy that accepts it much longer than the others names its own too late where it sees the request for the first time after the
/// others have forgotten it. Routes that differ in that need realms of their own, or all of them the latest moment of any.
///
/// # What a restart forgets
///
/// What was accepted before `started` is not known. A request that says it was signed before is therefore [`Reserved::Forgotten`]. That leaves
/// two ways in which one can pass once more behind a restart:
///
/// * It was signed in the very second of `started`, and accepted in it before the restart. Requests of that second are accepted, since
///   honest clients send them too.
/// * Its client's clock is ahead, by no more than the policy's skew: it was accepted before `started` and says that it was signed after.
///
/// A third way is a process that still accepts requests while the next one does already, as behind a graceful restart: what it accepts after
/// `started` passes once more at the next.
///
/// [`forgetting_until`](Self::forgetting_until) closes them, where it lies behind the skew and behind the end of the process before, at the price
/// of refusing honest requests for so long. What says nothing of
/// when it was signed, as many webhooks do not, can be from any time: it is accepted, and a restart forgets it.
///
/// # Leases
///
/// A lease runs from the latest moment that the store knows, in whole seconds, of which the last one counts. While it runs the request is
/// [`Reserved::UnderWay`], even where [`Acceptance::until`] is over meanwhile. Behind it the request can be reserved anew, and its place
/// is kept until [`Acceptance::until`], so that there is room for a late [`commit`](ReplayStore::commit). A commit counts whatever has
/// become of its lease: what was done was done.
///
/// # Memory
///
/// What is remembered takes at most 40 bytes each at capacities from 5,000 on, and about twice that while it is under a lease. Of the
/// fingerprint 128 bits are kept: two requests that agree in them take 2⁶⁴ attempts to find, by somebody whose key signs both, and all
/// that comes of it is that the second of the two is refused. Whoever has no key has no say in a fingerprint.
#[derive(Clone)]
pub struct MemoryReplayStore(Arc<Shards<Std>>);

impl MemoryReplayStore {
    /// A memory with room for `capacity` requests, which knows nothing of what was accepted before `started`: the moment at which the
    /// process starts to accept requests.
    ///
    /// A request takes room until [`Acceptance::until`]: under a policy that accepts requests for five minutes, and clocks that are a minute
    /// ahead, for at most six. All that was accepted in the meantime has to have room. Deliveries of webhooks take it for as long as they are retained, a day
    /// unless set: give them a store of their own, so that neither leaves the other without room.
    #[must_use]
    pub fn new(capacity: usize, started: UnixTime) -> Self {
        Self(Arc::new(Shards::new(capacity, started)))
    }

    /// The same, knowing nothing of what was signed before `moment`, if that is later than `started`: what was signed before is refused.
    ///
    /// A second behind the skew that the policy allows closes what a [restart](Self#what-a-restart-forgets) leaves open.
    ///
    /// ```
    /// use countersign::{MemoryReplayStore, UnixTime};
    /// use std::time::Duration;
    ///
    /// let (started, skew) = (UnixTime::from_secs(1_700_000_000), Duration::from_secs(60));
    /// let store = MemoryReplayStore::new(100_000, started).forgetting_until(started.plus(skew).plus(Duration::from_secs(1)));
    /// # let _ = store;
    /// ```
    #[must_use]
    pub fn forgetting_until(self, moment: UnixTime) -> Self {
        self.0.begin_at(moment);
        self
    }

    /// How many requests there is room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// How many it holds at the moment, some of which may be over.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for MemoryReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplayStore")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

impl ReplayStore for MemoryReplayStore {
    type Error = StoreIsFull;

    fn reserve(
        &self,
        acceptance: Acceptance,
        now: UnixTime,
    ) -> impl Future<Output = Result<Reserved, StoreIsFull>> + Send {
        ready(self.0.reserve(&acceptance, now))
    }

    fn commit(
        &self,
        acceptance: Acceptance,
        ticket: Ticket,
        now: UnixTime,
    ) -> impl Future<Output = Result<(), StoreIsFull>> + Send {
        // Whose lease it was does not count: it was done.
        let _ = ticket;
        ready(self.0.commit(&acceptance, now))
    }

    fn release(&self, acceptance: Acceptance, ticket: Ticket) -> impl Future<Output = Result<(), StoreIsFull>> + Send {
        self.0.release(&acceptance, ticket);
        ready(Ok(()))
    }
}

/// The store holds as many requests as it has room for, and none of them is over. Nothing was remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store has room for {capacity} requests and all of them still have to be remembered")]
#[non_exhaustive]
pub struct StoreIsFull {
    /// How many it has room for.
    pub capacity: usize,
}
