//! The form that nearly every deployment reads, from which all others are told apart.

use super::{Absent, DateLine, DefaultList, Dialect, DigestForm, Due, Frame, Param, SecretText, TargetText, Wire};
use crate::{
    cavage::{dialect::REQUEST_TARGET, switch::Switches},
    field::WellKnown,
    signature::Encoding,
};

pub(super) const STANDARD: Dialect = Dialect {
    name: "standard",
    also: &["default", "cavage", "httpsig"],
    about: "What nearly every deployment reads, and a reader of what they write: drafts 03 to 12. Clients that leave the query \
        out of the target, that send both fields at once, or that sign with two numbers side by side need a switch.",
    wire: Wire {
        carrier: WellKnown::Signature,
        reads: &[WellKnown::Signature, WellKnown::Authorization],
        word: "Signature",
        layout: &[
            (Param::KeyId, "keyId=\""),
            (Param::Algorithm, ",algorithm=\""),
            (Param::Created, ",created="),
            (Param::Expires, ",expires="),
            (Param::Headers, ",headers=\""),
            (Param::Signature, ",signature=\""),
        ],
        key_id: "keyId",
        algorithm_names: &[],
        states_created: false,
        encoding: Encoding::Base64,
        targets: &[REQUEST_TARGET],
        names_are_the_drafts: true,
        writes_target: TargetText::AsSent,
        frame: Frame::None,
        absent: Absent::Refused,
        single_values: false,
        date: DateLine::Own,
        also_dates: &[],
        numeric_zone: false,
        digest: DigestForm::Sha256,
        blank_digest: false,
        switches: Switches::NONE,
        by_the_letter: false,
        default_list: DefaultList::WhicheverIsThere,
    },
    // A test holds this to the table that the default policy requires.
    covers: &[
        ("(request-target)", Due::Always),
        ("host", Due::Always),
        ("date", Due::Always),
        ("digest", Due::Body),
        ("content-type", Due::Present),
        ("content-encoding", Due::Present),
        ("x-http-method-override", Due::Present),
        ("x-http-method", Due::Present),
        ("x-method-override", Due::Present),
    ],
    requires: None,
    max_age: 300,
    max_skew: 30,
    secret: SecretText::Literal,
};
