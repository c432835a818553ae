//! Vectors, properties, live peers and end-to-end tests.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod actix_traps;
mod allocation;
mod asymmetric;
mod black_box;
mod bodies;
mod cached_keys;
mod catalogue;
mod client;
mod dialects;
mod dialects_live;
mod golden;
mod guards;
mod http2;
mod neighbours;
mod once;
mod parts;
mod peers;
mod places;
mod policy;
mod properties;
mod proxies;
mod refusals;
mod remote;
mod requirements;
mod rings;
mod schemes;
mod streams;
mod support;
mod switches;
mod vectors;
mod webhooks;
mod wire;
