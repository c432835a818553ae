//! Several schemes on one route, each with its own policy.

use std::{
    convert::Infallible,
    future::ready,
    sync::{Arc, Mutex},
};

use actix_web::{
    App,
    test::{call_service, init_service, read_body},
    web::{self, Bytes, ServiceConfig},
};
use countersign::{Cavage, Claim, Credential, Dialect, KeyId, Policy, Signer, Switch, Verifier};
use countersign_actix::{MaybeSigned, SignatureConfig, Signed};

use crate::{
    support::{ALICE, Events, alices_keys, now, secs, signer, signing_key, verifying_key},
    wire::Raw,
};

type Alice = &'static str;

fn dialect(name: &str) -> &'static Dialect {
    Dialect::named(name).unwrap()
}

fn verifier(name: &str) -> Verifier {
    Verifier::new(dialect(name).scheme(), dialect(name).policy())
}

/// The default, and what Kong's clients send.
fn both() -> SignatureConfig<Alice> {
    SignatureConfig::new(alices_keys()).also(verifier("kong"))
}

fn kong_signed(raw: Raw) -> Raw {
    raw.sign(&Signer::new(dialect("kong").scheme(), signing_key("alice")), now())
}

async fn signed(request: Signed<Bytes, Alice>) -> String {
    format!("{} by {}", request.proof().covered(), request.caller())
}

async fn maybe(request: MaybeSigned<Bytes, Alice>) -> String {
    request.caller().copied().unwrap_or("nobody").to_owned()
}

async fn answer(config: SignatureConfig<Alice>, request: Raw) -> (u16, String, Option<String>) {
    let routes = move |app: &mut ServiceConfig| {
        let optional = web::resource("/optional").to(maybe);
        app.app_data(config).service(optional).default_service(web::to(signed));
    };
    let app = init_service(App::new().configure(routes)).await;
    let response = call_service(&app, request.into_actix().to_request()).await;
    let challenge = response.headers().get("www-authenticate").map(|it| it.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    (status, String::from_utf8(read_body(response).await.to_vec()).unwrap(), challenge)
}

#[actix_web::test]
async fn a_request_has_to_hold_under_one_of_the_schemes_as_a_whole() {
    let get = Raw::new("GET", "/a?b");
    let (status, body, _) = answer(both(), get.clone().signed()).await;
    assert_eq!((status, body.as_str()), (200, "(request-target) host date by Alice"));
    let (status, body, _) = answer(both(), kong_signed(get.clone())).await;
    assert_eq!((status, body.as_str()), (200, "date (request-target) by Alice"));
    // Kong's own policy asks for less than the default, but only of what Kong's clients send.
    let little = signer("alice")
        .covering(countersign::Coverage::empty().and("date".parse().unwrap(), countersign::When::Always));
    assert_eq!(answer(both(), get.clone().sign(&little, now())).await.0, 401);
    let mut changed = kong_signed(get.clone());
    changed.target = "/a?c".to_owned();
    assert_eq!(answer(both(), changed).await.0, 401);
    assert_eq!(answer(SignatureConfig::new(alices_keys()), kong_signed(get)).await.0, 401);
}

#[actix_web::test]
async fn a_challenge_names_every_scheme() {
    let (status, _, challenge) = answer(both(), Raw::new("GET", "/")).await;
    let expected = r#"Signature realm="signed",headers="(request-target) host date", hmac realm="signed",headers="#;
    assert_eq!(status, 401);
    assert!(challenge.as_deref().unwrap().starts_with(expected), "{challenge:?}");
}

#[actix_web::test]
async fn a_request_that_two_schemes_find_signed_in_two_places_is_refused_in_whatever_order_they_are_asked() {
    let only = |scheme: Cavage, field| Verifier::new(scheme, Policy::default().only_in(&[field]));
    let twice = kong_signed(Raw::new("GET", "/").signed());
    assert_eq!(answer(both(), twice.clone()).await.0, 401);
    let reversed = SignatureConfig::new(alices_keys())
        .verifier(verifier("kong"))
        .also(only(dialect("fediverse").scheme(), countersign::WellKnown::Signature));
    let (events, _guard) = Events::capture();
    assert_eq!(answer(reversed, twice).await.0, 401);
    assert_eq!(events.take()[0]["cause"], "ambiguous");
}

#[actix_web::test]
async fn where_a_signature_is_optional_one_of_any_scheme_counts_as_there() {
    let get = Raw::new("GET", "/optional");
    assert_eq!(answer(both(), get.clone()).await.1, "nobody");
    assert_eq!(answer(both(), kong_signed(get.clone())).await.1, "Alice");
    let mut changed = kong_signed(get);
    changed.target = "/optional?a".to_owned();
    assert_eq!(answer(both(), changed).await.0, 401);
}

#[actix_web::test]
async fn two_readings_of_one_field_are_two_schemes_of_which_each_is_asked() {
    let queryless =
        Verifier::new(Cavage::new().allowing(Switch::DangerousQuerylessTarget), Policy::default().max_age(secs(5)));
    let config = SignatureConfig::new(alices_keys()).also(queryless);
    let mut sent = Raw::new("GET", "/a").signed();
    sent.target = "/a?b".to_owned();
    assert_eq!(answer(config.clone(), sent.clone()).await.0, 200);
    // The second has a policy of its own.
    let mut old = Raw::new("GET", "/a").sign(&signer("alice"), now().minus(secs(60)));
    assert_eq!(answer(config.clone(), old.clone()).await.0, 200);
    old.target = "/a?b".to_owned();
    assert_eq!(answer(config, old).await.0, 401);
}

#[actix_web::test]
async fn one_event_tells_the_cause_that_was_found_furthest_into_the_check() {
    let (events, _guard) = Events::capture();
    let mut stale = Raw::new("GET", "/").sign(&signer("alice"), now().minus(secs(600)));
    let config =
        SignatureConfig::new(alices_keys()).also(Verifier::new(Cavage::new(), Policy::default().max_age(secs(6000))));
    assert_eq!(answer(config.clone(), stale.clone()).await.0, 200);
    stale.target = "/x".to_owned();
    assert_eq!(answer(config, stale).await.0, 401);
    let causes: Vec<_> = events.take().iter().map(|event| event["cause"].clone()).collect();
    assert_eq!(causes, ["signature-mismatch"]);
}

#[actix_web::test]
async fn the_loader_is_told_the_scheme_so_that_a_key_serves_one_only() {
    let schemes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&schemes);
    let loader = move |claim: Claim| {
        seen.lock().unwrap().push(claim.scheme().to_string());
        let known = claim.key_id().map(KeyId::as_str) == Some("alice");
        ready(Ok::<_, Infallible>(known.then(|| Credential::new(verifying_key(), ALICE))))
    };
    assert_eq!(answer(SignatureConfig::new(loader), Raw::new("GET", "/").signed()).await.0, 200);
    assert_eq!(*schemes.lock().unwrap(), ["cavage"]);
}

#[actix_web::test]
async fn a_scheme_that_a_guard_does_not_look_for_is_looked_for_behind_it() {
    let guard = SignatureConfig::new(alices_keys());
    let own = guard.clone().also(verifier("kong"));
    let routes = move |app: &mut ServiceConfig| {
        let scope = web::scope("").wrap(countersign_actix::SignatureGuard::new(guard)).app_data(own);
        app.service(scope.default_service(web::to(signed)));
    };
    let app = init_service(App::new().configure(routes)).await;
    let status = |raw: Raw| {
        let response = call_service(&app, raw.into_actix().to_request());
        async { response.await.status().as_u16() }
    };
    let get = Raw::new("GET", "/").signed();
    assert_eq!(status(get.clone()).await, 200);
    assert_eq!(status(get.field("Proxy-Authorization", r#"hmac username="bob""#)).await, 401);
}
