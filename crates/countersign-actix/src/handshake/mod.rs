//! What providers of webhooks ask of an endpoint before they send to it: answers by rule, which are no signatures.
//!
//! | provider | asks | answer | signed |
//! |---|---|---|---|
//! | Slack | `url_verification` in the body | [`slack`] | as any event |
//! | Twitch | `webhook_callback_verification` in a field | [`twitch`] | as any event |
//! | Zoom | `endpoint.url_validation` in the body | [`Zoom`] | as any event |
//! | Meta, WhatsApp | `hub.challenge` in the query of a GET | [`Meta`] | no: a token that you chose |
//! | X | `crc_token` in the query of a GET | [`X`] | no |
//! | Dropbox | `challenge` in the query of a GET | [`dropbox`] | no |
//! | Asana | `X-Hook-Secret` | [`asana`] | no |
//! | Xero | nothing of its own, see below | | right and wrong |
//!
//! Each gives `Ok(None)` for a request that is no handshake: go on with it. What is signed as any event belongs behind the check, with
//! the body of [`Signed`](crate::Signed); what is not signed needs a route of its own, or [`MaybeSigned`](crate::MaybeSigned).
//!
//! ```
//! use actix_web::{HttpResponse, web};
//! use countersign_actix::{Signed, handshake};
//!
//! async fn events(event: Signed<web::Bytes>) -> Result<HttpResponse, handshake::Error> {
//!     if let Some(answer) = handshake::slack(&event)? {
//!         return Ok(answer);
//!     }
//!     // The event itself.
//!     Ok(HttpResponse::Ok().finish())
//! }
//! # let _ = web::post().to(events);
//! ```
//!
//! # What is given back
//!
//! A challenge that anybody can send comes back to whoever sent it, so it must be of no use to them. It has at most
//! [`MAX_CHALLENGE`] characters, letters, digits and `-._~+/=`, none of which makes markup; and it goes out as `text/plain` with
//! `X-Content-Type-Options: nosniff`. The same rule keeps [`X`] and [`Zoom`] from signing events for anybody: they use one secret for
//! their challenges and for their events, and no object of JSON is made of these characters. A token that is another value of JSON, such as
//! `123` or `true`, or a pair of a form is refused as well. What is left can still be sent as a signed body by anybody: let the handlers of
//! events take objects of JSON and nothing else.
//!
//! # Xero
//!
//! Its "intent to receive" is a series of requests, some signed rightly and some not, which want 200 and 401. The check gives both. Xero
//! wants no body in either, so take the one of the 401 away:
//!
//! ```
//! use actix_web::HttpResponse;
//! # use countersign::StaticKeys;
//! # use countersign_actix::SignatureConfig;
//! # let config = SignatureConfig::new(StaticKeys::<()>::new());
//! let config = config.answer(|refused| HttpResponse::new(refused.status()));
//! # let _ = config;
//! ```

mod asana;
mod challenge;
mod dropbox;
mod error;
mod mac;
mod meta;
mod query;
mod slack;
mod twitch;
mod x;
mod zoom;

pub use self::{
    asana::{AsanaSecret, asana},
    challenge::MAX_CHALLENGE,
    dropbox::dropbox,
    error::Error,
    meta::Meta,
    slack::slack,
    twitch::twitch,
    x::X,
    zoom::Zoom,
};

#[cfg(test)]
mod tests;
