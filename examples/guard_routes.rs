//! Guards a scope of an actix-web server. `cargo run --example guard_routes`, then `sign_outgoing` in another terminal.

use actix_web::{App, HttpServer, web};
use countersign::{Claim, Credential, KeyError, KeyId, Secret, VerifyingKey};
use countersign_actix::{Caller, SignatureConfig, SignatureGuard};

#[derive(Clone)]
struct Client {
    name: &'static str,
}

/// Asks for the keys of a caller: `Ok(None)` is an unknown key, `Err` a store that does not answer.
async fn load(claim: Claim) -> Result<Option<Credential<Client>>, KeyError> {
    if claim.key_id().map(KeyId::as_str) != Some("alice") {
        return Ok(None);
    }
    let secret = Secret::new("correct horse battery staple")?;
    Ok(Some(Credential::new(VerifyingKey::hmac_sha256(&secret), Client { name: "Alice" })))
}

async fn greet(caller: Caller<Client>) -> String {
    format!("Hello, {}!", caller.name)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let config = SignatureConfig::new(load);
    HttpServer::new(move || {
        let guard = SignatureGuard::new(config.clone());
        App::new().service(web::scope("").wrap(guard).route("/greeting", web::get().to(greet)))
    })
    .bind(("127.0.0.1", 8080))?
    .run()
    .await
}
