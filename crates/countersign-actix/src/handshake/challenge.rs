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

/// A challenge that may be signed: what is read of it in place of an event is nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token(Challenge);

impl Token {
    /// `name` is what the provider calls it.
    pub(super) fn new(name: &'static str, text: String) -> Result<Self, Error> {
        let challenge = Challenge::new(name, text)?;
        if is_a_value(&challenge.0) || is_a_pair(&challenge.0) {
            Err(Error::Unusable(name))
        } else {
            Ok(Self(challenge))
        }
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Whether it is a value of JSON, or a number as lenient readers take it: with a sign, with a zero in front, or none that is finite.
fn is_a_value(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || text.parse::<f64>().is_ok()
}

/// Whether it is a pair of a form; behind base64 there may be two signs that are none.
fn is_a_pair(text: &str) -> bool {
    let unpadded = text.trim_end_matches('=');
    unpadded.is_empty() || unpadded.contains('=') || text.len().saturating_sub(unpadded.len()) > 2
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
