//! The gateway between a source system, whose webhooks it verifies, and a target that wants credentials of the gateway's own.

use actix_web::{
    HttpResponse,
    web::{self, Bytes},
};
use base64::prelude::{BASE64_STANDARD, Engine};
use countersign_actix::Signed;
use serde_json::Value;

use super::{
    ACCEPTED, Receiver, URL, VerifyingPeer, client, config, holding, keys_of, preset, send, set_body, signer, without,
};
use crate::{
    peers::{Exchanges, PeerServer, text},
    support::{Server, now},
};

const SCRIPT: &str = "webhooks/sap.py";
const KEY: &str = "5RCGP6ulSnj/PPhlww+iV0QMyjpWB4cd";
const OTHER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const EVENT: &str = r#"{"events":[{"id":"b3e95b42"}],  "nonce":"8693aa10"}"#;

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn a_source_systems_webhooks_are_accepted_as_they_were_signed() {
    let mut from_source = Receiver::new(&preset("sap-gigya"), &[KEY]);
    let mut expect = async |more: &[&str], expected| {
        from_source.expect(SCRIPT, &[&["source", URL], more].concat(), expected).await;
    };
    expect(&["--key", KEY], ACCEPTED).await;
    // The body as it is, not what a parser makes of it.
    expect(&["--key", KEY, "--body", EVENT], ACCEPTED).await;
    expect(&["--key", KEY, "--body", EVENT, "--sent-body", &EVENT.replace("  ", " ")], "signature-mismatch").await;
    expect(&["--key", KEY, "--body-base64", "//4AYmluYXJ5"], ACCEPTED).await;
    expect(&["--key", OTHER], "signature-mismatch").await;
    expect(&[], "no-signature").await;
    from_source.report("sap.py");
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn what_is_signed_with_the_partners_key_is_accepted_where_a_source_systems_webhooks_are() {
    let webhook = preset("sap-gigya");
    let mut to_peer = VerifyingPeer::new(SCRIPT, &["serve", "--key", KEY], signer(&webhook, &[KEY]));
    let url = to_peer.server.url("/hook");
    let request = || client().post(&url).body(EVENT).build().unwrap();
    to_peer.expect("as signed", request(), ACCEPTED).await;
    to_peer.expect_changed("another body", request(), now(), set_body("{}"), "mismatch").await;
    to_peer.expect_changed("not signed", request(), now(), without("x-gigya-sig-hmac-sha1"), "unsigned").await;
    to_peer.signer = signer(&webhook, &[OTHER]);
    to_peer.expect("another key", request(), "mismatch").await;
    to_peer.report("sap.py");
}

/// Calls on with what was verified, and answers with what the target answers.
fn gateway(target: String) -> Server {
    let webhook = preset("sap-gigya");
    let config = config(&webhook, holding(keys_of(&webhook, &[KEY])));
    let call = move |body: Signed<Bytes>| {
        let request = client().post(&target).basic_auth("cpi-user", Some("cpi-password")).body(body.into_inner());
        async move {
            let answer = request.send().await.unwrap();
            let log_id = answer.headers().get("SAP_MessageProcessingLogID").map(|id| id.to_str().unwrap().to_owned());
            assert_eq!(answer.status(), 200);
            let log_id = ("SAP_MessageProcessingLogID", log_id.unwrap());
            HttpResponse::Ok().insert_header(log_id).body(answer.bytes().await.unwrap())
        }
    };
    Server::start(move |app| {
        app.app_data(config.clone()).route("/hook", web::post().to(call.clone()));
    })
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn a_gateway_calls_on_with_credentials_of_its_own_for_what_was_signed_and_for_nothing_else() {
    let mut exchanges = Exchanges::default();
    let cpi = PeerServer::start(SCRIPT, &["cpi", "--user", "cpi-user", "--password", "cpi-password"]);
    let gateway = gateway(cpi.url("/flow?version=1"));
    let hook = gateway.url("/hook");

    let answer = send(SCRIPT, &["source", &hook, "--key", KEY, "--body", EVENT]).await;
    let seen: Value = serde_json::from_str(&text(&answer, "body")).unwrap();
    let called = (&seen["authorized"], &seen["method"], &seen["target"]);
    exchanges.expect("signed", &called, &(&true.into(), &"POST".into(), &"/flow?version=1".into()));
    assert_eq!(BASE64_STANDARD.decode(text(&seen, "body")).unwrap(), EVENT.as_bytes());
    let names: Vec<_> = answer["fields"].as_array().unwrap().iter().map(|field| field[0].clone()).collect();
    assert!(names.contains(&"sap_messageprocessinglogid".into()), "{names:?}");

    let altered = ["source", &hook, "--key", KEY, "--body", EVENT, "--sent-body", "{}"];
    let answer = send(SCRIPT, &altered).await;
    exchanges.expect("altered", &(&answer["status"], &answer["body"]), &(&401.into(), &"signature-mismatch".into()));

    // Whoever goes past the gateway has no credentials.
    let answer = send(SCRIPT, &["source", &cpi.url("/flow"), "--key", KEY]).await;
    exchanges.expect("past the gateway", &answer["status"], &401.into());
    exchanges.report("sap.py", &cpi.version);
}
