//! Redirects (RFC 9110 section 15.4), followed above the signature.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{
        ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, EXPECT, HOST, IF_MATCH,
        IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, LOCATION, PRAGMA, RANGE,
        REFERER, TRAILER, TRANSFER_ENCODING, USER_AGENT,
    },
};
use url::Url;

use crate::{
    error::ClientError,
    message::Message,
    origin::{Origin, same},
};

/// What goes along to any origin: it says what kind of answer is wanted and nothing of who wants it.
const HARMLESS: [HeaderName; 13] = [
    ACCEPT,
    ACCEPT_CHARSET,
    ACCEPT_ENCODING,
    ACCEPT_LANGUAGE,
    CACHE_CONTROL,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    IF_UNMODIFIED_SINCE,
    PRAGMA,
    RANGE,
    USER_AGENT,
];

/// What describes a body that is gone, beside all that begins with `Content-` (RFC 9110 section 15.4).
const OF_THE_BODY: [HeaderName; 4] = [EXPECT, LAST_MODIFIED, TRAILER, TRANSFER_ENCODING];
const DIGESTS: [&str; 3] = ["digest", "repr-digest", "x-content-sha256"];

/// How redirects are followed: each request that goes on is signed anew.
///
/// As reqwest does it, 301 and 302 turn POST into GET and 303 turns all but HEAD into GET, without the body and what describes it; 307 and 308
/// keep both; where there is no `Location` of `http` or `https`, or the body was a stream, the redirect itself is the answer.
///
/// What goes along depends on where it goes. A redirect *within the origin* of the request is signed again and keeps all fields. Any *other
/// origin* is a stranger: it gets no signature, no body, and no field but those that say what kind of answer is wanted (`Accept` and its kin,
/// `Range`, `If-None-Match` and its kin, `User-Agent`). A request that a stranger could not do without harm, one with a body or of a method
/// that is not safe, is not followed there: the redirect is the answer. Nothing is signed any more behind a stranger, wherever it leads to,
/// since it would choose what is signed. An origin that you [allow](Self::allowing) is treated as the request's own.
///
/// A redirect is the answer, too, where the request that follows could not be signed, and where a scheme puts its signature into the URL: the
/// new URL may repeat the old signature, or choose the time that is signed.
///
/// ```
/// use countersign::{Cavage, Secret, Signer, SigningKey};
/// use countersign_reqwest::{Redirects, Signing, SigningClientBuilder};
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
/// let redirects = Redirects::limited(3).allowing("https://api.example".parse()?, "https://eu.api.example".parse()?);
/// let client = SigningClientBuilder::new(Signing::new(signer).following(redirects)).build()?;
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Redirects {
    limit: Option<usize>,
    /// From where to where.
    allowed: Arc<[(Origin, Origin)]>,
    passing: Arc<[HeaderName]>,
    referer: bool,
}

impl Default for Redirects {
    /// As many as reqwest follows: ten.
    fn default() -> Self {
        Self::limited(10)
    }
}

/// What becomes of a redirect.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The answer is no redirect that is followed.
    Stay,
    /// It leads to a stranger, who may not have what it takes.
    Refused(Origin),
    /// The request is now the next one.
    Follow { stranger: bool },
}

/// Where a request stands among the redirects that it has met.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    pub(crate) hops: usize,
    /// It has met a stranger.
    pub(crate) strayed: bool,
}

impl Redirects {
    /// Follows so many, and fails with [`ClientError::TooManyRedirects`] beyond.
    #[must_use]
    pub fn limited(most: usize) -> Self {
        Self { limit: Some(most), allowed: Arc::default(), passing: Arc::default(), referer: true }
    }

    /// Follows none: the redirect is the answer.
    #[must_use]
    pub fn none() -> Self {
        Self { limit: None, ..Self::default() }
    }

    /// Treats the one origin as the request's own where the other redirects there: it gets the body, all fields but `Host`, and a signature.
    /// Who signs there is the [`Keychain`](crate::Keychain)'s to say. Whoever redirects chooses what is signed, so that only `from` may, and
    /// the way back has to be allowed as well.
    #[must_use]
    pub fn allowing(mut self, from: Origin, to: Origin) -> Self {
        self.allowed = self.allowed.iter().cloned().chain([(from, to)]).collect();
        self
    }

    /// Passes this field on to strangers too, unless its value is marked as sensitive.
    #[must_use]
    pub fn passing(mut self, name: HeaderName) -> Self {
        self.passing = self.passing.iter().cloned().chain([name]).collect();
        self
    }

    /// Sets no `Referer`, which otherwise names the URL before, and to strangers its origin.
    #[must_use]
    pub const fn without_referer(mut self) -> Self {
        self.referer = false;
        self
    }

    /// Whether there is any that is followed.
    pub(crate) const fn follows(&self) -> bool {
        self.limit.is_some()
    }

    /// Makes `request`, which was not signed and was answered so, the next one. `has_body` says whether its body is still there.
    pub(crate) fn step<M: Message>(
        &self,
        request: &mut M,
        has_body: bool,
        (status, headers): (StatusCode, &HeaderMap),
        trail: &mut Trail,
    ) -> Result<Step, ClientError> {
        let Some((limit, method)) = self.limit.zip(next_method(status, request.method())) else {
            return Ok(Step::Stay);
        };
        let keeps_body = matches!(method, Next::Same);
        let Some((url, origin)) = location(headers, request.url()).filter(|_| has_body || !keeps_body) else {
            return Ok(Step::Stay);
        };
        let home = same(&url, request.url());
        let allowed = Origin::of(request.url()).is_some_and(|from| self.allowed.contains(&(from, origin.clone())));
        let stranger = trail.strayed || !(home || allowed);
        if stranger && keeps_body && !(request.method().is_safe() && request.body() == Some(b"")) {
            return Ok(Step::Refused(origin));
        }
        if trail.hops >= limit {
            return Err(ClientError::TooManyRedirects(limit));
        }
        *trail = Trail { hops: trail.hops.saturating_add(1), strayed: stranger };
        if let Next::Becomes(method) = method {
            request.set_method(method);
            request.set_body(None);
            drop_body_fields(request.headers_mut());
        }
        if !home {
            request.headers_mut().remove(HOST);
        }
        if stranger {
            self.reduce(request.headers_mut());
        }
        if self.referer {
            refer(request, &url, home);
        }
        request.set_url(url);
        Ok(Step::Follow { stranger })
    }

    fn reduce(&self, headers: &mut HeaderMap) {
        let passes = |name: &HeaderName, value: &HeaderValue| {
            (self.passing.contains(name) || HARMLESS.contains(name)) && !value.is_sensitive()
        };
        remove(headers, |name, value| !passes(name, value));
    }
}

/// The method of the request that follows, and with it whether the body goes along.
enum Next {
    Same,
    Becomes(Method),
}

fn next_method(status: StatusCode, method: &Method) -> Option<Next> {
    match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if method == Method::POST => Some(Next::Becomes(Method::GET)),
        StatusCode::SEE_OTHER if method == Method::HEAD => Some(Next::Becomes(Method::HEAD)),
        StatusCode::SEE_OTHER => Some(Next::Becomes(Method::GET)),
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => Some(Next::Same),
        _ => None,
    }
}

/// Where a redirect leads to (RFC 9110 section 10.2.2). A user in it is left out: nobody else sets this client's credentials.
fn location(headers: &HeaderMap, before: &Url) -> Option<(Url, Origin)> {
    let text = std::str::from_utf8(headers.get(LOCATION)?.as_bytes()).ok()?;
    let mut url = before.join(text).ok()?;
    let origin = Origin::of(&url)?;
    url.set_username("").and_then(|()| url.set_password(None)).ok()?;
    Some((url, origin))
}

fn drop_body_fields(headers: &mut HeaderMap) {
    remove(headers, |name, _| {
        let text = name.as_str();
        text.starts_with("content-") || DIGESTS.contains(&text) || OF_THE_BODY.contains(name)
    });
}

/// Removes the names of which any value is to be removed.
fn remove(headers: &mut HeaderMap, removed: impl Fn(&HeaderName, &HeaderValue) -> bool) {
    let names: Vec<_> =
        headers.iter().filter(|(name, value)| removed(name, value)).map(|(name, _)| name.clone()).collect();
    for name in names {
        headers.remove(name);
    }
}

/// Names where the request comes from (RFC 9110 section 10.1.3): never from TLS to none, and to another origin no more than the origin.
fn refer(request: &mut impl Message, next: &Url, home: bool) {
    let before = request.url();
    let value = match (before.scheme(), next.scheme()) {
        ("https", "http") => None,
        _ if home => Some(without_credentials(before)),
        _ => Origin::of(before).map(|origin| format!("{origin}/")),
    };
    match value.and_then(|value| HeaderValue::try_from(value).ok()) {
        Some(value) => drop(request.headers_mut().insert(REFERER, value)),
        None => drop(request.headers_mut().remove(REFERER)),
    }
}

fn without_credentials(url: &Url) -> String {
    let mut url = url.clone();
    // A URL that cannot have them has none.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
mod tests;
