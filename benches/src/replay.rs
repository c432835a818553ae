//! Remembering what was accepted: one thread, two of them with requests of their own, and two with the same request.

use std::{
    ops::Range,
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use countersign::{Acceptance, Fingerprint, MemoryReplayStore, ReplayStore, Reserved, UnixTime};
use futures::FutureExt;

/// How many are remembered while it is measured.
const HELD: u64 = 1_000_000;
/// How long each is, in seconds; as many pass while all are replaced.
const WINDOW: u64 = 300;
const CALLS: u64 = 400_000;

/// The figures of one run.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// A request that is new, where a million are remembered, in nanoseconds.
    pub new: f64,
    /// One that was seen, in nanoseconds.
    pub seen: f64,
    /// What two threads do with new requests, over what one does in the same time.
    pub two_new: f64,
    /// The same with one request again and again, which lies in one shard.
    pub two_seen: f64,
    /// The longest that a call took of all but one in a hundred thousand, and of all, in nanoseconds.
    pub slowest: [f64; 2],
}

/// Requests that never repeat, and the time at which they come.
struct Load {
    store: MemoryReplayStore,
    next: AtomicU64,
}

impl Load {
    fn new() -> Self {
        let capacity = usize::try_from(HELD.saturating_add(HELD / 8)).unwrap_or(usize::MAX);
        let load = Self { store: MemoryReplayStore::new(capacity, UnixTime::from_secs(0)), next: AtomicU64::new(0) };
        // Twice, so that what is measured is a store in which as much is purged as comes in.
        load.numbers(HELD.saturating_mul(2)).for_each(|number| load.new_request(number));
        load
    }

    /// So many that nobody had yet.
    fn numbers(&self, count: u64) -> Range<u64> {
        let first = self.next.fetch_add(count, Ordering::Relaxed);
        first..first.saturating_add(count)
    }

    fn new_request(&self, number: u64) {
        assert!(matches!(self.reserve(number, number), Some(Reserved::New(_))), "the store is full");
    }

    /// The one request that comes again and again.
    fn same_request(&self, number: u64) {
        assert!(self.reserve(u64::MAX, number).is_some(), "the store is full");
    }

    /// Asks for a request at the time at which the request with the other number comes.
    fn reserve(&self, number: u64, comes_with: u64) -> Option<Reserved> {
        let now = comes_with / (HELD / WINDOW);
        let acceptance = Acceptance::new(fingerprint(number), None, UnixTime::from_secs(now.saturating_add(WINDOW)));
        self.store.reserve(acceptance, UnixTime::from_secs(now)).now_or_never()?.ok()
    }

    /// How long a call takes on average where so many threads do nothing else, in nanoseconds of the clock for all of them.
    #[allow(clippy::cast_precision_loss, reason = "counts and times are far below 2^52")]
    fn nanos(&self, threads: usize, call: fn(&Self, u64)) -> f64 {
        let barrier = Barrier::new(threads);
        let numbers = self.numbers(CALLS.saturating_mul(threads as u64));
        let run = |thread| {
            barrier.wait();
            let start = Instant::now();
            numbers.clone().skip(thread).step_by(threads).for_each(|number| call(self, number));
            start.elapsed()
        };
        let run = &run;
        let longest = thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
            running.into_iter().filter_map(|thread| thread.join().ok()).max().unwrap_or(Duration::MAX)
        });
        longest.as_nanos() as f64 / (CALLS.saturating_mul(threads as u64)) as f64
    }

    #[allow(clippy::cast_precision_loss, reason = "times are far below 2^52")]
    fn slowest(&self) -> [f64; 2] {
        let timed = |number| {
            let start = Instant::now();
            self.new_request(number);
            start.elapsed()
        };
        let mut all: Vec<_> = self.numbers(HELD).map(timed).collect();
        all.sort();
        [all.len() / 100_000, 0]
            .map(|from_end| all.iter().rev().nth(from_end).map_or(f64::NAN, |time| time.as_nanos() as f64))
    }
}

/// Bits without a pattern, as those of a hash are.
fn fingerprint(number: u64) -> Fingerprint {
    let mixed = |salt: u64| {
        let mut bits = number.wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits ^ (bits >> 27)
    };
    let mut bytes = [0; 32];
    for (chunk, salt) in bytes.chunks_exact_mut(8).zip(0_u64..) {
        chunk.copy_from_slice(&mixed(salt << 60).to_le_bytes());
    }
    Fingerprint::from_bytes(bytes)
}

/// Measures a store that holds a million requests.
#[must_use]
pub fn measure() -> Figures {
    let load = Load::new();
    let new = load.nanos(1, Load::new_request);
    let two_new = new / load.nanos(2, Load::new_request);
    let seen = load.nanos(1, Load::same_request);
    let two_seen = seen / load.nanos(2, Load::same_request);
    Figures { new, seen, two_new, two_seen, slowest: load.slowest() }
}
