//! Remembers the keys that a loader found, so that a server does not ask its store for every request.
//!
//! ```
//! use std::time::Duration;
//!
//! use countersign::{Claim, Credential, KeyError, Secret, VerifyingKey};
//! use countersign_cache::CachedKeys;
//!
//! // Asks the database.
//! async fn load(claim: Claim) -> Result<Option<Credential<&'static str>>, KeyError> {
//!     let Some("alice") = claim.key_id().map(|id| id.as_str()) else { return Ok(None) };
//!     let secret = Secret::new("correct horse battery staple")?;
//!     Ok(Some(Credential::new(VerifyingKey::hmac_sha256(&secret), "Alice")))
//! }
//!
//! let keys = CachedKeys::new(load).time_to_live(Duration::from_secs(30)).capacity(50_000);
//!
//! // One handle goes to the server, as `SignatureConfig::new(keys.clone())`. The other stays, for when a key is revoked:
//! keys.invalidate(&"alice".parse()?);
//! # Ok::<(), KeyError>(())
//! ```
//!
//! # What is remembered
//!
//! | the loader's answer | for how long, unless set | how many, unless set |
//! |---|---|---|
//! | keys | 60 s, [`CachedKeys::time_to_live`] | 10,000, [`CachedKeys::capacity`] |
//! | that the id is unknown | 10 s, [`CachedKeys::unknown_time_to_live`] | 10,000, [`CachedKeys::unknown_capacity`] |
//! | an error, or a panic | not at all | |
//!
//! So a key that is revoked in the store alone is accepted for up to 60 seconds more, and one that is added is refused for up to 10
//! where somebody had asked for it. [`CachedKeys::invalidate`] ends both at once, on this server.
//!
//! # What the loader is asked
//!
//! * **No more than the answer is remembered by.** That is the scheme and the key id; the claim that the loader gets has neither
//!   target nor authority, so that its answer cannot go by them. [`CachedKeys::per_authority`] adds the authority to both.
//! * **Once at a time for each key.** Requests that come meanwhile wait for the same answer. When the request that asks is dropped,
//!   because its client is gone or its deadline is over, the next one asks.
//! * **Never because of a bad signature.** Whether the keys verified anything is not told to the cache: whoever sends forged
//!   signatures makes no load.
//!
//! Whoever invents key ids makes one load for each, with or without a cache. What the cache sees to is that they evict no key and
//! that memory stays bounded, however long the ids are: entries are weighed by their text, see [`CachedKeys::capacity`].

mod cached;
mod error;
mod flight;
mod memory;

pub use self::{cached::CachedKeys, error::LoadError};
