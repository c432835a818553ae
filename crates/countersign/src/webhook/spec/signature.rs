//! Where a signature stands.

use super::At;
use crate::crypto::BodyHasher;

/// Where a signature stands, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct SignatureSpec {
    /// The place.
    pub at: At,
    /// How its bytes are written.
    pub encoding: SignatureEncoding,
    /// What stands around it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub layout: Layout,
}

/// How the bytes of a signature are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum SignatureEncoding {
    /// Hexadecimal digits, in lower case; those in upper case are read too.
    Hex,
    /// Hexadecimal digits, in upper case; those in lower case are read too.
    HexUpper,
    /// Base64 (RFC 4648 section 4).
    Base64,
    /// Base64 with the alphabet for URLs (RFC 4648 section 5).
    Base64Url,
    /// As they are, as for a token.
    Raw,
}

/// What stands around a signature: an item alone, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Layout {
    /// What comes before the list.
    pub prefix: String,
    /// What stands between two items; without it there is one item.
    pub sep: Option<String>,
    /// The items, text with `{sig}`, `{time}` and `{key_id}`. Items of a message that none of them fits are passed over, so that no
    /// signature of another kind ever counts.
    pub items: Vec<String>,
    /// Whether items are told by their place and not by their text; the last of them may stand there more than once.
    pub positional: bool,
}

impl Default for Layout {
    /// The signature and nothing else.
    fn default() -> Self {
        Self { prefix: String::new(), sep: None, items: vec!["{sig}".to_owned()], positional: false }
    }
}

/// A digest of the body that a request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct DigestSpec {
    /// Where it stands: a header field or a pair of the query.
    pub at: At,
    /// The hash: `sha256` or `sha512`.
    pub hash: BodyHash,
    /// How it is written.
    pub encoding: SignatureEncoding,
    /// What comes before it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub prefix: String,
}

/// A hash of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum BodyHash {
    /// MD5: whoever chooses a body can make a second one with the same hash.
    Md5,
    /// SHA-1: whoever chooses a body can make a second one with the same hash.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl BodyHash {
    pub(crate) const fn hasher(self) -> BodyHasher {
        match self {
            Self::Md5 => BodyHasher::Md5,
            Self::Sha1 => BodyHasher::Sha1,
            Self::Sha256 => BodyHasher::Sha256,
            Self::Sha512 => BodyHasher::Sha512,
        }
    }
}
