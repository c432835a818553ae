//! Deliveries of webhooks: handled once, and again where their handler failed.

use std::sync::{
    Arc,
    atomic::{AtomicU16, AtomicUsize, Ordering},
};

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Bytes},
};
use countersign::{Credential, Signer, StaticKeys, webhook::Webhook};
use countersign_actix::{ReplayProtection, SignatureConfig, SignatureGuard, Signed};
use tokio::sync::Notify;

use super::{Mood, Notes, Served};
use crate::{
    support::{Events, millis, now, secs},
    wire::{Answer, Raw},
};

/// As text for some, and in Base64 for others.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An endpoint whose handler does as it is told.
#[derive(Clone)]
struct Endpoint {
    webhook: Webhook,
    notes: Notes,
    runs: Arc<AtomicUsize>,
    status: Arc<AtomicU16>,
}

impl Endpoint {
    fn new(preset: &str) -> Self {
        let status = Arc::new(AtomicU16::new(204));
        Self { webhook: Webhook::preset(preset).unwrap(), notes: Notes::new(), runs: Arc::default(), status }
    }

    fn config(&self, protection: ReplayProtection) -> SignatureConfig {
        let key = self.webhook.verifying_key(SECRET).unwrap();
        let keys = StaticKeys::new().with_unnamed(Credential::new(key, ()));
        SignatureConfig::new(keys).verifier(self.webhook.verifier()).once(protection)
    }

    fn protection(&self) -> ReplayProtection {
        ReplayProtection::new(self.notes.clone()).deadline(millis(50))
    }

    async fn serve(&self) -> Served {
        self.serve_with(self.protection()).await
    }

    async fn serve_with(&self, protection: ReplayProtection) -> Served {
        let (endpoint, config) = (self.clone(), self.config(protection));
        Served::start(move |app| {
            let endpoint = endpoint.clone();
            let handler = move |_: Signed<Bytes>| {
                endpoint.runs.fetch_add(1, Ordering::SeqCst);
                let status = StatusCode::from_u16(endpoint.status.load(Ordering::SeqCst)).unwrap();
                std::future::ready(HttpResponse::new(status))
            };
            let scope = web::scope("").wrap(SignatureGuard::new(config.clone()));
            app.service(scope.default_service(web::to(handler)));
        })
        .await
    }

    fn answering(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn runs(&self) -> usize {
        self.runs.swap(0, Ordering::SeqCst)
    }

    fn delivery(&self, id: &str, body: &[u8], ago: u64) -> Raw {
        let signer = Signer::new(self.webhook.clone(), self.webhook.signing_key("unused", SECRET).unwrap());
        let raw = Raw::new("POST", "/hook").body(body);
        let raw = match self.webhook.name().as_str() {
            "github" => raw.field("X-GitHub-Delivery", id),
            "svix" => raw.field("svix-id", id),
            _ => raw,
        };
        raw.sign(&signer, now().minus(secs(ago)))
    }
}

async fn send(server: &Served, raw: &Raw) -> u16 {
    server.status(raw).await
}

#[actix_web::test]
async fn a_delivery_that_was_handled_is_answered_with_200_and_not_handled_again() {
    let endpoint = Endpoint::new("github");
    let server = endpoint.serve().await;
    let (events, _guard) = Events::capture();
    let delivery = endpoint.delivery("1", b"{}", 0);
    assert_eq!((send(&server, &delivery).await, endpoint.runs()), (204, 1));
    let again: Answer = server.answer(&delivery).await;
    assert_eq!((again.status, again.body.as_str(), endpoint.runs()), (200, "", 0));
    assert_eq!(events.take().remove(0)["cause"], "already-delivered");
    // Another one with the same body is another one.
    assert_eq!((send(&server, &endpoint.delivery("2", b"{}", 0)).await, endpoint.runs()), (204, 1));

    let kept = endpoint.notes.kept().remove(0);
    let until = now().plus(secs(24 * 60 * 60));
    assert!(kept.until <= until && until <= kept.until.plus(secs(5)));
}

#[actix_web::test]
async fn the_answer_to_a_delivery_that_was_seen_is_the_configs_to_say() {
    let endpoint = Endpoint::new("github");
    let server = endpoint.serve_with(endpoint.protection().answer_to_seen(StatusCode::CONFLICT)).await;
    let delivery = endpoint.delivery("1", b"{}", 0);
    assert_eq!((send(&server, &delivery).await, send(&server, &delivery).await, endpoint.runs()), (204, 409, 1));
}

#[actix_web::test]
async fn a_delivery_whose_handler_failed_is_handled_again_and_one_that_it_refused_is_not() {
    let endpoint = Endpoint::new("github");
    let server = endpoint.serve().await;
    for (at, status) in [500, 503, 599, 408, 429].into_iter().enumerate() {
        let delivery = endpoint.delivery(&format!("failed-{at}"), b"{}", 0);
        endpoint.answering(status);
        assert_eq!(send(&server, &delivery).await, status);
        endpoint.answering(204);
        assert_eq!(send(&server, &delivery).await, 204);
        assert_eq!((send(&server, &delivery).await, endpoint.runs()), (200, 2), "{status}");
    }
    for (at, status) in [200, 202, 302, 400, 404, 410].into_iter().enumerate() {
        let delivery = endpoint.delivery(&format!("ended-{at}"), b"{}", 0);
        endpoint.answering(status);
        assert_eq!(send(&server, &delivery).await, status);
        assert_eq!((send(&server, &delivery).await, endpoint.runs()), (200, 1), "{status}");
    }
}

#[actix_web::test]
async fn a_delivery_that_is_sent_again_with_another_time_is_the_same_delivery() {
    let endpoint = Endpoint::new("svix");
    let server = endpoint.serve().await;
    let [first, second] = [60, 0].map(|ago| endpoint.delivery("msg_1", b"{}", ago));
    assert_ne!(first.value("svix-signature"), second.value("svix-signature"));
    assert_eq!((send(&server, &first).await, send(&server, &second).await, endpoint.runs()), (204, 200, 1));
}

#[actix_web::test]
async fn a_delivery_without_an_id_is_known_by_what_was_signed() {
    let endpoint = Endpoint::new("slack");
    let server = endpoint.serve().await;
    let [first, second] = [60, 0].map(|ago| endpoint.delivery("", b"a=1", ago));
    assert_eq!((send(&server, &first).await, send(&server, &first).await, endpoint.runs()), (204, 200, 1));
    assert_eq!((send(&server, &second).await, endpoint.runs()), (204, 1));
}

#[actix_web::test]
async fn a_delivery_whose_handler_is_running_is_put_off() {
    let endpoint = Endpoint::new("github");
    let (config, started, go) =
        (endpoint.config(endpoint.protection()), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (is_running, may_end) = (Arc::clone(&started), Arc::clone(&go));
    let server = Served::start(move |app| {
        let (started, go) = (Arc::clone(&is_running), Arc::clone(&may_end));
        let handler = move |_: Signed<Bytes>| {
            let (started, go) = (Arc::clone(&started), Arc::clone(&go));
            async move {
                started.notify_one();
                go.notified().await;
                HttpResponse::NoContent().finish()
            }
        };
        app.service(web::scope("").wrap(SignatureGuard::new(config.clone())).default_service(web::to(handler)));
    })
    .await;
    let (events, _guard) = Events::capture();
    let delivery = endpoint.delivery("1", b"{}", 0);
    let first = actix_web::rt::spawn((server.0)(delivery.clone()));
    started.notified().await;
    let put_off = server.answer(&delivery).await;
    assert_eq!((put_off.status, put_off.field("retry-after")), (503, Some("5")));
    assert_eq!(events.take().remove(0)["cause"], "delivery-under-way");
    go.notify_one();
    assert_eq!(first.await.unwrap().status, 204);
    assert_eq!(send(&server, &delivery).await, 200);
}

#[actix_web::test]
async fn a_delivery_that_cannot_be_looked_up_is_not_handled_and_one_whose_end_cannot_be_told_is_answered() {
    let endpoint = Endpoint::new("github");
    let server = endpoint.serve().await;
    let (events, _guard) = Events::capture();
    for mood in [Mood::Down, Mood::Silent, Mood::Panicking] {
        endpoint.notes.be(mood);
        assert_eq!((send(&server, &endpoint.delivery("1", b"{}", 0)).await, endpoint.runs()), (503, 0), "{mood:?}");
    }
    events.take();
    endpoint.notes.be(Mood::Well);
    let notes = endpoint.notes.clone();
    let config = endpoint.config(endpoint.protection());
    let breaking = Served::start(move |app| {
        let notes = notes.clone();
        let handler = move |_: Signed<Bytes>| {
            notes.be(Mood::Down);
            std::future::ready(HttpResponse::NoContent())
        };
        app.service(web::scope("").wrap(SignatureGuard::new(config.clone())).default_service(web::to(handler)));
    })
    .await;
    assert_eq!(send(&breaking, &endpoint.delivery("2", b"{}", 0)).await, 204);
    assert_eq!(events.take().remove(0)["message"], "how a delivery ended could not be remembered");
}

#[actix_web::test]
async fn an_extractor_alone_cannot_tell_how_a_handler_ended_and_says_so() {
    let endpoint = Endpoint::new("github");
    let config = endpoint.config(endpoint.protection());
    let server = Served::start(move |app| {
        app.app_data(config.clone())
            .default_service(web::to(|_: Signed<Bytes>| async { HttpResponse::NoContent().finish() }));
    })
    .await;
    let (events, _guard) = Events::capture();
    assert_eq!(send(&server, &endpoint.delivery("1", b"{}", 0)).await, 500);
    assert!(events.take().remove(0)["detail"].contains("SignatureGuard"));
    assert_eq!(endpoint.notes.asked(), 0);
}

#[actix_web::test]
async fn a_delivery_that_was_forged_is_refused_whether_it_was_seen_or_not() {
    let endpoint = Endpoint::new("github");
    let server = endpoint.serve().await;
    let delivery = endpoint.delivery("1", b"{}", 0);
    let forged = Raw { body: b"[]".to_vec(), ..delivery.clone() };
    assert_eq!(send(&server, &forged).await, 401);
    assert_eq!((send(&server, &delivery).await, send(&server, &forged).await, endpoint.runs()), (204, 401, 1));
}
