//! Why a client gave no answer.

use thiserror::Error;

use crate::origin::Origin;

/// Why a client gave no answer: what a [`SigningMiddleware`](crate::SigningMiddleware) leaves in
/// [`reqwest_middleware::Error::Middleware`]. A middleware around that one may wrap it once more, as `reqwest-retry` does in its `RetryError`.
///
/// ```
/// use countersign_reqwest::ClientError;
///
/// fn was_not_signed(error: &reqwest_middleware::Error) -> bool {
///     match error {
///         reqwest_middleware::Error::Middleware(error) => matches!(error.downcast_ref(), Some(ClientError::Unsigned(_))),
///         _ => false,
///     }
/// }
/// # let _ = was_not_signed;
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The request was not signed, and was not sent. Where a redirect or a 401 led to it, those before it were.
    #[error(transparent)]
    Unsigned(#[from] countersign_http::Error),
    /// No key is meant for where the request goes. It was not sent.
    #[error("no key is meant for {0}")]
    NoKeyFor(Origin),
    /// The URL names no host, so no key can be meant for it. The request was not sent.
    #[error("the URL names no host that a key could be meant for")]
    NoOrigin,
    /// More redirects than are followed.
    #[error("more than {0} redirects")]
    TooManyRedirects(usize),
    /// The system gave no random bytes for the request's id. It was not sent.
    #[error("there is no id for the request: {0}")]
    NoRequestId(#[source] getrandom::Error),
    /// The body is longer than what is collected of a stream, in bytes. The request was not sent.
    #[error("the body is a stream of more than {0} bytes")]
    BodyTooLong(usize),
    /// The body is a stream that failed. The request was not sent.
    #[error("the body could not be read")]
    UnreadableBody(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Keys in a service are asked for asynchronously, which a blocking client cannot. The request was not sent.
    #[error("a key in a service cannot sign for a blocking client")]
    RemoteKeys,
    /// reqwest's own, from a blocking client.
    #[cfg(feature = "blocking")]
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}
