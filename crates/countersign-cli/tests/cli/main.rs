//! The command, run as people run it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod check;
mod command;
mod keygen;
#[cfg(feature = "legacy-keys")]
mod suite;
mod transcripts;
#[cfg(feature = "legacy-keys")]
mod vectors;
mod webhook_vectors;
