//! The keys that sign, wherever they are.

use std::{borrow::Cow, error::Error as StdError, fmt, future::Future, pin::Pin, sync::Arc};

use countersign::{KeyMetadata, RingSigner, Signature, Signer, UnixTime};
use countersign_http::{Error, KeyService, sign_at, sign_remotely_at};

use crate::{
    error::ClientError,
    message::{Message, Wire},
};

/// The keys that sign a request: a [`Signer`]'s, those of a ring, or keys in a service. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Place);

#[derive(Clone)]
enum Place {
    /// In the signer.
    Here(Signer),
    /// In a ring, which changes meanwhile.
    InRing(RingSigner),
    /// In a service, which the signer prepares requests for.
    Elsewhere(Signer, Service),
}

impl Keys {
    /// Keys in a KMS, in an HSM or in another service: `signer` is [`Signer::for_remote_keys`], and the service is asked for every request.
    ///
    /// ```
    /// use countersign::{Algorithm, Cavage, KeyMetadata, Signature, Signer};
    /// use countersign_reqwest::{Keys, SigningMiddleware};
    ///
    /// async fn kms(key: KeyMetadata, message: Vec<u8>) -> Result<Signature, std::io::Error> {
    ///     Ok(Signature::new(&[0; 64])) // over there
    /// }
    ///
    /// let key = KeyMetadata::new("alice".parse()?, Algorithm::Ed25519);
    /// let keys = Keys::remote(Signer::for_remote_keys(Cavage::new(), vec![key]), kms);
    /// let middleware = SigningMiddleware::new(keys);
    /// # let _ = middleware;
    /// # Ok::<(), countersign::KeyError>(())
    /// ```
    #[must_use]
    pub fn remote(signer: Signer, service: impl KeyService) -> Self {
        Self(Place::Elsewhere(signer, Service(Arc::new(service))))
    }

    /// The signer of this moment.
    pub(crate) fn signer(&self, now: UnixTime) -> Result<Cow<'_, Signer>, Error> {
        match &self.0 {
            Place::Here(signer) | Place::Elsewhere(signer, _) => Ok(Cow::Borrowed(signer)),
            Place::InRing(ring) => Ok(Cow::Owned(ring.signer(now)?)),
        }
    }

    /// Signs with a signer that these keys gave.
    pub(crate) async fn sign(
        &self,
        signer: &Signer,
        request: &mut (impl Message + Send),
        now: UnixTime,
    ) -> Result<(), ClientError> {
        let signed = match &self.0 {
            Place::Here(_) | Place::InRing(_) => sign_at(&mut Wire(request), signer, now),
            Place::Elsewhere(_, service) => sign_remotely_at(&mut Wire(request), signer, service, now).await,
        };
        Ok(signed?)
    }

    /// Signs without waiting for anything.
    #[cfg(feature = "blocking")]
    pub(crate) fn sign_here(
        &self,
        signer: &Signer,
        request: &mut impl Message,
        now: UnixTime,
    ) -> Result<(), ClientError> {
        match &self.0 {
            Place::Here(_) | Place::InRing(_) => Ok(sign_at(&mut Wire(request), signer, now)?),
            Place::Elsewhere(..) => Err(ClientError::RemoteKeys),
        }
    }
}

impl From<Signer> for Keys {
    fn from(signer: Signer) -> Self {
        Self(Place::Here(signer))
    }
}

impl From<RingSigner> for Keys {
    fn from(ring: RingSigner) -> Self {
        Self(Place::InRing(ring))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Here(signer) => f.debug_tuple("Here").field(signer).finish(),
            Place::InRing(ring) => f.debug_tuple("InRing").field(ring).finish(),
            Place::Elsewhere(signer, _) => f.debug_tuple("Elsewhere").field(signer).finish(),
        }
    }
}

type BoxError = Box<dyn StdError + Send + Sync>;

/// A service whatever its type.
#[derive(Clone)]
struct Service(Arc<dyn AnyService>);

trait AnyService: Send + Sync {
    fn sign(&self, key: KeyMetadata, message: Vec<u8>) -> Answer<'_>;
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Signature, BoxError>> + Send + 'a>>;

impl<S: KeyService> AnyService for S {
    fn sign(&self, key: KeyMetadata, message: Vec<u8>) -> Answer<'_> {
        let signed = KeyService::sign(self, key, message);
        Box::pin(async { signed.await.map_err(Into::into) })
    }
}

impl KeyService for Service {
    type Error = BoxError;

    fn sign(&self, key: KeyMetadata, message: Vec<u8>) -> impl Future<Output = Result<Signature, BoxError>> + Send {
        self.0.sign(key, message)
    }
}
