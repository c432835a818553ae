//! All shards, and what is counted over them.

use std::hash::RandomState;

use super::{
    super::{Acceptance, Reserved, Ticket},
    StoreIsFull,
    second::Second,
    shard::{Commit, Entry, Key, Layout, Shard},
    sizes::Sizes,
    threads::{Lock, Number, Std, Threads},
};
use crate::{fingerprint::Fingerprint, time::UnixTime};

pub(super) struct Shards<T: Threads = Std> {
    first: T::Lock<Shard>,
    others: Box<[T::Lock<Shard>]>,
    layout: Layout,
    capacity: usize,
    started: UnixTime,
    /// What was signed before that is from before the memory begins.
    begins: T::Number,
    /// The latest moment that was ever named. Raised and read under the lock of a shard, so that whoever finds that shard purged finds
    /// the moment by which it was.
    latest: T::Number,
    /// How many are held in all shards.
    held: T::Number,
    /// The moment at which nothing was over in any of them.
    swept: T::Number,
    /// The shard at which the last sweep found something.
    cursor: T::Number,
}

impl<T: Threads> Shards<T> {
    pub(super) fn new(capacity: usize, started: UnixTime) -> Self {
        Self::divided(Sizes::of(capacity), capacity, started)
    }

    pub(super) fn divided(Sizes { shards, buckets }: Sizes, capacity: usize, started: UnixTime) -> Self {
        Self {
            first: T::Lock::new(Shard::new()),
            others: (1..shards).map(|_| T::Lock::new(Shard::new())).collect(),
            layout: Layout { spread: RandomState::new(), buckets },
            capacity,
            started,
            begins: T::Number::new(started.as_secs()),
            latest: T::Number::new(started.as_secs()),
            held: T::Number::new(0),
            swept: T::Number::new(0),
            cursor: T::Number::new(0),
        }
    }

    pub(super) fn begin_at(&self, moment: UnixTime) {
        self.begins.raise(moment.as_secs());
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn len(&self) -> usize {
        usize::try_from(self.held.read()).unwrap_or(usize::MAX)
    }

    /// Remembers a request unless it is remembered already.
    pub(super) fn reserve(&self, acceptance: &Acceptance, now: UnixTime) -> Result<Reserved, StoreIsFull> {
        let begins = UnixTime::from_secs(self.begins.read());
        self.as_there_is_room(|| {
            self.at(acceptance, now, |shard, entry, now| {
                let is_from_before = acceptance.signed_at.is_some_and(|signed_at| signed_at < begins);
                if is_from_before || self.is_forgotten(acceptance) {
                    return Some(Reserved::Forgotten);
                }
                let known = shard.known(entry, now, &self.layout);
                known.or_else(|| self.has_room(shard, now).then(|| Reserved::New(shard.insert(entry, &self.layout))))
            })
        })
    }

    /// Remembers what was done, even where nobody knows of it any more.
    pub(super) fn commit(&self, acceptance: &Acceptance, now: UnixTime) -> Result<(), StoreIsFull> {
        self.as_there_is_room(|| {
            self.at(acceptance, now, |shard, entry, now| {
                match shard.commit(entry, now, &self.layout) {
                    Commit::Kept => return Some(()),
                    Commit::Over => {
                        self.held.lower(1);
                        return Some(());
                    }
                    Commit::Unknown if self.is_forgotten(acceptance) => return Some(()),
                    Commit::Unknown => {}
                }
                let entry = Entry { lease: None, ..*entry };
                self.has_room(shard, now).then(|| _ = shard.insert(&entry, &self.layout))
            })
        })
    }

    /// Forgets what was not done, if its lease is the ticket's.
    pub(super) fn release(&self, acceptance: &Acceptance, ticket: Ticket) {
        let (key, hash, shard) = self.place(&acceptance.fingerprint);
        shard.with(|shard| {
            if shard.release(&key, hash, ticket) {
                self.held.lower(1);
            }
        });
    }

    /// The shard of a request, under its lock, at the latest moment that is known then.
    fn at<R>(&self, acceptance: &Acceptance, now: UnixTime, work: impl FnOnce(&mut Shard, &Entry, Second) -> R) -> R {
        let (key, hash, shard) = self.place(&acceptance.fingerprint);
        shard.with(|shard| {
            let now = self.second(UnixTime::from_secs(self.latest.raise(now.as_secs())));
            let lease = acceptance.lease.map(|lease| now.plus(lease));
            work(shard, &Entry { key, hash, until: self.second(acceptance.until), lease }, now)
        })
    }

    fn place(&self, fingerprint: &Fingerprint) -> (Key, u64, &T::Lock<Shard>) {
        let key = fingerprint.as_bytes().first_chunk().copied().unwrap_or_default();
        let hash = self.layout.hash(&key);
        // The table takes its places from the lowest bits and its tags from the highest, so these are others.
        let shards = u64::try_from(self.others.len()).unwrap_or(u64::MAX).saturating_add(1);
        let at = usize::try_from((hash << 16 >> 32).saturating_mul(shards) >> 32).unwrap_or_default();
        let other = at.checked_sub(1).and_then(|at| self.others.get(at));
        (key, hash, other.unwrap_or(&self.first))
    }

    fn all(&self) -> impl Iterator<Item = &T::Lock<Shard>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn second(&self, moment: UnixTime) -> Second {
        Second::of(moment, self.started)
    }

    /// Whether it may have been purged already.
    fn is_forgotten(&self, acceptance: &Acceptance) -> bool {
        acceptance.until.as_secs() < self.latest.read()
    }

    /// Whether one more is within the capacity, which is then taken for it.
    fn has_room(&self, shard: &mut Shard, now: Second) -> bool {
        if shard.is_due(now) {
            self.purge(shard, now);
        }
        self.held.claim(u64::try_from(self.capacity).unwrap_or(u64::MAX))
    }

    fn purge(&self, shard: &mut Shard, now: Second) -> bool {
        let purged = shard.purge(now, &self.layout);
        self.held.lower(u64::try_from(purged).unwrap_or(u64::MAX));
        purged > 0
    }

    /// Tries until it works or nothing is left that could make room. What has room in another shard is looked for under that one's lock
    /// alone: nobody ever holds two.
    fn as_there_is_room<R>(&self, attempt: impl Fn() -> Option<R>) -> Result<R, StoreIsFull> {
        loop {
            if let Some(done) = attempt() {
                return Ok(done);
            }
            if !self.sweep() {
                // Somebody else may have made room meanwhile.
                return attempt().ok_or(StoreIsFull { capacity: self.capacity });
            }
        }
    }

    /// Purges the next shard in which something is over, and says whether there was one.
    fn sweep(&self) -> bool {
        let latest = self.latest.read();
        if self.swept.read() >= latest {
            return false;
        }
        let first = self.cursor.read();
        let numbered = || (0_u64..).zip(self.all());
        let from_first = numbered().filter(|(at, _)| *at >= first).chain(numbered().take_while(|(at, _)| *at < first));
        for (at, shard) in from_first {
            if shard.with(|shard| self.purge(shard, self.second(UnixTime::from_secs(self.latest.read())))) {
                self.cursor.set(at);
                return true;
            }
        }
        self.swept.raise(latest);
        false
    }
}
