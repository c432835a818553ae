//! Every transition of a ring, and every one that is none.

mod reading;
mod shared;

use super::*;
use crate::{
    key::{SigningKey, VerifyingKey},
    secret::Secret,
};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const DAY: Duration = Duration::from_secs(86_400);

fn id(text: &str) -> KeyId {
    text.parse().unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(format!("{text} is a long secret")).unwrap()
}

fn later(secs: u64) -> UnixTime {
    NOW.plus(Duration::from_secs(secs))
}

/// Created so many seconds later.
fn key(text: &str, secs: u64) -> RingKey {
    RingKey::new(SigningKey::hmac_sha256(text, &secret(text)).unwrap(), later(secs)).unwrap()
}

const RETIRING: KeyState = KeyState::Retiring { until: UnixTime::from_secs(NOW.as_secs() + 86_400) };

/// One key in each state: `p`, `a`, `r`, `d`, `c`, each newer than the one before.
fn ring_of_all(policy: RingPolicy) -> KeyRing {
    let states = [KeyState::Pending, KeyState::Active, RETIRING, KeyState::Disposed, KeyState::Compromised];
    let keys = ["p", "a", "r", "d", "c"].into_iter().zip(states).zip(0..);
    KeyRing::with_keys(policy, keys.map(|((text, state), secs)| key(text, secs).in_state(state))).unwrap()
}

/// The ids and states of all keys, as in `p:pending`.
fn shown(ring: &KeyRing) -> String {
    let shown: Vec<_> = ring.keys().iter().map(|key| format!("{}:{}", key.id(), key.state())).collect();
    shown.join(" ")
}

type Transition = fn(&mut KeyRing, &KeyId) -> Result<(), RingError>;

/// What becomes of a key in each state, in the order of [`ring_of_all`].
fn each(transition: Transition) -> Vec<Result<Option<KeyState>, RingError>> {
    let of = |text| {
        let mut ring = ring_of_all(RingPolicy::default());
        let before = shown(&ring);
        let result = transition(&mut ring, &id(text));
        if result.is_err() {
            assert_eq!(shown(&ring), before, "what is refused leaves the ring as it was");
        }
        result.map(|()| ring.key(&id(text)).map(RingKey::state))
    };
    ["p", "a", "r", "d", "c"].map(of).into()
}

#[test]
fn a_pending_key_is_activated_and_no_other() {
    let refused = |text, state| Err(RingError::NotPending { id: id(text), state });
    assert_eq!(
        each(|ring, id| ring.activate(id, NOW)),
        [
            Ok(Some(KeyState::Active)),
            refused("a", KeyState::Active),
            refused("r", RETIRING),
            refused("d", KeyState::Disposed),
            refused("c", KeyState::Compromised)
        ]
    );
}

#[test]
fn an_active_key_is_retired_and_no_other() {
    let refused = |text, state| Err(RingError::NotActive { id: id(text), state });
    assert_eq!(
        each(|ring, id| ring.retire(id, DAY, NOW)),
        [
            refused("p", KeyState::Pending),
            Ok(Some(RETIRING)),
            refused("r", RETIRING),
            refused("d", KeyState::Disposed),
            refused("c", KeyState::Compromised)
        ]
    );
}

#[test]
fn any_key_is_disposed_at_once_but_one_that_is_disposed() {
    let refused = |text, state| Err(RingError::AlreadyDisposed { id: id(text), state });
    let disposed = || Ok(Some(KeyState::Disposed));
    assert_eq!(
        each(KeyRing::dispose),
        [
            disposed(),
            disposed(),
            disposed(),
            refused("d", KeyState::Disposed),
            // It would be restorable.
            refused("c", KeyState::Compromised)
        ]
    );
}

#[test]
fn any_key_can_turn_out_to_be_compromised() {
    let compromised = || Ok(Some(KeyState::Compromised));
    let refused = Err(RingError::AlreadyDisposed { id: id("c"), state: KeyState::Compromised });
    assert_eq!(
        each(KeyRing::dispose_compromised),
        [compromised(), compromised(), compromised(), compromised(), refused]
    );
}

#[test]
fn a_disposed_key_is_restored_to_pending_and_a_compromised_one_never() {
    let refused = |text, state| Err(RingError::NotDisposed { id: id(text), state });
    assert_eq!(
        each(KeyRing::restore),
        [
            refused("p", KeyState::Pending),
            refused("a", KeyState::Active),
            refused("r", RETIRING),
            Ok(Some(KeyState::Pending)),
            Err(RingError::Compromised(id("c")))
        ]
    );
}

#[test]
fn only_a_disposed_key_is_purged_and_is_gone_then() {
    let refused = |text, state| Err(RingError::NotDisposed { id: id(text), state });
    assert_eq!(
        each(KeyRing::purge),
        [refused("p", KeyState::Pending), refused("a", KeyState::Active), refused("r", RETIRING), Ok(None), Ok(None)]
    );
    let mut ring = ring_of_all(RingPolicy::default());
    ring.purge(&id("d")).unwrap();
    assert_eq!(ring.restore(&id("d")), Err(RingError::UnknownId(id("d"))));
    assert_eq!(shown(&ring), "p:pending a:active r:retiring c:compromised");
    ring.add_pending(key("d", 9)).unwrap();
}

#[test]
fn a_key_that_is_not_there_is_told() {
    let transitions: [Transition; 6] = [
        |ring, id| ring.activate(id, NOW),
        |ring, id| ring.retire(id, DAY, NOW),
        KeyRing::dispose,
        KeyRing::dispose_compromised,
        KeyRing::restore,
        KeyRing::purge,
    ];
    let mut ring = ring_of_all(RingPolicy::default());
    for transition in transitions {
        assert_eq!(transition(&mut ring, &id("x")), Err(RingError::UnknownId(id("x"))));
    }
}

#[test]
fn an_id_is_there_once_whatever_became_of_its_key() {
    let mut ring = ring_of_all(RingPolicy::default());
    for text in ["p", "a", "r", "d", "c"] {
        assert_eq!(ring.add_pending(key(text, 9)), Err(RingError::DuplicateId(id(text))));
        assert_eq!(ring.add_active(key(text, 9), NOW), Err(RingError::DuplicateId(id(text))));
    }
    let twice = KeyRing::with_keys(RingPolicy::default(), [key("a", 0), key("a", 1)]);
    assert_eq!(twice.err(), Some(RingError::DuplicateId(id("a"))));
    // Several keys may share what they are called on the wire.
    ring.add_active(key("a", 9).called(id("a-2")), NOW).unwrap();
    assert_eq!(ring.key(&id("a-2")).unwrap().key_id(), &id("a"));
}

#[test]
fn what_is_added_gets_its_state_from_how_it_is_added() {
    let mut ring = KeyRing::new(RingPolicy::default());
    ring.add_pending(key("p", 0).in_state(KeyState::Active)).unwrap();
    ring.add_active(key("a", 0).in_state(KeyState::Compromised), NOW).unwrap();
    assert_eq!(shown(&ring), "p:pending a:active");
}

#[test]
fn a_policy_with_room_for_so_many_pending_keys_refuses_more() {
    let mut ring = KeyRing::new(RingPolicy::default().max_pending(1));
    ring.add_pending(key("a", 0)).unwrap();
    assert_eq!(ring.add_pending(key("b", 1)), Err(RingError::TooManyPending(1)));
    ring.dispose(&id("a")).unwrap();
    ring.add_pending(key("b", 1)).unwrap();
    assert_eq!(ring.restore(&id("a")), Err(RingError::TooManyPending(1)));
    assert_eq!(shown(&ring), "a:disposed b:pending");

    for policy in [RingPolicy::default(), RingPolicy::default().replacing_pending(true)] {
        let mut none = KeyRing::new(policy.max_pending(0));
        assert_eq!(none.add_pending(key("a", 0)), Err(RingError::TooManyPending(0)));
    }
    let kept = KeyRing::with_keys(RingPolicy::default().max_pending(1), [key("a", 0), key("b", 1)]);
    assert_eq!(kept.err(), Some(RingError::TooManyPending(1)));
}

#[test]
fn a_new_pending_key_takes_the_place_of_the_oldest_where_the_policy_says_so() {
    let mut ring = KeyRing::new(RingPolicy::default().max_pending(2).replacing_pending(true));
    for (text, secs) in [("b", 2), ("a", 1), ("c", 3)] {
        ring.add_pending(key(text, secs)).unwrap();
    }
    assert_eq!(shown(&ring), "b:pending a:disposed c:pending");
    ring.restore(&id("a")).unwrap();
    assert_eq!(shown(&ring), "b:disposed a:pending c:pending");
    // A key that cannot be added replaces none.
    assert_eq!(ring.add_pending(key("c", 4)), Err(RingError::DuplicateId(id("c"))));
    assert_eq!(shown(&ring), "b:disposed a:pending c:pending");
}

#[test]
fn a_policy_with_room_for_so_many_active_keys_refuses_more() {
    let mut ring = KeyRing::new(RingPolicy::default().max_active(1));
    ring.add_active(key("a", 0), NOW).unwrap();
    ring.add_pending(key("b", 1)).unwrap();
    assert_eq!(ring.activate(&id("b"), NOW), Err(RingError::TooManyActive(1)));
    assert_eq!(ring.add_active(key("c", 2), NOW), Err(RingError::TooManyActive(1)));
    // Those that are retiring are not counted.
    ring.retire(&id("a"), DAY, NOW).unwrap();
    ring.activate(&id("b"), NOW).unwrap();
    assert_eq!(shown(&ring), "a:retiring b:active");

    let active = |text, secs| key(text, secs).in_state(KeyState::Active);
    let kept = KeyRing::with_keys(RingPolicy::default().max_active(1), [active("a", 0), active("b", 1)]);
    assert_eq!(kept.err(), Some(RingError::TooManyActive(1)));
}

#[test]
fn what_becomes_of_the_old_keys_says_the_policy() {
    for (on_activate, then) in [
        (OnActivate::DisposeOld, KeyState::Disposed),
        (OnActivate::RetireOld(DAY), RETIRING),
        (OnActivate::KeepOld, KeyState::Active),
    ] {
        for added in [false, true] {
            let mut ring = ring_of_all(RingPolicy::default().on_activate(on_activate));
            if added {
                ring.add_active(key("n", 9), NOW).unwrap();
            } else {
                ring.activate(&id("p"), NOW).unwrap();
            }
            assert_eq!(ring.key(&id("a")).unwrap().state(), then, "{on_activate:?}");
            // Those that were not active stay what they are.
            for (text, state) in [("r", RETIRING), ("d", KeyState::Disposed), ("c", KeyState::Compromised)] {
                assert_eq!(ring.key(&id(text)).unwrap().state(), state, "{on_activate:?}");
            }
        }
    }
}

#[test]
fn one_at_a_time_is_generate_activate_dispose_and_restore() {
    let mut ring = KeyRing::new(RingPolicy::one_at_a_time());
    ring.add_pending(key("1", 1)).unwrap();
    ring.add_pending(key("2", 2)).unwrap();
    assert_eq!(shown(&ring), "1:disposed 2:pending");
    ring.activate(&id("2"), NOW).unwrap();
    ring.add_pending(key("3", 3)).unwrap();
    ring.activate(&id("3"), NOW).unwrap();
    assert_eq!(shown(&ring), "1:disposed 2:disposed 3:active");
    assert_eq!(ring.signing(NOW).len(), 1);
    // Disposed of by mistake.
    ring.restore(&id("2")).unwrap();
    ring.activate(&id("2"), NOW).unwrap();
    assert_eq!(shown(&ring), "1:disposed 2:active 3:disposed");
}

#[test]
fn neither_a_ring_nor_its_keys_show_a_secret() {
    let ring = ring_of_all(RingPolicy::default());
    let keys = ring.verifying(NOW, None);
    for shown in [format!("{ring:?}"), format!("{:?}", ring.keys()), format!("{keys:?}")] {
        assert!(!shown.contains("secret") && !shown.contains("Hmac"), "{shown}");
    }
    let one = KeyRing::with_keys(RingPolicy::default(), [key("p", 0)]).unwrap();
    assert_eq!(
        format!("{:?}", one.keys()),
        r#"[RingKey { id: "p", key_id: "p", state: Pending, created: UnixTime(1700000000), .. }]"#
    );
}

#[test]
fn errors_name_the_key_and_what_it_is() {
    let mut ring = ring_of_all(RingPolicy::default());
    assert_eq!(ring.activate(&id("r"), NOW).unwrap_err().to_string(), r#"the key "r" is retiring, not pending"#);
    assert_eq!(
        ring.restore(&id("c")).unwrap_err().to_string(),
        r#"the key "c" was compromised: it cannot be restored"#
    );
    assert_eq!(ring.dispose(&id("x")).unwrap_err().to_string(), r#"the ring has no key "x""#);
}
