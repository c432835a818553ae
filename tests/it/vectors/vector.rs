//! One vector: what it holds, and how ours signs, reads and verifies it.

use std::collections::BTreeMap;

use countersign::{
    Algorithm, Cavage, Component, Coverage, Dialect, KeyError, KeyMetadata, Policy, Request, Secret, Signer,
    SigningKey, UnixTime, Unverified, Verifier, VerifyError, VerifyingKey, When,
};
use serde::Deserialize;

use super::exception;
use crate::support::secs;

#[derive(Deserialize)]
pub(super) struct Vector {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) profile: String,
    pub(super) algorithm: Option<String>,
    pub(super) wire_algorithm: Option<String>,
    key: Option<Key>,
    pub(super) key_id: Option<String>,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
    pub(super) covered_headers: Option<Vec<String>>,
    pub(super) covered_headers_explicit: Option<bool>,
    pub(super) created: Option<u64>,
    pub(super) expires: Option<u64>,
    pub(super) now: Option<u64>,
    pub(super) expected_signing_string: Option<String>,
    pub(super) expected_signature_base64: Option<String>,
    expected_header: Option<Header>,
    pub(super) valid: bool,
    pub(super) invalid_reason: Option<String>,
    pub(super) draft12_strict: String,
    pub(super) parse_expect: Option<ParseExpect>,
}

#[derive(Deserialize)]
struct Key {
    secret: Option<Text>,
    private: Option<Text>,
    public: Option<Text>,
}

#[derive(Deserialize)]
struct Text {
    encoding: String,
    value: String,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
pub(super) struct ParseExpect {
    pub(super) params: Option<BTreeMap<String, String>>,
}

impl Vector {
    fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::from_name(self.algorithm.as_deref()?)
    }

    fn secret(&self) -> Option<Secret> {
        let secret = self.key.as_ref()?.secret.as_ref()?;
        assert_eq!(secret.encoding, "utf8", "{}", self.id);
        Some(Secret::dangerous_short(secret.value.as_str()).unwrap())
    }

    fn signing_key(&self, algorithm: Algorithm) -> Result<SigningKey, KeyError> {
        let id = self.key_id.as_deref().unwrap_or("key");
        match self.secret() {
            Some(secret) if algorithm == Algorithm::HmacSha1 => SigningKey::dangerous_hmac_sha1(id, &secret),
            Some(secret) => SigningKey::hmac(id, algorithm, &secret),
            None => {
                let private = self.key.as_ref().unwrap().private.as_ref().unwrap();
                match private.encoding.as_str() {
                    "hex-seed32||public32" => {
                        let seed: Vec<u8> = (0..64).step_by(2).map(|at| from_hex(&private.value[at..at + 2])).collect();
                        SigningKey::ed25519_from_seed(id, &seed.try_into().unwrap())
                    }
                    _ => SigningKey::from_pem(id, algorithm, &private.value),
                }
            }
        }
    }

    fn verifying_key(&self, algorithm: Algorithm) -> Result<VerifyingKey, KeyError> {
        match self.secret() {
            Some(secret) if algorithm == Algorithm::HmacSha1 => Ok(VerifyingKey::dangerous_hmac_sha1(&secret)),
            Some(secret) => VerifyingKey::hmac(algorithm, &secret),
            None => {
                let public = self.key.as_ref().unwrap().public.as_ref().unwrap();
                match public.encoding.as_str() {
                    "hex-raw32" => {
                        let raw: Vec<u8> = (0..64).step_by(2).map(|at| from_hex(&public.value[at..at + 2])).collect();
                        VerifyingKey::from_der(algorithm, &raw)
                    }
                    _ => VerifyingKey::dangerous_weak_from_pem(algorithm, &public.value),
                }
            }
        }
    }

    pub(super) fn dialect(&self) -> &'static Dialect {
        let name = if self.profile == "d03+" { "standard" } else { &self.profile };
        Dialect::named(name).unwrap_or(Dialect::STANDARD)
    }

    /// Exactly the listed components; `None` where one of them is no component of ours, or stands twice.
    fn coverage(&self) -> Option<Coverage> {
        let names = self.covered_headers.as_ref().unwrap();
        let targets = ["@request-target", "request-target", "request-line", "(request-line)"];
        let component = |name: &String| match name.as_str() {
            name if self.profile != "d03+" && targets.contains(&name) => Ok(Component::RequestTarget),
            name => name.parse(),
        };
        let components: Vec<Component> = names.iter().map(component).collect::<Result<_, _>>().ok()?;
        let coverage = components.into_iter().fold(Coverage::empty(), |all, next| all.and(next, When::Always));
        (coverage.iter().count() == names.len()).then_some(coverage)
    }

    pub(super) fn request<'a>(&'a self, fields: &'a Vec<(String, String)>) -> Request<'a> {
        let request = Request::new(&self.method, &self.target, fields);
        match &self.body {
            Some(body) => request.with_body(body.as_bytes()),
            None => request,
        }
    }

    /// Whether ours makes the vector's signing string and signature, the first alone where keys of that kind are not offered.
    pub(super) fn sign(&self) -> &'static str {
        let id = self.key_id.as_deref().unwrap_or("key").parse().unwrap();
        let (Some(algorithm), Some(coverage)) = (self.algorithm(), self.coverage()) else { return "differs" };
        let now = self.created.unwrap_or_default();
        let lifetime = self.expires.map_or(0, |expires| expires - now);
        let scheme = self.dialect().scheme();
        let signer = match self.signing_key(algorithm) {
            Ok(key) => Signer::new(scheme, key),
            Err(_) => Signer::for_remote_keys(scheme, vec![KeyMetadata::new(id, algorithm)]),
        };
        let signer = signer.covering(coverage).expiring_after(secs(lifetime));
        let (request, now) = (self.request(&self.headers), UnixTime::from_secs(now));
        let Ok(unsigned) = signer.prepare(&request, now) else { return "differs" };
        if self.expected_signing_string.as_ref().unwrap().as_bytes() != unsigned.signature_base().as_ref() {
            return "differs";
        }
        let Ok(parts) = signer.sign(&request, now) else { return "string alone" };
        let [field] = &parts.fields[..] else { panic!("{}: something was added to the request", self.id) };
        let value = String::from_utf8(field.value.clone()).unwrap();
        let signature = value.rsplit_once("signature=\"").unwrap().1.trim_end_matches('"').to_owned();
        if self.expected_signature_base64.as_ref() == Some(&signature) { "reproduces" } else { "differs" }
    }

    /// The published header, or one out of the vector's fields.
    fn header(&self) -> (String, String) {
        if let Some(header) = &self.expected_header {
            return (header.name.clone(), header.value.clone());
        }
        let signature = self.expected_signature_base64.as_ref().unwrap();
        let kong = self.profile == "kong";
        let key_id = self.key_id.as_deref().unwrap_or("key");
        let mut params = vec![format!("{}=\"{key_id}\"", if kong { "username" } else { "keyId" })];
        params.extend(self.wire_algorithm.as_ref().map(|algorithm| format!("algorithm=\"{algorithm}\"")));
        params.extend(self.created.map(|created| format!("created={created}")));
        params.extend(self.expires.map(|expires| format!("expires={expires}")));
        if self.covered_headers_explicit == Some(true) {
            params.push(format!("headers=\"{}\"", self.covered_headers.as_ref().unwrap().join(" ")));
        }
        params.push(format!("signature=\"{signature}\""));
        let value = params.join(",");
        if kong { ("Authorization".to_owned(), format!("hmac {value}")) } else { ("Signature".to_owned(), value) }
    }

    pub(super) fn verify(&self, scheme: Cavage) -> Result<(), VerifyError> {
        let policy = match (self.invalid_reason.as_deref(), self.now) {
            (Some("policy"), _) => Dialect::named("fediverse").unwrap().policy(),
            (_, Some(_)) => {
                // Twelve hours, as in most of these deployments, where age is the question; else as old as the vector has it.
                let age = if self.invalid_reason.as_deref() == Some("stale_date") { 43_200 } else { 1 << 30 };
                Policy::dangerous_requiring(Coverage::empty()).dangerous_time_optional().max_age(secs(age))
            }
            (_, None) => Policy::dangerous_requiring_nothing(),
        };
        let skew = if scheme == Cavage::draft12() { 0 } else { 30 };
        let mut fields = self.headers.clone();
        fields.push(self.header());
        let now = UnixTime::from_secs(self.now.unwrap_or(4_000_000_000));
        let policy = policy.max_skew(secs(skew));
        let unverified = Verifier::new(scheme, policy).begin(&self.request(&fields), now)?;
        if self.valid && exception(&self.id).is_none_or(|exception| exception.verifier.is_none()) {
            let base = self.expected_signing_string.as_ref().unwrap();
            assert_eq!(unverified.signature_base(b""), base.as_bytes(), "{}", self.id);
        }
        let Some(Ok(key)) = self.algorithm().map(|algorithm| self.verifying_key(algorithm)) else {
            return Err(VerifyError::UnknownKey);
        };
        match &self.body {
            Some(body) => unverified.verify(&[key], body.as_bytes()).map(drop),
            None => unverified.verify_head(&[key]).map(drop),
        }
    }

    pub(super) fn expected_outcome(&self) -> &'static str {
        match self.invalid_reason.as_deref() {
            _ if self.valid => "accepted",
            Some("crypto") => "signature-mismatch",
            Some("missing_header") => "missing-component",
            Some("expired") => "expired",
            Some("stale_date") => "too-old",
            Some("created_in_future") => "in-future",
            Some("algorithm_mismatch") => "algorithm-mismatch",
            Some("policy") => "not-covered",
            Some("base64") => "malformed",
            other => panic!("{}: unknown reason {other:?}", self.id),
        }
    }

    /// Reads the header in a request that has every field which it could list, so that only its own faults show.
    pub(super) fn parse(&self, scheme: Cavage) -> Result<Unverified, VerifyError> {
        let mut fields = [
            ("Host", "example.org"),
            ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("Content-Type", "application/json"),
            ("Content-Length", "0"),
            ("Digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let (name, value) = self.header();
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let created = value.split(',').find(|part| part.starts_with("created=")).map(digits);
        let now = created.and_then(|created| created.parse().ok()).unwrap_or(784_111_777);
        fields.push((name, value));
        let verifier = Verifier::new(scheme, Policy::dangerous_requiring_nothing());
        verifier.begin(&Request::new("GET", "/", &fields), UnixTime::from_secs(now))
    }
}

fn from_hex(digits: &str) -> u8 {
    u8::from_str_radix(digits, 16).unwrap()
}
