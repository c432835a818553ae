//! The traps of actix-web: who takes the body, what an extractor's error becomes, and what a guard hands on.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use actix_web::{
    App, FromRequest, Handler, HttpResponse, Responder,
    dev::ServiceResponse,
    http::StatusCode,
    test::{call_service, init_service, read_body},
    web::{self, Bytes, Form, Json, ServiceConfig},
};
use countersign::{Claim, Component, Coverage, Credential, Policy, Signer, StaticKeys, VerifyError, When};
use countersign_actix::{Caller, MaybeSigned, Refusal, Refused, SignatureConfig, SignatureGuard, Signed};
use serde::{Deserialize, Serialize};

use crate::{
    support::{ALICE, alices_keys, counting_loader, now, secs, signer, verifying_key},
    wire::Raw,
};

type Alice = &'static str;

#[derive(Debug, Deserialize, Serialize, PartialEq)]
struct Order {
    item: u32,
}

fn config() -> SignatureConfig<Alice> {
    SignatureConfig::new(alices_keys())
}

/// What a fresh app with these routes answers.
async fn answer(routes: impl FnOnce(&mut ServiceConfig), request: Raw) -> (StatusCode, String) {
    let app = init_service(App::new().configure(routes)).await;
    let response: ServiceResponse = call_service(&app, request.into_actix().to_request()).await;
    let status = response.status();
    (status, String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

/// As [`answer`], where only the status matters.
async fn status(routes: impl FnOnce(&mut ServiceConfig), request: Raw) -> u16 {
    answer(routes, request).await.0.as_u16()
}

/// One handler for everything, with no configuration.
fn route<H, Args>(handler: H) -> impl FnOnce(&mut ServiceConfig)
where
    H: Handler<Args, Output = &'static str>,
    Args: FromRequest + 'static,
{
    move |app| {
        app.default_service(web::to(handler));
    }
}

/// One handler for everything, with the configuration for its extractors.
fn configured<H, Args>(handler: H) -> impl FnOnce(&mut ServiceConfig)
where
    H: Handler<Args, Output = &'static str>,
    Args: FromRequest + 'static,
{
    move |app| {
        app.app_data(config());
        route(handler)(app);
    }
}

fn get() -> Raw {
    Raw::new("GET", "/")
}

fn post() -> Raw {
    Raw::new("POST", "/").field("Content-Type", "application/json").body(br#"{"item":1}"#)
}

fn badly_signed(request: Raw) -> Raw {
    let signed = request.signed();
    let wrong = signed.value("date").replace("GMT", "UTC");
    signed.replacing("date", wrong)
}

#[actix_web::test]
async fn a_body_that_another_extractor_took_first_is_a_500_and_never_a_pass() {
    async fn handler(_: Bytes, _: Signed<(), Alice>) -> &'static str {
        "reached"
    }
    async fn optional(_: Bytes, _: MaybeSigned<(), Alice>) -> &'static str {
        "reached"
    }
    for request in [post().signed(), post(), post().signed().chunked(3)] {
        assert_eq!(status(configured(handler), request.clone()).await, 500);
        assert_eq!(status(configured(optional), request).await, 500);
    }
    // Where there was no body, nothing was taken.
    assert_eq!(status(configured(handler), get().signed()).await, 200);
}

#[actix_web::test]
async fn option_signed_makes_a_bad_signature_anonymous_and_maybe_signed_does_not() {
    async fn hazard(request: Option<Signed<(), Alice>>) -> &'static str {
        request.map_or("anonymous", |signed| signed.caller())
    }
    async fn right(request: MaybeSigned<(), Alice>) -> &'static str {
        match request {
            MaybeSigned::Signed(signed) => signed.caller(),
            MaybeSigned::Anonymous(()) => "anonymous",
        }
    }
    for (request, with_option, with_maybe) in [
        (get(), "anonymous", Some("anonymous")),
        (get().signed(), ALICE, Some(ALICE)),
        (badly_signed(get()), "anonymous", None),
    ] {
        assert_eq!(answer(configured(hazard), request.clone()).await, (StatusCode::OK, with_option.to_owned()));
        let (status, body) = answer(configured(right), request).await;
        assert_eq!((status == StatusCode::OK).then_some(body.as_str()), with_maybe);
        assert!(with_maybe.is_some() || status == StatusCode::UNAUTHORIZED);
    }
}

#[actix_web::test]
async fn a_route_that_asks_for_a_check_which_is_not_set_up_is_a_500() {
    async fn signed(_: Signed<(), Alice>) -> &'static str {
        "reached"
    }
    async fn maybe(_: MaybeSigned<(), Alice>) -> &'static str {
        "reached"
    }
    async fn caller(_: Caller<Alice>) -> &'static str {
        "reached"
    }
    for request in [get(), get().signed()] {
        assert_eq!(status(route(signed), request.clone()).await, 500);
        assert_eq!(status(route(maybe), request.clone()).await, 500);
        // A configuration alone checks nothing: the guard does.
        assert_eq!(status(configured(caller), request).await, 500);
    }
}

/// A guard around one route that asks for everything, with a configuration of its own for the extractors.
async fn guarded(
    guard: SignatureConfig<Alice>,
    own: Option<SignatureConfig<Alice>>,
    request: Raw,
) -> (StatusCode, String) {
    async fn handler(caller: Caller<Alice>, request: Signed<Bytes, Alice>) -> String {
        assert_eq!(*caller, *request.caller());
        assert_eq!(request.proof().key_id().unwrap().as_str(), "alice");
        format!("{} sent {}", *caller, String::from_utf8_lossy(&request))
    }
    let routes = |app: &mut ServiceConfig| {
        own.map(|own| app.app_data(own));
        app.service(web::scope("").wrap(SignatureGuard::new(guard)).route("/", web::to(handler)));
    };
    answer(routes, request).await
}

#[actix_web::test]
async fn under_a_guard_the_extractors_take_what_it_found_and_the_loader_is_asked_once() {
    for request in [get(), post()] {
        let body = String::from_utf8(request.body.clone()).unwrap();
        let loads = Arc::new(AtomicUsize::new(0));
        let config = SignatureConfig::new(counting_loader(&loads));
        let laxer = config.clone().policy(Policy::default().max_age(secs(600)));
        for own in [None, Some(config.clone()), Some(laxer)] {
            let (status, found) = guarded(config.clone(), own, request.clone().signed()).await;
            assert_eq!((status, found), (StatusCode::OK, format!("Alice sent {body}")));
            assert_eq!(loads.swap(0, Ordering::SeqCst), 1);
        }
    }
}

#[actix_web::test]
async fn an_extractor_that_asks_for_more_than_its_guard_checks_again() {
    let tenant: Component = "x-tenant".parse().unwrap();
    let loads = Arc::new(AtomicUsize::new(0));
    let config = SignatureConfig::new(counting_loader(&loads));
    let stricter = [
        config.clone().policy(Policy::default().require(tenant.clone(), When::Always)),
        config.clone().policy(Policy::default().max_age(secs(60))),
        config.clone().body_limit(5),
    ];
    let old = || now().minus(secs(120));
    for (own, request, refused) in [
        (&stricter[0], post().signed(), 401),
        (&stricter[1], post().sign(&signer("alice"), old()), 401),
        (&stricter[2], post().signed(), 413),
    ] {
        assert_eq!(guarded(config.clone(), None, request.clone()).await.0, StatusCode::OK);
        assert_eq!(guarded(config.clone(), Some(own.clone()), request).await.0.as_u16(), refused);
    }

    loads.store(0, Ordering::SeqCst);
    let covering = Coverage::standard().and(tenant, When::Present);
    let signer: Signer = signer("alice").covering(covering);
    let request = post().field("X-Tenant", "7").sign(&signer, now());
    let (status, body) = guarded(config.clone(), Some(stricter[0].clone()), request).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, r#"Alice sent {"item":1}"#));
    assert_eq!(loads.load(Ordering::SeqCst), 2);
}

#[actix_web::test]
async fn an_extractor_with_a_loader_of_its_own_is_checked_with_it() {
    async fn bobs_keys(_: Claim) -> Result<Option<Credential<Alice>>, Infallible> {
        Ok(Some(Credential::new(verifying_key(), "Bob")))
    }
    async fn handler(signed: Signed<(), Alice>) -> String {
        (*signed.caller()).to_owned()
    }
    let nobody = SignatureConfig::new(StaticKeys::<Alice>::new());
    for (own, expected) in [(SignatureConfig::new(bobs_keys), (200, "Bob")), (nobody, (401, ""))] {
        let routes = |app: &mut ServiceConfig| {
            let scope = web::scope("").app_data(own).wrap(SignatureGuard::new(config()));
            app.service(scope.route("/", web::get().to(handler)));
        };
        let (status, body) = answer(routes, get().signed()).await;
        assert_eq!(status.as_u16(), expected.0);
        assert!(body.starts_with(expected.1));
    }
}

#[actix_web::test]
async fn the_proof_of_one_kind_of_caller_is_not_one_of_another() {
    async fn signed(_: Signed<(), u32>) -> &'static str {
        "reached"
    }
    async fn maybe(_: MaybeSigned<(), u32>) -> &'static str {
        "reached"
    }
    async fn caller(_: Caller<u32>) -> &'static str {
        "reached"
    }
    for (path, expected) in [("/signed", 500), ("/maybe", 500), ("/caller", 500), ("/open", 200)] {
        let routes = |app: &mut ServiceConfig| {
            let scope = web::scope("").wrap(SignatureGuard::new(config()));
            let scope = scope.route("/signed", web::get().to(signed)).route("/maybe", web::get().to(maybe));
            let scope = scope.route("/caller", web::get().to(caller)).route("/open", web::get().to(HttpResponse::Ok));
            app.service(scope);
        };
        assert_eq!(status(routes, Raw::new("GET", path).signed()).await, expected, "{path}");
    }
}

#[actix_web::test]
async fn a_handler_reads_the_body_that_was_signed_in_whatever_form() {
    async fn json(order: Signed<Json<Order>, Alice>) -> impl Responder {
        Json(order.into_inner().into_inner())
    }
    async fn form(order: Signed<Form<Order>, Alice>) -> impl Responder {
        Json(order.into_inner().into_inner())
    }
    async fn bytes(body: Signed<Bytes, Alice>) -> impl Responder {
        body.into_inner()
    }
    async fn plain_json(order: Json<Order>) -> impl Responder {
        order
    }
    async fn plain_form(order: Form<Order>) -> impl Responder {
        Json(order.into_inner())
    }
    let routes = |app: &mut ServiceConfig| {
        let guarded = web::scope("/guarded").wrap(SignatureGuard::new(config()));
        app.app_data(config())
            .service(guarded.route("/json", web::post().to(plain_json)).route("/form", web::post().to(plain_form)))
            .route("/json", web::post().to(json))
            .route("/form", web::post().to(form))
            .route("/bytes", web::post().to(bytes));
    };
    for (path, kind, body) in [
        ("/json", "application/json", r#"{"item":1}"#),
        ("/form", "application/x-www-form-urlencoded", "item=1"),
        ("/bytes", "text/plain", r#"{"item":1}"#),
        ("/guarded/json", "application/json", r#"{"item":1}"#),
        ("/guarded/form", "application/x-www-form-urlencoded", "item=1"),
    ] {
        let signed = Raw::new("POST", path).field("Content-Type", kind).body(body.as_bytes()).signed();
        assert_eq!(answer(routes, signed.clone()).await, (StatusCode::OK, r#"{"item":1}"#.to_owned()), "{path}");
        let other = Raw { body: body.replace('1', "2").into_bytes(), ..signed };
        assert_eq!(status(routes, other).await, 401, "{path}");
    }
    // A signed body that the inner extractor cannot read is its own error.
    let unreadable = Raw::new("POST", "/json").field("Content-Type", "application/json").body(b"{").signed();
    assert_eq!(status(routes, unreadable).await, 400);
}

#[actix_web::test]
async fn middleware_around_the_check_can_read_why_a_request_was_refused() {
    async fn handler(_: Signed<(), Alice>) -> &'static str {
        "reached"
    }
    for guarded in [false, true] {
        let routes = move |app: &mut ServiceConfig| {
            if guarded {
                app.service(web::scope("").wrap(SignatureGuard::new(config())).default_service(web::to(handler)));
            } else {
                configured(handler)(app);
            }
        };
        let app = init_service(App::new().configure(routes)).await;
        let response: ServiceResponse<_> = call_service(&app, get().into_actix().to_request()).await;
        let refused = response.response().error().unwrap().as_error::<Refused>().unwrap();
        let Refusal::Unauthenticated { cause, .. } = refused.refusal() else { panic!("{refused:?}") };
        assert_eq!(*cause, VerifyError::NoSignature);
    }
}
