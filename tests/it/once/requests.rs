//! Requests of an API: accepted once, and refused like any other when they come again.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{
    http::Method,
    web::{self, Bytes, ServiceConfig},
};
use countersign::{Credential, StaticKeys};
use countersign_actix::{MaybeSigned, ReplayProtection, SignatureConfig, SignatureGuard, Signed, SignedUnchecked};

use super::{Mood, Notes, Served};
use crate::{
    support::{ALICE, Events, alices_keys, millis, now, secs, signer, verifying_key},
    wire::{Answer, Raw},
};

type Alice = &'static str;

fn config(notes: &Notes) -> SignatureConfig<Alice> {
    SignatureConfig::new(alices_keys()).once(protection(notes))
}

fn protection(notes: &Notes) -> ReplayProtection {
    ReplayProtection::new(notes.clone()).deadline(millis(50))
}

async fn signed(request: Signed<Bytes, Alice>) -> String {
    format!("{} bytes", request.len())
}

fn by_extractor(config: SignatureConfig<Alice>) -> impl Fn(&mut ServiceConfig) + Clone {
    move |app| {
        app.app_data(config.clone()).default_service(web::to(signed));
    }
}

fn by_guard(config: SignatureConfig<Alice>) -> impl Fn(&mut ServiceConfig) + Clone {
    move |app| {
        let guard = SignatureGuard::new(config.clone());
        app.service(web::scope("").wrap(guard).default_service(web::to(signed)));
    }
}

fn post() -> Raw {
    Raw::new("POST", "/").body(b"{}").signed()
}

async fn sent(server: &Served, requests: &[Raw]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(server.status(request).await);
    }
    statuses
}

#[actix_web::test]
async fn the_same_request_is_accepted_once_and_refused_like_any_other_afterwards() {
    let wrong = |request: Raw| {
        let signature = request.value("signature").replace("alice", "mallory");
        request.replacing("signature", signature)
    };
    for guarded in [false, true] {
        let notes = Notes::new();
        let server = if guarded {
            Served::start(by_guard(config(&notes))).await
        } else {
            Served::start(by_extractor(config(&notes))).await
        };
        let (events, _guard) = Events::capture();
        let request = post();
        assert_eq!(server.status(&request).await, 200);
        let again: Answer = server.answer(&request).await;
        assert_eq!(events.take().remove(0)["cause"], "replayed");
        assert_eq!(again, server.answer(&wrong(post())).await);
        assert_eq!(again.status, 401);

        let kept = notes.kept();
        let [kept] = &kept[..] else { panic!("{kept:?}") };
        let signed_at = kept.signed_at.unwrap();
        assert!(signed_at <= now() && now() <= signed_at.plus(secs(5)));
        assert_eq!((kept.until, kept.lease), (signed_at.plus(secs(300)), None));
    }
}

#[actix_web::test]
async fn without_a_memory_the_same_request_is_accepted_again() {
    let server = Served::start(by_extractor(SignatureConfig::new(alices_keys()))).await;
    let request = post();
    assert_eq!(sent(&server, &[request.clone(), request]).await, [200, 200]);
}

#[actix_web::test]
async fn what_does_not_hold_is_never_looked_up() {
    let notes = Notes::new();
    let server = Served::start(by_extractor(config(&notes))).await;
    let other_body = Raw { body: b"[]".to_vec(), ..post() };
    let other_target = Raw { target: "/other".to_owned(), ..post() };
    let unsigned = Raw::new("GET", "/");
    assert_eq!(sent(&server, &[other_body, other_target, unsigned]).await, [401, 401, 401]);
    assert_eq!((notes.asked(), notes.kept().len()), (0, 0));
}

#[actix_web::test]
async fn a_request_that_is_spelt_otherwise_is_the_same_request() {
    let server = Served::start(by_extractor(config(&Notes::new()))).await;
    let request = post();
    let signature = request.value("signature");
    assert_eq!(server.status(&request).await, 200);
    for respelt in [
        signature.replace(',', " , "),
        format!("Signature {signature}"),
        format!("x=\"1\",{signature}"),
        signature.split(',').rev().collect::<Vec<_>>().join(","),
    ] {
        assert_eq!(server.status(&request.clone().replacing("signature", respelt)).await, 401);
    }
    assert_eq!(server.status(&request.clone().field("X-Foo", "1")).await, 401);
    let elsewhere = request.without("signature").field("Authorization", format!("Signature {signature}"));
    assert_eq!(server.status(&elsewhere).await, 401);
}

#[actix_web::test]
async fn a_memory_that_cannot_answer_is_an_outage_and_neither_a_pass_nor_a_refusal() {
    let notes = Notes::new();
    let server = Served::start(by_extractor(config(&notes))).await;
    let (events, _guard) = Events::capture();
    for (mood, detail) in [
        (Mood::Down, "the store is down"),
        (Mood::Silent, "the replay store took longer than its deadline"),
        (Mood::Panicking, "the store panicked"),
    ] {
        notes.be(mood);
        let answer = server.answer(&post()).await;
        assert_eq!((answer.status, answer.field("retry-after")), (503, Some("5")), "{mood:?}");
        let event = events.take().remove(0);
        assert_eq!((event["cause"].as_str(), event["detail"].as_str()), ("replay-store", detail));
    }
    notes.be(Mood::Forgetful);
    assert_eq!(server.status(&post()).await, 401);
    assert_eq!(events.take().remove(0)["cause"], "before-memory");
    notes.be(Mood::Well);
    assert_eq!(server.status(&post()).await, 200);
}

#[actix_web::test]
async fn a_memory_that_cannot_answer_lets_requests_pass_by_the_dangerous_name_alone_and_counts_them() {
    let notes = Notes::new();
    let open = protection(&notes).dangerous_failing_open();
    let config = SignatureConfig::new(alices_keys()).once(open.clone());
    let server = Served::start(by_extractor(config)).await;
    let (events, _guard) = Events::capture();
    for mood in [Mood::Down, Mood::Silent, Mood::Panicking] {
        notes.be(mood);
        assert_eq!(server.status(&post()).await, 200, "{mood:?}");
        assert_eq!(events.take().remove(0)["message"], "request let through without being looked up");
    }
    assert_eq!(open.let_through(), 3);
    notes.be(Mood::Well);
    let request = Raw::new("GET", "/once").signed();
    assert_eq!(sent(&server, &[request.clone(), request]).await, [200, 401]);
    assert_eq!(open.let_through(), 3);
}

#[actix_web::test]
async fn requests_of_other_methods_than_those_that_are_minded_may_come_again() {
    let notes = Notes::new();
    let protection = protection(&notes).methods([Method::POST]);
    let server = Served::start(by_extractor(SignatureConfig::new(alices_keys()).once(protection))).await;
    let get = Raw::new("GET", "/").signed();
    assert_eq!(sent(&server, &[get.clone(), get, post()]).await, [200, 200, 200]);
    assert_eq!(notes.asked(), 1);
}

#[actix_web::test]
async fn several_checks_of_one_request_look_it_up_once() {
    async fn twice(_: Signed<(), Alice>, body: Signed<Bytes, Alice>) -> String {
        format!("{} bytes", body.len())
    }
    let notes = Notes::new();
    let (outer, inner) = (config(&notes), config(&notes).body_limit(1024));
    // The two share a store, as one app does that sets it once.
    let shared = protection(&notes);
    let [outer, inner] = [outer, inner].map(|config| config.once(shared.clone()));
    let server = Served::start(move |app| {
        let nested = web::scope("/nested").wrap(SignatureGuard::new(inner.clone())).default_service(web::to(signed));
        let scope = web::scope("").wrap(SignatureGuard::new(outer.clone())).service(nested);
        app.app_data(inner.clone()).route("/twice", web::to(twice)).service(scope.default_service(web::to(signed)));
    })
    .await;
    for target in ["/twice", "/nested", "/"] {
        let request = Raw::new("POST", target).body(b"{}").signed();
        assert_eq!(sent(&server, &[request.clone(), request]).await, [200, 401], "{target}");
        assert_eq!(notes.asked(), 2, "{target}");
    }
}

#[actix_web::test]
async fn a_config_with_a_memory_looks_up_what_a_guard_without_one_accepted() {
    let notes = Notes::new();
    let keys = SignatureConfig::new(alices_keys());
    let own = keys.clone().once(protection(&notes));
    let server = Served::start(move |app| {
        let scope = web::scope("").wrap(SignatureGuard::new(keys.clone()));
        app.app_data(own.clone()).service(scope.default_service(web::to(signed)));
    })
    .await;
    let request = post();
    assert_eq!(sent(&server, &[request.clone(), request]).await, [200, 401]);
    assert_eq!(notes.asked(), 2);
}

#[actix_web::test]
async fn what_is_anonymous_is_not_looked_up() {
    async fn who(request: MaybeSigned<Bytes, Alice>) -> String {
        format!("{:?}", request.caller())
    }
    let notes = Notes::new();
    let config = config(&notes);
    let server = Served::start(move |app| {
        app.app_data(config.clone()).default_service(web::to(who));
    })
    .await;
    let anonymous = Raw::new("GET", "/");
    let signed = Raw::new("GET", "/").signed();
    assert_eq!(sent(&server, &[anonymous.clone(), anonymous, signed.clone(), signed]).await, [200, 200, 200, 401]);
    assert_eq!(notes.asked(), 2);
}

#[actix_web::test]
async fn a_body_that_passes_unchecked_reaches_its_handler_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    async fn upload(upload: SignedUnchecked<web::Payload, Alice>) -> actix_web::Result<String> {
        RUNS.fetch_add(1, Ordering::SeqCst);
        Ok(format!("{:?}", upload.finish().await?.key_id()))
    }
    let config = config(&Notes::new());
    let server = Served::start(move |app| {
        app.app_data(config.clone()).default_service(web::to(upload));
    })
    .await;
    let request = post();
    assert_eq!(sent(&server, &[request.clone(), request]).await, [200, 401]);
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
}

#[actix_web::test]
async fn realms_remember_apart() {
    let notes = Notes::new();
    let configs = ["one", "two", "two"].map(|realm| config(&notes).realm(realm));
    let [one, two, also_two] = configs.map(|config| Served::start(by_extractor(config)));
    let (one, two, also_two) = (one.await, two.await, also_two.await);
    let request = post();
    for (server, status) in [(&one, 200), (&two, 200), (&also_two, 401), (&one, 401)] {
        assert_eq!(server.status(&request).await, status);
    }
}

#[actix_web::test]
async fn one_key_under_two_ids_is_one_signer_and_a_realm_of_its_own_keeps_a_caller_apart() {
    let notes = Notes::new();
    let credential = || Credential::new(verifying_key(), ALICE);
    let keys = StaticKeys::new()
        .with("alice".parse().unwrap(), credential())
        .with("Alice".parse().unwrap(), credential())
        .with("elsewhere".parse().unwrap(), credential().in_realm("elsewhere"));
    let server = Served::start(by_extractor(SignatureConfig::new(keys).once(protection(&notes)))).await;
    let at = now();
    let signed_as = |id: &str| Raw::new("GET", "/").sign(&signer(id), at);
    let requests = ["alice", "Alice", "elsewhere", "elsewhere"].map(signed_as);
    assert_eq!(sent(&server, &requests).await, [200, 401, 200, 401]);
}

#[actix_web::test]
async fn an_app_may_hold_several_configs_and_each_minds_its_own() {
    let notes = Notes::new();
    let (minded, open) = (config(&notes), SignatureConfig::new(alices_keys()));
    let app = move |app: &mut ServiceConfig| {
        app.service(web::resource("/minded").app_data(minded.clone()).route(web::post().to(signed)))
            .service(web::resource("/open").app_data(open.clone()).route(web::post().to(signed)));
    };
    let server = Served::start(app).await;
    let [minded, open] = ["/minded", "/open"].map(|target| Raw::new("POST", target).body(b"{}").signed());
    assert_eq!(sent(&server, &[minded.clone(), minded, open.clone(), open]).await, [200, 401, 200, 200]);
}
