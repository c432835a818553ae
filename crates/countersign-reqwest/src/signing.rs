//! How a client signs: with which keys, and what it does with answers that ask for another attempt.

use std::{fmt, sync::Arc, time::SystemTime};

use countersign::{Component, FieldName, UnixTime};
use http::HeaderName;

use crate::{clock::ClockCorrection, keychain::Keychain, redirect::Redirects};

/// How a client signs. Cheap to clone; what clones learn they share.
///
/// It is what [`SigningMiddleware`](crate::SigningMiddleware) and [`SigningClientBuilder`](crate::SigningClientBuilder) are made of, and a
/// `Signer`, a `RingSigner`, [`Keys`](crate::Keys) or a [`Keychain`] will do in its place.
///
/// ```
/// use countersign::{Cavage, Secret, Signer, SigningKey};
/// use countersign_reqwest::{ClockCorrection, Redirects, Signing, SigningClientBuilder};
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
/// let signing = Signing::new(signer)
///     .following(Redirects::limited(5))
///     .correcting_the_clock(ClockCorrection::default())
///     .answering_challenges(["content-length".parse()?, "x-request-id".parse()?])
///     .collecting_streams(1024 * 1024);
/// let client = SigningClientBuilder::new(signing).build()?;
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Signing {
    pub(crate) keychain: Keychain,
    clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
    pub(crate) redirects: Option<Redirects>,
    pub(crate) correction: Option<ClockCorrection>,
    pub(crate) answerable: Arc<[Component]>,
    pub(crate) streams: Streams,
    /// The field of a request's id, as both libraries name it.
    pub(crate) request_ids: Option<(HeaderName, Component)>,
}

/// What becomes of a body that is a stream, and whose digest was not given ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Streams {
    /// What covers the body makes signing fail.
    AsTheyAre,
    /// Read into memory, so many bytes at the most.
    Collected(usize),
    /// Sent without being covered.
    Uncovered,
}

impl Signing {
    /// Signs with these keys, with the time of the system's clock.
    #[must_use]
    pub fn new(keys: impl Into<Keychain>) -> Self {
        Self {
            keychain: keys.into(),
            clock: Arc::new(|| SystemTime::now().into()),
            redirects: None,
            correction: None,
            answerable: Arc::default(),
            streams: Streams::AsTheyAre,
            request_ids: None,
        }
    }

    /// Takes the time from here instead of from the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Follows redirects so. Unless this is set, a client from [`SigningClientBuilder`](crate::SigningClientBuilder) follows ten, and a
    /// [`SigningMiddleware`](crate::SigningMiddleware) in a client of your own follows none.
    #[must_use]
    pub fn following(mut self, redirects: Redirects) -> Self {
        self.redirects = Some(redirects);
        self
    }

    /// Corrects the time that is signed with, where a server shows that this machine's clock is wrong.
    #[must_use]
    pub fn correcting_the_clock(mut self, correction: ClockCorrection) -> Self {
        self.correction = Some(correction);
        self
    }

    /// Signs again, once, where a server answers 401 and its `WWW-Authenticate` asks for more than was covered (draft-cavage 12
    /// section 3.1.1). What it asks for beyond that has to be among these names; else its answer is taken as it is.
    #[must_use]
    pub fn answering_challenges(mut self, allowed: impl IntoIterator<Item = Component>) -> Self {
        self.answerable = allowed.into_iter().collect();
        self
    }

    /// Gives each attempt an id of its own in this field, 128 random bits in hexadecimal, and covers it; a field of the caller's own is covered
    /// and left as it is. A webhook's signer covers none but its own: beside it the id is set and not covered.
    ///
    /// A `Date` has one second of resolution: to a server that [accepts each request once](countersign::ReplayStore), two equal requests of one
    /// second are one request. Such a server has its policy [require](countersign::Policy::require) the field.
    ///
    /// ```
    /// use countersign::{Cavage, Policy, Secret, Signer, SigningKey, When};
    /// use countersign_reqwest::Signing;
    ///
    /// let secret = Secret::new("correct horse battery staple")?;
    /// let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
    /// let signing = Signing::new(signer).fresh_request_ids(&"x-request-id".parse()?);
    /// // And on the server:
    /// let policy = Policy::default().require("x-request-id".parse()?, When::Always);
    /// # let _ = (signing, policy);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn fresh_request_ids(mut self, field: &FieldName) -> Self {
        // A field's name is one in both libraries.
        self.request_ids =
            HeaderName::from_bytes(field.as_str().as_bytes()).ok().zip(Some(Component::Field(field.clone())));
        self
    }

    /// Reads a body that is a stream into memory before it is signed, `limit` bytes at the most, unless its digest was given. reqwest makes a
    /// stream of every multipart form.
    ///
    /// Trailers are lost. A blocking client takes no notice: there a body's own `buffer` does it.
    #[must_use]
    pub fn collecting_streams(mut self, limit: usize) -> Self {
        self.streams = Streams::Collected(limit);
        self
    }

    /// Sends a body that is a stream without covering it, unless its digest was given: whoever is on the way can replace it. The default
    /// policy of `countersign-actix` refuses such a request.
    #[must_use]
    pub const fn dangerous_leaving_streams_uncovered(mut self) -> Self {
        self.streams = Streams::Uncovered;
        self
    }

    pub(crate) fn now(&self) -> UnixTime {
        (self.clock)()
    }

    /// Whether an answer may lead to another attempt.
    pub(crate) fn may_repeat(&self) -> bool {
        let follows = self.redirects.as_ref().is_some_and(Redirects::follows);
        follows || self.correction.is_some() || !self.answerable.is_empty()
    }
}

impl<K: Into<Keychain>> From<K> for Signing {
    fn from(keys: K) -> Self {
        Self::new(keys)
    }
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signing")
            .field("keychain", &self.keychain)
            .field("redirects", &self.redirects)
            .field("correction", &self.correction)
            .field("answerable", &self.answerable)
            .field("streams", &self.streams)
            .field("request_ids", &self.request_ids)
            .finish_non_exhaustive()
    }
}
