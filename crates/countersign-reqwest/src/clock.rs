//! What a client learns of its own clock from servers that refuse its requests.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use countersign::UnixTime;
use http::{
    HeaderMap,
    header::{AGE, DATE},
};

use crate::origin::Origin;

/// The most that a clock is taken to be wrong by, and the longest that this is remembered.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// How many origins' clocks are remembered.
const ORIGINS: usize = 1024;

/// Corrects the time that is signed with, where a server shows that this machine's clock is wrong. Clones share what they learn.
///
/// A server refuses a request whose date is too far from its own clock, and a machine whose clock is wrong has all its requests refused. When
/// an answer is 401 and its `Date` differs from the time that was signed with by more than the skew, the difference is learned for that
/// origin, and the request is signed again, once. What was learned is used for an hour.
///
/// Whoever can set a client's clock can have signatures made that hold later. So nothing is learned from an answer over plain HTTP that does
/// not come from this machine, from one that a redirect led to or that was stored on the way, and never more than an hour. A server on this
/// machine has to be reached without a proxy: reqwest takes one from the environment unless it is built with
/// [`no_proxy`](reqwest::ClientBuilder::no_proxy). Where the request has a `Date` of the caller's own, nothing is corrected.
///
/// ```
/// use countersign::{Cavage, Secret, Signer, SigningKey};
/// use countersign_reqwest::{ClockCorrection, Signing};
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
/// let signing = Signing::new(signer).correcting_the_clock(ClockCorrection::default());
/// # let _ = signing;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClockCorrection {
    skew: Duration,
    learned: Arc<Learned>,
}

#[derive(Debug, Default)]
struct Learned {
    /// Whether there is anything to look for, so that a client whose clock is right never waits for the lock.
    any: AtomicBool,
    offsets: Mutex<HashMap<Origin, Correction>>,
}

/// By how much a clock is wrong, and when that was learned, as the clock had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Correction {
    by: Duration,
    slow: bool,
    since: UnixTime,
}

/// What an answer teaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lesson {
    /// Nothing: the time that was signed with was right, or nobody can tell.
    Nothing,
    /// That it was wrong, and nothing that is not known by now.
    Known,
    /// By how much the clock is wrong.
    New(Correction),
}

impl Correction {
    fn apply(self, now: UnixTime) -> UnixTime {
        if self.slow { now.plus(self.by) } else { now.minus(self.by) }
    }

    fn holds_at(self, now: UnixTime) -> bool {
        self.since <= now && now < self.since.plus(HOUR)
    }

    /// In seconds; positive where the clock is slow.
    pub(crate) fn seconds(self) -> i64 {
        let seconds = i64::try_from(self.by.as_secs()).unwrap_or(i64::MAX);
        if self.slow { seconds } else { seconds.saturating_neg() }
    }
}

impl Default for ClockCorrection {
    /// With a skew of 30 seconds.
    fn default() -> Self {
        Self::beyond(Duration::from_secs(30))
    }
}

impl ClockCorrection {
    /// Learns of differences of more than `skew`, whole seconds.
    #[must_use]
    pub fn beyond(skew: Duration) -> Self {
        Self { skew, learned: Arc::default() }
    }

    /// Forgets what was learned, of every origin.
    pub fn forget(&self) {
        let mut offsets = self.offsets();
        offsets.clear();
        self.learned.any.store(false, Ordering::Release);
    }

    /// The time to sign with for an origin, by this machine's clock.
    pub(crate) fn corrected(&self, origin: impl FnOnce() -> Option<Origin>, now: UnixTime) -> UnixTime {
        if !self.learned.any.load(Ordering::Acquire) {
            return now;
        }
        let correction = origin().and_then(|origin| self.offsets().get(&origin).copied());
        correction.filter(|correction| correction.holds_at(now)).map_or(now, |correction| correction.apply(now))
    }

    /// Learns from an answer of 401: `signed` is the time that was signed with, `now` what the clock shows. Whether the answer is to be
    /// trusted is the caller's to know.
    ///
    /// A request that was long on its way, or was signed before another one taught us, was signed at the wrong time and teaches nothing.
    pub(crate) fn learn(&self, origin: Origin, headers: &HeaderMap, signed: UnixTime, now: UnixTime) -> Lesson {
        let Some(server) = date(headers).filter(|server| difference(*server, signed) > self.skew) else {
            return Lesson::Nothing;
        };
        let mut offsets = self.offsets();
        let known = offsets.get(&origin).filter(|known| known.holds_at(now)).map_or(now, |known| known.apply(now));
        if difference(server, known) <= self.skew {
            return Lesson::Known;
        }
        let correction = Correction { by: difference(server, now), slow: server > now, since: now };
        if correction.by > HOUR {
            return Lesson::Nothing;
        }
        if offsets.len() >= ORIGINS {
            offsets.retain(|_, correction| correction.holds_at(now));
        }
        if offsets.len() >= ORIGINS && !offsets.contains_key(&origin) {
            return Lesson::Nothing;
        }
        offsets.insert(origin, correction);
        self.learned.any.store(true, Ordering::Release);
        Lesson::New(correction)
    }

    fn offsets(&self) -> MutexGuard<'_, HashMap<Origin, Correction>> {
        self.learned.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When an answer was made; `None` where it does not say so once, or was stored since (RFC 9111 section 5.1).
fn date(headers: &HeaderMap) -> Option<UnixTime> {
    let mut dates = headers.get_all(DATE).iter();
    let (Some(date), None) = (dates.next(), dates.next()) else { return None };
    UnixTime::from_http_date(date.as_bytes()).filter(|_| !headers.contains_key(AGE))
}

fn difference(one: UnixTime, other: UnixTime) -> Duration {
    Duration::from_secs(one.as_secs().abs_diff(other.as_secs()))
}

#[cfg(test)]
mod tests;
