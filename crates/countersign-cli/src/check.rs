//! `keys check`: a line for each key of a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use countersign::{Algorithm, KeyState, UnixTime};
use countersign_keyfile::{Entry, KeyFile, KeyFileError, SourceKind};

use crate::{Outcome, args::CheckArgs, failure::Failure, flags};

/// How many keys of one id a policy tries unless it is told otherwise.
const TRIED: usize = 4;

pub(crate) fn run(args: &CheckArgs) -> Result<Outcome, Failure> {
    let report = KeyFile::inspect(&args.file).map_err(|error| Failure::key_file(&args.file, &error))?;
    if report.is_empty() {
        return Err(Failure::misuse(format!("{}: no keys", args.file.display())));
    }
    let now = flags::now(None);
    let secret_places = report.iter().flatten().filter(|entry| entry.can_sign());
    let places: BTreeSet<&Path> = secret_places
        .filter(|entry| entry.source() != SourceKind::SecretEnv)
        .map(|entry| entry.file().unwrap_or(&args.file))
        .collect();
    places.into_iter().for_each(warn_if_others_can_read);
    let in_use = |entry: &&Entry| entry.state().is_none_or(|state| state.is_accepted(now));
    let (webhooks, others): (Vec<_>, Vec<_>) =
        report.iter().flatten().filter(in_use).partition(|entry| entry.is_webhook());
    warn_of_many("", &counted(others.iter().map(|entry| entry.id().as_str())));
    // Those that serve any webhook are tried on the requests of each.
    let of_any = webhooks.iter().filter(|entry| entry.scheme().is_none()).count();
    let mut of_one = counted(webhooks.iter().filter_map(|entry| entry.scheme()));
    for keys in of_one.values_mut() {
        *keys = keys.saturating_add(of_any);
    }
    of_one.entry("any").or_insert(of_any);
    warn_of_many("the webhook ", &of_one);
    let output: String = report.iter().map(|key| line(key, now) + "\n").collect();
    Ok(Outcome { output: output.into_bytes(), refused: report.iter().any(Result::is_err) })
}

fn counted<'e>(names: impl Iterator<Item = &'e str>) -> BTreeMap<&'e str, usize> {
    let mut counted = BTreeMap::<&str, usize>::new();
    for name in names {
        let keys = counted.entry(name).or_default();
        *keys = keys.saturating_add(1);
    }
    counted
}

fn warn_of_many(what: &str, counted: &BTreeMap<&str, usize>) {
    for (name, keys) in counted.iter().filter(|(_, keys)| **keys > TRIED) {
        eprintln!(
            "countersign: warning: {what}{name} has {keys} keys, of which a policy tries {TRIED} unless it is told otherwise"
        );
    }
}

fn line(key: &Result<Entry, KeyFileError>, now: UnixTime) -> String {
    let entry = match key {
        Ok(entry) => entry,
        Err(error) => return format!("unusable: {error}"),
    };
    let weak: Vec<_> = entry.weaknesses().iter().map(ToString::to_string).collect();
    let weak = if weak.is_empty() { String::new() } else { format!("; weak: {}", weak.join(", ")) };
    let called = if entry.ring_id() == entry.id() { String::new() } else { format!(" ({})", entry.ring_id()) };
    let (line, id, source) = (entry.line(), entry.id(), entry.source());
    let algorithm = entry.algorithm().map_or("webhook", Algorithm::name);
    format!("line {line}: {id}{called} {algorithm} from {source}, {}{weak}", does(entry, now))
}

/// What a key does at this moment, with its state where it says one.
fn does(entry: &Entry, now: UnixTime) -> String {
    let does = match entry.scheme() {
        Some(scheme) => format!("serves the webhook {scheme}"),
        None if entry.is_webhook() => "serves any webhook".to_owned(),
        None if entry.can_sign() => "signs and verifies".to_owned(),
        None => "verifies".to_owned(),
    };
    match entry.state() {
        None => does,
        Some(KeyState::Active) => format!("active: {does}"),
        Some(KeyState::Pending) => format!("pending: {does} once it is active"),
        Some(KeyState::Retiring { until }) if now < until => {
            format!("retiring: verifies until {}", until.to_http_date())
        }
        Some(KeyState::Retiring { until }) => format!("retired since {}", until.to_http_date()),
        Some(state) => state.to_string(),
    }
}

#[cfg(unix)]
fn warn_if_others_can_read(file: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let mode = std::fs::metadata(file).map(|metadata| metadata.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o044 != 0) {
        eprintln!("countersign: warning: {}: others can read the secret in this file", file.display());
    }
}

#[cfg(not(unix))]
fn warn_if_others_can_read(_: &Path) {}
