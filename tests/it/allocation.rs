//! What a request costs in allocations.

use countersign::{Cavage, Policy, Request, Verifier};

use crate::support::{now, signer, verifying_key};

#[test]
fn a_signed_get_is_verified_without_an_allocation() {
    let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
    let request = Request::new("GET", "/orders?page=2", &fields).with_body(b"");
    let parts = signer("alice").sign(&request, now()).unwrap();
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let request = Request::new("GET", "/orders?page=2", &fields);
    let (verifier, keys) = (Verifier::new(Cavage::new(), Policy::default()), [verifying_key()]);

    let mut accepted = false;
    let counted = allocation_counter::measure(|| {
        accepted = verifier.begin(&request, now()).and_then(|claim| claim.verify(&keys, b"")).is_ok();
    });
    assert!(accepted);
    assert_eq!(counted.count_total, 0);
}
