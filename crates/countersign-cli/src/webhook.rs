//! `webhook`: requests that are signed with a shared secret in a provider's own layout.

pub(crate) mod args;
mod describe;
mod example;
mod facts;
mod key_file;
mod list;
mod scheme;
mod scheme_file;
mod sign;
mod verify;

use self::args::WebhookCommand;
use crate::{Outcome, failure::Failure, stdin};

pub(crate) fn run(command: &WebhookCommand) -> Result<Outcome, Failure> {
    match command {
        WebhookCommand::List(args) => Ok(Outcome::done(list::tell(args.name))),
        WebhookCommand::Verify(args) => verify::run(args, &stdin()?),
        WebhookCommand::Sign(args) => sign::run(args, &stdin()?),
    }
}
