//! Signs every request of a client. `cargo run --example sign_outgoing -- http://127.0.0.1:8080/greeting`

use countersign::{Cavage, Secret, Signer, SigningKey};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8080/greeting".to_owned());

    let secret = Secret::new("correct horse battery staple")?;
    let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
    let client = countersign_reqwest::client(signer)?;

    let response = client.get(&url).send().await?;
    println!("{} {}", response.status(), response.text().await?);
    Ok(())
}
