//! The Fediverse: Mastodon and its kin.

use super::{DateLine, Dialect, DigestForm, Due, STANDARD, TargetText, Wire};
use crate::{
    cavage::switch::{Switch, Switches},
    field::WellKnown,
};

pub(super) const FEDIVERSE: Dialect = Dialect {
    name: "fediverse",
    also: &["mastodon", "activitypub", "pleroma", "peertube", "lemmy"],
    about: "Mastodon and what federates with it: RSA keys under a URL, in the `Signature` field, good for an hour. Several leave \
        the query out of the target (Mastodon before 4.3, Misskey, Friendica, apsig): reading those takes \
        dangerous-queryless-target. Media types are signed where they are sent, and not required.",
    wire: Wire { reads: &[WellKnown::Signature], ..STANDARD.wire },
    covers: &[
        ("(request-target)", Due::Always),
        ("host", Due::Always),
        ("date", Due::Always),
        ("digest", Due::Body),
        ("content-type", Due::Present),
    ],
    requires: Some(&[("(request-target)", Due::Always), ("host", Due::Always), ("digest", Due::Body)]),
    max_age: 3600,
    max_skew: 300,
    ..STANDARD
};

pub(super) const GO_FED: Dialect = Dialect {
    name: "go-fed",
    also: &["gotosocial"],
    about: "The Fediverse as go-fed and GoToSocial write it: `hs2019` for RSA with SHA-256, in one of the two fields, over the decoded \
        path, which takes dangerous-decoded-path to read where there is something to decode.",
    wire: Wire {
        writes_target: TargetText::Decoded { no_query_for: &[] },
        switches: Switches::NONE.with(Switch::Hs2019),
        reads: &[WellKnown::Signature, WellKnown::Authorization],
        ..FEDIVERSE.wire
    },
    ..FEDIVERSE
};

pub(super) const FEDIFY: Dialect = Dialect {
    name: "fedify",
    also: &["apsig"],
    about: "The Fediverse as fedify and apsig read it: the target without its query, so that anybody on the way may change the query. \
        Reading what they sign takes dangerous-queryless-target where there is a query.",
    wire: Wire { writes_target: TargetText::WithoutQuery, ..FEDIVERSE.wire },
    ..FEDIVERSE
};

pub(super) const MISSKEY: Dialect = Dialect {
    name: "misskey",
    also: &["misskey-dev"],
    about: "The Fediverse as Misskey's own library writes it: ECDSA as two numbers side by side, the value of an `X-Date` under the \
        name `date`, and an absolute target without its query, which takes dangerous-queryless-target to read.",
    wire: Wire { date: DateLine::Valued("x-date"), switches: Switches::NONE.with(Switch::RawEcdsa), ..FEDIVERSE.wire },
    ..FEDIVERSE
};

pub(super) const BOVINE: Dialect = Dialect {
    name: "bovine",
    also: &[],
    about: "The Fediverse as bovine writes it: the digest's name in lower case. Its servers read the target without its query, which \
        its clients sign: what is signed here goes without, so that anybody on the way may change the query.",
    wire: Wire { digest: DigestForm::LowerSha256, writes_target: TargetText::WithoutQuery, ..FEDIVERSE.wire },
    ..FEDIVERSE
};
