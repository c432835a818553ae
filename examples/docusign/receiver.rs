//! What verifies.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::SystemTime,
};

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use countersign::{KeyRing, RingCaller, RingKey, RingLoader, RingPolicy, SharedKeyRing, UnixTime, webhook::Webhook};
use countersign_actix::{SignatureConfig, Signed};

use crate::tour::Failure;

/// How many messages reached the handler.
#[derive(Debug, Default)]
pub struct Count(AtomicUsize);

impl Count {
    /// So many, ever.
    #[must_use]
    pub fn so_far(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Says by which of our keys the message was known, under the name that we gave it.
async fn receive(message: Signed<Bytes, RingCaller>, count: Data<Count>) -> String {
    count.0.fetch_add(1, Ordering::SeqCst);
    let key = message.caller().matched(message.proof());
    format!("{} bytes by our {}", message.len(), key.map_or("", |key| key.id.as_str()))
}

/// What verifies with these keys, each with the name that it has here: any of them may have made any of the signatures.
///
/// # Errors
/// When one of them is no key, or two have one name.
pub fn config(keys: &[(&str, &str)]) -> Result<SignatureConfig<RingCaller>, Failure> {
    let (webhook, now) = (Webhook::preset("docusign")?, UnixTime::from(SystemTime::now()));
    let mut ring = KeyRing::new(RingPolicy::default());
    for (name, text) in keys {
        ring.add_active(RingKey::only_verifying(name.parse()?, webhook.verifying_key(text)?, now), now)?;
    }
    let loader = RingLoader::new(SharedKeyRing::new(ring), || SystemTime::now().into());
    Ok(SignatureConfig::new(loader).verifier(webhook.verifier()).realm("docusign"))
}

/// The one route: `/docusign`.
pub fn routes(
    config: SignatureConfig<RingCaller>,
    count: Data<Count>,
) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    move |app| {
        app.app_data(config.clone()).app_data(count.clone()).route("/docusign", web::post().to(receive));
    }
}
