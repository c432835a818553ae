//! What a route, a scope or an app is guarded with.

mod challenge;
mod loader;
mod replay;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use actix_web::{HttpResponse, http::header::HeaderValue};
use countersign::{Authority, Cavage, KeyLoader, Policy, UnixTime, Verifier};

use self::challenge::Challenges;
pub(crate) use self::loader::{AnyLoader, BoxError};
pub use self::replay::ReplayProtection;
use crate::{
    answer::{Answer, Answering},
    fields::Public,
    refusal::Refusal,
};

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
    /// The first, and those that are accepted beside it.
    pub(crate) verifier: Verifier,
    pub(crate) also: Vec<Verifier>,
    pub(crate) public: Public,
    pub(crate) unsigned_preflights: bool,
    pub(crate) answering: Answering,
    pub(crate) replay: Option<ReplayProtection>,
    challenges: Challenges,
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
            also: Vec::new(),
            public: Public::default(),
            unsigned_preflights: false,
            answering: Answering::PLAIN,
            replay: None,
            challenges: Challenges::default(),
            realm: "signed".to_owned(),
            body_limit: 256 * 1024,
            key_deadline: Duration::from_secs(5),
            body_deadline: Duration::from_secs(30),
            clock: Arc::new(|| UnixTime::from(SystemTime::now())),
        }))
    }

    /// Judges requests by this policy. What [`also`](Self::also) adds has a policy of its own, which this does not reach.
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        self.with(|inner| inner.verifier = inner.verifier.with_policy(policy))
    }

    /// Verifies with this instead: another scheme, or the same with other settings, and its policy.
    #[must_use]
    pub fn verifier(self, verifier: Verifier) -> Self {
        self.with(|inner| inner.verifier = verifier)
    }

    /// Accepts what this verifies as well: one more scheme, under a policy of its own.
    ///
    /// A request has to hold under one of them as a whole. One that is signed in two places is refused, as it is within a scheme. The
    /// loader is asked for each scheme in which the request could be signed, and finds the scheme in its claim.
    ///
    /// ```
    /// use countersign::{Dialect, Verifier};
    /// # use countersign::StaticKeys;
    /// # use countersign_actix::SignatureConfig;
    ///
    /// # let keys = StaticKeys::<()>::new();
    /// let fediverse = Dialect::named("fediverse").unwrap();
    /// let config = SignatureConfig::new(keys).also(Verifier::new(fediverse.scheme(), fediverse.policy()));
    /// # let _ = config;
    /// ```
    #[must_use]
    pub fn also(self, verifier: Verifier) -> Self {
        self.with(|inner| inner.also.push(verifier))
    }

    /// The authority that clients send their requests to, where a proxy writes another one into `Host`.
    ///
    /// It stands in for whatever the request names, so everything that reaches this route has to come through that proxy. It is
    /// never guessed: `Forwarded` and `X-Forwarded-Host` are anybody's to write. Write it as clients do, to the letter: it is part of what
    /// they sign, and they leave the port of the scheme out.
    #[must_use]
    pub fn public_authority(self, authority: &Authority) -> Self {
        self.with(|inner| inner.public.authority = Some(authority.to_string()))
    }

    /// What a proxy takes off the front of every target, as `/api` when clients ask for `/api/orders` and `/orders` arrives. It is
    /// put back before anything is checked, with one slash before it and none behind.
    #[must_use]
    pub fn public_prefix(self, prefix: &str) -> Self {
        let segments = prefix.trim_matches('/');
        let prefix = if segments.is_empty() { String::new() } else { format!("/{segments}") };
        self.with(|inner| inner.public.prefix = prefix)
    }

    /// Lets the preflights of browsers (`OPTIONS` with `Origin` and `Access-Control-Request-Method`) through a
    /// [`SignatureGuard`](crate::SignatureGuard) without a signature, since browsers cannot sign them.
    ///
    /// Whatever answers `OPTIONS` behind the guard then answers anybody. Better have the middleware that answers preflights outside of the
    /// guard, where none reaches it.
    #[must_use]
    pub fn dangerous_unsigned_preflights(self) -> Self {
        self.with(|inner| inner.unsigned_preflights = true)
    }

    /// Answers refusals in a form of your own. What it is given tells nothing of the cause, so neither can the answer.
    ///
    /// `WWW-Authenticate` and `Retry-After` are added where the answer has their status and lacks them.
    ///
    /// ```
    /// use actix_web::HttpResponse;
    /// # use countersign::StaticKeys;
    /// # use countersign_actix::SignatureConfig;
    ///
    /// # let keys = StaticKeys::<()>::new();
    /// let config = SignatureConfig::new(keys).answer(|refused| {
    ///     let problem = format!(r#"{{"title":"{}"}}"#, refused.text());
    ///     HttpResponse::build(refused.status()).content_type("application/problem+json").body(problem)
    /// });
    /// # let _ = config;
    /// ```
    #[must_use]
    pub fn answer(self, answer: impl Fn(&Answer<'_>) -> HttpResponse + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.answering = Answering::without_cause(answer))
    }

    /// The same with the cause at hand. An answer that differs by it tells a peer which key ids there are, and how far a forgery came.
    #[must_use]
    pub fn dangerous_answer_with_cause(
        self,
        answer: impl Fn(&Refusal) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        self.with(|inner| inner.answering = Answering::with_cause(answer))
    }

    /// Accepts each signed request once. **Unless this is set, whoever can read a signed request can send it again** for as long as it is fresh.
    ///
    /// What is remembered is so within the [realm](Self::realm): servers that share a store and are to know each other's requests have
    /// the same.
    #[must_use]
    pub fn once(self, protection: ReplayProtection) -> Self {
        self.with(|inner| inner.replay = Some(protection))
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

    /// How long the loader may take, for all keys together that a request names; five seconds unless set. After that the request is
    /// refused with 503.
    #[must_use]
    pub fn key_deadline(self, deadline: Duration) -> Self {
        self.with(|inner| inner.key_deadline = deadline)
    }

    /// How long a body may take to arrive; 30 seconds unless set. After that the request is refused with 408. For
    /// [`SignedUnchecked`](crate::SignedUnchecked), whose handler sets the pace, it is how long the body may pause.
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
        let inner = Arc::make_mut(&mut self.0);
        inner.challenges = Challenges::default();
        change(inner);
        if inner.replay.is_some() {
            inner.verifier = inner.verifier.fingerprinting(&inner.realm);
            inner.also = inner.also.iter().map(|verifier| verifier.fingerprinting(&inner.realm)).collect();
        }
        self
    }

    pub(crate) fn verifiers(&self) -> impl Iterator<Item = &Verifier> + Clone {
        std::iter::once(&self.0.verifier).chain(&self.0.also)
    }

    /// The challenge depends on the route, the method and whether there is a body: never on the cause.
    pub(crate) fn challenge(&self, method: &str, has_body: bool) -> HeaderValue {
        self.0.challenges.find(self.verifiers(), &self.0.realm, method, has_body)
    }

    /// What a request that `guard` accepted with `accepted` has yet to be checked by to satisfy this as well; `None` when nothing is
    /// left.
    ///
    /// Another loader has other keys and knows other callers, so all is checked again with it. With the same loader only what
    /// asks for more counts.
    pub(crate) fn beyond(&self, guard: &Self, accepted: &Verifier) -> Option<Self> {
        let (own, passed) = (&self.0, &guard.0);
        if Arc::ptr_eq(own, passed) {
            return None;
        }
        if !Arc::ptr_eq(&own.loader, &passed.loader) {
            return Some(self.clone());
        }
        let met = passed.body_limit <= own.body_limit
            && passed.public == own.public
            && own.replay.as_ref().is_none_or(|replay| {
                own.realm == passed.realm && passed.replay.as_ref().is_some_and(|passed| passed.covers(replay))
            })
            && self.verifiers().any(|own| accepted.is_at_least_as_strict_as(own))
            // A scheme that the guard did not look for may find a second signature.
            && self.verifiers().all(|own| guard.verifiers().any(|guard| guard.shares_scheme_with(own)));
        (!met).then(|| self.clone().body_limit(own.body_limit.min(passed.body_limit)))
    }
}

impl<C> Inner<C> {
    /// The verifier at a place that [`SignatureConfig::verifiers`] gave.
    pub(crate) fn verifier_at(&self, at: usize) -> &Verifier {
        at.checked_sub(1).and_then(|at| self.also.get(at)).unwrap_or(&self.verifier)
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
            also: self.also.clone(),
            public: self.public.clone(),
            unsigned_preflights: self.unsigned_preflights,
            answering: self.answering.clone(),
            replay: self.replay.clone(),
            challenges: Challenges::default(),
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
            .field("also", &self.0.also)
            .field("public", &self.0.public)
            .field("unsigned_preflights", &self.0.unsigned_preflights)
            .field("answering", &self.0.answering)
            .field("replay", &self.0.replay)
            .field("realm", &self.0.realm)
            .field("body_limit", &self.0.body_limit)
            .field("key_deadline", &self.0.key_deadline)
            .field("body_deadline", &self.0.body_deadline)
            .finish_non_exhaustive()
    }
}
