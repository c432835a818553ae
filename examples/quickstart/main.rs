//! Starts a server that guards its routes, calls it as two clients, and then in every way that has to be refused.
//!
//! `cargo run --example quickstart`

mod calls;
mod events;
mod server;

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let events = events::LastCause::listen();
    let port = server::start()?;
    println!("A server guards POST and GET /greeting on 127.0.0.1:{port} with HTTP request signatures.");
    println!("It accepts each request to POST /once a single time.\n");
    println!("   {:<30} {:<38} {:<28} and logged", "sent", "expected", "answered");
    let mut failed = 0_u32;
    for row in calls::all(port, &events).await? {
        let mark = if row.holds() { "ok" } else { "NO" };
        failed = failed.saturating_add(u32::from(!row.holds()));
        let line = format!("{mark} {:<30} {:<38} {:<28} {}", row.sent, row.expected, row.answered, row.logged);
        println!("{}", line.trim_end());
    }
    if failed > 0 {
        println!("\n{failed} of the answers were not as expected.");
        return Ok(ExitCode::FAILURE);
    }
    println!("\nAll answers were as expected. Every 401 is the same to the byte: the cause stays in the server's log.");
    Ok(ExitCode::SUCCESS)
}
