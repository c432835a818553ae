//! Zoom's `endpoint.url_validation`.

use std::{
    fmt::{self, Write},
    sync::Arc,
};

use actix_web::HttpResponse;
use countersign::KeyError;
use serde::{Deserialize, Serialize};

use super::{
    challenge::{Token, json},
    error::Error,
    mac::ChallengeMac,
};

#[derive(Deserialize)]
struct Event {
    event: String,
}

#[derive(Deserialize)]
struct UrlValidation {
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "plainToken")]
    plain_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tokens<'a> {
    plain_token: &'a str,
    encrypted_token: String,
}

/// Answers Zoom's `endpoint.url_validation`, with which it makes sure of an endpoint when that is set up, and every 72 hours. The key is the
/// app's secret token, which is never shown, and overwritten when dropped. Cheap to clone.
///
/// Zoom signs it as it signs any event, with the same secret, so this belongs behind the check. A token that could be a signed event is
/// refused all the same, as [`X`](crate::handshake::X) refuses it.
///
/// ```
/// use countersign_actix::handshake::Zoom;
///
/// let zoom = Zoom::new("correct horse battery staple")?;
/// let body = br#"{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680,"event":"endpoint.url_validation"}"#;
/// // {"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"7d2c08c7fae9c1c8613a22d702d023e8378c18e68045f330003e109352b6b9c8"}
/// assert!(zoom.answer(body)?.is_some());
/// assert!(zoom.answer(br#"{"event":"meeting.started"}"#)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Zoom(Arc<ChallengeMac>);

impl Zoom {
    /// Answers with the app's secret token.
    ///
    /// # Errors
    /// When it has fewer than [`Secret::MIN_LEN`](countersign::Secret::MIN_LEN) bytes.
    pub fn new(secret_token: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        ChallengeMac::new(secret_token).map(|mac| Self(Arc::new(mac)))
    }

    /// The token and its MAC as JSON. `Ok(None)` for any other body.
    ///
    /// # Errors
    /// When it is one without a token that is a challenge.
    pub fn answer(&self, body: &[u8]) -> Result<Option<HttpResponse>, Error> {
        match serde_json::from_slice::<Event>(body) {
            Ok(Event { event }) if event == "endpoint.url_validation" => {}
            _ => return Ok(None),
        }
        let validation: UrlValidation = serde_json::from_slice(body).map_err(|_| Error::Unusable("plainToken"))?;
        let token = validation.payload.plain_token.ok_or(Error::Missing("plainToken"))?;
        let token = Token::new("plainToken", token)?;
        let mut encrypted_token = String::new();
        for byte in self.0.of(&token).as_ref() {
            // A string takes all that is written to it.
            let _ = write!(encrypted_token, "{byte:02x}");
        }
        Ok(Some(json(&Tokens { plain_token: token.as_str(), encrypted_token })))
    }
}

impl fmt::Debug for Zoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zoom(..)")
    }
}
