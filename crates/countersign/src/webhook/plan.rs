//! A layout that works: what [`compile`](super::compile) makes of a [`Spec`].

use super::{
    guard::Guard,
    layout::LayoutPlan,
    spec::{BodyHash, PairsSpec, Spec, TimeFormat},
    template::Token,
};
use crate::{
    algorithm::Algorithm,
    component::{Component, CoveredComponents},
    coverage::Coverage,
    field::FieldName,
    scheme_name::SchemeName,
    signature::Encoding,
};

/// All that is needed to read and to write a webhook, found once.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) name: SchemeName,
    pub(super) spec: Spec,
    pub(super) algorithm: Algorithm,
    pub(super) parts: Vec<Part>,
    /// Whether the URL is among them.
    pub(super) signs_url: bool,
    /// What each of the parts must not hold.
    pub(super) guards: Vec<Guard>,
    pub(super) carrier: Carrier,
    pub(super) layout: LayoutPlan,
    pub(super) encoding: Encoding,
    pub(super) time: Option<TimePlan>,
    pub(super) id: Option<IdPlan>,
    pub(super) key_id: Option<KeyIdAt>,
    pub(super) digest: Option<DigestPlan>,
    pub(super) covered: CoveredComponents,
    pub(super) coverage: Coverage,
}

/// One part of what is signed.
#[derive(Debug)]
pub(super) enum Part {
    Text(Vec<u8>),
    Body,
    Method,
    Url,
    Target,
    Path,
    Query,
    Time,
    /// The delivery's id.
    Id,
    Value {
        source: Source,
        optional: bool,
    },
    Pairs(PairsPlan),
    BodyHash(BodyHash, HashText),
}

/// Where a single value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Header(FieldName),
    Query(String),
    Form(String),
    Json(String),
}

impl Source {
    pub(super) fn component(&self) -> Component {
        match self {
            Self::Header(name) => Component::Field(name.clone()),
            Self::Query(_) => Component::Query,
            Self::Form(_) => Component::Form,
            Self::Json(_) => Component::Json,
        }
    }

    /// Whether it stands in the body.
    pub(super) const fn is_in_body(&self) -> bool {
        matches!(self, Self::Form(_) | Self::Json(_))
    }
}

/// Where signatures stand.
#[derive(Debug)]
pub(super) enum Carrier {
    One(Source),
    /// One in each, whichever are there.
    Fields(Vec<FieldName>),
    /// One in each, in a row without a gap.
    Sequence(Vec<FieldName>),
}

#[derive(Debug)]
pub(super) struct TimePlan {
    /// `None` beside the signature.
    pub(super) source: Option<Source>,
    pub(super) format: TimeFormat,
    pub(super) past: u64,
    pub(super) future: u64,
}

#[derive(Debug)]
pub(super) struct IdPlan {
    pub(super) source: Source,
    pub(super) is_covered: bool,
}

#[derive(Debug)]
pub(super) enum KeyIdAt {
    Layout,
    Source(Source),
}

#[derive(Debug)]
pub(super) struct DigestPlan {
    pub(super) source: Source,
    pub(super) is_sha512: bool,
    pub(super) encoding: Encoding,
    pub(super) prefix: String,
}

/// How a hash of the body is written into what is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HashText {
    Raw,
    Hex,
    Base64,
}

/// Pairs and how they are written.
#[derive(Debug)]
pub(super) struct PairsPlan {
    pub(super) spec: PairsSpec,
    /// The text of one pair, with the names `k` and `v`.
    pub(super) pair: Vec<Token>,
}
