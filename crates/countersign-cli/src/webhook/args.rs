//! The flags of `webhook`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use countersign::{UnixTime, webhook::Preset};

use crate::flags::unix_time;

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// List the providers whose layouts are known, or tell all about one
    ///
    /// A line has the name, what the layout rests on, and the tolerance in seconds: how old and how far ahead of the clock a request may
    /// be, `-` where nothing says when it was signed, and `*` where the provider states none and it is ours. Behind that stand `--url`
    /// where the URL is signed, and `dangerous` where too little is protected.
    List(ListArgs),
    /// Verify a request and print one line with the verdict
    ///
    /// Every entry of the key file that serves the webhook is tried, and that of a key id alone where the request names one.
    Verify(WebhookVerifyArgs),
    /// Sign a request and print it with its signature
    ///
    /// A time that is missing is made; a delivery id that is signed has to be there.
    Sign(WebhookSignArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// One provider [default: all of them, a line each]
    #[arg(value_name = "NAME", value_parser = preset)]
    pub(crate) name: Option<&'static Preset>,
}

#[derive(Args, Debug)]
pub(crate) struct WebhookArgs {
    #[command(flatten)]
    pub(crate) layout: LayoutArgs,
    /// Key file; its entries of the algorithm webhook hold the texts that providers show
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: PathBuf,
    /// The whole URL as the sender signs it, where the layout has it signed
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The clock [default: the system's]
    #[arg(long, value_name = "UNIX", value_parser = unix_time)]
    pub(crate) now: Option<UnixTime>,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct LayoutArgs {
    /// A provider's layout, by its name; `countersign webhook list` names them
    #[arg(long, value_name = "NAME", value_parser = preset)]
    pub(crate) scheme: Option<&'static Preset>,
    /// A layout of your own, in TOML or, if the file ends in .json, in JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) scheme_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct WebhookVerifyArgs {
    #[command(flatten)]
    pub(crate) webhook: WebhookArgs,
    /// Greatest age of a request that says when it was signed [default: the layout's]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_age: Option<u64>,
    /// How far ahead of the clock it may have been signed [default: the layout's]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) skew: Option<u64>,
    /// Print one JSON object in place of the line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct WebhookSignArgs {
    #[command(flatten)]
    pub(crate) webhook: WebhookArgs,
    /// A key to sign with; may be repeated [default: all that are active, or the newest where the layout has no room for them]
    #[arg(long = "keyId", short = 'k', value_name = "ID")]
    pub(crate) key_id: Vec<String>,
}

fn preset(name: &str) -> Result<&'static Preset, String> {
    Preset::named(name)
        .ok_or_else(|| "no such provider: `countersign webhook list` names those that are known".to_owned())
}
