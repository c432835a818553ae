//! The same for programs without a runtime of their own, on [`reqwest::blocking`].
//!
//! ```no_run
//! use countersign::{Cavage, Secret, Signer, SigningKey};
//! use countersign_reqwest::blocking::SigningClient;
//!
//! let secret = Secret::new("correct horse battery staple")?;
//! let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
//!
//! let client = SigningClient::new(signer)?;
//! let response = client.send(|http| http.post("http://api.example/orders?page=2").body("{}"))?;
//! # let _ = response;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use countersign::{Signer, UnixTime};
use countersign_http::Error;
use http::HeaderMap;
use reqwest::{
    blocking::{Client, ClientBuilder, Request, RequestBuilder, Response},
    redirect::Policy,
};

use crate::{
    client::add,
    error::ClientError,
    exchange::{Attempt, Exchange},
    message::Wire,
    redirect::Redirects,
    signing::Signing,
};

/// Signs a request, last of all before it is sent, with the time of the system's clock.
///
/// # Errors
/// When the request lacks what is to be covered or a place for the signature. It is unchanged then.
pub fn sign(request: &mut Request, signer: &Signer) -> Result<(), Error> {
    countersign_http::sign(&mut Wire(request), signer)
}

/// Signs a request as [`sign`] does, at a time that you give.
///
/// # Errors
/// Those of [`sign`]. The request is unchanged then.
pub fn sign_at(request: &mut Request, signer: &Signer, now: UnixTime) -> Result<(), Error> {
    countersign_http::sign_at(&mut Wire(request), signer, now)
}

/// A blocking client that signs what it sends, and follows redirects as the settings say: ten, unless they say otherwise.
///
/// Its reqwest client follows none by itself, so that no signature is taken along.
#[derive(Clone)]
pub struct SigningClient {
    signing: Signing,
    client: Client,
    default_headers: HeaderMap,
}

impl SigningClient {
    /// Signs so, with reqwest's settings as they are.
    ///
    /// # Errors
    /// When reqwest cannot build its own client.
    pub fn new(signing: impl Into<Signing>) -> reqwest::Result<Self> {
        Self::over(Client::builder(), signing)
    }

    /// Signs so, and sends with a client of these settings, but for its redirects, and with them its `Referer`: [`Redirects`] has both.
    ///
    /// Keys in a service are asked for asynchronously and cannot sign here: each request is [`ClientError::RemoteKeys`]. A body that is a stream
    /// is not collected; its own [`buffer`](reqwest::blocking::Body::buffer) does that before it is sent.
    ///
    /// # Errors
    /// When reqwest cannot build its own client.
    pub fn over(reqwest: ClientBuilder, signing: impl Into<Signing>) -> reqwest::Result<Self> {
        let mut signing = signing.into();
        signing.redirects.get_or_insert_with(Redirects::default);
        Ok(Self { signing, client: reqwest.redirect(Policy::none()).build()?, default_headers: HeaderMap::new() })
    }

    /// Sets these fields on every request that has none of their name, before it is signed.
    #[must_use]
    pub fn default_headers(mut self, headers: HeaderMap) -> Self {
        self.default_headers = headers;
        self
    }

    /// Signs and sends what `request` builds with reqwest's own client. Leave sending it to this: what the builder sends by itself is not
    /// signed.
    ///
    /// # Errors
    /// Those of [`execute`](Self::execute), and when the request cannot be built.
    pub fn send(&self, request: impl FnOnce(&Client) -> RequestBuilder) -> Result<Response, ClientError> {
        self.execute(request(&self.client).build()?)
    }

    /// Signs and sends a request.
    ///
    /// # Errors
    /// When it cannot be signed, it is not sent. When it cannot be sent, the error is [`ClientError::Http`].
    pub fn execute(&self, mut request: Request) -> Result<Response, ClientError> {
        add(request.headers_mut(), &self.default_headers);
        let mut exchange = Exchange::new(&self.signing, &request);
        loop {
            if let Some(Attempt { keys, signer, now }) = exchange.attempt(&mut request)? {
                keys.sign_here(&signer, &mut request, now)?;
            }
            let sent = request.url().clone();
            let response = self.client.execute(request)?;
            match exchange.next((response.status(), response.headers()), &sent)? {
                Some(another) => request = another,
                None => return Ok(response),
            }
        }
    }
}

impl fmt::Debug for SigningClient {
    /// Without the values of its fields, one of which may be a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningClient")
            .field("signing", &self.signing)
            .field("default_headers", &self.default_headers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
