//! What signs.

use std::time::SystemTime;

use countersign::{RingSigner, SignError, Signer, UnixTime};
use countersign_reqwest::SigningMiddleware;
use reqwest::Method;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use super::keys::Keys;
use crate::tour::{Failure, client, shown};

/// A client that signs each request with the key that is active then. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sender {
    http: ClientWithMiddleware,
    signer: RingSigner,
}

impl Sender {
    /// Signs with these keys.
    ///
    /// # Errors
    /// When there is no client to be had.
    pub fn new(keys: &Keys) -> Result<Self, Failure> {
        let signer = RingSigner::new(keys.webhook().clone(), keys.ring(), SystemTime::now().into())?;
        let http = ClientBuilder::new(client()?).with(SigningMiddleware::new(signer.clone())).build();
        Ok(Self { http, signer })
    }

    /// The signer of this moment.
    ///
    /// # Errors
    /// When no key is active.
    pub fn signer(&self, now: UnixTime) -> Result<Signer, SignError> {
        self.signer.signer(now)
    }

    /// The status and, of a success, the text that a request is answered with.
    ///
    /// # Errors
    /// When it cannot be signed or sent. Where no key is active, it is not sent.
    pub async fn send(&self, method: Method, url: &str, body: &'static str) -> Result<String, Failure> {
        let mut request = self.http.request(method, url);
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body);
        }
        Ok(shown(request.send().await?).await?)
    }
}
