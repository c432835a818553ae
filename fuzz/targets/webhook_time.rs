//! Arbitrary texts as the time of a delivery, in every form: nothing panics, a time that is taken is one that can be written and read
//! again as the same, and what is written is read.
#![no_main]

use std::sync::LazyLock;

use countersign::{
    Policy, Request, Signer, UnixTime, Verifier,
    webhook::{At, Mac, Spec, TimeFormat, Webhook},
};
use libfuzzer_sys::fuzz_target;

const FORMATS: [TimeFormat; 4] = [TimeFormat::Unix, TimeFormat::UnixMs, TimeFormat::Rfc3339, TimeFormat::HttpDate];
const SECRET: &str = "a secret that is long enough";

static SIDES: LazyLock<[(Webhook, Verifier); 4]> = LazyLock::new(|| {
    FORMATS.map(|format| {
        let spec = Spec::new(Mac::HmacSha256, "{time}.{body}", At::header("x-signature"));
        let webhook = Webhook::new("timed", spec.time(At::header("x-time"), format, u64::MAX)).expect("it works");
        (
            webhook.clone(),
            Verifier::new(webhook, Policy::dangerous_requiring_nothing().max_skew(std::time::Duration::MAX)),
        )
    })
});

/// The time as it is read out of a text, and the text that is signed with it.
fn read(side: &(Webhook, Verifier), text: &[u8]) -> Option<(UnixTime, Vec<u8>)> {
    let (webhook, verifier) = side;
    let signer = Signer::new(webhook.clone(), webhook.signing_key("k1", SECRET).expect("a secret"));
    let mut fields = vec![("x-time".to_owned(), text.to_vec())];
    let parts = signer.sign(&Request::new("POST", "/", &fields).with_body(b""), UnixTime::from_secs(0)).ok()?;
    assert!(parts.fields.iter().all(|field| field.name.as_str() != "x-time"), "it is there already");
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let unverified = verifier.begin(&Request::new("POST", "/", &fields).with_body(b""), UnixTime::from_secs(0));
    let unverified = unverified.expect("it was signed");
    let base = unverified.signature_base(b"").into_owned();
    let verified = unverified.verify(&[webhook.verifying_key(SECRET).expect("a secret")], b"").expect("it was signed");
    Some((verified.signed_at().expect("a time"), base))
}

fn written(side: &(Webhook, Verifier), at: UnixTime) -> Vec<u8> {
    let (webhook, _) = side;
    let signer = Signer::new(webhook.clone(), webhook.signing_key("k1", SECRET).expect("a secret"));
    let fields = vec![("host".to_owned(), b"a.example".to_vec())];
    let parts = signer.sign(&Request::new("POST", "/", &fields).with_body(b""), at).expect("a time is made");
    parts.fields.into_iter().find(|field| field.name.as_str() == "x-time").expect("a time is made").value
}

fuzz_target!(|data: &[u8]| {
    for (at, side) in SIDES.iter().enumerate() {
        if let Some((time, base)) = read(side, data) {
            // The text as it came, but for white space around a field's value, is what is signed.
            let text = data.trim_ascii();
            assert_eq!(base, [text, b"."].concat(), "{}", data.escape_ascii());
            assert_eq!(read(side, &written(side, time)).map(|(time, _)| time), Some(time), "{}", data.escape_ascii());
            if at < 2 {
                // A number has one spelling.
                assert!(text.iter().all(u8::is_ascii_digit) && (text == b"0" || text[0] != b'0'));
            }
        }
    }
    if let Some(bytes) = data.first_chunk::<8>() {
        let time = UnixTime::from_secs(u64::from_le_bytes(*bytes));
        for side in SIDES.iter() {
            assert!(read(side, &written(side, time)).is_some(), "{time:?}");
        }
    }
});
