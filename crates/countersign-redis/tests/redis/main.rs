//! The store against servers that answer what a test tells them, and, where there are any, against real ones.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod answers;
mod check;
mod connections;
mod fake;
mod real;
mod secrets;
mod settings;
mod support;
