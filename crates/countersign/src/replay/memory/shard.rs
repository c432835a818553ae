//! A part of what is remembered, under one lock.

use std::hash::{BuildHasher, RandomState};

use hashbrown::{HashTable, hash_table::OccupiedEntry};

use super::super::{Reserved, Ticket};
use super::second::Second;

/// The start of a fingerprint.
pub(super) type Key = [u8; 16];

/// How many seconds may pass before what is over is looked for where there is room anyway.
const PURGED_EVERY: u32 = 10;

/// What all shards have in common.
pub(super) struct Layout {
    /// Whoever has a key can choose fingerprints that would lie together if no secret were in where they lie.
    pub(super) spread: RandomState,
    /// How many places a table grows to before it is rather rebuilt.
    pub(super) buckets: usize,
}

impl Layout {
    pub(super) fn hash(&self, key: &Key) -> u64 {
        self.spread.hash_one(u128::from_ne_bytes(*key))
    }
}

/// A request as a shard sees it.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) hash: u64,
    pub(super) until: Second,
    /// The last second of its lease; `None` where it is committed at once.
    pub(super) lease: Option<Second>,
}

#[derive(Clone, Copy)]
struct Kept {
    key: Key,
    until: Second,
}

#[derive(Clone, Copy)]
struct Leased {
    key: Key,
    until: Second,
    lease: Second,
    ticket: u64,
}

impl Leased {
    /// The last second at which it counts. What is under way counts even where nobody would accept it any more: somebody else may.
    fn last(&self) -> Second {
        self.until.max(self.lease)
    }
}

/// What became of a request that was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commit {
    Kept,
    /// It was known, and nothing of it has to be remembered any more.
    Over,
    Unknown,
}

/// A key is in one of the two tables at the most.
pub(super) struct Shard {
    kept: HashTable<Kept>,
    leased: HashTable<Leased>,
    tickets: u64,
    /// Nothing in it is over before that.
    earliest: Second,
    purged_at: Second,
}

impl Shard {
    pub(super) const fn new() -> Self {
        Self {
            kept: HashTable::new(),
            leased: HashTable::new(),
            tickets: 0,
            earliest: Second::LAST,
            purged_at: Second::FIRST,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len().saturating_add(self.leased.len())
    }

    /// What is known of the request, which is remembered longer where it says so, or reserved anew where its lease is over. `None` where
    /// nothing is.
    pub(super) fn known(&mut self, entry: &Entry, now: Second, layout: &Layout) -> Option<Reserved> {
        if self.is_kept(entry) {
            return Some(Reserved::Seen);
        }
        let leased = self.leased.find_mut(entry.hash, |leased| leased.key == entry.key)?;
        leased.until = leased.until.max(entry.until);
        if !leased.lease.is_over(now) {
            return Some(Reserved::UnderWay);
        }
        self.tickets = self.tickets.wrapping_add(1);
        leased.ticket = self.tickets;
        match entry.lease {
            Some(lease) => leased.lease = lease,
            None => _ = self.commit(entry, now, layout),
        }
        Some(Reserved::New(Ticket(self.tickets)))
    }

    /// Remembers a request that is not known.
    pub(super) fn insert(&mut self, entry: &Entry, layout: &Layout) -> Ticket {
        self.tickets = self.tickets.wrapping_add(1);
        let &Entry { key, hash, until, lease } = entry;
        match lease {
            Some(lease) => {
                let leased = Leased { key, until, lease, ticket: self.tickets };
                self.earliest = self.earliest.min(leased.last());
                self.leased.insert_unique(hash, leased, |leased| layout.hash(&leased.key));
            }
            None => self.keep(Kept { key, until }, hash, layout),
        }
        Ticket(self.tickets)
    }

    /// Ends the lease of a request, whoever has it, so that it is remembered.
    pub(super) fn commit(&mut self, entry: &Entry, now: Second, layout: &Layout) -> Commit {
        if self.is_kept(entry) {
            return Commit::Kept;
        }
        let found = self.leased.find_entry(entry.hash, |leased| leased.key == entry.key);
        let Ok((leased, _)) = found.map(OccupiedEntry::remove) else { return Commit::Unknown };
        let until = leased.until.max(entry.until);
        // Its lease alone kept it.
        if until.is_over(now) {
            return Commit::Over;
        }
        self.keep(Kept { key: entry.key, until }, entry.hash, layout);
        Commit::Kept
    }

    /// Forgets a request whose lease is the ticket's. Whether it did.
    pub(super) fn release(&mut self, key: &Key, hash: u64, ticket: Ticket) -> bool {
        let is_its = |leased: &Leased| leased.key == *key && leased.ticket == ticket.0;
        self.leased.find_entry(hash, is_its).map(OccupiedEntry::remove).is_ok()
    }

    /// Whether something is over, and it is time to look for it.
    pub(super) fn is_due(&self, now: Second) -> bool {
        self.earliest.is_over(now) && (self.is_packed() || now.since(self.purged_at) >= PURGED_EVERY)
    }

    /// Forgets what is over, and says how many that were.
    pub(super) fn purge(&mut self, now: Second, layout: &Layout) -> usize {
        self.purged_at = now;
        if !self.earliest.is_over(now) {
            return 0;
        }
        let (before, mut earliest) = (self.len(), Second::LAST);
        let mut stays = |last: Second| {
            let stays = !last.is_over(now);
            earliest = if stays { earliest.min(last) } else { earliest };
            stays
        };
        self.kept.retain(|kept| stays(kept.until));
        self.leased.retain(|leased| stays(leased.last()));
        self.earliest = earliest;
        // Leases come in bursts, and take the more memory.
        if self.leased.capacity() / 4 > self.leased.len() {
            self.leased.shrink_to(self.leased.len().saturating_mul(2), |leased| layout.hash(&leased.key));
        }
        before.saturating_sub(self.len())
    }

    /// Whether it was committed; it is remembered longer then where the entry says so.
    fn is_kept(&mut self, entry: &Entry) -> bool {
        let kept = self.kept.find_mut(entry.hash, |kept| kept.key == entry.key);
        kept.map(|kept| kept.until = kept.until.max(entry.until)).is_some()
    }

    fn keep(&mut self, kept: Kept, hash: u64, layout: &Layout) {
        self.earliest = self.earliest.min(kept.until);
        let rehash = |kept: &Kept| layout.hash(&kept.key);
        let buckets = self.kept.num_buckets();
        let full = buckets.saturating_sub(buckets / 8);
        // The table would double where places are taken up by what is no longer there: where it has its size it is made anew instead.
        if self.is_packed() && buckets >= layout.buckets && self.kept.len() < full.saturating_sub(full / 16) {
            let fresh = HashTable::with_capacity(full);
            for kept in std::mem::replace(&mut self.kept, fresh) {
                self.kept.insert_unique(rehash(&kept), kept, rehash);
            }
        }
        self.kept.insert_unique(hash, kept, rehash);
    }

    /// Whether the table of what is kept would have to grow for one more.
    fn is_packed(&self) -> bool {
        self.kept.len() >= self.kept.capacity()
    }
}
