//! Arbitrary bytes as the field that carries a signature, in every dialect, without and with all switches: nothing panics, and what
//! two readers say of one field is the same.
#![no_main]

use std::sync::LazyLock;

use countersign::{Cavage, Dialect, Policy, Request, Switch, UnixTime, Verifier};
use libfuzzer_sys::fuzz_target;

const NOW: UnixTime = UnixTime::from_secs(784_111_777);
const CARRIERS: [&str; 3] = ["signature", "authorization", "proxy-authorization"];

/// Each dialect as it is, and each with everything allowed.
static VERIFIERS: LazyLock<[Vec<Verifier>; 2]> = LazyLock::new(|| {
    let all = |scheme: Cavage| Switch::ALL.iter().fold(scheme, |scheme, switch| scheme.allowing(*switch));
    let verifier = |scheme| Verifier::new(scheme, Policy::dangerous_requiring_nothing());
    let schemes = Dialect::ALL.iter().map(|dialect| dialect.scheme());
    [schemes.clone().map(verifier).collect(), schemes.map(all).map(verifier).collect()]
});

fuzz_target!(|data: &[u8]| {
    let [choice, value @ ..] = data else { return };
    let carrier = CARRIERS[usize::from(*choice) % CARRIERS.len()];
    let fields = [
        ("host", &b"api.example"[..]),
        ("date", b"Sun, 06 Nov 1994 08:49:37 GMT"),
        ("x-date", b"Sun, 06 Nov 1994 08:49:38 GMT"),
        ("digest", b"SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ("content-type", b"text/plain"),
        ("content-length", b"0"),
        ("x-a", b"1"),
        ("x-a", b"2"),
        (carrier, value),
    ];
    let request = Request::new("POST", "/a%2Fb?page=2", &fields);
    for verifier in &VERIFIERS[usize::from(*choice >> 7)] {
        let claimed = verifier.claimed_key_id(&request);
        if let Ok(unverified) = verifier.begin(&request, NOW) {
            assert_eq!(unverified.key_id(), claimed.as_ref());
            assert!(!unverified.signature_base(b"").is_empty());
        }
    }
});
