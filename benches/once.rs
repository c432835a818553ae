//! Prints what it costs to accept each request once: `ratio <name> <value>`, the middle of all rounds.
//!
//! `REDIS_URL` names a Redis of its own, such as `redis://127.0.0.1:6399`, for the figure of a store there.

use std::error::Error;

use benches::{core::sentinel, median, once};

const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let redis = std::env::var("REDIS_URL").ok();
    let (mut rounds, mut sentinels) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        sentinels.push(sentinel());
        rounds.push(once::measure(redis.as_deref())?);
    }
    let figure = |figure: fn(&once::Figures) -> f64| median(rounds.iter().map(figure).collect());
    println!("sentinel {:.0} ns (an HTTP-date read by httpdate: under 75 on a quiet machine)", median(sentinels));
    println!("ratio once-control {:.2}", figure(|f| f.control));
    println!("ratio once-guarded {:.2}", figure(|f| f.guarded));
    println!("ratio once-memory {:.2}", figure(|f| f.once));
    match median(rounds.iter().filter_map(|round| round.redis).collect()) {
        ratio if ratio.is_nan() => println!("no ratio once-redis: REDIS_URL names none"),
        ratio => println!("ratio once-redis {ratio:.2} (one round trip)"),
    }
    Ok(())
}
