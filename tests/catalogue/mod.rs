//! The attack catalogue: known attacks on signed requests, each with the request that is let through without it.
//!
//! A case is survived only when its control passes and the attack does not: a server that refuses everything scores nothing. The
//! numbers of the rows are stable; the gaps are other cases of the same kinds.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::unwrap_used,
    clippy::unnecessary_wraps,
    reason = "it is test code: what panics has failed, and every maker of cases has the same signature"
)]

pub mod answer;
pub mod case;
pub mod craft;
pub mod fixture;
pub mod h1;
pub mod h2;
pub mod hook;
pub mod hook_fixture;
pub mod lab;
pub mod message;
pub mod report;
pub mod run;
pub mod served;
pub mod subject;

mod algorithms;
mod authority;
mod body;
mod body_coverage;
mod cache;
mod canonical;
mod clockwork;
mod coverage;
mod grammar;
mod in_process;
mod instance;
mod intermediaries;
mod key_material;
mod keys;
mod limits;
mod memory;
mod parsing;
mod refusals;
pub mod replay;
mod replay_race;
mod replay_stores;
mod replay_times;
mod rsa_sha1;
mod smuggling;
mod time;
mod webhook_forms;
mod webhook_keys;
mod webhooks;

use self::case::Row;

/// Cases in which we knowingly do otherwise: the row, a part of the case's name, and why.
pub const DEPARTURES: &[(&str, &str, &str)] = &[(
    "A59",
    "the word",
    "read by default, since deployed clients write it, and it changes nothing that is signed; Cavage::draft12 refuses it",
)];

/// Every row, in the order of the numbers.
#[must_use]
pub fn rows() -> Vec<&'static Row> {
    let chapters: [&[Row]; 13] = [
        coverage::ROWS,
        algorithms::ROWS,
        parsing::ROWS,
        canonical::ROWS,
        body::ROWS,
        time::ROWS,
        keys::ROWS,
        limits::ROWS,
        cache::ROWS,
        webhooks::ROWS,
        webhook_forms::ROWS,
        webhook_keys::ROWS,
        replay::ROWS,
    ];
    let mut rows: Vec<_> = chapters.into_iter().flatten().collect();
    rows.sort_by_key(|row| row.id[1..].parse::<u32>().ok());
    rows
}
