//! Bodies of every kind, those that are streams among them.

use std::io;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes},
};
use countersign::{
    Coverage, Credential, Dialect, DigestAlgorithm, SignError, Signer, StaticKeys, Switch, UnixTime, Verifier,
    VerifyError, When, digest_field,
};
use countersign_actix::{SignatureConfig, SignatureGuard, Signed};
use countersign_reqwest::{ClientError, ClockCorrection, Error, Signing, SigningClientBuilder};
use futures::{StreamExt, stream};
use reqwest::{
    Body, Client, Method, Request,
    multipart::{Form, Part},
};
use reqwest_middleware::{ClientWithMiddleware, RequestBuilder};

use super::{NOW, OK, covered};
use crate::{
    support::{Server, alices_keys, now, secs, signer, signing_key, verifying_key},
    wire::{Raw, Recorder, verify},
};

const STANDARD: &str = "(request-target) host date";

fn signing() -> Signing {
    Signing::new(signer("alice"))
}

fn client(signing: Signing) -> ClientWithMiddleware {
    SigningClientBuilder::new(signing).reqwest(Client::builder().no_proxy()).build().unwrap()
}

fn collecting(limit: usize) -> ClientWithMiddleware {
    client(signing().collecting_streams(limit))
}

fn digest(body: &str) -> String {
    digest_field(DigestAlgorithm::Sha256, body.as_bytes())
}

/// A body in these pieces, whose length nobody knows ahead.
fn streamed(pieces: &[&'static str]) -> Body {
    Body::wrap_stream(stream::iter(pieces.to_vec()).map(Ok::<_, io::Error>))
}

/// Our own server, which gives back what it accepted.
fn echo() -> Server {
    async fn body(body: Signed<Bytes, &'static str>, request: HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if let Some(kind) = request.headers().get("content-type") {
            response.insert_header(("x-type", kind.clone()));
        }
        response.body(body.to_vec())
    }
    Server::start(|app| {
        let guard = SignatureGuard::new(SignatureConfig::new(alices_keys()));
        app.service(web::scope("").wrap(guard).default_service(web::to(body)));
    })
}

/// Status, type and body as our own server read them.
async fn echoed(request: RequestBuilder) -> (u16, String, String) {
    let answer = request.send().await.unwrap();
    let kind = answer.headers().get("x-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
    let status = answer.status().as_u16();
    (status, kind, if status == 200 { answer.text().await.unwrap() } else { String::new() })
}

async fn refused(request: RequestBuilder) -> ClientError {
    let error = request.send().await.unwrap_err();
    let reqwest_middleware::Error::Middleware(error) = error else { panic!("{error}") };
    error.downcast().unwrap()
}

async fn recorded(request: RequestBuilder, server: &Recorder) -> Raw {
    request.send().await.unwrap();
    let [raw] = &server.take()[..] else { panic!("not one request") };
    raw.clone()
}

fn has(raw: &Raw, name: &str) -> bool {
    raw.fields.iter().any(|(own, _)| own == name)
}

/// What puts a body into a request.
type Fill<'a> = &'a dyn Fn(RequestBuilder) -> RequestBuilder;

/// A form with a field and a file, and what it is on the wire.
fn form() -> (Form, String) {
    let file = Part::bytes(&b"\x00binary\r\n"[..]).file_name("a.bin").mime_str("image/png").unwrap();
    let form = Form::new().text("name", "Ann").part("file", file);
    let boundary = form.boundary();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAnn\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
         Content-Type: image/png\r\n\r\n\x00binary\r\n\r\n--{boundary}--\r\n"
    );
    (form, expected)
}

#[actix_web::test]
async fn every_body_that_is_at_hand_is_covered_and_arrives() {
    let (recorder, server) = (Recorder::start(OK).await, echo());
    let (plain, collecting) = (client(signing()), collecting(1));
    let pairs = [("a", "1 2"), ("b", "\u{e4}&=")];
    let json = serde_json::json!({ "a": [1, null] });
    let rows: [(Fill<'_>, &str, &str, &str); 6] = [
        (&|request| request, "", "", ""),
        (&|request| request.body(""), "", "", ""),
        (&|request| request.body("text"), "text", "", " digest"),
        (&|request| request.body(vec![b'x'; 100_000]), &"x".repeat(100_000), "", " digest"),
        (&|request| request.json(&json), r#"{"a":[1,null]}"#, "application/json", " digest content-type"),
        (
            &|request| request.form(&pairs),
            "a=1+2&b=%C3%A4%26%3D",
            "application/x-www-form-urlencoded",
            " digest content-type",
        ),
    ];
    for client in [&plain, &collecting] {
        for (fill, body, kind, more) in &rows {
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::GET] {
                let raw = recorded(fill(client.request(method.clone(), recorder.url("/a?b"))), &recorder).await;
                assert_eq!(covered(&raw, now()), format!("{STANDARD}{more}"), "{method}");
                assert_eq!(raw.body, body.as_bytes());
                let found = echoed(fill(client.request(method.clone(), server.url("/a?b")))).await;
                assert_eq!(found, (200, (*kind).to_owned(), (*body).to_owned()), "{method}");
            }
        }
    }
}

#[actix_web::test]
async fn a_multipart_form_is_a_stream_and_is_refused_unless_streams_are_collected() {
    let (recorder, server) = (Recorder::start(OK).await, echo());
    let error = refused(client(signing()).post(recorder.url("/")).multipart(form().0)).await;
    assert!(matches!(error, ClientError::Unsigned(Error::Sign(SignError::UnreadBody))), "{error:?}");
    assert!(recorder.take().is_empty());

    let (sent, expected) = form();
    let raw = recorded(collecting(1024).post(recorder.url("/")).multipart(sent), &recorder).await;
    assert_eq!(covered(&raw, now()), format!("{STANDARD} digest content-type"));
    assert_eq!((raw.value("content-length"), &raw.body[..]), (expected.len().to_string(), expected.as_bytes()));

    let (sent, expected) = form();
    let kind = format!("multipart/form-data; boundary={}", sent.boundary());
    let found = echoed(collecting(1024).post(server.url("/")).multipart(sent)).await;
    assert_eq!(found, (200, kind, expected));
}

#[actix_web::test]
async fn a_multipart_form_with_a_stream_in_it_is_collected_too() {
    let form = Form::new().part("file", Part::stream(streamed(&["one", "two"])));
    let boundary = form.boundary().to_owned();
    let (status, _, body) = echoed(collecting(1024).post(echo().url("/")).multipart(form)).await;
    let head = "Content-Disposition: form-data; name=\"file\"";
    assert_eq!((status, body), (200, format!("--{boundary}\r\n{head}\r\n\r\nonetwo\r\n--{boundary}--\r\n")));
}

#[actix_web::test]
async fn a_stream_is_collected_up_to_the_limit_and_not_a_byte_beyond() {
    let (recorder, server) = (Recorder::start(OK).await, echo());
    for (pieces, limit) in
        [(&["streamed"][..], 8), (&["str", "eam", "ed"], 8), (&["stream", "", "ed"], 9), (&[], 0), (&["x"], usize::MAX)]
    {
        let body = pieces.concat();
        let found = echoed(collecting(limit).post(server.url("/")).body(streamed(pieces))).await;
        assert_eq!(found, (200, String::new(), body.clone()));
        let raw = recorded(collecting(limit).post(recorder.url("/")).body(streamed(pieces)), &recorder).await;
        assert_eq!((has(&raw, "transfer-encoding"), &raw.body[..]), (false, body.as_bytes()));
        let more = if body.is_empty() { "" } else { " digest" };
        assert_eq!(covered(&raw, now()), format!("{STANDARD}{more}"));
    }
    for (pieces, limit) in [(&["streamed"][..], 7), (&["str", "eam", "ed"], 7), (&["x"], 0)] {
        let error = refused(collecting(limit).post(recorder.url("/")).body(streamed(pieces))).await;
        assert!(matches!(error, ClientError::BodyTooLong(found) if found == limit), "{error:?}");
        assert_eq!(error.to_string(), format!("the body is a stream of more than {limit} bytes"));
    }
    let known = Body::wrap(Body::from("streamed"));
    let error = refused(collecting(7).post(recorder.url("/")).body(known)).await;
    assert!(matches!(error, ClientError::BodyTooLong(7)), "{error:?}");
    assert!(recorder.take().is_empty());
}

#[actix_web::test]
async fn a_body_that_is_at_hand_is_under_no_limit() {
    let server = echo();
    let found = echoed(collecting(0).post(server.url("/")).body("at hand")).await;
    assert_eq!(found, (200, String::new(), "at hand".to_owned()));
}

#[actix_web::test]
async fn a_stream_that_fails_is_an_error_and_nothing_is_sent() {
    let recorder = Recorder::start(OK).await;
    for pieces in [0, 1, 2] {
        let pieces = stream::iter(vec!["piece"; pieces]).map(Ok);
        let failing = pieces.chain(stream::iter([Err(io::Error::other("the disk is gone"))]));
        let error = refused(collecting(1024).post(recorder.url("/")).body(Body::wrap_stream(failing))).await;
        let ClientError::UnreadableBody(cause) = &error else { panic!("{error:?}") };
        let causes = std::iter::successors(Some(&**cause as &dyn std::error::Error), |error| error.source());
        assert_eq!(causes.last().unwrap().to_string(), "the disk is gone");
    }
    assert!(recorder.take().is_empty());
}

#[actix_web::test]
async fn a_stream_whose_digest_is_given_is_sent_as_a_stream_and_checked() {
    let (recorder, server) = (Recorder::start(OK).await, echo());
    // One byte would be the most that is collected.
    for client in [client(signing()), collecting(1), client(signing().dangerous_leaving_streams_uncovered())] {
        let post = |url, given: &str| client.post(url).header("Digest", digest(given));
        let body = || streamed(&["stre", "amed"]);
        let raw = recorded(post(recorder.url("/"), "streamed").body(body()), &recorder).await;
        assert_eq!((raw.value("transfer-encoding").as_str(), has(&raw, "content-length")), ("chunked", false));
        assert_eq!(raw.body, b"streamed");
        assert_eq!(covered(&raw, now()), format!("{STANDARD} digest"));

        let right = echoed(post(server.url("/"), "streamed").body(body())).await;
        assert_eq!(right, (200, String::new(), "streamed".to_owned()));
        let wrong = echoed(post(server.url("/"), "another").body(body())).await;
        assert_eq!(wrong, (401, String::new(), String::new()));
    }
}

#[actix_web::test]
async fn a_digest_in_another_field_than_the_covered_one_is_no_digest_given() {
    let recorder = Recorder::start(OK).await;
    let standard = |name: &'static str| {
        let post = collecting(1024).post(recorder.url("/")).header(name, "sha-256=:eA==:");
        post.body(streamed(&["streamed"]))
    };
    for name in ["content-digest", "x-content-sha256"] {
        let error = refused(standard(name)).await;
        assert!(matches!(error, ClientError::Unsigned(Error::Sign(SignError::UnreadBody))), "{error:?}");
    }
    assert!(recorder.take().is_empty());
}

#[actix_web::test]
async fn a_stream_that_is_left_uncovered_covers_the_rest_and_our_server_refuses_it() {
    let (recorder, server) = (Recorder::start(OK).await, echo());
    let client = client(signing().dangerous_leaving_streams_uncovered());
    let post = |url| client.post(url).header("Content-Type", "text/plain").body(streamed(&["streamed"]));
    let raw = recorded(post(recorder.url("/")), &recorder).await;
    assert_eq!(raw.body, b"streamed");
    assert!(!has(&raw, "digest"));
    let list = raw.value("signature");
    assert!(list.contains(r#"headers="(request-target) host date content-type""#), "{list}");
    let error = verify(&raw, now()).unwrap_err();
    assert_eq!(error, VerifyError::NotCovered("digest".parse().unwrap()));
    assert_eq!(echoed(post(server.url("/"))).await.0, 401);
    let multipart = client.post(recorder.url("/")).multipart(form().0);
    assert!(!has(&recorded(multipart, &recorder).await, "digest"));

    // What is at hand stays covered, and so does what has no body.
    let at_hand = recorded(client.post(recorder.url("/")).body("{}"), &recorder).await;
    assert_eq!(covered(&at_hand, now()), format!("{STANDARD} digest"));
    assert_eq!(covered(&recorded(client.post(recorder.url("/")), &recorder).await, now()), STANDARD);
}

#[actix_web::test]
async fn the_last_word_on_streams_counts() {
    let recorder = Recorder::start(OK).await;
    let collects = signing().dangerous_leaving_streams_uncovered().collecting_streams(8);
    let raw = recorded(client(collects).post(recorder.url("/")).body(streamed(&["streamed"])), &recorder).await;
    assert_eq!(covered(&raw, now()), format!("{STANDARD} digest"));
    let leaves = signing().collecting_streams(1).dangerous_leaving_streams_uncovered();
    let raw = recorded(client(leaves).post(recorder.url("/")).body(streamed(&["streamed"])), &recorder).await;
    assert!(!has(&raw, "digest"));
}

#[actix_web::test]
async fn a_collected_stream_is_sent_again_where_an_answer_asks_for_it() {
    let theirs = NOW.plus(secs(600));
    let signed_at = |raw: &Raw| UnixTime::from_http_date(raw.value("date").as_bytes()).unwrap();
    let server = Recorder::answering(move |request, _| {
        Some(match (signed_at(request) == theirs, request.target.as_str()) {
            (false, _) => format!("HTTP/1.1 401 Unauthorized\r\nDate: {}", theirs.to_http_date()),
            (true, "/old") => "HTTP/1.1 307 Moved\r\nLocation: /new".to_owned(),
            (true, _) if !request.value("signature").contains("x-request-id") => {
                let challenge = "Signature headers=\"(request-target) host date digest x-request-id\"";
                format!("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}")
            }
            (true, _) => OK.to_owned(),
        })
    })
    .await;
    let correction = ClockCorrection::default();
    let everything = signing()
        .clock(|| NOW)
        .correcting_the_clock(correction.clone())
        .answering_challenges(["x-request-id".parse().unwrap()]);
    let send = async |signing| {
        let request = client(signing).post(server.url("/old")).header("X-Request-Id", "8a2c");
        let status = request.body(streamed(&["stre", "amed"])).send().await.unwrap().status().as_u16();
        let seen = server.take();
        assert!(seen.iter().all(|raw| raw.body == b"streamed"));
        let seen: Vec<_> = seen.iter().map(|raw| (raw.target.clone(), signed_at(raw))).collect();
        (status, seen)
    };
    let all = [("/old", NOW), ("/old", theirs), ("/new", theirs), ("/new", theirs)];
    let all = all.map(|(target, time)| (target.to_owned(), time)).to_vec();
    assert_eq!(send(everything.clone().collecting_streams(8)).await, (200, all));
    // What is no longer there cannot be sent again.
    correction.forget();
    let once = vec![("/old".to_owned(), NOW)];
    assert_eq!(send(everything.dangerous_leaving_streams_uncovered()).await, (401, once));
}

#[actix_web::test]
async fn a_redirect_that_keeps_the_body_is_the_answer_to_a_stream() {
    let server = Recorder::start("HTTP/1.1 307 Moved\r\nLocation: /new").await;
    let request = client(signing()).post(server.url("/old")).header("Digest", digest("streamed"));
    assert_eq!(request.body(streamed(&["streamed"])).send().await.unwrap().status(), 307);
    assert_eq!(server.take().len(), 1);
}

/// What the dialect's own server finds covered.
fn found(dialect: &'static Dialect, raw: &Raw) -> String {
    let scheme = dialect.scheme().allowing(Switch::DangerousAbsentFields);
    let scheme = scheme.allowing(Switch::DangerousQuerylessTarget).allowing(Switch::DangerousDecodedPath);
    let request = countersign::Request::new(&raw.method, &raw.target, &raw.fields);
    let unverified = Verifier::new(scheme, dialect.policy()).begin(&request, now());
    let verified = unverified.and_then(|unverified| unverified.verify(&[verifying_key()], &raw.body));
    verified.unwrap_or_else(|error| panic!("{} {error}: {raw:?}", dialect.name())).covered().to_string()
}

#[actix_web::test]
async fn in_every_dialect_a_request_without_a_body_is_accepted_and_covers_what_its_clients_do() {
    let server = Recorder::start(OK).await;
    let rows = [
        ("standard", "(request-target) host date content-type", "(request-target) host date"),
        ("flask-cavage", "(request-target) host date content-length content-type digest", "(request-target) host date"),
        ("fediverse", "(request-target) host date content-type", "(request-target) host date"),
        (
            "oracle-cloud",
            "date (request-target) host content-length content-type x-content-sha256",
            "date (request-target) host",
        ),
        (
            "cybersource",
            "host date (request-target) digest v-c-merchant-id",
            "host date (request-target) v-c-merchant-id",
        ),
        ("satispay", "(request-target) host date digest", "(request-target) host date digest"),
        ("gravitee", "date content-type", "date"),
    ];
    for dialect in Dialect::ALL {
        let client = client(Signing::new(Signer::new(dialect.scheme(), signing_key("alice"))));
        let send = async |method, kind| {
            let request = client.request(method, server.url("/orders"));
            let request = request.header("V-C-Merchant-Id", "shop").header("X-Request-Id", "8a2c");
            let request = if kind { request.header("Content-Type", "text/plain") } else { request };
            found(dialect, &recorded(request, &server).await)
        };
        let (post, get) = (send(Method::POST, true).await, send(Method::GET, false).await);
        if let Some((_, posted, got)) = rows.iter().find(|(name, ..)| *name == dialect.name()) {
            assert_eq!((post.as_str(), get.as_str()), (*posted, *got), "{}", dialect.name());
        }
    }
    assert!(rows.iter().all(|(name, ..)| Dialect::named(name).is_some()));
}

#[actix_web::test]
async fn a_dialect_that_binds_every_body_collects_an_empty_stream_and_takes_its_digest_ahead() {
    let server = Recorder::start(OK).await;
    let satispay = Dialect::named("satispay").unwrap();
    let signing = Signing::new(Signer::new(satispay.scheme(), signing_key("alice")));
    for (signing, given) in [(signing.clone().collecting_streams(0), false), (signing, true)] {
        let request = client(signing).post(server.url("/"));
        let request = if given { request.header("Digest", digest("")) } else { request };
        let raw = recorded(request.body(streamed(&[])), &server).await;
        assert_eq!((raw.value("digest"), has(&raw, "transfer-encoding")), (digest(""), given));
        assert_eq!(found(satispay, &raw), "(request-target) host date digest");
    }
}

#[actix_web::test]
async fn our_server_in_a_dialect_accepts_a_form_that_was_collected() {
    let oracle = Dialect::named("oracle-cloud").unwrap();
    let keys = StaticKeys::new().with("alice".parse().unwrap(), Credential::new(verifying_key(), "Alice"));
    let config = SignatureConfig::new(keys).verifier(Verifier::new(oracle.scheme(), oracle.policy()));
    let server = Server::start(move |app| {
        let length = async |body: Signed<Bytes, &'static str>| body.len().to_string();
        app.app_data(config.clone()).default_service(web::to(length));
    });
    let signer = Signer::new(oracle.scheme(), signing_key("alice"));
    let (sent, expected) = form();
    let client = client(Signing::new(signer).collecting_streams(1024));
    let answer = client.post(server.url("/")).multipart(sent).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (200, expected.len().to_string()));
}

#[actix_web::test]
async fn a_form_that_was_collected_can_be_covered_with_its_length() {
    let server = Recorder::start(OK).await;
    let coverage = Coverage::standard().and("content-length".parse().unwrap(), When::Always);
    let signing = Signing::new(signer("alice").covering(coverage)).collecting_streams(1024);
    let request: Request = Client::new().post(server.url("/")).multipart(form().0).build().unwrap();
    client(signing).execute(request).await.unwrap();
    let raw = server.take().remove(0);
    assert_eq!(covered(&raw, now()), format!("{STANDARD} digest content-type content-length"));
}
