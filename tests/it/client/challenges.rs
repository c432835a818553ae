//! Servers that ask for more to be covered.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use actix_web::{
    dev::Service,
    web::{self, Bytes},
};
use aws_lc_rs::hmac;
use countersign::{
    Algorithm, Cavage, Component, KeyMetadata, KeyRing, Policy, RingKey, RingPolicy, RingSigner, SharedKeyRing,
    Signature, Signer, When,
};
use countersign_actix::{SignatureConfig, SignatureGuard, Signed};
use countersign_reqwest::{ClockCorrection, Keychain, Keys, Redirects, Signing, SigningClientBuilder};
use reqwest::{Body, Client};
use reqwest_middleware::{ClientWithMiddleware, RequestBuilder};

use super::{NOW, OK, covered};
use crate::{
    support::{Events, SECRET, Server, alices_keys, now, secs, signer, signing_key},
    wire::{Raw, Recorder},
};

const STANDARD: &str = "(request-target) host date";
const WITH_ID: &str = "(request-target) host date x-request-id";

fn named(names: &[&str]) -> Vec<Component> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn answering(names: &[&str]) -> Signing {
    Signing::new(signer("alice")).answering_challenges(named(names))
}

fn client(signing: Signing) -> ClientWithMiddleware {
    SigningClientBuilder::new(signing).reqwest(Client::builder().no_proxy()).build().unwrap()
}

/// An answer that asks for the standard list and this.
fn asking(names: &str) -> String {
    challenging(&format!(r#"Signature realm="r",headers="{STANDARD} {names}""#))
}

fn challenging(challenge: &str) -> String {
    format!("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}")
}

/// A server that asks for these until they are covered.
async fn wanting(names: &'static [&str]) -> Recorder {
    Recorder::answering(move |request, _| {
        let signature = request.value("signature");
        let all = names.iter().all(|name| signature.contains(name));
        Some(if all { OK.to_owned() } else { asking(&names.join(" ")) })
    })
    .await
}

/// The status of the answer, and what each request covered that it took.
async fn outcome(request: RequestBuilder, server: &Recorder) -> (u16, Vec<String>) {
    let status = request.send().await.unwrap().status().as_u16();
    (status, server.take().iter().map(|raw| covered(raw, now())).collect())
}

fn get(client: &ClientWithMiddleware, server: &Recorder) -> RequestBuilder {
    client.get(server.url("/")).header("X-Request-Id", "8a2c")
}

/// Our own server, whose policy requires one component more, and how many requests it got.
fn demanding(name: &str) -> (Server, Arc<AtomicUsize>) {
    async fn proof(request: Signed<Bytes, &'static str>) -> String {
        request.proof().covered().to_string()
    }
    let requests = Arc::<AtomicUsize>::default();
    let policy = Policy::default().require(name.parse().unwrap(), When::Always);
    let count = Arc::clone(&requests);
    let server = Server::start(move |app| {
        let count = Arc::clone(&count);
        let guard = SignatureGuard::new(SignatureConfig::new(alices_keys()).policy(policy.clone()));
        let counted = web::scope("").wrap(guard).wrap_fn(move |request, next| {
            count.fetch_add(1, Ordering::SeqCst);
            next.call(request)
        });
        app.service(counted.default_service(web::to(proof)));
    });
    (server, requests)
}

/// The status, the body where it was accepted, and the requests that it took.
async fn asked(request: RequestBuilder, requests: &AtomicUsize) -> (u16, String, usize) {
    let answer = request.header("X-Request-Id", "8a2c").send().await.unwrap();
    let status = answer.status().as_u16();
    let text = if status == 200 { answer.text().await.unwrap() } else { String::new() };
    (status, text, requests.swap(0, Ordering::SeqCst))
}

#[actix_web::test]
async fn our_server_is_given_what_it_asks_for_where_that_is_allowed() {
    for (name, other) in [("x-request-id", "content-length"), ("content-length", "x-request-id")] {
        let (server, requests) = demanding(name);
        let url = server.url("/orders?page=2");
        for names in [&[][..], &[other], &["host", "date", "x-other"]] {
            assert_eq!(
                asked(client(answering(names)).get(&url), &requests).await,
                (401, String::new(), 1),
                "{names:?}"
            );
        }
        for names in [&[name][..], &[other, name]] {
            let client = client(answering(names));
            let get = asked(client.get(&url), &requests).await;
            assert_eq!(get, (200, format!("{STANDARD} {name}"), 2));
            let post = asked(client.post(&url).json(&serde_json::json!({})), &requests).await;
            assert_eq!(post, (200, format!("{STANDARD} digest content-type {name}"), 2));
        }
    }
}

#[actix_web::test]
async fn no_challenge_is_answered_unless_it_is_asked_for() {
    let (server, requests) = demanding("x-request-id");
    let client = client(Signing::new(signer("alice")));
    assert_eq!(asked(client.get(server.url("/")), &requests).await, (401, String::new(), 1));
}

#[actix_web::test]
async fn what_is_asked_for_beside_what_is_allowed_is_not_signed_in_part() {
    let server = wanting(&["x-request-id", "x-other"]).await;
    let request = get(&client(answering(&["x-request-id"])), &server).header("X-Other", "1");
    assert_eq!(outcome(request, &server).await, (401, vec![STANDARD.to_owned()]));
    let request = get(&client(answering(&["x-request-id", "x-other"])), &server).header("X-Other", "1");
    assert_eq!(outcome(request, &server).await, (200, vec![STANDARD.to_owned(), format!("{WITH_ID} x-other")]));
}

#[actix_web::test]
async fn where_the_request_lacks_what_is_asked_for_the_401_is_the_answer() {
    let (events, _guard) = Events::capture();
    let server = wanting(&["x-request-id"]).await;
    let request = client(answering(&["x-request-id"])).get(server.url("/"));
    assert_eq!(outcome(request, &server).await, (401, vec![STANDARD.to_owned()]));
    assert!(events.take_client().is_empty());
}

/// Our own server lists a type with every body, and some bodies have none.
#[actix_web::test]
async fn a_type_that_is_asked_for_and_absent_is_no_reason_to_give_up() {
    let (server, requests) = demanding("x-request-id");
    let client = client(answering(&["x-request-id"]));
    let post = client.post(server.url("/")).header("X-Request-Id", "8a2c").body("{}");
    assert_eq!(asked(post, &requests).await, (200, format!("{STANDARD} digest x-request-id"), 2));
}

#[actix_web::test]
async fn a_digest_and_a_length_that_are_asked_for_are_made() {
    let server = wanting(&["digest", "content-length"]).await;
    let client = client(answering(&["digest", "content-length"]));
    let expected = vec![STANDARD.to_owned(), format!("{STANDARD} digest content-length")];
    assert_eq!(outcome(get(&client, &server), &server).await, (200, expected));
}

#[actix_web::test]
async fn what_is_asked_for_is_added_and_nothing_is_left_out() {
    let challenge = challenging(r#"Signature headers="x-request-id date""#);
    let server = Recorder::answering(move |_, before| Some(if before == 0 { &challenge } else { OK }.to_owned())).await;
    let client = client(answering(&["x-request-id"]));
    let request = client.post(server.url("/")).header("X-Request-Id", "8a2c").body("{}");
    let expected = ["", " x-request-id"].map(|more| format!("{STANDARD} digest{more}"));
    assert_eq!(outcome(request, &server).await, (200, expected.to_vec()));
}

#[actix_web::test]
async fn a_server_that_asks_for_ever_gets_two_requests() {
    let asks = [asking("x-request-id"), asking("x-request-id digest"), asking("x-request-id digest content-length")];
    let server = Recorder::answering(move |_, before| {
        (before < 9).then(|| format!("{}\r\nX-Number: {before}", asks.get(before).unwrap_or(&asks[2])))
    })
    .await;
    let client = client(answering(&["x-request-id", "digest", "content-length"]));
    let answer = get(&client, &server).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["x-number"].as_bytes()), (401, &b"1"[..]));
    let seen: Vec<_> = server.take().iter().map(|raw| covered(raw, now())).collect();
    assert_eq!(seen, [STANDARD, WITH_ID]);

    let same = Recorder::answering(|_, before| (before < 9).then(|| asking("x-request-id"))).await;
    assert_eq!(outcome(get(&client, &same), &same).await, (401, vec![STANDARD.to_owned(), WITH_ID.to_owned()]));
}

#[actix_web::test]
async fn the_next_call_starts_anew() {
    let server = wanting(&["x-request-id"]).await;
    let client = client(answering(&["x-request-id"]));
    for _ in 0..2 {
        let expected = vec![STANDARD.to_owned(), WITH_ID.to_owned()];
        assert_eq!(outcome(get(&client, &server), &server).await, (200, expected));
    }
}

#[actix_web::test]
async fn a_server_that_minds_the_time_first_is_given_both() {
    let (server, requests) = demanding("x-request-id");
    for fast in [false, true] {
        let wrong = move || if fast { now().plus(secs(600)) } else { now().minus(secs(600)) };
        let correction = ClockCorrection::default();
        let signing = answering(&["x-request-id"]).clock(wrong).correcting_the_clock(correction);
        let client = client(signing);
        assert_eq!(asked(client.get(server.url("/")), &requests).await, (200, WITH_ID.to_owned(), 3));
        assert_eq!(asked(client.get(server.url("/")), &requests).await, (200, WITH_ID.to_owned(), 2));
    }
}

#[actix_web::test]
async fn a_server_that_minds_the_time_last_is_given_both() {
    let theirs = NOW.plus(secs(600));
    let server = Recorder::answering(move |request, _| {
        let asks = !request.value("signature").contains("x-request-id");
        let off = request.value("date") != theirs.to_http_date();
        Some(match (asks, off) {
            (true, _) => asking("x-request-id"),
            (false, true) => format!("HTTP/1.1 401 Unauthorized\r\nDate: {}", theirs.to_http_date()),
            (false, false) => OK.to_owned(),
        })
    })
    .await;
    let signing = answering(&["x-request-id"]).clock(|| NOW).correcting_the_clock(ClockCorrection::default());
    assert_eq!(get(&client(signing), &server).send().await.unwrap().status(), 200);
    let seen: Vec<_> = server.take().iter().zip([NOW, NOW, theirs]).map(|(raw, time)| covered(raw, time)).collect();
    assert_eq!(seen, [STANDARD, WITH_ID, WITH_ID]);
}

#[actix_web::test]
async fn a_challenge_that_cannot_be_read_one_way_only_is_no_question() {
    let ours = format!(r#"Signature realm="r",headers="{WITH_ID}""#);
    let long = format!(r#"Signature realm="{}",headers="{WITH_ID}""#, "r".repeat(9 * 1024));
    for fields in [
        String::new(),
        "\r\nWWW-Authenticate: ".to_owned(),
        "\r\nWWW-Authenticate: Basic realm=\"r\"".to_owned(),
        "\r\nWWW-Authenticate: Signature".to_owned(),
        "\r\nWWW-Authenticate: Signature realm=\"r\"".to_owned(),
        "\r\nWWW-Authenticate: Signature headers=\"\"".to_owned(),
        "\r\nWWW-Authenticate: Signature headers=\"x-request-id\"x".to_owned(),
        "\r\nWWW-Authenticate: Signature headers=\"x-request-id".to_owned(),
        "\r\nWWW-Authenticate: Signature headers=\"x-request-id x-request-id\"".to_owned(),
        "\r\nWWW-Authenticate: Signature headers=\"x-request-id\",headers=\"x-request-id\"".to_owned(),
        "\r\nWWW-Authenticate: ;;;".to_owned(),
        format!("\r\nWWW-Authenticate: {ours}, {ours}"),
        format!("\r\nWWW-Authenticate: {ours}\r\nWWW-Authenticate: {ours}"),
        format!("\r\nWWW-Authenticate: {ours}\r\nWWW-Authenticate: ;;;"),
        format!("\r\nWWW-Authenticate: {long}"),
        format!("\r\nProxy-Authenticate: {ours}"),
    ] {
        let server = Recorder::start(&format!("HTTP/1.1 401 Unauthorized{fields}")).await;
        let client = client(answering(&["x-request-id"]));
        let found = outcome(get(&client, &server), &server).await;
        assert_eq!(found, (401, vec![STANDARD.to_owned()]), "{fields}");
    }
}

#[actix_web::test]
async fn a_challenge_of_another_scheme_beside_ours_is_passed_over() {
    for fields in [
        format!(r#"Basic realm="r", Signature headers="{WITH_ID}""#),
        format!("Bearer\r\nWWW-Authenticate: signature HEADERS=\"{WITH_ID}\", realm=r"),
    ] {
        let answer = challenging(&fields);
        let server = Recorder::answering(move |_, before| (before < 9).then(|| answer.clone())).await;
        let client = client(answering(&["x-request-id"]));
        let found = outcome(get(&client, &server), &server).await;
        assert_eq!(found, (401, vec![STANDARD.to_owned(), WITH_ID.to_owned()]), "{fields}");
    }
}

#[actix_web::test]
async fn no_status_but_401_asks_for_anything() {
    for status in [200, 400, 403, 407, 500] {
        let answer = asking("x-request-id").replace("401 Unauthorized", &format!("{status} Status"));
        let server = Recorder::start(&answer).await;
        let client = client(answering(&["x-request-id"]));
        assert_eq!(outcome(get(&client, &server), &server).await, (status, vec![STANDARD.to_owned()]));
    }
}

/// A server whose `/old` leads elsewhere, and which wants an id everywhere else, or there too.
async fn moved(location: String, everywhere: bool) -> Recorder {
    Recorder::answering(move |request, _| {
        let is_old = request.target == "/old";
        let asks = (everywhere || !is_old) && !request.value("signature").contains("x-request-id");
        let moved = || format!("HTTP/1.1 307 Moved\r\nLocation: {location}");
        Some(if asks {
            asking("x-request-id")
        } else if is_old {
            moved()
        } else {
            OK.to_owned()
        })
    })
    .await
}

fn shown(seen: &[Raw]) -> Vec<(String, String)> {
    seen.iter().map(|raw| (raw.target.clone(), covered(raw, now()))).collect()
}

fn pair(target: &str, covered: &str) -> (String, String) {
    (target.to_owned(), covered.to_owned())
}

#[actix_web::test]
async fn a_challenge_behind_a_redirect_is_answered() {
    let server = moved("/new".to_owned(), false).await;
    let client_here = client(answering(&["x-request-id"]));
    let answer = client_here.get(server.url("/old")).header("X-Request-Id", "8a2c").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let expected = [pair("/old", STANDARD), pair("/new", STANDARD), pair("/new", WITH_ID)];
    assert_eq!(shown(&server.take()), expected);

    let allowed = wanting(&["x-request-id"]).await;
    let server = moved(allowed.url("/new"), false).await;
    let redirects = Redirects::default().allowing(server.url("").parse().unwrap(), allowed.url("").parse().unwrap());
    let client = client(answering(&["x-request-id"]).following(redirects));
    let answer = client.post(server.url("/old")).header("X-Request-Id", "8a2c").body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let expected = ["", " x-request-id"].map(|more| pair("/new", &format!("{STANDARD} digest{more}")));
    assert_eq!(shown(&allowed.take()), expected);
}

#[actix_web::test]
async fn what_one_server_asked_for_is_not_signed_for_the_next_and_no_second_one_is_answered() {
    let server = moved("/new".to_owned(), true).await;
    let request = client(answering(&["x-request-id"])).get(server.url("/old")).header("X-Request-Id", "8a2c");
    assert_eq!(request.send().await.unwrap().status(), 401);
    let expected = [pair("/old", STANDARD), pair("/old", WITH_ID), pair("/new", STANDARD)];
    assert_eq!(shown(&server.take()), expected);
}

#[actix_web::test]
async fn a_stranger_behind_a_redirect_gets_no_signature_however_it_asks() {
    let stranger = Recorder::start(&asking("x-request-id")).await;
    let server = moved(stranger.url("/new"), false).await;
    let client = client(answering(&["x-request-id", "host", "date"]));
    let answer = client.get(server.url("/old")).header("X-Request-Id", "8a2c").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let [raw] = &stranger.take()[..] else { panic!("not one request") };
    assert!(raw.fields.iter().all(|(name, _)| !["signature", "date", "x-request-id"].contains(&name.as_str())));
}

#[actix_web::test]
async fn a_request_that_was_not_signed_is_not_signed_since_a_server_asks() {
    let server = Recorder::start(&asking("x-request-id")).await;
    let keys = Keychain::new().with("https://api.example".parse().unwrap(), signer("alice")).others_unsigned();
    let client = client(Signing::new(keys).answering_challenges(named(&["x-request-id"])));
    assert_eq!(get(&client, &server).send().await.unwrap().status(), 401);
    let [raw] = &server.take()[..] else { panic!("not one request") };
    assert!(raw.fields.iter().all(|(name, _)| name != "signature"));
}

#[actix_web::test]
async fn a_stream_is_sent_once_and_the_challenge_is_its_answer() {
    let server = wanting(&["x-request-id"]).await;
    let digest = countersign::digest_field(countersign::DigestAlgorithm::Sha256, b"streamed");
    let request = client(answering(&["x-request-id"])).post(server.url("/")).header("Digest", digest);
    let request = request.header("X-Request-Id", "8a2c").body(Body::wrap(Body::from("streamed")));
    assert_eq!(outcome(request, &server).await, (401, vec![format!("{STANDARD} digest")]));
}

async fn kms(key: KeyMetadata, message: Vec<u8>) -> Result<Signature, io::Error> {
    assert_eq!(key.id.as_str(), "alice");
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    Ok(Signature::new(hmac::sign(&key, &message).as_ref()))
}

#[actix_web::test]
async fn keys_in_a_ring_in_a_service_and_on_a_keychain_answer_too() {
    let server = wanting(&["x-request-id"]).await;
    let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::default()));
    let ring_key = RingKey::new(signing_key("alice"), now()).unwrap();
    ring.update(|ring| ring.add_active(ring_key, now())).unwrap();
    let metadata = KeyMetadata::new("alice".parse().unwrap(), Algorithm::HmacSha256);
    for signing in [
        Signing::new(RingSigner::new(Cavage::new(), &ring, now()).unwrap()),
        Signing::new(Keys::remote(Signer::for_remote_keys(Cavage::new(), vec![metadata]), kms)),
        Signing::new(Keychain::new().with(server.url("").parse().unwrap(), signer("alice"))),
    ] {
        let client = client(signing.answering_challenges(named(&["x-request-id"])));
        let expected = vec![STANDARD.to_owned(), WITH_ID.to_owned()];
        assert_eq!(outcome(get(&client, &server), &server).await, (200, expected));
    }
}

#[actix_web::test]
async fn a_challenge_that_is_answered_is_an_event_with_its_origin_and_no_url() {
    let server = wanting(&["x-request-id"]).await;
    let (events, _guard) = Events::capture();
    let url = format!("http://user:password@{}/secret?token=secret", server.addr);
    let request = client(answering(&["x-request-id"])).get(url).header("X-Request-Id", "8a2c");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let message = "the server asks for more to be covered; signing again";
    let origin = format!("http://{}", server.addr);
    let expected = [("message", message), ("origin", &origin)];
    let expected: BTreeMap<_, _> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(events.take_client(), [expected]);
}
