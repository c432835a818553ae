//! Gnatta: method, time and body, by keys that change on either side.

use std::{fs, path::PathBuf};

use actix_web::web;
use countersign::{
    KeyId, KeyRing, RingCaller, RingError, RingKey, RingLoader, RingPolicy, RingSigner, SharedKeyRing,
    webhook::{At, Preset, Webhook},
};
use countersign_actix::Signed;
use countersign_reqwest::SigningMiddleware;
use reqwest::{Method, Request};
use reqwest_middleware::ClientBuilder;
use serde_json::Value;

use super::{
    ACCEPTED, Receiver, URL, VerifyingPeer, client, config, earlier, later, preset, send, set_body, signer, unchanged,
    without,
};
use crate::{
    peers::{Exchanges, PeerServer, run, text},
    support::{Server, now},
};

const SCRIPT: &str = "webhooks/gnatta.py";
const KEY: &str = "H7n/xIdzjIhTwN9v7U6CIIFQBRxG8EVgbqRxkhAKl+8=";
const OTHER: &str = "2ScMEx1wHqD/RvJiXenFkRyRG5Yl6oUFowM0eNUlyi4=";

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn what_gnatta_sends_is_accepted_as_it_was_signed_and_in_time() {
    let mut from_gnatta = Receiver::new(&preset("gnatta"), &[OTHER, KEY]);
    for method in ["GET", "POST", "DELETE"] {
        from_gnatta.expect(SCRIPT, &["send", method, URL, "--key", KEY], ACCEPTED).await;
    }
    let mut expect = async |more: &[&str], expected| {
        let args = [&["send", "POST", URL, "--key", KEY, "--body", r#"{"name":"Zoë"}"#], more].concat();
        from_gnatta.expect(SCRIPT, &args, expected).await;
    };
    expect(&[], ACCEPTED).await;
    expect(&["--precise"], ACCEPTED).await;
    expect(&["--body-base64", "//4AYmluYXJ5"], ACCEPTED).await;
    expect(&["--offset", "-280"], ACCEPTED).await;
    expect(&["--offset", "280"], ACCEPTED).await;
    expect(&["--offset", "-302"], "too-old").await;
    expect(&["--offset", "310"], "in-future").await;
    expect(&["--timestamp", "yesterday"], "malformed").await;
    expect(&["--sent-method", "PUT"], "signature-mismatch").await;
    expect(&["--sent-body", "{}"], "signature-mismatch").await;
    expect(&["--omit", "x-request-timestamp"], "absent").await;
    expect(&["--omit", "x-request-signature"], "no-signature").await;
    expect(&["--header", "x-gnatta-signature"], "no-signature").await;
    expect(&["--key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="], "signature-mismatch").await;
    from_gnatta.report("gnatta.py");
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn the_field_of_gnattas_signature_is_the_one_that_was_set() {
    let mut spec = Preset::named("gnatta").unwrap().spec();
    spec.signature.at = At::header("x-gnatta-signature");
    let mut from_gnatta = Receiver::new(&Webhook::new("gnatta", spec).unwrap(), &[KEY]);
    let args = ["send", "POST", URL, "--key", KEY, "--header", "x-gnatta-signature"];
    from_gnatta.expect(SCRIPT, &args, ACCEPTED).await;
    from_gnatta.expect(SCRIPT, &args[..5], "no-signature").await;
    from_gnatta.report("gnatta.py");
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn what_is_signed_with_gnattas_key_is_accepted_where_gnattas_requests_are() {
    let webhook = preset("gnatta");
    let serve = ["serve", "--key", OTHER, "--key", KEY];
    let mut to_peer = VerifyingPeer::new(SCRIPT, &serve, signer(&webhook, &[KEY]));
    let url = to_peer.server.url("/hook?page=2");
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let request = client().request(method.clone(), &url).build().unwrap();
        let said = to_peer.expect(method.as_str(), request, ACCEPTED).await;
        assert_eq!(said["key"], 1);
    }
    let request = || client().post(&url).body(r#"{"name":"Zoë"}"#).build().unwrap();
    let put = |request: &mut Request| *request.method_mut() = Method::PUT;
    to_peer.expect("a body", request(), ACCEPTED).await;
    to_peer.expect_changed("a little late", request(), earlier(280), unchanged, ACCEPTED).await;
    to_peer.expect_changed("too late", request(), earlier(302), unchanged, "stale").await;
    to_peer.expect_changed("ahead", request(), later(310), unchanged, "future").await;
    to_peer.expect_changed("another body", request(), now(), set_body("{}"), "mismatch").await;
    to_peer.expect_changed("another method", request(), now(), put, "mismatch").await;
    to_peer.expect_changed("no time", request(), now(), without("x-request-timestamp"), "timeless").await;
    to_peer.expect_changed("not signed", request(), now(), without("x-request-signature"), "unsigned").await;
    to_peer.signer = signer(&webhook, &["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]);
    to_peer.expect("an unknown key", request(), "mismatch").await;
    to_peer.report("gnatta.py");
}

/// The peer's keys, in a file of its own.
struct TheirRing(PathBuf);

impl TheirRing {
    fn new(test: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.json"));
        let _ = fs::remove_file(&path);
        Self(path)
    }

    fn file(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Does it, and gives the keys.
    fn manage(&self, action: &[&str]) -> Vec<Value> {
        let keys = run(SCRIPT, &[&["ring", self.file()], action].concat());
        keys["keys"].as_array().unwrap().clone()
    }

    /// The text of a new key, for the other side to be told.
    fn generate(&self) -> String {
        text(self.manage(&["generate"]).last().unwrap(), "text")
    }
}

fn key(webhook: &Webhook, id: &str, secret: &str) -> RingKey {
    RingKey::new(webhook.signing_key(id, secret).unwrap(), now()).unwrap()
}

/// A change of our ring. What it cannot do is the test's own mistake.
fn change(ring: &SharedKeyRing, change: impl FnOnce(&mut KeyRing) -> Result<(), RingError>) {
    ring.update(change).unwrap();
}

fn id(text: &str) -> KeyId {
    text.parse().unwrap()
}

async fn matched(request: Signed<web::Bytes, RingCaller>) -> String {
    let key = request.caller().matched(request.proof()).unwrap();
    format!("{} {}", key.id, key.state)
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn gnatta_changes_its_key_and_a_receiver_that_accepts_the_pending_one_refuses_nothing() {
    let (webhook, theirs, mut exchanges) = (preset("gnatta"), TheirRing::new("gnatta-sends"), Exchanges::default());
    let policy = RingPolicy::one_at_a_time().accept_pending(true);
    let ours = SharedKeyRing::new(KeyRing::new(policy));
    let config = config(&webhook, RingLoader::new(ours.clone(), now));
    let server = Server::start(move |app| {
        app.app_data(config.clone()).default_service(web::to(matched));
    });
    let url = server.url("/hook");
    let mut expect = async |what: &str, expected: &str| {
        let answer = send(SCRIPT, &["send", "POST", &url, "--ring", theirs.file()]).await;
        exchanges.expect(what, &answer["body"].as_str(), &Some(expected));
        answer
    };

    expect("before there is a key", "no-signature").await;
    let first = theirs.generate();
    expect("a key that is pending", "no-signature").await;
    theirs.manage(&["activate"]);
    expect("a key that we were not told", "unknown-key").await;
    change(&ours, |ring| ring.add_active(key(&webhook, "first", &first), now()));
    expect("the first key", "first active").await;

    let second = theirs.generate();
    change(&ours, |ring| ring.add_pending(key(&webhook, "second", &second)));
    expect("both know the second", "first active").await;
    theirs.manage(&["activate"]);
    expect("they have changed over", "second pending").await;
    change(&ours, |ring| ring.activate(&id("second"), now()));
    expect("we have, too", "second active").await;

    // The second was a mistake: the first comes back by the same way.
    theirs.manage(&["restore", "1"]);
    expect("restored is not active", "second active").await;
    theirs.manage(&["activate"]);
    expect("we have disposed of it", "signature-mismatch").await;
    change(&ours, |ring| ring.restore(&id("first")));
    expect("we have restored it", "first pending").await;
    change(&ours, |ring| ring.activate(&id("first"), now()));
    expect("and activated", "first active").await;

    // One that is replaced while it is pending was never used.
    let replaced = theirs.generate();
    theirs.generate();
    change(&ours, |ring| ring.add_pending(key(&webhook, "replaced", &replaced)));
    theirs.manage(&["activate"]);
    let answer = expect("the one that replaced it", "signature-mismatch").await;
    exchanges.report("gnatta.py", &text(&answer, "version"));
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn a_key_is_changed_as_gnatta_does_and_a_receiver_that_was_told_of_it_refuses_nothing() {
    let (webhook, mut exchanges) = (preset("gnatta"), Exchanges::default());
    let peer = PeerServer::start(SCRIPT, &["serve", "--key", KEY, "--key", OTHER]);
    let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::one_at_a_time()));
    let middleware = SigningMiddleware::new(RingSigner::new(webhook.clone(), &ring, now()).unwrap());
    let client = ClientBuilder::new(client()).with(middleware).build();
    let mut expect = async |what: &str, expected: u64| {
        let answer: Value = client.post(peer.url("/")).body("{}").send().await.unwrap().json().await.unwrap();
        exchanges.expect(what, &answer["key"].as_u64(), &Some(expected));
    };
    change(&ring, |ring| ring.add_active(key(&webhook, "first", KEY), now()));
    expect("the first key", 0).await;
    change(&ring, |ring| ring.add_pending(key(&webhook, "second", OTHER)));
    expect("the second is pending", 0).await;
    change(&ring, |ring| ring.activate(&id("second"), now()));
    expect("the second is active", 1).await;
    change(&ring, |ring| ring.restore(&id("first")));
    change(&ring, |ring| ring.activate(&id("first"), now()));
    expect("the first again", 0).await;
    exchanges.report("gnatta.py", &peer.version);
}
