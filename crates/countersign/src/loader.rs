//! Where keys come from.

use std::{collections::HashMap, convert::Infallible, error::Error, future::Future, sync::Arc};

use smol_str::SmolStr;

use crate::{
    key::{KeyId, VerifyingKey},
    request::Request,
    scheme::SchemeName,
    verify::Unverified,
};

/// What a request claims, for the loader to find its keys by. None of it is proven yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    key_id: Option<KeyId>,
    scheme: SchemeName,
    authority: Option<SmolStr>,
    target: SmolStr,
}

impl Claim {
    /// What `unverified` claims, which was read from `request`.
    #[must_use]
    pub fn new(unverified: &Unverified, request: &Request<'_>) -> Self {
        Self {
            key_id: unverified.key_id().cloned(),
            scheme: unverified.scheme(),
            authority: request.host().map(SmolStr::new),
            target: SmolStr::new(request.target),
        }
    }

    /// The key id; `None` in a scheme that names none.
    #[must_use]
    pub const fn key_id(&self) -> Option<&KeyId> {
        self.key_id.as_ref()
    }

    /// The scheme in which the request is signed.
    #[must_use]
    pub const fn scheme(&self) -> SchemeName {
        self.scheme
    }

    /// The authority that the request is for, as the peer spelt it.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Path and query as on the wire.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }
}

/// What a loader found: the keys that a request may be signed with, and the caller's own context.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Credential<C = ()> {
    /// The keys, in the order in which they are tried.
    pub keys: Arc<[VerifyingKey]>,
    /// Who they belong to, in the caller's own words; the handler receives it.
    pub caller: C,
}

impl<C> Credential<C> {
    /// One key.
    #[must_use]
    pub fn new(key: VerifyingKey, caller: C) -> Self {
        Self { keys: Arc::new([key]), caller }
    }

    /// Several keys, such as the old and the new one during a rotation.
    #[must_use]
    pub fn with_keys(keys: Vec<VerifyingKey>, caller: C) -> Self {
        Self { keys: keys.into(), caller }
    }
}

/// The callback that loads keys: an asynchronous closure, a type of your own, or [`StaticKeys`].
///
/// * `Ok(None)`: the key is unknown. The request is refused as not authenticated.
/// * `Err(_)`: the store could not be asked. The request is refused as not possible now, so that a client does not throw a
///   good key away.
/// * `Ok(Some(_))`: the keys, and the caller's context.
///
/// ```
/// use countersign::{Claim, Credential, KeyLoader, Secret, VerifyingKey};
///
/// #[derive(Clone)]
/// struct Client { name: &'static str }
///
/// async fn load(claim: Claim) -> Result<Option<Credential<Client>>, std::io::Error> {
///     if claim.key_id().is_none_or(|id| id.as_str() != "alice") {
///         return Ok(None);
///     }
///     let secret = Secret::new("correct horse battery staple").map_err(std::io::Error::other)?;
///     Ok(Some(Credential::new(VerifyingKey::hmac_sha256(&secret), Client { name: "Alice" })))
/// }
///
/// fn takes_a_loader(_: impl KeyLoader<Caller = Client>) {}
/// takes_a_loader(load);
/// ```
pub trait KeyLoader: Send + Sync + 'static {
    /// The caller's own context, handed to the handler.
    type Caller: Clone + Send + Sync + 'static;
    /// Why the store could not be asked. It is logged.
    type Error: Into<Box<dyn Error + Send + Sync>>;

    /// Loads the keys of a claim.
    fn load(&self, claim: Claim) -> impl Future<Output = Result<Option<Credential<Self::Caller>>, Self::Error>> + Send;
}

impl<F, Fut, C, E> KeyLoader for F
where
    F: Fn(Claim) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Option<Credential<C>>, E>> + Send,
    C: Clone + Send + Sync + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Caller = C;
    type Error = E;

    fn load(&self, claim: Claim) -> impl Future<Output = Result<Option<Credential<C>>, E>> + Send {
        self(claim)
    }
}

/// Keys that are known at the start and never change.
///
/// ```
/// use countersign::{Credential, Secret, StaticKeys, VerifyingKey};
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let keys = StaticKeys::new().with("alice".parse()?, Credential::new(VerifyingKey::hmac_sha256(&secret), "Alice"));
/// # let _ = keys;
/// # Ok::<(), countersign::KeyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct StaticKeys<C = ()>(HashMap<KeyId, Credential<C>>);

impl<C> StaticKeys<C> {
    /// No keys, to add to.
    #[must_use]
    pub fn new() -> Self {
        Self(HashMap::new())
    }

    /// The same with the keys of one more id, in place of any that had it.
    #[must_use]
    pub fn with(mut self, id: KeyId, credential: Credential<C>) -> Self {
        self.0.insert(id, credential);
        self
    }
}

impl<C> Default for StaticKeys<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> FromIterator<(KeyId, Credential<C>)> for StaticKeys<C> {
    fn from_iter<I: IntoIterator<Item = (KeyId, Credential<C>)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<C: Clone + Send + Sync + 'static> KeyLoader for StaticKeys<C> {
    type Caller = C;
    type Error = Infallible;

    fn load(&self, claim: Claim) -> impl Future<Output = Result<Option<Credential<C>>, Infallible>> + Send {
        std::future::ready(Ok(claim.key_id().and_then(|id| self.0.get(id)).cloned()))
    }
}
