//! Libraries whose servers read less than the standard form, or write something of their own.

use super::{Absent, Dialect, DigestForm, Due, Param, STANDARD, Wire};
use crate::{
    cavage::switch::{Switch, Switches},
    field::WellKnown,
    signature::Encoding,
};

pub(super) const GIN: Dialect = Dialect {
    name: "gin",
    also: &["gin-contrib", "httpsign"],
    about: "gin-contrib/httpsign: everything quoted, a signed digest with every request, and for one without body the empty line of a digest \
        that is not sent. Reading that line takes dangerous-absent-fields. The host is signed here and not required.",
    wire: Wire {
        layout: &[
            (Param::KeyId, "keyId=\""),
            (Param::Algorithm, ",algorithm=\""),
            (Param::Headers, ",headers=\""),
            (Param::Signature, ",signature=\""),
        ],
        absent: Absent::Blank,
        single_values: true,
        blank_digest: true,
        ..STANDARD.wire
    },
    covers: &[("(request-target)", Due::Always), ("host", Due::Always), ("date", Due::Always), ("digest", Due::Always)],
    requires: Some(&[("(request-target)", Due::Always), ("digest", Due::Body)]),
    ..STANDARD
};

pub(super) const DRF_HTTPSIG: Dialect = Dialect {
    name: "drf-httpsig",
    also: &[],
    about: "drf-httpsig, whose servers cannot verify a covered content-type: anybody on the way may change it.",
    wire: Wire { carrier: WellKnown::Authorization, ..STANDARD.wire },
    covers: &[("(request-target)", Due::Always), ("host", Due::Always), ("date", Due::Always), ("digest", Due::Body)],
    requires: Some(&[("(request-target)", Due::Always), ("host", Due::Always), ("digest", Due::Body)]),
    ..STANDARD
};

pub(super) const DIGITAL_BAZAAR: Dialect = Dialect {
    name: "digital-bazaar",
    also: &["zcap"],
    about: "@digitalbazaar/http-signature-header: quoted times, a covered key id, no algorithm, and a digest as a multihash.",
    wire: Wire {
        carrier: WellKnown::Authorization,
        layout: &[
            (Param::KeyId, "keyId=\""),
            (Param::Headers, ",headers=\""),
            (Param::Signature, ",signature=\""),
            (Param::Created, ",created=\""),
            (Param::Expires, ",expires=\""),
        ],
        digest: DigestForm::Multihash,
        ..STANDARD.wire
    },
    covers: &[
        ("(key-id)", Due::Always),
        ("(created)", Due::Always),
        ("(expires)", Due::Always),
        ("(request-target)", Due::Always),
        ("host", Due::Always),
        ("digest", Due::Body),
        ("content-type", Due::Present),
    ],
    ..STANDARD
};

pub(super) const MICHALC: Dialect = Dialect {
    name: "michalc",
    also: &["http-signature-server"],
    about: "michalc's http-signature-server: a space after every comma, no algorithm, and a covered `(created)`.",
    wire: Wire {
        carrier: WellKnown::Signature,
        layout: &[
            (Param::KeyId, "keyId=\""),
            (Param::Created, ", created="),
            (Param::Expires, ", expires="),
            (Param::Headers, ", headers=\""),
            (Param::Signature, ", signature=\""),
        ],
        ..STANDARD.wire
    },
    covers: &[
        ("(created)", Due::Always),
        ("(request-target)", Due::Always),
        ("host", Due::Always),
        ("digest", Due::Body),
        ("content-type", Due::Present),
        ("content-encoding", Due::Present),
        ("x-http-method-override", Due::Present),
        ("x-http-method", Due::Present),
        ("x-method-override", Due::Present),
    ],
    ..STANDARD
};

pub(super) const REQUESTS_HTTP_SIGNATURE: Dialect = Dialect {
    name: "requests-http-signature",
    also: &[],
    about: "requests-http-signature before 0.3: a `created` in every signature, covered or not. It leaves a default port out of the host.",
    wire: Wire { carrier: WellKnown::Authorization, states_created: true, ..STANDARD.wire },
    ..STANDARD
};

pub(super) const TOMITRIBE: Dialect = Dialect {
    name: "tomitribe",
    also: &[],
    about: "tomitribe's http-signatures for Java: `hs2019`, and a `created` in every signature. Under some locales it writes the decimals of \
        `expires` behind a comma, which cannot be read.",
    wire: Wire { switches: Switches::NONE.with(Switch::Hs2019), states_created: true, ..STANDARD.wire },
    ..STANDARD
};

pub(super) const NORMALIZATION: Dialect = Dialect {
    name: "http-signature-normalization",
    also: &["asonix"],
    about: "http-signature-normalization for Rust: `hs2019`, quoted times, and both of them covered.",
    wire: Wire {
        switches: Switches::NONE.with(Switch::Hs2019),
        layout: &[
            (Param::KeyId, "keyId=\""),
            (Param::Algorithm, ",algorithm=\""),
            (Param::Created, ",created=\""),
            (Param::Expires, ",expires=\""),
            (Param::Headers, ",headers=\""),
            (Param::Signature, ",signature=\""),
        ],
        ..STANDARD.wire
    },
    covers: &[
        ("(created)", Due::Always),
        ("(expires)", Due::Always),
        ("(request-target)", Due::Always),
        ("content-encoding", Due::Present),
        ("x-http-method-override", Due::Present),
        ("x-http-method", Due::Present),
        ("x-method-override", Due::Present),
        ("content-type", Due::Present),
        ("digest", Due::Body),
        ("host", Due::Always),
    ],
    ..STANDARD
};

pub(super) const HAMNIS: Dialect = Dialect {
    name: "hamnis",
    also: &[],
    about: "hamnis' http-signatures for Java: signatures in Base64url.",
    wire: Wire { encoding: Encoding::UrlSafeBase64, ..STANDARD.wire },
    ..STANDARD
};
