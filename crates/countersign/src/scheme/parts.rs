//! What signing adds to a request, and the target and the body with it.

mod fit;
#[cfg(feature = "json")]
pub(crate) mod json;
mod pairs;

use std::{borrow::Cow, fmt};

use crate::{error::SignError, field::FieldName};

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
///
/// Each field is set in place of any of the same name; [`target`](Self::target) and [`body`](Self::body) give the other two as they
/// are to be sent.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureParts {
    /// Fields to set.
    pub fields: Vec<SignatureField>,
    /// Pairs to set in the query, each a name and a value, neither of them escaped.
    pub query: Vec<(String, String)>,
    /// Pairs to set in the form in the body, likewise.
    pub form: Vec<(String, String)>,
    /// Values to set in the JSON body, each a pointer (RFC 6901) and a text.
    pub json: Vec<(String, String)>,
}

impl fmt::Debug for SignatureParts {
    /// Shows the names of the pairs and not their values, one of which is the signature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("SignatureParts")
            .field("fields", &self.fields)
            .field("query", &names(&self.query))
            .field("form", &names(&self.form))
            .field("json", &names(&self.json))
            .finish()
    }
}

impl SignatureParts {
    /// Whether [`target`](Self::target) gives another target than it is given.
    #[must_use]
    pub const fn changes_target(&self) -> bool {
        !self.query.is_empty()
    }

    /// Whether [`body`](Self::body) gives another body than it is given.
    #[must_use]
    pub const fn changes_body(&self) -> bool {
        !self.form.is_empty() || !self.json.is_empty()
    }

    /// The target, path and query, as it is to be sent.
    ///
    /// The pairs go in place of any of the same name, and else to the end; names and values are escaped as in a form. All other
    /// bytes stay as they are.
    ///
    /// ```
    /// use countersign::SignatureParts;
    ///
    /// let mut parts = SignatureParts::default();
    /// parts.query.push(("signature".to_owned(), "q+w=".to_owned()));
    /// assert_eq!(parts.target("/hook"), "/hook?signature=q%2Bw%3D");
    /// assert_eq!(parts.target("/hook?a=%7e&signature=old&b"), "/hook?a=%7e&signature=q%2Bw%3D&b");
    /// ```
    #[must_use]
    pub fn target<'t>(&self, target: &'t str) -> Cow<'t, str> {
        if !self.changes_target() {
            return Cow::Borrowed(target);
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = pairs::set(query.as_bytes(), &self.query);
        // What is text is only ever taken apart at an ampersand, so nothing is lost.
        Cow::Owned(format!("{path}?{}", String::from_utf8_lossy(&query)))
    }

    /// The body as it is to be sent.
    ///
    /// A form's pairs go into it as those of a query do into the [`target`](Self::target). A value of a JSON body goes in place of the
    /// one that stands at its pointer; else it becomes the last member of its object, which is made where only that one is missing.
    /// All other bytes stay as they are, white space and the spelling of numbers too.
    ///
    /// ```
    /// use countersign::SignatureParts;
    ///
    /// let mut parts = SignatureParts::default();
    /// parts.form.push(("signature".to_owned(), "0a1b".to_owned()));
    /// assert_eq!(parts.body(b"a=1+2&b=%C3%A4")?, &b"a=1+2&b=%C3%A4&signature=0a1b"[..]);
    /// assert_eq!(parts.body(b"")?, &b"signature=0a1b"[..]);
    /// # Ok::<(), countersign::SignError>(())
    /// ```
    ///
    /// # Errors
    /// When values are to be set in a JSON body and the body is none ([`SignError::NotJson`]), has no place for one of them
    /// ([`SignError::NoJsonPlace`]), or this build is without the feature `json` ([`SignError::JsonIsOff`]); when a body is to be
    /// both a form and JSON ([`SignError::FormAndJson`]).
    pub fn body<'b>(&self, body: &'b [u8]) -> Result<Cow<'b, [u8]>, SignError> {
        match (self.form.is_empty(), self.json.is_empty()) {
            (true, true) => Ok(Cow::Borrowed(body)),
            (false, true) => Ok(Cow::Owned(pairs::set(body, &self.form))),
            (true, false) => in_json(body, &self.json).map(Cow::Owned),
            (false, false) => Err(SignError::FormAndJson),
        }
    }

    /// Adds a field that is no secret.
    pub(crate) fn add_field(&mut self, name: FieldName, value: Vec<u8>) {
        self.fields.push(SignatureField { name, value, sensitive: false });
    }
}

#[cfg(feature = "json")]
fn in_json(body: &[u8], values: &[(String, String)]) -> Result<Vec<u8>, SignError> {
    json::set(body, values)
}

#[cfg(not(feature = "json"))]
fn in_json(_: &[u8], _: &[(String, String)]) -> Result<Vec<u8>, SignError> {
    Err(SignError::JsonIsOff)
}

#[cfg(test)]
mod tests;
