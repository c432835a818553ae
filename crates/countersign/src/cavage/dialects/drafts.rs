//! The drafts whose bytes differ from the last ones', and the last one to the letter.

use super::{DefaultList, Dialect, Due, STANDARD, TargetForm, TargetLine, Wire};
use crate::cavage::switch::{Switch, Switches};

pub(super) const DRAFT_12: Dialect = Dialect {
    name: "draft-12",
    also: &["draft12"],
    about: "Draft 12 to the letter: `hs2019` and no other name of an algorithm, `(created)` for an absent list, names that are \
        listed twice, and no signature from the future.",
    wire: Wire {
        switches: Switches::NONE.with(Switch::Hs2019),
        by_the_letter: true,
        default_list: DefaultList::Created,
        ..STANDARD.wire
    },
    covers: &[
        ("(request-target)", Due::Always),
        ("(created)", Due::Always),
        ("host", Due::Always),
        ("digest", Due::Body),
        ("content-type", Due::Present),
        ("content-encoding", Due::Present),
        ("x-http-method-override", Due::Present),
        ("x-http-method", Due::Present),
        ("x-method-override", Due::Present),
    ],
    max_skew: 0,
    ..STANDARD
};

pub(super) const DRAFT_00: Dialect = Dialect {
    name: "draft-00",
    also: &["draft00", "d00"],
    about: "Draft 00: the raw request line, listed as `request-line`, and `date` for an absent list.",
    wire: Wire {
        names_are_the_drafts: false,
        targets: &[TargetLine { name: "request-line", form: TargetForm::RequestLine }],
        default_list: DefaultList::Date,
        ..STANDARD.wire
    },
    ..STANDARD
};

pub(super) const DRAFT_01: Dialect = Dialect {
    name: "draft-01",
    also: &["draft01", "d01"],
    about: "Draft 01: the raw request line, listed as `(request-line)`, and `date` for an absent list.",
    wire: Wire {
        names_are_the_drafts: false,
        targets: &[TargetLine { name: "(request-line)", form: TargetForm::RequestLine }],
        default_list: DefaultList::Date,
        ..STANDARD.wire
    },
    ..STANDARD
};

pub(super) const DRAFT_02: Dialect = Dialect {
    name: "draft-02",
    also: &["draft02", "d02"],
    about: "Draft 02: method and target, listed as `(request-line)` and with that name before them, and `date` for an absent list.",
    wire: Wire {
        names_are_the_drafts: false,
        targets: &[TargetLine { name: "(request-line)", form: TargetForm::Named }],
        default_list: DefaultList::Date,
        ..STANDARD.wire
    },
    ..STANDARD
};
