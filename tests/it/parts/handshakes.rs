//! Handshakes behind the check, where they are signed as any event is.

use std::{convert::Infallible, future::ready};

use actix_web::{
    App, HttpRequest, HttpResponse,
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, Bytes, ServiceConfig},
};
use countersign::{Claim, Credential, Signer, Verifier, webhook::Webhook};
use countersign_actix::{
    SignatureConfig, Signed,
    handshake::{self, Zoom},
    testing::sign,
};

use crate::support::SECRET;

async fn slack(event: Signed<Bytes>) -> Result<HttpResponse, handshake::Error> {
    Ok(handshake::slack(&event)?.unwrap_or_else(|| HttpResponse::NoContent().finish()))
}

async fn twitch(event: Signed<Bytes>, request: HttpRequest) -> Result<HttpResponse, handshake::Error> {
    Ok(handshake::twitch(request.headers(), &event)?.unwrap_or_else(|| HttpResponse::NoContent().finish()))
}

async fn zoom(event: Signed<Bytes>) -> Result<HttpResponse, handshake::Error> {
    let zoom = Zoom::new(SECRET).unwrap();
    Ok(zoom.answer(&event)?.unwrap_or_else(|| HttpResponse::NoContent().finish()))
}

async fn answer(preset: &str, request: TestRequest, is_signed: bool) -> (u16, String) {
    let webhook = Webhook::preset(preset).unwrap();
    let key = webhook.verifying_key(SECRET).unwrap();
    let loader = move |_: Claim| ready(Ok::<_, Infallible>(Some(Credential::new(key.clone(), ()))));
    let config = SignatureConfig::new(loader).verifier(Verifier::new(webhook.clone(), webhook.policy()));
    let routes = move |app: &mut ServiceConfig| {
        app.app_data(config)
            .route("/slack", web::post().to(slack))
            .route("/twitch", web::post().to(twitch))
            .route("/zoom", web::post().to(zoom));
    };
    let app = init_service(App::new().configure(routes)).await;
    let key = webhook.signing_key("k1", SECRET).unwrap();
    let request = request.uri(&format!("/{preset}"));
    let request = if is_signed { sign(request, &Signer::new(webhook, key)).unwrap() } else { request.to_request() };
    let response = call_service(&app, request).await;
    (response.status().as_u16(), String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

#[actix_web::test]
async fn a_challenge_that_is_signed_is_answered_and_one_that_is_not_is_refused() {
    let post = |body: &'static str| TestRequest::post().set_payload(body);
    let slack = || post(r#"{"token":"t","challenge":"3eZbrw1a","type":"url_verification"}"#);
    let zoom = || post(r#"{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event":"endpoint.url_validation"}"#);
    let twitch = || {
        post(r#"{"challenge":"pogchamp-kappa","subscription":{}}"#)
            .insert_header(("Twitch-Eventsub-Message-Id", "e76c6bd4-55c9-4987-8304-da1588d8988b"))
            .insert_header(("Twitch-Eventsub-Message-Type", "webhook_callback_verification"))
    };
    assert_eq!(answer("slack", slack(), true).await, (200, "3eZbrw1a".to_owned()));
    assert_eq!(answer("twitch", twitch(), true).await, (200, "pogchamp-kappa".to_owned()));
    let (status, tokens) = answer("zoom", zoom(), true).await;
    assert_eq!(status, 200);
    assert!(
        tokens.ends_with(r#""encryptedToken":"7d2c08c7fae9c1c8613a22d702d023e8378c18e68045f330003e109352b6b9c8"}"#)
    );
    for (preset, request) in [("slack", slack()), ("twitch", twitch()), ("zoom", zoom())] {
        let (status, body) = answer(preset, request, false).await;
        assert_eq!(status, 401, "{preset}");
        assert!(!body.contains("3eZbrw1a") && !body.contains("pogchamp") && !body.contains("Token"), "{body}");
    }
    assert_eq!(answer("slack", post(r#"{"type":"event_callback"}"#), true).await.0, 204);
}
