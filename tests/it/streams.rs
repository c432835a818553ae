//! Bodies that are handed on before they are checked, by the name that says so.

use std::{pin::Pin, sync::Mutex};

use actix_web::{
    App,
    dev::Payload,
    error::PayloadError,
    test::{call_service, init_service, read_body},
    web::{self, Bytes, Json, ServiceConfig},
};
use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::Component;
use countersign_actix::{Refused, SignatureConfig, SignatureGuard, SignedUnchecked};
use futures::{Stream, StreamExt, stream};

use crate::{
    support::{Events, Server, alices_keys, millis},
    wire::{Raw, exchange},
};

type Alice = &'static str;
type Upload = SignedUnchecked<web::Payload, Alice>;

fn config() -> SignatureConfig<Alice> {
    SignatureConfig::new(alices_keys())
}

fn post() -> Raw {
    Raw::new("POST", "/").field("Content-Type", "application/json").body(b"[1,2,3]")
}

fn named(name: &str) -> Component {
    name.parse().unwrap()
}

fn tampered() -> Raw {
    Raw { body: b"[1,2,4]".to_vec(), ..post().signed() }
}

/// What the handler of a test saw: its chunks, how they ended, and what became of the proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    bytes: Vec<u8>,
    error: Option<String>,
    proven: Option<bool>,
}

type Log = web::Data<Mutex<Seen>>;

async fn upload(mut upload: Upload, log: Log) -> Result<String, Refused> {
    while let Some(chunk) = upload.next().await {
        match chunk {
            Ok(bytes) => log.lock().unwrap().bytes.extend_from_slice(&bytes),
            Err(error) => log.lock().unwrap().error = Some(error.to_string()),
        }
    }
    let proof = upload.verified();
    log.lock().unwrap().proven = Some(proof.is_ok());
    Ok(format!("{} of {}", proof?.covered(), upload.caller()))
}

async fn half(mut upload: Upload) -> Result<String, Refused> {
    drop(upload.next().await);
    upload.verified().map(|_| "proven".to_owned())
}

async fn json(numbers: SignedUnchecked<Json<Vec<u32>>, Alice>) -> String {
    format!("{:?} {}", **numbers, numbers.verified().is_ok())
}

fn routes(config: SignatureConfig<Alice>, log: &Log) -> impl Fn(&mut ServiceConfig) + Clone + use<> {
    let log = log.clone();
    move |app| {
        app.app_data(config.clone())
            .app_data(log.clone())
            .route("/half", web::post().to(half))
            .route("/json", web::post().to(json))
            .default_service(web::to(upload));
    }
}

async fn answer(config: SignatureConfig<Alice>, request: Raw) -> (u16, String, Seen) {
    let log = Log::default();
    let app = init_service(App::new().configure(routes(config, &log))).await;
    let response = call_service(&app, request.into_actix().to_request()).await;
    let status = response.status().as_u16();
    let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    (status, body, log.lock().unwrap().clone())
}

#[actix_web::test]
async fn a_body_that_was_signed_passes_and_is_proven_at_its_end() {
    let (status, body, seen) = answer(config(), post().signed()).await;
    assert_eq!((status, body.as_str()), (200, "(request-target) host date digest content-type of Alice"));
    assert_eq!(seen, Seen { bytes: b"[1,2,3]".to_vec(), error: None, proven: Some(true) });
    let empty = Raw::new("POST", "/").signed();
    assert_eq!(answer(config(), empty).await.2, Seen { proven: Some(true), ..Seen::default() });
}

#[actix_web::test]
async fn a_body_that_was_changed_ends_with_an_error_and_is_not_proven() {
    let (events, _guard) = Events::capture();
    let (status, _, seen) = answer(config(), tampered()).await;
    assert_eq!(status, 401);
    assert_eq!(seen.bytes, b"[1,2,4]");
    assert_eq!(seen.error.as_deref(), Some("the request's signature was not accepted"));
    assert_eq!(seen.proven, Some(false));
    assert_eq!(events.take()[0]["cause"], "digest-mismatch");
}

#[actix_web::test]
async fn what_is_not_signed_in_its_head_reaches_no_handler() {
    let signature = post().signed().value("signature").replace("alice", "mallory");
    for request in [post(), post().signed().replacing("signature", signature), post().field("Signature", "")] {
        let (status, _, seen) = answer(config(), request).await;
        assert_eq!((status, seen), (401, Seen::default()));
    }
}

#[actix_web::test]
async fn a_body_is_not_proven_before_its_end() {
    let target = Raw { target: "/half".to_owned(), ..post() };
    assert_eq!(answer(config(), target.signed()).await.0, 400);
}

#[actix_web::test]
async fn an_extractor_that_reads_all_of_it_is_refused_like_any_other_request() {
    let post = || Raw { target: "/json".to_owned(), ..post() };
    assert_eq!(answer(config(), post().signed()).await.1, "[1, 2, 3] true");
    let (status, body, _) = answer(config(), Raw { body: b"[1,2,4]".to_vec(), ..post().signed() }).await;
    assert_eq!((status, body.as_str()), (401, "the request's signature was not accepted\n"));
    // Its own errors are its own.
    let other = Raw::new("POST", "/json").field("Content-Type", "application/json").body(b"{}").signed();
    assert_eq!(answer(config(), other).await.0, 400);
}

#[actix_web::test]
async fn a_body_over_the_limit_ends_with_an_error_at_the_limit() {
    let (status, _, seen) = answer(config().body_limit(3), post().signed()).await;
    assert_eq!((status, seen.bytes, seen.proven), (413, Vec::new(), Some(false)));
}

#[actix_web::test]
async fn a_body_that_pauses_for_too_long_ends_with_an_error() {
    let log = Log::default();
    let server = Server::start(routes(config().body_deadline(millis(100)), &log));
    let mut request = post().signed();
    request.body.truncate(3);
    assert_eq!(exchange(server.port, &request.bytes(), 1).await[0].status, 408);
    let expected = Seen { bytes: b"[1,".to_vec(), error: Some("timed out".to_owned()), proven: Some(false) };
    assert_eq!(*log.lock().unwrap(), expected);
}

#[actix_web::test]
async fn what_the_inner_extractor_left_is_read_before_the_proof_is_given() {
    async fn first(mut upload: Upload) -> Result<String, Refused> {
        let first = upload.next().await.unwrap().unwrap();
        upload.finish().await.map(|proof| format!("{} {}", first.len(), proof.covered().contains(&named("digest"))))
    }
    async fn nothing(upload: SignedUnchecked<(), Alice>) -> Result<String, Refused> {
        upload.finish().await.map(|_| "proven".to_owned())
    }
    let log = Log::default();
    let server = Server::start(move |app| {
        app.app_data(config()).route("/first", web::post().to(first)).route("/nothing", web::post().to(nothing));
        app.configure(routes(config(), &log));
    });
    for (path, expected) in [("/first", "5 true"), ("/nothing", "proven")] {
        let signed = Raw::new("POST", path).body(b"12345678901234").signed();
        let answer = signed.clone().chunked(5).send(server.port).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, expected));
        let mut wrong = signed;
        wrong.body[13] = b'x';
        assert_eq!(wrong.chunked(5).send(server.port).await.status, 401);
    }
}

#[actix_web::test]
async fn asked_twice_the_refusal_is_the_same() {
    async fn twice(mut upload: Upload) -> Result<String, Refused> {
        while let Some(Ok(_)) = upload.next().await {}
        let first = upload.verified().map_err(|refused| refused.refusal().code().to_owned());
        assert_eq!(first.err().as_deref(), Some("digest-mismatch"));
        upload.verified().map(|_| "proven".to_owned())
    }
    let app = init_service(App::new().app_data(config()).default_service(web::to(twice))).await;
    assert_eq!(call_service(&app, tampered().into_actix().to_request()).await.status(), 401);
}

#[actix_web::test]
async fn an_extractor_behind_it_gets_an_error_and_never_an_empty_body() {
    async fn both(_: SignedUnchecked<(), Alice>, body: Bytes) -> String {
        body.len().to_string()
    }
    let app = init_service(App::new().app_data(config()).default_service(web::to(both))).await;
    assert_eq!(call_service(&app, post().signed().into_actix().to_request()).await.status(), 400);
}

#[actix_web::test]
async fn behind_a_guard_it_is_the_body_that_the_guard_checked() {
    let routes = |app: &mut ServiceConfig| {
        let guarded = web::scope("").wrap(SignatureGuard::new(config()));
        app.app_data(Log::default()).service(guarded.default_service(web::to(upload)));
    };
    let app = init_service(App::new().configure(routes)).await;
    let status = |request: Raw| {
        let response = call_service(&app, request.into_actix().to_request());
        async { response.await.status().as_u16() }
    };
    assert_eq!(status(post().signed()).await, 200);
    assert_eq!(status(tampered()).await, 401);
    assert_eq!(status(post()).await, 401);
}

#[actix_web::test]
async fn the_wrong_chunk_is_seen_by_the_handler_and_the_answer_says_so_over_a_socket() {
    let log = Log::default();
    let server = Server::start(routes(config(), &log));
    let signed = Raw::new("POST", "/").body(&vec![b'x'; 100_000]).signed();
    assert_eq!(signed.clone().chunked(7000).send(server.port).await.status, 200);
    let mut wrong = signed;
    *wrong.body.last_mut().unwrap() = b'y';
    assert_eq!(wrong.chunked(7000).send(server.port).await.status, 401);
    assert_eq!(log.lock().unwrap().bytes.len(), 200_000);
}

async fn drain(mut upload: Upload) -> Result<String, Refused> {
    let mut length = 0;
    while let Some(Ok(bytes)) = upload.next().await {
        length += bytes.len();
    }
    upload.verified().map(|_| length.to_string())
}

/// How many bytes more than before are held at the most while so many chunks pass through a handler that keeps none of them.
fn held_at_most(chunks: usize) -> u64 {
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    let mut hash = Context::new(&SHA256);
    (0..chunks).for_each(|_| hash.update(&chunk));
    let digest = format!("SHA-256={}", STANDARD.encode(hash.finish()));
    let head = Raw::new("POST", "/").field("Transfer-Encoding", "chunked").field("Digest", digest).sign_stream();
    let (expected, mut answered) = ((chunk.len() * chunks).to_string(), String::new());
    let info = allocation_counter::measure(|| {
        answered = actix_web::rt::System::new().block_on(async {
            let app = App::new().app_data(config().body_limit(usize::MAX)).default_service(web::to(drain));
            let app = init_service(app).await;
            let mut request = head.into_actix().to_request();
            let body = stream::iter((0..chunks).map(move |_| Ok::<_, PayloadError>(chunk.clone())));
            *request.payload() = Payload::from(Box::pin(body) as Pin<Box<dyn Stream<Item = _>>>);
            let response = call_service(&app, request).await;
            String::from_utf8(read_body(response).await.to_vec()).unwrap()
        });
    });
    assert_eq!(answered, expected);
    info.bytes_max
}

#[test]
fn a_gibibyte_passes_in_the_memory_of_a_few_chunks() {
    let (few, gibibyte) = (held_at_most(2), held_at_most(16 * 1024));
    assert!(gibibyte < few + 64 * 1024, "{few} and {gibibyte} bytes");
}
