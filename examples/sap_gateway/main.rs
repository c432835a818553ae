//! A gateway that verifies a partner's messages and sends them on under a user's name, and both of its ends.
//!
//! * `cargo run --example sap_gateway`: sends messages through it and others at it, and shows what is answered.
//! * `cargo run --example sap_gateway -- --serve 127.0.0.1:8011`: serves it for long, in front of a target of its own.

use std::{process::ExitCode, sync::Arc};

use actix_web::web::Data;
use countersign::webhook::Webhook;
use countersign_examples::{
    sap_gateway::{
        PARTNER_KEY,
        gateway::{Gateway, config, routes},
        target::{self, Target},
        tour,
    },
    serving::Running,
    tour::{Failure, address_to_serve, serve_for_long, show_weaknesses},
};

#[actix_web::main]
async fn main() -> Result<ExitCode, Failure> {
    show_weaknesses(&Webhook::preset("sap-gigya")?);
    let Some(address) = address_to_serve()? else { return Ok(tour::run().await?.show()) };
    let (secrets, behind) = (tour::secrets(), Running::start(target::routes(Data::new(Target::default())))?);
    let gateway = Data::new(Gateway::new(Arc::clone(&secrets), &behind.url("/flow"))?);
    println!(
        "Try it:
  key=$(echo '{PARTNER_KEY}' | base64 -d | od -An -tx1 | tr -d ' \\n')
  mac=$(printf %s '{{}}' | openssl dgst -sha1 -mac HMAC -macopt hexkey:$key -binary | base64)
  curl -i http://{address}/webhook -H \"x-gigya-sig-hmac-sha1: $mac\" -d '{{}}'"
    );
    Ok(serve_for_long(address, routes(config(&secrets)?, gateway)).await?)
}
