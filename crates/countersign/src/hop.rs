//! Fields that belong to one hop.

use crate::{
    field::{FieldName, WellKnown},
    request::{Request, trim},
};

/// The first covered field that `Connection` names: whoever forwards the request takes it away (RFC 9110 section 7.6.1). `covered`
/// finds the covered field of a name that is spelt in any case.
#[inline]
pub(crate) fn named_by_connection(
    request: &Request<'_>,
    covered: impl Fn(&[u8]) -> Option<FieldName>,
) -> Option<FieldName> {
    let mut named = None;
    request.fields.visit(&WellKnown::Connection.into(), &mut |value| {
        let mut options = value.split(|byte| *byte == b',').map(trim);
        named = named.take().or_else(|| options.find_map(&covered));
    });
    named
}
