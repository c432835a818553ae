//! A request on its way out, whatever library it belongs to.

use std::borrow::Cow;

use http::{HeaderMap, Uri, uri::PathAndQuery};

/// A request on its way out, as signing reads and changes it.
///
/// [`http::Request`] is one where its body is at hand: a `Vec<u8>` or `Bytes`. A client with a request of its own
/// implements this for a type around it.
pub trait Outgoing {
    /// Where the request goes, as its library has it.
    type Location;

    /// The method.
    fn method(&self) -> &str;

    /// Path and query exactly as they go over the wire.
    fn target(&self) -> Cow<'_, str>;

    /// What is sent as `Host`, or as `:authority`, unless there is a `Host` field: the port only where it is not the scheme's own.
    fn authority(&self) -> Option<Cow<'_, str>>;

    /// The fields.
    fn headers(&self) -> &HeaderMap;

    /// The fields, to be changed.
    fn headers_mut(&mut self) -> &mut HeaderMap;

    /// The body, empty where there is none; `None` when it is not at hand.
    fn body(&self) -> Option<&[u8]>;

    /// Sets another body.
    fn set_body(&mut self, body: Vec<u8>);

    /// Where the request goes, with another path and query; `None` where that cannot be sent byte for byte.
    fn with_target(&self, target: &str) -> Option<Self::Location>;

    /// Sets where the request goes.
    fn set_location(&mut self, location: Self::Location);
}

impl<B: AsRef<[u8]> + From<Vec<u8>>> Outgoing for http::Request<B> {
    type Location = Uri;

    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn target(&self) -> Cow<'_, str> {
        match self.uri().path_and_query().map(PathAndQuery::as_str) {
            None | Some("") => Cow::Borrowed("/"),
            // A query alone goes over the wire behind a slash.
            Some(query) if query.starts_with('?') => Cow::Owned(format!("/{query}")),
            Some(target) => Cow::Borrowed(target),
        }
    }

    fn authority(&self) -> Option<Cow<'_, str>> {
        authority(self.uri())
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }

    fn body(&self) -> Option<&[u8]> {
        Some(self.body().as_ref())
    }

    fn set_body(&mut self, body: Vec<u8>) {
        *self.body_mut() = body.into();
    }

    fn with_target(&self, target: &str) -> Option<Uri> {
        let mut parts = self.uri().clone().into_parts();
        parts.path_and_query = Some(target.parse().ok()?);
        let uri = Uri::from_parts(parts).ok()?;
        (uri.path_and_query().map(PathAndQuery::as_str) == Some(target)).then_some(uri)
    }

    fn set_location(&mut self, location: Uri) {
        *self.uri_mut() = location;
    }
}

/// As clients write it: without the user, and without the port that is the scheme's own.
fn authority(uri: &Uri) -> Option<Cow<'_, str>> {
    let authority = uri.authority()?;
    let usual = match uri.scheme_str() {
        Some("http") => Some(80),
        Some("https") => Some(443),
        _ => None,
    };
    Some(match authority.port_u16() {
        Some(port) if Some(port) != usual => Cow::Owned(format!("{}:{port}", authority.host())),
        _ => Cow::Borrowed(authority.host()),
    })
}

#[cfg(test)]
mod tests;
