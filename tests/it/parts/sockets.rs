//! Over a real socket: what the middleware sets is what the server checks, in each place where a signature can stand.

use std::{convert::Infallible, future::ready};

use actix_web::web::{self, ServiceConfig};
use countersign::{
    Claim, Credential, KeyMetadata, SignError, Signature, Signer, Verifier, VerifyError,
    webhook::{At, Mac, Preset, PublicUrl, Spec, Webhook},
};
use countersign_actix::{SignatureConfig, Signed};
use countersign_reqwest::{ClientError, Error, Keys, SigningMiddleware, sign_at};
use reqwest::{Body, Client, Method, Request};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use crate::{
    support::{Events, SECRET, Server, now},
    wire::{Raw, Recorder},
};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const OTHER: &str = "another secret of some length";

fn webhook(name: &str) -> Webhook {
    let spec = match name {
        // One that signs the target in which its signature stands.
        "target" => Spec::new(Mac::HmacSha256, "{method} {target}\n{body}", At::Query("signature".to_owned())),
        preset => Preset::named(preset).unwrap().spec().url(PublicUrl::FromHost("http".to_owned())),
    };
    Webhook::new(name, spec.dangerous()).unwrap()
}

fn signer(preset: &str) -> Signer {
    let webhook = webhook(preset);
    let key = webhook.signing_key("k1", SECRET).unwrap();
    Signer::new(webhook, key)
}

/// Whoever claims to be this provider, with any of these secrets.
fn config(preset: &str, secrets: &[&str]) -> SignatureConfig<&'static str> {
    let webhook = webhook(preset);
    let keys: Vec<_> = secrets.iter().map(|secret| webhook.verifying_key(secret).unwrap()).collect();
    let name = webhook.name();
    let loader = move |claim: Claim| {
        let known = *claim.scheme() == name;
        ready(Ok::<_, Infallible>(known.then(|| Credential::with_keys(keys.clone(), "the provider"))))
    };
    SignatureConfig::new(loader).verifier(Verifier::new(webhook.clone(), webhook.policy()))
}

async fn echo(request: Signed<web::Bytes, &'static str>) -> web::Bytes {
    assert_eq!(*request.caller(), "the provider");
    request.into_inner()
}

fn start(preset: &str, secrets: &[&str]) -> Server {
    let config = config(preset, secrets);
    Server::start(move |app: &mut ServiceConfig| {
        app.app_data(config.clone()).default_service(web::to(echo));
    })
}

fn bare() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

fn client(signer: Signer) -> ClientWithMiddleware {
    ClientBuilder::new(bare()).with(SigningMiddleware::new(signer)).build()
}

fn post(url: &str, content_type: &'static str, body: impl Into<Body>) -> Request {
    bare().post(url).header("Content-Type", content_type).body(body).build().unwrap()
}

/// Sends a request as it is.
async fn answer(request: Request) -> (u16, String) {
    let response = bare().execute(request).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn answer_signed(client: &ClientWithMiddleware, request: Request) -> (u16, String) {
    let response = client.execute(request).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn mailgun_body() -> String {
    let token = "a".repeat(50);
    format!("{{\"signature\": {{\"token\": \"{token}\"}},\r\n \"event-data\": {{\"price\": 1.50}}}}")
}

#[actix_web::test]
async fn a_signature_in_the_query_is_sent_as_it_is_checked() {
    let server = start("pandadoc", &[SECRET]);
    let client = client(signer("pandadoc"));
    for target in ["", "/", "/hook", "/hook?", "/hook?a=%7e&b=1+2&c='{|}", "/hook?signature=old&a"] {
        let url = format!("http://127.0.0.1:{}{target}", server.port);
        assert_eq!(answer_signed(&client, post(&url, JSON, "[1]")).await, (200, "[1]".to_owned()), "{target}");
        assert_eq!(answer_signed(&client, post(&url, JSON, "")).await, (200, String::new()), "{target}");
        assert_eq!(answer(post(&url, JSON, "[1]")).await.0, 401, "{target}");
    }
}

#[actix_web::test]
async fn a_query_that_is_signed_is_signed_with_what_is_added_to_it() {
    for (name, method, body) in [
        ("shopify-oauth", Method::GET, ""),
        ("shopify-app-proxy", Method::GET, ""),
        ("twilio-json", Method::POST, "{}"),
        ("target", Method::POST, "{}"),
    ] {
        let (server, client) = (start(name, &[SECRET]), client(signer(name)));
        for target in [
            "",
            "/hook",
            "/hook?",
            "/hook?a&",
            "/hook?shop=a.example",
            "/hook?state=a+b%20c%2F&code=%7e1&hmac=old&signature=old",
        ] {
            let url = format!("http://127.0.0.1:{}{target}", server.port);
            let request = || bare().request(method.clone(), &url).body(body).build().unwrap();
            assert_eq!(answer_signed(&client, request()).await, (200, body.to_owned()), "{name} {target}");

            let mut changed = request();
            sign_at(&mut changed, &signer(name), now()).unwrap();
            let query = changed.url().query().unwrap_or_default().to_owned();
            changed.url_mut().set_query(Some(&format!("{query}&more=1")));
            assert_eq!(answer(changed).await.0, 401, "{name} {target}");
        }
    }
}

#[actix_web::test]
async fn a_signature_in_a_form_is_sent_as_it_is_checked() {
    let server = start("flow-ami", &[SECRET]);
    let client = client(signer("flow-ami"));
    let url = format!("http://127.0.0.1:{}/ami", server.port);
    for body in ["title=", "user_id=24&title=a+b%26c&cols=%C3%A4&cols2=1&project_name=%7e", "a=1&signature=old&b=2"] {
        let (status, echoed) = answer_signed(&client, post(&url, FORM, body)).await;
        assert_eq!(status, 200, "{body}");
        let kept = body.split('&').filter(|pair| !pair.starts_with("signature")).all(|pair| echoed.contains(pair));
        assert!(kept, "{body}: {echoed}");
        assert_eq!(answer(post(&url, FORM, body)).await.0, 401, "{body}");
    }
    // A request that has no body yet gets a form of nothing but the time and the signature.
    let empty = bare().post(&url).build().unwrap();
    let (status, echoed) = answer_signed(&client, empty).await;
    assert_eq!(status, 200);
    assert!(echoed.starts_with("timestamp=") && echoed.contains("&signature="), "{echoed}");
}

#[actix_web::test]
async fn a_signature_in_json_is_sent_as_it_is_checked() {
    let server = start("mailgun", &[SECRET]);
    let url = format!("http://127.0.0.1:{}/events", server.port);
    let body = mailgun_body();
    let (status, echoed) = answer_signed(&client(signer("mailgun")), post(&url, JSON, body.clone())).await;
    assert_eq!(status, 200);
    let (head, rest) = body.split_once("\"},\r\n").unwrap();
    assert!(echoed.starts_with(head), "{echoed}");
    assert!(echoed.ends_with(rest), "{echoed}");
    assert!(echoed.contains("\"timestamp\":\"") && echoed.contains("\"signature\":\""), "{echoed}");
    assert_eq!(answer(post(&url, JSON, body)).await.0, 401);
}

#[actix_web::test]
async fn what_is_changed_after_it_was_signed_is_refused_wherever_the_signature_stands() {
    for (preset, content_type, body, from, to) in [
        ("pandadoc", JSON, "[1]".to_owned(), "[1]", "[2]"),
        ("flow-ami", FORM, "user_id=24&title=a".to_owned(), "user_id=24", "user_id=25"),
        ("mailgun", JSON, mailgun_body(), "aa\"", "ab\""),
    ] {
        let server = start(preset, &[SECRET]);
        let url = format!("http://127.0.0.1:{}/", server.port);
        let mut request = post(&url, content_type, body);
        sign_at(&mut request, &signer(preset), now()).unwrap();
        assert_eq!(answer(request.try_clone().unwrap()).await.0, 200, "{preset}");
        let signed = request.body().unwrap().as_bytes().unwrap();
        let changed = std::str::from_utf8(signed).unwrap().replacen(from, to, 1);
        assert_ne!(changed.as_bytes(), signed);
        *request.body_mut() = Some(changed.into());
        assert_eq!(answer(request).await.0, 401, "{preset}");
    }
}

#[actix_web::test]
async fn a_pair_with_the_signature_twice_is_refused_by_its_cause() {
    let webhook = webhook("pandadoc");
    let raw = Raw::new("POST", "/hook").body(b"[1]").sign(&signer("pandadoc"), now());
    let mut twice = raw.clone();
    twice.target = format!("{}&{}", raw.target, raw.target.split_once('?').unwrap().1);
    let judged = |raw: &Raw| {
        let request = countersign::Request::new(&raw.method, &raw.target, &raw.fields).with_body(&raw.body);
        let verifier = Verifier::new(webhook.clone(), webhook.policy());
        let key = webhook.verifying_key(SECRET).unwrap();
        verifier.begin(&request, now())?.verify(&[key], &raw.body).map(|_| ())
    };
    assert_eq!(judged(&raw), Ok(()));
    assert!(matches!(judged(&twice), Err(VerifyError::Ambiguous(_))), "{:?}", judged(&twice));
}

#[actix_web::test]
async fn several_keys_sign_one_request_and_any_of_them_is_accepted() {
    for (preset, fields) in [("stripe", 1), ("docusign", 2)] {
        let webhook = webhook(preset);
        let keys = vec![webhook.signing_key("old", SECRET).unwrap(), webhook.signing_key("new", OTHER).unwrap()];
        let signer = Signer::with_keys(webhook, keys);
        let recorder = Recorder::start("HTTP/1.1 200 OK").await;
        client(signer.clone()).execute(post(&recorder.url("/"), JSON, "{}")).await.unwrap();
        let raw = recorder.take().remove(0);
        let names = raw.fields.iter().filter(|(name, _)| name.contains("signature")).count();
        assert_eq!(names, fields, "{preset}: {raw:?}");

        for secret in [SECRET, OTHER] {
            let server = start(preset, &[secret]);
            let url = format!("http://127.0.0.1:{}/", server.port);
            assert_eq!(answer_signed(&client(signer.clone()), post(&url, JSON, "{}")).await.0, 200, "{preset}");
        }
        let server = start(preset, &["a third secret of some length"]);
        let url = format!("http://127.0.0.1:{}/", server.port);
        assert_eq!(answer_signed(&client(signer), post(&url, JSON, "{}")).await.0, 401, "{preset}");
    }
}

#[actix_web::test]
async fn a_body_that_is_a_stream_carries_no_signature_and_is_not_sent() {
    let recorder = Recorder::start("HTTP/1.1 200 OK").await;
    for preset in ["pandadoc", "flow-ami", "mailgun"] {
        let stream = || Body::wrap(Body::from("a=1"));
        let error = client(signer(preset)).execute(post(&recorder.url("/"), FORM, stream())).await.unwrap_err();
        let reqwest_middleware::Error::Middleware(error) = error else { panic!("{error}") };
        assert!(
            matches!(error.downcast_ref(), Some(ClientError::Unsigned(Error::Sign(SignError::UnreadBody)))),
            "{preset}: {error}"
        );
    }
    assert!(recorder.take().is_empty());
}

#[test]
fn a_body_that_has_no_place_for_the_signature_is_left_as_it_was() {
    let mut request = post("http://api.example/", JSON, "[]");
    let error = sign_at(&mut request, &signer("mailgun"), now()).unwrap_err();
    assert!(matches!(error, Error::Sign(_)), "{error}");
    assert_eq!(request.body().unwrap().as_bytes(), Some(&b"[]"[..]));
    assert_eq!((request.method(), request.url().as_str()), (&Method::POST, "http://api.example/"));
    assert_eq!(request.headers().len(), 1);
}

#[actix_web::test]
async fn what_is_refused_names_the_scheme_in_its_event() {
    let config = config("pandadoc", &[OTHER]);
    let routes = move |app: &mut ServiceConfig| {
        app.app_data(config).default_service(web::to(echo));
    };
    let app = actix_web::test::init_service(actix_web::App::new().configure(routes)).await;
    let (events, _guard) = Events::capture();
    let signed = Raw::new("POST", "/").body(b"[1]").sign(&signer("pandadoc"), now());
    let response = actix_web::test::call_service(&app, signed.into_actix().to_request()).await;
    assert_eq!(response.status(), 401);
    let event = events.take().remove(0);
    assert_eq!((event["cause"].as_str(), event["scheme"].as_str()), ("signature-mismatch", "pandadoc"));
}

/// A signer whose key is elsewhere, and what is over there.
#[actix_web::test]
async fn a_key_that_lives_elsewhere_signs_in_the_query_as_well() {
    let server = start("pandadoc", &[SECRET]);
    let url = format!("http://127.0.0.1:{}/hook?a", server.port);
    let here = signer("pandadoc");
    let there = Signer::for_remote_keys(webhook("pandadoc"), here.keys().to_vec());
    let kms = |_: KeyMetadata, message: Vec<u8>| ready(Ok::<_, Infallible>(Signature::new(&mac(&message))));
    let client = ClientBuilder::new(bare()).with(SigningMiddleware::new(Keys::remote(there, kms))).build();
    assert_eq!(answer_signed(&client, post(&url, JSON, "[1]")).await, (200, "[1]".to_owned()));
}

/// The MAC by another library.
fn mac(message: &[u8]) -> Vec<u8> {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
    aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
}
