//! How much is remembered, and for how long.

use super::*;

#[test]
fn a_flood_of_unknown_ids_evicts_no_key_and_takes_bounded_memory() {
    let store = Store::default();
    let keys = store.cached().unknown_capacity(1000);
    block_on(async {
        for n in 0..100 {
            assert_eq!(load(&keys, &format!("alice-{n}")).await, Some("Alice"));
        }
        for n in 0..20_000 {
            assert_eq!(load(&keys, &format!("mallory-{n}")).await, None);
        }
        let [known, unknown] = keys.memory.sizes();
        assert_eq!(known, (100, 100));
        assert!(unknown.0 <= 1000, "{unknown:?}");
        let before = store.loads();
        for n in 0..100 {
            assert_eq!(load(&keys, &format!("alice-{n}")).await, Some("Alice"));
        }
        assert_eq!(store.loads(), before);
    });
}

#[test]
fn long_ids_are_remembered_and_take_the_room_of_several_short_ones() {
    let store = Store::default();
    let keys = store.cached().unknown_capacity(160).capacity(160);
    block_on(async {
        for name in ["alice", "mallory"] {
            let long = format!("{name:x<1024}");
            let known = load(&keys, &long).await;
            assert_eq!(load(&keys, &long).await, known);
        }
        assert_eq!(store.loads(), 2);
        assert_eq!(keys.memory.sizes(), [(1, 16), (1, 16)]);
        for n in 0..1000 {
            load(&keys, &format!("{n:x<1024}")).await;
            load(&keys, &format!("alice{n:x<1019}")).await;
        }
        for (entries, weight) in keys.memory.sizes() {
            assert!(entries <= 10 && weight <= 160, "{entries} {weight}");
        }
    });
}

#[test]
fn the_authority_weighs_as_well_where_it_counts() {
    let keys = Store::default().cached().per_authority();
    block_on(async {
        keys.load(claim_to("alice", &"a".repeat(640), "/")).await.unwrap();
        assert_eq!(keys.memory.sizes(), [(1, 11), (0, 0)]);
    });
}

#[test]
fn keys_are_loaded_again_when_their_time_is_over() {
    let store = Store::answering([at_once(Ok(Some(credential("old")))), at_once(Ok(Some(credential("new"))))]);
    let keys = store.cached().time_to_live(Duration::from_millis(50));
    assert_eq!(block_on(load(&keys, "alice")), Some("old"));
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(block_on(load(&keys, "alice")), Some("new"));
    assert_eq!(store.loads(), 2);
}

#[test]
fn use_does_not_prolong_the_time_of_a_key() {
    let store = Store::answering([at_once(Ok(Some(credential("old"))))]);
    let keys = store.cached().time_to_live(Duration::from_millis(50));
    assert_eq!(block_on(load(&keys, "alice")), Some("old"));
    let begun = std::time::Instant::now();
    while block_on(load(&keys, "alice")) == Some("old") {
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
    assert_eq!(store.loads(), 2);
}

#[test]
fn an_unknown_id_is_loaded_again_when_its_own_time_is_over() {
    let store = Store::default();
    let keys = store.cached().unknown_time_to_live(Duration::from_millis(50));
    assert_eq!((block_on(load(&keys, "alice")), block_on(load(&keys, "mallory"))), (Some("Alice"), None));
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!((block_on(load(&keys, "alice")), block_on(load(&keys, "mallory"))), (Some("Alice"), None));
    assert_eq!(store.loads(), 3);
}

#[test]
fn with_no_time_unknown_ids_are_not_remembered_and_keys_are() {
    let store = Store::default();
    let keys = store.cached().unknown_time_to_live(Duration::ZERO);
    for _ in 0..3 {
        assert_eq!((block_on(load(&keys, "alice")), block_on(load(&keys, "mallory"))), (Some("Alice"), None));
    }
    assert_eq!(store.loads(), 4);
}

#[test]
fn times_and_capacities_may_be_anything() {
    for time in [Duration::ZERO, Duration::MAX] {
        for capacity in [0, u64::MAX] {
            let keys = Store::default().cached().time_to_live(time).unknown_time_to_live(time);
            let keys = keys.capacity(capacity).unknown_capacity(capacity);
            for _ in 0..3 {
                assert_eq!((block_on(load(&keys, "alice")), block_on(load(&keys, "mallory"))), (Some("Alice"), None));
            }
        }
    }
}

#[test]
fn a_setting_gives_a_handle_that_remembers_by_itself() {
    let store = Store::default();
    let first = store.cached();
    assert_eq!(block_on(load(&first, "alice")), Some("Alice"));
    let second = first.clone().per_authority();
    assert_eq!(block_on(load(&second, "alice")), Some("Alice"));
    assert_eq!(store.loads(), 2);
    let asked = store.asked.lock().unwrap();
    assert_eq!(asked.iter().map(Claim::authority).collect::<Vec<_>>(), [None, Some("api.example")]);
}
