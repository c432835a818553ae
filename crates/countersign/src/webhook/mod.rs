//! Webhooks and other requests that are signed with a shared secret in a layout of their own.
//!
//! A layout is data: a [`Spec`] that you write, in Rust or in a file, or one of the [`Preset`]s. [`Webhook`] is a layout that
//! works, and a scheme like [`Cavage`](crate::Cavage): the same signer, verifier, keys and answers serve it.
//!
//! ```
//! use countersign::{Request, Signer, UnixTime, webhook::Webhook};
//!
//! let stripe = Webhook::preset("stripe")?;
//! let body = br#"{"type":"charge.succeeded"}"#;
//! let now = UnixTime::from_secs(1_700_000_000);
//!
//! // The sender ...
//! let signer = Signer::new(stripe.clone(), stripe.signing_key("k1", "whsec_test_secret")?);
//! let mut fields = vec![("host".to_owned(), b"shop.example".to_vec())];
//! let parts = signer.sign(&Request::new("POST", "/hooks", &fields).with_body(body), now)?;
//! fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
//!
//! // ... and the receiver.
//! let verifier = stripe.verifier();
//! let unverified = verifier.begin(&Request::new("POST", "/hooks", &fields).with_body(body), now)?;
//! let verified = unverified.verify(&[stripe.verifying_key("whsec_test_secret")?], body)?;
//! assert_eq!(verified.scheme().as_str(), "stripe");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What no layout can express are schemes in which the request itself names what is signed, tokens with a hash of the body in them, keys that are
//! fetched from a URL in the message, and signatures over several parts of one body.

mod check;
mod clock;
mod compile;
mod cover;
mod error;
mod guard;
mod key;
mod layout;
mod message;
mod pairs;
mod plan;
mod preset;
mod presets;
mod read;
mod spec;
mod template;
mod url;
mod view;
mod weakness;
mod write;

use std::sync::Arc;

use self::plan::Plan;
pub use self::{
    error::{Weakness, WebhookError},
    preset::{Evidence, Preset},
    spec::{
        At, Blank, BodyHash, DigestSpec, Escape, IdSpec, KeyText, Layout, Mac, PairsOf, PairsSpec, Piece, Repeated,
        SignatureEncoding, SignatureSpec, Sort, Spec, TextEncoding, TimeFormat, TimeSpec,
    },
    url::{PublicUrl, UrlCandidates, UrlForm},
};
use crate::{
    component::CoveredComponents,
    coverage::Coverage,
    error::{SignError, VerifyError},
    key::{KeyId, KeyMetadata},
    request::Request,
    scheme::{BodyUse, Parsed, Place, Scheme, SigningParams, Unsigned, sealed::Sealed},
    scheme_name::SchemeName,
    time::UnixTime,
};

/// A webhook's layout that works, for its sender and its receiver; cheap to clone.
#[derive(Clone, Debug)]
pub struct Webhook {
    plan: Arc<Plan>,
}

impl Webhook {
    /// Takes a layout in, under the name that stands in logs and that keys are bound to.
    ///
    /// # Errors
    /// When it cannot work, or protects too little to be taken without [`Spec::dangerous`].
    pub fn new(name: &str, spec: Spec) -> Result<Self, WebhookError> {
        compile::compile(name, spec).map(|plan| Self { plan: Arc::new(plan) })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> SchemeName {
        self.plan.name.clone()
    }

    /// The layout as it was given.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.plan.spec
    }

    /// The greatest age and how far ahead of the clock, both in seconds; `None` where nothing says when a request was signed.
    #[must_use]
    pub fn tolerance(&self) -> Option<(u64, u64)> {
        self.plan.time.as_ref().map(|time| (time.past, time.future))
    }

    /// What it signs.
    #[must_use]
    pub fn covers(&self) -> Coverage {
        self.plan.coverage.clone()
    }
}

impl Sealed for Webhook {}

impl Scheme for Webhook {
    fn name(&self) -> SchemeName {
        self.plan.name.clone()
    }

    fn body_use(&self) -> BodyUse {
        BodyUse::Signed
    }

    fn most_signatures(&self) -> usize {
        self.plan.room()
    }

    fn coverage(&self) -> Coverage {
        self.plan.coverage.clone()
    }

    fn fixed_text(&self, _: &[KeyMetadata]) -> String {
        String::new()
    }

    fn prepare<'r>(
        &self,
        request: &Request<'r>,
        params: &SigningParams<'_>,
        now: UnixTime,
    ) -> Result<Unsigned<'r>, SignError> {
        self.plan.prepare(request, params, now)
    }

    fn claimed_key_id(&self, request: &Request<'_>) -> Option<KeyId> {
        self.plan.claimed_key_id(request)
    }

    fn place(&self, request: &Request<'_>) -> Result<Option<Place>, VerifyError> {
        self.plan.place(request)
    }

    /// Providers know of no challenge, and RFC 9110 section 15.5.2 demands one.
    fn challenge(&self, realm: &str, _: &str) -> String {
        format!("Webhook realm=\"{realm}\"")
    }

    fn parse(&self, request: &Request<'_>, _: &[CoveredComponents], parsed: &mut Parsed) -> Result<(), VerifyError> {
        self.plan.parse(request, parsed)
    }
}

#[cfg(test)]
mod tests;
