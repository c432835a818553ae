//! A text that may be given back to whoever sent it.

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS},
};
use serde::Serialize;
use zeroize::Zeroizing;

use super::error::Error;

/// The most characters of a challenge that are given back.
pub const MAX_CHALLENGE: usize = 1024;

/// A challenge that can be no markup, no script and no event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Challenge(String);

impl Challenge {
    /// `name` is what the provider calls it.
    pub(super) fn new(name: &'static str, text: String) -> Result<Self, Error> {
        match text.len() {
            0 => Err(Error::Missing(name)),
            len if len <= MAX_CHALLENGE && text.bytes().all(is_harmless) => Ok(Self(text)),
            _ => Err(Error::Unusable(name)),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it is a secret as well.
    pub(super) fn into_secret(self) -> Zeroizing<String> {
        Zeroizing::new(self.0)
    }

    /// The answer that is the challenge and nothing else.
    pub(super) fn echo(self) -> HttpResponse {
        as_it_says(HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain")).body(self.0))
    }
}

/// What base64, UUIDs and numbers are made of.
const fn is_harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

pub(super) fn json(answer: &impl Serialize) -> HttpResponse {
    as_it_says(HttpResponse::Ok().json(answer))
}

/// No browser is to take it for something else.
fn as_it_says(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
