//! Measuring two things in turn, so that a change of the machine's speed meets both.

pub mod asymmetric;
pub mod client;
pub mod core;
mod load;
pub mod once;
pub mod replay;
pub mod route;
pub mod stream;
pub mod webhook;

use std::{hint::black_box, time::Instant};

/// How long one call of `work` takes, in nanoseconds, over `calls` of them.
#[allow(clippy::cast_precision_loss, reason = "counts and times are far below 2^52")]
pub fn nanos_per_call<T>(calls: u32, mut work: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(work());
    }
    start.elapsed().as_nanos() as f64 / f64::from(calls)
}

/// The middle of the figures; of an even number of them the upper middle.
#[must_use]
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
