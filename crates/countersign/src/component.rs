//! What a signature can cover.

use std::{fmt, str::FromStr, sync::Arc};

use thiserror::Error;

use crate::field::{FieldName, InvalidFieldName, WellKnown};

/// The most components that one signature may cover.
///
/// Each costs a look-up and a copy of its value, and the list is the peer's to write.
pub const MAX_COMPONENTS: usize = 64;

/// A list of covered components, or a name in it, that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ComponentError {
    /// Neither a field name nor in parentheses.
    #[error(transparent)]
    Field(#[from] InvalidFieldName),
    /// A name in parentheses that the scheme does not know.
    #[error("unknown name in parentheses")]
    UnknownDerived,
    /// No component at all (draft 12 section 2.1.6).
    #[error("the list of covered components is empty")]
    Empty,
    /// More components than [`MAX_COMPONENTS`].
    #[error("too many covered components")]
    TooMany,
    /// The same component twice.
    #[error("{0} is listed twice")]
    Repeated(String),
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
    /// `(keyid)`: the key id, as several libraries cover it beside the draft.
    KeyId,
    /// `(key-id)`: the same under the name of others.
    DashedKeyId,
    /// `(algorithm)`: the algorithm as the signature states it.
    Algorithm,
    /// `(opaque)`: a parameter that says nothing to us.
    Opaque,
    /// `request-line`: the request line without its end, as draft 00 signs it. Not taken for [`Self::RequestTarget`], since HTTP/2
    /// has no such line: it is that of HTTP/1.1.
    RequestLine,
    /// A field, all its values joined.
    Field(FieldName),
    /// The body's bytes, in a scheme that signs them directly.
    Body,
    /// The method alone (RFC 9421 section 2.2.1).
    Method,
    /// The path without the query (RFC 9421 section 2.2.6).
    Path,
    /// The query (RFC 9421 section 2.2.7), or the pairs in it.
    Query,
    /// The whole URL (RFC 9421 section 2.2.2).
    TargetUri,
    /// The pairs of the form in the body, or some of them.
    Form,
    /// Some values of the JSON in the body.
    Json,
}

/// The components whose names stand in parentheses.
const DERIVED: [Component; 7] = [
    Component::RequestTarget,
    Component::Created,
    Component::Expires,
    Component::KeyId,
    Component::DashedKeyId,
    Component::Algorithm,
    Component::Opaque,
];

impl Component {
    /// A well-known field as a component.
    #[must_use]
    pub fn field(known: WellKnown) -> Self {
        Self::Field(known.into())
    }

    /// The name as a `headers` list spells it. What has no name there, such as the body, is shown in parentheses too.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::RequestTarget => "(request-target)",
            Self::Created => "(created)",
            Self::Expires => "(expires)",
            Self::KeyId => "(keyid)",
            Self::DashedKeyId => "(key-id)",
            Self::Algorithm => "(algorithm)",
            Self::Opaque => "(opaque)",
            Self::RequestLine => "request-line",
            Self::Field(name) => name.as_str(),
            Self::Body => "(body)",
            Self::Method => "(method)",
            Self::Path => "(path)",
            Self::Query => "(query)",
            Self::TargetUri => "(target-uri)",
            Self::Form => "(form)",
            Self::Json => "(json)",
        }
    }

    /// The field, where this is one and has this name in any case.
    pub(crate) fn field_named(&self, spelt: &[u8]) -> Option<&FieldName> {
        match self {
            Self::Field(name) if name.as_str().as_bytes().eq_ignore_ascii_case(spelt) => Some(name),
            _ => None,
        }
    }

    /// Which of the well-known fields this is, if it is one.
    pub(crate) const fn well_known(&self) -> Option<WellKnown> {
        match self {
            Self::Field(name) => name.well_known(),
            _ => None,
        }
    }

    /// Whether this is a field that is compared with the body.
    pub(crate) const fn is_digest(&self) -> bool {
        match self {
            Self::Field(name) => matches!(
                name.well_known(),
                Some(WellKnown::Digest | WellKnown::ContentDigest | WellKnown::XContentSha256)
            ),
            _ => false,
        }
    }

    /// The bit of a component that has one; the rest are compared by name.
    pub(crate) fn bit(&self) -> Option<u32> {
        let at = match self {
            Self::RequestTarget => 0,
            Self::Created => 1,
            Self::Expires => 2,
            Self::Body => 3,
            Self::KeyId => 4,
            Self::DashedKeyId => 5,
            Self::Algorithm => 6,
            Self::Opaque => 7,
            Self::RequestLine => 8,
            Self::Method | Self::Path | Self::Query | Self::TargetUri | Self::Form | Self::Json => return None,
            Self::Field(name) => (name.well_known()? as u32).saturating_add(9),
        };
        1_u32.checked_shl(at)
    }
}

impl FromStr for Component {
    type Err = ComponentError;

    /// Reads a name of a `headers` list, in any case; an unknown name in parentheses is an error.
    fn from_str(name: &str) -> Result<Self, ComponentError> {
        let is = |known: &Self| known.as_str().eq_ignore_ascii_case(name);
        if name.starts_with('(') {
            DERIVED.into_iter().find(is).ok_or(ComponentError::UnknownDerived)
        } else if is(&Self::RequestLine) {
            Ok(Self::RequestLine)
        } else {
            Ok(Self::Field(name.parse()?))
        }
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
pub struct CoveredComponents(Option<Arc<Covered>>);

#[derive(PartialEq, Eq)]
struct Covered {
    text: Box<str>,
    components: Box<[Component]>,
    bits: u32,
    has_field: bool,
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
        let has_field = components.iter().any(|component| matches!(component, Component::Field(_)));
        Ok(Self(Some(Arc::new(Covered { text: text.into(), components: components.into(), bits, has_field }))))
    }

    /// No component at all, for what proves nothing of a request but that its sender knows a secret.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// The list as draft-cavage's `headers` parameter spells it: lower case, one space between names.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", |covered| &covered.text)
    }

    /// The components in order.
    pub fn iter(&self) -> impl Iterator<Item = &Component> {
        self.0.iter().flat_map(|covered| &covered.components)
    }

    /// The bits of the components that have one.
    pub(crate) fn bits(&self) -> u32 {
        self.0.as_ref().map_or(0, |covered| covered.bits)
    }

    /// Whether a field is among them.
    pub(crate) fn has_field(&self) -> bool {
        self.0.as_ref().is_some_and(|covered| covered.has_field)
    }

    /// The covered field of a name in any case.
    pub(crate) fn field_named(&self, spelt: &[u8]) -> Option<FieldName> {
        self.iter().find_map(|component| component.field_named(spelt)).cloned()
    }

    /// Whether `component` is covered.
    #[must_use]
    pub fn contains(&self, component: &Component) -> bool {
        match component.bit() {
            Some(bit) => self.bits() & bit != 0,
            None => self.0.as_ref().is_some_and(|covered| covered.components.contains(component)),
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
mod tests;
