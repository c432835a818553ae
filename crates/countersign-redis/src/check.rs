//! What a server says of itself, to be looked at when a program starts.

use std::{collections::HashMap, fmt, str};

use redis::{Value, cmd};
use thiserror::Error;

use crate::{error::StoreError, store::RedisReplayStore};

/// What a server said of its state.
type Information<'a> = HashMap<&'a str, &'a str>;

/// What a server told of its settings.
type Settings = HashMap<&'static str, String>;

/// A server that a store writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerReport {
    /// Its name and version, such as `redis 7.0.15` or `valkey 9.1.2`.
    pub software: String,
    /// Whether it can reserve under a lease: Redis from 7.0 on, and every Valkey. An older one refuses that with an error.
    pub supports_leases: bool,
    /// What is left of its memory after a restart.
    pub persistence: Persistence,
    /// How many bytes it may hold; `None` where there is no limit but the machine's. Once it is reached nothing new is accepted.
    pub max_memory: Option<u64>,
}

/// What a server still knows after a restart. Whatever it forgets can be replayed while its signature holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Persistence {
    /// Nothing.
    Nothing,
    /// What it knew at its last snapshot, some minutes ago.
    Snapshots,
    /// A log of all changes: everything with [`Fsync::Always`], and all but the last second or so with [`Fsync::EverySecond`].
    AppendOnly(Fsync),
    /// No log of changes. Whether there are snapshots it does not tell.
    NoAppendOnly,
}

/// When a log of changes is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fsync {
    /// Before the answer.
    Always,
    /// Within a second, if the disk keeps up.
    EverySecond,
    /// When the system sees fit: up to half a minute later.
    Never,
    /// The server does not tell.
    Unknown,
}

/// Why a store must not be used as it is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// It could not be asked, or did not say what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// When its memory is full it throws out what it was told to remember, and replays pass. Set `maxmemory-policy noeviction`.
    #[error("the store evicts: its maxmemory-policy is {0:?} and has to be noeviction")]
    Evicts(String),
    /// A replica, which takes no writes.
    #[error("the store is a replica and takes no writes")]
    Replica,
}

impl RedisReplayStore {
    /// Asks each server that takes writes whether it can be relied on, and what it keeps over a restart.
    ///
    /// For when a program starts: it takes four round trips. A user that may not ask for `CONFIG` is no error; then less is known of
    /// [`Persistence`].
    ///
    /// # Errors
    ///
    /// If a server cannot be reached, if it throws entries out when it is full, or if it is a replica.
    pub async fn check(&self) -> Result<Vec<ServerReport>, CheckError> {
        let information = self.ask_all(cmd("INFO").arg("everything"), "INFO").await?;
        let information = information.iter().map(pairs).collect::<Result<Vec<_>, _>>()?;
        let mut settings = vec![Settings::default(); information.len()];
        for name in ["maxmemory-policy", "appendfsync", "save"] {
            let answers = self.ask_all(cmd("CONFIG").arg("GET").arg(name), "CONFIG GET").await?;
            // A cluster that lost or won a server between two questions.
            if answers.len() != information.len() {
                return Err(StoreError::Unexpected { command: "CONFIG GET" }.into());
            }
            for (settings, answer) in settings.iter_mut().zip(&answers) {
                settings.extend(setting(answer, name).map(|value| (name, value)));
            }
        }
        information.iter().zip(&settings).map(|(server, settings)| report(server, settings)).collect()
    }
}

fn setting(answer: &Value, name: &str) -> Option<String> {
    let mut values = match answer {
        Value::Array(values) => values.iter().zip(values.iter().skip(1)).step_by(2).collect::<Vec<_>>(),
        Value::Map(values) => values.iter().map(|(name, value)| (name, value)).collect(),
        _ => Vec::new(),
    }
    .into_iter();
    values.find(|(found, _)| text(found) == Some(name)).and_then(|(_, value)| text(value)).map(str::to_owned)
}

fn pairs(answer: &Value) -> Result<Information<'_>, StoreError> {
    if let Value::ServerError(error) = answer {
        let detail = error.details().unwrap_or_default();
        return Err(StoreError::Refused { code: error.code().to_owned(), detail: detail.to_owned() });
    }
    let lines = text(answer).ok_or(StoreError::Unexpected { command: "INFO" })?.lines();
    Ok(lines.filter_map(|line| line.split_once(':')).collect())
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => str::from_utf8(bytes).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text),
        _ => None,
    }
}

fn report(server: &Information<'_>, settings: &Settings) -> Result<ServerReport, CheckError> {
    let unexpected = || StoreError::Unexpected { command: "INFO" };
    let version = server.get("redis_version").copied().ok_or_else(unexpected)?;
    let setting = |name| settings.get(name).map(String::as_str);
    let policy = setting("maxmemory-policy").or(server.get("maxmemory_policy").copied()).ok_or_else(unexpected)?;
    if policy != "noeviction" {
        return Err(CheckError::Evicts(policy.to_owned()));
    }
    if server.get("role") == Some(&"slave") {
        return Err(CheckError::Replica);
    }
    let software =
        server.get("valkey_version").map_or_else(|| format!("redis {version}"), |own| format!("valkey {own}"));
    let major = version.split_once('.').and_then(|(major, _)| major.parse::<u32>().ok());
    let max_memory = server.get("maxmemory").and_then(|bytes| bytes.parse().ok()).filter(|&bytes| bytes != 0);
    Ok(ServerReport {
        software,
        supports_leases: major.is_some_and(|major| major >= 7),
        persistence: persistence(server.get("aof_enabled") == Some(&"1"), setting("appendfsync"), setting("save")),
        max_memory,
    })
}

fn persistence(append_only: bool, fsync: Option<&str>, save: Option<&str>) -> Persistence {
    match (append_only, save) {
        (true, _) => Persistence::AppendOnly(match fsync {
            Some("always") => Fsync::Always,
            Some("everysec") => Fsync::EverySecond,
            Some("no") => Fsync::Never,
            _ => Fsync::Unknown,
        }),
        (false, Some("")) => Persistence::Nothing,
        (false, Some(_)) => Persistence::Snapshots,
        (false, None) => Persistence::NoAppendOnly,
    }
}

impl fmt::Display for ServerReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = match self.persistence {
            Persistence::Nothing => "keeps nothing over a restart",
            Persistence::Snapshots => "keeps its last snapshot over a restart",
            Persistence::AppendOnly(Fsync::Always) => "keeps everything over a restart",
            Persistence::AppendOnly(Fsync::EverySecond) => "loses up to a second at a restart",
            Persistence::AppendOnly(_) => "keeps a log, not known to be on the disk in time",
            Persistence::NoAppendOnly => "keeps at most snapshots over a restart",
        };
        write!(f, "{}, which {kept}", self.software)?;
        if self.supports_leases { Ok(()) } else { f.write_str(" and cannot reserve under a lease") }
    }
}
