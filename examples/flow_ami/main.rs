//! An action server for Autodesk Flow Production Tracking, and what sends to it.
//!
//! * `cargo run --example flow_ami`: serves it, sends to it as Flow does and as others might, and shows what is answered.
//! * `cargo run --example flow_ami -- --serve 127.0.0.1:8009`: serves it for long.

use std::process::ExitCode;

use actix_web::web::Data;
use countersign::webhook::Webhook;
use countersign_examples::{
    flow_ami::{TOKEN, WEBHOOK_TOKEN, server, tour},
    tour::{Failure, address_to_serve, serve_for_long, show_weaknesses},
};

#[actix_web::main]
async fn main() -> Result<ExitCode, Failure> {
    for preset in ["flow-ami", "flow-webhook"] {
        show_weaknesses(&Webhook::preset(preset)?);
    }
    let Some(address) = address_to_serve()? else { return Ok(tour::run().await?.show()) };
    println!(
        "Try it:
  body='{{\"id\":1}}'
  mac=$(printf %s \"$body\" | openssl dgst -sha1 -hmac '{WEBHOOK_TOKEN}' | sed 's/.*= //')
  curl -i http://{address}/events -H \"x-sg-signature: sha1=$mac\" -H 'x-sg-delivery-id: d-1' -d \"$body\""
    );
    let (actions, events) = (server::config("flow-ami", TOKEN)?, server::config("flow-webhook", WEBHOOK_TOKEN)?);
    Ok(serve_for_long(address, server::routes(actions, events, Data::default())).await?)
}
