//! Which keys sign and verify at which moment.

use super::*;

fn signing(ring: &KeyRing, now: UnixTime) -> Vec<String> {
    ring.signing(now).iter().map(|key| key.metadata().id.to_string()).collect()
}

fn verifying(ring: &KeyRing, now: UnixTime, hint: Option<&str>) -> Vec<String> {
    let keys = ring.verifying(now, hint.map(id).as_ref());
    assert_eq!(keys.keys().len(), keys.info().len());
    keys.info().iter().map(|info| info.id.to_string()).collect()
}

/// `p` pending, `a` and `b` active, `r` retiring for a day, `d` and `c` disposed; of these `d` is the newest.
fn ring(policy: RingPolicy) -> KeyRing {
    let states = [
        ("r", 0, RETIRING),
        ("b", 2, KeyState::Active),
        ("a", 1, KeyState::Active),
        ("p", 3, KeyState::Pending),
        ("c", 4, KeyState::Compromised),
        ("d", 5, KeyState::Disposed),
    ];
    KeyRing::with_keys(policy, states.map(|(text, secs, state)| key(text, secs).in_state(state))).unwrap()
}

#[test]
fn the_policy_says_which_keys_sign() {
    let of = |keys| ring(RingPolicy::default().sign_with(keys));
    assert_eq!(signing(&of(SignWith::Newest), NOW), ["b"]);
    assert_eq!(signing(&of(SignWith::All), NOW), ["b", "a", "r"]);
    assert_eq!(signing(&of(SignWith::Oldest), NOW), ["r"]);
    let tomorrow = NOW.plus(DAY);
    assert_eq!(signing(&of(SignWith::Newest), tomorrow), ["b"]);
    assert_eq!(signing(&of(SignWith::All), tomorrow), ["b", "a"]);
    assert_eq!(signing(&of(SignWith::Oldest), tomorrow), ["a"]);
}

#[test]
fn a_retiring_key_is_no_newest_key_even_where_it_is_the_only_one() {
    let keys = [key("r", 0).in_state(RETIRING)];
    let ring = KeyRing::with_keys(RingPolicy::default(), keys).unwrap();
    assert!(signing(&ring, NOW).is_empty());
    assert_eq!(verifying(&ring, NOW, None), ["r"]);
}

#[test]
fn no_key_signs_that_is_pending_disposed_or_over() {
    for keys in [SignWith::Newest, SignWith::All, SignWith::Oldest] {
        let policy = RingPolicy::default().sign_with(keys).accept_pending(true);
        let mut ring = ring(policy);
        ring.dispose(&id("a")).unwrap();
        ring.dispose_compromised(&id("b")).unwrap();
        assert!(signing(&ring, NOW.plus(DAY)).is_empty(), "{keys:?}");
    }
}

#[test]
fn a_key_that_only_verifies_is_passed_over_by_what_signs_and_the_other_way_round() {
    let signs = SigningKey::hmac_sha256("signs", &secret("signs")).unwrap();
    let keys = [
        RingKey::only_verifying(id("verifies"), VerifyingKey::hmac_sha256(&secret("verifies")), later(2)),
        RingKey::only_signing(signs, later(1)),
    ];
    for with in [SignWith::Newest, SignWith::All, SignWith::Oldest] {
        let policy = RingPolicy::default().sign_with(with);
        let ring = KeyRing::with_keys(policy, keys.clone().map(|key| key.in_state(KeyState::Active))).unwrap();
        assert_eq!(signing(&ring, NOW), ["signs"]);
        assert_eq!(verifying(&ring, NOW, None), ["verifies"]);
    }
}

#[test]
fn active_and_retiring_keys_verify_newest_first_and_no_others() {
    let ring = ring(RingPolicy::default());
    assert_eq!(verifying(&ring, NOW, None), ["b", "a", "r"]);
    assert_eq!(verifying(&ring, NOW.plus(Duration::from_secs(86_399)), None), ["b", "a", "r"]);
    assert_eq!(verifying(&ring, NOW.plus(DAY), None), ["b", "a"]);
}

#[test]
fn a_disposed_key_never_verifies_though_it_is_asked_for_by_its_name() {
    for policy in [RingPolicy::default(), RingPolicy::default().accept_pending(true)] {
        let ring = ring(policy);
        for text in ["d", "c"] {
            assert!(ring.verifying(NOW, Some(&id(text))).is_empty(), "{text}");
        }
        assert!(ring.verifying(NOW.plus(DAY), Some(&id("r"))).is_empty());
    }
}

#[test]
fn a_pending_key_verifies_for_a_receiver_that_wants_it_to() {
    assert!(ring(RingPolicy::default()).verifying(NOW, Some(&id("p"))).is_empty());
    let ring = ring(RingPolicy::default().accept_pending(true));
    assert_eq!(verifying(&ring, NOW, Some("p")), ["p"]);
    assert_eq!(verifying(&ring, NOW, None), ["p", "b", "a", "r"]);
}

#[test]
fn a_key_id_that_is_claimed_leads_to_its_keys_and_never_to_others() {
    let mut ring = ring(RingPolicy::default());
    assert_eq!(verifying(&ring, NOW, Some("a")), ["a"]);
    assert!(ring.verifying(NOW, Some(&id("x"))).is_empty());
    // What a key is called within the ring is never a claim.
    ring.add_active(key("a", 9).called(id("a-2")), NOW).unwrap();
    assert_eq!(verifying(&ring, NOW, Some("a")), ["a-2", "a"]);
    assert!(ring.verifying(NOW, Some(&id("a-2"))).is_empty());
}

#[test]
fn no_more_keys_are_tried_than_the_policy_wants() {
    let ring = ring(RingPolicy::default().max_tried(2));
    assert_eq!(verifying(&ring, NOW, None), ["b", "a"]);
    let many = (0..9_u64).map(|secs| key(&secs.to_string(), secs).in_state(KeyState::Active));
    let ring = KeyRing::with_keys(RingPolicy::default(), many).unwrap();
    assert_eq!(verifying(&ring, NOW, None), ["8", "7", "6", "5"]);
}

#[test]
fn of_two_keys_of_one_second_the_later_is_the_newer() {
    let mut ring = KeyRing::new(RingPolicy::default());
    ring.add_active(key("first", 0), NOW).unwrap();
    ring.add_active(key("second", 0), NOW).unwrap();
    assert_eq!(signing(&ring, NOW), ["second"]);
    assert_eq!(verifying(&ring, NOW, None), ["second", "first"]);
}

#[test]
fn a_key_retired_for_no_time_at_all_is_over_at_once_and_one_for_ever_never() {
    let mut ring = ring(RingPolicy::default());
    ring.retire(&id("a"), Duration::ZERO, NOW).unwrap();
    ring.retire(&id("b"), Duration::MAX, NOW).unwrap();
    assert_eq!(verifying(&ring, NOW, None), ["b", "r"]);
    assert_eq!(verifying(&ring, UnixTime::from_secs(u64::MAX - 1), None), ["b"]);
}

#[test]
fn which_key_matched_is_told_with_its_state() {
    let keys = ring(RingPolicy::default()).verifying(NOW, None);
    let info = |index| keys.matched(index).map(|info| (info.id.to_string(), info.state, info.created));
    assert_eq!(info(0), Some(("b".to_owned(), KeyState::Active, later(2))));
    assert_eq!(info(2), Some(("r".to_owned(), RETIRING, later(0))));
    assert_eq!(info(3), None);
}

#[test]
fn keys_of_a_ring_verify_what_their_own_secret_signed() {
    let keys = ring(RingPolicy::default()).verifying(NOW, None);
    for (key, info) in keys.keys().iter().zip(keys.info()) {
        let signature = SigningKey::hmac_sha256("any", &secret(info.id.as_str())).unwrap().sign(&[b"message"]).unwrap();
        assert!(key.verify(&[b"message"], std::slice::from_ref(&signature)), "{}", info.id);
        let other = SigningKey::hmac_sha256("any", &secret("other")).unwrap().sign(&[b"message"]).unwrap();
        assert!(!key.verify(&[b"message"], std::slice::from_ref(&other)));
    }
}
