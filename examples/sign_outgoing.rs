//! Signs every request of a reqwest client. `cargo run --example sign_outgoing -- http://127.0.0.1:8080/greeting`

use countersign::{Cavage, Secret, Signer, SigningKey};
use countersign_reqwest::SigningMiddleware;
use reqwest::{Client, redirect};
use reqwest_middleware::ClientBuilder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080/greeting".to_owned());

    let secret = Secret::new("correct horse battery staple")?;
    let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);

    // A redirect would be followed with the signature of the request before it.
    let client = Client::builder().redirect(redirect::Policy::none()).build()?;
    // Added last, so that it signs what is sent.
    let client = ClientBuilder::new(client).with(SigningMiddleware::new(signer)).build();

    let response = client.get(&url).send().await?;
    println!("{} {}", response.status(), response.text().await?);
    Ok(())
}
