//! How long a refusal takes.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use countersign::{Cavage, Policy, Request, Signer, SigningKey, Verifier, VerifyError, VerifyingKey};

use super::{
    in_process::{NOW, key, secret},
    message::Message,
};

/// How many of each are measured.
const TIMES: usize = 10_000;

/// How far the two medians may be apart: this much, or a twentieth, for a build that is not optimised on a machine that is busy.
const APART: Duration = Duration::from_micros(5);

/// A known key with a wrong signature and an unknown key take the same work, one after the other, as a server does them.
pub fn told_by_time() {
    let signer = |id: &str| Signer::new(Cavage::new(), SigningKey::hmac_sha256(id, &secret()).unwrap());
    let signed = |id: &str| Message::new("GET", "/orders?page=2").field("Host", "api.example").sign(&signer(id), NOW);
    // Ids of one length, and both MACs wrong.
    let wrong = |id: &str| {
        let message = signed(id);
        let mut mac = message.signature_bytes();
        mac[31] ^= 1;
        message.with_signature_bytes(&mac)
    };
    let (known, unknown) = (wrong("alice"), wrong("mabel"));
    let verifier = Verifier::new(Cavage::new(), Policy::default());
    let keys = [key()];
    let refuse = |message: &Message, keys: &[VerifyingKey]| {
        let start = Instant::now();
        let request = Request::new("GET", "/orders?page=2", &message.fields);
        let error =
            verifier.begin(black_box(&request), NOW).and_then(|claim| claim.verify_head(black_box(keys)).map(drop));
        (start.elapsed(), error.err())
    };
    let (mut bad, mut none) = (Vec::with_capacity(TIMES), Vec::with_capacity(TIMES));
    for _ in 0..TIMES {
        let (took, error) = refuse(&known, &keys);
        assert_eq!(error, Some(VerifyError::SignatureMismatch));
        bad.push(took);
        let (took, error) = refuse(&unknown, &[]);
        assert_eq!(error, Some(VerifyError::UnknownKey));
        none.push(took);
    }
    let [bad, none] = [bad, none].map(|mut all| {
        all.sort_unstable();
        all[TIMES / 2]
    });
    let apart = bad.abs_diff(none);
    assert!(apart <= APART.max(bad / 20), "wrong signature {bad:?}, unknown key {none:?}");
}
