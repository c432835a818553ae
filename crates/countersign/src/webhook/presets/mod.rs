//! The presets: data, one row each.

mod bodies;
mod listed;
mod others;
mod seeds;
mod timed;
mod urls;

use super::{
    preset::{Evidence, Preset},
    spec::{At, Mac, PairsOf, PairsSpec, Sort, Spec},
};

/// All of them.
pub(super) const GROUPS: [&[Preset]; 6] =
    [seeds::ROWS, bodies::ROWS, listed::ROWS, timed::ROWS, urls::ROWS, others::ROWS];

const fn row(name: &'static str, evidence: &'static [Evidence], note: &'static str, spec: fn() -> Spec) -> Preset {
    Preset::new(name, evidence, note, spec)
}

fn sha1(message: &str, at: At) -> Spec {
    Spec::new(Mac::HmacSha1, message, at)
}

fn sha256(message: &str, at: At) -> Spec {
    Spec::new(Mac::HmacSha256, message, at)
}

fn ed25519(message: &str, at: At) -> Spec {
    Spec::new(Mac::Ed25519, message, at)
}

fn p256(message: &str, at: At) -> Spec {
    Spec::new(Mac::EcdsaP256Sha256, message, at)
}

fn token(message: &str, at: At) -> Spec {
    Spec::new(Mac::DangerousToken, message, at)
}

fn hashed(message: &str, at: At) -> Spec {
    Spec::new(Mac::DangerousHashSha256, message, at)
}

fn header(name: &str) -> At {
    At::Header(name.to_owned())
}

fn query(name: &str) -> At {
    At::Query(name.to_owned())
}

fn form(name: &str) -> At {
    At::Form(name.to_owned())
}

fn json(pointer: &str) -> At {
    At::Json(pointer.to_owned())
}

fn pairs(of: PairsOf, sort: Sort, pair: &str) -> PairsSpec {
    PairsSpec::new(of, sort, pair)
}
