//! Where what is remembered meets several schemes, several configs, and senders that leave.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
    web::{self, Bytes},
};
use countersign::{
    Cavage, Credential, MemoryReplayStore, Policy, Signer, StaticKeys, UnixTime, Verifier, webhook::Webhook,
};
use countersign_actix::{ReplayProtection, SignatureConfig, SignatureGuard, Signed};
use tokio::io::AsyncWriteExt;

use super::{Mood, Notes, Served};
use crate::{
    support::{Events, Server, alices_keys, millis, now, secs, signer},
    wire::{Raw, exchange},
};

const SECRET: &str = "the secret of a webhook";

async fn ok(_: Signed<Bytes, &'static str>) -> &'static str {
    "ok"
}

fn webhook(name: &str) -> (Webhook, Signer) {
    let webhook = Webhook::dangerous_preset(name).unwrap();
    let signer = Signer::new(webhook.clone(), webhook.signing_key("unused", SECRET).unwrap());
    (webhook, signer)
}

fn endpoint(name: &str, once: ReplayProtection) -> (SignatureConfig, Signer) {
    let (webhook, signer) = webhook(name);
    let keys = StaticKeys::new().with_unnamed(Credential::new(webhook.verifying_key(SECRET).unwrap(), ()));
    (SignatureConfig::new(keys).verifier(webhook.verifier()).once(once), signer)
}

fn counting(config: SignatureConfig, runs: &Arc<AtomicUsize>) -> impl Fn(&mut web::ServiceConfig) + Clone + use<> {
    let runs = Arc::clone(runs);
    move |app| {
        let runs = Arc::clone(&runs);
        let handler = move |_: Signed<Bytes>| {
            runs.fetch_add(1, Ordering::SeqCst);
            std::future::ready(HttpResponse::NoContent().finish())
        };
        app.service(web::scope("").wrap(SignatureGuard::new(config.clone())).default_service(web::to(handler)));
    }
}

fn delivery(id: &str, body: &[u8], signer: &Signer) -> Raw {
    Raw::new("POST", "/hook").body(body).field("X-GitHub-Delivery", id).sign(signer, now())
}

#[actix_web::test]
async fn two_deliveries_under_one_token_are_two_deliveries() {
    let runs = Arc::default();
    let (config, signer) = endpoint("gitlab-token", ReplayProtection::new(Notes::new()));
    let server = Served::start(counting(config, &runs)).await;
    for (body, status) in [(&b"{}"[..], 204), (b"[]", 204), (b"{}", 200)] {
        let raw = Raw::new("POST", "/hook").body(body).sign(&signer, now());
        assert_eq!(server.status(&raw).await, status);
    }
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[actix_web::test]
async fn an_id_that_nobody_signed_counts_unless_the_config_says_otherwise() {
    for (by_content, expected) in [(false, [204, 204, 200]), (true, [204, 200, 200])] {
        let once = ReplayProtection::new(Notes::new());
        let once = if by_content { once.by_content_where_ids_are_not_signed() } else { once };
        let (config, signer) = endpoint("github", once);
        let server = Served::start(counting(config, &Arc::default())).await;
        let mut statuses = Vec::new();
        for id in ["1", "2", "1"] {
            statuses.push(server.status(&delivery(id, b"{}", &signer)).await);
        }
        assert_eq!(statuses, expected);
    }
}

#[actix_web::test]
async fn a_delivery_from_before_the_memory_is_put_off_and_not_refused() {
    let notes = Notes::new();
    let (config, signer) = endpoint("github", ReplayProtection::new(notes.clone()));
    let server = Served::start(counting(config, &Arc::default())).await;
    let (events, _guard) = Events::capture();
    notes.be(Mood::Forgetful);
    assert_eq!(server.status(&delivery("1", b"{}", &signer)).await, 503);
    assert_eq!(events.take().remove(0)["cause"], "before-memory");
}

#[actix_web::test]
async fn a_seen_delivery_can_be_answered_with_204_and_the_connection_stays_in_step() {
    let once = ReplayProtection::new(Notes::new()).answer_to_seen(StatusCode::NO_CONTENT);
    let (config, signer) = endpoint("github", once);
    let server = Server::start(counting(config, &Arc::default()));
    let [one, two] = ["1", "2"].map(|id| delivery(id, b"{}", &signer).bytes());
    let answers = exchange(server.port, &[one.clone(), one, two].concat(), 3).await;
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [204, 204, 204]);
}

#[actix_web::test]
async fn a_request_that_another_scheme_of_the_route_accepts_longer_is_remembered_as_long() {
    let clock = Arc::new(AtomicU64::new(now().as_secs()));
    let time = Arc::clone(&clock);
    let lenient = Verifier::new(Cavage::new(), Policy::default().max_age(secs(3600)));
    let store = MemoryReplayStore::new(1_000, UnixTime::from_secs(0));
    let config = SignatureConfig::new(alices_keys())
        .also(lenient)
        .once(ReplayProtection::new(store))
        .clock(move || UnixTime::from_secs(time.load(Ordering::SeqCst)));
    let server = Served::start(|app| {
        app.app_data(config).default_service(web::to(ok));
    })
    .await;
    let request = Raw::new("GET", "/").signed();
    assert_eq!(server.status(&request).await, 200);
    for later in [400, 2_000, 3_500] {
        clock.store(now().as_secs() + later, Ordering::SeqCst);
        let other = Raw::new("GET", "/other").sign(&signer("alice"), now().plus(secs(later)));
        assert_eq!((server.status(&other).await, server.status(&request).await), (200, 401), "{later}");
    }
}

#[actix_web::test]
async fn a_method_that_is_not_signed_leaves_nothing_out() {
    let runs = Arc::default();
    let (config, signer) = endpoint("github", ReplayProtection::new(Notes::new()).methods([Method::POST]));
    let server = Served::start(counting(config, &runs)).await;
    let post = delivery("1", b"{}", &signer);
    let put = Raw { method: "PUT".to_owned(), ..post.clone() };
    assert_eq!((server.status(&post).await, server.status(&put).await), (204, 200));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[actix_web::test]
async fn two_protections_of_one_store_are_a_mistake_of_the_servers() {
    let notes = Notes::new();
    let [guard, own] = [(); 2].map(|()| ReplayProtection::new(notes.clone()));
    let keys = SignatureConfig::new(alices_keys());
    let (guard, own) = (keys.clone().once(guard), keys.once(own));
    let server = Served::start(|app| {
        let scope = web::scope("").wrap(SignatureGuard::new(guard)).default_service(web::to(ok));
        app.app_data(own).service(scope);
    })
    .await;
    let (events, _guard) = Events::capture();
    assert_eq!(server.status(&Raw::new("GET", "/").signed()).await, 500);
    assert!(events.take().remove(0)["detail"].contains("clone it"));
}

#[actix_web::test]
async fn a_config_of_another_realm_looks_up_what_a_guard_accepted() {
    let notes = Notes::new();
    let outer = SignatureConfig::new(alices_keys()).once(ReplayProtection::new(notes.clone())).realm("a");
    let inner = outer.clone().realm("b");
    let server = Served::start(|app| {
        let scope = web::scope("").wrap(SignatureGuard::new(outer)).default_service(web::to(ok));
        app.app_data(inner).service(scope);
    })
    .await;
    assert_eq!(server.status(&Raw::new("GET", "/").signed()).await, 200);
    assert_eq!(notes.kept().len(), 2);
}

#[actix_web::test]
async fn a_delivery_whose_sender_left_is_put_off_until_its_lease_ends_and_then_handled() {
    let store = MemoryReplayStore::new(1_000, UnixTime::from_secs(0));
    let (config, signer) = endpoint("github", ReplayProtection::new(store).lease(secs(1)));
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let server = Server::start(move |app| {
        let runs = Arc::clone(&counted);
        let handler = move |_: Signed<Bytes>| {
            let first = runs.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                // The first never ends: its sender leaves.
                tokio::time::sleep(if first { secs(60) } else { Duration::ZERO }).await;
                HttpResponse::NoContent().finish()
            }
        };
        app.service(web::scope("").wrap(SignatureGuard::new(config.clone())).default_service(web::to(handler)));
    });
    let delivery = delivery("1", b"{}", &signer);
    let mut sender = tokio::net::TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    sender.write_all(&delivery.bytes()).await.unwrap();
    while runs.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(millis(5)).await;
    }
    drop(sender);
    assert_eq!(delivery.send(server.port).await.status, 503);
    let mut status = 503;
    for _ in 0..40 {
        tokio::time::sleep(millis(100)).await;
        status = delivery.send(server.port).await.status;
        if status != 503 {
            break;
        }
    }
    assert_eq!((status, runs.load(Ordering::SeqCst)), (204, 2));
    assert_eq!(delivery.send(server.port).await.status, 200);
}

#[actix_web::test]
async fn the_last_second_of_a_request_is_remembered_too() {
    let clock = Arc::new(AtomicU64::new(0));
    let (time, start) = (Arc::clone(&clock), now());
    let at = |later: u64| clock.store(start.as_secs() + later, Ordering::SeqCst);
    let store = MemoryReplayStore::new(1_000, UnixTime::from_secs(0));
    let config = SignatureConfig::new(alices_keys())
        .once(ReplayProtection::new(store))
        .clock(move || UnixTime::from_secs(time.load(Ordering::SeqCst)));
    let server = Served::start(|app| {
        app.app_data(config).default_service(web::to(ok));
    })
    .await;
    let (events, _guard) = Events::capture();
    let request = Raw::new("GET", "/").sign(&signer("alice"), start);
    for (later, status, cause) in [(0, 200, None), (300, 401, Some("replayed")), (301, 401, Some("too-old"))] {
        at(later);
        assert_eq!(server.status(&request).await, status, "{later}");
        assert_eq!(events.take().first().map(|event| event["cause"].as_str()), cause, "{later}");
    }
}
