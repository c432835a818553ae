//! Answers of one's own, the figures of a check, and requests that tests sign.

use actix_web::{
    App, HttpResponse,
    http::StatusCode,
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, Bytes, Json},
};
use countersign::{Cavage, Claim, Credential, SignError, Signer};
use countersign_actix::{
    Refusal, SignatureConfig, SignatureGuard, Signed,
    testing::{sign, sign_at},
};

use crate::{
    support::{Events, alices_keys, millis, now, secs, signer, signing_key},
    wire::Raw,
};

type Alice = &'static str;

async fn signed(request: Signed<Bytes, Alice>) -> String {
    request.len().to_string()
}

fn config() -> SignatureConfig<Alice> {
    SignatureConfig::new(alices_keys()).body_limit(8)
}

async fn outage(_: Claim) -> Result<Option<Credential<Alice>>, std::io::Error> {
    Err(std::io::Error::other("down"))
}

struct Seen {
    status: u16,
    body: String,
    challenge: Option<String>,
    retry_after: Option<String>,
}

async fn seen(config: SignatureConfig<Alice>, request: Raw) -> Seen {
    let guarded = web::scope("/guarded").wrap(SignatureGuard::new(config.clone()));
    let app = App::new().service(guarded.default_service(web::to(signed)));
    let app = init_service(app.app_data(config).default_service(web::to(signed))).await;
    let response = call_service(&app, request.into_actix().to_request()).await;
    let field = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (challenge, retry_after) = (field("www-authenticate"), field("retry-after"));
    let status = response.status().as_u16();
    let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    Seen { status, body, challenge, retry_after }
}

fn get() -> Raw {
    Raw::new("GET", "/guarded")
}

fn unknown(raw: Raw) -> Raw {
    raw.sign(&signer("mallory"), now())
}

#[actix_web::test]
async fn an_answer_of_ones_own_keeps_the_challenge_and_learns_nothing_of_the_cause() {
    let own = config().answer(|refused| {
        let text = format!("{} {} {}", refused.status(), refused.challenge().is_some(), refused.text());
        HttpResponse::build(refused.status()).body(text)
    });
    let wrong = get().signed().replacing("Host", "other.example");
    for path in ["/", "/guarded"] {
        let mut answers = Vec::new();
        for request in [get(), unknown(get()), wrong.clone(), get().field("Signature", "")] {
            let seen = seen(own.clone(), Raw { target: path.to_owned(), ..request }).await;
            assert_eq!((seen.status, seen.challenge.is_some()), (401, true));
            answers.push(seen.body);
        }
        answers.dedup();
        assert_eq!(answers, ["401 Unauthorized true the request's signature was not accepted"]);
    }
    let large = get().body(b"123456789").signed();
    assert_eq!(seen(own, large).await.body, "413 Payload Too Large false the body is too large");
}

#[actix_web::test]
async fn an_answer_may_have_another_status_and_fields_that_it_has_are_kept() {
    let own = config().answer(|_| HttpResponse::NotFound().finish());
    let answer = seen(own, get()).await;
    assert_eq!((answer.status, answer.challenge), (404, None));
    let own = config()
        .answer(|refused| HttpResponse::build(refused.status()).insert_header(("WWW-Authenticate", "Bearer")).finish());
    assert_eq!(seen(own, get()).await.challenge.as_deref(), Some("Bearer"));
    let own = SignatureConfig::new(outage).answer(|refused| HttpResponse::build(refused.status()).finish());
    let answer = seen(own, get().signed()).await;
    assert_eq!((answer.status, answer.retry_after.as_deref()), (503, Some("5")));
}

#[actix_web::test]
async fn the_cause_is_given_to_an_answer_that_asks_for_it_by_its_dangerous_name() {
    let own = config().dangerous_answer_with_cause(|refusal: &Refusal| {
        HttpResponse::build(StatusCode::UNAUTHORIZED).body(refusal.code())
    });
    assert_eq!(seen(own.clone(), get()).await.body, "no-signature");
    assert_eq!(seen(own.clone(), unknown(get())).await.body, "unknown-key");
    assert_eq!(seen(own, get().body(b"123456789").signed()).await.body, "body-too-large");
}

#[actix_web::test]
async fn every_check_leaves_figures_where_somebody_listens() {
    async fn slow(claim: Claim) -> Result<Option<Credential<Alice>>, std::convert::Infallible> {
        tokio::time::sleep(millis(20)).await;
        countersign::KeyLoader::load(&alices_keys(), claim).await
    }
    let (events, _guard) = Events::capture();
    let root = |raw: Raw| Raw { target: "/".to_owned(), ..raw };
    for (request, outcome) in [
        (root(get()).signed(), "accepted"),
        (root(get()), "unsigned"),
        (unknown(root(get())), "unknown-key"),
        (root(get()).body(b"123456789").signed(), "body-too-large"),
    ] {
        seen(SignatureConfig::new(slow).body_limit(8), request).await;
        let figures = events.take_timing();
        assert_eq!(figures.len(), 1, "{outcome}");
        assert_eq!(figures[0]["outcome"], outcome);
        let micros = |name: &str| figures[0][name].parse::<u64>().unwrap();
        let loaded = micros("load_micros") >= 20_000;
        assert_eq!(loaded, outcome != "unsigned", "{outcome}: {figures:?}");
        assert!(micros("verify_micros") < micros("load_micros").max(20_000), "{outcome}: {figures:?}");
    }
}

#[actix_web::test]
async fn a_test_signs_its_requests_in_one_line() {
    async fn sum(numbers: Signed<Json<Vec<u32>>, Alice>) -> String {
        format!("{} for {}", numbers.iter().sum::<u32>(), numbers.caller())
    }
    let app = App::new().app_data(config()).route("/sum", web::post().to(sum));
    let app = init_service(app.default_service(web::to(signed))).await;
    let request = sign(TestRequest::post().uri("/sum?a=b").set_json([1, 2, 3]), &signer("alice")).unwrap();
    let response = call_service(&app, request).await;
    assert_eq!(response.status(), 200);
    assert_eq!(read_body(response).await, "6 for Alice");
    let in_authorization = Signer::new(Cavage::new().in_authorization(), signing_key("alice"));
    let request = sign(TestRequest::get().uri("/").insert_header(("Host", "api.example")), &in_authorization).unwrap();
    assert_eq!(call_service(&app, request).await.status(), 200);
    let stale = sign_at(TestRequest::get().uri("/"), &signer("alice"), now().minus(secs(600))).unwrap();
    assert_eq!(call_service(&app, stale).await.status(), 401);
    let tenant = signer("alice")
        .covering(countersign::Coverage::standard().and("x-tenant".parse().unwrap(), countersign::When::Always));
    let missing = sign_at(TestRequest::get(), &tenant, now()).err();
    assert_eq!(missing, Some(SignError::Missing("x-tenant".parse().unwrap())));
}

#[actix_web::test]
async fn a_test_signs_a_request_whose_body_is_put_in_afterwards() {
    let (events, _guard) = Events::capture();
    let app = init_service(App::new().app_data(config()).default_service(web::to(signed))).await;
    let digest = countersign::digest_field(countersign::DigestAlgorithm::Sha256, b"later");
    let head = TestRequest::post().uri("/").insert_header(("Digest", digest));
    let mut request = sign(head.insert_header(("Transfer-Encoding", "chunked")), &signer("alice")).unwrap();
    *request.payload() = actix_web::dev::Payload::from(Bytes::from_static(b"later"));
    let response = call_service(&app, request).await;
    assert_eq!((response.status().as_u16(), events.take()), (200, Vec::new()));
}

#[actix_web::test]
async fn every_refusal_leaves_one_event_with_its_cause_and_a_detail() {
    async fn slow(_: Claim) -> Result<Option<Credential<Alice>>, std::io::Error> {
        std::future::pending().await
    }
    async fn taken(_: Bytes, _: Signed<(), Alice>) -> &'static str {
        ""
    }
    let (events, _guard) = Events::capture();
    let slow = SignatureConfig::new(slow).key_deadline(millis(10));
    let root = |raw: Raw| Raw { target: "/".to_owned(), ..raw };
    for (config, request, cause) in [
        (config(), root(get()), "no-signature"),
        (config(), unknown(root(get())), "unknown-key"),
        (config(), root(get()).body(b"123456789").signed(), "body-too-large"),
        (SignatureConfig::new(outage), root(get()).signed(), "key-loader"),
        (slow, root(get()).signed(), "key-deadline"),
    ] {
        seen(config, request).await;
        let events = events.take();
        assert_eq!(events.len(), 1, "{cause}");
        assert_eq!((events[0]["cause"].as_str(), events[0].contains_key("detail")), (cause, true));
        assert_eq!((events[0]["scheme"].as_str(), events[0].contains_key("key_id")), ("cavage", true));
    }
    let app = init_service(App::new().app_data(config()).default_service(web::to(taken))).await;
    call_service(&app, get().body(b"1").signed().into_actix().to_request()).await;
    let events = events.take();
    assert_eq!(
        (events.len(), events[0]["cause"].as_str(), events[0].contains_key("detail")),
        (1, "misconfigured", true)
    );
}
