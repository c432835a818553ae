//! A fleet of servers that accepts each signed request once: what was accepted is remembered in Redis or Valkey.
//!
//! [`RedisReplayStore`] is a [`ReplayStore`](countersign::ReplayStore). Whatever server of the fleet a request comes to first, all of
//! them refuse it when it comes again.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use countersign_redis::RedisReplayStore;
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let store = RedisReplayStore::builder("redis://replay:secret@redis.internal:6379")
//!     .prefix("orders")
//!     .time_limit(Duration::from_millis(100))
//!     .build()?;
//!
//! // Is it there, and can it be relied on?
//! for server in store.check().await? {
//!     println!("replays are remembered by {server}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What the server has to be
//!
//! * Redis, or Valkey of any version. Leases need Redis 7.0; without them any version does.
//! * `maxmemory-policy noeviction`. Under any other policy a server that is full throws out what it was told to remember, and
//!   replays pass. With it, it refuses what is new once it is full, so that requests are refused as not possible now.
//!   [`RedisReplayStore::check`] insists on it.
//! * A user that may use `SET`, `GET`, `DEL`, `EVAL`, `PING` and `INFO` on the keys of its prefix, and `CONFIG GET` if `check` is to
//!   tell more: `ACL SETUSER replay on >secret ~countersign:* -@all +set +get +del +eval +ping +info +config|get`.
//! * For itself, or with a prefix: `FLUSHALL` by anybody makes every request of the last minutes new.
//!
//! # What is lost when
//!
//! A request can be replayed for as long as its signature is accepted: 300 seconds by the default policy. Whatever the store
//! forgets meanwhile can be replayed for the rest of that time.
//!
//! | what happens | with | what is forgotten |
//! |---|---|---|
//! | the server restarts | no persistence | everything |
//! | | snapshots alone | everything since the last one: minutes |
//! | | `appendonly yes`, `appendfsync everysec` | where the machine fails, up to a second or two; where only the program does, nothing |
//! | | `appendonly yes`, `appendfsync always` | nothing |
//! | a replica takes over, in a cluster too | any of them | what had not reached it yet, since replication does not wait: as a rule less than a second, and more if it lagged |
//! | memory is full | `noeviction` | nothing; nothing new is accepted |
//! | | any other policy | the very requests that could be replayed |
//! | the server's clock is set ahead | any of them | what the [margin](Builder::margin) does not make up for |
//!
//! Where that is too much, use `appendfsync always`, and let nothing take over by itself.
//!
//! # What it costs
//!
//! * **Round trips**: one for a request that is accepted at once (`SET key 1 NX PX ttl`), and two for one with a lease: to reserve
//!   (`SET key token NX GET PX lease`), and to commit (`SET key 1 PX ttl`) or to release (a script of one line, which compares the
//!   token and deletes). No command is sent twice, but for one that a cluster did not carry out and sent elsewhere.
//! * **Memory**: 133 bytes a request on Redis 7.0 with the default prefix, 181 while it is under way, measured over 100,000; Valkey
//!   9.1 needs about 100. A thousand requests a second, remembered for 300 seconds and a margin of 60, are 48 MB.
//! * **Connections**: [two](Builder::connections), however many requests there are.
//!
//! # When it fails
//!
//! Whatever is not an answer that is known is a [`StoreError`], and never a request that is new: no answer within the
//! [time limit](Builder::time_limit), an error of the server, a key that is somebody else's. The request is refused as not possible
//! now. A server that is back is found within a second, however long it was gone: after a failure the store rests for 50
//! milliseconds, and for longer with each that follows, but never longer than 500; meanwhile it fails at once.
//!
//! Where no answer came, the server may have carried the command out all the same. A request that was refused for that may be
//! remembered, and is then refused as a replay if it comes again with the same signature. Its sender has to sign anew.
//!
//! # Keys
//!
//! `<prefix>:{<22 characters>}`, of which the characters are half of the [fingerprint](countersign::Fingerprint) in base64url. 128
//! bits are enough: two requests that share them by chance are not to be expected in any time, and whoever makes two on purpose has
//! the second of their own refused. The braces are what a cluster goes by, so that the keys spread over its servers whatever the prefix
//! is. The value is `1` for what was accepted, and `t` with sixteen digits for what is under way.
//!
//! # Features
//!
//! Both only add.
//!
//! * `cluster`: Redis Cluster and Valkey Cluster, by `RedisReplayStore::cluster`. A key that moves is followed. Servers that fail are
//!   errors for their keys alone.
//! * `tls`: `rediss://` and `valkeys://`, by rustls on aws-lc-rs. Certificates are checked against the system's roots or against
//!   `Builder::root_certificates`; a URL that asks for less is refused.

mod answer;
mod check;
mod entry;
mod error;
mod line;
mod link;
mod settings;
mod store;

pub use self::{
    check::{CheckError, Fsync, Persistence, ServerReport},
    error::{SettingsError, StoreError},
    settings::Builder,
    store::RedisReplayStore,
};
