//! A header map as the core reads it.

use std::sync::LazyLock;

use countersign::{FieldName, Fields, WellKnown};
use http::{HeaderMap, HeaderName};

/// A prepared name is looked up faster than text.
static KNOWN: LazyLock<Vec<HeaderName>> =
    LazyLock::new(|| WellKnown::ALL.iter().map(|known| HeaderName::from_static(known.as_str())).collect());

/// A header map as the core looks into it, for signing and for verifying alike.
///
/// ```
/// use countersign::{Cavage, Policy, Request, Verifier, VerifyError};
/// use countersign_http::HeaderFields;
///
/// let headers = http::HeaderMap::new();
/// let fields = HeaderFields(&headers);
/// let request = Request::new("GET", "/orders", &fields);
/// let now = std::time::SystemTime::now().into();
/// let refused = Verifier::new(Cavage::new(), Policy::default()).begin(&request, now);
/// assert_eq!(refused.err(), Some(VerifyError::NoSignature));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HeaderFields<'a>(pub &'a HeaderMap);

impl Fields for HeaderFields<'_> {
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
        let values = match name.well_known().and_then(|known| KNOWN.get(known as usize)) {
            Some(known) => self.0.get_all(known),
            None => match name.prepared(|name| HeaderName::try_from(name).ok()) {
                Some(Some(prepared)) => self.0.get_all(prepared),
                _ => self.0.get_all(name.as_str()),
            },
        };
        values.iter().for_each(|value| each(value.as_bytes()));
    }
}
