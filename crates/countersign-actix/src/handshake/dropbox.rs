//! Dropbox's verification request.

use actix_web::HttpResponse;

use super::{challenge::Challenge, error::Error, query};

/// The answer to Dropbox's verification request, the GET with which it makes sure of a webhook: the challenge as text.
///
/// Nothing of it is signed: anybody gets an answer, and learns nothing by it. `Ok(None)` for a query without a challenge.
///
/// ```
/// use actix_web::{HttpRequest, HttpResponse, web};
/// use countersign_actix::handshake;
///
/// async fn verify(request: HttpRequest) -> Result<HttpResponse, handshake::Error> {
///     Ok(handshake::dropbox(request.query_string())?.unwrap_or_else(|| HttpResponse::NotFound().finish()))
/// }
/// # let _ = web::get().to(verify);
/// assert!(handshake::dropbox("challenge=abc123")?.is_some());
/// # Ok::<(), handshake::Error>(())
/// ```
///
/// # Errors
/// When there are several challenges, or one that cannot be given back.
pub fn dropbox(query: &str) -> Result<Option<HttpResponse>, Error> {
    let Some(challenge) = query::optional(query, "challenge")? else { return Ok(None) };
    Challenge::new("challenge", challenge).map(|challenge| Some(challenge.echo()))
}
