//! The published and derived vectors of draft-cavage, as far as HMAC and the header's grammar go.

use std::{collections::BTreeMap, sync::LazyLock};

use countersign::{
    Algorithm, Cavage, Component, Coverage, Policy, Request, Secret, Signer, SigningKey, UnixTime, Unverified,
    Verifier, VerifyError, VerifyingKey, When,
};
use serde::Deserialize;
use serde_json::Value;

use crate::support::secs;

#[derive(Deserialize)]
struct Vector {
    id: String,
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
    parse_expect: Option<ParseExpect>,
}

#[derive(Deserialize)]
struct Key {
    secret: Text,
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

#[derive(Deserialize)]
struct Exceptions {
    not_taken: Vec<Exception>,
    refused_earlier: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    id: String,
    signer: Option<String>,
    verifier: String,
    reason: String,
}

static ALL: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut file: Value = serde_json::from_str(include_str!("../vectors/cavage.json")).unwrap();
    serde_json::from_value(file["vectors"].take()).unwrap()
});

static EXCEPTIONS: LazyLock<Exceptions> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/not_taken.json")).unwrap());

fn chosen(chooses: impl Fn(&Value) -> bool) -> Vec<Vector> {
    ALL.iter().filter(|vector| chooses(vector)).map(|vector| Vector::deserialize(vector).unwrap()).collect()
}

fn is_hmac(vector: &Value) -> bool {
    vector["algorithm"].as_str().is_some_and(|algorithm| algorithm.starts_with("hmac"))
}

fn is_parse(vector: &Value) -> bool {
    vector["kind"] == "parse"
}

fn not_taken(id: &str) -> Option<&'static Exception> {
    EXCEPTIONS.not_taken.iter().find(|exception| exception.id == id)
}

impl Vector {
    fn algorithm(&self) -> Algorithm {
        Algorithm::from_name(self.algorithm.as_deref().unwrap()).unwrap()
    }

    fn secret(&self) -> Secret {
        let secret = &self.key.as_ref().unwrap().secret;
        assert_eq!(secret.encoding, "utf8", "{}", self.id);
        Secret::dangerous_short(secret.value.as_str()).unwrap()
    }

    fn signing_key(&self) -> SigningKey {
        let id = self.key_id.as_deref().unwrap_or("key");
        match self.algorithm() {
            Algorithm::HmacSha1 => SigningKey::dangerous_hmac_sha1(id, &self.secret()).unwrap(),
            algorithm => SigningKey::hmac(id, algorithm, &self.secret()).unwrap(),
        }
    }

    fn verifying_key(&self) -> VerifyingKey {
        match self.algorithm() {
            Algorithm::HmacSha1 => VerifyingKey::dangerous_hmac_sha1(&self.secret()),
            algorithm => VerifyingKey::hmac(algorithm, &self.secret()).unwrap(),
        }
    }

    /// Exactly the listed components; `None` where one of them is no component of ours.
    fn coverage(&self) -> Option<Coverage> {
        let components: Result<Vec<Component>, _> =
            self.covered_headers.iter().flatten().map(|name| name.parse()).collect();
        Some(components.ok()?.into_iter().fold(Coverage::empty(), |all, next| all.and(next, When::Always)))
    }

    fn request<'a>(&'a self, fields: &'a Vec<(String, String)>) -> Request<'a> {
        let request = Request::new(&self.method, &self.target, fields);
        match &self.body {
            Some(body) => request.with_body(body.as_bytes()),
            None => request,
        }
    }

    /// The signing string and the signature that ours makes, where it can be asked to.
    fn sign(&self) -> Option<(String, String)> {
        let now = self.created.unwrap_or_default();
        let lifetime = self.expires.map_or(0, |expires| expires - now);
        let signer =
            Signer::new(Cavage::new(), self.signing_key()).covering(self.coverage()?).expiring_after(secs(lifetime));
        let (request, now) = (self.request(&self.headers), UnixTime::from_secs(now));
        let base = signer.prepare(&request, now).ok()?.signature_base().into_owned();
        let parts = signer.sign(&request, now).unwrap();
        let [field] = &parts.fields[..] else { panic!("{}: something was added to the request", self.id) };
        let value = String::from_utf8(field.value.clone()).unwrap();
        let signature = value.rsplit_once("signature=\"").unwrap().1.trim_end_matches('"').to_owned();
        Some((String::from_utf8(base).unwrap(), signature))
    }

    /// The published header, or one out of the vector's fields.
    fn header(&self) -> (String, String) {
        if let Some(header) = &self.expected_header {
            return (header.name.clone(), header.value.clone());
        }
        let signature = self.expected_signature_base64.as_ref().unwrap();
        let mut params = vec![format!("keyId=\"{}\"", self.key_id.as_deref().unwrap_or("key"))];
        params.extend(self.wire_algorithm.as_ref().map(|algorithm| format!("algorithm=\"{algorithm}\"")));
        params.extend(self.created.map(|created| format!("created={created}")));
        params.extend(self.expires.map(|expires| format!("expires={expires}")));
        if self.covered_headers_explicit == Some(true) {
            params.push(format!("headers=\"{}\"", self.covered_headers.as_ref().unwrap().join(" ")));
        }
        params.push(format!("signature=\"{signature}\""));
        let value = params.join(",");
        ("Signature".to_owned(), value)
    }

    fn verify(&self) -> Result<(), VerifyError> {
        let policy = match self.now {
            Some(_) => Policy::dangerous_requiring(Coverage::empty()).max_age(secs(3600)),
            None => Policy::dangerous_requiring_nothing(),
        };
        let mut fields = self.headers.clone();
        fields.push(self.header());
        let now = UnixTime::from_secs(self.now.unwrap_or(4_000_000_000));
        let unverified = Verifier::new(Cavage::new(), policy).begin(&self.request(&fields), now)?;
        if self.valid {
            let base = self.expected_signing_string.as_ref().unwrap();
            assert_eq!(unverified.signature_base(b""), base.as_bytes(), "{}", self.id);
        }
        let keys = [self.verifying_key()];
        match &self.body {
            Some(body) => unverified.verify(&keys, body.as_bytes()).map(drop),
            None => unverified.verify_head(&keys).map(drop),
        }
    }

    fn expected_cause(&self) -> Option<&'static str> {
        if self.valid {
            return None;
        }
        match self.invalid_reason.as_deref() {
            Some("crypto") => Some("signature-mismatch"),
            Some("missing_header") => Some("missing-component"),
            Some("expired") => Some("expired"),
            Some("base64") => Some("malformed"),
            other => panic!("{}: unknown reason {other:?}", self.id),
        }
    }

    /// Reads the header in a request that has every field which it could list, so that only its own faults show.
    fn parse(&self) -> Result<Unverified, VerifyError> {
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
        let verifier = Verifier::new(Cavage::new(), Policy::dangerous_requiring_nothing());
        verifier.begin(&Request::new("GET", "/", &fields), UnixTime::from_secs(now))
    }
}

#[test]
fn the_signer_reproduces_every_hmac_vector_byte_for_byte() {
    let mut reproduced = 0;
    for vector in chosen(|vector| is_hmac(vector) && vector["kind"] == "sign") {
        let expected = (vector.expected_signing_string.clone(), vector.expected_signature_base64.clone());
        let ours = vector.sign().unzip();
        let takes = not_taken(&vector.id).is_none_or(|exception| exception.signer.as_deref() == Some("takes"));
        assert_eq!(ours == expected, takes, "{}: {ours:?} instead of {expected:?}", vector.id);
        reproduced += usize::from(takes);
    }
    assert_eq!(reproduced, 34);
}

#[test]
fn the_verifier_judges_every_hmac_vector_as_the_vector_says() {
    for vector in chosen(is_hmac) {
        let earlier = EXCEPTIONS.refused_earlier.iter().find(|exception| exception.id == vector.id);
        assert!(earlier.is_none() || !vector.valid, "{}: is valid, so it is to be accepted", vector.id);
        let expected = match earlier.or(not_taken(&vector.id)) {
            Some(exception) => Some(exception.verifier.as_str()),
            None => vector.expected_cause(),
        };
        assert_eq!(vector.verify().err().map(|error| error.code()), expected, "{}", vector.id);
    }
}

#[test]
fn headers_that_should_parse_do_and_say_what_they_say() {
    let mut checked = 0;
    for vector in chosen(|vector| is_parse(vector) && vector["valid"] == true) {
        let unverified = vector.parse().unwrap_or_else(|error| panic!("{}: {error}", vector.id));
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
    for vector in chosen(|vector| is_parse(vector) && vector["valid"] == false) {
        let expected = match vector.id.as_str() {
            "parse-basic-scheme" => "no-signature",
            "parse-dup-created" => "ambiguous",
            _ => "malformed",
        };
        assert_eq!(vector.parse().err().map(|error| error.code()), Some(expected), "{}", vector.id);
    }
}

#[test]
fn every_vector_is_taken_or_listed_with_its_reason() {
    let (hmac, parse) = (chosen(is_hmac), chosen(is_parse));
    let later = ALL.iter().filter(|vector| !is_hmac(vector) && !is_parse(vector)).count();
    assert_eq!((hmac.len(), parse.len(), later, ALL.len()), (50, 20, 81, 151));

    for exception in EXCEPTIONS.not_taken.iter().chain(&EXCEPTIONS.refused_earlier) {
        assert!(!exception.reason.is_empty(), "{}", exception.id);
        assert_eq!(hmac.iter().filter(|vector| vector.id == exception.id).count(), 1, "{}", exception.id);
    }
    let agrees = |vector: &Vector| vector.verify().is_ok() == vector.valid;
    let taken = hmac.iter().filter(|vector| agrees(vector)).count();
    assert_eq!(taken + EXCEPTIONS.not_taken.len(), hmac.len());
    let parsed = parse.iter().filter(|vector| vector.parse().is_ok() == vector.valid).count();
    assert_eq!(parsed, parse.len());
}
