mod footprint;
mod leases;
mod model;
mod property;

use std::{
    sync::Barrier,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use super::*;
use crate::fingerprint::Fingerprint;

/// When the stores of these tests start.
const STARTED: u64 = 1_000;

fn answer<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("it has nothing to wait for"),
    }
}

fn at(secs: u64) -> UnixTime {
    UnixTime::from_secs(secs)
}

fn store(capacity: usize) -> MemoryReplayStore {
    MemoryReplayStore::new(capacity, at(STARTED))
}

fn numbered(number: u64) -> Fingerprint {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Fingerprint::from_bytes(bytes)
}

fn until(number: u64, until: u64) -> Acceptance {
    Acceptance::new(numbered(number), Some(at(STARTED)), at(until))
}

fn leased(number: u64, last: u64, lease: u64) -> Acceptance {
    until(number, last).leased_for(Duration::from_secs(lease))
}

fn reserve(store: &MemoryReplayStore, acceptance: Acceptance, now: u64) -> Reserved {
    answer(store.reserve(acceptance, at(now))).unwrap()
}

fn ticket(store: &MemoryReplayStore, acceptance: Acceptance, now: u64) -> Ticket {
    match reserve(store, acceptance, now) {
        Reserved::New(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn is_new(store: &MemoryReplayStore, acceptance: Acceptance, now: u64) -> bool {
    matches!(reserve(store, acceptance, now), Reserved::New(_))
}

fn commit(store: &MemoryReplayStore, acceptance: Acceptance, ticket: Ticket, now: u64) {
    answer(store.commit(acceptance, ticket, at(now))).unwrap();
}

fn release(store: &MemoryReplayStore, acceptance: Acceptance, ticket: Ticket) {
    answer(store.release(acceptance, ticket)).unwrap();
}

fn full(store: &MemoryReplayStore, acceptance: Acceptance, now: u64) -> StoreIsFull {
    answer(store.reserve(acceptance, at(now))).unwrap_err()
}

#[test]
fn of_many_threads_one_alone_gets_each_request() {
    let (store, threads, requests) = (store(3_000), 8, 2_000);
    let barrier = Barrier::new(threads);
    let new = |_| {
        barrier.wait();
        (0..requests).filter(|number| is_new(&store, until(*number, 1_100), 1_010)).count()
    };
    let total: usize = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || new(thread))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!((total, store.len()), (2_000, 2_000));
}

#[test]
fn a_request_is_seen_until_the_last_moment_at_which_it_would_be_accepted_and_forgotten_from_then_on() {
    let store = store(10);
    assert!(is_new(&store, until(1, 1_100), 1_000));
    for now in [1_000, 1_001, 1_099, 1_100] {
        assert_eq!(reserve(&store, until(1, 1_100), now), Reserved::Seen, "{now}");
    }
    assert_eq!(reserve(&store, until(1, 1_100), 1_101), Reserved::Forgotten);
}

#[test]
fn a_clock_that_steps_back_lets_nothing_pass_twice() {
    // In one shard, and in shards that see the later time only through another's request.
    for capacity in [10, 100_000] {
        let store = store(capacity);
        assert!((0..10).all(|number| is_new(&store, until(number, 1_300), 1_010)));
        assert!(is_new(&store, until(10, 2_500), 2_000));
        for number in 0..10 {
            assert_eq!(reserve(&store, until(number, 1_300), 1_010), Reserved::Forgotten, "{number}");
        }
        // What was not accepted yet cannot be told from it.
        assert_eq!(reserve(&store, until(11, 1_300), 1_010), Reserved::Forgotten);
        assert!(is_new(&store, until(11, 2_000), 1_010));
    }
}

#[test]
fn a_commit_moves_the_time_on_as_well() {
    let store = store(10);
    let ticket = ticket(&store, leased(1, 1_300, 10), 1_000);
    commit(&store, leased(1, 1_300, 10), ticket, 1_200);
    assert_eq!(reserve(&store, until(2, 1_199), 1_000), Reserved::Forgotten);
    assert!(is_new(&store, until(2, 1_200), 1_000));
}

#[test]
fn a_full_store_takes_in_nothing_and_throws_nothing_out() {
    // Of one shard, and of three.
    for capacity in [5, 2_000] {
        let store = store(usize::try_from(capacity).unwrap());
        assert!((0..capacity).all(|number| is_new(&store, until(number, 1_100 + number), 1_000)));
        for now in [1_000, 1_100] {
            assert_eq!(full(&store, until(capacity, 5_000), now), StoreIsFull { capacity: store.capacity() });
            assert_eq!(store.len(), store.capacity());
        }
        assert!((0..capacity).all(|number| reserve(&store, until(number, 1_100 + number), 1_100) == Reserved::Seen));
        // It would be known had it been taken in.
        assert!(is_new(&store, until(capacity, 5_000), 1_101));
        assert_eq!(full(&store, until(capacity + 1, 5_000), 1_101), StoreIsFull { capacity: store.capacity() });
    }
}

#[test]
fn what_is_over_makes_room_in_whichever_shard_it_was() {
    let store = store(5_000);
    for round in 0..4 {
        let (now, first) = (1_000 + round * 10, round * 5_000);
        assert!((first..first + 5_000).all(|number| is_new(&store, until(number, now + 9), now)), "{round}");
        assert_eq!(full(&store, until(first + 5_000, now + 9), now + 9).capacity, 5_000);
    }
    // One request alone was over, in whichever shard.
    let store = MemoryReplayStore::new(5_000, at(STARTED));
    assert!((0..5_000).all(|number| is_new(&store, until(number, 1_100 + u64::from(number != 77)), 1_000)));
    assert!(is_new(&store, until(5_000, 1_200), 1_101));
    assert_eq!(full(&store, until(5_001, 1_200), 1_101).capacity, 5_000);
}

#[test]
fn a_store_without_room_is_always_full() {
    assert_eq!(full(&store(0), until(1, 1_100), 1_000), StoreIsFull { capacity: 0 });
}

#[test]
fn what_was_signed_before_the_start_is_forgotten() {
    let store = store(10);
    let signed = |number, signed_at| Acceptance::new(numbered(number), signed_at, at(1_300));
    assert_eq!(reserve(&store, signed(1, Some(at(999))), 1_001), Reserved::Forgotten);
    assert!(is_new(&store, signed(1, Some(at(1_000))), 1_001));
    assert!(is_new(&store, signed(2, None), 1_001));
    // Nothing was kept of what was refused.
    assert_eq!(store.len(), 2);
}

#[test]
fn the_memory_can_begin_later_than_the_process_and_never_earlier() {
    let signed = |number, signed_at| Acceptance::new(numbered(number), Some(at(signed_at)), at(1_300));
    let later = store(10).forgetting_until(at(1_061)).forgetting_until(at(1_030));
    assert_eq!(reserve(&later, signed(1, 1_060), 1_010), Reserved::Forgotten);
    assert!(is_new(&later, signed(1, 1_061), 1_010));
    let earlier = store(10).forgetting_until(at(900));
    assert_eq!(reserve(&earlier, signed(1, 999), 1_010), Reserved::Forgotten);
    // That a request has to be signed later does not move the time on.
    assert!(is_new(&later, Acceptance::new(numbered(2), None, at(1_010)), 1_010));
}

#[test]
fn the_start_is_a_moment_that_was_seen() {
    let store = store(10);
    assert_eq!(reserve(&store, Acceptance::new(numbered(1), None, at(999)), 10), Reserved::Forgotten);
    assert!(is_new(&store, Acceptance::new(numbered(1), None, at(1_000)), 10));
}

#[test]
fn a_request_that_another_policy_accepts_longer_is_remembered_until_the_later_moment() {
    let store = store(10);
    assert!(is_new(&store, until(1, 1_100), 1_000));
    assert_eq!(reserve(&store, until(1, 1_500), 1_050), Reserved::Seen);
    assert_eq!(reserve(&store, until(1, 1_100), 1_050), Reserved::Seen);
    assert!(is_new(&store, until(2, 2_000), 1_400));
    assert_eq!(reserve(&store, until(1, 1_500), 1_500), Reserved::Seen);
    assert_eq!(reserve(&store, until(1, 1_100), 1_500), Reserved::Forgotten);
}

#[test]
fn the_largest_times_neither_wrap_nor_end() {
    let store = store(10);
    let forever = Acceptance::new(numbered(1), Some(at(u64::MAX)), at(u64::MAX));
    assert!(is_new(&store, forever, 1_000));
    let longest = Acceptance::new(numbered(2), None, at(u64::MAX)).leased_for(Duration::MAX);
    assert!(is_new(&store, longest, 1_000));
    // Longer than seconds are counted exactly.
    let counted = 1_000 + u64::from(u32::MAX);
    assert!(is_new(&store, until(3, counted - 1), 1_000));
    assert!(is_new(&store, until(4, counted), 1_000));
    assert!(is_new(&store, until(5, counted + 1_000), 1_000));
    assert_eq!(reserve(&store, until(3, counted - 1), counted), Reserved::Forgotten);
    assert_eq!(reserve(&store, until(5, counted + 1_000), counted + 1_000), Reserved::Seen);
    assert_eq!(reserve(&store, until(5, counted + 1_000), counted + 1_001), Reserved::Forgotten);
    assert_eq!(reserve(&store, forever, u64::MAX), Reserved::Seen);
    assert_eq!(reserve(&store, longest, u64::MAX), Reserved::UnderWay);
    assert_eq!(reserve(&store, until(6, u64::MAX - 1), 0), Reserved::Forgotten);

    let last = MemoryReplayStore::new(1, at(u64::MAX));
    assert!(is_new(&last, forever, 0));
    assert_eq!(reserve(&last, forever, u64::MAX), Reserved::Seen);
}

#[test]
fn each_of_the_first_128_bits_tells_two_requests_apart() {
    let store = store(1_000);
    for bit in 0..128 {
        let mut bytes = [0; 32];
        bytes[bit / 8] = 1 << (bit % 8);
        assert!(is_new(&store, Acceptance::new(Fingerprint::from_bytes(bytes), None, at(2_000)), 1_000), "{bit}");
    }
    assert_eq!(store.len(), 128);
}

#[test]
fn clones_share_one_memory() {
    let store = store(10);
    assert!(is_new(&store.clone(), until(1, 1_100), 1_000));
    assert_eq!(reserve(&store, until(1, 1_100), 1_000), Reserved::Seen);
}

#[test]
fn what_is_over_is_no_longer_counted_some_seconds_later() {
    let store = store(100);
    assert!((0..50).all(|number| is_new(&store, until(number, 1_100), 1_000)));
    assert!(is_new(&store, until(50, 2_000), 1_200));
    assert_eq!(store.len(), 1);
}

#[test]
fn what_is_shown_are_figures_and_not_contents() {
    let store = store(10);
    assert!(is_new(&store, until(1, 1_100), 1_000));
    assert_eq!(format!("{store:?}"), "MemoryReplayStore { len: 1, capacity: 10, .. }");
    assert_eq!(
        full(&self::store(0), until(1, 1_100), 1_000).to_string(),
        "the store has room for 0 requests and all of them still have to be remembered"
    );
}

#[test]
fn a_panic_in_one_thread_leaves_the_store_to_the_others() {
    let lock = <Std as threads::Threads>::Lock::new(1);
    let broken =
        thread::scope(|scope| scope.spawn(|| threads::Lock::with(&lock, |_: &mut i32| panic!("on purpose"))).join());
    assert!(broken.is_err());
    assert_eq!(threads::Lock::with(&lock, |value| *value), 1);
}
