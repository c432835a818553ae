//! Behind a proxy that rewrites the host or the path, and in scopes that do.

use actix_web::{
    App,
    middleware::NormalizePath,
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, ServiceConfig},
};
use countersign::{Claim, Credential, Policy};
use countersign_actix::{
    SignatureConfig, SignatureGuard, Signed,
    testing::{sign, sign_for},
};

use crate::{
    support::{ALICE, alices_keys, signer, verifying_key},
    wire::Raw,
};

type Alice = &'static str;

fn config() -> SignatureConfig<Alice> {
    SignatureConfig::new(alices_keys())
}

async fn signed(request: Signed<(), Alice>, target: actix_web::HttpRequest) -> String {
    format!("{} asks for {}", request.caller(), target.uri())
}

async fn answer(routes: impl FnOnce(&mut ServiceConfig), request: Raw) -> (u16, String) {
    let app = init_service(App::new().configure(routes)).await;
    let response = call_service(&app, request.into_actix().to_request()).await;
    (response.status().as_u16(), String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

fn all(config: SignatureConfig<Alice>) -> impl FnOnce(&mut ServiceConfig) {
    move |app| {
        app.app_data(config).default_service(web::to(signed));
    }
}

/// What a client signed, as a proxy passes it on.
fn passed_on(target: &str, host: &str) -> Raw {
    let mut raw = Raw::new("GET", "/api/orders?page=2").signed().replacing("Host", host);
    target.clone_into(&mut raw.target);
    raw
}

#[actix_web::test]
async fn the_host_and_the_prefix_that_a_proxy_took_away_are_put_back_where_they_are_configured() {
    let public = config().public_authority(&"api.example".parse().unwrap()).public_prefix("/api");
    let request = passed_on("/orders?page=2", "10.0.0.7:8080");
    assert_eq!(answer(all(public.clone()), request.clone()).await, (200, "Alice asks for /orders?page=2".to_owned()));
    assert_eq!(answer(all(config()), request).await.0, 401);
    assert_eq!(answer(all(public), passed_on("/orders?page=3", "10.0.0.7:8080")).await.0, 401);
}

#[actix_web::test]
async fn a_prefix_is_meant_with_one_slash_before_it_and_none_behind_and_tests_sign_for_it() {
    let request = || TestRequest::get().uri("/orders?page=2").insert_header(("Host", "10.0.0.7"));
    for prefix in ["api", "/api", "/api/", "//api//"] {
        let public = config().public_authority(&"API.example".parse().unwrap()).public_prefix(prefix);
        let app = init_service(App::new().configure(all(public))).await;
        let arrived = sign_for("API.example", "/api/orders?page=2", request(), &signer("alice")).unwrap();
        assert_eq!(call_service(&app, arrived).await.status(), 200, "{prefix}");
        let unchanged = sign(request(), &signer("alice")).unwrap();
        assert_eq!(call_service(&app, unchanged).await.status(), 401, "{prefix}");
    }
}

#[actix_web::test]
async fn no_forwarding_field_is_ever_taken_for_the_host() {
    for config in [config(), config().policy(Policy::default().only_authorities(["api.example".parse().unwrap()]))] {
        let request = passed_on("/api/orders?page=2", "evil.example")
            .field("X-Forwarded-Host", "api.example")
            .field("Forwarded", "host=api.example;proto=https")
            .field("X-Original-Host", "api.example");
        assert_eq!(answer(all(config), request).await.0, 401);
    }
}

#[actix_web::test]
async fn an_absolute_target_of_another_authority_is_refused_and_counts_for_nothing_behind_a_known_proxy() {
    let absolute = |authority: &str| passed_on(&format!("http://{authority}/api/orders?page=2"), "api.example");
    assert_eq!(answer(all(config()), absolute("evil.example")).await.0, 401);
    assert_eq!(answer(all(config()), absolute("api.example")).await.0, 200);
    let public = config().public_authority(&"api.example".parse().unwrap());
    assert_eq!(answer(all(public), absolute("10.0.0.7")).await.0, 200);
}

#[actix_web::test]
async fn nested_scopes_are_signed_for_with_the_whole_path() {
    let routes = |app: &mut ServiceConfig| {
        let inner = web::scope("/{version}").service(web::resource("/orders").to(signed));
        app.service(web::scope("/api").wrap(SignatureGuard::new(config())).service(inner));
    };
    let request = Raw::new("GET", "/api/v1/orders?page=2");
    let seen = "Alice asks for /api/v1/orders?page=2".to_owned();
    assert_eq!(answer(routes, request.clone().signed()).await, (200, seen));
    let mut inner = Raw::new("GET", "/v1/orders?page=2").signed();
    inner.target.clone_from(&request.target);
    assert_eq!(answer(routes, inner).await.0, 401);
}

#[actix_web::test]
async fn inside_of_the_guard_a_normalised_path_is_still_checked_as_it_was_sent() {
    let routes = |app: &mut ServiceConfig| {
        let scope = web::scope("/a").wrap(NormalizePath::trim()).wrap(SignatureGuard::new(config()));
        app.service(scope.default_service(web::to(signed)));
    };
    let request = Raw::new("GET", "/a//b/");
    assert_eq!(answer(routes, request.clone().signed()).await, (200, "Alice asks for /a/b".to_owned()));
    let mut other = Raw::new("GET", "/a/b").signed();
    other.target.clone_from(&request.target);
    assert_eq!(answer(routes, other).await.0, 401);
}

#[actix_web::test]
async fn the_loader_is_told_the_authority_that_clients_name() {
    async fn tenants(claim: Claim) -> Result<Option<Credential<Alice>>, std::io::Error> {
        let ours = claim.authority() == Some("api.example") && claim.target() == "/api/orders?page=2";
        Ok(ours.then(|| Credential::new(verifying_key(), ALICE)))
    }
    let public = SignatureConfig::new(tenants).public_authority(&"api.example".parse().unwrap()).public_prefix("/api");
    assert_eq!(answer(all(public), passed_on("/orders?page=2", "10.0.0.7")).await.0, 200);
}
