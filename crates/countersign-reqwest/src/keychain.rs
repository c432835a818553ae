//! Which keys are meant for which origins.

use std::{collections::HashMap, sync::Arc};

use countersign::{RingSigner, Signer};
use url::Url;

use crate::{error::ClientError, keys::Keys, origin::Origin};

/// The keys of a client that talks to many APIs, each with the origin that it is meant for. Cheap to clone.
///
/// A request to any other origin is an error and is not sent, so that no URL from elsewhere makes this client sign for a service that no
/// key was meant for. Redirects are another matter: they are followed to a stranger without a signature, see [`Redirects`](crate::Redirects).
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

#[cfg(test)]
mod tests {
    use countersign::{Cavage, KeyRing, RingPolicy, Secret, SharedKeyRing, SigningKey, UnixTime};

    use super::*;

    fn signer(id: &str) -> Signer {
        let secret = Secret::new("correct horse battery staple").unwrap();
        Signer::new(Cavage::new(), SigningKey::hmac_sha256(id, &secret).unwrap())
    }

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    /// Whose key signs for a URL; `None` where nobody's does.
    fn signs(keychain: &Keychain, url: &str) -> Result<Option<String>, ClientError> {
        let keys = keychain.keys(&url.parse().unwrap())?;
        Ok(keys.map(|keys| keys.signer(UnixTime::from_secs(0)).unwrap().keys()[0].id.to_string()))
    }

    fn two() -> Keychain {
        Keychain::new()
            .with(origin("https://orders.example"), signer("orders"))
            .with(origin("http://[::1]:81"), signer("local"))
    }

    #[test]
    fn a_key_signs_for_its_own_origin_however_that_is_spelt() {
        for (url, key) in [
            ("https://orders.example/a?b#c", "orders"),
            ("https://orders.example:443", "orders"),
            ("HTTPS://Orders.EXAMPLE/", "orders"),
            ("https://user:password@orders.example/", "orders"),
            ("http://[::1]:81/", "local"),
            ("http://[0:0::1]:081/", "local"),
        ] {
            assert_eq!(signs(&two(), url).unwrap().as_deref(), Some(key), "{url}");
        }
    }

    #[test]
    fn no_key_signs_for_an_origin_that_it_is_not_meant_for() {
        for url in [
            "http://orders.example/",
            "http://orders.example:443/",
            "https://orders.example:444/",
            "https://orders.example./",
            "https://www.orders.example/",
            "https://example/",
            "https://orders.example.evil/",
            "https://orders.example@evil.example/",
            "http://[::1]/",
            "http://127.0.0.1:81/",
            "http://localhost:81/",
        ] {
            let expected = Origin::of(&url.parse().unwrap()).unwrap();
            let refused = signs(&two(), url).unwrap_err();
            assert!(matches!(refused, ClientError::NoKeyFor(origin) if origin == expected), "{url}");
            assert_eq!(signs(&two().others_unsigned(), url).unwrap(), None, "{url}");
        }
        assert!(matches!(signs(&Keychain::new(), "https://orders.example/"), Err(ClientError::NoKeyFor(_))));
        assert_eq!(signs(&Keychain::new().others_unsigned(), "https://orders.example/").unwrap(), None);
    }

    #[test]
    fn what_has_no_origin_has_no_key() {
        for url in
            ["data:,x", "mailto:alice@orders.example", "file:///a", "ftp://orders.example/", "ws://orders.example/"]
        {
            assert!(matches!(signs(&two(), url), Err(ClientError::NoOrigin)), "{url}");
            assert_eq!(signs(&two().others_unsigned(), url).unwrap(), None, "{url}");
        }
    }

    #[test]
    fn a_signer_alone_is_for_any_origin_and_beside_others_for_all_but_theirs() {
        let any = Keychain::from(signer("any"));
        let beside = any.clone().with(origin("https://orders.example"), signer("orders"));
        for url in ["https://orders.example/", "http://orders.example/", "http://10.0.0.1/", "data:,x"] {
            assert_eq!(signs(&any, url).unwrap().as_deref(), Some("any"));
            let key = if url.starts_with("https:") { "orders" } else { "any" };
            assert_eq!(signs(&beside, url).unwrap().as_deref(), Some(key), "{url}");
        }
    }

    #[test]
    fn the_last_keys_of_an_origin_are_its_keys_and_a_copy_keeps_its_own() {
        let first = two();
        let second = first.clone().with(origin("HTTPS://orders.example:443"), signer("later"));
        assert_eq!(signs(&first, "https://orders.example/").unwrap().as_deref(), Some("orders"));
        assert_eq!(signs(&second, "https://orders.example/").unwrap().as_deref(), Some("later"));
        assert_eq!(signs(&second, "http://[::1]:81/").unwrap().as_deref(), Some("local"));
    }

    #[test]
    fn keys_in_a_ring_are_keys_like_others() {
        let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::default()));
        let ring = RingSigner::new(Cavage::new(), &ring, UnixTime::from_secs(0)).unwrap();
        let keychain = two().with(origin("https://ring.example"), ring.clone());
        let url = |text: &str| text.parse().unwrap();
        let keys = keychain.keys(&url("https://ring.example/")).unwrap().unwrap();
        assert!(format!("{keys:?}").starts_with("InRing"));
        let keychain = Keychain::from(Keys::from(ring));
        assert!(keychain.keys(&url("https://any.example/")).unwrap().is_some());
    }
}
