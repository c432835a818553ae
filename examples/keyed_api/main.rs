//! An API of many clients, whose keys and rights are rows of a database.
//!
//! * `cargo run --example keyed_api`: serves it from memory, calls it as its clients, and shows what they are answered.
//! * `cargo run --example keyed_api -- --serve 127.0.0.1:8080 [FILE]`: serves it from a file, `keyed_api.db` unless named.

use std::{path::Path, process::ExitCode};

use countersign::KeyId;
use countersign_keyed_api::{
    server,
    store::{NewKey, Store},
    tour::{self, Failure},
};

#[actix_web::main]
async fn main() -> Result<ExitCode, Failure> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => show_tour().await,
        ["--serve", address] => serve(address, "keyed_api.db").await,
        ["--serve", address, file] => serve(address, file).await,
        _ => {
            eprintln!("usage: keyed_api [--serve ADDRESS [FILE]]");
            Ok(ExitCode::from(2))
        }
    }
}

async fn show_tour() -> Result<ExitCode, Failure> {
    println!("   {:<36} {:<28} answered", "done", "expected");
    let mut failed = 0_u32;
    for row in tour::run().await? {
        let holds = row.expected == row.answered;
        failed = failed.saturating_add(u32::from(!holds));
        println!("{} {:<36} {:<28} {}", if holds { "ok" } else { "NO" }, row.done, row.expected, row.answered);
    }
    if failed > 0 {
        println!("\n{failed} of the answers were not as expected.");
        return Ok(ExitCode::FAILURE);
    }
    println!("\nAll answers were as expected.");
    Ok(ExitCode::SUCCESS)
}

async fn serve(address: &str, file: &str) -> Result<ExitCode, Failure> {
    tracing_subscriber::fmt().init();
    let store = Store::open(Path::new(file)).await?;
    if store.is_empty().await? {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        let secret = secret.map(|byte| format!("{byte:02x}")).concat();
        let (key_id, material) = (&KeyId::new("admin-key")?, secret.as_bytes());
        let admin = NewKey {
            client: "Admin",
            rights: "read write admin",
            key_id,
            algorithm: "hmac-sha256",
            material,
            not_after: None,
        };
        store.add_key(admin).await?;
        println!(
            "New database {file}. Its one client signs as {key_id} with hmac-sha256 and this secret, shown once:\n{secret}"
        );
    }
    let (server, bound) = server::serve(&store, address.parse()?)?;
    println!("Serving http://{bound}/api/whoami");
    server.await?;
    Ok(ExitCode::SUCCESS)
}
