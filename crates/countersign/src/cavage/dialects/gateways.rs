//! Gateways: Kong, Apache APISIX, Tyk, Gravitee.

use super::{Absent, DateLine, Dialect, Due, Frame, Param, STANDARD, TargetForm, TargetLine, TargetText, Wire};
use crate::{field::WellKnown, signature::Encoding};

const LAYOUT: &[(Param, &str)] = &[
    (Param::KeyId, "keyId=\""),
    (Param::Algorithm, ",algorithm=\""),
    (Param::Headers, ",headers=\""),
    (Param::Signature, ",signature=\""),
];

pub(super) const KONG: Dialect = Dialect {
    name: "kong",
    also: &["kong-hmac", "hmac-auth"],
    about: "Kong's hmac-auth: credentials of the scheme `hmac` with a `username`, `@request-target` or the raw `request-line`. Kong reads an \
        absent field as empty, which takes dangerous-absent-fields. Names in the list keep their case there and are lower case \
        here: a client that writes them otherwise is refused. Of a repeated field Kong signs the first value; here it cannot be \
        covered. The host is not signed, so a request may be sent to another.",
    wire: Wire {
        carrier: WellKnown::Authorization,
        reads: &[WellKnown::ProxyAuthorization, WellKnown::Authorization],
        word: "hmac",
        layout: &[
            (Param::KeyId, "username=\""),
            (Param::Algorithm, ", algorithm=\""),
            (Param::Headers, ", headers=\""),
            (Param::Signature, ", signature=\""),
        ],
        key_id: "username",
        names_are_the_drafts: false,
        targets: &[
            TargetLine { name: "@request-target", form: TargetForm::Named },
            TargetLine { name: "request-line", form: TargetForm::RequestLine },
        ],
        absent: Absent::BlankWithoutSpace,
        single_values: true,
        also_dates: &["x-date"],
        ..STANDARD.wire
    },
    covers: &[("date", Due::Always), ("@request-target", Due::Always), ("digest", Due::Body)],
    requires: Some(&[("@request-target", Due::Always), ("digest", Due::Body)]),
    ..STANDARD
};

pub(super) const APISIX: Dialect = Dialect {
    name: "apisix",
    also: &["apache-apisix"],
    about: "Apache APISIX from 3.11 on: the key id as a first line, `@request-target` as `GET /path`, and a line end behind the last line. \
        APISIX leaves an absent field out, which takes dangerous-absent-fields; of a repeated field it signs the first value, so \
        here it cannot be covered. The host is not signed. Its older fields, X-HMAC-*, are another scheme.",
    wire: Wire {
        carrier: WellKnown::Authorization,
        reads: &[WellKnown::Authorization],
        layout: LAYOUT,
        names_are_the_drafts: false,
        targets: &[TargetLine { name: "@request-target", form: TargetForm::Bare }],
        frame: Frame::KeyIdAndFinalLineEnd,
        absent: Absent::Skipped,
        single_values: true,
        ..STANDARD.wire
    },
    covers: &[("@request-target", Due::Always), ("date", Due::Always), ("digest", Due::Body)],
    requires: Some(&[("@request-target", Due::Always), ("digest", Due::Body)]),
    ..STANDARD
};

pub(super) const TYK: Dialect = Dialect {
    name: "tyk",
    also: &[],
    about: "Tyk: the decoded path without its query, which takes dangerous-queryless-target and dangerous-decoded-path to read, MACs with percent escapes, and `x-aux-date` in place of a `Date` that a client cannot \
        set. Anybody on the way may change the query, the host and the body: Tyk has no digest and cannot sign the host. An \
        unknown algorithm's name, which Tyk takes for hmac-sha1, is refused.",
    wire: Wire {
        carrier: WellKnown::Authorization,
        reads: &[WellKnown::Authorization],
        layout: LAYOUT,
        encoding: Encoding::UrlEscapedBase64,
        writes_target: TargetText::DecodedWithoutQuery,
        absent: Absent::Blank,
        single_values: true,
        date: DateLine::Replaced("x-aux-date"),
        ..STANDARD.wire
    },
    covers: &[("(request-target)", Due::Always), ("date", Due::Always)],
    requires: Some(&[("(request-target)", Due::Always)]),
    ..STANDARD
};

pub(super) const GRAVITEE: Dialect = Dialect {
    name: "gravitee",
    also: &[],
    about: "Gravitee's policy, which can cover neither the target nor the host nor a digest: what it signs says when and by whom \
        something was sent, and not what.",
    wire: Wire { layout: LAYOUT, ..STANDARD.wire },
    covers: &[("date", Due::Always), ("content-type", Due::Present), ("content-length", Due::Body)],
    requires: Some(&[]),
    max_skew: 30,
    ..STANDARD
};
