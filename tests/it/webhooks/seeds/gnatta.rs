//! Gnatta's signing keys.

use actix_web::web::Data;
use aws_lc_rs::hmac::HMAC_SHA256;
use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{KeyError, KeyId, KeyState, RingError, UpdateError};
use countersign_examples::gnatta::{
    keys::{Keys, OVERLAP},
    layout,
    receiver::{Count, config, routes},
    sender::Sender,
    tour,
};
use reqwest::Method;

use super::{NOW, call, is_as_expected, mac, refused, telling};
use crate::{
    support::{Server, now},
    wire::{Raw, Recorder},
};

const FIELD: &str = "x-request-signature";
const TIME: &str = "2023-11-14T22:13:20Z";
const SECRET: &[u8] = b"a secret of the sample's";

fn id(text: &str) -> KeyId {
    text.parse().unwrap()
}

fn receiver(field: &str) -> (Server, Data<Count>) {
    let keys = Keys::of_receiver(layout(field).unwrap());
    keys.take_over(&id("key-1"), &STANDARD.encode(SECRET), NOW).unwrap();
    keys.activate(&id("key-1"), NOW).unwrap();
    let count = Data::new(Count::default());
    (Server::start(routes(telling(config(&keys)), count.clone())), count)
}

/// What the provider's sample makes of a request.
fn sample_signature(method: &str, time: &str, body: &str) -> String {
    STANDARD.encode(mac(HMAC_SHA256, SECRET, [method, time, body].join("|").as_bytes()))
}

fn sampled(method: &str, time: &str, body: &str) -> Raw {
    let raw = Raw::new(method, "/gnatta").field("X-Request-Timestamp", time);
    let raw = raw.field(FIELD, sample_signature(method, time, body));
    if body.is_empty() { raw } else { raw.body(body.as_bytes()) }
}

fn done(text: &str) -> (u16, String) {
    (200, text.to_owned())
}

#[actix_web::test]
async fn every_answer_of_the_tour_is_as_expected() {
    is_as_expected(&tour::run().await.unwrap(), 19);
}

#[actix_web::test]
async fn what_the_sample_signs_is_accepted_for_any_method_and_nothing_that_was_changed() {
    let (server, count) = receiver(FIELD);
    let signed = sampled("POST", TIME, "{}");
    assert_eq!(call(&server, &signed).await, done("POST of 2 bytes, key-1 active"));
    assert_eq!(call(&server, &sampled("GET", TIME, "")).await, done("GET of 0 bytes, key-1 active"));
    assert_eq!(call(&server, &sampled("DELETE", TIME, "")).await, done("DELETE of 0 bytes, key-1 active"));
    assert_eq!(count.so_far(), 3);
    let mut put = signed.clone();
    put.method = "PUT".to_owned();
    for (raw, cause) in [
        (put, "signature-mismatch"),
        (signed.clone().body(b"{} "), "signature-mismatch"),
        (signed.clone().body(b""), "signature-mismatch"),
        (sampled("GET", TIME, "").body(b"{}"), "signature-mismatch"),
        (signed.clone().replacing("X-Request-Timestamp", "2023-11-14T22:13:21Z"), "signature-mismatch"),
        (signed.clone().replacing("X-Request-Timestamp", "2023-11-14T23:13:20+01:00"), "signature-mismatch"),
        (signed.clone().without("X-Request-Timestamp"), "absent"),
        (signed.clone().field("X-Request-Timestamp", TIME), "ambiguous"),
        (signed.clone().field(FIELD, "AAAA"), "ambiguous"),
        (signed.clone().replacing(FIELD, "!"), "malformed"),
        (signed.without(FIELD), "no-signature"),
    ] {
        assert_eq!(call(&server, &raw).await, refused(cause), "{raw:?}");
    }
    assert_eq!(count.so_far(), 3);
}

#[actix_web::test]
async fn a_request_is_accepted_for_five_minutes_either_way_and_no_longer() {
    let (server, count) = receiver(FIELD);
    for (time, expected) in [
        ("2023-11-14T22:08:19Z", refused("too-old")),
        ("2023-11-14T22:08:20Z", done("POST of 2 bytes, key-1 active")),
        ("2023-11-14T22:18:20Z", done("POST of 2 bytes, key-1 active")),
        ("2023-11-14T22:18:21Z", refused("in-future")),
        ("2017-01-01T15:35:00Z", refused("too-old")),
    ] {
        assert_eq!(call(&server, &sampled("POST", time, "{}")).await, expected, "{time}");
    }
    assert_eq!(count.so_far(), 2);
}

#[actix_web::test]
async fn the_field_of_the_signature_is_the_one_that_was_said_and_no_other() {
    let (server, count) = receiver("x-our-signature");
    let signed = sampled("POST", TIME, "{}");
    assert_eq!(call(&server, &signed).await, refused("no-signature"));
    let ours = signed.field("X-Our-Signature", sample_signature("POST", TIME, "{}"));
    assert_eq!(call(&server, &ours).await, done("POST of 2 bytes, key-1 active"));
    assert_eq!(count.so_far(), 1);
    assert!(layout("not a name").is_err());
}

#[actix_web::test]
async fn what_we_send_is_signed_as_the_sample_has_it() {
    let keys = Keys::of_sender(layout(FIELD).unwrap());
    let text = keys.generate(&id("key-1"), now()).unwrap();
    keys.activate(&id("key-1"), now()).unwrap();
    let secret = STANDARD.decode(text.as_bytes()).unwrap();
    assert_eq!(secret.len(), 32);
    let recorder = Recorder::start("HTTP/1.1 200 OK").await;
    let sender = Sender::new(&keys).unwrap();
    for (method, body) in [(Method::POST, "{}"), (Method::GET, "")] {
        sender.send(method.clone(), &recorder.url("/gnatta"), body).await.unwrap();
        let sent = recorder.take().remove(0);
        let message = format!("{method}|{}|{body}", sent.value("x-request-timestamp"));
        assert_eq!(sent.value(FIELD), STANDARD.encode(mac(HMAC_SHA256, &secret, message.as_bytes())));
    }
}

#[actix_web::test]
async fn keys_change_under_load_and_no_request_is_refused() {
    let webhook = layout(FIELD).unwrap();
    let (ours, theirs) = (Keys::of_sender(webhook.clone()), Keys::of_receiver(webhook));
    theirs.take_over(&id("0"), &ours.generate(&id("0"), now()).unwrap(), now()).unwrap();
    for keys in [&theirs, &ours] {
        keys.activate(&id("0"), now()).unwrap();
    }
    let count = Data::new(Count::default());
    let server = Server::start(routes(config(&theirs), count.clone()));
    let sender = Sender::new(&ours).unwrap();
    let refused = tour::rotate_under_load(&ours, &theirs, &sender, &server.url("/gnatta")).await.unwrap();
    assert_eq!(refused, "0 refused");
    assert!(count.so_far() >= 200, "{}", count.so_far());
    assert!(ours.states().ends_with("rotated-4 disposed, rotated-5 active"), "{}", ours.states());
    assert!(theirs.states().ends_with("rotated-4 retiring, rotated-5 active"), "{}", theirs.states());
}

#[test]
fn one_key_is_pending_and_one_is_active_and_a_disposed_one_is_restored() {
    let keys = Keys::of_sender(layout(FIELD).unwrap());
    let mut texts = Vec::new();
    for name in ["1", "2"] {
        texts.push(keys.generate(&id(name), NOW).unwrap());
    }
    assert_ne!(texts[0], texts[1]);
    assert_eq!(keys.states(), "1 disposed, 2 pending");
    keys.activate(&id("2"), NOW).unwrap();
    keys.generate(&id("3"), NOW).unwrap();
    assert_eq!(keys.states(), "1 disposed, 2 active, 3 pending");
    keys.activate(&id("3"), NOW).unwrap();
    assert_eq!(keys.states(), "1 disposed, 2 disposed, 3 active");
    keys.restore(&id("2")).unwrap();
    keys.restore(&id("1")).unwrap();
    assert_eq!(keys.states(), "1 pending, 2 disposed, 3 active");
    keys.dispose(&id("3")).unwrap();
    assert!(keys.ring().snapshot().signing(NOW).is_empty());
    let active = keys.restore(&id("1")).unwrap_err();
    let pending = KeyState::Pending;
    assert!(
        matches!(&active, UpdateError::Refused(RingError::NotDisposed { state, .. }) if *state == pending),
        "{active}"
    );
    assert!(keys.generate(&id("2"), NOW).is_err());
}

#[actix_web::test]
async fn a_receiver_accepts_what_is_pending_active_or_before_it_and_refuses_what_is_disposed() {
    let webhook = layout(FIELD).unwrap();
    let (ours, theirs) = (Keys::of_sender(webhook.clone()), Keys::of_receiver(webhook));
    let server = Server::start(routes(config(&theirs), Data::new(Count::default())));
    let sender = Sender::new(&ours).unwrap();
    let url = server.url("/gnatta");
    let is = async |expected: &str| assert_eq!(sender.send(Method::POST, &url, "{}").await.unwrap(), expected);
    let text = ours.generate(&id("1"), now()).unwrap();
    ours.activate(&id("1"), now()).unwrap();
    is("401").await;
    theirs.take_over(&id("1"), &text, now()).unwrap();
    is("200 POST of 2 bytes, 1 pending").await;
    theirs.activate(&id("1"), now()).unwrap();
    is("200 POST of 2 bytes, 1 active").await;
    theirs.take_over(&id("2"), &STANDARD.encode([9; 32]), now()).unwrap();
    theirs.activate(&id("2"), now()).unwrap();
    is("200 POST of 2 bytes, 1 retiring").await;
    theirs.dispose(&id("1")).unwrap();
    is("401").await;
    theirs.restore(&id("1")).unwrap();
    is("200 POST of 2 bytes, 1 pending").await;
}

#[test]
fn a_key_that_was_retiring_is_restored_though_its_time_is_over() {
    let keys = Keys::of_receiver(layout(FIELD).unwrap());
    for name in ["1", "2"] {
        keys.take_over(&id(name), &STANDARD.encode([9; 32]), NOW).unwrap();
        keys.activate(&id(name), NOW).unwrap();
    }
    let accepted = |at| keys.ring().snapshot().verifying(at, None).keys().len();
    assert_eq!((accepted(NOW), accepted(NOW.plus(OVERLAP))), (2, 1));
    keys.restore(&id("1")).unwrap();
    assert_eq!(accepted(NOW.plus(OVERLAP)), 2);
    assert_eq!(keys.states(), "1 pending, 2 active");
}

#[test]
fn a_key_that_was_handed_over_signs_nothing() {
    let keys = Keys::of_receiver(layout(FIELD).unwrap());
    keys.take_over(&id("1"), &STANDARD.encode([9; 32]), NOW).unwrap();
    keys.activate(&id("1"), NOW).unwrap();
    assert!(keys.ring().snapshot().signing(NOW).is_empty());
    assert_eq!(keys.ring().snapshot().verifying(NOW, None).keys().len(), 1);
}

#[test]
fn the_key_that_the_sample_prints_is_none_and_no_key_is_shown() {
    let keys = Keys::of_receiver(layout(FIELD).unwrap());
    let printed = keys.take_over(&id("1"), &"0".repeat(73), NOW).unwrap_err();
    assert_eq!(printed.downcast_ref(), Some(&KeyError::Encoding("Base64")));
    let short = keys.take_over(&id("1"), "AAAA", NOW).unwrap_err();
    assert_eq!(short.downcast_ref(), Some(&KeyError::ShortSecret(3)));
    let keys = Keys::of_sender(layout(FIELD).unwrap());
    let text = keys.generate(&id("1"), NOW).unwrap();
    assert!(!format!("{keys:?}").contains(&*text));
}
