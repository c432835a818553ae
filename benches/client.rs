//! Prints what signing adds to a request of a client: `ratio <name> <value>`, the middle of all rounds.

use std::error::Error;

use benches::{client, core::sentinel, median};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut rounds, mut sentinels) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        sentinels.push(sentinel());
        rounds.push(client::measure()?);
    }
    let figure = |figure: fn(&client::Figures) -> f64| median(rounds.iter().map(figure).collect());
    println!("sentinel {:.0} ns (an HTTP-date read by httpdate: under 75 on a quiet machine)", median(sentinels));
    println!("request {:.1} us (an unsigned GET over loopback, one after the other)", figure(|f| f.kept.plain) / 1e3);
    println!("ratio client-control {:.3}", figure(|f| f.kept.control));
    println!("ratio client-middleware {:.3}", figure(|f| f.kept.signed));
    println!("ratio client {:.3}", figure(|f| f.kept.client));
    println!("ratio client-fields {:.3}", figure(|f| f.kept.fields));
    println!("connection {:.1} us (the same, each over a connection of its own)", figure(|f| f.new.plain) / 1e3);
    println!("ratio connection-control {:.3}", figure(|f| f.new.control));
    println!("ratio connection-middleware {:.3}", figure(|f| f.new.signed));
    println!("ratio connection-client {:.3}", figure(|f| f.new.client));
    println!("ratio connection-fields {:.3}", figure(|f| f.new.fields));
    Ok(())
}
