//! Oracle Cloud Infrastructure.

use super::{Dialect, Due, Param, STANDARD, Wire};
use crate::field::WellKnown;

const WRITING: &[&str] = &["POST", "PUT", "PATCH"];

pub(super) const ORACLE_CLOUD: Dialect = Dialect {
    name: "oracle-cloud",
    also: &["oci", "oracle"],
    about: "Oracle Cloud: a key id of tenancy, user and fingerprint, RSA with SHA-256, and the body's hash in `X-Content-Sha256` for \
        POST, PUT and PATCH. An upload to its object storage leaves the last three out: sign it with a coverage of its own.",
    wire: Wire {
        carrier: WellKnown::Authorization,
        reads: &[WellKnown::Authorization],
        layout: &[
            (Param::KeyId, "version=\"1\",keyId=\""),
            (Param::Algorithm, ",algorithm=\""),
            (Param::Headers, ",headers=\""),
            (Param::Signature, ",signature=\""),
        ],
        also_dates: &["x-date"],
        ..STANDARD.wire
    },
    covers: &[
        ("date", Due::Always),
        ("(request-target)", Due::Always),
        ("host", Due::Always),
        ("content-length", Due::Methods(WRITING)),
        ("content-type", Due::Methods(WRITING)),
        ("x-content-sha256", Due::Methods(WRITING)),
    ],
    requires: Some(&[
        ("(request-target)", Due::Always),
        ("host", Due::Always),
        ("x-content-sha256", Due::Body),
        ("content-type", Due::Body),
    ]),
    ..STANDARD
};
