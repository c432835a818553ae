//! HTTP request signatures in actix-web: an extractor and a guard that load the caller's key through your callback and
//! verify the request.
//!
//! ```
//! use actix_web::{App, HttpServer, web};
//! use countersign::{Claim, Credential, KeyError, Secret, VerifyingKey};
//! use countersign_actix::{SignatureConfig, Signed};
//!
//! #[derive(Clone)]
//! struct Client { name: String }
//!
//! // Ask your database here. `Ok(None)` is an unknown key, `Err` a store that does not answer.
//! async fn load(claim: Claim) -> Result<Option<Credential<Client>>, KeyError> {
//!     let Some("alice") = claim.key_id().map(|id| id.as_str()) else { return Ok(None) };
//!     let secret = Secret::new("correct horse battery staple")?;
//!     Ok(Some(Credential::new(VerifyingKey::hmac_sha256(&secret), Client { name: "Alice".to_owned() })))
//! }
//!
//! async fn orders(request: Signed<web::Bytes, Client>) -> String {
//!     format!("Hello, {}: {} bytes", request.caller().name, request.len())
//! }
//!
//! # async fn serve() -> std::io::Result<()> {
//! let config = SignatureConfig::new(load);
//! HttpServer::new(move || App::new().app_data(config.clone()).route("/orders", web::post().to(orders)))
//!     .bind(("127.0.0.1", 8080))?
//!     .run()
//!     .await
//! # }
//! ```
//!
//! # What a refused request is answered with
//!
//! | status | when |
//! |---|---|
//! | 401 with `WWW-Authenticate: Signature` | no signature, or any that does not hold; the same to the byte whatever was wrong |
//! | 413 | a body over [`SignatureConfig::body_limit`], of a caller whose head is signed |
//! | 408 | a body that takes longer than [`SignatureConfig::body_deadline`] |
//! | 503 with `Retry-After` | the loader failed, or took longer than [`SignatureConfig::key_deadline`] |
//! | 500 | the route asks for a check that is not set up, or another extractor took the body first |
//! | 400 | the framework's own, and the inner extractor's |
//!
//! Why a request was refused is a [`tracing`] event with the cause, the scheme and the key id. The peer does not learn it.
//!
//! # Where to read on
//!
//! [`guide`] takes you from a first guarded scope to an API in production: keys, policies, bodies, proxies, tests.
//! [`receive_webhooks`] does the same for endpoints of providers that sign in layouts of their own.
//! [`coming_from_http_signature_normalization`] maps the concepts of that crate to those here.
//!
//! # What to know
//!
//! * **The target is actix-web's.** Middleware that rewrites it, such as `NormalizePath`, belongs inside of the guard: outside,
//!   what is checked is what it made of the request.
//! * **Upgrades.** What follows the head of an `Upgrade` or a `CONNECT` is no body and is not signed; behind the check it is gone,
//!   so a WebSocket needs a route of its own.
//! * **Compressed bodies.** What is signed and checked are the bytes of the wire. The inner extractor decodes them afterwards.

mod answer;
mod check;
mod config;
mod events;
mod extract;
mod fields;
mod guard;
pub mod handshake;
mod refusal;
pub mod testing;
mod unread;

#[doc = include_str!("../docs/guard-your-api.md")]
pub mod guide {}

#[doc = include_str!("../docs/receive-webhooks.md")]
pub mod receive_webhooks {}

#[doc = include_str!("../docs/coming-from-http-signature-normalization.md")]
pub mod coming_from_http_signature_normalization {}

pub use self::{
    answer::Answer,
    config::{ReplayProtection, SignatureConfig},
    extract::{Caller, MaybeSigned, Signed, SignedUnchecked},
    guard::{SignatureGuard, SignatureGuardService},
    refusal::Refusal,
    unread::Refused,
};
