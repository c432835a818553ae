//! Layouts that cannot work, and what signer and verifier make of those that do.

mod layouts;
mod reading;
mod signing;
mod values;

use super::{At, Mac, Spec, TimeFormat, Webhook};
use crate::{
    error::{SignError, VerifyError},
    key::VerifyingKey,
    request::Request,
    sign::Signer,
    time::UnixTime,
    verifier::Verifier,
    verify::Verified,
};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const SECRET: &str = "a secret that is long enough";

/// An HMAC of a message in hexadecimal digits, in `x-signature`.
fn spec(message: &str) -> Spec {
    Spec::new(Mac::HmacSha256, message, At::header("x-signature"))
}

/// With the time in a field.
fn timed(message: &str) -> Spec {
    spec(message).time(At::header("x-time"), TimeFormat::Unix, 300)
}

fn acme(spec: Spec) -> Webhook {
    Webhook::new("acme", spec).unwrap()
}

/// A request, and the two sides of a layout.
#[derive(Clone, Debug)]
struct Sent {
    webhook: Webhook,
    method: &'static str,
    target: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sent {
    fn new(spec: Spec, target: &str, fields: &[(&str, &str)], body: &[u8]) -> Self {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        Self { webhook: acme(spec), method: "POST", target: target.to_owned(), fields, body: body.to_vec() }
    }

    fn request(&self) -> Request<'_> {
        Request::new(self.method, &self.target, &self.fields).with_body(&self.body)
    }

    fn sign(&mut self, ids: &[&str]) -> Result<(), SignError> {
        let keys = ids.iter().map(|id| self.webhook.signing_key(id, SECRET).unwrap()).collect();
        let parts = Signer::with_keys(self.webhook.clone(), keys).sign(&self.request(), NOW)?;
        for field in &parts.fields {
            self.fields.retain(|(name, _)| name != field.name.as_str());
            self.fields.push((field.name.to_string(), field.value.clone()));
        }
        self.target = parts.target(&self.target).into_owned();
        self.body = parts.body(&self.body)?.into_owned();
        Ok(())
    }

    fn signed(mut self) -> Self {
        self.sign(&["k1"]).unwrap();
        self
    }

    fn key(&self) -> VerifyingKey {
        self.webhook.verifying_key(SECRET).unwrap()
    }

    fn verifier(&self) -> Verifier {
        Verifier::new(self.webhook.clone(), self.webhook.policy())
    }

    fn verify(&self) -> Result<Verified, VerifyError> {
        self.verifier().begin(&self.request(), NOW)?.verify(&[self.key()], &self.body)
    }

    fn refusal(&self) -> VerifyError {
        self.verify().map(drop).unwrap_err()
    }

    /// What would have to be signed, as text.
    fn base(&self) -> String {
        let unverified = self.verifier().begin(&self.request(), NOW).unwrap();
        unverified.signature_base(&self.body).escape_ascii().to_string()
    }

    fn field(&self, name: &str) -> String {
        let (_, value) = self.fields.iter().find(|(own, _)| own == name).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(own, _)| own != name);
        self.also(name, value)
    }

    fn also(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(own, _)| own != name);
        self
    }

    fn to(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    fn body(self, body: &[u8]) -> Self {
        Self { body: body.to_vec(), ..self }
    }
}
