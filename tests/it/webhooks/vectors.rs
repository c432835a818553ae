//! Every vector of a provider, or computed from a provider's sample, is judged as it says.

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{
    Request, UnixTime, Verified, Verifier, VerifyError,
    webhook::{Mac, Preset, PublicUrl, SignatureEncoding, Spec, Webhook},
};
use serde_json::Value;

fn vectors() -> Vec<Value> {
    let mut file: Value = serde_json::from_str(include_str!("../../vectors/webhooks.json")).unwrap();
    serde_json::from_value(file["vectors"].take()).unwrap()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// The preset's layout, with what the vector swaps.
fn spec(vector: &Value) -> Spec {
    let mut spec = Preset::named(text(vector, "scheme")).unwrap().spec().dangerous();
    if let Some(mac) = vector["override"]["mac"].as_str() {
        spec.mac = match mac {
            "hmac-sha256" => Mac::HmacSha256,
            "hmac-sha512" => Mac::HmacSha512,
            other => panic!("{other}"),
        };
    }
    if let Some(encoding) = vector["override"]["encoding"].as_str() {
        spec.signature.encoding = match encoding {
            "hex" => SignatureEncoding::Hex,
            "base64" => SignatureEncoding::Base64,
            other => panic!("{other}"),
        };
    }
    spec
}

/// Judges a vector's request, and gives the verdict and what it had to have signed.
fn judge(vector: &Value, url: PublicUrl) -> (Result<Verified, VerifyError>, Vec<u8>) {
    let webhook = Webhook::new(text(vector, "scheme"), spec(vector).url(url)).unwrap();
    let request = &vector["request"];
    let fields: Vec<(String, String)> = serde_json::from_value(request["headers"].clone()).unwrap();
    let body = match request["body_b64"].as_str() {
        Some(base64) => STANDARD.decode(base64).unwrap(),
        None => text(request, "body").as_bytes().to_vec(),
    };
    let (_, rest) = text(request, "url").split_once("://").unwrap();
    let target = rest.find('/').map_or("/", |at| &rest[at..]);
    let head = Request::new(text(request, "method"), target, &fields).with_body(&body);
    let policy = webhook.policy().max_keys(8);
    let verifier = Verifier::new(webhook.clone(), policy);
    let now = UnixTime::from_secs(vector["now"].as_u64().unwrap());
    let mut unverified = match verifier.begin(&head, now) {
        Ok(unverified) => unverified,
        Err(error) => return (Err(error), Vec::new()),
    };
    let keys = vector["keys"].as_array().unwrap();
    let claimed: Vec<_> = unverified.key_id().into_iter().chain(unverified.other_key_ids()).cloned().collect();
    if let Some(known) = claimed.iter().find(|id| keys.iter().any(|key| text(key, "id") == id.as_str())) {
        unverified = unverified.with_key_id(known);
    }
    let fits = |key: &&Value| unverified.key_id().is_none_or(|id| id.as_str() == text(key, "id"));
    let keys: Vec<_> =
        keys.iter().filter(fits).map(|key| webhook.dangerous_short_verifying_key(text(key, "text")).unwrap()).collect();
    let signed = unverified.signature_base(&body).into_owned();
    (unverified.verify(&keys, &body), signed)
}

/// The word of a vector for a verdict of ours.
fn word(verdict: &Result<Verified, VerifyError>) -> &'static str {
    match verdict {
        Ok(_) => "ok",
        Err(VerifyError::NoSignature) => "missing-signature",
        Err(VerifyError::Malformed(_)) => "malformed-signature",
        Err(VerifyError::Absent("time")) => "missing-time",
        Err(VerifyError::TooOld) => "stale",
        Err(VerifyError::InFuture) => "future",
        Err(VerifyError::DigestMismatch) => "digest-mismatch",
        Err(VerifyError::UnknownKey) => "unknown-key",
        Err(VerifyError::SignatureMismatch) => "mismatch",
        Err(_) => "another error",
    }
}

/// What is judged otherwise here, and why.
const OTHERWISE: &[(&str, &str, &str)] = &[
    // A time that is no number can be of no request, so no MAC is spent on it.
    ("convoy-advanced_t_infinity", "mismatch", "malformed-signature"),
];

#[test]
fn every_vector_is_judged_as_it_says_and_signs_the_bytes_that_it_names() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 108);
    let mut wrong = Vec::new();
    for vector in &vectors {
        let id = text(vector, "id");
        let url = text(&vector["request"], "url").to_owned();
        let (verdict, signed) = judge(vector, PublicUrl::Fixed(url));
        let expected = text(vector, "expect");
        let otherwise = OTHERWISE.iter().find(|(own, theirs, _)| *own == id && *theirs == expected);
        let expected = otherwise.map_or(expected, |(.., ours)| ours);
        if word(&verdict) != expected {
            wrong.push(format!("{id}: {:?} in place of {expected}", verdict.err()));
            continue;
        }
        let message = vector["signed_message"].as_str().map(|text| text.as_bytes().to_vec());
        let message =
            message.or_else(|| vector["signed_message_b64"].as_str().map(|text| STANDARD.decode(text).unwrap()));
        if let Some(message) = message.filter(|_| verdict.is_ok()) {
            // A secret in front of the message is the key's business.
            let secret = vector["keys"][0]["text"].as_str().unwrap().as_bytes();
            let message = if text(vector, "scheme").starts_with("hubspot-v") && message.starts_with(secret) {
                &message[secret.len()..]
            } else {
                &message[..]
            };
            if signed != message {
                wrong.push(format!(
                    "{id}: signed\n  {}\nin place of\n  {}",
                    signed.escape_ascii(),
                    message.escape_ascii()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

#[test]
fn a_url_that_arrives_without_the_port_that_was_signed_is_known_where_the_provider_varies_it() {
    let mut seen = 0;
    for vector in vectors().iter().filter(|vector| vector["received_url"].is_string()) {
        let (verdict, _) = judge(vector, PublicUrl::Fixed(text(vector, "received_url").to_owned()));
        assert_eq!(word(&verdict), text(vector, "expect"), "{}", text(vector, "id"));
        seen += 1;
    }
    assert_eq!(seen, 7);
}
