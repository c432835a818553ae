//! `DocuSign`: a signature for each key, of which any may match.

use super::{ACCEPTED, Receiver, URL, VerifyingPeer, client, preset, set_body, signer, without};
use crate::support::now;

const SCRIPT: &str = "webhooks/docusign.py";
/// They look like base64, and are not decoded.
const KEYS: [&str; 3] = [
    "6ERMEzhnH3wvLkPNSYOr0Uw+vcA4fVHGtvb3E6TNnBg=",
    "KPJ0yDlPmn/tGQRUHlpGXhs7YKjQEt8CYxYQ1yeQxcI=",
    "not base64 at all",
];
const OTHER: &str = "nTE+yI/YqZoQzLvUM7vlvkbNvHa0GzgqWbLcGAIXrDs=";

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn any_of_docusigns_signatures_may_be_of_any_key_that_is_held() {
    let [first, second, third] = KEYS;
    let mut holds_second = Receiver::new(&preset("docusign"), &[second]);
    let mut expect = async |more: &[&str], expected| {
        holds_second.expect(SCRIPT, &[&["send", URL], more].concat(), expected).await;
    };
    expect(&["--key", first, "--key", second, "--key", third], ACCEPTED).await;
    // The first key was taken out of their list, so that ours has another number.
    expect(&["--key", second, "--key", third], ACCEPTED).await;
    expect(&["--key", second], ACCEPTED).await;
    expect(&["--key", second, "--body-base64", "//4AYmluYXJ5"], ACCEPTED).await;
    expect(&["--key", first, "--key", third], "signature-mismatch").await;
    expect(&["--key", first, "--key", second, "--sent-body", "{}"], "signature-mismatch").await;
    expect(&[], "no-signature").await;
    holds_second.report("docusign.py");
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn a_receiver_holds_the_old_key_and_the_new_one_while_docusigns_list_changes() {
    let [old, new, _] = KEYS;
    let mut receiver = Receiver::new(&preset("docusign"), &[old, new]);
    for keys in [&["--key", old][..], &["--key", old, "--key", new], &["--key", new]] {
        receiver.expect(SCRIPT, &[&["send", URL], keys].concat(), ACCEPTED).await;
    }
    receiver.expect(SCRIPT, &["send", URL, "--key", OTHER], "signature-mismatch").await;
    receiver.report("docusign.py");
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn what_is_signed_with_several_keys_is_accepted_by_whoever_holds_one() {
    let webhook = preset("docusign");
    for held in KEYS {
        let mut to_peer =
            VerifyingPeer::new(SCRIPT, &["serve", "--key", OTHER, "--key", held], signer(&webhook, &KEYS));
        let url = to_peer.server.url("/");
        let request = || client().post(&url).body(r#"{"event":"envelope-sent"}"#).build().unwrap();
        let said = to_peer.expect(held, request(), ACCEPTED).await;
        assert_eq!(said["signatures"], 3);
        to_peer.expect_changed("another body", request(), now(), set_body("{}"), "mismatch").await;
        let own = KEYS.iter().position(|key| *key == held).unwrap();
        let field = ["x-docusign-signature-1", "x-docusign-signature-2", "x-docusign-signature-3"][own];
        to_peer.expect_changed("without its own", request(), now(), without(field), "mismatch").await;
        to_peer.signer = signer(&webhook, &[held]);
        to_peer.expect("its own alone", request(), ACCEPTED).await;
        to_peer.report("docusign.py");
    }
}
