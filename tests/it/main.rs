//! Vectors, properties, live peers and end-to-end tests.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows has failed")]

mod actix_traps;
mod black_box;
mod peers;
mod neighbours;
mod properties;
mod support;
mod vectors;
