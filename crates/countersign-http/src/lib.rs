//! HTTP request signatures for whatever sends an [`http::Request`]: hyper, tower, a client of your own.
//!
//! ```
//! use countersign::{Cavage, Secret, Signer, SigningKey};
//!
//! let secret = Secret::new("correct horse battery staple")?;
//! let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
//!
//! let mut request = http::Request::post("http://api.example/orders?page=2").body(b"{}".to_vec())?;
//! countersign_http::sign(&mut request, &signer)?;
//! assert!(request.headers().contains_key("signature"));
//! assert!(request.headers().contains_key("digest"));
//! // client.request(request.map(|body| Full::new(Bytes::from(body)))).await?
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What to know
//!
//! * **Sign last**, and for each attempt anew: a request that is sent again needs a date and a signature of its own, and so does one that
//!   follows a redirect. `countersign-reqwest` does both by itself.
//! * **The host** is that of the URI, unless the request has a `Host` field. Over HTTP/2 that field has to say what the URI says, and hyper sends
//!   a URI as it is spelt. What HTTP/1.1 changes in it is signed as changed, so spell it as it is sent: no port that is the scheme's own, no user
//!   (`http://user@host/`), and a slash before the query (`http://host/?a`).
//! * **Streams.** A head alone is signed as an [`Outgoing`] of your own, whose [`body`](Outgoing::body) is `None`; the digest has to be in
//!   its fields.
//! * **Keys in a KMS or an HSM** sign through [`sign_remotely`].
//!
//! A server that has the head of a request in an [`http::HeaderMap`] verifies it with [`HeaderFields`] and the core's
//! [`Verifier`](countersign::Verifier).

mod apply;
mod error;
mod fields;
mod outgoing;
mod remote;
mod sign;

pub use self::{
    apply::apply,
    error::Error,
    fields::HeaderFields,
    outgoing::Outgoing,
    remote::{KeyService, sign_remotely, sign_remotely_at},
    sign::{sign, sign_at, with_head},
};
