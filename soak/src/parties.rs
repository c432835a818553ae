//! What both sides know: keys, names and spans.

use std::time::Duration;

use countersign::{Policy, Secret, When, webhook::Webhook};

/// How many clients there are.
pub(crate) const CLIENTS: u64 = 200;

/// The authority that every client sends to, whichever server it reaches.
pub(crate) const HOST: &str = "api.example";

/// The field that says what a request is called. It is signed.
pub(crate) const LABEL: &str = "x-request-id";

/// A signed field that somebody would like to change.
pub(crate) const ACCOUNT: &str = "x-account";

/// Tells the handler of deliveries to fail. GitHub signs bodies alone, so it is the sender's to add.
pub(crate) const FAIL: &str = "x-fail";

/// The field in which a refusal names its cause.
pub(crate) const CAUSE: &str = "x-cause";

/// How long a request is accepted, so short that entries end while the program runs.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(20);

pub(crate) const MAX_SKEW: Duration = Duration::from_secs(5);

/// How long deliveries are remembered.
pub(crate) const RETENTION: Duration = Duration::from_secs(30);

/// How much longer Redis keeps an entry than it is needed.
pub(crate) const MARGIN: Duration = Duration::from_secs(10);

/// A delivery that was reserved just before everything was well again is free within the two seconds of recovery.
pub(crate) const LEASE: Duration = Duration::from_millis(1500);

/// Deadlines are longer than by default: what is on trial is what happens beyond them, and not how busy the machine is.
pub(crate) const DEADLINE: Duration = Duration::from_secs(1);

/// How long the store waits for Redis.
pub(crate) const STORE_LIMIT: Duration = Duration::from_millis(800);

pub(crate) const WEBHOOK: &str = "github";

pub(crate) const WEBHOOK_SECRET: &str = "a secret of the webhook's two ends";

/// Who the handler of deliveries takes the sender for.
pub(crate) const SENDER: &str = "hooks";

pub(crate) fn client_id(number: u64) -> String {
    format!("client-{number}")
}

pub(crate) fn secret(number: u64) -> Secret {
    Secret::new(format!("the shared secret of client {number}")).unwrap()
}

pub(crate) fn webhook() -> Webhook {
    Webhook::preset(WEBHOOK).unwrap()
}

pub(crate) fn policy() -> Policy {
    let covered = |name: &str| name.parse().unwrap();
    let policy = Policy::default().max_age(MAX_AGE).max_skew(MAX_SKEW);
    policy.require(covered(LABEL), When::Always).require(covered(ACCOUNT), When::Always)
}
