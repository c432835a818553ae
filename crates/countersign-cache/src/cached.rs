//! The loader that remembers.

use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use countersign::{Claim, Credential, KeyId, KeyLoader};
use futures::FutureExt;

use crate::{
    error::LoadError,
    flight::Flights,
    memory::{Limits, Memory, Question},
};

type Answer<C> = Result<Option<Credential<C>>, LoadError>;

/// A loader that remembers what the loader in it answered.
///
/// Cheap to clone, and clones share what they remember: one goes to the server, another stays for [`Self::invalidate`]. Settings come
/// first: the handle that one of them gives remembers by itself, with nothing in it yet.
///
/// A claim without a key id is remembered like the others, and forgotten by [`Self::invalidate_all`] alone. What is remembered is answered at the first poll.
///
/// ```
/// use countersign::{Credential, Secret, StaticKeys, VerifyingKey};
/// use countersign_cache::CachedKeys;
/// use std::time::Duration;
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let store = StaticKeys::new().with("alice".parse()?, Credential::new(VerifyingKey::hmac_sha256(&secret), "Alice"));
/// let keys = CachedKeys::new(store).time_to_live(Duration::from_secs(10)).unknown_time_to_live(Duration::ZERO);
/// # let _ = keys;
/// # Ok::<(), countersign::KeyError>(())
/// ```
pub struct CachedKeys<L: KeyLoader> {
    loader: Arc<L>,
    limits: Limits,
    per_authority: bool,
    memory: Arc<Memory<L::Caller>>,
    flights: Arc<Flights<Question, Answer<L::Caller>>>,
}

impl<L: KeyLoader> CachedKeys<L> {
    /// Remembers what `loader` answers: 10,000 keys for 60 seconds, 10,000 unknown ids for 10.
    #[must_use]
    pub fn new(loader: L) -> Self {
        let limits = Limits::default();
        let memory = Arc::new(Memory::new(&limits));
        let flights = Arc::new(Flights::new());
        Self { loader: Arc::new(loader), limits, per_authority: false, memory, flights }
    }

    /// How long keys are remembered, from when they were loaded; 60 seconds unless set, and at most a year.
    ///
    /// A key that the store no longer has is accepted for so long, unless it is [invalidated](Self::invalidate).
    #[must_use]
    pub fn time_to_live(self, time: Duration) -> Self {
        self.with(|limits| limits.time_to_live = time)
    }

    /// How long it is remembered that an id is unknown; 10 seconds unless set, and at most a year. With [`Duration::ZERO`] it is not.
    #[must_use]
    pub fn unknown_time_to_live(self, time: Duration) -> Self {
        self.with(|limits| limits.unknown_time_to_live = time)
    }

    /// How many claims are remembered with their keys; 10,000 unless set.
    ///
    /// One whose key id, with the authority where that counts, is longer than 64 bytes takes the room of one for every 64 begun. So
    /// long ids neither take more memory than short ones nor are a way around the cache.
    #[must_use]
    pub fn capacity(self, claims: u64) -> Self {
        self.with(|limits| limits.capacity = claims)
    }

    /// How many claims are remembered as unknown; 10,000 unless set. They are counted as in [`Self::capacity`], and evict no keys.
    #[must_use]
    pub fn unknown_capacity(self, claims: u64) -> Self {
        self.with(|limits| limits.unknown_capacity = claims)
    }

    /// Remembers by the authority as well, for a loader whose answer depends on it; the loader is told it then.
    ///
    /// It counts as the peer spelt it, in lower case. Whoever has one known key can name many authorities, and each takes its room:
    /// a loader should answer for those alone that it serves.
    #[must_use]
    pub fn per_authority(self) -> Self {
        Self { per_authority: true, ..self }.with(|_| {})
    }

    /// Forgets what is known of a key id, or that it is unknown, in every scheme and for every authority.
    ///
    /// No call of [`load`](KeyLoader::load) that begins after this gets what was loaded before, nor does one that is still waiting: it
    /// loads once more. Some other ids, about one in a thousand, are loaded again as well. Memory is freed when the time to live
    /// is over.
    pub fn invalidate(&self, id: &KeyId) {
        self.memory.invalidate(Some(id));
    }

    /// Forgets everything, as [`Self::invalidate`] does for one id.
    pub fn invalidate_all(&self) {
        self.memory.invalidate_all();
    }

    fn with(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self.memory = Arc::new(Memory::new(&self.limits));
        // Its counters are others, and so are the questions that go by them.
        self.flights = Arc::new(Flights::new());
        self
    }

    /// What of a claim the answer may go by.
    fn asked(&self, claim: Claim) -> Claim {
        let claim = claim.without_target();
        if self.per_authority { claim.with_lower_case_authority() } else { claim.without_authority() }
    }

    async fn miss(&self, mut question: Question) -> Answer<L::Caller> {
        loop {
            let answer = self.flights.join(&question, self.ask(&question)).await;
            if self.memory.is_current(&question) {
                return answer;
            }
            // Invalidated meanwhile: what was loaded may be what is to be forgotten.
            question = self.memory.question(question.claim);
        }
    }

    async fn ask(&self, question: &Question) -> Answer<L::Caller> {
        // Loaded between the look that missed it and this one's turn.
        if let Some(remembered) = self.memory.recall(question) {
            return Ok(remembered.into_credential());
        }
        // Caught here so that all who wait are told. Otherwise each of them would ask a loader that panics, one after the other.
        let load = AssertUnwindSafe(async { self.loader.load(question.claim.clone()).await });
        let answer = match load.catch_unwind().await {
            Ok(answer) => answer.map_err(LoadError::new)?,
            Err(_) => return Err(LoadError::new("the loader panicked")),
        };
        self.memory.remember(question, answer.as_ref());
        Ok(answer)
    }
}

impl<L: KeyLoader> KeyLoader for CachedKeys<L> {
    type Caller = L::Caller;
    type Error = LoadError;

    async fn load(&self, claim: Claim) -> Answer<L::Caller> {
        let question = self.memory.question(self.asked(claim));
        match self.memory.recall(&question) {
            Some(remembered) => Ok(remembered.into_credential()),
            // In a box, so that the future of a hit is small: the adapter moves it.
            None => Box::pin(self.miss(question)).await,
        }
    }
}

impl<L: KeyLoader> Clone for CachedKeys<L> {
    fn clone(&self) -> Self {
        Self {
            loader: Arc::clone(&self.loader),
            limits: self.limits.clone(),
            per_authority: self.per_authority,
            memory: Arc::clone(&self.memory),
            flights: Arc::clone(&self.flights),
        }
    }
}

impl<L: KeyLoader> fmt::Debug for CachedKeys<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedKeys")
            .field("limits", &self.limits)
            .field("per_authority", &self.per_authority)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
