//! Flow Production Tracking: signed forms and signed JSON, in both directions.

use std::collections::BTreeMap;

use actix_web::web;
use countersign_actix::Signed;
use reqwest::{Request, header::CONTENT_TYPE};

use super::{
    ACCEPTED, Receiver, URL, VerifyingPeer, config, earlier, holding, keys_of, later, preset, send, set_body, signer,
    unchanged, without,
};
use crate::{
    peers::Exchanges,
    support::{Server, now},
};

const SCRIPT: &str = "webhooks/ami.py";
const TOKEN: &str = "a secret token of the site";
const OTHER: &str = "another token of the site";

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flows_forms_are_accepted_as_they_were_signed_and_in_time() {
    let mut from_flow = Receiver::new(&preset("flow-ami"), &[TOKEN]);
    let mut expect = async |more: &[&str], expected| {
        from_flow.expect(SCRIPT, &[&["send", URL, "--token", TOKEN], more].concat(), expected).await;
    };
    expect(&[], ACCEPTED).await;
    expect(&["--fields", r#"{"cols":"a","cols2":"b","cols-x":"c","ü":"=&\u00e9%+ "}"#], ACCEPTED).await;
    expect(&["--offset", "-5"], ACCEPTED).await;
    expect(&["--offset", "5"], ACCEPTED).await;
    expect(&["--offset", "-12"], "too-old").await;
    expect(&["--offset", "30"], "in-future").await;
    expect(&["--timeless"], "absent").await;
    expect(&["--omit", "timestamp"], "absent").await;
    expect(&["--omit", "signature"], "no-signature").await;
    expect(&["--omit", "ids"], "signature-mismatch").await;
    expect(&["--tamper", "ids=1"], "signature-mismatch").await;
    expect(&["--tamper", "signature=00"], "signature-mismatch").await;
    expect(&["--tamper", "signature=no"], "malformed").await;
    expect(&["--repeat", "ids=1"], "ambiguous").await;
    expect(&["--repeat", "timestamp=2024-05-06T07:08:09Z"], "ambiguous").await;
    expect(&["--repeat", "signature=00"], "ambiguous").await;
    expect(&["--repeat", "new=1"], "signature-mismatch").await;
    // Whoever reads forms as the provider's sample does never sees it.
    expect(&["--blank", "new"], ACCEPTED).await;
    from_flow.expect(SCRIPT, &["send", URL, "--token", OTHER], "signature-mismatch").await;
    from_flow.report("ami.py");
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn a_handler_reads_flows_form_as_it_was_meant() {
    async fn users(form: Signed<web::Form<BTreeMap<String, String>>>) -> String {
        format!("{} {}", form["user_login"], form["title"])
    }
    let (webhook, mut exchanges) = (preset("flow-ami"), Exchanges::default());
    let config = config(&webhook, holding(keys_of(&webhook, &[TOKEN])));
    let server = Server::start(move |app| {
        app.app_data(config.clone()).default_service(web::to(users));
    });
    let answer = send(SCRIPT, &["send", &server.url("/ami"), "--token", TOKEN]).await;
    exchanges.expect("form", &answer["body"].as_str(), &Some("zoë All Versions +100% & more"));
    exchanges.report("ami.py", answer["version"].as_str().unwrap());
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn a_form_with_flows_token_is_accepted_where_flows_forms_are() {
    let webhook = preset("flow-ami");
    let mut to_peer = VerifyingPeer::new(SCRIPT, &["serve", "--token", TOKEN], signer(&webhook, &[TOKEN]));
    let url = to_peer.server.url("/ami");
    let form = "cols=a&cols2=b&cols-x=c&title=&user_login=zo%C3%AB+%2B100%25";
    let request = || {
        let request = super::client().post(&url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(form).build().unwrap()
    };
    let said = to_peer.expect("form", request(), ACCEPTED).await;
    assert_eq!((said["fields"]["user_login"].as_str(), said["fields"]["title"].as_str()), (Some("zoë +100%"), None));

    let with = |more: &'static str| {
        move |request: &mut Request| {
            let signed = request.body().unwrap().as_bytes().unwrap().to_vec();
            set_body([&signed, more.as_bytes()].concat())(request);
        }
    };
    to_peer.expect_changed("a little late", request(), earlier(5), unchanged, ACCEPTED).await;
    to_peer.expect_changed("too late", request(), earlier(12), unchanged, "stale").await;
    to_peer.expect_changed("ahead", request(), later(30), unchanged, "future").await;
    to_peer.expect_changed("repeated", request(), now(), with("&cols=b"), "repeated").await;
    to_peer.expect_changed("one more", request(), now(), with("&new=b"), "mismatch").await;
    to_peer.expect_changed("one more, blank", request(), now(), with("&new="), ACCEPTED).await;
    to_peer.expect_changed("not signed", request(), now(), set_body(form), "unsigned").await;
    to_peer.signer = signer(&webhook, &[OTHER]);
    to_peer.expect("another token", request(), "mismatch").await;
    to_peer.report("ami.py");
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flows_webhooks_are_accepted_with_any_bytes() {
    let mut from_flow = Receiver::new(&preset("flow-webhook"), &[TOKEN]);
    let mut expect = async |more: &[&str], expected| {
        from_flow.expect(SCRIPT, &[&["send-webhook", URL], more].concat(), expected).await;
    };
    expect(&["--token", TOKEN], ACCEPTED).await;
    expect(&["--token", TOKEN, "--body-base64", "//4AYmluYXJ5"], ACCEPTED).await;
    expect(&["--token", TOKEN, "--sent-body", "{}"], "signature-mismatch").await;
    expect(&["--token", OTHER], "signature-mismatch").await;
    expect(&[], "no-signature").await;
    from_flow.report("ami.py");
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn a_handler_is_told_flows_delivery_which_the_signature_does_not_cover() {
    async fn delivery(body: Signed<web::Bytes>) -> String {
        let delivery = body.proof().delivery_id().unwrap();
        format!("{}, covered: {}", delivery.as_str(), delivery.is_covered())
    }
    let (webhook, mut exchanges) = (preset("flow-webhook"), Exchanges::default());
    let config = config(&webhook, holding(keys_of(&webhook, &[TOKEN])));
    let server = Server::start(move |app| {
        app.app_data(config.clone()).default_service(web::to(delivery));
    });
    let answer = send(SCRIPT, &["send-webhook", &server.url("/"), "--token", TOKEN, "--delivery-id", "d-1"]).await;
    exchanges.expect("delivery", &answer["body"].as_str(), &Some("d-1, covered: false"));
    exchanges.report("ami.py", answer["version"].as_str().unwrap());
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn a_webhook_with_flows_token_is_accepted_where_flows_webhooks_are() {
    let webhook = preset("flow-webhook");
    let mut to_peer = VerifyingPeer::new(SCRIPT, &["serve", "--token", TOKEN], signer(&webhook, &[TOKEN]));
    let url = to_peer.server.url("/webhook");
    let request = || super::client().post(&url).header("x-sg-delivery-id", "d-1").body("{}").build().unwrap();
    let said = to_peer.expect("JSON", request(), ACCEPTED).await;
    assert_eq!(said["delivery"], "d-1");
    to_peer.expect_changed("another body", request(), now(), set_body("[]"), "mismatch").await;
    to_peer.expect_changed("not signed", request(), now(), without("x-sg-signature"), "unsigned").await;
    to_peer.signer = signer(&webhook, &[OTHER]);
    to_peer.expect("another token", request(), "mismatch").await;
    to_peer.report("ami.py");
}
