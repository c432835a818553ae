//! actix-web's request as the core reads it.

use std::{borrow::Cow, sync::LazyLock};

use actix_web::{
    HttpRequest,
    http::header::{HeaderMap, HeaderName},
};
use countersign::{FieldName, Fields, Request, WellKnown};

/// actix-web looks a name up without allocating only when it is prepared.
static KNOWN: LazyLock<Vec<HeaderName>> =
    LazyLock::new(|| WellKnown::ALL.iter().map(|known| HeaderName::from_static(known.as_str())).collect());

/// Whether a request has a field that frameworks take for the method.
pub(crate) fn overrides_method(request: &HttpRequest) -> bool {
    [WellKnown::XHttpMethodOverride, WellKnown::XHttpMethod, WellKnown::XMethodOverride]
        .iter()
        .any(|field| request.headers().contains_key(field.as_str()))
}

/// How clients see the server, where a proxy in front of it makes that another than it sees itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Public {
    /// What stands in for `Host` and for `:authority`.
    pub(crate) authority: Option<String>,
    /// What was taken off the front of the target.
    pub(crate) prefix: String,
}

/// A header map as the core looks into it.
pub(crate) struct ActixFields<'a> {
    pub(crate) map: &'a HeaderMap,
    /// What stands in for `Host`.
    pub(crate) host: Option<&'a str>,
}

impl Fields for ActixFields<'_> {
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
        let known = name.well_known();
        if let (Some(host), Some(WellKnown::Host)) = (self.host, known) {
            return each(host.as_bytes());
        }
        let values = match known.and_then(|known| KNOWN.get(known as usize)) {
            Some(known) => self.map.get_all(known),
            None => match name.prepared(|name| HeaderName::try_from(name).ok()) {
                Some(Some(prepared)) => self.map.get_all(prepared),
                _ => self.map.get_all(name.as_str()),
            },
        };
        values.for_each(|value| each(value.as_bytes()));
    }

    fn has_any(&self, names: &[WellKnown]) -> bool {
        let is = |own: &str| names.iter().any(|name| name.as_str() == own);
        (self.host.is_some() && names.contains(&WellKnown::Host)) || self.map.keys().any(|own| is(own.as_str()))
    }
}

/// The head of a request as its client sent it: the target is the one of the wire, whatever scope it was routed through.
pub(crate) struct Head<'a> {
    request: &'a HttpRequest,
    fields: ActixFields<'a>,
    target: Cow<'a, str>,
}

impl<'a> Head<'a> {
    pub(crate) fn new(request: &'a HttpRequest, public: &'a Public) -> Self {
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        let target = match public.prefix.as_str() {
            prefix if !prefix.is_empty() && target.starts_with('/') => Cow::Owned(format!("{prefix}{target}")),
            _ => Cow::Borrowed(target),
        };
        Self { request, fields: ActixFields { map: request.headers(), host: public.authority.as_deref() }, target }
    }

    pub(crate) fn as_request(&self) -> Request<'_> {
        let head = Request::new(self.request.method().as_str(), &self.target, &self.fields);
        match self.request.uri().authority() {
            Some(authority) if self.fields.host.is_none() => head.with_authority(authority.as_str()),
            _ => head,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn every_well_known_name_is_prepared_at_its_place() {
        for known in WellKnown::ALL {
            assert_eq!(KNOWN[*known as usize].as_str(), known.as_str());
        }
    }

    #[test]
    fn every_value_of_a_field_is_visited_in_order_known_or_not() {
        let request = TestRequest::default()
            .append_header(("Digest", "a"))
            .append_header(("Digest", "b"))
            .append_header(("X-Own", "c"))
            .append_header(("X-Own", "d"))
            .to_http_request();
        for (name, expected) in [("digest", "ab"), ("x-own", "cd"), ("x-none", "")] {
            let (mut seen, public) = (Vec::new(), Public::default());
            let head = Head::new(&request, &public);
            head.fields.visit(&name.parse().unwrap(), &mut |value| seen.extend_from_slice(value));
            assert_eq!(seen, expected.as_bytes(), "{name}");
        }
    }

    #[test]
    fn an_empty_query_is_not_the_same_target_as_none() {
        for target in ["/a", "/a?", "/a?b=%2F&c", "//a/../b;v=1"] {
            let request = TestRequest::with_uri(target).to_http_request();
            assert_eq!(Head::new(&request, &Public::default()).as_request().target, target);
        }
    }

    #[test]
    fn the_public_authority_stands_in_for_whatever_the_request_names() {
        let public = Public { authority: Some("api.example".to_owned()), prefix: "/api".to_owned() };
        let request =
            TestRequest::with_uri("http://10.0.0.7/a?b").append_header(("Host", "10.0.0.8")).to_http_request();
        let head = Head::new(&request, &public);
        let head = head.as_request();
        assert_eq!((head.host(), head.authority, head.target), (Some("api.example"), None, "/api/a?b"));
    }
}
