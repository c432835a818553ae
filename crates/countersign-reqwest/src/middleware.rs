//! The middleware that signs.

use std::time::Duration;

use http::Extensions;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use reqwest::{Body, Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};
use tokio::time::timeout;
use url::Position;

use crate::{
    error::ClientError,
    events,
    exchange::{Attempt, Exchange},
    origin::Origin,
    signing::Signing,
};

/// Signs every request that passes. Cheap to clone.
///
/// Add it last, so that it runs innermost: after retry, and after whatever else changes the request. Build the client under it with
/// [`redirect::Policy::none()`](reqwest::redirect::Policy::none): what reqwest follows by itself carries the first request's signature along.
/// [`SigningClientBuilder`](crate::SigningClientBuilder) takes care of both.
///
/// A request that cannot be signed is not sent: the error is an [`Error::Middleware`] around a [`ClientError`].
#[derive(Clone, Debug)]
pub struct SigningMiddleware {
    signing: Signing,
}

impl SigningMiddleware {
    /// Signs so: a `Signer` will do, a `RingSigner`, [`Keys`](crate::Keys), a [`Keychain`](crate::Keychain), or all of [`Signing`].
    ///
    /// ```
    /// use countersign::{Cavage, KeyRing, RingPolicy, RingSigner, SharedKeyRing};
    /// use countersign_reqwest::SigningMiddleware;
    /// use std::time::SystemTime;
    ///
    /// let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::default()));
    /// let signer = RingSigner::new(Cavage::new(), &ring, SystemTime::now().into())?;
    /// let middleware = SigningMiddleware::new(signer);
    /// // Later, while requests are on their way: ring.update(|ring| ring.activate(&id, now))?
    /// # let _ = middleware;
    /// # Ok::<(), countersign::UpdateError>(())
    /// ```
    #[must_use]
    pub fn new(signing: impl Into<Signing>) -> Self {
        Self { signing: signing.into() }
    }
}

#[async_trait::async_trait]
impl Middleware for SigningMiddleware {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let mut request = request;
        let mut exchange = Exchange::new(&self.signing, &request);
        if let Some(limit) = exchange.collects(&request).map_err(Error::middleware)? {
            collect(&mut request, limit, exchange.time_left()).await.map_err(Error::middleware)?;
            *request.timeout_mut() = exchange.time_left();
        }
        loop {
            if let Some(Attempt { keys, signer, now }) = exchange.attempt(&mut request).map_err(Error::middleware)? {
                keys.sign(&signer, &mut request, now).await.map_err(Error::middleware)?;
            }
            let sent = request.url().clone();
            let response = next.clone().run(request, extensions).await?;
            if response.url()[..Position::AfterQuery] != sent[..Position::AfterQuery] {
                events::redirected_below(Origin::of(response.url()).as_ref());
                return Ok(response);
            }
            match exchange.next((response.status(), response.headers()), &sent).map_err(Error::middleware)? {
                Some(another) => request = another,
                None => return Ok(response),
            }
        }
    }
}

/// Reads the body into memory, in the time that is left.
async fn collect(request: &mut Request, limit: usize, left: Option<Duration>) -> std::result::Result<(), ClientError> {
    let Some(stream) = request.body_mut().take() else { return Ok(()) };
    let collected = Limited::new(stream, limit).collect();
    let collected = match left {
        Some(left) => timeout(left, collected).await.map_err(|late| ClientError::UnreadableBody(late.into()))?,
        None => collected.await,
    };
    let collected = collected.map_err(|error| {
        if error.is::<LengthLimitError>() {
            ClientError::BodyTooLong(limit)
        } else {
            ClientError::UnreadableBody(error)
        }
    })?;
    *request.body_mut() = Some(Body::from(collected.to_bytes()));
    Ok(())
}
