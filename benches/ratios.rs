//! Prints one ratio a line: `ratio <name> <value>`, the middle of all rounds.

use std::error::Error;

use benches::{asymmetric, core, median, replay, route, stream, webhook};

/// Each round measures all of it, so that a slow spell of the machine meets every figure.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut cores, mut keys, mut routes, mut streams, mut webhooks) = (vec![], vec![], vec![], vec![], vec![]);
    // Ahead of the rest, which leaves this thread and all that it starts on one core.
    let replays: Vec<_> = (0..ROUNDS).map(|_| replay::measure()).collect();
    for _ in 0..ROUNDS {
        cores.push(core::measure());
        keys.push(asymmetric::measure());
        routes.push(route::measure()?);
        streams.push(stream::measure());
        webhooks.push(webhook::measure());
    }
    let core = |figure: fn(&core::Figures) -> f64| median(cores.iter().map(figure).collect());
    let route = |figure: fn(&route::Figures) -> f64| median(routes.iter().map(figure).collect());
    println!("sentinel {:.0} ns (an HTTP-date read by httpdate: under 75 on a quiet machine)", core(|f| f.sentinel));
    println!("mac {:.0} ns (HMAC-SHA-256 over the signing string with a prepared key)", core(|f| f.mac));
    println!("open {:.0} requests/s (one worker, one core)", route(|f| f.open));
    println!("ratio mac-control {:.2}", core(|f| f.control));
    println!("ratio sign {:.2}", core(|f| f.sign));
    println!("ratio verify {:.2}", core(|f| f.verify));
    for at in 0..3 {
        let key = |figure: fn(&asymmetric::Figures) -> f64| {
            median(keys.iter().filter_map(|of| of.get(at)).map(figure).collect())
        };
        let Some(name) = keys.first().and_then(|of| of.get(at)).map(|of| of.name) else { continue };
        println!(
            "{name} {:.1} us to sign, {:.1} us to verify",
            key(|f| f.bare_sign) / 1e3,
            key(|f| f.bare_verify) / 1e3
        );
        println!("ratio sign-{name} {:.3}", key(|f| f.sign));
        println!("ratio verify-{name} {:.3}", key(|f| f.verify));
    }
    for at in 0..2 {
        let of = |figure: fn(&webhook::Figures) -> f64| {
            median(webhooks.iter().filter_map(|of| of.get(at)).map(figure).collect())
        };
        let Some(name) = webhooks.first().and_then(|of| of.get(at)).map(|of| of.name) else { continue };
        println!("webhook {name} {:.0} ns (HMAC-SHA-256 over 1 KiB and what is signed beside it)", of(|f| f.mac));
        println!("ratio webhook-sign-{name} {:.2}", of(|f| f.sign));
        println!("ratio webhook-verify-{name} {:.2}", of(|f| f.verify));
    }
    println!("ratio open-control {:.2}", route(|f| f.control));
    println!("ratio guarded {:.2}", route(|f| f.guarded));
    println!("ratio guarded-cached {:.2}", route(|f| f.cached));
    println!("ratio refused-signature {:.2}", route(|f| f.refused[0]));
    println!("ratio refused-unknown {:.2}", route(|f| f.refused[1]));
    println!("ratio refused-unsigned {:.2}", route(|f| f.refused[2]));
    let stream = |figure: fn(&stream::Figures) -> f64| median(streams.iter().map(figure).collect());
    println!("hash {:.0} MiB/s (SHA-256 of a body in chunks of 64 KiB)", stream(|f| f.hash));
    println!("ratio streamed {:.2}", stream(|f| f.streamed));
    let replay = |figure: fn(&replay::Figures) -> f64| median(replays.iter().map(figure).collect());
    let [new, seen] = [replay(|f| f.new), replay(|f| f.seen)];
    println!("replay new {new:.0} ns, {:.1} million/s (one thread, a million remembered)", 1e3 / new);
    println!("replay seen {seen:.0} ns, {:.1} million/s (one thread, one request again and again)", 1e3 / seen);
    println!(
        "replay slowest {:.0} us of 99.999 %, {:.0} us of all",
        replay(|f| f.slowest[0]) / 1e3,
        replay(|f| f.slowest[1]) / 1e3
    );
    println!("ratio replay-new-two-threads {:.2}", replay(|f| f.two_new));
    println!("ratio replay-seen-two-threads {:.2}", replay(|f| f.two_seen));
    Ok(())
}
