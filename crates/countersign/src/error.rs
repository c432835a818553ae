//! What can go wrong, grouped by whose fault it is.

use thiserror::Error;

use crate::{
    algorithm::Algorithm,
    component::{Component, ComponentError},
    field::FieldName,
};

/// Key material or a key id that cannot be used. Never holds any of the material.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A secret of no bytes, as an unset environment variable gives.
    #[error("the secret is empty")]
    EmptySecret,
    /// A secret shorter than [`Secret::MIN_LEN`](crate::Secret::MIN_LEN) bytes.
    #[error("the secret has {0} bytes; fewer than 16 need a constructor whose name says dangerous")]
    ShortSecret(usize),
    /// Text that is not the encoding it was said to be.
    #[error("the secret is not valid {0}")]
    Encoding(&'static str),
    /// A key id that is empty, longer than [`KeyId::MAX_LEN`](crate::KeyId::MAX_LEN) bytes, or holds a control character.
    #[error("not a usable key id")]
    InvalidKeyId,
    /// An algorithm that this constructor does not make keys for.
    #[error("{0} needs a constructor whose name says dangerous")]
    WeakAlgorithm(Algorithm),
    /// The algorithm wants another kind of key, such as a shared secret where an RSA key was given.
    #[error("the key is none for {0}")]
    WrongKind(Algorithm),
    /// Neither PEM nor DER of a key, or one that is locked with a passphrase.
    #[error("the key cannot be read: {0}")]
    Unreadable(&'static str),
    /// An RSA key that is shorter than 2048 bits, or longer than 8192.
    #[error(
        "an RSA key of {0} bits: 2048 to 8192 are taken, and from 1024 on to verify where that is said to be dangerous"
    )]
    RsaSize(usize),
    /// An RSA key whose public exponent is under 65,537.
    #[error(
        "an RSA key with a public exponent under 65537, which is taken to verify where that is said to be dangerous"
    )]
    RsaExponent,
    /// A curve that is not offered with this algorithm, or an algorithm that signatures are no longer made with.
    #[error("{0} is not offered with this key")]
    NotOffered(Algorithm),
}

/// Why a request could not be signed. Nothing was changed and nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignError {
    /// A component is to be covered, is absent from the request, and the signer cannot make it.
    #[error("{0} is to be covered, but the request has none")]
    Missing(Component),
    /// The list of components to cover came out unusable.
    #[error(transparent)]
    Components(#[from] ComponentError),
    /// A digest is to be covered, but the body is not at hand, as that of a stream is not.
    #[error("the body is not at hand: its digest must be given ahead, in the Digest field")]
    UnreadBody,
    /// The `Digest` field that the request carries is not the body's, or none that a verifier could check.
    #[error("the Digest field is not one of the body's")]
    DigestMismatch,
    /// The request names two authorities, or more than one `Host` or `Date`.
    #[error("the request has more than one {0}")]
    Ambiguous(FieldName),
    /// The request's authority is empty, a list, or has a user's name in it.
    #[error("Host is not one host with at most a port")]
    UnusableAuthority,
    /// The request's `Host` field and its authority differ.
    #[error("Host and the request's authority differ")]
    AuthorityMismatch,
    /// `Connection` names a field that is to be covered, so that a hop on the way may take it away (RFC 9110 section 7.6.1).
    #[error("Connection names {0}, which is to be covered")]
    HopByHop(FieldName),
    /// The field in which the signature would go carries other credentials, or the request is signed in another field already.
    #[error("the {0} field is taken: it carries other credentials, or a signature where none is to stand")]
    Occupied(FieldName),
    /// A value with a line break or a NUL, which would add a line to what is signed.
    #[error("{0} holds a line break or a NUL")]
    ForbiddenByte(Component),
    /// The scheme can carry another number of signatures than there are keys.
    #[error("the scheme carries {expected} signature(s), {given} given")]
    SignatureCount {
        /// How many the scheme asked for.
        expected: usize,
        /// How many there were.
        given: usize,
    },
    /// There is no key to sign with: none of the ring's keys is in use.
    #[error("no key of the ring is in use")]
    NoKey,
    /// The signature is not what the key's algorithm makes.
    #[error("the signature is not one of the key's algorithm")]
    SignatureForm,
    /// The key's library failed, as it does when it has no random numbers. The cause is not told.
    #[error("the key could not sign")]
    KeyFailed,
    /// What is to be covered is longer than 64 KiB, which verifiers refuse.
    #[error("more than 64 KiB are to be covered")]
    TooLong,
    /// The key is for another scheme: a secret serves the one that it was registered for.
    #[error("the key {0} is for another scheme")]
    KeyOfOtherScheme(String),
    /// The request lacks something that the scheme wants in a place of its own and that the signer cannot make, such as the id of
    /// a delivery.
    #[error("the request carries no {0}")]
    Absent(&'static str),
    /// What is to be signed cannot be read, or is in the request twice.
    #[error("the request cannot be laid out for signing: {0}")]
    Unreadable(&'static str),
    /// The scheme cannot cover this component.
    #[error("the scheme cannot cover {0}")]
    Unsupported(Component),
    /// The signature goes into a JSON body, and the body is none.
    #[error("the signature goes into a JSON body, which this is none of")]
    NotJson,
    /// The JSON body has no room for the value that is to stand at this pointer (RFC 6901).
    #[error("the JSON body has no object for a value at {0:?}, or has a name on the way to it twice")]
    NoJsonPlace(String),
    /// The signature goes into a JSON body, and this build has no JSON.
    #[error("the signature goes into a JSON body, which takes countersign's feature json")]
    JsonIsOff,
    /// The signature goes into a form and into JSON, and a body is only one of them.
    #[error("the signature goes into a form and into JSON at once")]
    FormAndJson,
    /// The signature goes into a form, and the request does not say that its body is one.
    #[error("the signature goes into a form, and Content-Type does not say that the body is one")]
    NotAForm,
    /// The signature goes into the body, and a field was made of the body as it was before.
    #[error("{0} describes the body as it is without its signature")]
    StaleField(FieldName),
    /// A field that is to be set cannot stand in a header.
    #[error("{0} cannot be set to what signing made: no header field has such a name or value")]
    InvalidField(FieldName),
}

/// Why a request was refused.
///
/// The peer is told none of this. Log [`VerifyError::code`] and the text; neither holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no signature at all.
    #[error("the request is not signed")]
    NoSignature,
    /// The signature's carrier does not follow its grammar.
    #[error("the signature cannot be read: {0}")]
    Malformed(&'static str),
    /// The list of covered components cannot be read.
    #[error("the covered components cannot be read: {0}")]
    Components(#[from] ComponentError),
    /// More than one signature, or more than one of a field that has to be single.
    #[error("more than one {0}")]
    Ambiguous(&'static str),
    /// The stated algorithm is none that is known.
    #[error("the stated algorithm is not known")]
    UnknownAlgorithm,
    /// A component is listed as covered and absent from the request.
    #[error("{0} is listed as covered, but the request has none")]
    Missing(Component),
    /// A covered value holds a line break or a NUL.
    #[error("{0} holds a line break or a NUL")]
    ForbiddenByte(Component),
    /// The policy wants a component covered that is not.
    #[error("{0} must be covered")]
    NotCovered(Component),
    /// No covered component says when the request was signed.
    #[error("no covered component tells when the request was signed")]
    NoCoveredTime,
    /// A covered `Date` that is not an HTTP-date.
    #[error("the covered Date is not an HTTP-date")]
    UnreadableDate,
    /// Signed longer ago than the policy allows.
    #[error("signed too long ago")]
    TooOld,
    /// Signed further in the future than the policy allows.
    #[error("signed in the future")]
    InFuture,
    /// The `expires` parameter has passed, or lies before `created`.
    #[error("the signature has expired")]
    Expired,
    /// The method is not in upper case: its signature would fit the upper-case method too.
    #[error("the method is not in upper case")]
    AmbiguousMethod,
    /// The request's `Host` field and its authority differ.
    #[error("Host and the request's authority differ")]
    AuthorityMismatch,
    /// The target is neither a path nor, with `OPTIONS`, an asterisk (RFC 9112 section 3.2).
    #[error("the target is no path")]
    UnusableTarget,
    /// The request's authority is empty, a list, or has a user's name in it.
    #[error("Host is not one host with at most a port")]
    UnusableAuthority,
    /// The request is for an authority that the policy does not name.
    #[error("the request is for another authority than ours")]
    UnknownAuthority,
    /// The signature stands in a field in which the policy accepts none.
    #[error("the policy accepts no signature in {0}")]
    PlaceNotAccepted(FieldName),
    /// `Connection` names a covered field, so that a hop on the way may take it away (RFC 9110 section 7.6.1).
    #[error("Connection names {0}, which is covered")]
    HopByHop(FieldName),
    /// A covered digest that cannot be read, or none of an accepted algorithm.
    #[error("the digest cannot be used: {0}")]
    UnusableDigest(&'static str),
    /// The scheme signs the body itself, so the body has to be read first.
    #[error("the body has to be read before the signature")]
    BodyNeeded,
    /// The body that is verified is not the one that the claim was read from: a mistake of whoever calls.
    #[error("the body is not the one that the signature was read from")]
    OtherBody,
    /// No key of this id.
    #[error("unknown key")]
    UnknownKey,
    /// The header states another algorithm than any of the keys has.
    #[error("the stated algorithm is not the key's")]
    AlgorithmMismatch,
    /// The policy does not accept the key's algorithm.
    #[error("the policy does not accept {0}")]
    AlgorithmNotAllowed(Algorithm),
    /// The keys are for other schemes: a secret serves the one that it was registered for.
    #[error("the keys are for another scheme")]
    KeyOfOtherScheme,
    /// The request lacks something that the scheme wants in a place of its own, such as the time or the key id of a webhook.
    #[error("the request carries no {0}")]
    Absent(&'static str),
    /// The signature is not this key's over this request.
    #[error("the signature does not match")]
    SignatureMismatch,
    /// The body is not the one whose digest was signed.
    #[error("the body does not match its digest")]
    DigestMismatch,
    /// The request was accepted before, or is being looked at: it holds once.
    #[error("the request was accepted before")]
    Replayed,
    /// The request is from before the time that is remembered, so that nobody knows whether it was accepted then.
    #[error("the request is from before what is remembered")]
    BeforeMemory,
}

impl VerifyError {
    /// A short, stable word for the cause, for logs and counters.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSignature => "no-signature",
            Self::Malformed(_) => "malformed",
            Self::Components(_) => "components",
            Self::Ambiguous(_) => "ambiguous",
            Self::UnknownAlgorithm => "unknown-algorithm",
            Self::Missing(_) => "missing-component",
            Self::ForbiddenByte(_) => "forbidden-byte",
            Self::NotCovered(_) => "not-covered",
            Self::NoCoveredTime => "no-covered-time",
            Self::UnreadableDate => "unreadable-date",
            Self::TooOld => "too-old",
            Self::InFuture => "in-future",
            Self::Expired => "expired",
            Self::AmbiguousMethod => "ambiguous-method",
            Self::AuthorityMismatch => "authority-mismatch",
            Self::UnusableTarget => "unusable-target",
            Self::UnusableAuthority => "unusable-authority",
            Self::UnknownAuthority => "unknown-authority",
            Self::PlaceNotAccepted(_) => "place-not-accepted",
            Self::HopByHop(_) => "hop-by-hop",
            Self::UnusableDigest(_) => "unusable-digest",
            Self::BodyNeeded => "body-needed",
            Self::OtherBody => "other-body",
            Self::UnknownKey => "unknown-key",
            Self::AlgorithmMismatch => "algorithm-mismatch",
            Self::AlgorithmNotAllowed(_) => "algorithm-not-allowed",
            Self::KeyOfOtherScheme => "key-of-other-scheme",
            Self::Absent(_) => "absent",
            Self::SignatureMismatch => "signature-mismatch",
            Self::DigestMismatch => "digest-mismatch",
            Self::Replayed => "replayed",
            Self::BeforeMemory => "before-memory",
        }
    }
}
