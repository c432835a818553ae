//! reqwest's header map as the core reads it.

use std::sync::LazyLock;

use countersign::{FieldName, Fields, WellKnown};
use reqwest::header::{HeaderMap, HeaderName};

/// A prepared name is looked up faster than text.
static KNOWN: LazyLock<Vec<HeaderName>> =
    LazyLock::new(|| WellKnown::ALL.iter().map(|known| HeaderName::from_static(known.as_str())).collect());

/// A header map as the core looks into it.
pub(crate) struct ReqwestFields<'a>(pub(crate) &'a HeaderMap);

impl Fields for ReqwestFields<'_> {
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
