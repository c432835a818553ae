//! What a scheme is called.

use std::fmt;

use smol_str::SmolStr;

/// The name of a scheme, as it stands in logs and in a [`Claim`](crate::Claim).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SchemeName(SmolStr);

impl SchemeName {
    /// The name of a scheme that is built in.
    pub(crate) const fn fixed(name: &'static str) -> Self {
        Self(SmolStr::new_static(name))
    }

    /// A name that was given at run time.
    pub(crate) fn given(name: &str) -> Self {
        Self(SmolStr::new(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SchemeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
