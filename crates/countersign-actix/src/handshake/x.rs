//! X's challenge-response check.

use std::{fmt, sync::Arc};

use actix_web::HttpResponse;
use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::KeyError;
use serde::Serialize;

use super::{
    challenge::{Token, json},
    error::Error,
    mac::ChallengeMac,
    query,
};

#[derive(Serialize)]
struct ResponseToken {
    response_token: String,
}

/// Answers the challenge-response check of X, once Twitter: a GET with `crc_token`, at registration and every hour. The key is the app's
/// consumer secret, which is never shown, and overwritten when dropped. Cheap to clone.
///
/// Nothing of the check is signed, and X signs its events with the same secret in the same way. Whoever answers it for any token at all
/// signs events for anybody who asks; a token that could be one is refused here: markup and objects, values of JSON and pairs of a form. What
/// is left can still be sent as a signed body, so a handler of events must take objects of JSON and nothing else.
///
/// ```
/// use actix_web::{HttpRequest, HttpResponse, web};
/// use countersign_actix::handshake::{self, X};
///
/// async fn check(request: HttpRequest, x: web::Data<X>) -> Result<HttpResponse, handshake::Error> {
///     Ok(x.answer(request.query_string())?.unwrap_or_else(|| HttpResponse::NotFound().finish()))
/// }
/// # let _ = web::get().to(check);
///
/// let x = X::new("correct horse battery staple")?;
/// // {"response_token":"sha256=5o5Ybv9kFyc+6HIJGxAuR6FZXG3dfYZ0x9VNB4DAUKs="}
/// assert!(x.answer("crc_token=challenge_string&nonce=1")?.is_some());
/// assert_eq!(x.answer("crc_token=%7B%22for_user_id%22:1%7D").err(), Some(handshake::Error::Unusable("crc_token")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct X(Arc<ChallengeMac>);

impl X {
    /// Answers with the app's consumer secret, its API secret key.
    ///
    /// # Errors
    /// When it has fewer than [`Secret::MIN_LEN`](countersign::Secret::MIN_LEN) bytes.
    pub fn new(consumer_secret: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        ChallengeMac::new(consumer_secret).map(|mac| Self(Arc::new(mac)))
    }

    /// The response token as JSON. `Ok(None)` for a query without `crc_token`.
    ///
    /// # Errors
    /// When there are several tokens, or one that is no challenge.
    pub fn answer(&self, query: &str) -> Result<Option<HttpResponse>, Error> {
        let Some(token) = query::optional(query, "crc_token")? else { return Ok(None) };
        let mac = self.0.of(&Token::new("crc_token", token)?);
        Ok(Some(json(&ResponseToken { response_token: format!("sha256={}", STANDARD.encode(mac)) })))
    }
}

impl fmt::Debug for X {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("X(..)")
    }
}
