//! The Flask-Cavage extension.

use super::{Dialect, Due, STANDARD, TargetText, Wire};
use crate::field::WellKnown;

const WRITING: &[&str] = &["POST", "PUT", "PATCH"];

pub(super) const FLASK_CAVAGE: Dialect = Dialect {
    name: "flask-cavage",
    also: &["flask"],
    about: "Servers that use the Flask-Cavage extension, and their clients. They look key ids up as far as their first character \
        that is no letter, digit or underscore, resolve the percent escapes of the path, and leave the query of POST, PUT and \
        PATCH unsigned, so for them anybody on the way may change it. Nothing binds the body of other methods.",
    wire: Wire {
        carrier: WellKnown::Authorization,
        writes_target: TargetText::Decoded { no_query_for: WRITING },
        single_values: true,
        ..STANDARD.wire
    },
    covers: REQUIRED,
    requires: Some(REQUIRED),
    ..STANDARD
};

const REQUIRED: &[(&str, Due)] = &[
    ("(request-target)", Due::Always),
    ("host", Due::Always),
    ("date", Due::Always),
    ("content-length", Due::Methods(WRITING)),
    ("content-type", Due::Methods(WRITING)),
    ("digest", Due::Methods(WRITING)),
];
