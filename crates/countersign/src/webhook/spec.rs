//! A webhook's layout as its user writes it: plain data, judged only by [`Webhook::new`](super::Webhook::new).

mod build;
mod message;
mod signature;
mod time;

pub use self::{
    message::{Blank, Escape, PairsOf, PairsSpec, Piece, Repeated, Sort},
    signature::{BodyHash, DigestSpec, Layout, SignatureEncoding, SignatureSpec},
    time::{TimeFormat, TimeSpec},
};
use super::url::{PublicUrl, UrlForm};

/// How a webhook is signed, as data: for the sender and for the receiver alike.
///
/// With the feature `serde` it is read from TOML, JSON and the like, under the same names. [`Webhook::new`](super::Webhook::new) takes
/// it in, and refuses what cannot work.
///
/// ```
/// use countersign::webhook::{At, Mac, Spec, TimeFormat, Webhook};
///
/// // Acme: t=1700000000,v1=0a1b.. over the time, a full stop and the body.
/// let acme = Spec::new(Mac::HmacSha256, "{time}.{body}", At::header("acme-signature"))
///     .listing(",", ["t={time}", "v1={sig}"])
///     .time(At::Layout, TimeFormat::Unix, 300)
///     .id(At::header("acme-delivery"));
/// let webhook = Webhook::new("acme", acme)?;
/// # let _ = webhook;
/// # Ok::<(), countersign::webhook::WebhookError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Spec {
    /// What makes the signature.
    pub mac: Mac,
    /// How the text of a key stands for its bytes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub key: KeyText,
    /// What is signed, piece by piece.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "message::one_or_many"))]
    pub message: Vec<Piece>,
    /// Where the signature stands, and how it is written.
    pub signature: SignatureSpec,
    /// When the request was signed, if the webhook says so.
    #[cfg_attr(feature = "serde", serde(default))]
    pub time: Option<TimeSpec>,
    /// The sender's own id of the delivery, the same each time that it is sent.
    #[cfg_attr(feature = "serde", serde(default))]
    pub id: Option<IdSpec>,
    /// Which key signed.
    #[cfg_attr(feature = "serde", serde(default))]
    pub key_id: Option<IdSpec>,
    /// A digest of the body that the request carries, which is compared with it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub digest: Option<DigestSpec>,
    /// The URL that is signed, where one is: it is never guessed.
    #[cfg_attr(feature = "serde", serde(default))]
    pub url: Option<PublicUrl>,
    /// In which forms the sender may have signed the URL.
    #[cfg_attr(feature = "serde", serde(default))]
    pub url_form: UrlForm,
    /// Whether a request never has a body, and one with a body is refused.
    #[cfg_attr(feature = "serde", serde(default))]
    pub without_body: bool,
    /// Whether what protects too little is taken all the same: a message without the body, a secret that is sent as it is, a hash in
    /// place of a MAC.
    #[cfg_attr(feature = "serde", serde(default))]
    pub dangerous: bool,
}

/// What makes a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Mac {
    /// HMAC with SHA-1, which is still a MAC, though its hash is broken.
    HmacSha1,
    /// HMAC with SHA-224.
    HmacSha224,
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-384.
    HmacSha384,
    /// HMAC with SHA-512.
    HmacSha512,
    /// Ed25519: the receiver holds a public key.
    Ed25519,
    /// ECDSA on P-256 with SHA-256, in DER: the receiver holds a public key.
    EcdsaP256Sha256,
    /// No MAC: the secret itself is sent. Refused unless [`Spec::dangerous`] is set.
    #[cfg_attr(feature = "serde", serde(rename = "token"))]
    DangerousToken,
    /// No MAC: SHA-256 over the secret and the message. Refused unless [`Spec::dangerous`] is set.
    #[cfg_attr(feature = "serde", serde(rename = "hash-sha256"))]
    DangerousHashSha256,
}

/// A place in a request where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum At {
    /// Beside the signature, in its [`Layout`].
    Layout,
    /// A header field.
    Header(String),
    /// Several header fields, one for each signature; any of them may be there.
    Headers(Vec<String>),
    /// Header fields with a number from 1 on, where this has `{n}`; one for each signature.
    HeaderSeq(String),
    /// A pair of the query.
    Query(String),
    /// A pair of the form in the body.
    Form(String),
    /// A value in the JSON body, by its pointer (RFC 6901). Needs the feature `json`.
    Json(String),
}

impl At {
    /// A header field.
    pub fn header(name: impl Into<String>) -> Self {
        Self::Header(name.into())
    }
}

/// How the text of a key, as the provider shows it, stands for the key's bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct KeyText {
    /// What is taken off the front before the rest is decoded; a text without it is taken whole.
    pub strip: Option<String>,
    /// The same for the private key, where there is one.
    pub strip_private: Option<String>,
    /// How the rest is decoded.
    pub encoding: TextEncoding,
}

/// A text form of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum TextEncoding {
    /// The bytes of the text itself.
    #[default]
    Utf8,
    /// Base64 (RFC 4648 section 4), with its padding or without.
    Base64,
    /// Base64 with the alphabet for URLs (RFC 4648 section 5), with its padding or without.
    Base64Url,
    /// Hexadecimal digits.
    Hex,
}

/// Where an id stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct IdSpec {
    /// The place.
    pub at: At,
}
