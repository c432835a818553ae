//! What a route, a scope or an app is guarded with.

use std::{
    error::Error,
    fmt,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, SystemTime},
};

use countersign::{Cavage, Claim, Credential, KeyLoader, Policy, UnixTime, Verifier};
use futures::{FutureExt, future::BoxFuture};

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// A loader whose type is forgotten, so that an extractor can find it by the caller's type alone.
pub(crate) trait AnyLoader<C>: Send + Sync {
    fn load(&self, claim: Claim) -> BoxFuture<'_, Result<Option<Credential<C>>, BoxError>>;
}

impl<L: KeyLoader> AnyLoader<L::Caller> for L {
    fn load(&self, claim: Claim) -> BoxFuture<'_, Result<Option<Credential<L::Caller>>, BoxError>> {
        let answer = async move { KeyLoader::load(self, claim).await.map_err(Into::into) };
        // A panic of the user's callback is an outage: it must neither end the connection nor pass for an unknown key.
        let answer = AssertUnwindSafe(answer).catch_unwind();
        Box::pin(answer.map(|answer| answer.unwrap_or_else(|_| Err("the loader panicked".into()))))
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
    pub(crate) key_deadline: Duration,
    pub(crate) body_deadline: Duration,
    pub(crate) clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

impl<C: 'static> SignatureConfig<C> {
    /// Verifies [`Cavage`] under the default [`Policy`], with keys from `loader`.
    ///
    /// A body may have up to 256 KiB and take 30 seconds; the loader has five.
    #[must_use]
    pub fn new(loader: impl KeyLoader<Caller = C>) -> Self {
        Self(Arc::new(Inner {
            loader: Arc::new(loader),
            verifier: Verifier::new(Cavage::new(), Policy::default()),
            realm: "signed".to_owned(),
            body_limit: 256 * 1024,
            key_deadline: Duration::from_secs(5),
            body_deadline: Duration::from_secs(30),
            clock: Arc::new(|| UnixTime::from(SystemTime::now())),
        }))
    }

    /// Judges requests by this policy.
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        self.with(|inner| inner.verifier = inner.verifier.with_policy(policy))
    }

    /// Verifies with this instead: another scheme, or the same with other settings, and its policy.
    #[must_use]
    pub fn verifier(self, verifier: Verifier) -> Self {
        self.with(|inner| inner.verifier = verifier)
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

    /// How long the loader may take; five seconds unless set. After that the request is refused with 503.
    #[must_use]
    pub fn key_deadline(self, deadline: Duration) -> Self {
        self.with(|inner| inner.key_deadline = deadline)
    }

    /// How long a body may take to arrive; 30 seconds unless set. After that the request is refused with 408.
    #[must_use]
    pub fn body_deadline(self, deadline: Duration) -> Self {
        self.with(|inner| inner.body_deadline = deadline)
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

    /// What a request that passed `guard` has yet to be checked by to satisfy this as well; `None` when nothing is left.
    ///
    /// Another loader has other keys and knows other callers, so all is checked again with it. With the same loader only what
    /// asks for more counts.
    pub(crate) fn beyond(&self, guard: &Self) -> Option<Self> {
        let (own, passed) = (&self.0, &guard.0);
        if Arc::ptr_eq(own, passed) {
            return None;
        }
        if !Arc::ptr_eq(&own.loader, &passed.loader) {
            return Some(self.clone());
        }
        let met = passed.body_limit <= own.body_limit
            && passed.verifier.policy().is_at_least_as_strict_as(own.verifier.policy());
        let stricter = || {
            let limit = own.body_limit.min(passed.body_limit);
            guard.clone().policy(own.verifier.policy().clone()).body_limit(limit)
        };
        (!met).then(stricter)
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
            key_deadline: self.key_deadline,
            body_deadline: self.body_deadline,
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
            .field("key_deadline", &self.0.key_deadline)
            .field("body_deadline", &self.0.body_deadline)
            .finish_non_exhaustive()
    }
}
