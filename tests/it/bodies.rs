//! Bodies: who gets the one that was signed, and what is done about one that never ends.

use actix_web::{
    App, Responder,
    http::StatusCode,
    test::{call_service, init_service, read_body},
    web::{self, Bytes, Json, ServiceConfig},
};
use countersign_actix::{Caller, MaybeSigned, Refused, SignatureConfig, SignatureGuard, Signed, SignedUnchecked};
use futures::StreamExt;

use tokio::{io::AsyncWriteExt, net::TcpStream, time::sleep};

use crate::{
    support::{Server, alices_keys, millis},
    wire::{Raw, exchange},
};

type Alice = &'static str;

fn config() -> SignatureConfig<Alice> {
    SignatureConfig::new(alices_keys())
}

fn post() -> Raw {
    Raw::new("POST", "/").field("Content-Type", "application/json").body(b"[1,2,3]")
}

/// What a fresh app with these routes answers.
async fn answer(routes: impl FnOnce(&mut ServiceConfig), request: Raw) -> (StatusCode, String) {
    let app = init_service(App::new().configure(routes)).await;
    let response = call_service(&app, request.into_actix().to_request()).await;
    (response.status(), String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

#[actix_web::test]
async fn an_extractor_after_signed_reads_the_body_that_was_signed_as_well() {
    async fn handler(signed: Signed<(), Alice>, numbers: Json<Vec<u32>>) -> String {
        format!("{} sent {numbers:?}", signed.caller())
    }
    async fn three(one: Signed<Bytes, Alice>, two: Signed<(), Alice>, three: Bytes) -> String {
        format!("{} {} {}", one.len(), two.caller(), three.len())
    }
    let routes = |app: &mut ServiceConfig| {
        app.app_data(config()).route("/", web::post().to(handler)).route("/three", web::post().to(three));
    };
    assert_eq!(answer(routes, post().signed()).await, (StatusCode::OK, "Alice sent Json([1, 2, 3])".to_owned()));
    let changed = Raw { body: b"[1,2,4]".to_vec(), ..post().signed() };
    assert_eq!(answer(routes, changed).await.0, StatusCode::UNAUTHORIZED);
    let three = Raw { target: "/three".to_owned(), ..post() };
    assert_eq!(answer(routes, three.signed()).await, (StatusCode::OK, "7 Alice 7".to_owned()));
}

#[actix_web::test]
async fn an_extractor_after_an_anonymous_one_gets_an_error_and_never_an_empty_body() {
    async fn handler(first: MaybeSigned<Bytes, Alice>, second: Bytes) -> String {
        let first = match first {
            MaybeSigned::Signed(signed) => signed.len(),
            MaybeSigned::Anonymous(body) => body.len(),
        };
        format!("{first} and {}", second.len())
    }
    let routes = |app: &mut ServiceConfig| {
        app.app_data(config()).route("/", web::post().to(handler));
    };
    assert_eq!(answer(routes, post().signed()).await, (StatusCode::OK, "7 and 7".to_owned()));
    assert_eq!(answer(routes, post()).await.0, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn behind_a_guard_an_extractor_reads_the_signed_body_whoever_took_it_first() {
    async fn handler(_: Bytes, body: Signed<Bytes, Alice>) -> impl Responder {
        body.into_inner()
    }
    let routes = |app: &mut ServiceConfig| {
        app.service(web::scope("").wrap(SignatureGuard::new(config())).route("/", web::post().to(handler)));
    };
    assert_eq!(answer(routes, post().signed()).await, (StatusCode::OK, "[1,2,3]".to_owned()));
}

fn serve() -> Server {
    async fn length(body: Signed<Bytes, Alice>) -> String {
        body.len().to_string()
    }
    Server::start(|app| {
        let config = config().body_deadline(millis(150));
        app.app_data(config).default_service(web::to(length));
    })
}

#[actix_web::test]
async fn a_body_that_does_not_arrive_in_time_is_408_for_a_signed_head_and_is_not_waited_for_without() {
    let server = serve();
    let mut signed = post().signed();
    signed.body.truncate(1);
    let answer = &exchange(server.port, &signed.bytes(), 1).await[0];
    assert_eq!((answer.status, answer.field("connection")), (408, Some("close")));
    let mut unsigned = post();
    unsigned.body.truncate(1);
    assert_eq!(exchange(server.port, &unsigned.bytes(), 1).await[0].status, 401);
}

#[actix_web::test]
async fn an_endless_body_is_not_read_on_behind_a_refusal() {
    async fn length(body: Signed<Bytes, Alice>) -> String {
        body.len().to_string()
    }
    async fn caller(caller: Caller<Alice>) -> Alice {
        *caller
    }
    async fn stream(mut body: SignedUnchecked<web::Payload, Alice>) -> Result<&'static str, Refused> {
        while let Some(Ok(_)) = body.next().await {}
        body.verified().map(|_| "proven")
    }
    // Its own limit ends it first.
    async fn json(_: SignedUnchecked<Json<Vec<u32>>, Alice>) -> &'static str {
        "proven"
    }
    let server = Server::start(|app| {
        let config = config().body_limit(1024);
        let guarded = web::scope("/guarded").wrap(SignatureGuard::new(config.clone()));
        let optional = web::scope("/optional").wrap(SignatureGuard::optional(config.clone()));
        app.app_data(config)
            .service(guarded.default_service(web::to(length)))
            .service(optional.default_service(web::to(caller)))
            .route("/stream", web::to(stream))
            .route("/json", web::to(json))
            .default_service(web::to(length));
    });
    for path in ["/", "/guarded/", "/optional/", "/stream", "/json"] {
        let unsigned = Raw::new("POST", path).field("Transfer-Encoding", "chunked");
        let digest = countersign::digest_field(countersign::DigestAlgorithm::Sha256, b"");
        let signed = unsigned.clone().field("Digest", digest).sign_stream();
        for (head, expected) in [(unsigned, 401), (signed, 413)] {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
            stream.write_all(&head.bytes()).await.unwrap();
            // The server lingers for as long as it waits for a client to hang up, and not for longer.
            let mut sent = 0;
            while sent < 200 && stream.write_all(b"400\r\n").await.is_ok() {
                let _ = stream.write_all(&[b'x'; 0x400]).await;
                let _ = stream.write_all(b"\r\n").await;
                sleep(millis(10)).await;
                sent += 1;
            }
            assert!(sent < 200, "{path} {expected}: it is still read");
        }
        let head = Raw::new("POST", path).field("Transfer-Encoding", "chunked");
        let answer = &exchange(server.port, &head.bytes(), 1).await[0];
        assert_eq!((answer.status, answer.field("connection")), (401, Some("close")), "{path}");
    }
}

#[actix_web::test]
async fn what_follows_an_upgrade_is_no_body() {
    let server = serve();
    let upgrade = Raw::new("GET", "/").signed().field("Connection", "Upgrade").field("Upgrade", "websocket");
    let mut bytes = upgrade.bytes();
    bytes.extend_from_slice(b"unsigned");
    let answer = &exchange(server.port, &bytes, 1).await[0];
    assert_eq!((answer.status, answer.body.as_str()), (200, "0"));
}
