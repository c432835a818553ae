//! What a request costs in allocations.

use countersign::{Cavage, Policy, Request, Signer, Verifier};

use crate::support::{now, signing_key, verifying_key};

const HOST: (&str, &str) = ("host", "api.example");
const MEDIA_TYPE: (&str, &str) = ("content-type", "application/json");
const TARGET: &str = "/orders?page=2";

/// How often signing a request allocates, and how often verifying it does.
fn allocations(method: &str, fields: &[(&str, &str)], body: &[u8]) -> (u64, u64) {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
    let mut fields: Vec<_> = fields.iter().map(owned).collect();
    let signer = Signer::new(Cavage::new(), signing_key("alice"));
    let (verifier, keys) = (Verifier::new(Cavage::new(), Policy::default()), [verifying_key()]);
    let now = now();

    let mut parts = None;
    let request = Request::new(method, TARGET, &fields).with_body(body);
    let signing = allocation_counter::measure(|| parts = signer.sign(&request, now).ok());
    fields.extend(parts.unwrap().fields.into_iter().map(|field| (field.name.to_string(), field.value)));

    let mut accepted = false;
    let request = Request::new(method, TARGET, &fields);
    let verifying = allocation_counter::measure(|| {
        accepted = verifier.begin(&request, now).and_then(|claim| claim.verify(&keys, body)).is_ok();
    });
    assert!(accepted);
    (signing.count_total, verifying.count_total)
}

#[test]
fn a_signed_get_is_verified_without_an_allocation() {
    assert_eq!(allocations("GET", &[HOST], b""), (3, 0));
}

#[test]
fn a_signed_post_is_verified_with_two_allocations_for_its_digest() {
    assert_eq!(allocations("POST", &[HOST, MEDIA_TYPE], br#"{"item":1}"#), (7, 2));
}

#[test]
fn a_list_that_the_policy_does_not_expect_is_read_into_new_memory() {
    assert_eq!(allocations("GET", &[HOST, MEDIA_TYPE], b""), (3, 6));
}
