//! What verifies.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::SystemTime,
};

use actix_web::{
    HttpRequest,
    web::{self, Bytes, Data, ServiceConfig},
};
use countersign::{RingCaller, RingLoader};
use countersign_actix::{SignatureConfig, Signed};

use super::keys::Keys;

/// How many requests reached the handler.
#[derive(Debug, Default)]
pub struct Count(AtomicUsize);

impl Count {
    /// So many, ever.
    #[must_use]
    pub fn so_far(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Says which key signed, and what it was here: so one sees when the key before is no longer used.
async fn receive(request: HttpRequest, body: Signed<Bytes, RingCaller>, count: Data<Count>) -> String {
    count.0.fetch_add(1, Ordering::SeqCst);
    let key = body.caller().matched(body.proof());
    let key = key.map_or_else(String::new, |key| format!("{} {}", key.id, key.state));
    format!("{} of {} bytes, {key}", request.method(), body.len())
}

/// What verifies with these keys, at any moment with those of that moment.
#[must_use]
pub fn config(keys: &Keys) -> SignatureConfig<RingCaller> {
    let (webhook, loader) = (keys.webhook(), RingLoader::new(keys.ring().clone(), || SystemTime::now().into()));
    SignatureConfig::new(loader).verifier(webhook.verifier()).realm("gnatta")
}

/// The one route, for any method: `/gnatta`.
pub fn routes(
    config: SignatureConfig<RingCaller>,
    count: Data<Count>,
) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    move |app| {
        app.app_data(config.clone()).app_data(count.clone()).route("/gnatta", web::to(receive));
    }
}
