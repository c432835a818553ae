//! The joint: what a signature scheme is, and the neutral records that pass through it.
//!
//! A scheme reads and writes its own layout and nothing else. It holds no key, takes no MAC and reads no clock; what it
//! found, or what it wants written, goes through in the records of this module, which know of no particular scheme.

use std::{borrow::Cow, fmt};

use smallvec::SmallVec;

use crate::{
    algorithm::Algorithm,
    component::CoveredComponents,
    coverage::Coverage,
    digest::ExpectedDigests,
    error::{SignError, VerifyError},
    field::FieldName,
    key::{KeyId, KeyMetadata},
    request::Request,
    signature::{Encoding, Signature, SignatureForm},
    signature_base::SignatureBase,
    time::UnixTime,
};

pub(crate) mod sealed {
    /// Schemes are written here: a scheme that does not cover what it reports would pass for one that does.
    pub trait Sealed {}
}

/// The name of a scheme, as it stands in logs and in a [`Claim`](crate::Claim).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SchemeName(pub(crate) &'static str);

impl SchemeName {
    /// The name as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for SchemeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
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
/// Sealed; [`Cavage`](crate::Cavage) is its first member.
pub trait Scheme: sealed::Sealed + fmt::Debug + Send + Sync + 'static {
    /// What the scheme is called.
    fn name(&self) -> SchemeName;

    /// How the scheme protects the body.
    fn body_use(&self) -> BodyUse;

    /// What a signer covers unless it is told otherwise.
    fn coverage(&self) -> Coverage;

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

    /// The value of `WWW-Authenticate` (RFC 9110 section 11.6.1) that asks for a signature over these components. `realm` is
    /// the inside of a quoted string.
    fn challenge(&self, realm: &str, components: &str) -> String;

    /// Reads what a request claims. `usual` lists coverages that are expected often; a scheme may recognise them as a
    /// whole instead of reading them name by name, with the same result.
    ///
    /// # Errors
    /// When there is no signature, or when anything about it is unclear.
    fn parse(&self, request: &Request<'_>, usual: &[CoveredComponents]) -> Result<Parsed, VerifyError>;
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
}

impl<'a> SigningParams<'a> {
    pub(crate) const fn new(keys: &'a [KeyMetadata], coverage: &'a Coverage, expires: UnixTime) -> Self {
        Self { keys, coverage, expires }
    }
}

/// A request laid out for signing: the bytes, and the places where the signatures go.
///
/// Sign [`Unsigned::signature_base`] wherever the keys live, then [`attach`](Unsigned::attach) the answers.
#[must_use = "nothing is signed until the signatures are attached"]
pub struct Unsigned<'r> {
    pub(crate) base: SignatureBase,
    pub(crate) body: Cow<'r, [u8]>,
    /// What the scheme adds whatever the signatures will be, such as a `Date` that was covered and missing.
    pub(crate) parts: SignatureParts,
    pub(crate) slots: SmallVec<[Slot; 1]>,
    pub(crate) signatures: usize,
}

impl Unsigned<'_> {
    /// The bytes to sign, draft-cavage's signing string.
    #[must_use]
    pub fn signature_base(&self) -> Cow<'_, [u8]> {
        self.base.to_bytes(&self.body)
    }

    /// The same bytes without bringing them into one piece.
    pub(crate) fn base_parts(&self) -> [&[u8]; 3] {
        self.base.parts(&self.body)
    }

    /// The same, without a hold on the request: to keep while a key elsewhere signs.
    pub fn into_owned(self) -> Unsigned<'static> {
        // Few schemes sign the body itself, and it may be large.
        let body = if self.base.needs_body() { Cow::Owned(self.body.into_owned()) } else { Cow::Borrowed(&b""[..]) };
        let Self { base, parts, slots, signatures, .. } = self;
        Unsigned { base, body, parts, slots, signatures }
    }

    /// Puts the signatures, one a key and in the keys' order, into their places.
    ///
    /// # Errors
    /// When there are more or fewer signatures than keys, or when one is not what the key's algorithm makes.
    pub fn attach(mut self, signatures: &[Signature]) -> Result<SignatureParts, SignError> {
        self.fill(signatures)
    }

    /// Works in place: an `Unsigned` is large, and moving it costs as much as encoding the signature.
    pub(crate) fn fill(&mut self, signatures: &[Signature]) -> Result<SignatureParts, SignError> {
        if signatures.len() != self.signatures {
            return Err(SignError::SignatureCount { expected: self.signatures, given: signatures.len() });
        }
        for slot in &mut self.slots {
            slot.fill(signatures, &mut self.parts)?;
        }
        Ok(std::mem::take(&mut self.parts))
    }
}

impl fmt::Debug for Unsigned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is covered may be secret.
        f.debug_struct("Unsigned").field("parts", &self.parts).finish_non_exhaustive()
    }
}

/// Where a part of a signature goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Field(FieldName),
    #[cfg_attr(not(test), expect(dead_code, reason = "for the schemes that sign a query"))]
    Query(String),
    #[cfg_attr(not(test), expect(dead_code, reason = "for the schemes that sign a form"))]
    Form(String),
}

/// One place and its text, with gaps for signatures.
pub(crate) struct Slot {
    pub(crate) place: Place,
    /// The text before the first gap.
    pub(crate) text: Vec<u8>,
    pub(crate) gaps: SmallVec<[Gap; 1]>,
}

/// Room for one signature, and the text that follows it.
pub(crate) struct Gap {
    /// Which of the signatures goes here.
    pub(crate) signature: usize,
    pub(crate) encoding: Encoding,
    pub(crate) form: SignatureForm,
    pub(crate) then: Cow<'static, str>,
}

impl Slot {
    fn fill(&mut self, signatures: &[Signature], parts: &mut SignatureParts) -> Result<(), SignError> {
        let mut text = std::mem::take(&mut self.text);
        for gap in &self.gaps {
            if let Some(signature) = signatures.get(gap.signature) {
                let formed = match gap.form {
                    SignatureForm::AsIs => None,
                    form @ SignatureForm::RawEcdsa => Some(form.of(signature).ok_or(SignError::SignatureForm)?),
                };
                let signature = formed.as_ref().unwrap_or(signature);
                let len = gap.encoding.text_len(signature.as_bytes().len());
                text.reserve(len.saturating_add(gap.then.len()));
                gap.encoding.encode(signature, &mut text);
            }
            text.extend_from_slice(gap.then.as_bytes());
        }
        let text_of = |text: Vec<u8>| String::from_utf8_lossy(&text).into_owned();
        match &self.place {
            Place::Field(name) => {
                parts.fields.push(SignatureField { name: name.clone(), value: text, sensitive: true });
            }
            Place::Query(name) => parts.query.push((name.clone(), text_of(text))),
            Place::Form(name) => parts.form.push((name.clone(), text_of(text))),
        }
        Ok(())
    }
}

/// A field that signing sets on the request, in place of any of the same name.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureField {
    /// The name.
    pub name: FieldName,
    /// The whole value.
    pub value: Vec<u8>,
    /// Whether the value should stay out of logs.
    pub sensitive: bool,
}

impl fmt::Debug for SignatureField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.sensitive { Cow::Borrowed("..") } else { String::from_utf8_lossy(&self.value) };
        f.debug_tuple("SignatureField").field(&self.name.as_str()).field(&value).finish()
    }
}

/// What signing adds to a request. The request itself is changed by the caller, and only now that all of it worked.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureParts {
    /// Fields to set.
    pub fields: Vec<SignatureField>,
    /// Pairs to add to the query.
    pub query: Vec<(String, String)>,
    /// Pairs to add to the form in the body.
    pub form: Vec<(String, String)>,
}

impl fmt::Debug for SignatureParts {
    /// Shows the names of the pairs and not their values, one of which is the signature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("SignatureParts")
            .field("fields", &self.fields)
            .field("query", &names(&self.query))
            .field("form", &names(&self.form))
            .finish()
    }
}

impl SignatureParts {
    /// Adds a field that is no secret.
    pub(crate) fn add_field(&mut self, name: FieldName, value: Vec<u8>) {
        self.fields.push(SignatureField { name, value, sensitive: false });
    }
}

/// The algorithm as the request states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatedAlgorithm {
    /// None, or `hs2019`: what the key says.
    AsTheKey,
    /// This one, so the key has to agree.
    Named(Algorithm),
}

/// When a request says that it was signed and that it expires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SignedTimes {
    /// A covered time of signing that a parameter of the signature gives.
    pub(crate) created: Option<UnixTime>,
    /// A covered time of signing that a field of the request gives.
    pub(crate) date: Option<UnixTime>,
    /// Another such time, of a second field.
    pub(crate) other_date: Option<UnixTime>,
    /// Whether such a field is covered and cannot be read.
    pub(crate) date_is_unreadable: bool,
    /// A covered time after which the signature is void.
    pub(crate) expires: Option<UnixTime>,
    /// The same two parameters where they are stated without being covered: they can only hurt the signature.
    pub(crate) stated_created: Option<UnixTime>,
    pub(crate) stated_expires: Option<UnixTime>,
}

/// What a request claims, read but not checked: nothing can be verified with it. Only
/// [`Verifier::begin`](crate::Verifier::begin) goes on from here.
#[must_use]
pub struct Parsed {
    pub(crate) key_id: Option<KeyId>,
    pub(crate) algorithm: StatedAlgorithm,
    /// One, or several of which any may match.
    pub(crate) signatures: SmallVec<[Signature; 1]>,
    /// Whether ECDSA signatures may be two numbers side by side.
    pub(crate) raw_ecdsa: bool,
    pub(crate) base: SignatureBase,
    /// The base under other readings of the target that are accepted, in order; usually none.
    pub(crate) other_bases: Vec<SignatureBase>,
    /// Whether `base` has the target as it was sent.
    pub(crate) target_is_as_sent: bool,
    pub(crate) covered: CoveredComponents,
    pub(crate) times: SignedTimes,
    pub(crate) digests: ExpectedDigests,
}

impl SignedTimes {
    /// The covered times of signing.
    pub(crate) fn covered(&self) -> impl Iterator<Item = UnixTime> {
        [self.created, self.date, self.other_date].into_iter().flatten()
    }
}

impl Parsed {
    /// A claim without signatures, lines and times, for a scheme to fill.
    pub(crate) fn new(key_id: Option<KeyId>, algorithm: StatedAlgorithm, covered: CoveredComponents) -> Self {
        Self {
            key_id,
            algorithm,
            signatures: SmallVec::new(),
            raw_ecdsa: false,
            base: SignatureBase::new(),
            other_bases: Vec::new(),
            target_is_as_sent: true,
            covered,
            times: SignedTimes::default(),
            digests: ExpectedDigests::none(),
        }
    }
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed").field("key_id", &self.key_id).field("covered", &self.covered).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
