//! The client against a server that writes down what came over the socket: what was signed is what was sent.

mod attacks;
mod blocking;
mod challenges;
mod clock;
mod edges;
mod origins;
mod payloads;
mod plain;
mod redirects;
mod request_ids;
mod retries;
mod stale;

use std::{
    net::Ipv6Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use countersign::{Cavage, Component, Coverage, FieldName, SignError, Signer, UnixTime, WellKnown, When};
use countersign_reqwest::{ClientError, Error, Signing, SigningMiddleware, sign_at};
use futures::future::BoxFuture;
use reqwest::{Body, Client, Method, Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Next};

use crate::{
    support::{now, secs, signer, signing_key},
    wire::{Raw, Recorder, verify},
};

const OK: &str = "HTTP/1.1 200 OK";
const NOW: UnixTime = UnixTime::from_secs(784_111_777);

fn bare() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

fn client(signer: Signer) -> ClientWithMiddleware {
    ClientBuilder::new(bare()).with(SigningMiddleware::new(signer)).build()
}

/// Alice's signer for the standard coverage and this.
fn also_covering(name: &str) -> Signer {
    signer("alice").covering(Coverage::standard().and(name.parse().unwrap(), When::Always))
}

fn covered(raw: &Raw, now: UnixTime) -> String {
    verify(raw, now).unwrap_or_else(|error| panic!("{error}: {raw:?}")).covered().to_string()
}

/// Everything of a request that signing could change.
fn shown(request: &Request) -> String {
    format!("{:?} {:?} {:?}", request.method(), request.url(), request.headers())
}

/// A middleware from a closure; its first argument is there to name the type of the extensions.
fn middleware<E, F>(_: fn(&Response) -> &E, middleware: F) -> F
where
    F: for<'a> Fn(Request, &'a mut E, Next<'a>) -> BoxFuture<'a, reqwest_middleware::Result<Response>>,
{
    middleware
}

#[actix_web::test]
async fn the_target_is_signed_as_it_is_sent() {
    let server = Recorder::start(OK).await;
    let client = client(signer("alice"));
    for (target, sent) in [
        ("", "/"),
        ("/", "/"),
        ("/a?", "/a?"),
        ("/a?a=1&a=2", "/a?a=1&a=2"),
        ("/a%2Fb/%7euser", "/a%2Fb/%7euser"),
        ("//double//slash", "//double//slash"),
        ("/p;v=1/q;w=2", "/p;v=1/q;w=2"),
        ("/a/../b/./c", "/b/c"),
        ("/a?b#fragment", "/a?b"),
        ("/\u{fc}?q=\u{e4} b|c", "/%C3%BC?q=%C3%A4%20b|c"),
        ("/a?x=[1]&y={2}&z='3'", "/a?x=[1]&y={2}&z=%273%27"),
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            client.request(method.clone(), server.url(target)).send().await.unwrap();
            let [raw] = &server.take()[..] else { panic!("{target}") };
            assert_eq!((raw.method.as_str(), raw.target.as_str()), (method.as_str(), sent));
            assert_eq!(raw.value("host"), server.addr.to_string());
            assert_eq!(covered(raw, now()), "(request-target) host date");
        }
    }
}

#[actix_web::test]
async fn a_query_that_is_built_is_signed_too() {
    let server = Recorder::start(OK).await;
    let mut url = reqwest::Url::parse(&server.url("/a")).unwrap();
    url.query_pairs_mut().append_pair("q", "a b&c=d").append_pair("q", "\u{20ac}");
    client(signer("alice")).get(url).send().await.unwrap();
    let raw = server.take().remove(0);
    assert_eq!(raw.target, "/a?q=a+b%26c%3Dd&q=%E2%82%AC");
    assert_eq!(covered(&raw, now()), "(request-target) host date");
}

#[actix_web::test]
async fn a_json_body_is_covered_by_its_digest_with_its_type() {
    let server = Recorder::start(OK).await;
    let body = serde_json::json!({ "item": 1 });
    client(signer("alice")).post(server.url("/orders")).json(&body).send().await.unwrap();
    let raw = server.take().remove(0);
    assert_eq!(raw.body, br#"{"item":1}"#);
    assert_eq!(raw.value("content-type"), "application/json");
    assert_eq!(covered(&raw, now()), "(request-target) host date digest content-type");
}

#[actix_web::test]
async fn the_length_that_is_signed_is_the_one_that_is_sent_and_is_sent_once() {
    let server = Recorder::start(OK).await;
    let client = client(also_covering("content-length"));
    for (method, body, length) in
        [(Method::POST, &b"0123456789"[..], "10"), (Method::POST, b"", "0"), (Method::GET, b"", "0")]
    {
        let request = client.request(method, server.url("/"));
        let request = if body.is_empty() { request } else { request.body(body) };
        request.send().await.unwrap();
        let raw = server.take().remove(0);
        assert_eq!((raw.value("content-length").as_str(), raw.body.as_slice()), (length, body));
        assert!(covered(&raw, now()).contains("content-length"));
    }
}

#[actix_web::test]
async fn a_host_that_the_caller_sets_is_the_one_that_is_signed() {
    let server = Recorder::start(OK).await;
    let client = client(signer("alice"));
    client.get(server.url("/")).header("Host", "api.example").send().await.unwrap();
    let raw = server.take().remove(0);
    assert_eq!(raw.value("host"), "api.example");
    assert_eq!(covered(&raw, now()), "(request-target) host date");
}

#[actix_web::test]
async fn an_address_of_ipv6_is_signed_with_its_brackets_and_port() {
    let Ok(server) = Recorder::start_on(Ipv6Addr::LOCALHOST.into(), OK).await else {
        return;
    };
    client(signer("alice")).get(server.url("/")).send().await.unwrap();
    let raw = server.take().remove(0);
    assert_eq!(raw.value("host"), format!("[::1]:{}", server.addr.port()));
    assert_eq!(covered(&raw, now()), "(request-target) host date");
}

#[actix_web::test]
async fn user_and_password_of_the_url_are_not_part_of_the_host() {
    let server = Recorder::start(OK).await;
    let url = format!("http://user:password@{}/", server.addr);
    client(signer("alice")).get(url).send().await.unwrap();
    let raw = server.take().remove(0);
    assert!(raw.value("authorization").starts_with("Basic "));
    assert_eq!(raw.value("host"), server.addr.to_string());
    assert_eq!(covered(&raw, now()), "(request-target) host date");
}

#[test]
fn the_port_of_the_scheme_is_not_part_of_the_host() {
    for (url, host) in [
        ("http://api.example:80/", "api.example"),
        ("https://api.example:443/", "api.example"),
        ("http://API.example:443/", "api.example:443"),
        ("https://api.example:80/", "api.example:80"),
    ] {
        let mut request = bare().get(url).build().unwrap();
        sign_at(&mut request, &signer("alice"), NOW).unwrap();
        let text = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        let raw = Raw::new("GET", "/").replacing("Host", host);
        let raw = raw.field("Date", text("date")).field("Signature", text("signature"));
        assert_eq!(covered(&raw, NOW), "(request-target) host date", "{url}");
    }
}

#[actix_web::test]
async fn a_request_that_lacks_what_is_covered_is_unchanged_and_not_sent() {
    let server = Recorder::start(OK).await;
    let missing = SignError::Missing("x-tenant".parse().unwrap());
    let mut request = bare().post(server.url("/")).header("X-Other", "1").body("{}").build().unwrap();
    let before = shown(&request);
    let error = sign_at(&mut request, &also_covering("x-tenant"), NOW).unwrap_err();
    assert!(matches!(error, Error::Sign(error) if error == missing));
    assert_eq!(shown(&request), before);

    let error = client(also_covering("x-tenant")).execute(request).await.unwrap_err();
    let reqwest_middleware::Error::Middleware(error) = error else { panic!("{error}") };
    assert!(matches!(error.downcast_ref(), Some(ClientError::Unsigned(Error::Sign(error))) if *error == missing));
    assert!(server.take().is_empty());
}

#[test]
fn a_url_without_a_host_is_an_error_and_not_an_empty_host() {
    let mut request = Request::new(Method::GET, "data:text/plain,x".parse().unwrap());
    let error = sign_at(&mut request, &signer("alice"), NOW).unwrap_err();
    let missing = SignError::Missing(Component::field(WellKnown::Host));
    assert!(matches!(error, Error::Sign(error) if error == missing));
}

#[actix_web::test]
async fn a_stream_is_sent_with_a_digest_that_was_given_and_not_without() {
    let server = Recorder::start(OK).await;
    let client = client(signer("alice"));
    let stream = || Body::wrap(Body::from("streamed"));
    assert!(stream().as_bytes().is_none());

    let error = client.post(server.url("/")).body(stream()).send().await.unwrap_err();
    let reqwest_middleware::Error::Middleware(error) = error else { panic!("{error}") };
    assert!(matches!(error.downcast_ref(), Some(ClientError::Unsigned(Error::Sign(SignError::UnreadBody)))));
    assert!(server.take().is_empty());

    let digest = countersign::digest_field(countersign::DigestAlgorithm::Sha256, b"streamed");
    client.post(server.url("/")).header("Digest", digest).body(stream()).send().await.unwrap();
    let raw = server.take().remove(0);
    assert_eq!(raw.body, b"streamed");
    assert_eq!(covered(&raw, now()), "(request-target) host date digest");
}

#[test]
fn a_digest_that_is_not_the_bodys_is_not_signed() {
    let digest = countersign::digest_field(countersign::DigestAlgorithm::Sha256, b"other");
    let mut request = bare().post("http://api.example/").header("Digest", digest).body("{}").build().unwrap();
    let before = shown(&request);
    let error = sign_at(&mut request, &signer("alice"), NOW).unwrap_err();
    assert!(matches!(error, Error::Sign(SignError::DigestMismatch)));
    assert_eq!(shown(&request), before);
}

#[test]
fn the_signature_stays_out_of_logs() {
    for (scheme, name) in [(Cavage::new(), "signature"), (Cavage::new().in_authorization(), "authorization")] {
        let signer = Signer::new(scheme, signing_key("alice"));
        let mut request = bare().get("http://api.example/").build().unwrap();
        sign_at(&mut request, &signer, NOW).unwrap();
        let value = &request.headers()[name];
        assert!(value.is_sensitive());
        let (_, mac) = value.to_str().unwrap().rsplit_once("signature=\"").unwrap();
        assert!(mac.len() > 40 && !format!("{request:?}").contains(mac.trim_end_matches('"')));
    }
}

#[test]
fn credentials_of_another_kind_are_not_thrown_away() {
    let mut request = bare().get("http://api.example/").bearer_auth("token").build().unwrap();
    let before = shown(&request);
    let in_authorization = Signer::new(Cavage::new().in_authorization(), signing_key("alice"));
    let error = sign_at(&mut request, &in_authorization, NOW).unwrap_err();
    let authorization: FieldName = WellKnown::Authorization.into();
    assert!(matches!(error, Error::Sign(SignError::Occupied(name)) if name == authorization));
    assert_eq!(shown(&request), before);

    sign_at(&mut request, &signer("alice"), NOW).unwrap();
    assert_eq!(request.headers()["authorization"], "Bearer token");
    assert!(request.headers().contains_key("signature"));
}

#[actix_web::test]
async fn what_a_middleware_outside_adds_is_covered_and_what_one_inside_adds_is_missed() {
    let server = Recorder::start(OK).await;
    let adds = || {
        middleware(Response::extensions, |mut request, extensions, next| {
            request.headers_mut().insert("x-request-id", "7".parse().unwrap());
            Box::pin(next.run(request, extensions))
        })
    };
    let signs = || SigningMiddleware::new(also_covering("x-request-id"));
    ClientBuilder::new(bare()).with(adds()).with(signs()).build().get(server.url("/")).send().await.unwrap();
    let raw = server.take().remove(0);
    assert_eq!(raw.value("x-request-id"), "7");
    assert_eq!(covered(&raw, now()), "(request-target) host date x-request-id");

    let error = ClientBuilder::new(bare()).with(signs()).with(adds()).build().get(server.url("/")).send().await;
    let Err(reqwest_middleware::Error::Middleware(error)) = error else { panic!("{error:?}") };
    let missing: Component = "x-request-id".parse().unwrap();
    assert!(
        matches!(error.downcast_ref(), Some(ClientError::Unsigned(Error::Sign(SignError::Missing(name)))) if *name == missing)
    );
    assert!(server.take().is_empty());
}

#[actix_web::test]
async fn every_attempt_carries_a_date_and_a_signature_of_its_own() {
    let server = Recorder::start(OK).await;
    let twice = middleware(Response::extensions, |request, extensions, next| {
        Box::pin(async move {
            next.clone().run(request.try_clone().unwrap(), extensions).await?;
            next.run(request, extensions).await
        })
    });
    let clock = Arc::new(AtomicU64::new(NOW.as_secs()));
    let signing =
        Signing::new(signer("alice")).clock(move || UnixTime::from_secs(clock.fetch_add(3600, Ordering::SeqCst)));
    let client = ClientBuilder::new(bare()).with(twice).with(SigningMiddleware::new(signing)).build();
    client.post(server.url("/")).body("{}").send().await.unwrap();

    let [first, second] = &server.take()[..] else { panic!("not two attempts") };
    for (raw, at) in [(first, NOW), (second, NOW.plus(secs(3600)))] {
        assert_eq!(raw.value("date"), at.to_http_date());
        assert_eq!(covered(raw, at), "(request-target) host date digest");
    }
    assert_ne!(first.value("signature"), second.value("signature"));
}
