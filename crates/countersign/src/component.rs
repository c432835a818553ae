//! What a signature can cover, and the one table of field names.

use std::{fmt, str::FromStr, sync::Arc};

use crate::error::ComponentError;

/// The longest field name that is taken, in bytes.
const MAX_FIELD_NAME: usize = 128;

/// The most components that one signature may cover.
///
/// Each costs a look-up and a copy of its value, and the list is the peer's to write.
pub const MAX_COMPONENTS: usize = 64;

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
}

/// The name of an HTTP field (RFC 9110 section 5.1), held in lower case.
///
/// ```
/// use countersign::FieldName;
///
/// let name: FieldName = "X-Request-Id".parse()?;
/// assert_eq!(name.as_str(), "x-request-id");
/// assert!("not a name".parse::<FieldName>().is_err());
/// # Ok::<(), countersign::ComponentError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldName(Name);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Known(WellKnown),
    Other(Arc<str>),
}

impl FieldName {
    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Known(known) => known.as_str(),
            Name::Other(name) => name,
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
    type Err = ComponentError;

    fn from_str(name: &str) -> Result<Self, ComponentError> {
        if name.is_empty() || name.len() > MAX_FIELD_NAME || !name.bytes().all(is_token_byte) {
            return Err(ComponentError::InvalidName);
        }
        if let Some(known) = WellKnown::from_lower(name) {
            return Ok(known.into());
        }
        let lower = name.to_ascii_lowercase();
        Ok(WellKnown::from_lower(&lower).map_or_else(|| Self(Name::Other(lower.into())), Into::into))
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
const TOKEN_BYTES: [bool; 256] = {
    let (mut table, mut bytes): (_, &[u8]) = ([false; 256], b"!#$%&'*+-.^_`|~0123456789");
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
};

const fn mark(table: &mut [bool; 256], byte: u8) {
    if let Some((_, [entry, ..])) = table.split_at_mut_checked(byte as usize) {
        *entry = true;
    }
}

/// One part of a request that a signature covers: a name in draft-cavage's `headers` list, or the body itself in the
/// schemes that sign it directly.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Component {
    /// `(request-target)`: the method, the path and the query (draft 12 section 2.3).
    RequestTarget,
    /// `(created)`: the `created` parameter (draft 12 section 2.3).
    Created,
    /// `(expires)`: the `expires` parameter (draft 12 section 2.3).
    Expires,
    /// A field, all its values joined.
    Field(FieldName),
    /// The body's bytes, in a scheme that signs them directly.
    Body,
}

impl Component {
    /// A well-known field as a component.
    #[must_use]
    pub fn field(known: WellKnown) -> Self {
        Self::Field(known.into())
    }

    /// The name as a `headers` list spells it. The body has no name there; it is shown as `(body)`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::RequestTarget => "(request-target)",
            Self::Created => "(created)",
            Self::Expires => "(expires)",
            Self::Field(name) => name.as_str(),
            Self::Body => "(body)",
        }
    }

    /// The bit of a component that has one; the rest are compared by name.
    fn bit(&self) -> Option<u32> {
        let at = match self {
            Self::RequestTarget => 0,
            Self::Created => 1,
            Self::Expires => 2,
            Self::Body => 3,
            Self::Field(name) => (name.well_known()? as u32).saturating_add(4),
        };
        1_u32.checked_shl(at)
    }
}

impl FromStr for Component {
    type Err = ComponentError;

    /// Reads a name of a `headers` list; names in parentheses that the draft does not define are errors.
    fn from_str(name: &str) -> Result<Self, ComponentError> {
        if !name.starts_with('(') {
            return name.parse().map(Self::Field);
        }
        [Self::RequestTarget, Self::Created, Self::Expires]
            .into_iter()
            .find(|component| component.as_str().eq_ignore_ascii_case(name))
            .ok_or(ComponentError::UnknownDerived)
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The components that one signature covers, in order, none of them twice: draft-cavage's `headers` list.
///
/// ```
/// use countersign::{Component, CoveredComponents};
///
/// let covered: CoveredComponents = "(request-target) Host date".parse()?;
/// assert_eq!(covered.to_string(), "(request-target) host date");
/// assert!(covered.contains(&Component::RequestTarget));
/// assert!("host host".parse::<CoveredComponents>().is_err());
/// # Ok::<(), countersign::ComponentError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CoveredComponents(Arc<Covered>);

#[derive(PartialEq, Eq)]
struct Covered {
    text: Box<str>,
    components: Box<[Component]>,
    bits: u32,
}

impl CoveredComponents {
    /// A list of components.
    ///
    /// # Errors
    /// When there is none, when there are more than [`MAX_COMPONENTS`], or when one stands twice.
    pub fn new(components: Vec<Component>) -> Result<Self, ComponentError> {
        if components.is_empty() {
            return Err(ComponentError::Empty);
        }
        if components.len() > MAX_COMPONENTS {
            return Err(ComponentError::TooMany);
        }
        let (mut bits, mut text) = (0, String::new());
        for (at, component) in components.iter().enumerate() {
            let repeated = match component.bit() {
                Some(bit) => bits & bit != 0,
                None => components.iter().take(at).any(|earlier| earlier == component),
            };
            if repeated {
                return Err(ComponentError::Repeated(component.to_string()));
            }
            bits |= component.bit().unwrap_or(0);
            if at > 0 {
                text.push(' ');
            }
            text.push_str(component.as_str());
        }
        Ok(Self(Arc::new(Covered { text: text.into(), components: components.into(), bits })))
    }

    /// The list as draft-cavage's `headers` parameter spells it: lower case, one space between names.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The components in order.
    pub fn iter(&self) -> impl Iterator<Item = &Component> {
        self.0.components.iter()
    }

    /// Whether `component` is covered.
    #[must_use]
    pub fn contains(&self, component: &Component) -> bool {
        match component.bit() {
            Some(bit) => self.0.bits & bit != 0,
            None => self.0.components.contains(component),
        }
    }
}

impl FromStr for CoveredComponents {
    type Err = ComponentError;

    /// Reads a `headers` list: names in any case, separated by spaces.
    fn from_str(list: &str) -> Result<Self, ComponentError> {
        let names = list.split([' ', '\t']).filter(|name| !name.is_empty());
        // One more than the limit is enough to know that there are too many.
        let components: Result<Vec<_>, _> = names.take(MAX_COMPONENTS + 1).map(Component::from_str).collect();
        Self::new(components?)
    }
}

impl fmt::Display for CoveredComponents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CoveredComponents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CoveredComponents({:?})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_names_are_found_in_any_case_and_have_a_bit_of_their_own() {
        let mut bits = 0;
        for known in WellKnown::ALL {
            let name: FieldName = known.as_str().to_ascii_uppercase().parse().unwrap();
            assert_eq!(name.well_known(), Some(*known));
            let bit = Component::Field(name).bit().unwrap();
            assert_eq!(bits & bit, 0, "{known:?} shares a bit");
            bits |= bit;
        }
    }

    #[test]
    fn a_name_listed_twice_is_an_error_in_any_spelling() {
        for list in ["host HOST", "(created) (CREATED)", "x-a date x-A", "date date date"] {
            assert!(matches!(list.parse::<CoveredComponents>(), Err(ComponentError::Repeated(_))), "{list}");
        }
    }

    #[test]
    fn an_empty_list_is_an_error() {
        for list in ["", " ", "\t"] {
            assert_eq!(list.parse::<CoveredComponents>().err(), Some(ComponentError::Empty));
        }
    }

    #[test]
    fn ten_thousand_names_are_refused_before_they_are_read() {
        let list: Vec<String> = (0..10_000).map(|n| format!("x-{n}")).collect();
        assert_eq!(list.join(" ").parse::<CoveredComponents>().err(), Some(ComponentError::TooMany));
    }

    #[test]
    fn unknown_names_in_parentheses_and_impossible_field_names_are_errors() {
        assert_eq!("(request-line)".parse::<Component>(), Err(ComponentError::UnknownDerived));
        for name in ["a b", "a:b", "\u{e4}", "a\nb", "", &"x".repeat(129)] {
            assert_eq!(name.parse::<Component>(), Err(ComponentError::InvalidName), "{name:?}");
        }
    }
}
