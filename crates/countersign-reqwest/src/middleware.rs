//! The middleware that signs.

use std::{fmt, sync::Arc, time::SystemTime};

use countersign::{Signer, UnixTime};
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

use crate::{
    remote::{KeyService, Keys},
    sign::sign_at,
};

/// Signs every request that passes. Cheap to clone.
///
/// Add it last, so that it runs innermost: after retry, and after whatever else changes the request. See the
/// [crate's documentation](crate) for an example and for what to know about redirects.
///
/// A request that cannot be signed is not sent: the error is an [`Error::Middleware`] around [`crate::Error`].
#[derive(Clone)]
pub struct SigningMiddleware {
    signer: Signer,
    keys: Keys,
    clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

impl SigningMiddleware {
    /// Signs with `signer`, with the time of the system's clock.
    #[must_use]
    pub fn new(signer: Signer) -> Self {
        Self { signer, keys: Keys::Here, clock: Arc::new(|| SystemTime::now().into()) }
    }

    /// Signs with keys that live elsewhere: `signer` is [`Signer::for_remote_keys`], and the service is asked for every request.
    ///
    /// ```
    /// use countersign::{Algorithm, Cavage, KeyMetadata, Signature, Signer};
    /// use countersign_reqwest::SigningMiddleware;
    ///
    /// async fn kms(key: KeyMetadata, message: Vec<u8>) -> Result<Signature, std::io::Error> {
    ///     Ok(Signature::new(&[0; 64])) // over there
    /// }
    ///
    /// let key = KeyMetadata::new("alice".parse()?, Algorithm::Ed25519);
    /// let middleware = SigningMiddleware::remote(Signer::for_remote_keys(Cavage::new(), vec![key]), kms);
    /// # let _ = middleware;
    /// # Ok::<(), countersign::KeyError>(())
    /// ```
    #[must_use]
    pub fn remote(signer: Signer, service: impl KeyService) -> Self {
        Self { keys: Keys::Elsewhere(Arc::new(service)), ..Self::new(signer) }
    }

    /// Takes the time from here instead of from the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

#[async_trait::async_trait]
impl Middleware for SigningMiddleware {
    async fn handle(&self, mut request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let now = (self.clock)();
        let signed = match &self.keys {
            Keys::Here => sign_at(&mut request, &self.signer, now),
            Keys::Elsewhere(service) => service.sign(&mut request, &self.signer, now).await,
        };
        signed.map_err(Error::middleware)?;
        next.run(request, extensions).await
    }
}

impl fmt::Debug for SigningMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningMiddleware")
            .field("signer", &self.signer)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
