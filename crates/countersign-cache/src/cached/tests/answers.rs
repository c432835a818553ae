//! What is remembered, and what the loader is told.

use super::*;

#[test]
fn what_is_remembered_is_answered_at_the_first_poll() {
    let store = Store::default();
    let keys = store.cached();
    for _ in 0..2000 {
        assert_eq!(caller(keys.load(claim("alice")).now_or_never().unwrap()), Some("Alice"));
        assert_eq!(caller(keys.load(claim("mallory")).now_or_never().unwrap()), None);
    }
    assert_eq!(store.loads(), 2);
}

#[test]
fn a_claim_without_a_key_id_is_remembered_like_the_others() {
    let store = Store::answering([at_once(Ok(Some(credential("the only one"))))]);
    let keys = store.cached();
    for _ in 0..3 {
        assert_eq!(caller(block_on(keys.load(claim("x").without_key_id()))), Some("the only one"));
    }
    assert_eq!(store.loads(), 1);
    assert_eq!(block_on(load(&keys, "x")), None);
    keys.invalidate_all();
    assert_eq!(caller(block_on(keys.load(claim("x").without_key_id()))), None);
}

#[test]
fn the_loader_is_told_nothing_that_the_answer_is_not_remembered_by() {
    let store = Store::default();
    let keys = store.cached();
    for (host, target) in [("a.example", "/1"), ("b.example", "/2"), ("A.EXAMPLE", "/3")] {
        assert_eq!(caller(block_on(keys.load(claim_to("alice", host, target)))), Some("Alice"));
    }
    let asked = store.asked.lock().unwrap();
    let [only] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((only.key_id(), only.authority(), only.target()), (Some(&id("alice")), None, ""));
}

#[test]
fn per_authority_the_loader_is_told_it_in_lower_case_once_for_each() {
    let store = Store::default();
    let keys = store.cached().per_authority();
    for (host, target) in [("A.example", "/1"), ("a.EXAMPLE", "/2"), ("b.example", "/3"), ("a.example:443", "/4")] {
        assert_eq!(caller(block_on(keys.load(claim_to("alice", host, target)))), Some("Alice"));
    }
    let asked = store.asked.lock().unwrap();
    let told: Vec<_> = asked.iter().map(|claim| (claim.authority(), claim.target())).collect();
    assert_eq!(told, [(Some("a.example"), ""), (Some("b.example"), ""), (Some("a.example:443"), "")]);
}

#[test]
fn a_thousand_bad_signatures_make_one_load() {
    let store = Store::default();
    let keys = store.cached();
    let fields = [("host", "api.example"), ("signature", r#"keyId="alice",headers="host",signature="AAAA""#)];
    let request = Request::new("GET", "/orders", &fields).with_body(b"");
    for _ in 0..1000 {
        let unverified = VERIFIER.begin(&request, UnixTime::from_secs(0)).unwrap();
        let found = block_on(keys.load(Claim::new(&unverified, &request))).unwrap().unwrap();
        assert!(unverified.verify(&found.keys, b"").is_err());
    }
    assert_eq!(store.loads(), 1);
}

#[test]
fn the_debug_form_shows_no_keys() {
    let keys = Store::default().cached();
    assert_eq!(block_on(load(&keys, "alice")), Some("Alice"));
    assert!(!format!("{keys:?}").contains("alice"), "{keys:?}");
}
