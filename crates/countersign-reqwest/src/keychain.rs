//! Which keys are meant for which origins.

use std::{collections::HashMap, sync::Arc};

use countersign::{RingSigner, Signer};
use url::Url;

use crate::{error::ClientError, keys::Keys, origin::Origin};

/// The keys of a client that talks to many APIs, each with the origin that it is meant for. Cheap to clone.
///
/// A request to any other origin is an error and is not sent, so that no URL from elsewhere makes this client sign for a service that no
/// key was meant for.
///
/// ```
/// use countersign::{Cavage, Dialect, Secret, Signer, SigningKey};
/// use countersign_reqwest::{Keychain, SigningMiddleware};
///
/// # let secret = || Secret::new("correct horse battery staple");
/// let orders = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret()?)?);
/// let social = Signer::new(Cavage::new().in_authorization(), SigningKey::hmac_sha256("key-7", &secret()?)?);
/// let keys = Keychain::new().with("https://orders.example".parse()?, orders).with("https://api.social.example".parse()?, social);
/// let middleware = SigningMiddleware::new(keys);
/// # let _ = middleware;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Keychain {
    meant_for: Arc<HashMap<Origin, Keys>>,
    others: Others,
}

/// What becomes of a request to an origin that no key is meant for by name.
#[derive(Clone, Debug, Default)]
enum Others {
    #[default]
    Refused,
    Unsigned,
    Signed(Keys),
}

impl Keychain {
    /// No key at all, to add to.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Signs what goes to this origin with these keys.
    #[must_use]
    pub fn with(mut self, origin: Origin, keys: impl Into<Keys>) -> Self {
        Arc::make_mut(&mut self.meant_for).insert(origin, keys.into());
        self
    }

    /// Sends a request to any other origin as it is, without a signature, instead of refusing it.
    #[must_use]
    pub fn others_unsigned(mut self) -> Self {
        self.others = Others::Unsigned;
        self
    }

    fn for_any_origin(keys: Keys) -> Self {
        Self { meant_for: Arc::default(), others: Others::Signed(keys) }
    }

    /// The keys for a URL; `None` where it is to be sent without a signature.
    pub(crate) fn keys(&self, url: &Url) -> Result<Option<&Keys>, ClientError> {
        let origin = match &self.others {
            Others::Signed(keys) if self.meant_for.is_empty() => return Ok(Some(keys)),
            _ => Origin::of(url),
        };
        match (origin.as_ref().and_then(|origin| self.meant_for.get(origin)), &self.others) {
            (Some(keys), _) | (None, Others::Signed(keys)) => Ok(Some(keys)),
            (None, Others::Unsigned) => Ok(None),
            (None, Others::Refused) => Err(origin.map_or(ClientError::NoOrigin, ClientError::NoKeyFor)),
        }
    }
}

impl From<Keys> for Keychain {
    /// For whatever origin the caller asks.
    fn from(keys: Keys) -> Self {
        Self::for_any_origin(keys)
    }
}

impl From<Signer> for Keychain {
    /// For whatever origin the caller asks.
    fn from(signer: Signer) -> Self {
        Self::for_any_origin(signer.into())
    }
}

impl From<RingSigner> for Keychain {
    /// For whatever origin the caller asks.
    fn from(ring: RingSigner) -> Self {
        Self::for_any_origin(ring.into())
    }
}
