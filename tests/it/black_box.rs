//! A running server, asked over sockets by hand.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::web::{self, Bytes};
use countersign::{Cavage, Claim, Credential, Secret, Signer, SigningKey, digest_field};
use countersign_actix::{Caller, MaybeSigned, SignatureConfig, SignatureGuard, Signed};

use crate::{
    support::{Server, alices_keys, now, secs, signer, signing_key},
    wire::{Answer, Raw, exchange},
};

const LIMIT: usize = 4096;
const GET_CHALLENGE: &str = r#"Signature realm="orders",headers="(request-target) host date""#;
const POST_CHALLENGE: &str = r#"Signature realm="orders",headers="(request-target) host date digest content-type""#;

type Calls = web::Data<AtomicUsize>;

async fn echo(request: Signed<Bytes, &'static str>, calls: Calls) -> String {
    calls.fetch_add(1, Ordering::SeqCst);
    format!("{} sent {}", request.caller(), String::from_utf8_lossy(&request))
}

async fn guarded_echo(caller: Caller<&'static str>, body: Bytes, calls: Calls) -> String {
    calls.fetch_add(1, Ordering::SeqCst);
    format!("{} sent {}", *caller, String::from_utf8_lossy(&body))
}

async fn optional(request: MaybeSigned<Bytes, &'static str>) -> &'static str {
    match request {
        MaybeSigned::Signed(signed) => signed.caller(),
        MaybeSigned::Anonymous(_) => "anonymous",
    }
}

async fn outage(_: Claim) -> Result<Option<Credential<&'static str>>, std::io::Error> {
    Err(std::io::Error::other("the database at 10.0.0.7 is down"))
}

async fn slow(_: Claim) -> Result<Option<Credential<&'static str>>, std::io::Error> {
    pending().await
}

/// The server, and how many requests reached a handler that wants a signature.
fn serve() -> (Server, Calls) {
    let calls: Calls = Arc::new(AtomicUsize::new(0)).into();
    let counter = calls.clone();
    let config = SignatureConfig::new(alices_keys()).realm("orders").body_limit(LIMIT);
    let server = Server::start(move |app| {
        let failing = SignatureConfig::new(outage).realm("orders");
        let pending = SignatureConfig::new(slow).realm("orders").key_deadline(Duration::from_millis(50));
        app.app_data(counter.clone())
            .app_data(config.clone())
            .service(web::resource("/failing").app_data(failing).to(echo))
            .service(web::resource("/slow").app_data(pending).to(echo))
            .service(web::resource("/optional").to(optional))
            .service(
                web::scope("/guarded")
                    .wrap(SignatureGuard::new(config.clone()))
                    .route("/orders", web::to(guarded_echo)),
            )
            .service(web::resource("/orders").to(echo));
    });
    (server, calls)
}

fn get(path: &str) -> Raw {
    Raw::new("GET", &format!("{path}?page=2"))
}

fn post(path: &str) -> Raw {
    Raw::new("POST", &format!("{path}?page=2")).field("Content-Type", "application/json").body(br#"{"item":1}"#)
}

/// Every way to be refused that a peer must not be able to tell from another, made from a request not signed yet.
fn refused(request: &Raw) -> Vec<(&'static str, Raw)> {
    let signed = request.clone().signed();
    let signature = signed.value("signature");
    let wrong = SigningKey::hmac_sha256("alice", &Secret::new("incorrect horse battery staple").unwrap()).unwrap();
    let mut other_query = signed.clone();
    other_query.target = other_query.target.replace("page=2", "page=3");
    let mut list = vec![
        ("unsigned", request.clone()),
        ("malformed", request.clone().field("Signature", "keyId=")),
        ("empty", request.clone().field("Signature", "")),
        ("a wrong secret", request.clone().sign(&Signer::new(Cavage::new(), wrong), now())),
        ("an unknown key", request.clone().sign(&signer("mallory"), now())),
        ("another algorithm", signed.clone().replacing("signature", signature.replace("sha256", "sha512"))),
        ("an unknown algorithm", signed.clone().replacing("signature", signature.replace("hmac-sha256", "none"))),
        ("stale", request.clone().sign(&signer("alice"), now().minus(secs(330)))),
        ("from the future", request.clone().sign(&signer("alice"), now().plus(secs(60)))),
        ("another query", other_query),
        ("a covered field removed", signed.clone().without("date")),
        ("a covered field changed", signed.clone().replacing("host", "evil.example")),
        ("a lower-case method", Raw { method: request.method.to_ascii_lowercase(), ..signed.clone() }),
        ("two dates", signed.clone().field("Date", signed.value("date"))),
        ("two signatures", signed.clone().field("Signature", signature.clone())),
        ("two places", signed.clone().field("Authorization", format!("Signature {signature}"))),
        (
            "only the date covered",
            signed.clone().replacing("signature", signature.replace("(request-target) host ", "")),
        ),
    ];
    if !request.body.is_empty() {
        let mut other_body = signed.clone();
        other_body.body = other_body.body.to_ascii_uppercase();
        let digest = digest_field(countersign::DigestAlgorithm::Sha256, &other_body.body);
        list.push(("another body", other_body.clone()));
        list.push(("another body and digest", other_body.replacing("digest", digest)));
        list.push(("no digest", signed.clone().without("digest")));
        list.push(("another content type", signed.clone().replacing("content-type", "text/plain")));
        list.push(("a body that is not covered", {
            let mut bare = request.clone();
            bare.body = Vec::new();
            let mut bare = bare.signed();
            bare.body.clone_from(&request.body);
            bare
        }));
    }
    list
}

#[actix_web::test]
async fn signed_requests_reach_their_handlers_with_the_body_that_was_signed() {
    let (server, calls) = serve();
    for path in ["/orders", "/guarded/orders"] {
        let answer = get(path).signed().send(server.port).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "Alice sent "));
        let answer = post(path).signed().send(server.port).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"Alice sent {"item":1}"#));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

#[actix_web::test]
async fn every_refusal_is_the_same_to_the_byte_and_reaches_no_handler() {
    let (server, calls) = serve();
    let mut different = Vec::new();
    for path in ["/orders", "/guarded/orders"] {
        for (request, challenge) in [(get(path), GET_CHALLENGE), (post(path), POST_CHALLENGE)] {
            let mut answers: Vec<(&str, Answer)> = Vec::new();
            for (name, request) in refused(&request) {
                let answer = request.send(server.port).await;
                assert_eq!(answer.status, 401, "{path} {name}");
                assert_eq!(answer.field("www-authenticate"), Some(challenge), "{path} {name}");
                answers.push((name, answer));
            }
            let expected = answers[0].1.clone();
            answers.retain(|(_, answer)| *answer != expected);
            different.push((path, request.method, answers));
        }
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    assert_eq!(post("/orders").signed().send(server.port).await.status, 200);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    different.retain(|(_, _, answers)| !answers.is_empty());
    assert!(different.is_empty(), "a peer can tell these from an unsigned request: {different:#?}");
}

#[actix_web::test]
async fn a_body_over_the_limit_is_413_however_it_is_sent() {
    let (server, calls) = serve();
    for path in ["/orders", "/guarded/orders"] {
        let fits = Raw::new("POST", path).body(&[b'a'; LIMIT]).signed();
        assert_eq!(fits.send(server.port).await.status, 200);
        assert_eq!(fits.chunked(1000).send(server.port).await.status, 200);
        let long = Raw::new("POST", path).body(&[b'a'; LIMIT + 1]).signed();
        assert_eq!(long.send(server.port).await.status, 413);
        assert_eq!(long.chunked(1000).send(server.port).await.status, 413);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

#[actix_web::test]
async fn a_body_over_the_limit_is_401_and_not_413_for_somebody_without_a_key() {
    let (server, _) = serve();
    let long = Raw::new("POST", "/orders").body(&[b'a'; LIMIT + 1]);
    assert_eq!(long.clone().sign(&signer("mallory"), now()).send(server.port).await.status, 401);
    assert_eq!(long.send(server.port).await.status, 401);
}

#[actix_web::test]
async fn a_key_store_that_fails_or_is_slow_is_503_and_says_nothing_of_itself() {
    let (server, calls) = serve();
    for path in ["/failing", "/slow"] {
        for request in [get(path), post(path)] {
            let answer = request.signed().send(server.port).await;
            assert_eq!(answer.status, 503, "{path}");
            assert_eq!(answer.field("retry-after"), Some("5"), "{path}");
            assert_eq!(answer.field("www-authenticate"), None, "{path}");
            assert_eq!(answer.body, "signatures cannot be checked now\n", "{path}");
        }
        // What can be refused without a key is refused without asking.
        assert_eq!(get(path).send(server.port).await.status, 401, "{path}");
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

#[actix_web::test]
async fn a_signed_request_does_not_vouch_for_the_next_one_on_its_connection() {
    let (server, calls) = serve();
    for path in ["/orders", "/guarded/orders"] {
        let bytes = [get(path).signed().bytes(), get(path).bytes()].concat();
        let statuses: Vec<_> = exchange(server.port, &bytes, 2).await.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200, 401], "{path}");
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[actix_web::test]
async fn a_get_with_a_body_needs_its_digest_covered() {
    let (server, calls) = serve();
    for path in ["/orders", "/guarded/orders"] {
        assert_eq!(get(path).signed().body(b"extra").send(server.port).await.status, 401);
        assert_eq!(get(path).signed().body(b"extra").chunked(2).send(server.port).await.status, 401);
        let answer = get(path).body(b"extra").signed().send(server.port).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "Alice sent extra"));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[actix_web::test]
async fn a_chunked_body_is_the_body_that_was_signed() {
    let (server, _) = serve();
    for path in ["/orders", "/guarded/orders"] {
        let signed = Raw::new("POST", path).body(b"a body in several pieces").signed();
        for size in [1, 5, 100] {
            let answer = signed.clone().chunked(size).send(server.port).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "Alice sent a body in several pieces"));
        }
        let mut other = signed;
        other.body = b"a body in other pieces, really".to_vec();
        assert_eq!(other.chunked(5).send(server.port).await.status, 401);
    }
}

#[actix_web::test]
async fn where_a_signature_is_optional_a_bad_one_is_still_refused() {
    let (server, _) = serve();
    for request in [get("/optional"), post("/optional")] {
        for (name, request) in refused(&request) {
            let answer = request.send(server.port).await;
            match name {
                "unsigned" => assert_eq!((answer.status, answer.body.as_str()), (200, "anonymous")),
                _ => assert_eq!(answer.status, 401, "{name}"),
            }
        }
        let answer = request.signed().send(server.port).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "Alice"));
    }
}

#[actix_web::test]
async fn the_authorization_field_carries_a_signature_just_as_well() {
    let (server, _) = serve();
    let signer = Signer::new(Cavage::new().in_authorization(), signing_key("alice"));
    let answer = post("/orders").sign(&signer, now()).send(server.port).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"Alice sent {"item":1}"#));
}

#[actix_web::test]
async fn a_target_that_names_another_authority_than_the_host_is_refused() {
    let (server, _) = serve();
    let signed = get("/orders").signed();
    for (authority, status) in
        [("api.example", 200), ("API.example", 200), ("evil.example", 401), ("api.example:80", 401)]
    {
        let absolute = Raw { target: format!("http://{authority}{}", signed.target), ..signed.clone() };
        assert_eq!(absolute.send(server.port).await.status, status, "{authority}");
    }
}
