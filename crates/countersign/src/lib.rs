//! HTTP request signatures: the core that the client and the server sides share.
//!
//! It turns a request into the bytes that are signed, signs and verifies them, and judges what was covered and when. It
//! does no I/O, reads no clock and names no HTTP library: `countersign-reqwest` and `countersign-actix` do, on top of it.
//!
//! # Signing
//!
//! ```
//! use countersign::{Cavage, Request, Secret, Signer, SigningKey, UnixTime};
//!
//! let secret = Secret::new("correct horse battery staple")?;
//! let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
//!
//! let fields = [("host", "api.example")];
//! let request = Request::new("GET", "/orders?page=2", &fields).with_body(b"");
//! let parts = signer.sign(&request, UnixTime::from_secs(784_111_777))?;
//! for field in &parts.fields {
//!     println!("{}: {}", field.name, String::from_utf8_lossy(&field.value));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Verifying
//!
//! ```
//! use countersign::{Cavage, Policy, Request, Secret, UnixTime, Verifier, VerifyingKey};
//!
//! let secret = Secret::new("correct horse battery staple")?;
//! let verifier = Verifier::new(Cavage::new(), Policy::default());
//!
//! let fields = [
//!     ("host", "api.example"),
//!     ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
//!     ("signature", concat!(
//!         r#"keyId="alice",algorithm="hmac-sha256",headers="(request-target) host date","#,
//!         r#"signature="HxXS/HZtZeCqgOzK3h/+OH5G1uwgFWGDQ/mmC44XzUg=""#)),
//! ];
//! let request = Request::new("GET", "/orders?page=2", &fields);
//! let unverified = verifier.begin(&request, UnixTime::from_secs(784_111_780))?;
//! // Load the keys of `unverified.key_id()` here, and wait for them as you like.
//! let verified = unverified.verify(&[VerifyingKey::hmac_sha256(&secret)], b"")?;
//! assert_eq!(verified.key_id().unwrap().as_str(), "alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

//!
//! # Public and private keys
//!
//! RSA, ECDSA and Ed25519 come with the feature `asymmetric`, which adds constructors and changes nothing else:
//! `SigningKey::from_pem` and `VerifyingKey::from_pem` read PKCS#8, PKCS#1, SEC 1, SPKI and certificates. The algorithm is part of
//! the key; a request may state it and is refused when it states another. A key that never leaves a KMS or an HSM signs in two
//! steps: [`Signer::for_remote_keys`].
//!
//! # Where a signature goes
//!
//! Signing gives [`SignatureParts`]: fields to set, and pairs or values for the query, a form or a JSON body.
//! [`SignatureParts::target`] and [`SignatureParts::body`] set the latter without touching any other byte; JSON takes the feature `json`.
//!
//! # Webhooks
//!
//! Requests that are signed with a shared secret in a layout of their own, such as those of Stripe and GitHub, are a scheme beside
//! [`Cavage`]: [`webhook`]. The feature `serde` reads such layouts from TOML and the like, `json` serves those with a part of the signature
//! in a JSON body. [`KeyRing`] holds the keys of either scheme while they are changed over.
//!
//! # Dialects
//!
//! ```
//! use countersign::{Dialect, Verifier};
//!
//! let fediverse = Dialect::named("fediverse").unwrap();
//! let verifier = Verifier::new(fediverse.scheme(), fediverse.policy());
//! # let _ = verifier;
//! for dialect in Dialect::ALL {
//!     println!("{}: {}", dialect.name(), dialect.about());
//! }
//! ```

mod algorithm;
mod authority;
mod bytes;
mod cavage;
mod component;
mod coverage;
mod crypto;
mod dialect;
mod digest;
mod ecdsa_form;
mod error;
mod field;
mod fingerprint;
mod hop;
mod key;
mod keyring;
mod loader;
mod policy;
mod replay;
mod request;
mod ring_loader;
mod ring_signer;
mod scheme;
mod scheme_name;
mod secret;
mod sign;
mod signature;
mod signature_base;
mod time;
mod verifier;
mod verify;
pub mod webhook;
mod webhook_policy;

pub use self::{
    algorithm::{Algorithm, DigestAlgorithm},
    authority::{Authority, InvalidAuthority},
    cavage::{Cavage, Dialect, SignatureParameters, Switch},
    component::{Component, ComponentError, CoveredComponents, MAX_COMPONENTS},
    coverage::{Coverage, When},
    digest::{content_digest_field, digest_field},
    error::{KeyError, SignError, VerifyError},
    field::{FieldName, InvalidFieldName, WellKnown},
    fingerprint::Fingerprint,
    key::{KeyId, KeyMetadata, SigningKey, VerifyingKey},
    keyring::{
        KeyRing, KeyState, OnActivate, RingError, RingKeeper, RingKey, RingKeyInfo, RingKeys, RingPolicy,
        SharedKeyRing, SignWith, UpdateError,
    },
    loader::{Claim, Credential, KeyLoader, StaticKeys},
    policy::Policy,
    replay::{Acceptance, MemoryReplayStore, ReplayStore, Reserved, StoreIsFull, Ticket},
    request::{Fields, Request},
    ring_loader::{RingCaller, RingLoader},
    ring_signer::RingSigner,
    scheme::{BodyUse, Parsed, Place, Scheme, SignatureField, SignatureParts, SigningParams, Unsigned},
    scheme_name::SchemeName,
    secret::Secret,
    sign::Signer,
    signature::Signature,
    time::UnixTime,
    verifier::Verifier,
    verify::{DeliveryId, HeadVerified, Unverified, Verified},
};
