//! A client that signs, put together in the order that works.

use std::sync::Arc;

use http::{Extensions, HeaderMap, header::Entry};
use reqwest::{Request, Response, redirect::Policy};
use reqwest_middleware::{ClientWithMiddleware, Middleware, Next};

use crate::{middleware::SigningMiddleware, redirect::Redirects, signing::Signing};

/// A client that signs what it sends, with reqwest's settings as they are.
///
/// # Errors
/// Those of [`SigningClientBuilder::build`].
///
/// See the [crate's documentation](crate) for an example.
pub fn client(signing: impl Into<Signing>) -> reqwest::Result<ClientWithMiddleware> {
    SigningClientBuilder::new(signing).build()
}

/// Builds a client that signs what it sends: reqwest's own redirects are off, the signature is made last of all, and default fields are
/// there by then.
///
/// ```
/// use std::time::Duration;
///
/// use countersign::{Cavage, Secret, Signer, SigningKey};
/// use countersign_reqwest::SigningClientBuilder;
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
/// let client = SigningClientBuilder::new(signer)
///     .reqwest(reqwest::Client::builder().timeout(Duration::from_secs(10)))
///     // .with(RetryTransientMiddleware::new_with_policy(..)): each attempt is signed anew
///     .build()?;
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct SigningClientBuilder {
    signing: Signing,
    reqwest: reqwest::ClientBuilder,
    default_headers: HeaderMap,
    middleware: Vec<Arc<dyn Middleware>>,
}

impl SigningClientBuilder {
    /// Signs so; redirects are followed as [`Redirects::default`] does unless the settings say otherwise.
    pub fn new(signing: impl Into<Signing>) -> Self {
        Self {
            signing: signing.into(),
            reqwest: reqwest::Client::builder(),
            default_headers: HeaderMap::new(),
            middleware: Vec::new(),
        }
    }

    /// Sends with a client of these settings, but for its redirects.
    ///
    /// Fields that [`default_headers`](reqwest::ClientBuilder::default_headers) sets *there* are added after a request was signed: they are not
    /// covered, and they go along to every origin that a redirect leads to. Set them [here](Self::default_headers) instead. reqwest's own switch
    /// for `Referer` belongs to its redirects, which are off: [`Redirects::without_referer`] is in its place.
    pub fn reqwest(mut self, reqwest: reqwest::ClientBuilder) -> Self {
        self.reqwest = reqwest;
        self
    }

    /// Sets these fields on every request that has none of their name, before it is signed.
    pub fn default_headers(mut self, headers: HeaderMap) -> Self {
        self.default_headers = headers;
        self
    }

    /// Adds a middleware around the signature and around redirects: retry, tracing, a cache. The first that is added runs outermost.
    pub fn with(mut self, middleware: impl Middleware) -> Self {
        self.middleware.push(Arc::new(middleware));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// When reqwest cannot build its own.
    pub fn build(self) -> reqwest::Result<ClientWithMiddleware> {
        let client = self.reqwest.redirect(Policy::none()).build()?;
        let mut signing = self.signing;
        signing.redirects.get_or_insert_with(Redirects::default);
        let mut stack = self.middleware;
        if !self.default_headers.is_empty() {
            stack.insert(0, Arc::new(DefaultHeaders(self.default_headers)));
        }
        stack.push(Arc::new(SigningMiddleware::new(signing)));
        Ok(ClientWithMiddleware::new(client, stack))
    }
}

struct DefaultHeaders(HeaderMap);

#[async_trait::async_trait]
impl Middleware for DefaultHeaders {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        add(request.headers_mut(), &self.0);
        next.run(request, extensions).await
    }
}

/// Adds fields that are not there yet, each with all of its values.
pub(crate) fn add(headers: &mut HeaderMap, defaults: &HeaderMap) {
    for name in defaults.keys() {
        if let Entry::Vacant(entry) = headers.entry(name) {
            let mut values = defaults.get_all(name).iter();
            let Some(first) = values.next() else { continue };
            let mut added = entry.insert_entry(first.clone());
            values.for_each(|value| added.append(value.clone()));
        }
    }
}
