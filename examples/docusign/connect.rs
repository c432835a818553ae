//! What sends.

use std::time::SystemTime;

use countersign::{
    KeyRing, RingKey, RingPolicy, RingSigner, SharedKeyRing, SignWith, UnixTime, UpdateError, webhook::Webhook,
};
use countersign_reqwest::sign_at;
use reqwest::{Client, Request};

use crate::tour::{Failure, client};

/// An account that signs each message with all of its keys, up to a hundred. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Connect {
    /// What sends.
    pub http: Client,
    webhook: Webhook,
    signer: RingSigner,
}

impl Connect {
    /// An account without keys: nothing is sent until it has one.
    ///
    /// # Errors
    /// When there is no client to be had.
    pub fn new() -> Result<Self, Failure> {
        let webhook = Webhook::preset("docusign")?;
        let policy = RingPolicy::default().max_pending(0).max_active(100).sign_with(SignWith::All);
        let ring = SharedKeyRing::new(KeyRing::new(policy));
        let signer = RingSigner::new(webhook.clone(), &ring, SystemTime::now().into())?;
        Ok(Self { http: client()?, webhook, signer })
    }

    /// Adds a key: from now on there is one signature more.
    ///
    /// # Errors
    /// When it is no key, its name is taken, or there are a hundred.
    pub fn add_key(&self, name: &str, text: &str) -> Result<(), Failure> {
        let now = UnixTime::from(SystemTime::now());
        let key = RingKey::only_signing(self.webhook.signing_key(name, text)?, now);
        Ok(self.signer.ring().update(|ring| ring.add_active(key, now))?)
    }

    /// Deletes a key: those behind it move up.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn delete_key(&self, name: &str) -> Result<(), Failure> {
        let id = name.parse()?;
        let deleted: Result<(), UpdateError> = self.signer.ring().update(|ring| {
            ring.dispose(&id)?;
            ring.purge(&id)
        });
        Ok(deleted?)
    }

    /// A message, signed with all keys.
    ///
    /// # Errors
    /// When there is no key.
    pub fn message(&self, url: &str, body: &str) -> Result<Request, Failure> {
        let now = UnixTime::from(SystemTime::now());
        let post = self.http.post(url).header("content-type", "application/json");
        // Sent as it is by the provider, and signed by nobody: it decides nothing.
        let mut request = post.header("x-authorization-digest", "HMACSHA256").body(body.to_owned()).build()?;
        sign_at(&mut request, &self.signer.signer(now)?, now)?;
        Ok(request)
    }
}

/// The fields of a request in which signatures stand, with their numbers.
#[must_use]
pub fn signatures(request: &Request) -> Vec<(String, String)> {
    let fields = request.headers().iter().filter(|(name, _)| name.as_str().starts_with("x-docusign-signature-"));
    let mut found: Vec<_> = fields
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    found.sort();
    found
}
