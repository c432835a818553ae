//! The head of a request, borrowed from whichever library holds it.

use std::fmt;

use crate::field::{FieldName, WellKnown};

/// The field values of a request: the only seam to an HTTP library's header map.
///
/// A value is bytes until it is proven text. An adapter looks the name up as its library does it fastest;
/// [`FieldName::well_known`] lets it use names that it prepared once.
///
/// ```
/// use countersign::{FieldName, Fields};
///
/// struct Map(std::collections::BTreeMap<String, Vec<Vec<u8>>>);
///
/// impl Fields for Map {
///     fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
///         self.0.get(name.as_str()).into_iter().flatten().for_each(|value| each(value));
///     }
/// }
/// ```
pub trait Fields {
    /// Hands over every value of a field, in the order of the message.
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8]));

    /// Whether there is a field of any of these names. Nearly always there is none, which an adapter may see faster than by looking
    /// each of them up.
    fn has_any(&self, names: &[WellKnown]) -> bool {
        names.iter().any(|name| {
            let mut present = false;
            self.visit(&(*name).into(), &mut |_| present = true);
            present
        })
    }
}

fn visit_pairs<'a, N: AsRef<str>, V: AsRef<[u8]>>(
    pairs: &'a [(N, V)],
    name: &FieldName,
    each: &mut dyn FnMut(&'a [u8]),
) {
    let named = |pair: &&(N, V)| pair.0.as_ref().eq_ignore_ascii_case(name.as_str());
    pairs.iter().filter(named).for_each(|pair| each(pair.1.as_ref()));
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Fields for Vec<(N, V)> {
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
        visit_pairs(self, name, each);
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const LEN: usize> Fields for [(N, V); LEN] {
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
        visit_pairs(self, name, each);
    }
}

/// The head of a request, and its body where it is at hand.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The method as on the wire.
    pub method: &'a str,
    /// Path and query exactly as on the wire: never decoded, never normalised.
    pub target: &'a str,
    /// The authority that the request is for, when it does not stand in a `Host` field (yet): HTTP/2's `:authority`, or
    /// what the client library will write into `Host`.
    pub authority: Option<&'a str>,
    /// The field values.
    pub fields: &'a dyn Fields,
    /// All bytes of the body as on the wire. `None` when they have not been read; an empty body is `Some(b"")`.
    pub body: Option<&'a [u8]>,
}

impl<'a> Request<'a> {
    /// A request without authority and with its body not read.
    ///
    /// ```
    /// use countersign::Request;
    ///
    /// let fields = [("host", "api.example"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")];
    /// let request = Request::new("GET", "/orders?page=2", &fields).with_body(b"");
    /// assert_eq!(request.target, "/orders?page=2");
    /// ```
    #[must_use]
    pub const fn new(method: &'a str, target: &'a str, fields: &'a dyn Fields) -> Self {
        Self { method, target, authority: None, fields, body: None }
    }

    /// The same request with its authority.
    #[must_use]
    pub const fn with_authority(mut self, authority: &'a str) -> Self {
        self.authority = Some(authority);
        self
    }

    /// The same request with its body.
    #[must_use]
    pub const fn with_body(mut self, body: &'a [u8]) -> Self {
        self.body = Some(body);
        self
    }

    /// Whether the request has a body: known from the body where it is at hand, else as the head announces it.
    ///
    /// A head announces a body with a `Content-Length` other than zero or with any `Transfer-Encoding`. A body that comes
    /// unannounced, as HTTP/2 allows, shows only once it is read.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.body.map_or_else(|| self.announces_body(), |body| !body.is_empty())
    }

    fn announces_body(&self) -> bool {
        let mut announced = false;
        self.fields.visit(&WellKnown::ContentLength.into(), &mut |value| {
            announced |= trim(value).iter().any(|digit| *digit != b'0');
        });
        self.fields.visit(&WellKnown::TransferEncoding.into(), &mut |_| announced = true);
        announced
    }

    /// The authority that the request is for, from its only `Host` field or else from [`Request::authority`].
    #[must_use]
    pub fn host(&self) -> Option<&'a str> {
        match self.single(&WellKnown::Host.into()) {
            Ok(Some(host)) => std::str::from_utf8(trim(host)).ok(),
            Ok(None) => self.authority,
            Err(_) => None,
        }
    }

    /// Whether a field is present, with whatever value.
    pub(crate) fn has_field(&self, name: &FieldName) -> bool {
        let mut present = false;
        self.fields.visit(name, &mut |_| present = true);
        present
    }

    /// The only value of a field; `Err` when there are several.
    pub(crate) fn single(&self, name: &FieldName) -> Result<Option<&'a [u8]>, Several> {
        let (mut found, mut count) = (None, 0_usize);
        self.fields.visit(name, &mut |value| {
            found = Some(value);
            count = count.saturating_add(1);
        });
        if count > 1 { Err(Several) } else { Ok(found) }
    }
}

/// A field that has to be single has several values.
pub(crate) struct Several;

impl fmt::Debug for Request<'_> {
    /// Shows no field value, since some are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

/// Takes optional white space off both ends (RFC 9110 section 5.6.3).
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_announces_a_body_by_length_or_by_transfer_encoding() {
        let has_body = |fields: &[(&str, &str)]| Request::new("GET", "/", &fields.to_vec()).has_body();
        assert!(!has_body(&[]));
        assert!(!has_body(&[("content-length", "0")]));
        assert!(!has_body(&[("content-length", " 000 ")]));
        assert!(has_body(&[("content-length", "5")]));
        assert!(has_body(&[("content-length", "0"), ("content-length", "10")]));
        assert!(has_body(&[("transfer-encoding", "chunked")]));
    }

    #[test]
    fn a_body_at_hand_outweighs_what_the_head_says() {
        let fields = [("content-length", "5")];
        assert!(!Request::new("POST", "/", &fields).with_body(b"").has_body());
        let none: [(&str, &str); 0] = [];
        assert!(Request::new("POST", "/", &none).with_body(b"x").has_body());
    }

    #[test]
    fn the_debug_form_shows_no_field_value() {
        let fields = [("authorization", "Bearer hunter2")];
        assert!(!format!("{:?}", Request::new("GET", "/", &fields)).contains("hunter2"));
    }
}
