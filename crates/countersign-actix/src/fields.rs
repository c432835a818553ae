//! actix-web's request as the core reads it.

use std::sync::LazyLock;

use actix_web::{
    HttpRequest,
    http::header::{HeaderMap, HeaderName},
};
use countersign::{FieldName, Fields, Request, WellKnown};

/// actix-web looks a name up without allocating only when it is prepared.
static KNOWN: LazyLock<Vec<HeaderName>> =
    LazyLock::new(|| WellKnown::ALL.iter().map(|known| HeaderName::from_static(known.as_str())).collect());

/// A header map as the core looks into it.
pub(crate) struct ActixFields<'a>(pub(crate) &'a HeaderMap);

impl Fields for ActixFields<'_> {
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
        let values = match name.well_known().and_then(|known| KNOWN.get(known as usize)) {
            Some(known) => self.0.get_all(known),
            None => self.0.get_all(name.as_str()),
        };
        values.for_each(|value| each(value.as_bytes()));
    }
}

/// The head of a request: its target is the one of the wire, whatever scope it was routed through.
pub(crate) fn head<'a>(request: &'a HttpRequest, fields: &'a ActixFields<'a>) -> Request<'a> {
    let uri = request.uri();
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    let head = Request::new(request.method().as_str(), target, fields);
    match uri.authority() {
        Some(authority) => head.with_authority(authority.as_str()),
        None => head,
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
            let mut seen = Vec::new();
            ActixFields(request.headers()).visit(&name.parse().unwrap(), &mut |value| seen.extend_from_slice(value));
            assert_eq!(seen, expected.as_bytes(), "{name}");
        }
    }

    #[test]
    fn an_empty_query_is_not_the_same_target_as_none() {
        for target in ["/a", "/a?", "/a?b=%2F&c", "//a/../b;v=1"] {
            let request = TestRequest::with_uri(target).to_http_request();
            assert_eq!(head(&request, &ActixFields(request.headers())).target, target);
        }
    }
}
