//! Cybersource.

use super::{Dialect, Due, Param, STANDARD, SecretText, TargetForm, TargetLine, Wire};
use crate::{algorithm::Algorithm, cavage::dialect::REQUEST_TARGET, field::WellKnown};

const WRITING: &[&str] = &["POST", "PUT", "PATCH"];

pub(super) const CYBERSOURCE: Dialect = Dialect {
    name: "cybersource",
    also: &["cybersource-bare"],
    about: "Cybersource: `keyid`, `HmacSHA256`, `request-target` with or without its parentheses, a Base64 secret, and the merchant in \
        `v-c-merchant-id`, which the request has to carry. With a meta key the signed merchant is the portfolio and the sent one \
        is not: such a request cannot be expressed, since what is signed here is what is sent.",
    wire: Wire {
        carrier: WellKnown::Signature,
        reads: &[WellKnown::Signature],
        layout: &[
            (Param::KeyId, "keyid=\""),
            (Param::Algorithm, ", algorithm=\""),
            (Param::Headers, ", headers=\""),
            (Param::Signature, ", signature=\""),
        ],
        key_id: "keyid",
        algorithm_names: &[(Algorithm::HmacSha256, "HmacSHA256")],
        names_are_the_drafts: false,
        targets: &[TargetLine { name: "request-target", form: TargetForm::Named }, REQUEST_TARGET],
        also_dates: &["v-c-date"],
        ..STANDARD.wire
    },
    covers: &[
        ("host", Due::Always),
        ("date", Due::Always),
        ("request-target", Due::Always),
        ("digest", Due::Methods(WRITING)),
        ("v-c-merchant-id", Due::Always),
    ],
    requires: Some(&[
        ("host", Due::Always),
        ("request-target", Due::Always),
        ("digest", Due::Body),
        ("v-c-merchant-id", Due::Always),
    ]),
    secret: SecretText::Base64,
    ..STANDARD
};
