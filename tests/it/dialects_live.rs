//! Dialects end to end: our client signs with a key pair or a secret, our server verifies in the same dialect, over real sockets.

use actix_web::web::{self, Bytes};
use countersign::{
    Algorithm, Credential, Dialect, KeyId, Signer, SigningKey, StaticKeys, Switch, Verifier, VerifyingKey,
};
use countersign_actix::{SignatureConfig, Signed};
use countersign_reqwest::sign;
use reqwest::Client;

use crate::support::{Server, secret};

const KEY: &str = "https://social.example/users/ann#main-key";

async fn length(body: Signed<Bytes, ()>) -> String {
    body.len().to_string()
}

/// Keys of each kind, each with the half that the server has.
fn keys() -> Vec<(SigningKey, VerifyingKey)> {
    let pair = |algorithm, private: &str, public: &str| {
        (SigningKey::from_pem(KEY, algorithm, private).unwrap(), VerifyingKey::from_pem(algorithm, public).unwrap())
    };
    vec![
        (SigningKey::hmac_sha256(KEY, &secret()).unwrap(), VerifyingKey::hmac_sha256(&secret())),
        pair(Algorithm::RsaSha256, include_str!("../peers/keys/rsa.pem"), include_str!("../peers/keys/rsa.pub.pem")),
        pair(
            Algorithm::EcdsaSha256,
            include_str!("../peers/keys/p256.pem"),
            include_str!("../peers/keys/p256.pub.pem"),
        ),
        pair(
            Algorithm::Ed25519,
            include_str!("../peers/keys/ed25519.pem"),
            include_str!("../peers/keys/ed25519.pub.pem"),
        ),
    ]
}

#[actix_web::test]
async fn our_server_accepts_in_every_dialect_what_our_client_signs_in_it_and_nothing_that_was_changed() {
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    for dialect in Dialect::ALL {
        // What some write for servers that read less of the target is read under these.
        let reads = dialect.scheme().allowing(Switch::DangerousQuerylessTarget).allowing(Switch::DangerousDecodedPath);
        for (key, public) in keys() {
            let algorithm = key.metadata().algorithm;
            let credential = Credential::new(public, ());
            let config = SignatureConfig::new(StaticKeys::new().with(KeyId::new(KEY).unwrap(), credential))
                .verifier(Verifier::new(reads, dialect.policy()));
            let server = Server::start(move |app| {
                app.app_data(config.clone()).default_service(web::to(length));
            });
            let signer = Signer::new(dialect.scheme(), key);
            let post = || {
                let post = client.post(server.url("/orders/ann?page=2")).header("content-type", "text/plain");
                post.header("v-c-merchant-id", "shop").header("x-request-id", "8a2c").body("hello")
            };
            let mut request = post().build().unwrap();
            sign(&mut request, &signer).unwrap();
            let mut changed = request.try_clone().unwrap();
            let field = if changed.headers().contains_key("date") { "date" } else { "host" };
            changed.headers_mut().insert(field, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());

            let answer = client.execute(request).await.unwrap();
            let answered = (answer.status().as_u16(), answer.text().await.unwrap());
            assert_eq!(answered, (200, "5".to_owned()), "{} {algorithm}", dialect.name());
            let refused = client.execute(changed).await.unwrap().status().as_u16();
            assert_eq!(refused, 401, "{} {algorithm}", dialect.name());
            let unsigned = client.execute(post().build().unwrap()).await.unwrap().status().as_u16();
            assert_eq!(unsigned, 401, "{} {algorithm}", dialect.name());
        }
    }
}
