//! The core against httpsig, the library below Flask-Cavage and many others.

use countersign::{
    Algorithm, Cavage, DigestAlgorithm, Policy, Request, Secret, Signer, SigningKey, Verifier, VerifyError,
    VerifyingKey, digest_field,
};
use serde_json::{Value, json};

use super::{Exchanges, run, text};
use crate::support::{now, secret, secs};

const ALGORITHMS: [Algorithm; 2] = [Algorithm::HmacSha256, Algorithm::HmacSha512];
const CARRIERS: [(&str, Cavage); 2] =
    [("authorization", Cavage::new().in_authorization()), ("signature", Cavage::new())];

/// A message that is signed here or there. Tests change it afterwards.
#[derive(Clone)]
struct Message {
    method: &'static str,
    target: &'static str,
    fields: Vec<(String, String)>,
    body: &'static str,
}

impl Message {
    fn get() -> Self {
        let fields = vec![("host".to_owned(), "api.example:8080".to_owned())];
        Self { method: "GET", target: "/orders/%7Eann?page=2&q=a+b", fields, body: "" }
    }

    fn post() -> Self {
        let mut message = Self { method: "POST", target: "/orders", body: r#"{"item":1}"#, ..Self::get() };
        message.set("content-type", "application/json");
        message
    }

    fn both() -> [Self; 2] {
        [Self::get(), Self::post()]
    }

    fn set(&mut self, name: &str, value: &str) {
        self.fields.retain(|(present, _)| present != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn covered(&self) -> Vec<&'static str> {
        let mut covered = vec!["(request-target)", "host", "date"];
        if !self.body.is_empty() {
            covered.extend(["digest", "content-type"]);
        }
        covered
    }

    fn request(&self) -> Request<'_> {
        Request::new(self.method, self.target, &self.fields).with_body(self.body.as_bytes())
    }

    fn signed_by_us(mut self, scheme: Cavage, algorithm: Algorithm) -> Self {
        let key = SigningKey::hmac("alice", algorithm, &secret()).unwrap();
        let parts = Signer::new(scheme, key).sign(&self.request(), now()).unwrap();
        for field in parts.fields {
            self.set(field.name.as_str(), std::str::from_utf8(&field.value).unwrap());
        }
        self
    }

    fn verified_by_us(&self, key: &VerifyingKey) -> Result<String, VerifyError> {
        let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&self.request(), now())?;
        let verified = unverified.verify(std::slice::from_ref(key), self.body.as_bytes())?;
        assert_eq!(verified.key_id().unwrap().as_str(), "alice");
        Ok(verified.covered().to_string())
    }
}

/// httpsig, run once a message.
#[derive(Default)]
struct Httpsig {
    version: String,
    exchanges: Exchanges,
}

impl Httpsig {
    fn ask(&mut self, action: &str, message: &Message, field: &str, more: &Value) -> Value {
        let fields: serde_json::Map<_, _> =
            message.fields.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let mut case = json!({
            "method": message.method,
            "target": message.target,
            "fields": fields,
            "covered": message.covered(),
            "field": field,
        });
        case.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut answer = run("httpsig_peer.py", &[action, &case.to_string()]);
        self.version = text(&answer, "version");
        answer["result"].take()
    }

    fn sign(&mut self, mut message: Message, field: &str, algorithm: Algorithm) -> Message {
        message.set("date", &now().to_http_date());
        if !message.body.is_empty() {
            message.set("digest", &digest_field(DigestAlgorithm::Sha256, message.body.as_bytes()));
        }
        let key = json!({"key_id": "alice", "secret": crate::support::SECRET, "algorithm": algorithm.name()});
        let value = self.ask("sign", &message, field, &key);
        message.set(field, value.as_str().unwrap());
        message
    }

    fn expect_verified(&mut self, exchange: &str, message: &Message, field: &str, secret: &str, expected: bool) {
        let verified = self.ask("verify", message, field, &json!({"secret": secret}));
        self.exchanges.expect(exchange, &verified, &expected.into());
    }

    fn report(self) {
        self.exchanges.report("httpsig", &self.version);
    }
}

#[test]
#[ignore = "needs the Python peers that tests/run installs"]
fn httpsig_verifies_what_we_sign_in_either_field_and_with_either_hash() {
    let mut httpsig = Httpsig::default();
    for (field, scheme) in CARRIERS {
        for algorithm in ALGORITHMS {
            for message in Message::both() {
                let exchange = format!("{} {field} {algorithm}", message.method);
                let message = message.signed_by_us(scheme, algorithm);
                httpsig.expect_verified(&exchange, &message, field, crate::support::SECRET, true);
            }
        }
    }
    httpsig.report();
}

#[test]
#[ignore = "needs the Python peers that tests/run installs"]
fn httpsig_refuses_what_was_changed_after_we_signed_it_and_another_secret() {
    let mut httpsig = Httpsig::default();
    for (field, scheme) in CARRIERS {
        for algorithm in ALGORITHMS {
            let signed = Message::post().signed_by_us(scheme, algorithm);
            for changed in changed(&signed) {
                let exchange =
                    format!("{field} {algorithm} {} {} {:?}", changed.method, changed.target, changed.fields);
                httpsig.expect_verified(&exchange, &changed, field, crate::support::SECRET, false);
            }
            let exchange = format!("{field} {algorithm} another secret");
            httpsig.expect_verified(&exchange, &signed, field, "incorrect horse battery staple", false);
        }
    }
    httpsig.report();
}

#[test]
#[ignore = "needs the Python peers that tests/run installs"]
fn we_verify_what_httpsig_signs_in_either_field_and_with_either_hash() {
    let mut httpsig = Httpsig::default();
    for (field, _) in CARRIERS {
        for algorithm in ALGORITHMS {
            let key = VerifyingKey::hmac(algorithm, &secret()).unwrap();
            for message in Message::both() {
                let exchange = format!("{} {field} {algorithm}", message.method);
                let message = httpsig.sign(message, field, algorithm);
                let outcome = message.verified_by_us(&key);
                httpsig.exchanges.expect(&exchange, &outcome, &Ok(message.covered().join(" ")));
            }
        }
    }
    httpsig.report();
}

#[test]
#[ignore = "needs the Python peers that tests/run installs"]
fn we_refuse_what_was_changed_after_httpsig_signed_it_and_another_key() {
    let mut httpsig = Httpsig::default();
    let other_secret = Secret::new("incorrect horse battery staple").unwrap();
    for (field, _) in CARRIERS {
        for (algorithm, other) in [(ALGORITHMS[0], ALGORITHMS[1]), (ALGORITHMS[1], ALGORITHMS[0])] {
            let key = VerifyingKey::hmac(algorithm, &secret()).unwrap();
            let signed = httpsig.sign(Message::post(), field, algorithm);
            let outcomes: Vec<_> = changed(&signed).iter().map(|changed| changed.verified_by_us(&key)).collect();
            let expected = vec![Err(VerifyError::SignatureMismatch); outcomes.len()];
            httpsig.exchanges.expect(&format!("{field} {algorithm}"), &outcomes, &expected);

            let body = Message { body: r#"{"item":2}"#, ..signed.clone() };
            assert_eq!(body.verified_by_us(&key), Err(VerifyError::DigestMismatch));

            let secret_differs = VerifyingKey::hmac(algorithm, &other_secret).unwrap();
            assert_eq!(signed.verified_by_us(&secret_differs), Err(VerifyError::SignatureMismatch));

            let hash_differs = VerifyingKey::hmac(other, &secret()).unwrap();
            assert_eq!(signed.verified_by_us(&hash_differs), Err(VerifyError::AlgorithmMismatch));
        }
    }
    httpsig.report();
}

/// The message with one covered thing changed at a time, so slightly that nothing but the signature shows it.
fn changed(signed: &Message) -> Vec<Message> {
    let with = |name: &str, value: &str| {
        let mut message = signed.clone();
        message.set(name, value);
        message
    };
    vec![
        Message { method: "PUT", ..signed.clone() },
        Message { target: "/orders?", ..signed.clone() },
        Message { target: "/Orders", ..signed.clone() },
        with("host", "api.example"),
        with("date", &now().minus(secs(60)).to_http_date()),
        with("content-type", "application/json;"),
        with("digest", &digest_field(DigestAlgorithm::Sha256, b"{}")),
    ]
}
