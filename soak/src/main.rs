//! `soak`: good and bad requests to two servers over one Redis, while the loader and Redis fail, judged request by request.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it is a test: what panics has failed"
)]

mod craft;
mod drive;
mod faults;
mod figures;
mod judge;
mod kind;
mod message;
mod parties;
mod redis;
mod report;
mod rules;
mod run;
mod serve;
mod servers;
mod story;

use std::{env, process::ExitCode};

use clap::{Parser, ValueEnum};

use self::report::Judgement;

/// Drives good and bad requests against two servers that accept each request once over one Redis, while the loader of keys stalls and
/// fails and Redis is paused, killed and started again. Each request is labelled when it is made, and joined afterwards with what the
/// handlers logged.
///
/// Redis is `redis-server`, or what `COUNTERSIGN_REDIS_SERVER` names, on a port and in a folder of its own.
///
/// The status is 0 when nothing was accepted or refused wrongly, 503 was answered within faults alone, everything was well again two
/// seconds behind each fault, and memory stayed flat; 1 otherwise, and 2 when it could not be tried, as on a machine that is too busy.
#[derive(Parser)]
#[command(name = "soak", max_term_width = 100)]
pub(crate) struct Args {
    /// For how many minutes requests are sent
    #[arg(value_parser = minutes)]
    minutes: f64,
    /// How many labels are begun each second; some are sent several times
    #[arg(long, default_value_t = 400)]
    rate: u32,
    /// The same seed makes the same requests
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Takes something away from the servers, to see that this finds it
    #[arg(long, value_enum)]
    weaken: Option<Weakness>,
}

/// What is taken away from the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Weakness {
    /// Nothing is remembered
    NoMemory,
    /// Requests pass while Redis does not answer
    FailOpen,
    /// Each server remembers by itself
    NotShared,
    /// An age of no limit is accepted
    AnyAge,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().map_err(|_| "a number of minutes".to_owned())?;
    if (0.5..=1440.0).contains(&minutes) { Ok(minutes) } else { Err("from half a minute to a day".to_owned()) }
}

fn main() -> ExitCode {
    if env::args().nth(1).is_some_and(|argument| argument == serve::COMMAND) {
        serve::serve(&serve::Serve::parse_from(env::args().skip(1))).expect("the server ends with its input");
        return ExitCode::SUCCESS;
    }
    match run::run(&Args::parse()) {
        Ok(Judgement::Fine) => ExitCode::SUCCESS,
        Ok(Judgement::Wrong) => ExitCode::FAILURE,
        Ok(Judgement::Starved) => {
            eprintln!("soak: the machine is too busy to tell late answers from faults; try a lower --rate");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::from(2)
        }
    }
}
