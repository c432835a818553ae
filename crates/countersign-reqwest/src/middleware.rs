//! The middleware that signs.

use std::{fmt, sync::Arc, time::SystemTime};

use countersign::{RingSigner, Signer, UnixTime};
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

use crate::{
    remote::{AnyService, KeyService},
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
    keys: Keys,
    clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

/// Where the keys of a middleware are.
#[derive(Clone)]
enum Keys {
    /// In the signer.
    Here(Signer),
    /// In a ring, which changes meanwhile.
    InRing(RingSigner),
    /// Behind a service, which the signer prepares requests for.
    Elsewhere(Signer, Arc<dyn AnyService>),
}

impl SigningMiddleware {
    /// Signs with `signer`, with the time of the system's clock.
    #[must_use]
    pub fn new(signer: Signer) -> Self {
        Self::of(Keys::Here(signer))
    }

    /// Signs with the keys of a ring, each request with those of its moment. Where none of them is in use, nothing is sent.
    ///
    /// ```
    /// use countersign::{Cavage, KeyRing, RingPolicy, RingSigner, SharedKeyRing};
    /// use countersign_reqwest::SigningMiddleware;
    /// use std::time::SystemTime;
    ///
    /// let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::default()));
    /// let signer = RingSigner::new(Cavage::new(), &ring, SystemTime::now().into())?;
    /// let middleware = SigningMiddleware::with_ring(signer);
    /// // Later, while requests are on their way: ring.update(|ring| ring.activate(&id, now))?
    /// # let _ = middleware;
    /// # Ok::<(), countersign::UpdateError>(())
    /// ```
    #[must_use]
    pub fn with_ring(signer: RingSigner) -> Self {
        Self::of(Keys::InRing(signer))
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
        Self::of(Keys::Elsewhere(signer, Arc::new(service)))
    }

    fn of(keys: Keys) -> Self {
        Self { keys, clock: Arc::new(|| SystemTime::now().into()) }
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
            Keys::Here(signer) => sign_at(&mut request, signer, now),
            Keys::InRing(ring) => {
                let signer = ring.signer(now).map_err(crate::Error::Sign);
                signer.and_then(|signer| sign_at(&mut request, &signer, now))
            }
            Keys::Elsewhere(signer, service) => service.sign(&mut request, signer, now).await,
        };
        signed.map_err(Error::middleware)?;
        next.run(request, extensions).await
    }
}

impl fmt::Debug for SigningMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningMiddleware").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(signer) => f.debug_tuple("Here").field(signer).finish(),
            Self::InRing(ring) => f.debug_tuple("InRing").field(ring).finish(),
            Self::Elsewhere(signer, _) => f.debug_tuple("Elsewhere").field(signer).finish(),
        }
    }
}
