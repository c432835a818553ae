//! Prints one ratio a line: `ratio <name> <value>`.

fn main() {
    let core = benches::core::measure();
    println!("mac {:.0} ns", core.mac);
    println!("sentinel {:.0} ns (httpdate parse; under 75 when the machine is quiet)", core.sentinel);
    println!("ratio mac-control {:.2}", core.control);
    println!("ratio sign {:.2}", core.sign);
    println!("ratio verify {:.2}", core.verify);
}
