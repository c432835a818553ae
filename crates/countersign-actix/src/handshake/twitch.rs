//! Twitch's `webhook_callback_verification`.

use actix_web::{
    HttpResponse,
    http::header::{HeaderMap, HeaderName},
};
use serde::Deserialize;

use super::{challenge::Challenge, error::Error};

static MESSAGE_TYPE: HeaderName = HeaderName::from_static("twitch-eventsub-message-type");

#[derive(Deserialize)]
struct Verification {
    challenge: Option<String>,
}

/// The answer to Twitch's `webhook_callback_verification`, with which it makes sure of a callback: the challenge as text.
///
/// Twitch signs it as it signs any event, so this belongs behind the check. The field that names it is not signed; the challenge in the body
/// is. `Ok(None)` for any other message.
///
/// ```
/// use actix_web::test::TestRequest;
/// use countersign_actix::handshake::twitch;
///
/// let request = TestRequest::post()
///     .insert_header(("Twitch-Eventsub-Message-Type", "webhook_callback_verification"))
///     .to_http_request();
/// let body = br#"{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{}}"#;
/// assert!(twitch(request.headers(), body)?.is_some());
/// # Ok::<(), countersign_actix::handshake::Error>(())
/// ```
///
/// # Errors
/// When it is one without a challenge that can be given back, or when the message has two types.
pub fn twitch(fields: &HeaderMap, body: &[u8]) -> Result<Option<HttpResponse>, Error> {
    let mut types = fields.get_all(&MESSAGE_TYPE);
    match (types.next(), types.next()) {
        (Some(only), None) if only == "webhook_callback_verification" => {}
        (_, None) => return Ok(None),
        (_, Some(_)) => return Err(Error::Repeated("Twitch-Eventsub-Message-Type")),
    }
    let Verification { challenge } = serde_json::from_slice(body).map_err(|_| Error::Unusable("challenge"))?;
    let challenge = challenge.ok_or(Error::Missing("challenge"))?;
    Challenge::new("challenge", challenge).map(|challenge| Some(challenge.echo()))
}
