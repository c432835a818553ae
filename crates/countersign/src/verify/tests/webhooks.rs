//! Deliveries, and signatures that stand beside each other.

use super::{Field, NOW, SECRET, UnixTime};
use crate::{
    fingerprint::Fingerprint, request::Request, sign::Signer, verifier::Verifier, verify::Verified, webhook::*,
};

const OTHER: &str = "another secret that is long enough";

fn spec(message: &str) -> Spec {
    Spec::new(Mac::HmacSha256, message, At::header("x-signature"))
}

/// A layout with the sender's own id and a time.
fn timed() -> Webhook {
    let spec = spec("{id}.{time}.{body}").time(At::header("x-time"), TimeFormat::Unix, 300).id(At::header("x-id"));
    Webhook::new("acme", spec).unwrap()
}

/// The fields of a body that is signed with the secrets.
fn signed(webhook: &Webhook, secrets: &[&str], id: &str, now: UnixTime) -> Vec<Field> {
    let mut fields = vec![("x-id".to_owned(), id.as_bytes().to_vec())];
    let numbered = secrets.iter().zip(1..);
    let keys = numbered.map(|(secret, number)| webhook.signing_key(&format!("k{number}"), secret).unwrap()).collect();
    let signer = Signer::with_keys(webhook.clone(), keys);
    let parts = signer.sign(&Request::new("POST", "/hooks", &fields).with_body(b"{}"), now).unwrap();
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    fields
}

fn verified(webhook: &Webhook, secrets: &[&str], fields: &[Field]) -> Verified {
    let keys: Vec<_> = secrets.iter().map(|secret| webhook.verifying_key(secret).unwrap()).collect();
    let fields = fields.to_vec();
    let verifier = Verifier::new(webhook.clone(), webhook.policy()).fingerprinting("hooks");
    let unverified = verifier.begin(&Request::new("POST", "/hooks", &fields).with_body(b"{}"), NOW).unwrap();
    unverified.verify(&keys, b"{}").unwrap()
}

fn both(verified: &Verified) -> (Fingerprint, Fingerprint) {
    (verified.fingerprint().unwrap(), verified.delivery_fingerprint().unwrap())
}

#[test]
fn a_delivery_that_is_sent_again_is_the_same_delivery_and_another_request() {
    let of = |id, now| both(&verified(&timed(), &[SECRET], &signed(&timed(), &[SECRET], id, now)));
    let (request, delivery) = of("d1", NOW);
    let (again, delivery_again) = of("d1", UnixTime::from_secs(NOW.as_secs() - 60));
    assert_eq!(delivery, delivery_again);
    assert_ne!(request, again);
    assert_ne!(request, delivery);
    assert_ne!(of("d2", NOW).1, delivery);
    assert_eq!(of("d1", NOW), (request, delivery));
}

#[test]
fn deliveries_of_two_keys_or_two_schemes_are_not_one() {
    let of = |webhook: &Webhook, secret| both(&verified(webhook, &[secret], &signed(webhook, &[secret], "d1", NOW)));
    let (request, delivery) = of(&timed(), SECRET);
    let (other_request, other_delivery) = of(&timed(), OTHER);
    assert!(request != other_request && delivery != other_delivery);
    let renamed = Webhook::new("other", timed().spec().clone()).unwrap();
    let (other_request, other_delivery) = of(&renamed, SECRET);
    assert!(request != other_request && delivery != other_delivery);
}

#[test]
fn a_delivery_without_an_id_is_known_by_what_was_signed() {
    let github = Webhook::preset("github").unwrap();
    let plain = Webhook::new("acme", spec("{body}")).unwrap();
    for webhook in [github, plain] {
        let fields = signed(&webhook, &[SECRET], "d1", NOW);
        let first = verified(&webhook, &[SECRET], &fields);
        if first.delivery_id().is_none() {
            assert_eq!(first.delivery_fingerprint(), first.fingerprint());
        }
        // The digits of the signature in upper case.
        let upper: Vec<Field> = fields.iter().map(|(name, value)| (name.clone(), upper_digits(name, value))).collect();
        assert_ne!(upper, fields);
        assert_eq!(both(&verified(&webhook, &[SECRET], &upper)), both(&first));
    }
}

fn upper_digits(name: &str, value: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(value).unwrap();
    let (prefix, digits) = text.rsplit_once('=').map_or(("", text), |(prefix, digits)| (prefix, digits));
    match (name.contains("signature"), prefix) {
        (false, _) => value.to_vec(),
        (true, "") => digits.to_uppercase().into_bytes(),
        (true, prefix) => format!("{prefix}={}", digits.to_uppercase()).into_bytes(),
    }
}

#[test]
fn whoever_takes_a_signature_away_makes_no_other_request_of_it() {
    let docusign = Webhook::preset("docusign").unwrap();
    let fields = signed(&docusign, &[SECRET, OTHER], "", NOW);
    let whole = verified(&docusign, &[SECRET, OTHER], &fields);
    let value = |name: &str| fields.iter().find(|(own, _)| own == name).unwrap().1.clone();
    // The second in the place of the first, and the first alone.
    for (left, index) in [("x-docusign-signature-1", 0), ("x-docusign-signature-2", 1)] {
        let alone = [("x-docusign-signature-1".to_owned(), value(left))];
        let alone = verified(&docusign, &[SECRET, OTHER], &alone);
        assert_eq!((both(&alone), alone.key_index()), (both(&whole), index));
    }

    let listed = Webhook::new("acme", spec("{body}").listing(",", ["v1={sig}"])).unwrap();
    let fields = signed(&listed, &[SECRET, OTHER], "", NOW);
    let whole = both(&verified(&listed, &[SECRET, OTHER], &fields));
    let text = String::from_utf8(fields.last().unwrap().1.clone()).unwrap();
    for alone in text.split(',') {
        let fields = [("x-signature".to_owned(), alone.as_bytes().to_vec())];
        assert_eq!(both(&verified(&listed, &[SECRET, OTHER], &fields)), whole, "{alone}");
    }
}

#[test]
fn of_signatures_by_name_each_leads_to_the_same_fingerprint() {
    let spec = spec("{body}").listing(",", ["{key_id}/{sig}"]).key_id(At::Layout);
    let webhook = Webhook::new("acme", spec).unwrap();
    let fields = signed(&webhook, &[SECRET, OTHER], "", NOW);
    let keys = [SECRET, OTHER].map(|secret| webhook.verifying_key(secret).unwrap());
    let verifier = Verifier::new(webhook.clone(), webhook.policy()).fingerprinting("hooks");
    let request = Request::new("POST", "/hooks", &fields).with_body(b"{}");
    let first = verifier.begin(&request, NOW).unwrap();
    let other_id = first.other_key_ids().next().cloned().unwrap();
    let first = first.verify(&keys[..1], b"{}").unwrap();
    let second = verifier.begin(&request, NOW).unwrap().with_key_id(&other_id).verify(&keys[1..], b"{}").unwrap();
    assert_ne!(first.key_id(), second.key_id());
    assert_eq!(both(&first), both(&second));
}
