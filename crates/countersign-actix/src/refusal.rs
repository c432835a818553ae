//! What a refused request is answered with, and what is logged of it.

use actix_web::{
    HttpResponse, ResponseError,
    error::PayloadError,
    http::{StatusCode, header},
};
use countersign::{KeyId, VerifyError};
use thiserror::Error;

/// How many seconds a client is asked to wait when the keys cannot be loaded.
const RETRY_AFTER: &str = "5";

/// The longest part of a key id that is logged, in bytes.
const LOGGED_KEY_ID: usize = 256;

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
        challenge: String,
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
    /// The body could not be read: the framework's own answer.
    #[error("the body could not be read")]
    BodyUnreadable(#[source] PayloadError),
    /// The server is not set up to check this route: 500. Never a pass.
    #[error("the server cannot check signatures here")]
    Misconfigured,
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::BodyUnreadable(error) => error.status_code(),
            Self::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Unauthenticated { challenge, has_body, .. } => {
                response.insert_header((header::WWW_AUTHENTICATE, challenge.as_str()));
                if *has_body {
                    response.force_close();
                }
            }
            Self::Unavailable => {
                response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
            }
            Self::BodyTooLarge | Self::BodyTooSlow => {
                response.force_close();
            }
            _ => {}
        }
        response.content_type("text/plain; charset=utf-8").body(format!("{self}\n"))
    }
}

/// The part of a key id that is logged.
pub(crate) fn shown(key_id: Option<&KeyId>) -> &str {
    let id = key_id.map_or("", KeyId::as_str);
    (0..=LOGGED_KEY_ID.min(id.len())).rev().find_map(|end| id.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_key_id_is_cut_at_a_character_before_it_is_logged() {
        let id = KeyId::new(&"\u{20ac}".repeat(300)).unwrap();
        assert_eq!(shown(Some(&id)), "\u{20ac}".repeat(85));
        assert_eq!(shown(Some(&KeyId::new("alice").unwrap())), "alice");
        assert_eq!(shown(None), "");
    }
}
