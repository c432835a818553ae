//! Asana's `X-Hook-Secret`.

use std::fmt;

use actix_web::{
    HttpResponse,
    http::header::{HeaderMap, HeaderName, HeaderValue},
};
use countersign::Secret;
use zeroize::Zeroizing;

use super::{challenge::Challenge, error::Error};

static HOOK_SECRET: HeaderName = HeaderName::from_static("x-hook-secret");
static HOOK_SIGNATURE: HeaderName = HeaderName::from_static("x-hook-signature");

/// The secret that Asana gives a new webhook, with which it signs all that follows. Never shown, and overwritten when dropped.
pub struct AsanaSecret(Zeroizing<String>);

impl AsanaSecret {
    /// The secret, to be kept where the keys are: its text is the key, as it stands.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The answer: the same field again, in a 200 without a body. Give it once the secret is kept.
    #[must_use]
    pub fn answer(&self) -> HttpResponse {
        let mut response = HttpResponse::Ok().finish();
        if let Ok(mut value) = HeaderValue::from_str(&self.0) {
            value.set_sensitive(true);
            response.headers_mut().insert(HOOK_SECRET.clone(), value);
        }
        response
    }
}

impl fmt::Debug for AsanaSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsanaSecret(..)")
    }
}

/// The secret with which Asana makes a new webhook: a POST with `X-Hook-Secret`, which wants the same field back.
///
/// **Nothing of it is signed: anybody can send one.** Take it only while you are making the webhook yourself, at a path that nobody can guess,
/// and never in place of a secret that you have. `Ok(None)` for a request without the field, and for one that is signed.
///
/// ```
/// use actix_web::{HttpRequest, HttpResponse, web};
/// use countersign_actix::handshake;
///
/// # fn is_being_made(_: &str) -> bool { true }
/// # fn keep(_: &str, _: &str) {}
/// async fn establish(request: HttpRequest, webhook: web::Path<String>) -> Result<HttpResponse, handshake::Error> {
///     match handshake::asana(request.headers())? {
///         Some(secret) if is_being_made(&webhook) => {
///             keep(&webhook, secret.expose());
///             Ok(secret.answer())
///         }
///         _ => Ok(HttpResponse::NotFound().finish()),
///     }
/// }
/// # let _ = web::post().to(establish);
/// ```
///
/// # Errors
/// When the field is there more than once, has fewer than [`Secret::MIN_LEN`] characters, or is none that can be given back.
pub fn asana(fields: &HeaderMap) -> Result<Option<AsanaSecret>, Error> {
    const NAME: &str = "X-Hook-Secret";
    let mut values = fields.get_all(&HOOK_SECRET);
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(_), None) if fields.contains_key(&HOOK_SIGNATURE) => return Ok(None),
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(Error::Repeated(NAME)),
    };
    let text = value.to_str().map_err(|_| Error::Unusable(NAME))?;
    let secret = AsanaSecret(Challenge::new(NAME, text.to_owned())?.into_secret());
    if secret.0.len() < Secret::MIN_LEN { Err(Error::Unusable(NAME)) } else { Ok(Some(secret)) }
}
