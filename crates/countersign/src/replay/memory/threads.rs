//! What threads share: a lock and a number, by names of their own, so that a model of the orders in which threads can run puts its own in
//! their place.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

pub(super) trait Threads: 'static {
    type Lock<T: Send + 'static>: Lock<T>;
    type Number: Number;
}

pub(super) trait Lock<T> {
    fn new(value: T) -> Self;
    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R;
}

pub(super) trait Number {
    fn new(value: u64) -> Self;
    fn read(&self) -> u64;
    fn set(&self, value: u64);
    /// Makes it `to` unless it is more already, and gives what it is then.
    fn raise(&self, to: u64) -> u64;
    /// Adds one unless it is `most` already.
    fn claim(&self, most: u64) -> bool;
    fn lower(&self, by: u64);
}

/// Those of the standard library.
pub(super) struct Std;

impl Threads for Std {
    type Lock<T: Send + 'static> = Mutex<T>;
    type Number = Apart;
}

impl<T> Lock<T> for Mutex<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// On a cache line of its own, so that one that changes with every request does not slow down those that hardly ever do.
#[repr(align(128))]
pub(super) struct Apart(AtomicU64);

/// No order is asked for: where one counts, the lock of a shard is held.
impl Number for Apart {
    fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    fn raise(&self, to: u64) -> u64 {
        // Written once a second and read all the time.
        let is = self.read();
        if is >= to { is } else { self.0.fetch_max(to, Ordering::Relaxed).max(to) }
    }

    fn claim(&self, most: u64) -> bool {
        let one_more = |is: u64| is.checked_add(1).filter(|more| *more <= most);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }

    fn lower(&self, by: u64) {
        let less = |is: u64| Some(is.saturating_sub(by));
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok();
    }
}
