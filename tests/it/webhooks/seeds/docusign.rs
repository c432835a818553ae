//! DocuSign Connect's numbered signatures.

use actix_web::web::Data;
use aws_lc_rs::hmac::HMAC_SHA256;
use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{
    Request, SignError, Signer, Verifier, VerifyError,
    webhook::{At, Mac, SignatureEncoding, Spec, TextEncoding, Webhook},
};
use countersign_examples::{
    docusign::{
        KEYS,
        connect::{Connect, signatures},
        receiver::{Count, config, routes},
        tour,
    },
    tour::send,
};

use super::{NOW, call, is_as_expected, mac, refused, telling};
use crate::{support::Server, wire::Raw};

const BODY: &str = "{\"event\":\"envelope-completed\"}";

fn serve(keys: &[(&str, &str)]) -> (Server, Data<Count>) {
    let count = Data::new(Count::default());
    (Server::start(routes(telling(config(keys).unwrap()), count.clone())), count)
}

/// As the provider's documentation has it: the key's text as it stands, though it looks like Base64.
fn sample_signature(key: &str) -> String {
    STANDARD.encode(mac(HMAC_SHA256, key.as_bytes(), BODY.as_bytes()))
}

fn message(signatures: &[(usize, &str)]) -> Raw {
    let raw = Raw::new("POST", "/docusign").body(BODY.as_bytes());
    signatures.iter().fold(raw, |raw, (n, value)| raw.field(&format!("X-DocuSign-Signature-{n}"), *value))
}

fn by(name: &str) -> (u16, String) {
    (200, format!("30 bytes by our {name}"))
}

fn account(keys: &[(&str, &str)]) -> Connect {
    let account = Connect::new().unwrap();
    for (name, text) in keys {
        account.add_key(name, text).unwrap();
    }
    account
}

#[actix_web::test]
async fn every_answer_of_the_tour_is_as_expected() {
    is_as_expected(&tour::run().await.unwrap(), 10);
}

#[actix_web::test]
async fn what_we_send_has_the_signature_of_every_key_as_the_provider_makes_it() {
    let sent = account(&KEYS).message("http://hooks.example/docusign", BODY).unwrap();
    let [first, second, third] = KEYS.map(|(_, text)| sample_signature(text));
    let field = |n: usize| format!("x-docusign-signature-{n}");
    assert_eq!(signatures(&sent), [(field(1), third), (field(2), second), (field(3), first)]);
}

#[actix_web::test]
async fn any_key_that_is_held_may_have_made_any_of_the_signatures() {
    let [first, second, third] = KEYS.map(|(_, text)| sample_signature(text));
    let orders = [
        [&first, &second, &third],
        [&first, &third, &second],
        [&second, &first, &third],
        [&second, &third, &first],
        [&third, &first, &second],
        [&third, &second, &first],
    ];
    for key in KEYS {
        let (server, count) = serve(&[key]);
        for [one, two, three] in orders {
            assert_eq!(call(&server, &message(&[(1, one), (2, two), (3, three)])).await, by(key.0));
        }
        assert_eq!(count.so_far(), 6);
    }
    let (server, _) = serve(&KEYS);
    for (key, signature) in KEYS.iter().zip([&first, &second, &third]) {
        assert_eq!(call(&server, &message(&[(1, signature)])).await, by(key.0));
        // Where another key's was, and behind one that is nobody's.
        assert_eq!(call(&server, &message(&[(2, signature)])).await, by(key.0));
        assert_eq!(call(&server, &message(&[(1, "AAAA"), (2, signature)])).await, by(key.0));
    }
}

#[actix_web::test]
async fn what_no_held_key_made_is_refused() {
    let [(name, text), (_, other), _] = KEYS;
    let (server, count) = serve(&[(name, text)]);
    let (good, bad) = (sample_signature(text), sample_signature(other));
    let decoded = STANDARD.encode(mac(HMAC_SHA256, &STANDARD.decode(text).unwrap(), BODY.as_bytes()));
    let signed = message(&[(1, &good)]);
    for (raw, cause) in [
        (message(&[]), "no-signature"),
        (message(&[(1, &bad)]), "signature-mismatch"),
        (message(&[(1, &decoded)]), "signature-mismatch"),
        (message(&[(1, "")]), "malformed"),
        (message(&[(1, "!")]), "malformed"),
        (message(&[(1, &good), (1, &bad)]), "ambiguous"),
        (signed.clone().field("X-DocuSign-Signature-1", good.as_str()), "ambiguous"),
        // Behind a gap nothing is read, and there is no number 0, 01 or 101.
        (message(&[(1, &bad), (3, &good)]), "signature-mismatch"),
        (message(&[(0, &good)]), "no-signature"),
        (message(&[]).field("X-DocuSign-Signature-01", good.as_str()), "no-signature"),
        (message(&[(101, &good)]), "no-signature"),
        (signed.clone().body(b"{\"event\":\"envelope-voided\"}"), "signature-mismatch"),
    ] {
        assert_eq!(call(&server, &raw).await, refused(cause), "{raw:?}");
    }
    assert_eq!(count.so_far(), 0);
    // What the provider says of the algorithm decides nothing.
    for digest in ["HMACSHA256", "HMACSHA1", "none"] {
        assert_eq!(call(&server, &signed.clone().field("X-Authorization-Digest", digest)).await, by(name));
    }
}

#[actix_web::test]
async fn keys_come_and_go_and_whoever_holds_another_one_notices_nothing() {
    let [first, second, third] = KEYS;
    let account = account(&[first, second]);
    let (server, _) = serve(&[second]);
    let url = server.url("/docusign");
    let call = async || send(&account.http, account.message(&url, BODY).unwrap()).await.unwrap();
    assert_eq!(call().await, "200 30 bytes by our second");
    account.add_key(third.0, third.1).unwrap();
    assert_eq!(call().await, "200 30 bytes by our second");
    account.delete_key(first.0).unwrap();
    assert_eq!(call().await, "200 30 bytes by our second");
    account.delete_key(second.0).unwrap();
    assert_eq!(call().await, "401");
    assert!(account.delete_key(second.0).is_err());
    account.delete_key(third.0).unwrap();
    // Without a key nothing can be sent.
    assert!(account.message(&url, BODY).is_err());
}

#[actix_web::test]
async fn many_keys_sign_and_a_hundred_and_one_do_not() {
    let text = |n: usize| format!("the secret of the key number {n}");
    let account = Connect::new().unwrap();
    let (server, _) = serve(&[("the oldest", &text(1))]);
    let url = server.url("/docusign");
    for n in 1..=100 {
        account.add_key(&format!("key-{n}"), &text(n)).unwrap();
        if n == 80 {
            let sent = account.message(&url, BODY).unwrap();
            assert_eq!(signatures(&sent).len(), 80);
            assert_eq!(send(&account.http, sent).await.unwrap(), "200 30 bytes by our the oldest");
        }
    }
    let sent = account.message(&url, BODY).unwrap();
    assert_eq!(signatures(&sent).len(), 100);
    // The server's own parser takes 96 fields over HTTP/1.1 and no more.
    assert_eq!(send(&account.http, sent).await.unwrap(), "431");
    assert!(account.add_key("key-101", &text(101)).is_err());
}

/// Signs with so many keys, and verifies with the last of them alone.
fn last_of(webhook: &Webhook, keys: usize, text: impl Fn(usize) -> (String, String)) -> Result<(), VerifyError> {
    let signing = (1..=keys).map(|n| webhook.signing_key(&n.to_string(), &text(n).0).unwrap()).collect();
    let signer = Signer::with_keys(webhook.clone(), signing);
    let parts = signer.sign(&Request::new("POST", "/", &[("host", "a.example")]).with_body(b"{}"), NOW).unwrap();
    let fields: Vec<_> = parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)).collect();
    assert_eq!(fields.len(), keys);
    let unverified = Verifier::new(webhook.clone(), webhook.policy())
        .begin(&Request::new("POST", "/", &fields).with_body(b"{}"), NOW)?;
    unverified.verify(&[webhook.verifying_key(&text(keys).1).unwrap()], b"{}").map(drop)
}

#[test]
fn as_many_signatures_are_read_as_can_be_written() {
    let secret = |n: usize| (format!("the secret of the key number {n}"), format!("the secret of the key number {n}"));
    let docusign = Webhook::preset("docusign").unwrap();
    for keys in [1, 16, 17, 99, 100] {
        assert_eq!(last_of(&docusign, keys, secret), Ok(()), "{keys}");
    }
    let other = |n: usize| if n == 17 { ("another secret altogether".to_owned(), secret(17).0) } else { secret(n) };
    assert_eq!(last_of(&docusign, 17, other), Err(VerifyError::SignatureMismatch));
}

#[test]
fn sixteen_signatures_that_each_cost_a_whole_check_are_the_most() {
    let spec = Spec::new(Mac::Ed25519, "{body}", At::HeaderSeq("x-signature-{n}".to_owned()));
    let spec = spec.encoding(SignatureEncoding::Base64).key_encoding(TextEncoding::Base64);
    let webhook = Webhook::new("numbered", spec).unwrap();
    let seed = |n: u8| STANDARD.encode([n; 32]);
    let key = |n: u8| webhook.signing_key(&n.to_string(), &seed(n)).unwrap();
    let signed = |keys: u8| {
        let signer = Signer::with_keys(webhook.clone(), (1..=keys).map(key).collect());
        signer.sign(&Request::new("POST", "/", &[("host", "a.example")]).with_body(b"{}"), NOW)
    };
    let parts = signed(16).unwrap();
    assert_eq!(signed(17).err(), Some(SignError::SignatureCount { expected: 16, given: 17 }));
    let mut fields: Vec<_> = parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)).collect();
    let begin = |fields: &Vec<(String, Vec<u8>)>| {
        let verifier = Verifier::new(webhook.clone(), webhook.policy());
        verifier.begin(&Request::new("POST", "/", fields).with_body(b"{}"), NOW).err()
    };
    assert_eq!(begin(&fields), None);
    fields.push(("x-signature-17".to_owned(), fields[0].1.clone()));
    assert_eq!(begin(&fields), Some(VerifyError::Malformed("it has too many signatures")));
}
