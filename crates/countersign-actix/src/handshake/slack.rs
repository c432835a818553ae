//! Slack's `url_verification`.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::{challenge::Challenge, error::Error};

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct UrlVerification {
    challenge: Option<String>,
}

/// The answer to Slack's `url_verification`, with which it makes sure of a request URL: the challenge as text.
///
/// Slack signs it as it signs any event, so this belongs behind the check. `Ok(None)` for any other body.
///
/// ```
/// use countersign_actix::handshake::slack;
///
/// let body = br#"{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV","type":"url_verification"}"#;
/// assert!(slack(body)?.is_some());
/// assert!(slack(br#"{"type":"event_callback","event":{}}"#)?.is_none());
/// # Ok::<(), countersign_actix::handshake::Error>(())
/// ```
///
/// # Errors
/// When it is one without a challenge that can be given back.
pub fn slack(body: &[u8]) -> Result<Option<HttpResponse>, Error> {
    match serde_json::from_slice::<Event>(body) {
        Ok(event) if event.kind == "url_verification" => {}
        _ => return Ok(None),
    }
    let UrlVerification { challenge } = serde_json::from_slice(body).map_err(|_| Error::Unusable("challenge"))?;
    let challenge = challenge.ok_or(Error::Missing("challenge"))?;
    Challenge::new("challenge", challenge).map(|challenge| Some(challenge.echo()))
}
