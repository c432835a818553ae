//! The store in every order in which a few threads can run, and stores with a fault, which some order has to bring to light.

use std::{panic::catch_unwind, sync::Arc};

use shuttle::{
    check_dfs, check_random,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
};

use super::{
    super::{
        second::Second,
        shard::{Entry, Layout, Shard},
        shards::Shards,
        sizes::Sizes,
        threads::{Lock, Number, Threads},
    },
    Acceptance, Reserved, UnixTime, at, numbered,
};

/// Locks and numbers at each of which another thread may go on.
struct Modelled;

impl Threads for Modelled {
    type Lock<T: Send + 'static> = Mutex<T>;
    type Number = AtomicU64;
}

impl<T> Lock<T> for Mutex<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.lock().unwrap())
    }
}

impl Number for AtomicU64 {
    fn new(value: u64) -> Self {
        Self::new(value)
    }

    fn read(&self) -> u64 {
        self.load(SeqCst)
    }

    fn set(&self, value: u64) {
        self.store(value, SeqCst);
    }

    fn raise(&self, to: u64) -> u64 {
        self.fetch_max(to, SeqCst).max(to)
    }

    fn claim(&self, most: u64) -> bool {
        self.fetch_update(SeqCst, SeqCst, |is| (is < most).then(|| is.saturating_add(1))).is_ok()
    }

    fn lower(&self, by: u64) {
        assert!(self.fetch_sub(by, SeqCst) >= by, "more was taken out than was in");
    }
}

/// A part of the store's work, done by the store or by one with a fault.
trait Reserve: Send + Sync + 'static {
    fn started(capacity: usize, started: u64) -> Self;
    fn reserve(&self, acceptance: &Acceptance, now: u64) -> Option<Reserved>;

    fn is_new(&self, acceptance: &Acceptance, now: u64) -> bool {
        matches!(self.reserve(acceptance, now), Some(Reserved::New(_)))
    }
}

impl Reserve for Shards<Modelled> {
    fn started(capacity: usize, started: u64) -> Self {
        Self::new(capacity, at(started))
    }

    fn reserve(&self, acceptance: &Acceptance, now: u64) -> Option<Reserved> {
        Self::reserve(self, acceptance, at(now)).ok()
    }
}

/// How a faulty store works.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// It looks under one lock and remembers under the next.
    LooksFirst,
    /// It asks for the latest moment before it has the lock.
    AsksForTheTimeFirst,
}

/// A store of one shard, put together from the parts of the real one.
struct Other<const FAULT: u8> {
    shard: Mutex<Shard>,
    latest: AtomicU64,
    layout: Layout,
}

impl<const FAULT: u8> Other<FAULT> {
    const FAULT: Fault = match FAULT {
        0 => Fault::None,
        1 => Fault::LooksFirst,
        _ => Fault::AsksForTheTimeFirst,
    };

    fn look(&self, shard: &mut Shard, acceptance: &Acceptance, latest: u64) -> (Option<Reserved>, Entry) {
        let second = |secs| Second::of(at(secs), at(0));
        let key = *acceptance.fingerprint.as_bytes().first_chunk().unwrap();
        let until = second(acceptance.until.as_secs());
        let entry = Entry { key, hash: self.layout.hash(&key), until, lease: None };
        if acceptance.until < UnixTime::from_secs(latest) {
            return (Some(Reserved::Forgotten), entry);
        }
        shard.purge(second(latest), &self.layout);
        (shard.known(&entry, second(latest), &self.layout), entry)
    }
}

impl<const FAULT: u8> Reserve for Other<FAULT> {
    fn started(_: usize, started: u64) -> Self {
        let layout = Layout { spread: std::hash::RandomState::new(), buckets: 1_024 };
        Self { shard: Mutex::new(Shard::new()), latest: AtomicU64::new(started), layout }
    }

    fn reserve(&self, acceptance: &Acceptance, now: u64) -> Option<Reserved> {
        let early = (Self::FAULT == Fault::AsksForTheTimeFirst).then(|| self.latest.raise(now));
        let mut shard = self.shard.lock().unwrap();
        let latest = early.unwrap_or_else(|| self.latest.raise(now));
        let (known, entry) = self.look(&mut shard, acceptance, latest);
        if Self::FAULT == Fault::LooksFirst {
            drop(shard);
            shard = self.shard.lock().unwrap();
        }
        Some(known.unwrap_or_else(|| Reserved::New(shard.insert(&entry, &self.layout))))
    }
}

fn until(number: u64, until: u64) -> Acceptance {
    Acceptance::new(numbered(number), None, at(until))
}

/// Two threads with one request.
fn one_gets_it<S: Reserve>() {
    let store = Arc::new(S::started(10, 0));
    let other = Arc::clone(&store);
    let there = thread::spawn(move || other.is_new(&until(1, 100), 0));
    let here = store.is_new(&until(1, 100), 0);
    assert_ne!(here, there.join().unwrap());
}

/// One thread with a request that was accepted, and one whose clock says that it is over.
fn none_gets_it_again<S: Reserve>() {
    let store = Arc::new(S::started(10, 0));
    assert!(store.is_new(&until(1, 100), 0));
    let other = Arc::clone(&store);
    let there = thread::spawn(move || other.is_new(&until(2, 300), 200));
    assert!(!store.is_new(&until(1, 100), 50));
    assert!(there.join().unwrap());
}

#[test]
fn two_threads_with_one_request_do_not_both_get_it_in_any_order() {
    check_dfs(one_gets_it::<Shards<Modelled>>, None);
    check_dfs(one_gets_it::<Other<0>>, None);
}

#[test]
fn the_model_finds_a_store_that_looks_before_it_remembers() {
    assert!(catch_unwind(|| check_dfs(one_gets_it::<Other<1>>, None)).is_err());
}

#[test]
fn a_request_that_is_being_purged_is_not_new_in_any_order() {
    check_dfs(none_gets_it_again::<Shards<Modelled>>, None);
    check_dfs(none_gets_it_again::<Other<0>>, None);
}

#[test]
fn the_model_finds_a_store_that_asks_for_the_time_too_early() {
    assert!(catch_unwind(|| check_dfs(none_gets_it_again::<Other<2>>, None)).is_err());
}

/// Two threads with a request each, and room for both as soon as two others are purged that are over.
fn both_find_room(shards: usize) {
    let sizes = Sizes { shards, buckets: 1_024 };
    let store = Arc::new(Shards::<Modelled>::divided(sizes, 2, at(0)));
    assert!(store.is_new(&until(1, 5), 0) && store.is_new(&until(2, 5), 0));
    let other = Arc::clone(&store);
    let there = thread::spawn(move || other.is_new(&until(3, 300), 6));
    assert!(store.is_new(&until(4, 300), 6) && there.join().unwrap());
    assert_eq!(store.len(), 2);
}

#[test]
fn what_one_thread_purges_is_room_for_another_in_any_order() {
    check_random(|| both_find_room(1), 1_000);
    check_random(|| both_find_room(2), 2_000);
}

#[test]
fn the_last_room_is_for_one_alone_in_any_order() {
    check_dfs(
        || {
            let store = Arc::new(Shards::<Modelled>::started(1, 0));
            let other = Arc::clone(&store);
            let there = thread::spawn(move || other.reserve(&until(1, 100), at(0)).is_ok());
            assert_ne!(store.reserve(&until(2, 100), at(0)).is_ok(), there.join().unwrap());
            assert_eq!(store.len(), 1);
        },
        None,
    );
}

#[test]
fn a_lease_that_is_over_is_taken_over_by_one_alone_in_any_order() {
    let run = || {
        let store = Arc::new(Shards::<Modelled>::started(10, 0));
        let leased = |last| until(1, last).leased_for(std::time::Duration::from_secs(10));
        let Ok(Reserved::New(first)) = store.reserve(&leased(100), at(0)) else { panic!("it is new") };
        let others = [20, 25].map(|now| {
            let store = Arc::clone(&store);
            thread::spawn(move || store.is_new(&leased(100), now))
        });
        // It comes too late, whatever the order.
        store.release(&leased(100), first);
        let taken = others.map(|other| other.join().unwrap());
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 1);
    };
    check_random(run, 3_000);
}

#[test]
fn three_threads_with_one_request_do_not_get_it_twice() {
    check_random(
        || {
            let store = Arc::new(Shards::<Modelled>::started(10, 0));
            let threads = [0, 1, 2].map(|now| {
                let store = Arc::clone(&store);
                thread::spawn(move || store.is_new(&until(1, 100), now))
            });
            let new = threads.map(|thread| thread.join().unwrap());
            assert_eq!(new.into_iter().filter(|new| *new).count(), 1);
        },
        3_000,
    );
}
