//! The command's flags.
//!
//! `canonicalize`, `sign` and `verify` keep the names that the conformance suite of the W3C community group uses, `--keyId`
//! among them, so that the suite drives this very command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use countersign::{Algorithm, Dialect, Switch, UnixTime};

use crate::{
    dialect::{dialect, dialects, switch, switches},
    flags::{AlgorithmFlag, key_type, unix_time},
    key_kind::KeyKind,
    webhook::args::WebhookCommand,
};

/// HTTP request signatures, draft-cavage and webhooks: make keys, sign, verify, and see what is signed.
///
/// Requests are raw HTTP/1.x messages on standard input; the body is all that follows the blank line. Ends with 0 when a request
/// was accepted or the work is done, 1 when something was refused, 2 on wrong use or unreadable input.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a key and print its entry for a key file
    ///
    /// A secret is printed in the entry. A private key goes to a file of its own that nobody else can read, and two entries are
    /// printed: one with the public key for whoever verifies, one with the private key's file for whoever signs.
    Keygen(KeygenArgs),
    /// Work with key files
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Tell what the dialects are like, and what each leaves to anybody on the way
    Dialects(DialectsArgs),
    /// Print the signing string of a request, byte for byte
    ///
    /// Needs no signature, and no request line unless the request target is covered. What is covered has to be in the message.
    Canonicalize(CanonicalizeArgs),
    /// Sign a request and print it with its signature
    ///
    /// Covers what --headers names, or what the dialect's clients cover: (request-target) host date, with a body its digest, and
    /// content-type and content-encoding where they are present. A covered Date, Digest or Content-Length that is missing is made.
    Sign(SignArgs),
    /// Verify a request and print one line with the verdict
    ///
    /// With --keys the policy is strict, or the dialect's where one is named (`countersign dialects` tells what it leaves unprotected):
    /// (request-target), host and a time have to be covered, with a body its digest, content-type
    /// and content-encoding where they are present. With --public-key nothing but the signature is asked for. --headers asks for
    /// its names in place of either. Whatever else is covered is checked too.
    Verify(VerifyArgs),
    /// Sign and verify webhooks in the layouts of their providers
    #[command(subcommand)]
    Webhook(WebhookCommand),
}

#[derive(Args, Debug)]
pub(crate) struct KeygenArgs {
    /// Algorithm: an HMAC, rsa-…, ecdsa-… or ed25519; SHA-1 is not offered
    #[arg(long, short = 'a', value_name = "NAME", value_parser = algorithm)]
    pub(crate) algorithm: Algorithm,
    /// What the key is called on the wire
    #[arg(long, value_name = "ID")]
    pub(crate) id: String,
    /// Where a private key is written; an existing file stays as it is [default: the id with .pem]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Size of an RSA key: 2048, 3072, 4096 or 8192 [default: 2048]
    #[arg(long, value_name = "BITS")]
    pub(crate) bits: Option<u16>,
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    name.parse::<AlgorithmFlag>()?.named().ok_or_else(|| "names no algorithm: name one".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Read a key file and print a line for each key; ends with 1 when one cannot be used
    Check(CheckArgs),
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The key file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct DialectsArgs {
    /// One dialect [default: all of them]
    #[arg(value_name = "NAME", value_parser = dialect)]
    pub(crate) name: Option<&'static Dialect>,
}

#[derive(Args, Debug)]
pub(crate) struct SchemeArgs {
    /// A deployment's dialect [default: standard]; `countersign dialects` tells what each is like
    #[arg(long, value_name = "NAME", value_parser = dialect, long_help = dialects())]
    pub(crate) dialect: Option<&'static Dialect>,
    /// Something that the dialect does not do by itself; may be repeated
    #[arg(long, value_name = "SWITCH", value_parser = switch, long_help = switches())]
    pub(crate) allow: Vec<Switch>,
}

#[derive(Args, Debug)]
pub(crate) struct CanonicalizeArgs {
    /// Names to cover, separated by spaces; without a value none [default: as the message's signature says, else (created)]
    #[arg(long, short = 'd', value_name = "NAMES")]
    #[expect(clippy::option_option, reason = "the value of the flag may be left out")]
    pub(crate) headers: Option<Option<String>>,
    /// The created parameter [default: as the message's signature says]
    #[arg(long, short = 'c', value_name = "UNIX", value_parser = unix_time)]
    pub(crate) created: Option<UnixTime>,
    /// The expires parameter [default: as the message's signature says]
    #[arg(long, short = 'e', value_name = "UNIX", value_parser = unix_time)]
    pub(crate) expires: Option<UnixTime>,
    /// Algorithm; the draft forbids (created) and (expires) under names that begin with rsa, hmac or ecdsa
    #[arg(long, short = 'a', value_name = "NAME")]
    pub(crate) algorithm: Option<AlgorithmFlag>,
    #[command(flatten)]
    pub(crate) scheme: SchemeArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) key: SigningKeyArgs,
    /// What the key is called; needed but with --private-key [default there: the file's name without its end]
    #[arg(long = "keyId", short = 'k', value_name = "ID")]
    pub(crate) key_id: Option<String>,
    /// Kind of the private key, if it should be checked: rsa, P256, P384, P521, ECDSA (secp256k1), Ed25519
    #[arg(long, short = 't', value_name = "KIND", value_parser = key_type,
        conflicts_with_all = ["keys", "secret_file", "secret_env"])]
    pub(crate) key_type: Option<KeyKind>,
    /// Algorithm; hs2019 is the kind's with SHA-512 where it can be signed with [default: the kind's with SHA-256]
    #[arg(long, short = 'a', value_name = "NAME", conflicts_with = "keys")]
    pub(crate) algorithm: Option<AlgorithmFlag>,
    /// Names to cover, separated by spaces [default: what the dialect's clients cover]
    #[arg(long, short = 'd', value_name = "NAMES")]
    #[expect(clippy::option_option, reason = "the value of the flag may be left out")]
    pub(crate) headers: Option<Option<String>>,
    /// The created parameter, which is covered then; not after now
    #[arg(long, short = 'c', value_name = "UNIX", value_parser = unix_time)]
    pub(crate) created: Option<UnixTime>,
    /// The expires parameter, which is covered then; not before now
    #[arg(long, short = 'e', value_name = "UNIX", value_parser = unix_time)]
    pub(crate) expires: Option<UnixTime>,
    /// The clock [default: the system's]
    #[arg(long, value_name = "UNIX", value_parser = unix_time)]
    pub(crate) now: Option<UnixTime>,
    /// Where the signature goes [default: authorization; with --dialect, as the dialect has it]
    #[arg(long, value_enum)]
    pub(crate) placement: Option<Placement>,
    /// Add a Digest of the body where there is none, covered or not
    #[arg(long)]
    pub(crate) digest: bool,
    #[command(flatten)]
    pub(crate) scheme: SchemeArgs,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct SigningKeyArgs {
    /// Key file; the key is that of --keyId
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// Private key in PEM
    #[arg(long, short = 'p', value_name = "FILE")]
    pub(crate) private_key: Option<PathBuf>,
    /// File with a secret; one line end at its end is no part of it
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Environment variable with a secret
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_env: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Placement {
    /// The Signature field
    Signature,
    /// Authorization: Signature …
    Authorization,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) key: VerifyingKeyArgs,
    /// The only key id that is accepted
    #[arg(long = "keyId", short = 'k', value_name = "ID")]
    pub(crate) key_id: Option<String>,
    /// Kind of the public key, if it should be checked: rsa, P256, P384, P521, ECDSA (secp256k1), Ed25519
    #[arg(long, short = 't', value_name = "KIND", value_parser = key_type, conflicts_with = "keys")]
    pub(crate) key_type: Option<KeyKind>,
    /// Algorithm of the public key [default, and hs2019: every one of its kind but with SHA-1]
    #[arg(long, short = 'a', value_name = "NAME", conflicts_with = "keys")]
    pub(crate) algorithm: Option<AlgorithmFlag>,
    /// Names that have to be covered, separated by spaces; without a value none, not even a time
    #[arg(long, short = 'd', value_name = "NAMES")]
    #[expect(clippy::option_option, reason = "the value of the flag may be left out")]
    pub(crate) headers: Option<Option<String>>,
    /// Greatest age of a signature with a covered time [default: 300, or the dialect's; with --public-key alone, any]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_age: Option<u64>,
    /// How far ahead of the clock it may have been made [default: 30, or the dialect's]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) skew: Option<u64>,
    /// The clock [default: the system's]
    #[arg(long, value_name = "UNIX", value_parser = unix_time)]
    pub(crate) now: Option<UnixTime>,
    /// Print one JSON object in place of the line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) scheme: SchemeArgs,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct VerifyingKeyArgs {
    /// Key file
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// Public key or certificate in PEM
    #[arg(long, short = 'u', value_name = "FILE")]
    pub(crate) public_key: Option<PathBuf>,
}
