//! Where redirects, challenges, streams and schemes meet.

use std::convert::Infallible;

use countersign::{Component, Secret, Signer, WellKnown, When, webhook::Webhook};
use countersign_reqwest::{ClientError, Keychain, Redirects, Signing, SigningClientBuilder, blocking};
use futures::{StreamExt, stream};
use reqwest::Body;
use reqwest_middleware::ClientWithMiddleware;

use crate::{
    support::{Events, millis, now, signer},
    wire::{Raw, Recorder, verify},
};

const OK: &str = "HTTP/1.1 200 OK";

fn client(signing: impl Into<Signing>) -> ClientWithMiddleware {
    SigningClientBuilder::new(signing).build().unwrap()
}

fn moved(location: &str) -> String {
    format!("HTTP/1.1 307 Moved\r\nLocation: {location}")
}

fn error(sent: reqwest_middleware::Result<reqwest::Response>) -> ClientError {
    let Err(reqwest_middleware::Error::Middleware(error)) = sent else { panic!("{sent:?}") };
    error.downcast().unwrap()
}

fn stream() -> Body {
    Body::wrap_stream(stream::iter([Ok::<_, Infallible>("streamed")]))
}

fn targets(seen: &[Raw]) -> Vec<&str> {
    seen.iter().map(|raw| raw.target.as_str()).collect()
}

#[actix_web::test]
async fn a_303_whose_get_cannot_be_signed_is_the_answer() {
    let server = Recorder::answering(|_, _| Some("HTTP/1.1 303 See Other\r\nLocation: /created".to_owned())).await;
    let signer = signer("alice").cover(Component::field(WellKnown::ContentType), When::Always);
    let (events, _guard) = Events::capture();
    let post = client(signer).post(server.url("/orders")).header("Content-Type", "text/plain").body("x");
    assert_eq!(post.send().await.unwrap().status(), 303);
    assert_eq!(targets(&server.take()), ["/orders"]);
    assert_eq!(events.take_client()[0]["cause"], "the request cannot be signed for there");
}

#[actix_web::test]
async fn a_redirect_behind_an_answered_challenge_gets_an_id_of_its_own() {
    let server = Recorder::answering(|raw, before| {
        let asks =
            "HTTP/1.1 401 No\r\nWWW-Authenticate: Signature headers=\"(request-target) host date content-length\"";
        Some(if before == 0 {
            asks.to_owned()
        } else if raw.target == "/old" {
            moved("/new")
        } else {
            OK.to_owned()
        })
    })
    .await;
    let signing = Signing::new(signer("alice"))
        .fresh_request_ids(&"x-request-id".parse().unwrap())
        .answering_challenges(["content-length".parse().unwrap()]);
    client(signing).post(server.url("/old")).body("{}").send().await.unwrap();
    let seen = server.take();
    assert_eq!(targets(&seen), ["/old", "/old", "/new"]);
    let mut ids: Vec<_> = seen.iter().map(|raw| raw.value("x-request-id")).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert!(seen.iter().all(|raw| verify(raw, now()).unwrap().covered().to_string().contains("x-request-id")));
}

#[actix_web::test]
async fn a_stream_to_an_origin_without_a_key_is_sent_as_it_is_however_long() {
    let server = Recorder::start(OK).await;
    let signing = || Signing::new(Keychain::new().others_unsigned()).collecting_streams(4);
    client(signing()).post(server.url("/")).body(stream()).send().await.unwrap();
    let raw = server.take().remove(0);
    assert_eq!((raw.value("transfer-encoding").as_str(), &raw.body[..]), ("chunked", &b"streamed"[..]));
}

#[actix_web::test]
async fn for_an_unknown_origin_no_stream_is_read() {
    let untouched = stream::once(async { panic!("nobody reads it") as Result<&'static str, Infallible> });
    let signing = Signing::new(Keychain::new()).collecting_streams(1024);
    let sent = client(signing).post("http://127.0.0.1:1/").body(Body::wrap_stream(untouched.boxed())).send().await;
    assert!(matches!(error(sent), ClientError::NoKeyFor(_)));
}

#[actix_web::test]
async fn a_stream_that_stalls_ends_with_the_time_limit_of_the_request() {
    let server = Recorder::start(OK).await;
    let stalled = Body::wrap_stream(stream::pending::<Result<&'static str, Infallible>>());
    let signing = Signing::new(signer("alice")).collecting_streams(1024);
    let sent = client(signing).post(server.url("/")).body(stalled).timeout(millis(50)).send().await;
    assert!(matches!(error(sent), ClientError::UnreadableBody(_)));
    assert!(server.take().is_empty());
}

fn webhook(preset: &str) -> Signer {
    let webhook = Webhook::preset(preset).unwrap();
    let key = webhook.signing_key("unused", "the secret of a webhook").unwrap();
    Signer::new(webhook, key)
}

#[actix_web::test]
async fn a_webhook_reads_a_stream_whatever_digest_was_given_ahead() {
    let server = Recorder::start(OK).await;
    let client = client(Signing::new(webhook("github")).collecting_streams(1024));
    client.post(server.url("/")).header("Digest", "SHA-256=x").body(stream()).send().await.unwrap();
    assert!(server.take().remove(0).value("x-hub-signature-256").starts_with("sha256="));
}

#[actix_web::test]
async fn an_id_beside_a_webhook_is_sent_and_does_not_fail_it() {
    let server = Recorder::start(OK).await;
    let signing = Signing::new(webhook("github")).fresh_request_ids(&"x-request-id".parse().unwrap());
    client(signing).post(server.url("/")).body("{}").send().await.unwrap();
    assert_eq!(server.take().remove(0).value("x-request-id").len(), 32);
}

#[actix_web::test]
async fn where_the_signature_is_part_of_the_url_a_redirect_is_the_answer() {
    let shopify = Webhook::dangerous_preset("shopify-oauth").unwrap();
    let signer = Signer::new(shopify.clone(), shopify.signing_key("unused", "the secret of an app").unwrap());
    let stranger = Recorder::start(OK).await;
    let repeated = stranger.url("");
    let server = Recorder::answering(move |raw, _| Some(moved(&format!("{repeated}{}", raw.target)))).await;
    let answer = client(signer).get(server.url("/auth?shop=a")).send().await.unwrap();
    assert_eq!(answer.status(), 307);
    let seen = server.take();
    assert!(seen[0].target.contains("hmac="), "{}", seen[0].target);
    assert!(stranger.take().is_empty());
}

#[actix_web::test]
async fn a_date_of_the_callers_own_teaches_nothing() {
    let server = Recorder::answering(|_, _| {
        let date = now().plus(std::time::Duration::from_secs(600)).to_http_date();
        Some(format!("HTTP/1.1 401 No\r\nDate: {date}"))
    })
    .await;
    let signing = Signing::new(signer("alice")).correcting_the_clock(countersign_reqwest::ClockCorrection::default());
    let get = client(signing).get(server.url("/")).header("Date", now().to_http_date());
    assert_eq!(get.send().await.unwrap().status(), 401);
    assert_eq!(server.take().len(), 1);
}

#[test]
fn a_blocking_client_shows_no_value_of_its_default_fields() {
    let headers = [("x-api-key".parse().unwrap(), Secret::MIN_LEN.to_string().parse().unwrap())].into_iter().collect();
    let client = blocking::SigningClient::new(Signing::new(signer("alice")).following(Redirects::none())).unwrap();
    let shown = format!("{:?}", client.default_headers(headers));
    assert!(shown.contains("x-api-key") && !shown.contains("16"), "{shown}");
}
