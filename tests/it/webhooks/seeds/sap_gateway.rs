//! A gateway in front of a system that knows users and passwords alone.

use std::{io::Write, sync::Arc};

use actix_web::web::Data;
use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256};
use base64::{Engine, engine::general_purpose::STANDARD};
use countersign_examples::sap_gateway::{
    PARTNER_KEY, PASSWORD, USER,
    gateway::{CORRELATION, Gateway, config, routes},
    partner::Source,
    secrets::{KeyValueMaps, SecretError, SecretStore, SecretText},
    target::{self, Target},
    tour,
};
use flate2::{Compression, write::GzEncoder};
use tokio::net::TcpListener;

use super::{call, is_as_expected, mac, refused, telling};
use crate::{
    support::{Server, millis},
    wire::{Answer, Raw, Recorder},
};

const HASH: &str = "X-Gigya-Sig-Hmac-Sha1";
const BODY: &[u8] = b"{ \"events\": [ {\"id\":\"e1\"} ],\r\n\t\"n\": 1.0 }";

/// The gateway in front of a target, with the secrets of both.
struct Setup {
    target: Data<Target>,
    secrets: Arc<KeyValueMaps>,
    server: Server,
    _behind: Server,
}

impl Setup {
    fn start() -> Self {
        let (target, secrets) = (Data::new(Target::default()), tour::secrets());
        let behind = Server::start(target::routes(target.clone()));
        let server = gateway(&secrets, &behind.url("/flow"));
        Self { target, secrets, server, _behind: behind }
    }

    async fn send(&self, raw: &Raw) -> Answer {
        raw.send(self.server.port).await
    }
}

fn gateway(secrets: &Arc<KeyValueMaps>, target: &str) -> Server {
    let gateway = Gateway::new(Arc::clone(secrets), target).unwrap().patience(millis(300));
    Server::start(routes(config(secrets).unwrap(), Data::new(gateway)))
}

/// What the script of the page makes of a body, of the bytes that arrived.
fn sample_hash(body: &[u8]) -> String {
    STANDARD.encode(mac(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &STANDARD.decode(PARTNER_KEY).unwrap(), body))
}

fn message(body: &[u8]) -> Raw {
    let raw = Raw::new("POST", "/webhook").field("Content-Type", "application/json").body(body);
    raw.field(HASH, sample_hash(body))
}

#[actix_web::test]
async fn every_answer_of_the_tour_is_as_expected() {
    is_as_expected(&tour::run().await.unwrap(), 13);
}

#[actix_web::test]
async fn what_we_send_is_signed_as_the_script_has_it() {
    let sent = Source::new(PARTNER_KEY).unwrap().message("http://gateway.example/webhook", BODY).unwrap();
    assert_eq!(sent.headers()[HASH], sample_hash(BODY).as_str());
}

#[actix_web::test]
async fn a_message_is_sent_on_to_the_byte_and_with_no_field_that_nobody_signed() {
    let setup = Setup::start();
    let gzip = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(BODY).unwrap();
        encoder.finish().unwrap()
    };
    let long = vec![b'x'; 200_000];
    let bodies = [BODY, b"{}", b"", b"\xff\x00\r\n", &gzip, &long];
    for (body, log) in bodies.into_iter().zip(["log-1"; 6]) {
        for raw in [
            message(body),
            message(body).field("Content-Encoding", "gzip"),
            message(body).field("Authorization", "Basic eDp5").field("X-Forwarded-User", "admin"),
            message(body).replacing("Content-Type", "text/html"),
        ] {
            let answer = setup.send(&raw).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "processed"));
            assert_eq!(answer.field(CORRELATION), Some(log));
            assert_eq!(answer.field("content-type"), Some("text/plain"));
            assert_eq!(answer.field("location"), None);
            let arrived = setup.target.take();
            assert_eq!(arrived.len(), 1);
            assert_eq!(arrived[0].body, body);
            let length = if body.is_empty() { None } else { Some("content-length") };
            let fields = ["accept", "authorization"].into_iter().chain(length).chain(["content-type", "host"]);
            assert_eq!(arrived[0].fields, fields.collect::<Vec<_>>());
        }
    }
}

#[actix_web::test]
async fn a_message_that_does_not_hold_is_a_401_and_never_seen_behind_the_gateway() {
    let setup = Setup::start();
    let good = sample_hash(BODY);
    let sha256 = STANDARD.encode(mac(HMAC_SHA256, &STANDARD.decode(PARTNER_KEY).unwrap(), BODY));
    let as_text = STANDARD.encode(mac(HMAC_SHA1_FOR_LEGACY_USE_ONLY, PARTNER_KEY.as_bytes(), BODY));
    let with = |hash: &str| message(BODY).replacing(HASH, hash);
    let refusals = [
        (message(BODY).body(b"{\"events\":[{\"id\":\"e2\"}]}"), "signature-mismatch"),
        // The same JSON, written anew.
        (message(BODY).body(b"{\"events\":[{\"id\":\"e1\"}],\"n\":1.0}"), "signature-mismatch"),
        (message(BODY).without(HASH), "no-signature"),
        (with(""), "malformed"),
        (with("no hash at all"), "malformed"),
        (with("AAAA"), "signature-mismatch"),
        (with(&sha256), "signature-mismatch"),
        (with(&as_text), "signature-mismatch"),
        (message(BODY).field(HASH, good), "ambiguous"),
    ];
    let telling = {
        let gateway = Gateway::new(Arc::clone(&setup.secrets), "http://127.0.0.1:9/").unwrap();
        Server::start(routes(telling(config(&setup.secrets).unwrap()), Data::new(gateway)))
    };
    let mut answers = Vec::new();
    for (raw, cause) in refusals {
        assert_eq!(call(&telling, &raw).await, refused(cause), "{raw:?}");
        answers.push(setup.send(&raw).await);
    }
    assert_eq!(answers[0].status, 401);
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
    assert!(setup.target.take().is_empty());
}

#[actix_web::test]
async fn the_targets_status_is_passed_back_but_where_it_is_about_ourselves() {
    let setup = Setup::start();
    for status in [200, 201, 202, 204, 400, 403, 404, 409, 422, 429, 500, 503] {
        setup.target.answer_with(status);
        let answer = setup.send(&message(BODY)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.field(CORRELATION), Some("log-1"), "{status}");
        assert_eq!(setup.target.take().len(), 1);
    }
    for status in [301, 302, 307, 401, 407] {
        setup.target.answer_with(status);
        let answer = setup.send(&message(BODY)).await;
        assert_eq!((answer.status, answer.body.as_str()), (502, "the target does not answer\n"), "{status}");
        assert_eq!(answer.field("www-authenticate"), None);
        // No redirect is followed: it would take the password along.
        assert_eq!(setup.target.take().len(), 1);
    }
}

#[actix_web::test]
async fn without_its_secrets_the_gateway_says_so_and_sends_nothing_on() {
    let setup = Setup::start();
    let is_503 = async || {
        let answer = setup.send(&message(BODY)).await;
        assert_eq!((answer.status, answer.field("retry-after")), (503, Some("5")));
        assert!(setup.target.take().is_empty());
    };
    for map in ["", "SourceSystem", "CPI"] {
        setup.secrets.set_down(Some(map));
        is_503().await;
    }
    setup.secrets.set_down(None);
    for (map, name, text) in
        [("SourceSystem", "partner", PARTNER_KEY), ("CPI", "username", USER), ("CPI", "password", PASSWORD)]
    {
        setup.secrets.forget(map, name);
        is_503().await;
        setup.secrets.keep(map, name, SecretText::new(text));
    }
    for no_key in ["", "not Base64!", "AAAA"] {
        setup.secrets.keep("SourceSystem", "partner", SecretText::new(no_key));
        is_503().await;
    }
    setup.secrets.keep("SourceSystem", "partner", SecretText::new(PARTNER_KEY));
    assert_eq!(setup.send(&message(BODY)).await.status, 200);
    // A message that does not hold is none of the store's concern for the password.
    setup.secrets.set_down(Some("CPI"));
    assert_eq!(setup.send(&message(BODY).body(b"{}")).await.status, 401);
}

#[actix_web::test]
async fn a_target_that_is_gone_hangs_up_or_hangs_is_told_apart() {
    let secrets = tour::secrets();
    let gone = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let answer = message(BODY).send(gateway(&secrets, &format!("http://{gone}/flow")).port).await;
    assert_eq!((answer.status, answer.body.as_str()), (502, "the target does not answer\n"));

    let hangs_up = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = hangs_up.local_addr().unwrap();
    actix_web::rt::spawn(async move { while hangs_up.accept().await.is_ok() {} });
    let answer = message(BODY).send(gateway(&secrets, &format!("http://{address}/flow")).port).await;
    assert_eq!((answer.status, answer.body.as_str()), (502, "the target does not answer\n"));

    let hangs = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = hangs.local_addr().unwrap();
    let answer = message(BODY).send(gateway(&secrets, &format!("http://{address}/flow")).port).await;
    assert_eq!((answer.status, answer.body.as_str()), (504, "the target takes too long\n"));
}

#[actix_web::test]
async fn user_and_password_are_those_of_the_store_at_that_moment_and_so_is_the_key() {
    let (secrets, recorder) = (tour::secrets(), Recorder::start("HTTP/1.1 200 OK").await);
    let server = gateway(&secrets, &recorder.url("/flow"));
    let basic = |user: &str, password: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    assert_eq!(message(BODY).send(server.port).await.status, 200);
    assert_eq!(recorder.take().remove(0).value("authorization"), basic(USER, PASSWORD));
    secrets.keep("CPI", "password", SecretText::new("p\u{e4}ss:word"));
    assert_eq!(message(BODY).send(server.port).await.status, 200);
    assert_eq!(recorder.take().remove(0).value("authorization"), basic(USER, "p\u{e4}ss:word"));
    secrets.keep("SourceSystem", "partner", SecretText::new("YW5vdGhlciBrZXkgdGhhbiB0aGUgcGFydG5lcidz"));
    assert_eq!(message(BODY).send(server.port).await.status, 401);
    assert!(recorder.take().is_empty());
}

#[actix_web::test]
async fn neither_the_store_nor_what_it_gives_shows_a_secret() {
    let secrets = tour::secrets();
    let password = secrets.find("CPI", "password").await.unwrap();
    assert_eq!(password.expose(), PASSWORD);
    let shown = format!("{secrets:?} {password:?} {:?}", Gateway::new(secrets.clone(), "http://a.example/").unwrap());
    for secret in [PARTNER_KEY, USER, PASSWORD] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let missing = secrets.find("CPI", "token").await.unwrap_err();
    assert_eq!(missing, SecretError::Missing { map: "CPI", name: "token" });
}
