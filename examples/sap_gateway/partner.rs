//! What sends to the gateway.

use countersign::{Signer, UnixTime, webhook::Webhook};
use countersign_reqwest::sign_at;
use reqwest::{Client, Request};

use crate::tour::{Failure, client};

/// The source system.
#[derive(Clone, Debug)]
pub struct Source {
    /// What sends.
    pub http: Client,
    signer: Signer,
}

impl Source {
    /// Signs with this key, in Base64.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(key: &str) -> Result<Self, Failure> {
        let webhook = Webhook::preset("sap-gigya")?;
        let signer = Signer::new(webhook.clone(), webhook.signing_key("partner", key)?);
        Ok(Self { http: client()?, signer })
    }

    /// A signed message. It tells no time: it holds for as long as the key does.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn message(&self, url: &str, body: impl Into<Vec<u8>>) -> Result<Request, Failure> {
        let mut request = self.http.post(url).header("content-type", "application/json").body(body.into()).build()?;
        sign_at(&mut request, &self.signer, UnixTime::from_secs(0))?;
        Ok(request)
    }
}
