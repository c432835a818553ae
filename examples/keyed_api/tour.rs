//! Clients that call the API, and what they are answered.

use std::{error::Error, net::SocketAddr};

use countersign::{Algorithm, Cavage, KeyError, KeyId, Secret, Signer, SigningKey};
use countersign_reqwest::sign;
use reqwest::{Client, Request, redirect};
use serde_json::{Value, json};

use crate::{
    server,
    store::{NewKey, Store},
};

/// Why the tour could not go on.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The first secret of Alice. A real client's is random, and its own.
pub const ALICES_SECRET: &str = "the first secret of Alice";
/// Her second one, which takes the place of the first.
pub const ALICES_NEXT_SECRET: &str = "the second secret of Alice";
/// Bob's.
pub const BOBS_SECRET: &str = "the one secret of Bob";
/// The administrator's.
pub const ADMINS_SECRET: &str = "the secret of the admin";
/// From which Carol's key is made. The server does not have it.
pub const CAROLS_SEED: &[u8; 32] = b"a seed of 32 bytes that is known";
/// What the server has of it.
pub const CAROLS_PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAZxjYnArC/VmwtgS+uhgME/1kxwsTgiEZ+oFrNgX/k3Y=
-----END PUBLIC KEY-----
";

/// Puts the clients of the tour into a store.
///
/// # Errors
/// When the database does not answer.
pub async fn seed(store: &Store) -> Result<(), Failure> {
    for (client, rights, id, algorithm, material, not_after) in [
        ("Alice", "read write", "alice-key", "hmac-sha256", ALICES_SECRET, None),
        ("Bob", "read", "bob-key", "hmac-sha512", BOBS_SECRET, None),
        ("Carol", "read write", "carol-key", "ed25519", CAROLS_PUBLIC_KEY, None),
        ("Dave", "read write", "dave-key", "hmac-sha256", ALICES_SECRET, Some(1)),
        ("Admin", "admin", "admin-key", "hmac-sha256", ADMINS_SECRET, None),
    ] {
        let (key_id, material) = (&KeyId::new(id)?, material.as_bytes());
        store.add_key(NewKey { client, rights, key_id, algorithm, material, not_after }).await?;
    }
    Ok(())
}

/// A client's key for HMAC-SHA-256.
///
/// # Errors
/// When the secret or the id cannot be used.
pub fn hmac(id: &str, secret: &str) -> Result<Signer, KeyError> {
    Ok(Signer::new(Cavage::new(), SigningKey::hmac_sha256(id, &Secret::new(secret)?)?))
}

/// The API as a client sees it.
#[derive(Clone, Debug)]
pub struct Api {
    http: Client,
    server: SocketAddr,
}

impl Api {
    /// The API that is served there.
    ///
    /// # Errors
    /// When there is no HTTP client to be had.
    pub fn at(server: SocketAddr) -> reqwest::Result<Self> {
        // reqwest would follow a redirect with the signature of the request before it.
        Ok(Self { http: Client::builder().redirect(redirect::Policy::none()).build()?, server })
    }

    /// The status and, of a success, the text that a GET is answered with.
    ///
    /// # Errors
    /// When it cannot be signed or sent.
    pub async fn get(&self, path: &str, signer: &Signer) -> Result<String, Failure> {
        self.send(self.http.get(self.url(path)).build()?, signer).await
    }

    /// The same of a POST of this value.
    ///
    /// # Errors
    /// Those of [`Self::get`].
    pub async fn post(&self, path: &str, signer: &Signer, value: &Value) -> Result<String, Failure> {
        self.send(self.http.post(self.url(path)).json(value).build()?, signer).await
    }

    async fn send(&self, mut request: Request, signer: &Signer) -> Result<String, Failure> {
        sign(&mut request, signer)?;
        let response = self.http.execute(request).await?;
        let status = response.status();
        let text = if status.is_success() { response.text().await? } else { String::new() };
        Ok(format!("{} {}", status.as_u16(), text.trim_end().replace('\n', ", ")).trim_end().to_owned())
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/api/{path}", self.server)
    }
}

/// One call: what was done, what is expected, and what was answered.
#[derive(Debug)]
pub struct Row {
    /// What was done.
    pub done: &'static str,
    /// The answer that is expected.
    pub expected: &'static str,
    /// The answer that came.
    pub answered: String,
}

/// Serves the API from a database in memory, and calls it as its clients.
///
/// # Errors
/// When a call cannot be made. An answer that is not as expected is none.
pub async fn run() -> Result<Vec<Row>, Failure> {
    let store = Store::in_memory().await?;
    seed(&store).await?;
    let (server, address) = server::serve(&store, ([127, 0, 0, 1], 0).into())?;
    let running = server.handle();
    actix_web::rt::spawn(server);
    let api = Api::at(address)?;

    let mut rows = Vec::new();
    let mut row = |done, expected, answered| rows.push(Row { done, expected, answered });
    let (alice, next) = (hmac("alice-key", ALICES_SECRET)?, hmac("alice-key", ALICES_NEXT_SECRET)?);
    let bobs = SigningKey::hmac("bob-key", Algorithm::HmacSha512, &Secret::new(BOBS_SECRET)?)?;
    let bob = Signer::new(Cavage::new(), bobs);
    let carol = Signer::new(Cavage::new(), SigningKey::ed25519_from_seed("carol-key", CAROLS_SEED)?);
    let admin = hmac("admin-key", ADMINS_SECRET)?;
    let order = json!({ "item": "lamps", "quantity": 3 });
    let of_bobs = json!({ "key_id": "bob-key" });

    row("Alice places an order", "200 order 1 of Alice", api.post("orders", &alice, &order).await?);
    row("Carol, with her Ed25519 key", "200 order 2 of Carol", api.post("orders", &carol, &order).await?);
    row("Alice sees hers alone", "200 3 lamps", api.get("orders", &alice).await?);
    row("Bob may read", "200", api.get("orders", &bob).await?);
    row("Bob may not order", "403", api.post("orders", &bob, &order).await?);
    row("Bob may not revoke keys", "403", api.post("admin/revocations", &bob, &of_bobs).await?);
    row("the admin may not order", "403", api.post("orders", &admin, &order).await?);
    row("Dave's key ended in 1970", "401", api.get("whoami", &hmac("dave-key", ALICES_SECRET)?).await?);
    row("SQL for a key id", "401", api.get("whoami", &hmac("' OR 1=1--", ALICES_SECRET)?).await?);

    row("Alice's next key, too soon", "401", api.get("whoami", &next).await?);
    let addition = json!({
        "client": "Alice", "rights": "", "key_id": "alice-key", "algorithm": "hmac-sha256", "material": ALICES_NEXT_SECRET,
    });
    row("the admin adds it", "200 version 2 of alice-key", api.post("admin/keys", &admin, &addition).await?);
    row("Alice with the next key", "200 Alice, key 0", api.get("whoami", &next).await?);
    row("and with the old one", "200 Alice, key 1", api.get("whoami", &alice).await?);
    let old = json!({ "key_id": "alice-key", "version": 1 });
    row("the admin revokes the old one", "200 revoked 1", api.post("admin/revocations", &admin, &old).await?);
    row("which is over at once", "401", api.get("whoami", &alice).await?);
    row("and the next one goes on", "200 Alice, key 0", api.get("whoami", &next).await?);
    row("the admin revokes Bob's keys", "200 revoked 1", api.post("admin/revocations", &admin, &of_bobs).await?);
    row("Bob is unknown at once", "401", api.get("whoami", &bob).await?);

    store.close().await;
    row("no database: a key from the cache", "200 Alice, key 0", api.get("whoami", &next).await?);
    row("no database: any other", "503", api.get("whoami", &hmac("eves-key", ALICES_SECRET)?).await?);
    running.stop(false).await;
    Ok(rows)
}
