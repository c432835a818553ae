//! Payments and banks: Satispay, the Berlin Group's PSD2 interfaces.

use super::{Dialect, DigestForm, Due, Param, STANDARD, Wire};
use crate::field::WellKnown;

const LAYOUT: &[(Param, &str)] = &[
    (Param::KeyId, "keyId=\""),
    (Param::Algorithm, ",algorithm=\""),
    (Param::Headers, ",headers=\""),
    (Param::Signature, ",signature=\""),
];

pub(super) const SATISPAY: Dialect = Dialect {
    name: "satispay",
    also: &[],
    about: "Satispay: RSA with SHA-256, a digest with every request, also that of an empty body, and dates that end in +0000. Its Python \
        client leaves the query and the port out, and resolves the percent escapes of the path: reading that takes \
        dangerous-queryless-target, a host without port, and dangerous-decoded-path where there are escapes.",
    wire: Wire {
        carrier: WellKnown::Authorization,
        layout: &[
            (Param::KeyId, "keyId=\""),
            (Param::Algorithm, ", algorithm=\""),
            (Param::Headers, ", headers=\""),
            (Param::Signature, ", signature=\""),
        ],
        numeric_zone: true,
        ..STANDARD.wire
    },
    covers: SATISPAY_ROWS,
    requires: Some(SATISPAY_ROWS),
    ..STANDARD
};

const SATISPAY_ROWS: &[(&str, Due)] =
    &[("(request-target)", Due::Always), ("host", Due::Always), ("date", Due::Always), ("digest", Due::Always)];

pub(super) const BERLIN_GROUP: Dialect = Dialect {
    name: "berlin-group",
    also: &["psd2", "ing", "bng"],
    about: "PSD2 interfaces after the Berlin Group: RSA with the key id `SN=…,CA=…` and a digest with every request. The table does not name \
        the target or the host, so a signed request may be sent anywhere: cover `(request-target)` too where the bank takes it. The \
        certificate travels in TPP-Signature-Certificate, which is the caller's to set and the loader's to judge.",
    wire: Wire { layout: LAYOUT, ..STANDARD.wire },
    covers: &[
        ("digest", Due::Always),
        ("x-request-id", Due::Always),
        ("psu-id", Due::Present),
        ("psu-corporate-id", Due::Present),
        ("date", Due::Always),
        ("tpp-redirect-uri", Due::Present),
    ],
    requires: Some(&[
        ("digest", Due::Always),
        ("x-request-id", Due::Always),
        ("psu-id", Due::Present),
        ("psu-corporate-id", Due::Present),
        ("tpp-redirect-uri", Due::Present),
    ]),
    ..STANDARD
};

pub(super) const RABOBANK: Dialect = Dialect {
    name: "rabobank",
    also: &[],
    about: "Rabobank's variant of the Berlin Group's: a digest with SHA-512 and its name in lower case. The target and the host are not \
        signed there either.",
    wire: Wire { digest: DigestForm::LowerSha512, ..BERLIN_GROUP.wire },
    ..BERLIN_GROUP
};
