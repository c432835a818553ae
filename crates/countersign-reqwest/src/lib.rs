//! HTTP request signatures with reqwest: a client that signs, a middleware for a client of your own, and one call for those who use neither.
//!
//! # A client
//!
//! ```
//! use countersign::{Cavage, Secret, Signer, SigningKey};
//!
//! let secret = Secret::new("correct horse battery staple")?;
//! let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
//! let client = countersign_reqwest::client(signer)?;
//! // client.get("https://api.example/orders").send().await?
//! # let _ = client;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It follows redirects itself and signs each request on the way anew, but never for a [stranger](Redirects). Timeouts, TLS, retries and
//! the like go into [`SigningClientBuilder`]; which keys sign, and what becomes of answers that ask for another attempt, into [`Signing`]:
//!
//! * [`Keychain`]: several APIs, each with its keys, scheme and dialect; no key signs for an origin that it is not meant for.
//! * [`Keys::remote`]: keys in a KMS or an HSM, through a [`KeyService`].
//! * A [`RingSigner`](countersign::RingSigner) in place of the `Signer`: keys that change while requests are on their way.
//! * [`ClockCorrection`]: this machine's clock is wrong, and a server shows it.
//! * [`Signing::answering_challenges`]: a server asks for more to be covered.
//! * [`Signing::collecting_streams`]: multipart forms, and other bodies that are not at hand.
//!
//! # As middleware
//!
//! ```
//! use countersign::{Cavage, Secret, Signer, SigningKey};
//! use countersign_reqwest::{Redirects, Signing, SigningMiddleware};
//! use reqwest_middleware::ClientBuilder;
//!
//! let secret = Secret::new("correct horse battery staple")?;
//! let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
//!
//! // What reqwest follows by itself carries the first request's signature along: leave it to the middleware.
//! let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
//! let signing = Signing::new(signer).following(Redirects::default());
//! let client = ClientBuilder::new(http).with(SigningMiddleware::new(signing)).build();
//! // client.get("https://api.example/orders").send().await?
//! # let _ = client;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # One call
//!
//! ```
//! use countersign::{Cavage, Secret, Signer, SigningKey};
//!
//! let secret = Secret::new("correct horse battery staple")?;
//! let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
//!
//! let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
//! let mut request = http.post("http://api.example/orders?page=2").body("{}").build()?;
//! countersign_reqwest::sign(&mut request, &signer)?;
//! assert!(request.headers().contains_key("signature"));
//! assert!(request.headers().contains_key("digest"));
//! // http.execute(request).await?
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What to know
//!
//! * **Redirects.** A reqwest client that follows them by itself does so below any middleware and behind any call: it takes the old signature along to
//!   the new target, where it does not hold, and hands `Signature` and `Digest` to other hosts. [`client()`] turns that off; for a client of
//!   your own use [`redirect::Policy::none()`](reqwest::redirect::Policy::none), as above. A middleware that sees it happen leaves a warning.
//! * **Retries.** The signature is made last of all, so that each attempt carries a date and a signature of its own: add a retry through
//!   [`SigningClientBuilder::with`], or before [`SigningMiddleware`]: added behind it, a retry sends the same signature again. So does what reqwest
//!   retries [by itself](reqwest::ClientBuilder::retry); unless you say otherwise it does that only where the server has not seen the request.
//!   `reqwest-retry` does not try a request again that could not be signed, and wraps its [`ClientError`] in an error of its own.
//! * **Default headers.** Those of [`reqwest::ClientBuilder::default_headers`] are added after a request was signed, and to whatever
//!   origin a redirect leads to; so are its `Accept` and `User-Agent`. Those of [`SigningClientBuilder::default_headers`] are there before,
//!   and can be covered.
//! * **A `Host` of your own** has to be the URL's over HTTP/2, where both go over the wire.
//! * **Streams.** The digest of a body that is a stream has to be given ahead, in a `Digest` field; without one the request is
//!   not sent, unless streams are [collected](Signing::collecting_streams). reqwest makes a stream of every multipart form. A stream cannot
//!   be sent twice: where a server redirects with 307 or answers 401, that is the answer, unless it was collected. A retry around the signature
//!   sees the stream before it is collected: `reqwest-retry` fails then, and nothing is sent. Give it a body that is at hand.
//! * **Time limits.** One that is set on a request holds for all that this crate makes of it, collecting its body included, but for what a
//!   [`KeyService`] takes; each attempt of a retry begins anew. One that is set on the client holds for each request that is sent.
//! * **A `Date` of your own** is signed as it is, on each attempt anew.
//! * **Signatures in the query.** A URL is no secret to logs, and reqwest's own errors show it. It is signed and sent byte for byte as
//!   it is; a query that the URL would spell otherwise is an error.
//! * **Signatures in the body.** A form or a JSON body has to be at hand, and a form that is not empty has to say so in `Content-Type`.
//!   `Content-Length` and the digests are the client's and the scheme's to set: a field of yours that would be wrong about the new body is
//!   an error.
//! * **Proxies of your own.** What is signed is the request as it leaves this client. Whatever changes its host, path or
//!   covered fields on the way makes the signature wrong, which is its purpose.
//!
//! # Programs without a runtime
//!
//! The feature `blocking` adds the module `blocking`: the same settings on `reqwest::blocking`. For hyper and others there is
//! `countersign-http`, which signs a plain [`http::Request`].

#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
mod clock;
mod error;
mod events;
mod exchange;
mod keychain;
mod keys;
mod message;
mod middleware;
mod origin;
mod redirect;
mod sign;
mod signing;

pub use countersign_http::{Error, KeyService};

pub use self::{
    client::{SigningClientBuilder, client},
    clock::ClockCorrection,
    error::ClientError,
    keychain::Keychain,
    keys::Keys,
    middleware::SigningMiddleware,
    origin::{InvalidOrigin, Origin},
    redirect::Redirects,
    sign::{sign, sign_at, sign_remotely},
    signing::Signing,
};
