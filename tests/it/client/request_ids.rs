//! Ids that make each request one of its own.

use countersign::{Policy, When};
use countersign_reqwest::{Signing, SigningClientBuilder};
use reqwest_middleware::ClientWithMiddleware;

use crate::{
    support::{now, signer},
    wire::{Raw, Recorder, verify_under},
};

fn client() -> ClientWithMiddleware {
    SigningClientBuilder::new(Signing::new(signer("alice")).fresh_request_ids(&"x-request-id".parse().unwrap()))
        .build()
        .unwrap()
}

fn covered(raw: &Raw) -> String {
    let policy = Policy::default().require("x-request-id".parse().unwrap(), When::Always);
    verify_under(policy, raw, now()).unwrap().covered().to_string()
}

#[actix_web::test]
async fn each_request_has_an_id_of_its_own_which_is_covered() {
    let server = Recorder::start("HTTP/1.1 200 OK").await;
    for _ in 0..2 {
        client().get(server.url("/")).send().await.unwrap();
    }
    let [first, second] = &server.take()[..] else { panic!("not two requests") };
    for raw in [first, second] {
        assert_eq!(covered(raw), "(request-target) host date x-request-id");
        let id = raw.value("x-request-id");
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }
    assert_ne!(first.value("x-request-id"), second.value("x-request-id"));
}

#[actix_web::test]
async fn a_redirect_gets_an_id_of_its_own_and_one_of_the_callers_is_kept() {
    let server = Recorder::answering(|raw, _| {
        let moved = "HTTP/1.1 307 Moved\r\nLocation: /new".to_owned();
        Some(if raw.target == "/old" { moved } else { "HTTP/1.1 200 OK".to_owned() })
    })
    .await;
    client().post(server.url("/old")).body("{}").send().await.unwrap();
    let [first, second] = &server.take()[..] else { panic!("not followed") };
    assert_ne!(first.value("x-request-id"), second.value("x-request-id"));
    assert_eq!(covered(second), "(request-target) host date digest x-request-id");

    client().post(server.url("/old")).header("X-Request-Id", "7").send().await.unwrap();
    assert!(server.take().iter().all(|raw| raw.value("x-request-id") == "7" && covered(raw).ends_with("x-request-id")));
}
