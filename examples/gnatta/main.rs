//! Gnatta's signing keys on both sides: made, handed over, changed under load, disposed of and restored.
//!
//! * `cargo run --example gnatta`: does all of it, and shows what is answered.
//! * `cargo run --example gnatta -- --serve 127.0.0.1:8010`: serves a receiver for long, with a key of its own that is shown once.

use std::{process::ExitCode, time::SystemTime};

use actix_web::web::Data;
use countersign::KeyId;
use countersign_examples::{
    gnatta::{keys::Keys, layout, receiver, tour},
    tour::{Failure, address_to_serve, serve_for_long, show_weaknesses},
};

#[actix_web::main]
async fn main() -> Result<ExitCode, Failure> {
    let webhook = layout("x-request-signature")?;
    show_weaknesses(&webhook);
    let Some(address) = address_to_serve()? else { return Ok(tour::run().await?.show()) };
    let (id, now): (KeyId, _) = ("key-1".parse()?, SystemTime::now().into());
    let keys = Keys::of_receiver(webhook.clone());
    let text = Keys::of_sender(webhook).generate(&id, now)?;
    keys.take_over(&id, &text, now)?;
    keys.activate(&id, now)?;
    println!(
        "The key, shown once: {text}
Try it:
  key=$(echo '{key}' | base64 -d | od -An -tx1 | tr -d ' \\n')
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  mac=$(printf %s \"POST|$now|{{}}\" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$key -binary | base64)
  curl -i http://{address}/gnatta -H \"x-request-timestamp: $now\" -H \"x-request-signature: $mac\" -d '{{}}'",
        text = *text,
        key = *text,
    );
    Ok(serve_for_long(address, receiver::routes(receiver::config(&keys), Data::new(receiver::Count::default())))
        .await?)
}
