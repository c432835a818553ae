//! The server: a route for callers with a key, and one that takes each of their requests once.

use std::time::SystemTime;

use actix_web::{App, HttpServer, web};
use countersign::{Claim, MemoryReplayStore, Policy, When};
use countersign_actix::{ReplayProtection, SignatureConfig, Signed};
use countersign_examples::{Client, KeyStore};

/// The most bytes that a body may have.
pub(crate) const BODY_LIMIT: usize = 16 * 1024;

/// Runs only for a caller whose signature holds, with the body that was signed.
async fn greet(request: Signed<web::Bytes, Client>) -> String {
    match request.len() {
        0 => format!("Hello, {}!", request.caller().name),
        bytes => format!("Hello, {}! {bytes} bytes.", request.caller().name),
    }
}

/// Starts the server on a free loopback port.
pub(crate) fn start() -> Result<u16, Box<dyn std::error::Error>> {
    let store = KeyStore::new()?;
    let load = move |claim: Claim| {
        let store = store.clone();
        async move { store.find(&claim) }
    };
    let config = SignatureConfig::new(load).body_limit(BODY_LIMIT);
    // The id tells apart what a client sends twice within a second on purpose.
    let once = config
        .clone()
        .policy(Policy::default().require("x-request-id".parse()?, When::Always))
        .once(ReplayProtection::new(MemoryReplayStore::new(10_000, SystemTime::now().into())));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(config.clone())
            .route("/greeting", web::get().to(greet))
            .route("/greeting", web::post().to(greet))
            .service(web::resource("/once").app_data(once.clone()).route(web::post().to(greet)))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0))?;
    let port = server.addrs().first().map_or(0, std::net::SocketAddr::port);
    actix_web::rt::spawn(server.run());
    Ok(port)
}
