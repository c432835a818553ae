//! The store itself.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use countersign::{Acceptance, ReplayStore, Reserved, Ticket, UnixTime};
use redis::{Cmd, Value, cmd};

use crate::{
    answer,
    entry::{self, SEEN},
    error::{SettingsError, StoreError},
    line::Line,
    link::Dial,
    settings::Builder,
};

/// Takes an entry away if it still is what its ticket reserved. One round trip, and the server does nothing else between the two.
const RELEASE: &str = "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) end return 0";

/// A memory of what was accepted that all servers of a fleet share, in Redis or Valkey.
///
/// Cheap to clone, and clones share its connections. The connections belong to the tokio runtime in which they were needed first; when
/// that one ends, the next operation makes new ones in its own.
///
/// ```no_run
/// use countersign_redis::RedisReplayStore;
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedisReplayStore::new("redis://:secret@redis.internal:6379")?;
/// for server in store.check().await? {
///     println!("replays are remembered by {server}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisReplayStore(Arc<Inner>);

struct Inner {
    dial: Dial,
    lines: Vec<Line>,
    turn: AtomicUsize,
    /// Begins anywhere, so that the tickets of two servers do not meet.
    ticket: AtomicU64,
    prefix: String,
    margin: Duration,
    limit: Duration,
    addresses: Vec<String>,
}

impl RedisReplayStore {
    /// A store at one server, with the settings that [`Builder`] has unless set. Nothing is connected yet.
    ///
    /// The URL is `redis://[[user]:password@]host[:port][/database]`, `rediss://` for TLS, or `unix:///path`; `valkey` means the same
    /// as `redis` in it.
    ///
    /// # Errors
    ///
    /// If the URL is none.
    pub fn new(url: &str) -> Result<Self, SettingsError> {
        Self::builder(url).build()
    }

    /// Settings of a store at one server.
    pub fn builder(url: &str) -> Builder {
        Builder::one(url)
    }

    /// Settings of a store at a cluster, of which some servers are named; it tells the others itself. All of them take the same user
    /// and password. With the feature `cluster`.
    #[cfg(feature = "cluster")]
    pub fn cluster<'a>(urls: impl IntoIterator<Item = &'a str>) -> Builder {
        Builder::cluster(urls)
    }

    pub(crate) fn new_with(
        settings: &Builder,
        dial: Dial,
        connections: usize,
        addresses: Vec<String>,
    ) -> Result<Self, SettingsError> {
        let ticket = getrandom::u64().map_err(|error| SettingsError::Random(error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            dial,
            lines: std::iter::repeat_with(Line::new).take(connections).collect(),
            turn: AtomicUsize::new(0),
            ticket: AtomicU64::new(ticket),
            prefix: settings.prefix.clone(),
            margin: settings.margin,
            limit: settings.limit,
            addresses,
        })))
    }

    /// Whether the store answers now, within the time limit of any operation.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.ask(&cmd("PING"), "PING", |answer| match answer {
            Value::SimpleString(text) if text == "PONG" => Ok(()),
            _ => Err(StoreError::Unexpected { command: "PING" }),
        })
        .await
    }

    async fn ask<T>(
        &self,
        command: &Cmd,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(line) = self.line() else {
            return Err(StoreError::Unreachable { reason: "no connections".to_owned() });
        };
        let answer = line.ask(&self.0.dial, command, name, self.0.limit).await?;
        read(&answer).inspect_err(|error| line.distrust(error))
    }

    /// Asks each server that takes writes.
    pub(crate) async fn ask_all(&self, command: &Cmd, name: &'static str) -> Result<Vec<Value>, StoreError> {
        let Some(line) = self.line() else {
            return Err(StoreError::Unreachable { reason: "no connections".to_owned() });
        };
        line.ask_all(&self.0.dial, command, name, self.0.limit).await
    }

    /// The next one in turn that did not just fail.
    fn line(&self) -> Option<&Line> {
        let lines = &self.0.lines;
        let first = self.0.turn.fetch_add(1, Ordering::Relaxed).checked_rem(lines.len())?;
        let mut in_turn = lines.iter().cycle().skip(first).take(lines.len());
        in_turn.find(|line| !line.rests()).or_else(|| lines.get(first))
    }

    fn key(&self, acceptance: &Acceptance) -> String {
        entry::key(&self.0.prefix, &acceptance.fingerprint)
    }
}

impl ReplayStore for RedisReplayStore {
    type Error = StoreError;

    async fn reserve(&self, acceptance: Acceptance, now: UnixTime) -> Result<Reserved, StoreError> {
        if acceptance.until < now {
            return Ok(Reserved::Forgotten);
        }
        let ticket = Ticket(self.0.ticket.fetch_add(1, Ordering::Relaxed));
        let mut set = cmd("SET");
        set.arg(self.key(&acceptance));
        match acceptance.lease {
            None => {
                set.arg(SEEN).arg("NX").arg("PX").arg(entry::kept_for(&acceptance, now, self.0.margin));
                self.ask(&set, "SET NX", |answer| answer::reserved(answer, ticket)).await
            }
            Some(lease) => {
                set.arg(entry::token(ticket)).arg("NX").arg("GET").arg("PX").arg(entry::milliseconds(lease));
                self.ask(&set, "SET NX GET", |answer| answer::leased(answer, ticket)).await
            }
        }
    }

    async fn commit(&self, acceptance: Acceptance, _ticket: Ticket, now: UnixTime) -> Result<(), StoreError> {
        let mut set = cmd("SET");
        // Whoever has the entry now: what was done is not to be done again.
        set.arg(self.key(&acceptance)).arg(SEEN).arg("PX").arg(entry::kept_for(&acceptance, now, self.0.margin));
        self.ask(&set, "SET", answer::committed).await
    }

    async fn release(&self, acceptance: Acceptance, ticket: Ticket) -> Result<(), StoreError> {
        let mut eval = cmd("EVAL");
        eval.arg(RELEASE).arg(1).arg(self.key(&acceptance)).arg(entry::token(ticket));
        self.ask(&eval, "EVAL", answer::released).await
    }
}

impl fmt::Debug for RedisReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReplayStore")
            .field("servers", &self.0.addresses)
            .field("prefix", &self.0.prefix)
            .field("margin", &self.0.margin)
            .field("time_limit", &self.0.limit)
            .field("connections", &self.0.lines.len())
            .finish_non_exhaustive()
    }
}
