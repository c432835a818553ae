//! The middleware that signs.

use http::Extensions;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use reqwest::{Body, Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};
use url::Position;

use crate::{
    error::ClientError,
    events,
    exchange::{Attempt, Exchange, is_unbound_stream},
    origin::Origin,
    signing::{Signing, Streams},
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
        let mut request = collected(request, self.signing.streams).await.map_err(Error::middleware)?;
        let mut exchange = Exchange::new(&self.signing, &request);
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
            match exchange.next((response.status(), response.headers())).map_err(Error::middleware)? {
                Some(another) => request = another,
                None => return Ok(response),
            }
        }
    }
}

/// The request with its body at hand, where that is wanted.
async fn collected(mut request: Request, streams: Streams) -> std::result::Result<Request, ClientError> {
    let Streams::Collected(limit) = streams else { return Ok(request) };
    if !is_unbound_stream(&request) {
        return Ok(request);
    }
    if let Some(stream) = request.body_mut().take() {
        let collected = Limited::new(stream, limit).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                ClientError::BodyTooLong(limit)
            } else {
                ClientError::UnreadableBody(error)
            }
        })?;
        *request.body_mut() = Some(Body::from(collected.to_bytes()));
    }
    Ok(request)
}
