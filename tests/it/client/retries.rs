//! Retry and tracing around the signature.

mod traced;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use countersign::{
    Algorithm, Cavage, Coverage, DigestAlgorithm, KeyMetadata, SignError, Signature, Signer, UnixTime, When,
    digest_field,
};
use countersign_reqwest::{
    ClientError, ClockCorrection, Error, Keys, Signing, SigningClientBuilder, SigningMiddleware,
};
use reqwest::Body;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error as MiddlewareError, Middleware};
use reqwest_retry::{RetryError, RetryTransientMiddleware, policies::ExponentialBackoff};

use super::{NOW, OK, also_covering, bare, covered};
use crate::{
    support::{millis, secs, signer},
    wire::{Raw, Recorder},
};

const BUSY: &str = "HTTP/1.1 503 Service Unavailable";

/// Two more attempts at the most, a moment later each.
fn retry() -> impl Middleware {
    let backoff = ExponentialBackoff::builder().retry_bounds(millis(1), millis(2));
    RetryTransientMiddleware::new_with_policy(backoff.build_with_max_retries(2))
}

/// A clock that shows an hour more each time, and how often it was looked at.
#[derive(Clone, Default)]
struct Hours(Arc<AtomicU64>);

impl Hours {
    fn clock(&self) -> impl Fn() -> UnixTime + Send + Sync + 'static {
        let hours = Arc::clone(&self.0);
        move || at(hours.fetch_add(1, Ordering::SeqCst))
    }

    fn looks(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

fn at(hours: u64) -> UnixTime {
    NOW.plus(secs(3600 * hours))
}

/// Both ways to put the client together, with these middlewares around the signature.
fn clients<M: Middleware>(signing: &Signing, around: impl Fn() -> M) -> [ClientWithMiddleware; 2] {
    let ours = SigningClientBuilder::new(signing.clone()).reqwest(reqwest::Client::builder().no_proxy());
    let theirs = ClientBuilder::new(bare()).with(around()).with(SigningMiddleware::new(signing.clone()));
    [ours.with(around()).build().unwrap(), theirs.build()]
}

/// A server that gives the last answer for good; `None` closes the connection.
async fn answering(answers: &'static [Option<&'static str>]) -> Recorder {
    Recorder::answering(|_, before| answers[before.min(answers.len() - 1)].map(str::to_owned)).await
}

/// What went wrong below the retry.
fn below_retry(error: MiddlewareError) -> ClientError {
    let MiddlewareError::Middleware(error) = error else { panic!("{error}") };
    let Ok(RetryError::Error(MiddlewareError::Middleware(error))) = error.downcast() else { panic!("of another kind") };
    error.downcast().unwrap()
}

fn stream() -> Body {
    Body::wrap(Body::from("streamed"))
}

#[actix_web::test]
async fn each_attempt_is_signed_at_its_own_time_and_whole() {
    let created = Coverage::standard().and("(created)".parse().unwrap(), When::Always);
    for answers in [&[Some(BUSY), Some(BUSY), Some(OK)], &[None, None, Some(OK)], &[None, Some(BUSY), Some(OK)]] {
        for way in 0..2 {
            let hours = Hours::default();
            let signer = signer("alice").covering(created.clone());
            let client = &clients(&Signing::new(signer).clock(hours.clock()), retry)[way];
            let server = answering(answers).await;
            let answer = client.post(server.url("/orders?page=2")).body("{}").send().await.unwrap();
            assert_eq!(answer.status(), 200);

            let attempts = server.take();
            assert_eq!((attempts.len(), hours.looks()), (3, 3));
            for (raw, at) in attempts.iter().zip((0..).map(at)) {
                assert_eq!((raw.method.as_str(), raw.target.as_str()), ("POST", "/orders?page=2"));
                assert_eq!((raw.body.as_slice(), raw.value("content-length").as_str()), (&b"{}"[..], "2"));
                assert_eq!(raw.value("date"), at.to_http_date());
                assert_eq!(raw.value("digest"), text(digest_field(DigestAlgorithm::Sha256, b"{}")));
                assert!(raw.value("signature").contains(&format!("created={},", at.as_secs())));
                assert_eq!(covered(raw, at), "(request-target) host date digest (created)");
            }
            let names = |raw: &Raw| raw.fields.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            assert!(attempts.iter().all(|raw| names(raw) == names(&attempts[0])), "{attempts:?}");
        }
    }
}

fn text(value: impl Into<Vec<u8>>) -> String {
    String::from_utf8(value.into()).unwrap()
}

#[actix_web::test]
async fn the_last_attempt_of_a_server_that_stays_busy_is_the_answer() {
    for way in 0..2 {
        let hours = Hours::default();
        let client = &clients(&Signing::new(signer("alice")).clock(hours.clock()), retry)[way];
        let server = answering(&[Some(BUSY)]).await;
        assert_eq!(client.get(server.url("/")).send().await.unwrap().status(), 503);
        assert_eq!((server.take().len(), hours.looks()), (3, 3));
    }
}

#[actix_web::test]
async fn a_stream_is_refused_by_the_retry_before_it_is_signed_whether_streams_are_collected_or_not() {
    let server = answering(&[Some(BUSY), Some(OK)]).await;
    let (hours, digest) = (Hours::default(), digest_field(DigestAlgorithm::Sha256, b"streamed"));
    let signing = Signing::new(signer("alice")).clock(hours.clock());
    for signing in [signing.clone(), signing.collecting_streams(1024)] {
        for client in clients(&signing, retry) {
            let post = || client.post(server.url("/"));
            for request in [post().header("Digest", digest.clone()).body(stream()), post().body(stream())] {
                let error = request.send().await.unwrap_err();
                assert!(matches!(error, MiddlewareError::Middleware(_)));
                assert_eq!(error.to_string(), "Request object is not cloneable. Are you passing a streaming body?");
            }
        }
    }
    assert_eq!((server.take().len(), hours.looks()), (0, 0));
}

#[actix_web::test]
async fn a_request_that_cannot_be_signed_is_not_tried_again() {
    let server = answering(&[Some(OK)]).await;
    let hours = Hours::default();
    let missing = SignError::Missing("x-tenant".parse().unwrap());
    let signing = Signing::new(also_covering("x-tenant")).clock(hours.clock());
    for (client, looks) in clients(&signing, retry).into_iter().zip(1..) {
        let error = below_retry(client.get(server.url("/")).send().await.unwrap_err());
        assert!(matches!(error, ClientError::Unsigned(Error::Sign(error)) if error == missing));
        assert_eq!((server.take().len(), hours.looks()), (0, looks));
    }
}

#[actix_web::test]
async fn a_key_service_that_fails_is_asked_once() {
    let (server, asked) = (answering(&[Some(OK)]).await, Hours::default());
    let asks = asked.clock();
    let service = move |_: KeyMetadata, _: Vec<u8>| {
        asks();
        async { Err::<Signature, _>(std::io::Error::other("the device is out of order")) }
    };
    let key = KeyMetadata::new("alice".parse().unwrap(), Algorithm::Ed25519);
    let keys = Keys::remote(Signer::for_remote_keys(Cavage::new(), vec![key]), service);
    for (client, times) in clients(&Signing::new(keys), retry).into_iter().zip(1..) {
        let error = below_retry(client.get(server.url("/")).send().await.unwrap_err());
        assert!(matches!(error, ClientError::Unsigned(Error::KeyService(_))));
        assert_eq!((server.take().len(), asked.looks()), (0, times));
    }
}

#[actix_web::test]
async fn a_retry_within_the_signature_sends_the_same_one_again() {
    let server = answering(&[Some(BUSY), Some(OK)]).await;
    let hours = Hours::default();
    let signing = Signing::new(signer("alice")).clock(hours.clock());
    let client = ClientBuilder::new(bare()).with(SigningMiddleware::new(signing)).with(retry()).build();
    client.post(server.url("/")).body("{}").send().await.unwrap();
    sent_the_same_twice(&server, &hours);
}

#[actix_web::test]
async fn what_reqwest_is_told_to_retry_by_itself_carries_the_same_signature_again() {
    let server = answering(&[Some(BUSY), Some(OK)]).await;
    let hours = Hours::default();
    let policy = reqwest::retry::for_host("127.0.0.1").no_budget().classify_fn(|answer| match answer.status() {
        Some(status) if status == 503 => answer.retryable(),
        _ => answer.success(),
    });
    let client = SigningClientBuilder::new(Signing::new(signer("alice")).clock(hours.clock()))
        .reqwest(reqwest::Client::builder().no_proxy().retry(policy))
        .build()
        .unwrap();
    assert_eq!(client.post(server.url("/")).body("{}").send().await.unwrap().status(), 200);
    sent_the_same_twice(&server, &hours);
}

fn sent_the_same_twice(server: &Recorder, hours: &Hours) {
    let [first, second] = &server.take()[..] else { panic!("not two attempts") };
    assert_eq!(covered(first, NOW), "(request-target) host date digest");
    assert_eq!(first.bytes(), second.bytes());
    assert_eq!(hours.looks(), 1);
}

#[actix_web::test]
async fn every_hop_of_every_attempt_is_signed_by_a_clock_that_was_corrected_meanwhile() {
    const SLOW: UnixTime = UnixTime::from_secs(NOW.as_secs() - 1000);
    let server = Recorder::answering(|request, before| {
        let refused = || format!("HTTP/1.1 401 Unauthorized\r\nDate: {}", NOW.to_http_date());
        Some(match (before, request.target.as_str()) {
            (0 | 3, _) => BUSY.to_owned(),
            (1, _) => refused(),
            (_, "/old") => "HTTP/1.1 307 Temporary Redirect\r\nLocation: /new".to_owned(),
            _ => OK.to_owned(),
        })
    })
    .await;
    let signing = Signing::new(signer("alice")).clock(|| SLOW).correcting_the_clock(ClockCorrection::default());
    let builder = SigningClientBuilder::new(signing).reqwest(reqwest::Client::builder().no_proxy());
    let client = builder.with(retry()).build().unwrap();
    assert_eq!(client.post(server.url("/old")).body("{}").send().await.unwrap().status(), 200);

    let seen = server.take();
    let targets: Vec<_> = seen.iter().map(|raw| raw.target.as_str()).collect();
    assert_eq!(targets, ["/old", "/old", "/old", "/new", "/old", "/new"]);
    for (raw, at) in seen.iter().zip([SLOW, SLOW, NOW, NOW, NOW, NOW]) {
        assert_eq!((raw.method.as_str(), raw.body.as_slice()), ("POST", &b"{}"[..]));
        assert_eq!(raw.value("date"), at.to_http_date());
        assert_eq!(covered(raw, at), "(request-target) host date digest");
    }
}
