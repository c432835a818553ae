//! The requirements of draft-cavage 12, one test each, numbered in the order of the draft. Where the draft leaves a choice, or
//! where the default departs from it for the sake of those who are out there, the test shows both readings.

mod carriers;
mod parameters;
mod signing_string;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{
    Algorithm, Cavage, Coverage, Dialect, Policy, Request, SignatureParameters, Signer, SigningKey, UnixTime,
    Unverified, Verifier, VerifyError, VerifyingKey, When,
};

use crate::support::{SECRET, secret, times};

const NOW: UnixTime = UnixTime::from_secs(1_402_170_700);
const CREATED: &str = "1402170695";
const EXPIRES: &str = "1402170999";
const DATE: &str = "Sat, 07 Jun 2014 19:51:35 GMT";

/// The fields of a request that has something of everything.
fn fields() -> Vec<(String, String)> {
    [
        ("Host", "example.org"),
        ("Date", DATE),
        ("Cache-Control", "max-age=60"),
        ("X-Empty", ""),
        ("X-Spaced", " \ttwo  spaces\tand a tab \t"),
        ("cache-control", " must-revalidate"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The Base64 of the MAC that alice's secret makes.
fn mac(base: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    STANDARD.encode(hmac::sign(&key, base.as_bytes()))
}

/// A policy that asks for nothing, so that only the scheme's own rules show.
fn lenient() -> Policy {
    Policy::dangerous_requiring(Coverage::empty()).dangerous_time_optional()
}

/// Reads a request with these parameters and no rules but the scheme's.
fn read_with(scheme: Cavage, policy: Policy, params: &str) -> Result<Unverified, VerifyError> {
    let mut fields = fields();
    fields.push(("Signature".to_owned(), params.to_owned()));
    Verifier::new(scheme, policy).begin(&Request::new("GET", "/foo?Q=1&q=%7e", &fields), NOW)
}

fn read(params: &str) -> Result<Unverified, VerifyError> {
    read_with(Cavage::new(), lenient(), params)
}

/// What becomes of a request with these parameters and the right MAC over this string.
fn judge_with(scheme: Cavage, policy: Policy, params: &str, base: &str) -> &'static str {
    let params = format!("{params},signature=\"{}\"", mac(base));
    let keys = [VerifyingKey::hmac_sha256(&secret())];
    match read_with(scheme, policy, &params).and_then(|unverified| unverified.verify(&keys, b"")) {
        Ok(_) => "accepted",
        Err(error) => error.code(),
    }
}

fn judge(params: &str, base: &str) -> &'static str {
    judge_with(Cavage::new(), lenient(), params, base)
}

/// By the letter, under the letter's own limits of time.
fn judge_by_the_letter(params: &str, base: &str) -> &'static str {
    let policy = lenient().max_skew(std::time::Duration::ZERO);
    judge_with(Cavage::draft12(), policy, params, base)
}

fn signer(scheme: Cavage) -> Signer {
    Signer::new(scheme, SigningKey::hmac_sha256("alice", &secret()).unwrap())
}

/// The signature field that ours writes for a GET with these components.
fn written(scheme: Cavage, list: &[&str]) -> String {
    let coverage = list.iter().fold(Coverage::empty(), |all, name| all.and(name.parse().unwrap(), When::Always));
    let fields = fields();
    let request = Request::new("GET", "/foo?Q=1&q=%7e", &fields).with_body(b"");
    let parts = signer(scheme).covering(coverage).sign(&request, NOW).unwrap();
    String::from_utf8(parts.fields.last().unwrap().value.clone()).unwrap()
}

/// The signing string of the same request.
fn base(list: &str) -> String {
    let fields = fields();
    let request = Request::new("GET", "/foo?Q=1&q=%7e", &fields);
    String::from_utf8(Cavage::new().signature_base(&request, list, &times(CREATED, EXPIRES)).unwrap()).unwrap()
}

/// A key of every algorithm with a shared secret, and what draft 12 calls deprecated.
const DEPRECATED: [Algorithm; 4] =
    [Algorithm::RsaSha1, Algorithm::RsaSha256, Algorithm::HmacSha256, Algorithm::EcdsaSha256];

#[test]
fn the_letter_and_the_default_are_two_dialects() {
    assert_eq!(Dialect::STANDARD.scheme(), Cavage::new());
    assert_eq!(Dialect::DRAFT_12.scheme(), Cavage::draft12());
    assert!(Dialect::DRAFT_12.policy().is_at_least_as_strict_as(&Policy::default()));
}
