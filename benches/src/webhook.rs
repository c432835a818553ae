//! Signing and verifying webhooks of 1 KiB against the bare MAC over the same bytes.

use std::hint::black_box;

use countersign::{Request, Signer, Verifier, webhook::Webhook};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    core::{Headers, NOW},
    median, nanos_per_call,
};

const PAIRS: usize = 200;
const CALLS: u32 = 200;
const SECRET: &str = "correct horse battery staple";
const TARGET: &str = "/hooks";

/// What one layout costs.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// The preset's name.
    pub name: &'static str,
    /// The bare MAC over what is signed, with a prepared key, in nanoseconds.
    pub mac: f64,
    /// Signing over the bare MAC.
    pub sign: f64,
    /// Verifying over the bare MAC.
    pub verify: f64,
}

/// Measures a layout that signs the body alone, and one that signs the time as well.
#[must_use]
pub fn measure() -> [Figures; 2] {
    ["github", "stripe"].map(compare)
}

#[allow(clippy::unwrap_used, reason = "a benchmark whose fixture fails has nothing to measure")]
fn compare(name: &'static str) -> Figures {
    let webhook = Webhook::preset(name).unwrap();
    let body = vec![b'x'; 1024];
    let signer = Signer::new(webhook.clone(), webhook.signing_key("k1", SECRET).unwrap());
    let verifier = Verifier::new(webhook.clone(), webhook.policy());
    let keys = [webhook.verifying_key(SECRET).unwrap()];
    let unsigned = Headers::unsigned();
    let to_sign = Request::new("POST", TARGET, &unsigned).with_body(&body);
    let base = signer.prepare(&to_sign, NOW).unwrap().signature_base().into_owned();
    let headers = unsigned.with(signer.sign(&to_sign, NOW).unwrap());
    let signed = Request::new("POST", TARGET, &headers).with_body(&body);
    let prepared = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();

    let mac = || {
        let mut mac = prepared.clone();
        mac.update(black_box(&base));
        mac.finalize().into_bytes()
    };
    let sign = || signer.sign(black_box(&to_sign), NOW).unwrap();
    let verify = || verifier.begin(black_box(&signed), NOW).unwrap().verify(&keys, black_box(&body)).unwrap();

    let (mut macs, mut signs, mut verifies) = (vec![], vec![], vec![]);
    for _ in 0..PAIRS {
        let bare = nanos_per_call(CALLS, mac);
        signs.push(nanos_per_call(CALLS, sign) / bare);
        let bare = nanos_per_call(CALLS, mac);
        verifies.push(nanos_per_call(CALLS, verify) / bare);
        macs.push(bare);
    }
    Figures { name, mac: median(macs), sign: median(signs), verify: median(verifies) }
}
