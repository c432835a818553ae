//! A connection that comes back.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{Cmd, RedisError, Value};
use tokio::time::timeout;

use crate::{
    error::StoreError,
    link::{Dial, Link},
};

/// The longest rest between two attempts to connect. What is asked meanwhile fails at once.
const LONGEST_REST: Duration = Duration::from_millis(500);

/// The rest after the first failure; each further one doubles it.
const FIRST_REST: Duration = Duration::from_millis(50);

/// A connection on which nothing came for so long, although something was asked, is given up. A server that only was slow for a moment
/// keeps its connections; one that is gone without a word would keep them for many minutes, until TCP gave up.
const SILENCE: Duration = Duration::from_secs(1);

/// One connection: made by whoever needs it first, shared by all, and made anew when it failed.
pub(crate) struct Line {
    state: Mutex<State>,
    /// Held by the one that connects.
    connecting: tokio::sync::Mutex<()>,
    born: Instant,
    /// When the last answer came, in milliseconds since `born`.
    answered: AtomicU64,
}

#[derive(Default)]
struct State {
    link: Option<Link>,
    /// How many connections there have been, so that none is given up for the failure of the one before it.
    number: u64,
    failures: u32,
    rest: Option<(Instant, StoreError)>,
}

/// An attempt to connect that is given up before its end counts as one that failed.
struct Attempt<'a> {
    line: &'a Line,
    outcome: Option<Result<Link, StoreError>>,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            born: Instant::now(),
            answered: AtomicU64::new(0),
        }
    }

    /// Whether it failed so recently that nothing is tried.
    pub(crate) fn rests(&self) -> bool {
        self.state().rest().is_some()
    }

    /// Asks within `limit`, with connecting where that is needed.
    pub(crate) async fn ask(
        &self,
        dial: &Dial,
        command: &Cmd,
        name: &'static str,
        limit: Duration,
    ) -> Result<Value, StoreError> {
        self.within(limit, self.with_link(dial, name, async |mut link| link.ask(command).await)).await
    }

    /// The same of every server that takes writes. An answer may be the server's error.
    pub(crate) async fn ask_all(
        &self,
        dial: &Dial,
        command: &Cmd,
        name: &'static str,
        limit: Duration,
    ) -> Result<Vec<Value>, StoreError> {
        self.within(limit, self.with_link(dial, name, async |mut link| link.ask_all(command).await)).await
    }

    /// The answer was one that no store gives: whatever else comes on this connection would be as doubtful.
    pub(crate) fn distrust(&self, error: &StoreError) {
        let mut state = self.state();
        let number = state.number;
        state.give_up(number, error);
    }

    async fn within<T>(
        &self,
        limit: Duration,
        asking: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        timeout(limit, asking).await.unwrap_or_else(|_| {
            let error = StoreError::TimedOut(limit);
            if self.is_silent() {
                self.distrust(&error);
            }
            Err(error)
        })
    }

    async fn with_link<T>(
        &self,
        dial: &Dial,
        name: &'static str,
        ask: impl AsyncFnOnce(Link) -> Result<T, RedisError>,
    ) -> Result<T, StoreError> {
        let (number, link) = self.link(dial).await?;
        let is_cluster = link.is_cluster();
        let error = match ask(link).await {
            Ok(answer) => {
                self.note_answer();
                self.state().failures = 0;
                return Ok(answer);
            }
            Err(error) => error,
        };
        let failure = StoreError::of(&error, name);
        if matches!(failure, StoreError::Refused { .. }) {
            self.note_answer();
        }
        let is_over = match &failure {
            // It was the one to write to and is no more: its name may lead to another by now.
            StoreError::Refused { code, .. } => code == "READONLY",
            _ => true,
        };
        if is_over && (!is_cluster || self.is_silent()) {
            self.state().give_up(number, &failure);
        }
        Err(failure)
    }

    async fn link(&self, dial: &Dial) -> Result<(u64, Link), StoreError> {
        if let Some(found) = self.state().found()? {
            return Ok(found);
        }
        let _turn = self.connecting.lock().await;
        // Another one may have connected, or failed to, before it was this one's turn.
        if let Some(found) = self.state().found()? {
            return Ok(found);
        }
        let mut attempt = Attempt { line: self, outcome: None };
        attempt.outcome = Some(dial.connect().await);
        drop(attempt);
        self.state().found()?.ok_or_else(|| StoreError::Lost { reason: "given up meanwhile".to_owned() })
    }

    fn note_answer(&self) {
        self.answered.store(self.since_birth(), Ordering::Relaxed);
    }

    fn is_silent(&self) -> bool {
        let silence = self.since_birth().saturating_sub(self.answered.load(Ordering::Relaxed));
        Duration::from_millis(silence) >= SILENCE
    }

    fn since_birth(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in it is half done where a thread could have panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn found(&self) -> Result<Option<(u64, Link)>, StoreError> {
        match &self.link {
            Some(link) => Ok(Some((self.number, link.clone()))),
            None => self.rest().map_or(Ok(None), Err),
        }
    }

    fn rest(&self) -> Option<StoreError> {
        let (until, error) = self.rest.as_ref()?;
        (Instant::now() < *until).then(|| error.clone())
    }

    fn give_up(&mut self, number: u64, error: &StoreError) {
        if self.number == number && self.link.take().is_some() {
            self.failed(error);
        }
    }

    fn failed(&mut self, error: &StoreError) {
        let rest = FIRST_REST.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX)).min(LONGEST_REST);
        self.failures = self.failures.saturating_add(1);
        let reason = match error {
            StoreError::Unreachable { reason } => reason.clone(),
            other => other.to_string(),
        };
        self.rest = Instant::now().checked_add(rest).map(|until| (until, StoreError::Unreachable { reason }));
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut state = self.line.state();
        match self.outcome.take() {
            Some(Ok(link)) => {
                self.line.note_answer();
                state.number = state.number.saturating_add(1);
                state.link = Some(link);
                state.rest = None;
            }
            Some(Err(error)) => state.failed(&error),
            None => state.failed(&StoreError::Unreachable { reason: "connecting took too long".to_owned() }),
        }
    }
}
