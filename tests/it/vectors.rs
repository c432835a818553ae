//! The published and derived vectors of draft-cavage: every one is taken, or listed by its id with the reason.

use std::{collections::BTreeMap, sync::LazyLock};

use countersign::{
    Algorithm, Cavage, Component, Coverage, Dialect, KeyError, KeyMetadata, Policy, Request, Secret, Signer,
    SigningKey, UnixTime, Unverified, Verifier, VerifyError, VerifyingKey, When,
};
use serde::Deserialize;
use serde_json::Value;

use crate::support::secs;

#[derive(Deserialize)]
struct Vector {
    id: String,
    kind: String,
    profile: String,
    algorithm: Option<String>,
    wire_algorithm: Option<String>,
    key: Option<Key>,
    key_id: Option<String>,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    covered_headers: Option<Vec<String>>,
    covered_headers_explicit: Option<bool>,
    created: Option<u64>,
    expires: Option<u64>,
    now: Option<u64>,
    expected_signing_string: Option<String>,
    expected_signature_base64: Option<String>,
    expected_header: Option<Header>,
    valid: bool,
    invalid_reason: Option<String>,
    draft12_strict: String,
    parse_expect: Option<ParseExpect>,
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
struct ParseExpect {
    params: Option<BTreeMap<String, String>>,
}

/// What differs, and why. A judgement that is not there is the vector's own.
#[derive(Deserialize)]
struct Exception {
    id: String,
    signer: Option<String>,
    verifier: Option<String>,
    draft12: Option<String>,
    reason: String,
}

static ALL: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut file: Value = serde_json::from_str(include_str!("../vectors/cavage.json")).unwrap();
    serde_json::from_value(file["vectors"].take()).unwrap()
});

static EXCEPTIONS: LazyLock<Vec<Exception>> = LazyLock::new(|| {
    let mut file: Value = serde_json::from_str(include_str!("../vectors/exceptions.json")).unwrap();
    serde_json::from_value(file["exceptions"].take()).unwrap()
});

fn chosen(chooses: impl Fn(&Vector) -> bool) -> Vec<Vector> {
    ALL.iter().map(|vector| Vector::deserialize(vector).unwrap()).filter(chooses).collect()
}

fn is_parse(vector: &Vector) -> bool {
    vector.kind == "parse"
}

fn exception(id: &str) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|exception| exception.id == id)
}

/// What a verifier or a signer made of a vector, in a word.
fn outcome<T>(result: Result<T, VerifyError>) -> &'static str {
    match result {
        Ok(_) => "accepted",
        Err(error) => error.code(),
    }
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

    fn dialect(&self) -> &'static Dialect {
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

    fn request<'a>(&'a self, fields: &'a Vec<(String, String)>) -> Request<'a> {
        let request = Request::new(&self.method, &self.target, fields);
        match &self.body {
            Some(body) => request.with_body(body.as_bytes()),
            None => request,
        }
    }

    /// Whether ours makes the vector's signing string and signature, the first alone where keys of that kind are not offered.
    fn sign(&self) -> &'static str {
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

    fn verify(&self, scheme: Cavage) -> Result<(), VerifyError> {
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

    fn expected_outcome(&self) -> &'static str {
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
    fn parse(&self, scheme: Cavage) -> Result<Unverified, VerifyError> {
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

/// All that differs, so that one run shows it.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn note(&mut self, id: &str, ours: &str, expected: &str) {
        if ours != expected {
            self.0.push(format!("{id}: {ours} instead of {expected}"));
        }
    }
}

fn from_hex(digits: &str) -> u8 {
    u8::from_str_radix(digits, 16).unwrap()
}

#[test]
fn the_signer_reproduces_every_vector_byte_for_byte() {
    let (mut reproduced, mut differences) = (0, Differences::default());
    for vector in chosen(|vector| vector.kind == "sign") {
        let expected = exception(&vector.id).and_then(|exception| exception.signer.as_deref());
        differences.note(&vector.id, vector.sign(), expected.unwrap_or("reproduces"));
        reproduced += usize::from(expected.is_none());
    }
    assert_eq!((reproduced, differences.0), (49, vec![]));
}

#[test]
fn the_verifier_judges_every_vector_as_the_vector_says() {
    let (mut agreed, mut differences) = (0, Differences::default());
    for vector in chosen(|vector| ["sign", "verify"].contains(&vector.kind.as_str())) {
        let expected = exception(&vector.id).and_then(|exception| exception.verifier.as_deref());
        let own = vector.expected_outcome();
        differences.note(&vector.id, outcome(vector.verify(vector.dialect().scheme())), expected.unwrap_or(own));
        agreed += usize::from(expected.is_none_or(|expected| (expected == "accepted") == vector.valid));
    }
    assert_eq!((agreed, differences.0), (119, vec![]));
}

#[test]
fn draft_12_to_the_letter_judges_every_vector_as_the_vector_says() {
    let (mut agreed, mut differences) = (0, Differences::default());
    for vector in chosen(|vector| vector.draft12_strict != "n/a") {
        let ours = match vector.kind.as_str() {
            "parse" => outcome(vector.parse(Cavage::draft12())),
            _ => outcome(vector.verify(Cavage::draft12())),
        };
        let expected = exception(&vector.id).and_then(|exception| exception.draft12.as_deref());
        let accepts = expected.unwrap_or(&vector.draft12_strict) == "accept";
        let agrees = (ours == "accepted") == accepts;
        differences.note(&vector.id, ours, if agrees { ours } else { &vector.draft12_strict });
        agreed += usize::from(expected.is_none());
    }
    assert_eq!((agreed, differences.0), (135, vec![]));
}

#[test]
fn the_published_signing_string_is_ours() {
    let vectors = chosen(|vector| vector.kind == "signing_string");
    for vector in &vectors {
        let (covered, created) =
            (vector.covered_headers.as_ref().unwrap().join(" "), vector.created.unwrap().to_string());
        let base = Cavage::new().signature_base(&vector.request(&vector.headers), &covered, Some(&created), None);
        assert_eq!(base.unwrap(), vector.expected_signing_string.as_ref().unwrap().as_bytes(), "{}", vector.id);
    }
    assert_eq!(vectors.len(), 1);
}

#[test]
fn headers_that_should_parse_do_and_say_what_they_say() {
    let mut checked = 0;
    for vector in chosen(|vector| is_parse(vector) && vector.valid) {
        let unverified = vector.parse(Cavage::new()).unwrap_or_else(|error| panic!("{}: {error}", vector.id));
        for (name, value) in vector.parse_expect.as_ref().and_then(|expect| expect.params.as_ref()).unwrap() {
            match name.as_str() {
                "keyId" => assert_eq!(unverified.key_id().unwrap().as_str(), value, "{}", vector.id),
                "headers" => assert_eq!(unverified.covered().as_str(), value, "{}", vector.id),
                // A time shows where it is signed.
                _ if unverified.covered().as_str().contains(name) => {
                    let base = String::from_utf8(unverified.signature_base(b"").into_owned()).unwrap();
                    assert!(base.lines().any(|line| line == format!("({name}): {value}")), "{}: {base}", vector.id);
                }
                _ => assert_eq!(vector.id, "parse-expires-decimal"),
            }
            checked += 1;
        }
        // None of them is signed with this key, which shows that they were read to their ends.
        let error = unverified.verify(&[crate::support::verifying_key()], b"").err();
        assert_eq!(error, Some(VerifyError::SignatureMismatch), "{}", vector.id);
    }
    assert_eq!(checked, 8);
}

#[test]
fn headers_that_should_not_parse_are_refused_as_what_they_are() {
    for vector in chosen(|vector| is_parse(vector) && !vector.valid) {
        let expected = match vector.id.as_str() {
            "parse-basic-scheme" => "no-signature",
            "parse-dup-created" => "ambiguous",
            _ => "malformed",
        };
        assert_eq!(vector.parse(Cavage::new()).err().map(|error| error.code()), Some(expected), "{}", vector.id);
    }
}

#[test]
fn every_exception_is_of_a_vector_and_has_its_reason() {
    let all = chosen(|_| true);
    let of = |kind: &str| all.iter().filter(|vector| vector.kind == kind).count();
    // The two raw ones are signatures over no signing string: the keys' own tests have them.
    assert_eq!((of("sign") + of("verify"), of("parse"), of("signing_string"), of("raw")), (128, 20, 1, 2));
    assert_eq!(all.len(), 151);
    for exception in EXCEPTIONS.iter() {
        assert!(!exception.reason.is_empty(), "{}", exception.id);
        assert_eq!(all.iter().filter(|vector| vector.id == exception.id).count(), 1, "{}", exception.id);
        let judged = [&exception.signer, &exception.verifier, &exception.draft12].iter().any(|word| word.is_some());
        assert!(judged, "{}: differs in nothing", exception.id);
    }
}
