//! The providers' own libraries, in every direction in which they work.

use countersign::webhook::{PublicUrl, Webhook};

use super::{
    ACCEPTED, preset,
    sdk::{Sdk, another_body},
};
use crate::{peers::line::NO, support::now};

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn stripes_own_libraries_and_ours_accept_each_other() {
    for (mut stripe, mismatch, stale) in [
        (
            Sdk::of_python("stripe", preset("stripe")),
            "SignatureVerificationError: No signatures found matching the expected signature for payload",
            "SignatureVerificationError: Timestamp outside the tolerance zone",
        ),
        (
            Sdk::of_node("stripe", preset("stripe")),
            "Error: No signatures found matching the expected signature for payload",
            "Error: Timestamp outside the tolerance zone",
        ),
    ] {
        stripe.mismatch = mismatch;
        // They look back only.
        (stripe.stale, stripe.future) = (Some(stale), None);
        stripe.verifies_either_of_two_signatures().await;
        stripe.both_ways().await;
    }
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn slacks_own_library_and_ours_accept_each_other() {
    let mut slack = Sdk::of_python("slack", preset("slack"));
    (slack.stale, slack.future) = (Some(NO), Some(NO));
    slack.both_ways().await;
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn githubs_own_library_and_ours_accept_each_other() {
    Sdk::of_node("github", preset("github")).both_ways().await;
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn the_libraries_of_standard_webhooks_and_ours_accept_each_other() {
    for sdk in [
        Sdk::of_python("standardwebhooks", preset("standard-webhooks")).with_id("webhook-id"),
        Sdk::of_node("standardwebhooks", preset("standard-webhooks")).with_id("webhook-id"),
        Sdk::of_node("svix", preset("svix")).with_id("svix-id"),
    ] {
        let mut standard = sdk;
        standard.mismatch = "WebhookVerificationError: No matching signature found";
        standard.stale = Some("WebhookVerificationError: Message timestamp too old");
        standard.future = Some("WebhookVerificationError: Message timestamp too new");
        standard.verifies_either_of_two_signatures().await;
        standard.both_ways().await;
    }
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn the_id_of_a_delivery_is_signed_in_standard_webhooks_and_in_githubs_it_is_not() {
    for (mut sdk, field, expected) in [
        (Sdk::of_python("standardwebhooks", preset("standard-webhooks")), "webhook-id", "signature-mismatch"),
        (Sdk::of_node("svix", preset("svix")), "svix-id", "signature-mismatch"),
        (Sdk::of_node("github", preset("github")), "x-github-delivery", ACCEPTED),
    ] {
        let [secret, _] = sdk.secrets;
        let other = sdk.signed(secret, now()).replacing(field, "msg_2");
        sdk.expect_of_us(&sdk.receiver(), field, &other, expected).await;
        sdk.report();
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn twilio(preset: &str, origin: &str) -> Webhook {
    Webhook::preset_with_url(preset, PublicUrl::Origin(origin.to_owned())).unwrap()
}

fn twilios(preset: &str, origin: &str) -> [Sdk; 2] {
    [Sdk::of_python("twilio", twilio(preset, origin)), Sdk::of_node("twilio", twilio(preset, origin))]
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn twilios_own_libraries_and_ours_accept_each_others_forms() {
    for mut twilio in twilios("twilio", "https://hooks.example") {
        twilio.origin = "https://hooks.example";
        // A repeated pair, a repeated name, a blank value; out of order.
        let form = "To=%2B15550100&Body=a+b&To=%2B15550199&Body=a+b&Blank=&CallSid=%C3%AB%26";
        twilio.request = twilio.request.replacing("Content-Type", FORM).body(form.as_bytes());
        twilio.both_ways().await;
    }
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn twilios_urls_match_with_and_without_their_port_and_with_nothing_else_changed() {
    const PLAIN: &str = "https://hooks.example";
    const DEFAULT: &str = "https://hooks.example:443";
    const OTHER: &str = "https://hooks.example:8443";
    // Either side takes its own URL with its port, with the default port if it has none, and without any.
    for (ours, theirs, we_take, they_take) in [
        (PLAIN, PLAIN, true, true),
        (PLAIN, DEFAULT, true, true),
        (DEFAULT, PLAIN, true, true),
        (OTHER, OTHER, true, true),
        (OTHER, PLAIN, true, false),
        (PLAIN, OTHER, false, true),
        (OTHER, DEFAULT, false, false),
    ] {
        for mut sdk in twilios("twilio", ours) {
            let what = format!("{theirs} to {ours}");
            sdk.origin = theirs;
            sdk.request = sdk.request.replacing("Content-Type", FORM).body(b"CallSid=1");
            let [secret, _] = sdk.secrets;
            let receiver = sdk.receiver();
            let mut signed = sdk.signed(secret, now());
            sdk.expect_of_us(&receiver, &what, &signed, if we_take { ACCEPTED } else { "signature-mismatch" }).await;
            signed.target = "/extractor?page=2".to_owned();
            sdk.expect_of_us(&receiver, &what, &signed, "signature-mismatch").await;

            let mut sent = sdk.sent(&[secret], None).await;
            sdk.expect_of_it(&what, &sent, secret, if they_take { None } else { Some(NO) });
            sent.target = "/extractor?page=2".to_owned();
            sdk.expect_of_it(&what, &sent, secret, Some(NO));
            sdk.report();
        }
    }
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn twilios_json_is_bound_by_its_hash_in_the_url() {
    for mut sdk in twilios("twilio-json", "https://hooks.example") {
        sdk.origin = "https://hooks.example";
        let [secret, other] = sdk.secrets;
        let sent = sdk.sent(&[secret], None).await;
        sdk.expect_of_it("as signed", &sent, secret, None);
        sdk.expect_of_it("another body", &another_body(&sent), secret, Some(NO));
        sdk.expect_of_it("another secret", &sent, other, Some(NO));

        // The sender puts the hash there, which is what our client did.
        sdk.request.target.clone_from(&sent.target);
        let receiver = sdk.receiver();
        let signed = sdk.signed(secret, now());
        sdk.expect_of_us(&receiver, "as signed", &signed, ACCEPTED).await;
        sdk.expect_of_us(&receiver, "another body", &another_body(&signed), "digest-mismatch").await;
        let signed = sdk.signed(other, now());
        sdk.expect_of_us(&receiver, "another secret", &signed, "signature-mismatch").await;
        sdk.report();
    }
}
