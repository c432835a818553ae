//! Requests that name several keys.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse, ResponseError,
    rt::time::sleep,
    test::{TestRequest, call_service, init_service, read_body},
    web,
};
use countersign::{Claim, Credential, KeyId, KeyLoader, Signer, StaticKeys, Verifier, webhook::Webhook};

use crate::{SignatureConfig, Signed, testing::sign};

const RIGHT: &str = "the secret of the sender";
const WRONG: &str = "the secret of another";

fn worldpay() -> Webhook {
    Webhook::preset("worldpay").unwrap()
}

fn id(text: &str) -> KeyId {
    text.parse().unwrap()
}

fn keys(held: &[(&str, &'static str)]) -> StaticKeys<&'static str> {
    held.iter().fold(StaticKeys::new(), |keys, (name, secret)| {
        keys.with(id(name), Credential::new(worldpay().verifying_key(secret).unwrap(), secret))
    })
}

/// What comes of a request that is signed with keys of these names, all of one secret.
async fn seen(loader: impl KeyLoader<Caller = &'static str>, names: &[&str]) -> (u16, String) {
    async fn signed(event: Signed<web::Bytes, &'static str>) -> String {
        format!("{:?} {}", event.proof().key_id().map(KeyId::as_str), event.caller())
    }
    let webhook = worldpay();
    let config = SignatureConfig::new(loader)
        .verifier(Verifier::new(webhook.clone(), webhook.policy()))
        .key_deadline(Duration::from_millis(200))
        .dangerous_answer_with_cause(|refusal| HttpResponse::build(refusal.status_code()).body(refusal.code()));
    let app = init_service(App::new().app_data(config).default_service(web::to(signed))).await;
    let signing = names.iter().map(|name| webhook.signing_key(name, RIGHT).unwrap()).collect();
    let signer = Signer::with_keys(webhook, signing);
    let request = sign(TestRequest::post().uri("/").set_payload("an event"), &signer).unwrap();
    let response = call_service(&app, request).await;
    (response.status().as_u16(), String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[actix_web::test]
async fn one_of_several_named_keys_is_enough_wherever_it_stands() {
    let accepted = |name: &str| (200, format!("Some({name:?}) {RIGHT}"));
    assert_eq!(seen(keys(&[("a", RIGHT)]), &["a", "b"]).await, accepted("a"));
    assert_eq!(seen(keys(&[("b", RIGHT)]), &["a", "b"]).await, accepted("b"));
    assert_eq!(seen(keys(&[("a", WRONG), ("b", RIGHT)]), &["a", "b"]).await, accepted("b"));
    assert_eq!(seen(keys(&[("a", RIGHT), ("b", WRONG)]), &["b", "a"]).await, accepted("a"));
    assert_eq!(seen(keys(&[("a", WRONG), ("b", WRONG), ("c", RIGHT)]), &["a", "b", "c"]).await, accepted("c"));
}

#[actix_web::test]
async fn what_is_told_of_several_named_keys_is_the_one_that_came_furthest() {
    assert_eq!(seen(keys(&[("c", RIGHT)]), &["a", "b"]).await, refused(401, "unknown-key"));
    assert_eq!(seen(keys(&[("a", WRONG)]), &["a", "b"]).await, refused(401, "signature-mismatch"));
    assert_eq!(seen(keys(&[("b", WRONG)]), &["a", "b"]).await, refused(401, "signature-mismatch"));
    assert_eq!(seen(keys(&[("a", WRONG), ("b", WRONG)]), &["a", "b"]).await, refused(401, "signature-mismatch"));
}

#[actix_web::test]
async fn a_store_that_fails_for_one_of_several_named_keys_refuses_nothing_for_good() {
    async fn down_for_b(claim: Claim) -> Result<Option<Credential<&'static str>>, io::Error> {
        if claim.key_id() == Some(&id("b")) { Err(io::Error::other("down")) } else { Ok(None) }
    }
    assert_eq!(seen(down_for_b, &["a", "b", "c"]).await, refused(503, "keys-unavailable"));
}

#[actix_web::test]
async fn all_of_the_named_keys_have_one_deadline_together() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let slow = move |_: Claim| {
        count.fetch_add(1, Ordering::Relaxed);
        async {
            sleep(Duration::from_millis(150)).await;
            Ok::<Option<Credential<&'static str>>, io::Error>(None)
        }
    };
    let since = Instant::now();
    assert_eq!(seen(slow, &["a", "b", "c", "d", "e", "f", "g", "h"]).await, refused(503, "keys-unavailable"));
    // The first takes most of it, and the second the rest.
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert!(since.elapsed() >= Duration::from_millis(200));
}
