//! What is remembered of accepted requests, so that each is accepted once.

use std::{
    error::Error,
    fmt,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::http::{Method, StatusCode};
use countersign::{Acceptance, ReplayStore, Reserved, Ticket, UnixTime};
use futures::{FutureExt, future::BoxFuture};

use super::loader::BoxError;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Accepts each signed request once, with a memory of what was accepted: [`SignatureConfig::once`](crate::SignatureConfig::once).
///
/// A request is known by what was signed and by the key that signed it, and remembered for as long as it would be accepted; one that would be
/// accepted for ever, for the [retention](Self::retention). One that comes again is refused like any other whose signature does not hold.
/// It is looked up last of all, once signature and digest hold, so that nobody without a signed request fills the memory. Whoever has a
/// key can: give callers a limit of their own.
///
/// Where the memory cannot answer, or not in time, requests are refused with 503. It may have remembered one all the same: behind a 503 a client
/// signs anew, since the same bytes can be refused then.
///
/// Make one for all guards and extractors that are to know each other's requests, outside of what builds the app for each worker, and clone it.
///
/// # Honest repeats
///
/// A `Date` has one second of resolution. Two equal requests of one client in one second are one request to whoever sees only their
/// signing strings; so have clients cover a field that differs, such as `X-Request-Id`, which `countersign-reqwest` sets with
/// `Signing::fresh_request_ids`, and require it with [`Policy::require`](countersign::Policy::require).
///
/// # Webhooks
///
/// Senders of webhooks send a delivery again until it is answered well, and stop sending anything where they are answered 401. So a delivery is
/// known by its [id](countersign::Verified::delivery_id), or where its scheme has none as above; it is reserved while its handler runs,
/// remembered when that ends well or the request was at fault, and released when the answer is an error of the server's (5xx), 408 or 429, or there is none: then it may
/// come again. One that was seen before is answered with 200, without the handler, and one whose handler is running with 503. That
/// takes a [`SignatureGuard`](crate::SignatureGuard) around the route: an extractor does not learn how a handler ended.
#[derive(Clone)]
pub struct ReplayProtection {
    store: Arc<dyn AnyStore>,
    pub(crate) methods: Option<Arc<[Method]>>,
    pub(crate) deadline: Duration,
    fail_open: bool,
    let_through: Arc<AtomicU64>,
    pub(crate) retention: Duration,
    pub(crate) lease: Duration,
    pub(crate) seen: StatusCode,
    pub(crate) by_content: bool,
}

impl ReplayProtection {
    /// Remembers in `store`, for requests of every method.
    #[must_use]
    pub fn new(store: impl ReplayStore) -> Self {
        Self {
            store: Arc::new(store),
            methods: None,
            deadline: Duration::from_millis(250),
            fail_open: false,
            let_through: Arc::default(),
            retention: DAY,
            lease: Duration::from_secs(60),
            seen: StatusCode::OK,
            by_content: false,
        }
    }

    /// Remembers requests of these methods alone. The others can be sent again for as long as they are fresh; those whose method is not signed
    /// are remembered whatever it is.
    #[must_use]
    pub fn methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.methods = Some(methods.into_iter().collect());
        self
    }

    /// How long the memory may take; 250 milliseconds unless set. After that a request is refused with 503.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Lets requests pass where the memory cannot answer: while it is gone, whatever was signed can be sent again. How many did
    /// [is counted](Self::let_through), and each leaves an event.
    #[must_use]
    pub const fn dangerous_failing_open(mut self) -> Self {
        self.fail_open = true;
        self
    }

    /// How many requests passed without being looked up, since the memory could not answer.
    #[must_use]
    pub fn let_through(&self) -> u64 {
        self.let_through.load(Ordering::Relaxed)
    }

    /// How long the delivery of a webhook is remembered, and any request that would be accepted for ever; a day unless set. Senders try
    /// again for hours or days.
    #[must_use]
    pub const fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// How long a delivery stays reserved whose handler has not ended; a minute unless set. Beyond that it may come again, while the handler
    /// may still be running.
    #[must_use]
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// What a delivery is answered with that was seen before, without a body; 200 unless set. An [answer of your
    /// own](crate::SignatureConfig::answer) is asked for these too.
    #[must_use]
    pub const fn answer_to_seen(mut self, status: StatusCode) -> Self {
        self.seen = status;
        self
    }

    /// Knows deliveries by what was signed where their id is not. Whoever has seen such a delivery can send it again under another id, and then
    /// its handler runs again and the memory fills; but two honest deliveries with the same content, which some providers send, are one then.
    #[must_use]
    pub const fn by_content_where_ids_are_not_signed(mut self) -> Self {
        self.by_content = true;
        self
    }

    pub(crate) fn store(&self) -> &dyn AnyStore {
        &*self.store
    }

    pub(crate) fn shares_store_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.store, &other.store)
    }

    /// Whether whatever this looks up is all that `other` would.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let methods = match (&self.methods, &other.methods) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => other.iter().all(|method| own.contains(method)),
        };
        let as_long = self.retention >= other.retention && (!other.by_content || self.by_content);
        methods && as_long && self.shares_store_with(other) && (!self.fail_open || other.fail_open)
    }

    pub(crate) fn minds(&self, method: &Method) -> bool {
        self.methods.as_ref().is_none_or(|methods| methods.contains(method))
    }

    /// Whether a request passes that could not be looked up.
    pub(crate) fn lets_through(&self) -> bool {
        if self.fail_open {
            self.let_through.fetch_add(1, Ordering::Relaxed);
        }
        self.fail_open
    }
}

impl fmt::Debug for ReplayProtection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayProtection")
            .field("methods", &self.methods)
            .field("deadline", &self.deadline)
            .field("fail_open", &self.fail_open)
            .field("let_through", &self.let_through)
            .field("retention", &self.retention)
            .field("lease", &self.lease)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

/// A store whose type is forgotten.
pub(crate) trait AnyStore: Send + Sync {
    fn reserve(&self, acceptance: Acceptance, now: UnixTime) -> BoxFuture<'_, Result<Reserved, BoxError>>;
    fn commit(&self, acceptance: Acceptance, ticket: Ticket, now: UnixTime) -> BoxFuture<'_, Result<(), BoxError>>;
    fn release(&self, acceptance: Acceptance, ticket: Ticket) -> BoxFuture<'_, Result<(), BoxError>>;
}

impl<S: ReplayStore> AnyStore for S {
    fn reserve(&self, acceptance: Acceptance, now: UnixTime) -> BoxFuture<'_, Result<Reserved, BoxError>> {
        boxed(async move { ReplayStore::reserve(self, acceptance, now).await })
    }

    fn commit(&self, acceptance: Acceptance, ticket: Ticket, now: UnixTime) -> BoxFuture<'_, Result<(), BoxError>> {
        boxed(async move { ReplayStore::commit(self, acceptance, ticket, now).await })
    }

    fn release(&self, acceptance: Acceptance, ticket: Ticket) -> BoxFuture<'_, Result<(), BoxError>> {
        boxed(async move { ReplayStore::release(self, acceptance, ticket).await })
    }
}

/// A panic of a user's store is an outage.
fn boxed<'a, T: 'a, E: Into<Box<dyn Error + Send + Sync>> + 'a>(
    answer: impl Future<Output = Result<T, E>> + Send + 'a,
) -> BoxFuture<'a, Result<T, BoxError>> {
    let answer = AssertUnwindSafe(async move { answer.await.map_err(Into::into) }).catch_unwind();
    Box::pin(answer.map(|answer| answer.unwrap_or_else(|_| Err("the store panicked".into()))))
}
