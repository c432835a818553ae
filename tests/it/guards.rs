//! Guards within guards, guards that let unsigned requests pass, and preflights.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::{
    App, HttpResponse,
    http::StatusCode,
    test::{call_service, init_service, read_body},
    web::{self, Bytes, ServiceConfig},
};
use countersign::{Component, Policy, When};
use countersign_actix::{Caller, MaybeSigned, SignatureConfig, SignatureGuard, Signed};

use crate::{
    support::{alices_keys, counting_loader, secs},
    wire::Raw,
};

type Alice = &'static str;

fn config() -> SignatureConfig<Alice> {
    SignatureConfig::new(alices_keys())
}

fn get() -> Raw {
    Raw::new("GET", "/")
}

fn badly_signed() -> Raw {
    let signed = get().signed();
    let signature = signed.value("signature").replace("alice", "mallory");
    signed.replacing("signature", signature)
}

async fn who(request: MaybeSigned<Bytes, Alice>) -> String {
    format!("{:?}", request.caller())
}

async fn signed(request: Signed<Bytes, Alice>) -> &'static str {
    request.caller()
}

async fn caller(caller: Caller<Alice>) -> &'static str {
    *caller
}

/// What a fresh app with these routes answers.
async fn answer(routes: impl FnOnce(&mut ServiceConfig), request: Raw) -> (u16, String) {
    let app = init_service(App::new().configure(routes)).await;
    let response = call_service(&app, request.into_actix().to_request()).await;
    (response.status().as_u16(), String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

#[actix_web::test]
async fn behind_an_optional_guard_only_a_request_without_any_signature_is_anonymous() {
    let routes = |app: &mut ServiceConfig| {
        let guarded = web::scope("").wrap(SignatureGuard::optional(config()));
        app.service(guarded.default_service(web::to(who)));
    };
    assert_eq!(answer(routes, get().signed()).await, (200, r#"Some("Alice")"#.to_owned()));
    assert_eq!(answer(routes, get()).await, (200, "None".to_owned()));
    assert_eq!(answer(routes, get().field("Authorization", "Bearer x")).await, (200, "None".to_owned()));
    assert_eq!(answer(routes, badly_signed()).await.0, 401);
    assert_eq!(answer(routes, get().field("Signature", "")).await.0, 401);
}

#[actix_web::test]
async fn behind_an_optional_guard_whoever_asks_for_a_signature_gets_one_or_the_request_is_refused() {
    let routes = |app: &mut ServiceConfig| {
        let guarded = web::scope("").wrap(SignatureGuard::optional(config()));
        app.service(guarded.route("/signed", web::get().to(signed)).route("/caller", web::get().to(caller)));
    };
    for path in ["/signed", "/caller"] {
        let request = Raw::new("GET", path);
        assert_eq!(answer(routes, request.clone()).await.0, 401, "{path}");
        assert_eq!(answer(routes, request.signed()).await, (200, "Alice".to_owned()), "{path}");
    }
}

#[actix_web::test]
async fn a_guard_within_a_guard_checks_again_only_what_asks_for_more() {
    let loads = Arc::new(AtomicUsize::new(0));
    let outer = SignatureConfig::new(counting_loader(&loads));
    let stricter = outer.clone().policy(Policy::default().require("x-tenant".parse().unwrap(), When::Always));
    let weaker = outer.clone().policy(Policy::default().max_age(secs(3000)));
    let guarded = |inner: &SignatureConfig<Alice>| {
        let (outer, inner) = (outer.clone(), inner.clone());
        move |app: &mut ServiceConfig| {
            let inner = web::scope("").wrap(SignatureGuard::new(inner)).default_service(web::to(caller));
            app.service(web::scope("").wrap(SignatureGuard::new(outer)).service(inner));
        }
    };
    for (inner, expected, loaded) in [(&outer, 200, 1), (&weaker, 200, 1), (&stricter, 401, 1)] {
        loads.store(0, Ordering::SeqCst);
        assert_eq!(answer(guarded(inner), get().signed()).await.0, expected);
        assert_eq!(loads.load(Ordering::SeqCst), loaded);
    }
    let signer = crate::support::signer("alice");
    let coverage = countersign::Coverage::standard().and("x-tenant".parse::<Component>().unwrap(), When::Always);
    let with_tenant = get().field("X-Tenant", "a").sign(&signer.covering(coverage), crate::support::now());
    assert_eq!(answer(guarded(&stricter), with_tenant).await.0, 200);
}

#[actix_web::test]
async fn a_preflight_needs_a_signature_unless_its_name_says_otherwise_and_nothing_else_gets_by() {
    async fn preflight() -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
    let guarded = |config: SignatureConfig<Alice>| {
        |app: &mut ServiceConfig| {
            let routes = web::resource("/").route(web::route().method(actix_web::http::Method::OPTIONS).to(preflight));
            app.service(web::scope("").wrap(SignatureGuard::new(config)).service(routes.route(web::get().to(caller))));
        }
    };
    let origin = |raw: Raw| raw.field("Origin", "https://shop.example");
    let preflight = origin(Raw::new("OPTIONS", "/")).field("Access-Control-Request-Method", "POST");
    assert_eq!(answer(guarded(config()), preflight.clone()).await.0, 401);
    let open = config().dangerous_unsigned_preflights();
    assert_eq!(answer(guarded(open.clone()), preflight.clone()).await.0, StatusCode::NO_CONTENT);
    // A bad signature is none that is missing.
    assert_eq!(answer(guarded(open.clone()), preflight.clone().field("Signature", "x")).await.0, 401);
    for other in [
        Raw::new("OPTIONS", "/"),
        origin(Raw::new("OPTIONS", "/")),
        Raw::new("OPTIONS", "/").field("Access-Control-Request-Method", "POST"),
        preflight.clone().field("X-HTTP-Method-Override", "DELETE"),
        preflight.clone().field("X-Method-Override", "DELETE"),
        preflight.clone().field("Content-Length", "3"),
        preflight.clone().field("Transfer-Encoding", "chunked"),
        Raw { method: "GET".to_owned(), ..preflight },
    ] {
        assert_eq!(answer(guarded(open.clone()), other.clone()).await.0, 401, "{other:?}");
    }
}

#[actix_web::test]
async fn the_nearest_config_counts_of_the_app_a_scope_and_a_resource() {
    let tenant = || Policy::default().require("x-tenant".parse().unwrap(), When::Always);
    let routes = |app: &mut ServiceConfig| {
        let strict = config().policy(tenant());
        app.app_data(strict).service(web::resource("/app").to(signed)).service(
            web::scope("/scope")
                .app_data(config())
                .service(web::resource("/plain").to(signed))
                .service(web::resource("/strict").app_data(config().policy(tenant())).to(signed)),
        );
    };
    for (path, expected) in [("/app", 401), ("/scope/plain", 200), ("/scope/strict", 401)] {
        assert_eq!(answer(routes, Raw::new("GET", path).signed()).await.0, expected, "{path}");
    }
}
