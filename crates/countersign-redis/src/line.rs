//! A connection that comes back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
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

/// A connection on which nothing came for so long, since the first question that got no answer in time, is given up. A server that only
/// was slow for a moment keeps its connections; one that is gone without a word would keep them for many minutes, until TCP gave up.
const SILENCE: Duration = Duration::from_secs(1);

/// One connection: made by whoever needs it first, shared by all, and made anew when it failed.
pub(crate) struct Line {
    state: Mutex<State>,
    /// Held by the one that connects.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    link: Option<Link>,
    /// How many connections there have been, so that none is given up for the failure of the one before it.
    number: u64,
    /// When the last answer came.
    heard: Option<Instant>,
    /// Since when questions get no answer in time.
    unanswered: Option<Instant>,
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
        Self { state: Mutex::default(), connecting: tokio::sync::Mutex::default() }
    }

    /// Whether it failed so recently that nothing is tried.
    pub(crate) fn rests(&self) -> bool {
        self.state().rest().is_some()
    }

    /// Asks within `limit`, with connecting where that is needed.
    pub(crate) async fn ask<T>(
        &self,
        dial: &Dial,
        command: &Cmd,
        name: &'static str,
        limit: Duration,
        read: impl FnOnce(&Value) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (number, answer) = self.exchange(dial, name, limit, async |mut link| link.ask(command).await).await?;
        read(&answer).inspect_err(|error| {
            // No store answers so: whatever else comes on this connection would be as doubtful.
            if matches!(error, StoreError::Unexpected { .. }) {
                self.state().give_up(number, error);
            }
        })
    }

    /// The same of every server that takes writes. An answer may be the server's error.
    pub(crate) async fn ask_all(
        &self,
        dial: &Dial,
        command: &Cmd,
        name: &'static str,
        limit: Duration,
    ) -> Result<Vec<Value>, StoreError> {
        let answers = self.exchange(dial, name, limit, async |mut link| link.ask_all(command).await).await;
        answers.map(|(_, answers)| answers)
    }

    /// What was answered, and on which connection.
    async fn exchange<T>(
        &self,
        dial: &Dial,
        name: &'static str,
        limit: Duration,
        ask: impl AsyncFnOnce(Link) -> Result<T, RedisError>,
    ) -> Result<(u64, T), StoreError> {
        let begun = Instant::now();
        let (number, link) =
            timeout(limit, self.link(dial)).await.unwrap_or_else(|_| Err(StoreError::TimedOut(limit)))?;
        let is_cluster = link.is_cluster();
        let asked = Instant::now();
        let failure = match timeout(limit.saturating_sub(begun.elapsed()), ask(link)).await {
            Ok(Ok(answer)) => {
                self.state().answered(number);
                return Ok((number, answer));
            }
            Ok(Err(error)) => StoreError::of(&error, name),
            Err(_) => StoreError::TimedOut(limit),
        };
        self.state().judge(number, is_cluster, asked, &failure);
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

    fn answered(&mut self, number: u64) {
        self.failures = 0;
        self.heard_of(number);
    }

    fn heard_of(&mut self, number: u64) {
        if self.number == number {
            self.heard = Some(Instant::now());
            self.unanswered = None;
        }
    }

    /// Whether the connection is to be given up for a failure, of what was asked at `asked`.
    fn judge(&mut self, number: u64, is_cluster: bool, asked: Instant, failure: &StoreError) {
        let is_over = match failure {
            StoreError::Refused { code, .. } => {
                self.heard_of(number);
                // It was the one to write to and is no more: its name may lead to another by now.
                code == "READONLY" && !is_cluster
            }
            StoreError::TimedOut(_) => self.is_silent(number, asked),
            // One server of a cluster says nothing of the others.
            _ => !is_cluster || self.is_silent(number, asked),
        };
        if is_over {
            self.give_up(number, failure);
        }
    }

    /// Whether nothing came for too long, now that there was no answer to what was asked at `asked` either.
    fn is_silent(&mut self, number: u64, asked: Instant) -> bool {
        // The servers of a cluster do not answer in turn, so that an answer may have come since.
        let since = self.heard.map_or(asked, |heard| heard.max(asked));
        self.number == number && self.unanswered.get_or_insert(since).elapsed() >= SILENCE
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
                state.number = state.number.saturating_add(1);
                state.link = Some(link);
                state.unanswered = None;
                state.rest = None;
            }
            Some(Err(error)) => state.failed(&error),
            None => state.failed(&StoreError::Unreachable { reason: "connecting took too long".to_owned() }),
        }
    }
}
