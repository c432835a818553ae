//! DocuSign Connect's numbered signatures: a sender with several keys, and receivers that hold one of them or two.
//!
//! * `cargo run --example docusign`: sends, adds keys and deletes them, and shows what is answered.
//! * `cargo run --example docusign -- --serve 127.0.0.1:8012`: serves a receiver for long.

use std::process::ExitCode;

use actix_web::web::Data;
use countersign::webhook::Webhook;
use countersign_examples::{
    docusign::{KEYS, receiver, tour},
    tour::{Failure, address_to_serve, serve_for_long, show_weaknesses},
};

#[actix_web::main]
async fn main() -> Result<ExitCode, Failure> {
    show_weaknesses(&Webhook::preset("docusign")?);
    let Some(address) = address_to_serve()? else { return Ok(tour::run().await?.show()) };
    let [(_, text), ..] = KEYS;
    println!(
        "Try it:
  mac=$(printf %s '{{}}' | openssl dgst -sha256 -hmac '{text}' -binary | base64)
  curl -i http://{address}/docusign -H \"x-docusign-signature-1: $mac\" -d '{{}}'"
    );
    Ok(serve_for_long(address, receiver::routes(receiver::config(&KEYS)?, Data::new(receiver::Count::default())))
        .await?)
}
