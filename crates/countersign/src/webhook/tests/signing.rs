//! What a signer makes, takes over and refuses.

use super::{NOW, SECRET, Sent, acme, spec, timed};
use crate::{
    component::Component,
    coverage::When,
    error::SignError,
    key::SigningKey,
    request::Request,
    secret::Secret,
    sign::Signer,
    webhook::{At, SignatureEncoding, TimeFormat},
};

#[test]
fn a_time_is_made_where_there_is_none_and_taken_over_as_it_is_written_where_there_is_one() {
    let made = Sent::new(timed("{time}.{body}"), "/", &[], b"x").signed();
    assert_eq!(made.field("x-time"), "1700000000");
    assert_eq!(made.base(), "1700000000.x");
    assert!(made.verify().is_ok());

    let offset = "2023-11-14T23:13:20.1+01:00";
    let rfc3339 = spec("{time}.{body}").time(At::header("x-time"), TimeFormat::Rfc3339, 300);
    let taken = Sent::new(rfc3339.clone(), "/", &[("x-time", offset)], b"x").signed();
    assert_eq!(taken.field("x-time"), offset);
    assert_eq!(taken.base(), format!("{offset}.x"));
    assert_eq!(taken.verify().unwrap().signed_at(), Some(NOW));

    let mut other = Sent::new(rfc3339, "/", &[("x-time", "1700000000")], b"x");
    assert_eq!(other.sign(&["k1"]), Err(SignError::Unreadable("its time has another form")));
    let mut twice = Sent::new(timed("{time}.{body}"), "/", &[("x-time", "1"), ("x-time", "1")], b"x");
    assert_eq!(twice.sign(&["k1"]), Err(SignError::Unreadable("field of one name")));
}

#[test]
fn a_time_and_a_signature_travel_in_a_query_and_in_a_form_as_well() {
    let in_query = spec("{target}.{body}").signature_at(At::Query("sig".to_owned()));
    let in_query = in_query.time(At::Query("t".to_owned()), TimeFormat::Unix, 300);
    let sent = Sent::new(in_query, "/in?a=%7e", &[], b"x").signed();
    assert!(sent.target.starts_with("/in?a=%7e&t=1700000000&sig="), "{}", sent.target);
    assert_eq!(sent.base(), "/in?a=%7e&t=1700000000.x");
    assert!(sent.verify().is_ok());

    let ami = crate::webhook::Preset::named("flow-ami").unwrap().spec();
    let sent = Sent::new(ami, "/", &[], b"user=zo%C3%AB").signed();
    assert_eq!(sent.base(), "timestamp=2023-11-14T22:13:20Z\\r\\nuser=zo\\xc3\\xab\\r\\n");
    assert!(sent.verify().is_ok());
}

#[test]
fn a_query_that_is_empty_before_it_is_signed_is_signed_as_none() {
    let in_query = || spec("{target}.{body}").signature_at(At::Query("sig".to_owned()));
    for target in ["/in?", "/in", "/in?a", "/in?&", "/in?a=1&&", "/in?sig=old&b"] {
        let sent = Sent::new(in_query(), target, &[], b"x").signed();
        assert!(sent.verify().is_ok(), "{target} {}", sent.target);
    }
}

#[test]
fn an_id_that_is_signed_is_the_senders_to_choose() {
    let with_id = || timed("{id}.{time}.{body}").id(At::header("x-id"));
    assert_eq!(Sent::new(with_id(), "/", &[], b"x").sign(&["k1"]), Err(SignError::Absent("delivery id")));
    let long = "x".repeat(257);
    for id in ["", "a b", "\u{e4}", long.as_str()] {
        let error = SignError::Unreadable("its delivery id is too long, or not of visible ASCII");
        assert_eq!(Sent::new(with_id(), "/", &[("x-id", id)], b"x").sign(&["k1"]), Err(error), "{id:?}");
    }
    let dotted = SignError::Unreadable("a value with what parts it from the next one in it");
    assert_eq!(Sent::new(with_id(), "/", &[("x-id", "a.b")], b"x").sign(&["k1"]), Err(dotted));
    assert!(Sent::new(with_id(), "/", &[("x-id", "msg_1")], b"x").signed().verify().is_ok());
    // One that is not signed may be missing.
    let uncovered = spec("{body}").id(At::header("x-id"));
    assert_eq!(Sent::new(uncovered, "/", &[], b"x").signed().verify().unwrap().delivery_id(), None);
}

#[test]
fn keys_of_another_scheme_sign_nothing() {
    let webhook = acme(spec("{body}"));
    let other = crate::webhook::Webhook::preset("github").unwrap().signing_key("k1", SECRET).unwrap();
    let plain = SigningKey::hmac_sha256("k2", &Secret::new(SECRET).unwrap()).unwrap();
    let fields = [("host", "a.example")];
    for (key, id) in [(other, "k1"), (plain, "k2")] {
        let signed = Signer::new(webhook.clone(), key).sign(&Request::new("POST", "/", &fields).with_body(b"x"), NOW);
        assert_eq!(signed.err(), Some(SignError::KeyOfOtherScheme(id.to_owned())));
    }
}

#[test]
fn no_more_keys_sign_than_the_layout_has_room_for() {
    let time_beside = |item: &str| spec("{time}.{body}").listing(",", [item]).time(At::Layout, TimeFormat::Unix, 300);
    let numbered = || At::HeaderSeq("x-signature-{n}".to_owned());
    let ids: Vec<String> = (0..101).map(|n| format!("k{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for (spec, room) in [
        (spec("{body}"), 1),
        (spec("{body}").listing(",", ["v1={sig}"]), 16),
        (spec("{body}").listing(",", ["s0={sig}", "s1={sig}"]), 2),
        (spec("{body}").listing(",", ["v1={sig}"]).key_id(At::header("x-key")), 1),
        (spec("{body}").signature_at(At::Headers(vec!["x-a".to_owned(), "x-b".to_owned()])), 2),
        (spec("{body}").signature_at(numbered()), 100),
        (time_beside("{time}|{sig}"), 1),
        (
            spec("{time}{body}").signature_at(numbered()).written("{time}.{sig}").time(At::Layout, TimeFormat::Unix, 9),
            1,
        ),
    ] {
        let sent = Sent::new(spec, "/", &[], b"x");
        for keys in [0, room + 1] {
            let error = SignError::SignatureCount { expected: room, given: keys };
            assert_eq!(sent.clone().sign(&ids[..keys]), Err(error), "{:?}", sent.webhook.spec());
        }
        let mut full = sent;
        full.sign(&ids[..room.min(16)]).unwrap();
        assert!(full.verify().is_ok(), "{full:?}");
    }
}

#[test]
fn a_key_id_that_would_be_read_as_another_is_not_written() {
    let named = || spec("{body}").listing(",", ["{key_id}/SHA256/{sig}"]).key_id(At::Layout);
    let error = SignError::Unreadable("its key id holds what parts it from its signature");
    for id in ["a,b", "a/SHA256/b"] {
        assert_eq!(Sent::new(named(), "/", &[], b"x").sign(&[id]), Err(error.clone()));
    }
    let mut sent = Sent::new(named(), "/", &[], b"x");
    sent.sign(&["a/b", "c"]).unwrap();
    let unverified = sent.verifier().begin(&sent.request(), NOW).unwrap();
    let others: Vec<_> = unverified.other_key_ids().map(|id| id.as_str().to_owned()).collect();
    assert_eq!((unverified.key_id().unwrap().as_str(), others), ("a/b", vec!["c".to_owned()]));
}

#[test]
fn what_the_layout_does_not_sign_cannot_be_covered_as_well() {
    let webhook = acme(spec("{body}"));
    let signer = |component: &Component| {
        let signer = Signer::new(webhook.clone(), webhook.signing_key("k1", SECRET).unwrap());
        signer.cover(component.clone(), When::Always)
    };
    let fields = [("host", "a.example")];
    let request = Request::new("POST", "/", &fields).with_body(b"x");
    let host: Component = "host".parse().unwrap();
    assert_eq!(signer(&host).sign(&request, NOW).err(), Some(SignError::Unsupported(host)));
    assert!(signer(&Component::Body).sign(&request, NOW).is_ok());
}

#[test]
fn a_layout_without_a_body_signs_and_takes_none() {
    let sent = || Sent::new(spec("{target}").without_body(), "/in?a=1", &[], b"");
    assert!(sent().signed().verify().is_ok());
    let error = SignError::Unreadable("it has a body, and what is signed has none");
    assert_eq!(sent().body(b"x").sign(&["k1"]), Err(error));
    let refused = crate::error::VerifyError::NotCovered(Component::Body);
    assert_eq!(sent().signed().body(b"x").refusal(), refused);
}

#[test]
fn a_body_that_is_not_at_hand_is_not_signed() {
    let webhook = acme(spec("{body}"));
    let signer = Signer::new(webhook.clone(), webhook.signing_key("k1", SECRET).unwrap());
    let fields = [("host", "a.example")];
    assert_eq!(signer.sign(&Request::new("POST", "/", &fields), NOW).err(), Some(SignError::UnreadBody));
}

#[test]
fn a_digest_is_set_in_place_of_one_that_is_there() {
    let with_digest = || spec("{method} {header:x-hash}").digest(At::header("x-hash"), SignatureEncoding::Base64);
    let sent = Sent::new(with_digest(), "/", &[("x-hash", "old")], b"x").signed();
    assert!(sent.verify().is_ok());
    assert_eq!(sent.clone().body(b"y").refusal(), crate::error::VerifyError::DigestMismatch);
    assert!(matches!(sent.with("x-hash", "").refusal(), crate::error::VerifyError::UnusableDigest(_)));
}

#[test]
fn bodies_need_not_be_text() {
    let sent = Sent::new(timed("{time}.{body}"), "/", &[], b"\xff\x00\r\n{body}").signed();
    assert_eq!(sent.base(), "1700000000.\\xff\\x00\\r\\n{body}");
    assert!(sent.verify().is_ok());
    assert!(sent.body(b"\xfe\x00\r\n{body}").verify().is_err());
}
