//! Arbitrary bytes as a field that says what the body's hash is: nothing panics, and no two bodies fit one value.
#![no_main]

use std::sync::LazyLock;

use countersign::{Algorithm, Cavage, Coverage, Policy, Request, Switch, UnixTime, Verifier, VerifyingKey, When};
use libfuzzer_sys::fuzz_target;

const NOW: UnixTime = UnixTime::from_secs(784_111_777);
const FIELDS: [&str; 3] = ["digest", "content-digest", "x-content-sha256"];
const BODIES: [&[u8]; 3] = [b"", b"{\"hello\": \"world\"}", b"{\"hello\": \"world\"}\n"];

/// A verifier that wants the body bound by this field.
fn verifier(field: &str, switches: &[Switch]) -> Verifier {
    let component = field.parse().expect("a name");
    let policy = Policy::dangerous_requiring(Coverage::empty().and(component, When::Body)).dangerous_without_time();
    let scheme = switches.iter().fold(Cavage::new(), |scheme, switch| scheme.allowing(*switch));
    Verifier::new(scheme, policy)
}

static VERIFIERS: LazyLock<Vec<[Verifier; 2]>> =
    LazyLock::new(|| FIELDS.map(|field| [verifier(field, &[]), verifier(field, &[Switch::MultihashDigest])]).into());

/// Takes every signature: what is asked here is the body alone.
static KEY: LazyLock<VerifyingKey> =
    LazyLock::new(|| VerifyingKey::dangerous_custom(Algorithm::HmacSha256, |_, _| true));

fuzz_target!(|data: &[u8]| {
    let [choice, values @ ..] = data else { return };
    let at = usize::from(*choice) % FIELDS.len();
    let field = FIELDS[at];
    let signature = format!(r#"keyId="a",headers="{field}",signature="AAAA""#);
    // A line end parts two fields of the name.
    let mut fields: Vec<(&str, &[u8])> = values.split(|byte| *byte == b'\n').map(|value| (field, value)).collect();
    fields.extend([("signature", signature.as_bytes()), ("content-length", b"18")]);
    let request = Request::new("POST", "/", &fields);
    for verifier in &VERIFIERS[at] {
        let accepts = |body: &&&[u8]| {
            let begun = verifier.begin(&request, NOW);
            begun.and_then(|unverified| unverified.verify(std::slice::from_ref(&*KEY), body)).is_ok()
        };
        assert!(BODIES.iter().filter(accepts).count() <= 1, "two bodies fit");
    }
});
