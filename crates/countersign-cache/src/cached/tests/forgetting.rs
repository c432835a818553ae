//! What is invalidated is never found again.

use super::*;

#[test]
fn per_authority_an_id_is_forgotten_for_all_of_them() {
    let store = Store::default();
    let keys = store.cached().per_authority();
    let ask_both = || {
        for host in ["a.example", "b.example"] {
            assert_eq!(caller(block_on(keys.load(claim_to("alice", host, "/")))), Some("Alice"));
        }
    };
    ask_both();
    keys.invalidate(&id("alice"));
    ask_both();
    assert_eq!(store.loads(), 4);
}

#[test]
fn an_invalidated_key_is_loaded_again_through_any_handle() {
    let store = Store::default();
    let keys = store.cached();
    let kept = keys.clone();
    assert_eq!(block_on(load(&keys, "alice")), Some("Alice"));
    kept.invalidate(&id("alice"));
    assert_eq!(block_on(load(&keys, "alice")), Some("Alice"));
    assert_eq!(store.loads(), 2);
    kept.invalidate_all();
    assert_eq!(block_on(load(&keys, "alice")), Some("Alice"));
    assert_eq!((store.loads(), block_on(load(&kept, "alice"))), (3, Some("Alice")));
}

#[test]
fn an_unknown_id_that_is_invalidated_is_loaded_again() {
    let store = Store::answering([at_once(Ok(None))]);
    let keys = store.cached();
    assert_eq!(block_on(load(&keys, "alice")), None);
    assert_eq!(block_on(load(&keys, "alice")), None);
    keys.invalidate(&id("alice"));
    assert_eq!((block_on(load(&keys, "alice")), store.loads()), (Some("Alice"), 2));
}

#[test]
fn an_answer_that_was_on_its_way_when_its_key_was_invalidated_is_given_to_nobody() {
    type Forget = fn(&CachedKeys<Store>);
    let ways: [Forget; 2] = [|keys| keys.invalidate(&id("alice")), CachedKeys::invalidate_all];
    for forget in ways {
        let (old, step) = later();
        let store = Store::answering([step, at_once(Ok(Some(credential("new"))))]);
        let keys = store.cached();
        block_on(async {
            let mut before = Box::pin(load(&keys, "alice"));
            assert!(poll!(&mut before).is_pending());
            forget(&keys);
            // Whoever comes now does not wait for the old answer.
            assert_eq!(load(&keys, "alice").now_or_never(), Some(Some("new")));
            old.send(Ok(Some(credential("old")))).unwrap();
            assert_eq!(before.await, Some("new"));
            assert_eq!(load(&keys, "alice").await, Some("new"));
        });
        assert_eq!(store.loads(), 2);
    }
}

#[test]
fn an_old_unknown_or_error_on_its_way_is_given_to_nobody_either() {
    for answer in [Ok(None), Err(io::Error::other("down"))] {
        let (old, step) = later();
        let store = Store::answering([step]);
        let keys = store.cached();
        block_on(async {
            let mut before = Box::pin(load(&keys, "alice"));
            assert!(poll!(&mut before).is_pending());
            keys.invalidate(&id("alice"));
            old.send(answer).unwrap();
            assert_eq!(before.await, Some("Alice"));
            assert_eq!(load(&keys, "alice").await, Some("Alice"));
        });
        assert_eq!(store.loads(), 2);
    }
}

#[test]
fn an_invalidation_leaves_other_keys_and_another_store_alone() {
    let store = Store::default();
    let keys = store.cached();
    let ids: Vec<_> = (0..200).map(|n| format!("alice-{n}")).collect();
    let load_all = || ids.iter().for_each(|id| assert_eq!(block_on(load(&keys, id)), Some("Alice")));
    load_all();
    keys.invalidate(&id("alice-7"));
    load_all();
    let again = store.loads() - ids.len();
    assert!((1..10).contains(&again), "{again}");
}
