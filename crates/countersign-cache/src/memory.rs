//! What is remembered, for how long, and how it is forgotten.

use std::{
    fmt,
    hash::{BuildHasher, Hash, Hasher},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use countersign::{Claim, Credential, KeyId};
use foldhash::quality::RandomState;
use moka::sync::Cache;

/// The text of an entry that costs no more than one of its capacity, in bytes.
const TEXT_OF_ONE: usize = 64;

/// The longest time to live. The cache of entries panics at a thousand years.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The last of the counters that all key ids share: to invalidate one id makes about one in so many others be loaded again. All bits
/// of it are ones, so that it cuts a hash to a place.
const LAST_GENERATION: u64 = 1023;

/// How much is remembered, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) time_to_live: Duration,
    pub(crate) unknown_time_to_live: Duration,
    pub(crate) capacity: u64,
    pub(crate) unknown_capacity: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time_to_live: Duration::from_secs(60),
            unknown_time_to_live: Duration::from_secs(10),
            capacity: 10_000,
            unknown_capacity: 10_000,
        }
    }
}

/// What a loader is asked: the claim that it gets is all that its answer can go by, and so all that the answer is remembered by.
///
/// The generation is that of the key id when the question was asked. After an invalidation the same claim is another question, so
/// that no answer to an older one is ever found again, even one that arrives later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) claim: Claim,
    generation: u64,
}

impl Hash for Question {
    /// Every request is hashed, so no more of it than tells claims apart.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.generation);
        state.write(self.claim.key_id().map_or(b"", |id| id.as_str().as_bytes()));
        state.write(self.claim.scheme().as_str().as_bytes());
        state.write(self.claim.authority().unwrap_or_default().as_bytes());
    }
}

impl Question {
    /// How much of the capacity it takes.
    fn weight(&self) -> u32 {
        let id = self.claim.key_id().map_or(0, |id| id.as_str().len());
        let text = id.saturating_add(self.claim.authority().map_or(0, str::len));
        u32::try_from(text.div_ceil(TEXT_OF_ONE)).unwrap_or(u32::MAX).max(1)
    }
}

/// An answer that is remembered.
pub(crate) enum Remembered<C> {
    Known(Credential<C>),
    Unknown,
}

impl<C> Remembered<C> {
    pub(crate) fn into_credential(self) -> Option<Credential<C>> {
        match self {
            Self::Known(credential) => Some(credential),
            Self::Unknown => None,
        }
    }
}

/// The answers. Those with keys and those without have room of their own, so that neither evicts the other.
pub(crate) struct Memory<C> {
    known: Cache<Question, Credential<C>, RandomState>,
    unknown: Cache<Question, (), RandomState>,
    generations: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl<C: Clone + Send + Sync + 'static> Memory<C> {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            known: cache(limits.capacity, limits.time_to_live),
            unknown: cache(limits.unknown_capacity, limits.unknown_time_to_live),
            generations: (0..=LAST_GENERATION).map(|_| AtomicU64::default()).collect(),
            hasher: RandomState::default(),
        }
    }

    /// The question as it is asked now.
    pub(crate) fn question(&self, claim: Claim) -> Question {
        let generation = self.generation(claim.key_id()).load(Ordering::Acquire);
        Question { claim, generation }
    }

    /// Whether its key was not invalidated since the question was asked.
    pub(crate) fn is_current(&self, question: &Question) -> bool {
        self.generation(question.claim.key_id()).load(Ordering::Acquire) == question.generation
    }

    /// What is remembered; `None` when the loader has to be asked.
    pub(crate) fn recall(&self, question: &Question) -> Option<Remembered<C>> {
        let known = self.known.get(question).map(Remembered::Known);
        known.or_else(|| self.unknown.get(question).map(|()| Remembered::Unknown))
    }

    pub(crate) fn remember(&self, question: &Question, answer: Option<&Credential<C>>) {
        match answer {
            Some(credential) => self.known.insert(question.clone(), credential.clone()),
            None => self.unknown.insert(question.clone(), ()),
        }
    }

    pub(crate) fn invalidate(&self, id: Option<&KeyId>) {
        self.generation(id).fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn invalidate_all(&self) {
        for generation in &self.generations {
            generation.fetch_add(1, Ordering::AcqRel);
        }
        // Nothing of it can be found any more; this frees the memory sooner.
        self.known.invalidate_all();
        self.unknown.invalidate_all();
    }

    fn generation(&self, id: Option<&KeyId>) -> &AtomicU64 {
        // Never used: a place is no higher than the last.
        static NONE: AtomicU64 = AtomicU64::new(0);
        let place = usize::try_from(self.hasher.hash_one(id.map(KeyId::as_str)) & LAST_GENERATION).unwrap_or_default();
        self.generations.get(place).unwrap_or(&NONE)
    }
}

impl<C> fmt::Debug for Memory<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

fn cache<V: Clone + Send + Sync + 'static>(capacity: u64, time_to_live: Duration) -> Cache<Question, V, RandomState> {
    let cache = Cache::builder().max_capacity(capacity).time_to_live(time_to_live.min(LONGEST));
    cache.weigher(|question: &Question, _| question.weight()).build_with_hasher(RandomState::default())
}

#[cfg(test)]
impl<C: Clone + Send + Sync + 'static> Memory<C> {
    /// How many entries there are, and what they weigh: known and unknown ones.
    pub(crate) fn sizes(&self) -> [(u64, u64); 2] {
        self.known.run_pending_tasks();
        let known = (self.known.entry_count(), self.known.weighted_size());
        self.unknown.run_pending_tasks();
        [known, (self.unknown.entry_count(), self.unknown.weighted_size())]
    }
}
