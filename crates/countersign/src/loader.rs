//! Where keys come from.

use std::{collections::HashMap, convert::Infallible, error::Error, future::Future, sync::Arc};

use smol_str::SmolStr;

use crate::{
    key::{KeyId, VerifyingKey},
    request::Request,
    scheme_name::SchemeName,
    verify::Unverified,
};

/// What a request claims, for the loader to find its keys by. None of it is proven yet.
///
/// Whoever remembers what a loader answered takes out of the claim what the memory does not go by, before the loader sees it: an
/// answer that went by the target of one request would otherwise be given to all others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
            scheme: unverified.scheme().clone(),
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
    pub const fn scheme(&self) -> &SchemeName {
        &self.scheme
    }

    /// The same with another of the key ids that the request names.
    #[must_use]
    pub fn with_key_id(self, key_id: KeyId) -> Self {
        Self { key_id: Some(key_id), ..self }
    }

    /// The same without the key id, as in a scheme that names none.
    #[must_use]
    pub fn without_key_id(self) -> Self {
        Self { key_id: None, ..self }
    }

    /// The same without the target.
    #[must_use]
    pub fn without_target(self) -> Self {
        Self { target: SmolStr::default(), ..self }
    }

    /// The same without the authority.
    #[must_use]
    pub fn without_authority(self) -> Self {
        Self { authority: None, ..self }
    }

    /// The same with the authority in ASCII lower case, in which authorities that differ in case alone are equal. Beyond that it
    /// stays as it was spelt: a default port is neither added nor removed.
    #[must_use]
    pub fn with_lower_case_authority(self) -> Self {
        let upper = |authority: &SmolStr| authority.bytes().any(|byte| byte.is_ascii_uppercase());
        let lower = |authority: SmolStr| {
            if upper(&authority) { SmolStr::from(authority.to_ascii_lowercase()) } else { authority }
        };
        Self { authority: self.authority.map(lower), ..self }
    }

    /// The authority that the request is for, as the peer spelt it; `None` where there is none, and [where it was taken
    /// out](Self::without_authority).
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Path and query as on the wire; empty where they were [taken out](Self::without_target).
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
    /// What is remembered of their requests is remembered apart from all others, where there is such a name.
    pub realm: Option<Arc<str>>,
}

impl<C> Credential<C> {
    /// One key.
    #[must_use]
    pub fn new(key: VerifyingKey, caller: C) -> Self {
        Self { keys: Arc::new([key]), caller, realm: None }
    }

    /// Several keys, such as the old and the new one during a rotation.
    #[must_use]
    pub fn with_keys(keys: Vec<VerifyingKey>, caller: C) -> Self {
        Self { keys: keys.into(), caller, realm: None }
    }

    /// The same, with requests that are [remembered](crate::ReplayStore) apart from those of all others: for an endpoint where senders whose
    /// deliveries may have the same id share a scheme and a key.
    ///
    /// Let it depend on what is signed, or on the key, and on nothing else: what can be changed on the way, as the target and the key id of most
    /// webhooks can, would let one delivery pass in each realm.
    #[must_use]
    pub fn in_realm(mut self, realm: &str) -> Self {
        self.realm = Some(realm.into());
        self
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
pub struct StaticKeys<C = ()> {
    named: HashMap<KeyId, Credential<C>>,
    unnamed: Option<Credential<C>>,
}

impl<C> StaticKeys<C> {
    /// No keys, to add to.
    #[must_use]
    pub fn new() -> Self {
        Self { named: HashMap::new(), unnamed: None }
    }

    /// The same with the keys of one more id, in place of any that had it.
    #[must_use]
    pub fn with(mut self, id: KeyId, credential: Credential<C>) -> Self {
        self.named.insert(id, credential);
        self
    }

    /// The same with keys for requests in schemes that name none, as most webhooks are, in place of any that were there. A request that
    /// names a key is never verified with them.
    ///
    /// ```
    /// use countersign::{Credential, StaticKeys, webhook::Webhook};
    ///
    /// let github = Webhook::preset("github")?;
    /// let key = github.verifying_key("the secret of a webhook")?;
    /// let keys = StaticKeys::new().with_unnamed(Credential::new(key, ()));
    /// # let _ = keys;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_unnamed(mut self, credential: Credential<C>) -> Self {
        self.unnamed = Some(credential);
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
        Self { named: pairs.into_iter().collect(), unnamed: None }
    }
}

impl<C: Clone + Send + Sync + 'static> KeyLoader for StaticKeys<C> {
    type Caller = C;
    type Error = Infallible;

    fn load(&self, claim: Claim) -> impl Future<Output = Result<Option<Credential<C>>, Infallible>> + Send {
        let found = match claim.key_id() {
            Some(id) => self.named.get(id),
            None => self.unnamed.as_ref(),
        };
        std::future::ready(Ok(found.cloned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cavage::Cavage, policy::Policy, time::UnixTime, verifier::Verifier};

    fn claim(host: &str, target: &str) -> Claim {
        let fields = [("host", host), ("signature", r#"keyId="alice",headers="host",signature="AAAA""#)];
        let request = Request::new("GET", target, &fields);
        let verifier = Verifier::new(Cavage::new(), Policy::dangerous_requiring_nothing());
        Claim::new(&verifier.begin(&request, UnixTime::from_secs(0)).unwrap(), &request)
    }

    #[test]
    fn a_claim_says_what_the_request_said() {
        let claim = claim("API.example:443", "/orders?page=2");
        assert_eq!(claim.key_id().map(KeyId::as_str), Some("alice"));
        assert_eq!((claim.authority(), claim.target()), (Some("API.example:443"), "/orders?page=2"));
    }

    fn found(keys: &StaticKeys<&'static str>, claim: Claim) -> Option<&'static str> {
        let mut answer = std::pin::pin!(keys.load(claim));
        match answer.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
            std::task::Poll::Ready(Ok(answer)) => answer.map(|credential| credential.caller),
            std::task::Poll::Pending => panic!("it has nothing to wait for"),
        }
    }

    #[test]
    fn keys_without_an_id_are_for_claims_without_one_and_no_others() {
        let key = || VerifyingKey::hmac_sha256(&crate::secret::Secret::new("correct horse battery staple").unwrap());
        let keys = StaticKeys::new().with_unnamed(Credential::new(key(), "unnamed"));
        let (named, unnamed) = (claim("a.example", "/"), claim("a.example", "/").without_key_id());
        assert_eq!(found(&keys, unnamed.clone()), Some("unnamed"));
        assert_eq!(found(&keys, named.clone()), None);
        let keys = StaticKeys::new().with("alice".parse().unwrap(), Credential::new(key(), "Alice"));
        assert_eq!(found(&keys, unnamed.clone()), None);
        let keys = keys.with_unnamed(Credential::new(key(), "unnamed"));
        assert_eq!((found(&keys, named), found(&keys, unnamed)), (Some("Alice"), Some("unnamed")));
    }

    #[test]
    fn what_is_taken_out_of_a_claim_no_longer_tells_it_from_others() {
        let (one, other) = (claim("a.example", "/1"), claim("b.example", "/2"));
        assert_eq!(one.clone().without_target().target(), "");
        assert_eq!(one.clone().without_authority().authority(), None);
        assert_eq!(one.clone().without_key_id().key_id(), None);
        assert_ne!(one.clone().without_target(), other.clone().without_target());
        assert_ne!(one.clone().without_authority(), other.clone().without_authority());
        assert_eq!(one.without_target().without_authority(), other.without_target().without_authority());
    }

    #[test]
    fn authorities_that_differ_in_case_are_equal_in_lower_case_and_no_others_are() {
        let lower = |host| claim(host, "/").with_lower_case_authority();
        assert_eq!(lower("API.Example").authority(), Some("api.example"));
        assert_eq!(lower("API.Example"), lower("api.example"));
        assert_ne!(lower("api.example:443"), lower("api.example"));
    }
}
