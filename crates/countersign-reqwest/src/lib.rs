//! HTTP request signatures with reqwest: a middleware that signs, and one call for those who use no middleware.
//!
//! # One call
//!
//! ```
//! use countersign::{Cavage, Secret, Signer, SigningKey};
//!
//! let secret = Secret::new("correct horse battery staple")?;
//! let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
//!
//! let client = reqwest::Client::new();
//! let mut request = client.post("http://api.example/orders?page=2").body("{}").build()?;
//! countersign_reqwest::sign(&mut request, &signer)?;
//! assert!(request.headers().contains_key("signature"));
//! assert!(request.headers().contains_key("digest"));
//! // client.execute(request).await?
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # As middleware
//!
//! ```
//! use countersign::{Cavage, Secret, Signer, SigningKey};
//! use countersign_reqwest::SigningMiddleware;
//! use reqwest_middleware::ClientBuilder;
//!
//! let secret = Secret::new("correct horse battery staple")?;
//! let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
//!
//! // Redirects are followed below any middleware, with the signature of the first request: do not let reqwest follow.
//! let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
//! let client = ClientBuilder::new(client).with(SigningMiddleware::new(signer)).build();
//! // client.get("https://api.example/orders").send().await?
//! # let _ = client;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Keys in a KMS or an HSM
//!
//! [`SigningMiddleware::remote`] and [`sign_remotely`] ask a [`KeyService`] for each signature and hold no key themselves.
//!
//! # Keys that change
//!
//! [`SigningMiddleware::with_ring`] signs each request with the keys that a [`SharedKeyRing`](countersign::SharedKeyRing) has at that
//! moment.
//!
//! # What to know
//!
//! * **Sign last.** The middleware belongs innermost, added after every other: after retry, so that each attempt carries a date
//!   and a signature of its own, and after whatever else changes the request.
//! * **Redirects.** reqwest follows them below the middleware. It takes the old signature along to the new target, where it
//!   does not hold, and hands `Signature` and `Digest` to other hosts. Build the client with
//!   [`redirect::Policy::none()`](reqwest::redirect::Policy::none), as above.
//! * **Default headers.** Those of [`ClientBuilder::default_headers`](reqwest::ClientBuilder::default_headers) are added
//!   after the middleware has run. Set a header that is to be covered, `Content-Type` above all, on the request.
//! * **Streams.** The digest of a body that is a stream has to be given ahead, in a `Digest` field; without one the request is
//!   not sent.
//! * **Signatures in the query.** A URL is no secret to logs, and reqwest's own errors show it. It is signed and sent byte for byte as
//!   it is; a query that the URL would spell otherwise is an error.
//! * **Signatures in the body.** A form or a JSON body has to be at hand, and a form that is not empty has to say so in `Content-Type`. `Content-Length` and the digests are the client's and the
//!   scheme's to set: a field of yours that would be wrong about the new body is an error.
//! * **Proxies of your own.** What is signed is the request as it leaves this client. Whatever changes its host, path or
//!   covered fields on the way makes the signature wrong, which is its purpose.

mod apply;
mod error;
mod fields;
mod middleware;
mod remote;
mod sign;

pub use self::{
    error::Error,
    middleware::SigningMiddleware,
    remote::{KeyService, sign_remotely},
    sign::{sign, sign_at},
};
