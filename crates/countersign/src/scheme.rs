//! The joint: what a signature scheme is, and the neutral records that pass through it.
//!
//! A scheme reads and writes its own layout and nothing else. It holds no key, takes no MAC and reads no clock; what it
//! found, or what it wants written, goes through in the records of this module, which know of no particular scheme.

mod parsed;
mod parts;
mod unsigned;

use std::fmt;

#[cfg(feature = "json")]
pub(crate) use self::parts::json::text_at as json_text;
pub use self::{
    parsed::Parsed,
    parts::{SignatureField, SignatureParts},
    unsigned::{Place, Unsigned},
};
pub(crate) use self::{
    parsed::{Delivery, SignedTimes, StatedAlgorithm},
    unsigned::{Gap, Slot},
};
use crate::{
    component::CoveredComponents,
    coverage::Coverage,
    error::{SignError, VerifyError},
    key::{KeyId, KeyMetadata},
    request::Request,
    scheme_name::SchemeName,
    time::UnixTime,
};

pub(crate) mod sealed {
    /// Schemes are written here: a scheme that does not cover what it reports would pass for one that does.
    pub trait Sealed {}
}

/// How a scheme protects the body, which decides what is read first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyUse {
    /// The head carries a digest of it: the head is verified before any of the body is read.
    Digest,
    /// It is signed directly, or carries the signature: it is read first, under its limit.
    Signed,
}

/// A signature scheme: the one joint between the flows of this crate and a layout on the wire.
///
/// Sealed; its members are [`Cavage`](crate::Cavage) and [`Webhook`](crate::webhook::Webhook).
pub trait Scheme: sealed::Sealed + fmt::Debug + Send + Sync + 'static {
    /// What the scheme is called.
    fn name(&self) -> SchemeName;

    /// How the scheme protects the body.
    fn body_use(&self) -> BodyUse;

    /// The most signatures that one request has room for, each of a key of its own.
    fn most_signatures(&self) -> usize;

    /// What a signer covers unless it is told otherwise.
    fn coverage(&self) -> Coverage;

    /// What a scheme writes for these keys whatever the request, prepared once for all of them.
    fn fixed_text(&self, keys: &[KeyMetadata]) -> String;

    /// Lays out what is to be signed and where the signatures go.
    ///
    /// # Errors
    /// When the request lacks what is to be covered.
    fn prepare<'r>(
        &self,
        request: &Request<'r>,
        params: &SigningParams<'_>,
        now: UnixTime,
    ) -> Result<Unsigned<'r>, SignError>;

    /// The key id that a request claims, as far as it can be read: for the log, when the request is refused before its keys
    /// are asked for.
    fn claimed_key_id(&self, request: &Request<'_>) -> Option<KeyId>;

    /// Where a request is signed in this scheme; `None` when it is not signed in it at all.
    ///
    /// # Errors
    /// When it is signed in more than one place.
    fn place(&self, request: &Request<'_>) -> Result<Option<Place>, VerifyError>;

    /// The value of `WWW-Authenticate` (RFC 9110 section 11.6.1) that asks for a signature over these components. `realm` is
    /// the inside of a quoted string.
    fn challenge(&self, realm: &str, components: &str) -> String;

    /// The components that the only challenge of this scheme asks for, among all values of `WWW-Authenticate` of one answer. `None`
    /// where there is none that asks for any, and where anything about the values is unclear; so it is in a scheme that knows of no
    /// challenge.
    fn asked_for(&self, challenges: &mut dyn Iterator<Item = &[u8]>) -> Option<CoveredComponents> {
        let _ = challenges;
        None
    }

    /// Reads what a request claims into an empty claim, in place: it is large, and moving it costs as much as reading it. `usual` lists coverages that are expected often; a scheme may recognise them as a
    /// whole instead of reading them name by name, with the same result.
    ///
    /// # Errors
    /// When there is no signature, or when anything about it is unclear.
    fn parse(&self, request: &Request<'_>, usual: &[CoveredComponents], parsed: &mut Parsed)
    -> Result<(), VerifyError>;
}

/// What a signer tells its scheme.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SigningParams<'a> {
    /// The keys that will sign, in order. A scheme with room for one signature takes one.
    pub keys: &'a [KeyMetadata],
    /// What to cover.
    pub coverage: &'a Coverage,
    /// When the signature is to expire, where the scheme can say so and the coverage wants it said.
    pub expires: UnixTime,
    /// What the scheme prepared for these keys: [`Scheme::fixed_text`].
    pub prepared: &'a str,
}

impl<'a> SigningParams<'a> {
    pub(crate) const fn new(
        keys: &'a [KeyMetadata],
        coverage: &'a Coverage,
        expires: UnixTime,
        prepared: &'a str,
    ) -> Self {
        Self { keys, coverage, expires, prepared }
    }
}

#[cfg(test)]
mod tests;
