use super::*;
use crate::{
    cavage::Cavage,
    key::{KeyId, SigningKey},
    keyring::{OnActivate, RingError, RingKey, RingPolicy, SignWith},
    request::Request,
    secret::Secret,
};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const DAY: Duration = Duration::from_secs(86_400);

fn key(id: &str) -> RingKey {
    let secret = Secret::new("correct horse battery staple").unwrap();
    RingKey::new(SigningKey::hmac_sha256(id, &secret).unwrap(), NOW).unwrap()
}

fn id(text: &str) -> KeyId {
    text.parse().unwrap()
}

fn ring(policy: RingPolicy) -> SharedKeyRing {
    let ring = SharedKeyRing::new(KeyRing::new(policy));
    ring.update(|ring| ring.add_active(key("old"), NOW)).unwrap();
    ring
}

/// What the keys of the signer of this moment are called.
fn keys(signer: &RingSigner, now: UnixTime) -> Vec<String> {
    signer.signer(now).unwrap().keys().iter().map(|key| key.id.to_string()).collect()
}

fn room_for_one(result: &Result<(), UpdateError>) -> bool {
    matches!(result, Err(UpdateError::Refused(RingError::TooManySignatures { room: 1, keys: 2 })))
}

#[test]
fn more_keys_than_the_scheme_has_room_for_are_an_error_before_anything_is_signed() {
    let ring = ring(RingPolicy::default().sign_with(SignWith::All));
    ring.update(|ring| ring.add_active(key("new"), NOW)).unwrap();
    let refused = RingSigner::new(Cavage::new(), &ring, NOW).map(|_| ());
    assert!(room_for_one(&refused), "{refused:?}");
    assert_eq!(
        refused.unwrap_err().to_string(),
        "2 keys are to sign at once, and the scheme has room for 1 signature(s)"
    );
    // What was refused leaves the ring free.
    ring.update(|ring| ring.add_active(key("third"), NOW)).unwrap();
}

#[test]
fn a_rotation_that_the_scheme_has_no_room_for_is_refused_as_a_whole() {
    let policy = RingPolicy::overlapping(DAY);
    let ring = ring(policy);
    let signer = RingSigner::new(Cavage::new(), &ring, NOW).unwrap();
    ring.update(|ring| ring.add_pending(key("new"))).unwrap();
    let refused = ring.update(|ring| ring.activate(&id("new"), NOW));
    assert!(room_for_one(&refused), "{refused:?}");
    let refused = ring.update(|ring| ring.add_active(key("newer"), NOW));
    assert!(room_for_one(&refused), "{refused:?}");
    assert_eq!(keys(&signer, NOW), ["old"]);
    // Once the old key is over there is room.
    ring.update(|ring| ring.retire(&id("old"), DAY, NOW)).unwrap();
    assert!(room_for_one(&ring.update(|ring| ring.activate(&id("new"), NOW))));
    ring.update(|ring| ring.activate(&id("new"), NOW.plus(DAY))).unwrap();
    assert_eq!(keys(&signer, NOW.plus(DAY)), ["new"]);
}

#[test]
fn a_policy_that_signs_with_one_key_may_have_as_many_as_it_likes() {
    for with in [SignWith::Newest, SignWith::Oldest] {
        let ring = ring(RingPolicy::default().sign_with(with));
        RingSigner::new(Cavage::new(), &ring, NOW).unwrap();
        ring.update(|ring| ring.add_active(key("new"), NOW)).unwrap();
    }
}

#[test]
fn each_moment_has_its_keys() {
    let policy = RingPolicy::default().max_active(1).sign_with(SignWith::Oldest);
    let ring = ring(policy.on_activate(OnActivate::RetireOld(DAY)));
    let signer = RingSigner::new(Cavage::new(), &ring, NOW).unwrap();
    assert_eq!(keys(&signer, NOW), ["old"]);
    ring.update(|ring| ring.add_active(key("new"), NOW)).unwrap();
    // Prepared now, over a day later without any change, and there again for a clock that was set back.
    assert_eq!(keys(&signer, NOW), ["old"]);
    assert_eq!(keys(&signer, NOW.plus(DAY)), ["new"]);
    assert_eq!(keys(&signer, NOW), ["old"]);
    ring.update(|ring| ring.dispose(&id("old"))).unwrap();
    assert_eq!(keys(&signer, NOW), ["new"]);
}

#[test]
fn a_signer_is_prepared_once_for_as_long_as_nothing_changes() {
    let ring = ring(RingPolicy::default());
    let signer = RingSigner::new(Cavage::new(), &ring, NOW).unwrap();
    let prepared = |now| {
        let signer = signer.signer(now).unwrap();
        signer.keys().as_ptr()
    };
    let first = prepared(NOW);
    assert_eq!(prepared(NOW.plus(DAY)), first);
    ring.update(|ring| ring.add_pending(key("new"))).unwrap();
    // The old one is still held, so that its place is not taken again.
    let held = signer.signer(NOW).unwrap();
    ring.update(|ring| ring.activate(&id("new"), NOW)).unwrap();
    assert_ne!(prepared(NOW), held.keys().as_ptr());
}

#[test]
fn a_ring_without_a_key_in_use_is_an_error() {
    let ring = ring(RingPolicy::default());
    let signer = RingSigner::new(Cavage::new(), &ring, NOW).unwrap();
    ring.update(|ring| ring.retire(&id("old"), DAY, NOW)).unwrap();
    assert_eq!(signer.signer(NOW).err(), Some(SignError::NoKey));
    assert_eq!(SignError::NoKey.to_string(), "no key of the ring is in use");
}

#[test]
fn what_is_covered_is_set_once_for_all_keys() {
    let ring = ring(RingPolicy::default());
    let plain = RingSigner::new(Cavage::new(), &ring, NOW).unwrap();
    plain.signer(NOW).unwrap();
    let signer = plain.clone().cover("x-request-id".parse().unwrap(), When::Always);
    let fields = [("host", "api.example")];
    let request = Request::new("GET", "/", &fields).with_body(b"");
    let missing = "x-request-id".parse().unwrap();
    assert_eq!(signer.signer(NOW).unwrap().sign(&request, NOW).err(), Some(SignError::Missing(missing)));
    assert!(plain.signer(NOW).unwrap().sign(&request, NOW).is_ok());
    let none = plain.covering(Coverage::empty().and("host".parse().unwrap(), When::Always));
    let parts = none.expiring_after(DAY).signer(NOW).unwrap().sign(&request, NOW).unwrap();
    assert!(String::from_utf8_lossy(&parts.fields[0].value).contains(r#"headers="host""#));
}

#[test]
fn a_ring_signs_without_the_body_where_that_is_asked_for_by_name() {
    let signer = RingSigner::new(Cavage::new(), &ring(RingPolicy::default()), NOW).unwrap();
    let fields = [("host", "api.example")];
    let streamed = Request::new("POST", "/upload", &fields);
    let sign = |signer: &RingSigner| signer.signer(NOW).unwrap().sign(&streamed, NOW);
    assert_eq!(sign(&signer).err(), Some(SignError::UnreadBody));
    let parts = sign(&signer.dangerous_not_covering_the_body()).unwrap();
    let names: Vec<_> = parts.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["date", "signature"]);
}
