//! The command `countersign`: makes keys, signs and verifies HTTP requests, and shows what is signed.
//!
//! It reads one raw HTTP/1.x request from standard input and prints nothing but its result. It ends with 0 when the request was
//! accepted or the work is done, with 1 when something was refused, and with 2 when it was used wrongly or its input could not
//! be read.

mod args;
mod canonicalize;
mod check;
mod dialect;
mod failure;
mod flags;
mod key_kind;
mod keygen;
#[cfg(feature = "legacy-keys")]
mod legacy;
mod message;
mod public_key;
mod sign;
mod signing_key;
mod verdict;
mod verify;
mod webhook;

use std::{
    io::{self, Read, Write},
    process::ExitCode,
};

use clap::Parser;

use self::{
    args::{Cli, Command, KeysCommand},
    failure::Failure,
};

/// What a command ended with: what it prints, and whether that is a refusal.
struct Outcome {
    output: Vec<u8>,
    refused: bool,
}

impl Outcome {
    fn done(output: impl Into<Vec<u8>>) -> Self {
        Self { output: output.into(), refused: false }
    }
}

fn main() -> ExitCode {
    let outcome = run(Cli::parse().command).and_then(|outcome| {
        let mut stdout = io::stdout().lock();
        let printed = stdout.write_all(&outcome.output).and_then(|()| stdout.flush());
        printed.map_err(|error| Failure::misuse(format!("standard output: {error}")))?;
        Ok(ExitCode::from(u8::from(outcome.refused)))
    });
    outcome.unwrap_or_else(|failure| {
        eprintln!("countersign: {failure}");
        failure.exit_code()
    })
}

fn run(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Keygen(args) => keygen::run(&args),
        Command::Keys(KeysCommand::Check(args)) => check::run(&args),
        Command::Dialects(args) => Ok(Outcome::done(dialect::tell(args.name))),
        Command::Canonicalize(args) => canonicalize::run(&args, &stdin()?),
        Command::Sign(args) => sign::run(&args, &stdin()?),
        Command::Verify(args) => verify::run(&args, &stdin()?),
        Command::Webhook(command) => webhook::run(&command),
    }
}

fn stdin() -> Result<Vec<u8>, Failure> {
    let mut input = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut input);
    read.map(|_| input).map_err(|error| Failure::misuse(format!("standard input: {error}")))
}
