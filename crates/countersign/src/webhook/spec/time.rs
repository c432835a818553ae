//! When a request was signed.

use super::At;

/// When a request was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct TimeSpec {
    /// Where it stands.
    pub at: At,
    /// How it is written.
    pub format: TimeFormat,
    /// The greatest age, in seconds; 300 where there is none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub past: Option<u64>,
    /// How far ahead of our clock it may be, in seconds; as much as in the past and at most 300 where there is none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub future: Option<u64>,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum TimeFormat {
    /// Whole seconds since 1970.
    Unix,
    /// Whole milliseconds since 1970.
    UnixMs,
    /// RFC 3339, with any fraction and any offset.
    Rfc3339,
    /// An HTTP-date (RFC 9110 section 5.6.7).
    #[cfg_attr(feature = "serde", serde(alias = "http-date"))]
    HttpDate,
}
