//! What passes through the joint on the way out: what is to be signed, and where the signatures go.

use std::{borrow::Cow, fmt};

use smallvec::SmallVec;

use super::parts::{SignatureField, SignatureParts};
use crate::{
    algorithm::Algorithm,
    error::SignError,
    field::FieldName,
    signature::{Encoding, Signature, SignatureForm},
    signature_base::SignatureBase,
};

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

/// Where a signature stands, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A field of the request.
    Field(FieldName),
    /// A pair of the target's query, by its name.
    Query(String),
    /// A pair of a form, by its name.
    Form(String),
    /// A value in a JSON body, by its pointer (RFC 6901).
    Json(String),
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
    /// What the signature has to be one of.
    pub(crate) algorithm: Algorithm,
    pub(crate) form: SignatureForm,
    pub(crate) then: Cow<'static, str>,
}

impl Slot {
    fn fill(&mut self, signatures: &[Signature], parts: &mut SignatureParts) -> Result<(), SignError> {
        let mut text = std::mem::take(&mut self.text);
        for gap in &self.gaps {
            if let Some(signature) = signatures.get(gap.signature) {
                let signature = gap.form.of(gap.algorithm, signature).ok_or(SignError::SignatureForm)?;
                let len = gap.encoding.text_len(signature.as_bytes().len());
                text.reserve(len.saturating_add(gap.then.len()));
                gap.encoding.encode(&signature, &mut text);
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
            Place::Json(pointer) => parts.json.push((pointer.clone(), text_of(text))),
        }
        Ok(())
    }
}
