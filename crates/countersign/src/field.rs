//! Names of fields, and the one table of those that are known ahead.

use std::{
    any::Any,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
    sync::{Arc, OnceLock},
};

use thiserror::Error;

/// The longest field name that is taken, in bytes.
const MAX_FIELD_NAME: usize = 128;

/// A field name with a byte that no token has, an empty one, or one too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a field name")]
pub struct InvalidFieldName;

macro_rules! well_known {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Fields whose names are known ahead, so that an adapter can look them up with names prepared once.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum WellKnown { $($(#[$doc])* $variant,)* }

        impl WellKnown {
            /// Every well-known field, in the order of their discriminants.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in lower case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The beginning of the field's line in a signing string, behind a line before it.
            pub(crate) const fn line(self) -> &'static str {
                match self { $(Self::$variant => concat!("\n", $name, ": "),)* }
            }

            fn from_lower(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

well_known! {
    /// `Host`.
    Host = "host",
    /// `Date`.
    Date = "date",
    /// `Digest` (RFC 3230).
    Digest = "digest",
    /// `Content-Type`.
    ContentType = "content-type",
    /// `Content-Encoding`.
    ContentEncoding = "content-encoding",
    /// `Content-Length`.
    ContentLength = "content-length",
    /// `Transfer-Encoding`.
    TransferEncoding = "transfer-encoding",
    /// `Signature`.
    Signature = "signature",
    /// `Authorization`.
    Authorization = "authorization",
    /// `Proxy-Authorization`.
    ProxyAuthorization = "proxy-authorization",
    /// `Content-Digest` (RFC 9530).
    ContentDigest = "content-digest",
    /// `X-Content-Sha256`, Oracle Cloud's digest of the body.
    XContentSha256 = "x-content-sha256",
    /// `X-Date`, for clients that cannot set `Date`.
    XDate = "x-date",
    /// `Connection` (RFC 9110 section 7.6.1), which names fields that the next hop takes away.
    Connection = "connection",
    /// `X-HTTP-Method-Override`, which frameworks take for the method.
    XHttpMethodOverride = "x-http-method-override",
    /// `X-HTTP-Method`, which frameworks take for the method.
    XHttpMethod = "x-http-method",
    /// `X-Method-Override`, which frameworks take for the method.
    XMethodOverride = "x-method-override",
}

/// The name of an HTTP field (RFC 9110 section 5.1), held in lower case.
///
/// ```
/// use countersign::FieldName;
///
/// let name: FieldName = "X-Request-Id".parse()?;
/// assert_eq!(name.as_str(), "x-request-id");
/// assert!("not a name".parse::<FieldName>().is_err());
/// # Ok::<(), countersign::InvalidFieldName>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldName(Name);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Known(WellKnown),
    Other(Arc<Other>),
}

/// A name that is not known ahead, and what an HTTP library looks it up by.
struct Other {
    name: Box<str>,
    prepared: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name, f)
    }
}

impl PartialEq for Other {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Other {}

impl Hash for Other {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl FieldName {
    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Known(known) => known.as_str(),
            Name::Other(other) => &other.name,
        }
    }

    fn other(lower: &str) -> Self {
        Self(Name::Other(Arc::new(Other { name: lower.into(), prepared: OnceLock::new() })))
    }

    /// What an HTTP library looks the name up by, made on the first call and kept: to make it anew costs most of a look-up.
    ///
    /// `None` for a name that is [known ahead](Self::well_known), of which an adapter keeps its own table, and where another library
    /// was first to keep its own.
    ///
    /// ```
    /// use countersign::FieldName;
    ///
    /// let name: FieldName = "x-request-id".parse()?;
    /// assert_eq!(name.prepared(|name| name.len()), Some(&12));
    /// assert_eq!(name.prepared(|_| "another library's"), None);
    /// # Ok::<(), countersign::InvalidFieldName>(())
    /// ```
    pub fn prepared<T: Any + Send + Sync>(&self, make: impl FnOnce(&str) -> T) -> Option<&T> {
        match &self.0 {
            Name::Known(_) => None,
            Name::Other(other) => other.prepared.get_or_init(|| Box::new(make(&other.name))).downcast_ref(),
        }
    }

    /// Which of the well-known fields this is, if it is one.
    #[must_use]
    pub const fn well_known(&self) -> Option<WellKnown> {
        match &self.0 {
            Name::Known(known) => Some(*known),
            Name::Other(_) => None,
        }
    }
}

impl From<WellKnown> for FieldName {
    fn from(known: WellKnown) -> Self {
        Self(Name::Known(known))
    }
}

impl FromStr for FieldName {
    type Err = InvalidFieldName;

    fn from_str(name: &str) -> Result<Self, InvalidFieldName> {
        if name.is_empty() || name.len() > MAX_FIELD_NAME || !name.bytes().all(is_token_byte) {
            return Err(InvalidFieldName);
        }
        if let Some(known) = WellKnown::from_lower(name) {
            return Ok(known.into());
        }
        let lower = name.to_ascii_lowercase();
        Ok(WellKnown::from_lower(&lower).map_or_else(|| Self::other(&lower), Into::into))
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a byte may stand in a token (RFC 9110 section 5.6.2).
#[inline]
pub(crate) fn is_token_byte(byte: u8) -> bool {
    TOKEN_BYTES.get(usize::from(byte)).copied().unwrap_or(false)
}

/// Looked up rather than compared: names are read byte by byte on every request.
const TOKEN_BYTES: [bool; 256] = letters_and(b"!#$%&'*+-.^_`|~0123456789");

/// The letters and these bytes.
pub(crate) const fn letters_and(bytes: &[u8]) -> [bool; 256] {
    let (mut table, mut bytes) = ([false; 256], bytes);
    while let [byte, rest @ ..] = bytes {
        mark(&mut table, *byte);
        bytes = rest;
    }
    let mut letter = b'a';
    while letter <= b'z' {
        mark(&mut table, letter);
        mark(&mut table, letter.to_ascii_uppercase());
        letter = letter.saturating_add(1);
    }
    table
}

const fn mark(table: &mut [bool; 256], byte: u8) {
    if let Some((_, [entry, ..])) = table.split_at_mut_checked(byte as usize) {
        *entry = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_names_are_found_in_any_case_at_their_place() {
        for (at, known) in WellKnown::ALL.iter().enumerate() {
            assert_eq!(*known as usize, at);
            let name: FieldName = known.as_str().to_ascii_uppercase().parse().unwrap();
            assert_eq!(name.well_known(), Some(*known));
            assert_eq!(known.line(), format!("\n{name}: "));
        }
    }

    #[test]
    fn what_is_no_token_is_no_field_name() {
        for name in ["a b", "a:b", "\u{e4}", "a\nb", "", "(a)", "a\"", &"x".repeat(129)] {
            assert_eq!(name.parse::<FieldName>(), Err(InvalidFieldName), "{name:?}");
        }
        assert!("!#$%&'*+-.^_`|~09azAZ".parse::<FieldName>().is_ok());
    }
}
