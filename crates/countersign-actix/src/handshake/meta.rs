//! The verification requests of Meta's products.

use std::{fmt, sync::Arc};

use actix_web::HttpResponse;
use countersign::KeyError;
use ctutils::CtEq;
use zeroize::Zeroizing;

use super::{challenge::Challenge, error::Error, query};

/// Answers the verification requests of Meta's products, WhatsApp, Messenger, Instagram and others: a GET with `hub.mode`,
/// `hub.verify_token` and `hub.challenge`. The token is one that you chose and told Meta; it is compared in constant time, never shown,
/// and overwritten when dropped. Cheap to clone.
///
/// ```
/// use actix_web::{HttpRequest, HttpResponse, web};
/// use countersign_actix::handshake::{self, Meta};
///
/// async fn verify(request: HttpRequest, meta: web::Data<Meta>) -> Result<HttpResponse, handshake::Error> {
///     Ok(meta.answer(request.query_string())?.unwrap_or_else(|| HttpResponse::NotFound().finish()))
/// }
/// # let _ = web::get().to(verify);
///
/// let meta = Meta::new("meatyhamhock")?;
/// let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock";
/// assert_eq!(meta.answer(query)?.unwrap().status(), 200);
/// assert_eq!(meta.answer("hub.mode=subscribe&hub.challenge=1&hub.verify_token=x").err(), Some(handshake::Error::WrongToken));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Meta(Arc<Zeroizing<Vec<u8>>>);

impl Meta {
    /// Expects this token.
    ///
    /// # Errors
    /// When it is empty.
    pub fn new(verify_token: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let token = Zeroizing::new(verify_token.into());
        if token.is_empty() { Err(KeyError::EmptySecret) } else { Ok(Self(Arc::new(token))) }
    }

    /// The challenge as text, where the token is ours. `Ok(None)` for a query without `hub.mode`.
    ///
    /// # Errors
    /// [`Error::WrongToken`], a 403, for another token; else when the mode is not `subscribe`, or when a parameter is missing, there more
    /// than once, or a challenge that cannot be given back.
    pub fn answer(&self, query: &str) -> Result<Option<HttpResponse>, Error> {
        match query::optional(query, "hub.mode")? {
            None => return Ok(None),
            Some(mode) if mode == "subscribe" => {}
            Some(_) => return Err(Error::Unusable("hub.mode")),
        }
        let token = Zeroizing::new(query::required(query, "hub.verify_token")?);
        if !token.as_bytes().ct_eq(self.0.as_slice()).to_bool() {
            return Err(Error::WrongToken);
        }
        let challenge = query::required(query, "hub.challenge")?;
        Challenge::new("hub.challenge", challenge).map(|challenge| Some(challenge.echo()))
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meta(..)")
    }
}
