//! How much memory a store takes, as the allocator counts it.

use std::ops::Range;

use super::{Acceptance, MemoryReplayStore, Reserved, at, numbered};

/// Reserves each of them and says how many were new.
fn fill(store: &MemoryReplayStore, numbers: Range<u64>, now: u64, until: u64) -> usize {
    let acceptance = |number| Acceptance::new(numbered(number), None, at(until));
    let is_new = |number: &u64| matches!(store.0.reserve(&acceptance(*number), at(now)), Ok(Reserved::New(_)));
    numbers.filter(is_new).count()
}

/// The most bytes that were in use at a time, for each that there is room for.
fn bytes_each(capacity: u64, work: impl FnOnce(&MemoryReplayStore)) -> u64 {
    let measured = allocation_counter::measure(|| {
        let store = MemoryReplayStore::new(usize::try_from(capacity).unwrap(), at(0));
        work(&store);
    });
    measured.bytes_max.div_ceil(capacity)
}

#[test]
fn a_full_store_takes_forty_bytes_a_request_at_the_most() {
    for capacity in [5_000, 7_777, 20_000, 43_009, 300_000] {
        let bytes = bytes_each(capacity, |store| {
            assert_eq!(fill(store, 0..capacity + 100, 0, 100), store.capacity());
        });
        assert!(bytes <= 40, "{capacity}: {bytes}");
    }
}

#[test]
fn a_full_store_takes_no_more_when_it_has_been_full_for_long() {
    let capacity = 20_000;
    let (step, window) = (500, 40);
    let bytes = bytes_each(capacity, |store| {
        for now in 0..10 * window {
            assert_eq!(fill(store, now * step..(now + 1) * step, now, now + window - 1), 500, "{now}");
        }
        assert_eq!((store.len(), store.capacity()), (20_000, 20_000));
    });
    assert!(bytes <= 40, "{bytes}");
}

#[test]
fn what_is_over_does_not_make_a_store_grow() {
    let capacity = 1_000_000;
    let measured = allocation_counter::measure(|| {
        let store = MemoryReplayStore::new(capacity, at(0));
        for now in 0..12 {
            assert_eq!(fill(&store, now * 20_000..(now + 1) * 20_000, now, now), 20_000);
        }
        assert!(store.len() <= 100_000, "{}", store.len());
    });
    // Twenty thousand count at a time, in 1,489 shards, all of which have a lock and a table.
    assert!(measured.bytes_max < 3_000_000, "{}", measured.bytes_max);
}

#[test]
fn the_memory_of_a_burst_of_leases_is_given_back() {
    let (capacity, lease) = (20_000, std::time::Duration::from_secs(5));
    let mut kept = None;
    let measured = allocation_counter::measure(|| {
        let store = MemoryReplayStore::new(capacity, at(0));
        let under_way = |number| Acceptance::new(numbered(number), None, at(10)).leased_for(lease);
        let leases = allocation_counter::measure(|| {
            assert!((0..20_000).all(|number| store.0.reserve(&under_way(number), at(0)).is_ok()));
        });
        assert!(leases.bytes_max <= 80 * 20_000, "{}", leases.bytes_max);
        assert_eq!(fill(&store, 20_000..40_000, 11, 100), 20_000);
        kept = Some(store);
    });
    assert!(measured.bytes_current <= 40 * 20_000, "{}", measured.bytes_current);
    drop(kept);
}
