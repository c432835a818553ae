//! What a route, a scope or an app is guarded with.

use std::{
    error::Error,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use countersign::{Cavage, Claim, Credential, KeyLoader, Policy, Scheme, UnixTime, Verifier};
use futures::future::BoxFuture;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// A loader whose type is forgotten, so that an extractor can find it by the caller's type alone.
pub(crate) trait AnyLoader<C>: Send + Sync {
    fn load(&self, claim: Claim) -> BoxFuture<'_, Result<Option<Credential<C>>, BoxError>>;
}

impl<L: KeyLoader> AnyLoader<L::Caller> for L {
    fn load(&self, claim: Claim) -> BoxFuture<'_, Result<Option<Credential<L::Caller>>, BoxError>> {
        Box::pin(async move { KeyLoader::load(self, claim).await.map_err(Into::into) })
    }
}

/// The loader of keys, the scheme, the policy and the limits: one value for the extractor and the guard.
///
/// For the extractors it is app data; for [`SignatureGuard`](crate::SignatureGuard) it is the argument. Cheap to clone.
///
/// ```
/// use countersign::{Credential, Policy, Secret, StaticKeys, VerifyingKey};
/// use countersign_actix::SignatureConfig;
/// use std::time::Duration;
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let keys = StaticKeys::new().with("alice".parse()?, Credential::new(VerifyingKey::hmac_sha256(&secret), "Alice"));
/// let config = SignatureConfig::new(keys)
///     .policy(Policy::default().max_age(Duration::from_secs(60)))
///     .realm("orders")
///     .body_limit(64 * 1024);
/// # let _ = config;
/// # Ok::<(), countersign::KeyError>(())
/// ```
pub struct SignatureConfig<C = ()>(pub(crate) Arc<Inner<C>>);

pub(crate) struct Inner<C> {
    pub(crate) loader: Arc<dyn AnyLoader<C>>,
    pub(crate) verifier: Verifier,
    pub(crate) realm: String,
    pub(crate) body_limit: usize,
    pub(crate) deadline: Duration,
    pub(crate) clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

impl<C: 'static> SignatureConfig<C> {
    /// Verifies [`Cavage`] under the default [`Policy`], with keys from `loader`.
    ///
    /// The body may have up to 256 KiB, and the loader has five seconds.
    #[must_use]
    pub fn new(loader: impl KeyLoader<Caller = C>) -> Self {
        Self(Arc::new(Inner {
            loader: Arc::new(loader),
            verifier: Verifier::new(Cavage::new(), Policy::default()),
            realm: "signed".to_owned(),
            body_limit: 256 * 1024,
            deadline: Duration::from_secs(5),
            clock: Arc::new(|| UnixTime::from(SystemTime::now())),
        }))
    }

    /// Judges requests by this policy.
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        self.with(|inner| inner.verifier = inner.verifier.with_policy(policy))
    }

    /// Verifies another scheme, under the policy that was set.
    #[must_use]
    pub fn scheme(self, scheme: impl Scheme) -> Self {
        self.with(|inner| inner.verifier = Verifier::new(scheme, inner.verifier.policy().clone()))
    }

    /// The realm that a challenge names (RFC 9110 section 11.5); `signed` unless set. Control characters are left out.
    #[must_use]
    pub fn realm(self, realm: &str) -> Self {
        let mut quoted = String::new();
        for char in realm.chars().filter(|char| !char.is_control()) {
            if matches!(char, '"' | '\\') {
                quoted.push('\\');
            }
            quoted.push(char);
        }
        self.with(|inner| inner.realm = quoted)
    }

    /// The most bytes that a body may have. A longer one is refused with 413.
    #[must_use]
    pub fn body_limit(self, bytes: usize) -> Self {
        self.with(|inner| inner.body_limit = bytes)
    }

    /// How long the loader may take. After that the request is refused with 503.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        self.with(|inner| inner.deadline = deadline)
    }

    /// Takes the time from here instead of from the system's clock.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.clock = Arc::new(clock))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner<C>)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Whether what was checked under `other` need not be checked again here: the same keys, at least as strictly.
    pub(crate) fn is_met_by(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (Arc::ptr_eq(&self.0.loader, &other.0.loader)
                && other.0.verifier.shares_scheme_with(&self.0.verifier)
                && other.0.body_limit <= self.0.body_limit
                && other.0.verifier.policy().is_at_least_as_strict_as(self.0.verifier.policy()))
    }
}

impl<C> Clone for SignatureConfig<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C> Clone for Inner<C> {
    fn clone(&self) -> Self {
        Self {
            loader: Arc::clone(&self.loader),
            verifier: self.verifier.clone(),
            realm: self.realm.clone(),
            body_limit: self.body_limit,
            deadline: self.deadline,
            clock: Arc::clone(&self.clock),
        }
    }
}

impl<C> fmt::Debug for SignatureConfig<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureConfig")
            .field("verifier", &self.0.verifier)
            .field("realm", &self.0.realm)
            .field("body_limit", &self.0.body_limit)
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}
