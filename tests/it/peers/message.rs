//! Requests that are signed on one side and verified on the other, and what may become of them on the way.

use countersign::{
    Cavage, DigestAlgorithm, Policy, Request, Signer, SigningKey, Verifier, VerifyError, VerifyingKey, digest_field,
};

use crate::support::{now, secs};

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: String,
}

impl Message {
    /// A GET with a query.
    pub(super) fn get() -> Self {
        let fields = vec![("host".to_owned(), "api.example:8080".to_owned())];
        Self { method: "GET".to_owned(), target: "/orders/%7Eann?page=2&q=a+b".to_owned(), fields, body: String::new() }
    }

    /// A POST with a body.
    pub(super) fn post() -> Self {
        let mut message = Self {
            method: "POST".to_owned(),
            target: "/orders".to_owned(),
            body: r#"{"item":1}"#.to_owned(),
            ..Self::get()
        };
        message.set("content-type", "application/json");
        message
    }

    /// With the fields that a signer covers and some peers do not make.
    pub(super) fn dated(mut self) -> Self {
        self.set("date", &now().to_http_date());
        if !self.body.is_empty() {
            self.set("digest", &digest_field(DigestAlgorithm::Sha256, self.body.as_bytes()));
        }
        self
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(present, _)| present.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.fields.retain(|(present, _)| !present.eq_ignore_ascii_case(name));
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn request(&self) -> Request<'_> {
        Request::new(&self.method, &self.target, &self.fields).with_body(self.body.as_bytes())
    }

    pub(super) fn signed(mut self, scheme: Cavage, key: SigningKey) -> Self {
        let parts = Signer::new(scheme, key).sign(&self.request(), now()).unwrap();
        for field in parts.fields {
            self.set(field.name.as_str(), std::str::from_utf8(&field.value).unwrap());
        }
        self
    }

    /// Who signed it, and what is covered.
    pub(super) fn verified(&self, scheme: Cavage, policy: &Policy, key: &VerifyingKey) -> Outcome {
        let unverified = Verifier::new(scheme, policy.clone()).begin(&self.request(), now())?;
        let verified = unverified.verify(std::slice::from_ref(key), self.body.as_bytes())?;
        Ok((verified.key_id().unwrap().to_string(), verified.covered().to_string()))
    }
}

pub(super) type Outcome = Result<(String, String), VerifyError>;

/// One thing that is changed on the way, so slightly that nothing but the signature or the digest shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Method,
    Path,
    Query,
    Created,
    Field(&'static str),
    Body,
}

impl Change {
    /// Every change of something that is covered.
    pub(super) fn of(covered: &'static str) -> Vec<Self> {
        let mut changes = Vec::new();
        for name in covered.split(' ') {
            match name {
                "(request-target)" => changes.extend([Self::Method, Self::Path, Self::Query]),
                "(created)" => changes.push(Self::Created),
                // They follow from the rest.
                "(expires)" | "(key-id)" => {}
                "digest" | "x-content-sha256" => changes.extend([Self::Field(name), Self::Body]),
                _ => changes.push(Self::Field(name)),
            }
        }
        changes
    }

    pub(super) fn made_to(self, message: &Message) -> Message {
        let mut changed = message.clone();
        match self {
            // Both are methods that peers ask the same of as of the original.
            Self::Method if message.method == "GET" => "HEAD".clone_into(&mut changed.method),
            Self::Method => "PUT".clone_into(&mut changed.method),
            Self::Path => changed.target = message.target.replacen("/orders", "/Orders", 1),
            Self::Query if message.target.contains('?') => changed.target.push_str("&page=3"),
            Self::Query => changed.target.push_str("?page=3"),
            Self::Created => {
                for (_, value) in &mut changed.fields {
                    *value = a_second_earlier(value);
                }
            }
            Self::Field(name) => {
                let value = message.value(name).unwrap_or_else(|| panic!("no {name} in {message:?}"));
                changed.set(name, &another_value(name, value));
            }
            Self::Body => changed.body.push(' '),
        }
        changed
    }
}

fn another_value(name: &str, value: &str) -> String {
    match name {
        "date" | "x-date" => {
            let date = now().minus(secs(60)).to_http_date();
            if value.ends_with("+0000") { date.replace("GMT", "+0000") } else { date }
        }
        "host" => format!("not.{value}"),
        "content-length" => format!("{value}0"),
        // One character of the hash.
        "digest" | "x-content-sha256" => {
            let (before, after) = value.split_at(value.len() - 10);
            let other = if after.starts_with('A') { 'B' } else { 'A' };
            format!("{before}{other}{}", &after[1..])
        }
        _ => format!("{value}x"),
    }
}

/// The `created` of a signature set back; all other values as they are.
fn a_second_earlier(value: &str) -> String {
    let Some((before, after)) = value.split_once("created=") else { return value.to_owned() };
    let (quote, after) = after.strip_prefix('"').map_or(("", after), |after| ("\"", after));
    let end = after.find(|char: char| !char.is_ascii_digit()).unwrap_or(after.len());
    let (created, rest) = after.split_at(end);
    format!("{before}created={quote}{}{rest}", created.parse::<u64>().unwrap() - 1)
}
