//! Keys that say what has become of them.

use countersign::{KeyState, RingError, SignWith};

use super::*;

const UNTIL: UnixTime = UnixTime::from_secs(NOW.as_secs() + 60);

/// An HMAC key, whose secret is made of its id within the ring.
fn entry(id: &str, ring_id: &str, lines: &str) -> String {
    let secret = format!("{ring_id} is a long secret");
    format!("[[key]]\nid = '{id}'\nring_id = '{ring_id}'\nalgorithm = 'hmac-sha256'\nsecret = '{secret}'\n{lines}\n")
}

/// Alice's keys in every state, `u` without one.
fn every_state() -> String {
    let until = UNTIL.as_secs();
    [
        entry("alice", "u", ""),
        entry("alice", "p", "state = 'pending'"),
        entry("alice", "a", "state = 'active'"),
        entry("alice", "r", &format!("state = 'retiring'\nuntil = {until}")),
        entry("alice", "d", "state = 'disposed'"),
        entry("alice", "c", "state = 'compromised'"),
    ]
    .concat()
}

/// Which of alice's keys are among these, by their ids within the ring.
fn which(keys: &[VerifyingKey]) -> String {
    let of = |key: &VerifyingKey| {
        let is = |ring_id: &&str| {
            let file = parse(&entry("alice", ring_id, "")).unwrap();
            verify_with(&file, std::slice::from_ref(key)).is_ok()
        };
        ["u", "p", "a", "r", "d", "c", "1", "2", "3"].into_iter().find(is).unwrap()
    };
    keys.iter().map(of).collect()
}

fn verify_with(signing: &KeyFile, keys: &[VerifyingKey]) -> Result<usize, VerifyError> {
    let signer = Signer::new(Cavage::new(), signing.signing_key("alice").unwrap());
    let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
    let parts = signer.sign(&Request::new("GET", "/", &fields).with_body(b""), NOW).unwrap();
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&Request::new("GET", "/", &fields), NOW);
    unverified.unwrap().verify(keys, b"").map(|verified| verified.key_index())
}

#[test]
fn a_key_verifies_by_its_state_and_by_the_time() {
    let file = parse(&every_state()).unwrap();
    assert_eq!(which(file.verifying_keys("alice").unwrap()), "ua");
    assert_eq!(which(&file.verifying_keys_at("alice", NOW)), "uar");
    assert_eq!(which(&file.verifying_keys_at("alice", UNTIL)), "ua");
    assert_eq!(which(&file.verifying_keys_with_pending_at("alice", NOW)), "upar");
    assert_eq!(which(&file.verifying_keys_with_pending_at("alice", UNTIL)), "upa");
    assert!(file.verifying_keys_at("bob", NOW).is_empty());
    assert!(file.verifying_keys_with_pending_at("bob", NOW).is_empty());
}

#[test]
fn only_an_active_key_signs() {
    for (lines, signs) in [
        ("", true),
        ("state = 'active'", true),
        ("state = 'pending'", false),
        ("state = 'retiring'\nuntil = 9999999999", false),
        ("state = 'disposed'", false),
        ("state = 'compromised'", false),
    ] {
        let key = parse(&entry("alice", "1", lines)).unwrap().signing_key("alice");
        assert_eq!(
            key.map(|_| ()).map_err(|error| error.to_string()),
            if signs { Ok(()) } else { Err("no key \"alice\" is active".to_owned()) }
        );
    }
    let public = "[[key]]\nid = 'alice'\nalgorithm = 'ed25519'\npublic_key_file = 'ed25519.public.pem'\n";
    let file = parse(&format!("{public}{}", entry("alice", "1", "state = 'pending'"))).unwrap();
    assert!(matches!(file.signing_key("alice"), Err(KeyFileError::VerifiesOnly { .. })));
}

#[test]
fn the_newest_comes_first_where_keys_say_when_they_were_created() {
    let file = parse(
        &[
            entry("alice", "u", ""),
            entry("alice", "a", ""),
            entry("alice", "1", "created = 100"),
            entry("alice", "3", "created = 300"),
            entry("alice", "2", "created = 300"),
        ]
        .concat(),
    )
    .unwrap();
    assert_eq!(which(file.verifying_keys("alice").unwrap()), "231ua");
    assert_eq!(
        which(file.ring_of("alice", RingPolicy::default().max_tried(9)).unwrap().verifying(NOW, None).keys()),
        "231ua"
    );
    let alice = parse(&entry("alice", "2", "")).unwrap();
    assert_eq!(verify(&file, &alice), Ok(0));
}

#[test]
fn every_mistake_in_a_state_is_named_with_its_line() {
    for (lines, expected) in [
        ("state = 'gone'", "line 6: state has to be pending, active, retiring, disposed or compromised"),
        ("state = 'Active'", "line 6: state has to be pending, active, retiring, disposed or compromised"),
        ("state = true", "line 6: state has to be a string"),
        ("state = 'retiring'", "line 1: this key has no until"),
        ("until = 5", "line 6: only a retiring key has an until"),
        ("state = 'active'\nuntil = 5", "line 7: only a retiring key has an until"),
        ("state = 'disposed'\nuntil = 5", "line 7: only a retiring key has an until"),
        ("state = 'retiring'\nuntil = '5'", "line 7: until has to be whole seconds since 1970"),
        ("state = 'retiring'\nuntil = -5", "line 7: until has to be whole seconds since 1970"),
        ("created = 1.5", "line 6: created has to be whole seconds since 1970"),
        ("created = 9223372036854775808", "line 6: created has to be whole seconds since 1970"),
        ("created = 2024-11-13T22:13:20Z", "line 6: created has to be whole seconds since 1970"),
    ] {
        assert_eq!(message(parse(&entry("alice", "1", lines))), expected, "{lines}");
    }
    assert_eq!(message(parse(&entry("alice", "", ""))), "line 3: not a usable key id");
    let largest = parse(&entry("alice", "1", "created = 0x7fff_ffff_ffff_ffff")).unwrap();
    assert_eq!(largest.entries()[0].created().map(UnixTime::as_secs), Some(i64::MAX.unsigned_abs()));
}

#[test]
fn a_file_tells_the_state_of_its_keys() {
    let file = parse(&every_state()).unwrap();
    let states: Vec<_> = file.entries().iter().map(Entry::state).collect();
    let retiring = KeyState::Retiring { until: UNTIL };
    let some = [KeyState::Pending, KeyState::Active, retiring, KeyState::Disposed, KeyState::Compromised];
    assert_eq!(states[0], None);
    assert_eq!(states[1..], some.map(Some));
    assert_eq!(file.entries()[2].ring_id().as_str(), "a");
    assert_eq!(
        key("algorithm = 'hmac-sha256'\nsecret = '1234567890123456'").unwrap().entries()[0].ring_id().as_str(),
        "alice"
    );
}

#[test]
fn the_keys_of_an_id_are_a_ring_in_which_each_has_its_state() {
    let text = every_state() + &entry("bob", "b", "created = 7");
    let file = parse(&text).unwrap();
    let shown = |ring: KeyRing| {
        let keys = ring.keys().iter().map(|key| format!("{} {} {}", key.key_id(), key.id(), key.state()));
        keys.collect::<Vec<_>>().join(", ")
    };
    let alice =
        "alice c compromised, alice d disposed, alice r retiring, alice a active, alice p pending, alice u active";
    assert_eq!(shown(file.ring_of("alice", RingPolicy::default()).unwrap()), alice);
    assert_eq!(shown(file.ring(RingPolicy::default()).unwrap()), format!("{alice}, bob b active"));
    assert_eq!(shown(file.ring_of("carol", RingPolicy::default()).unwrap()), "");

    let policy = RingPolicy::default().sign_with(SignWith::All).accept_pending(true).max_tried(9);
    let ring = file.ring_of("alice", policy).unwrap();
    assert_eq!(which(ring.verifying(NOW, None).keys()), "upar");
    assert_eq!(ring.signing(NOW).len(), 3);
    assert_eq!(ring.keys().iter().map(|key| key.created().as_secs()).sum::<u64>(), 0);
}

#[test]
fn a_public_key_of_a_ring_verifies_and_does_not_sign() {
    let file = key("algorithm = 'ed25519'\npublic_key_file = 'ed25519.public.pem'").unwrap();
    let ring = file.ring(RingPolicy::default()).unwrap();
    assert_eq!((ring.signing(NOW).len(), ring.verifying(NOW, None).keys().len()), (0, 1));
}

#[test]
fn a_ring_has_each_name_once_and_no_more_keys_than_its_policy_takes() {
    let secret = "algorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";
    let file = parse(&format!("[[key]]\nid = 'alice'\n{secret}[[key]]\nid = 'alice'\n{secret}")).unwrap();
    let twice = "line 5: the ring has a key \"alice\" on line 1: each needs a ring_id of its own";
    assert_eq!(file.ring_of("alice", RingPolicy::default()).unwrap_err().to_string(), twice);
    assert_eq!(file.ring(RingPolicy::default()).unwrap_err().to_string(), twice);

    let file = parse(&every_state()).unwrap();
    let refused = file.ring(RingPolicy::default().max_active(1));
    assert!(matches!(refused, Err(KeyFileError::Ring(RingError::TooManyActive(1)))), "{refused:?}");
}
