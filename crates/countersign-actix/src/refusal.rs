//! Why a request did not reach its handler.

use actix_web::{
    error::PayloadError,
    http::{StatusCode, header::HeaderValue},
};
use countersign::VerifyError;
use thiserror::Error;

/// How many seconds a client is asked to wait when the keys cannot be loaded.
pub(crate) const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Why a request did not reach its handler.
///
/// The peer is told the status alone: every failed authentication gets the same answer to the byte, so that nobody can tell an
/// unknown key from a wrong signature. The cause is in the event.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The request is not authenticated: 401 with a challenge.
    #[error("the request's signature was not accepted")]
    #[non_exhaustive]
    Unauthenticated {
        /// What was wrong.
        #[source]
        cause: VerifyError,
        /// The value of `WWW-Authenticate`.
        challenge: HeaderValue,
        /// Whether the request announced a body. The answer closes the connection then, whether or not the body was read
        /// before the refusal: that would tell how far the check came.
        has_body: bool,
    },
    /// The body is longer than the limit: 413.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The body took longer to arrive than it may: 408.
    #[error("the body took too long")]
    BodyTooSlow,
    /// The keys could not be loaded, or not in time: 503 with `Retry-After`.
    #[error("signatures cannot be checked now")]
    Unavailable,
    /// Whether the request was accepted before could not be looked up, or not in time: 503 with `Retry-After`.
    #[error("signatures cannot be checked now")]
    MemoryUnavailable,
    /// The same delivery of a webhook is being handled: 503 with `Retry-After`, so that its sender asks again how that ended.
    #[error("the delivery is being handled")]
    DeliveryUnderWay,
    /// The delivery of a webhook was seen before: the answer that the config has for that, 200 unless it is set, so that its sender
    /// stops.
    #[error("the delivery was seen before")]
    AlreadyDelivered(StatusCode),
    /// The body could not be read: the framework's own answer.
    #[error("the body could not be read")]
    BodyUnreadable(#[source] PayloadError),
    /// The server is not set up to check this route: 500. Never a pass.
    #[error("the server cannot check signatures here")]
    Misconfigured,
}

impl Refusal {
    /// A short, stable word for what happened, for logs and counters; of a request that is not authenticated that of its
    /// [`VerifyError`].
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated { cause, .. } => cause.code(),
            Self::BodyTooLarge => "body-too-large",
            Self::BodyTooSlow => "body-deadline",
            Self::Unavailable => "keys-unavailable",
            Self::MemoryUnavailable => "replay-unavailable",
            Self::DeliveryUnderWay => "delivery-under-way",
            Self::AlreadyDelivered(_) => "already-delivered",
            Self::BodyUnreadable(_) => "body-unreadable",
            Self::Misconfigured => "misconfigured",
        }
    }

    /// The same once more, for whoever asks again. An error of the framework, which cannot be copied, is that the body is incomplete.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Unauthenticated { cause, challenge, has_body } => {
                Self::Unauthenticated { cause: cause.clone(), challenge: challenge.clone(), has_body: *has_body }
            }
            Self::BodyTooLarge => Self::BodyTooLarge,
            Self::BodyTooSlow => Self::BodyTooSlow,
            Self::Unavailable => Self::Unavailable,
            Self::MemoryUnavailable => Self::MemoryUnavailable,
            Self::DeliveryUnderWay => Self::DeliveryUnderWay,
            Self::AlreadyDelivered(status) => Self::AlreadyDelivered(*status),
            Self::BodyUnreadable(_) => Self::BodyUnreadable(PayloadError::Incomplete(None)),
            Self::Misconfigured => Self::Misconfigured,
        }
    }

    /// The value of `WWW-Authenticate`, where there is one.
    pub(crate) const fn challenge(&self) -> Option<&HeaderValue> {
        match self {
            Self::Unauthenticated { challenge, .. } => Some(challenge),
            _ => None,
        }
    }

    /// Whether the answer has to close the connection, since a body may be left unread.
    pub(crate) const fn leaves_body_unread(&self) -> bool {
        match self {
            Self::Unauthenticated { has_body, .. } => *has_body,
            Self::BodyTooLarge | Self::BodyTooSlow => true,
            _ => false,
        }
    }
}
