//! What is logged: one event for every refusal, and one with figures for every check where somebody listens.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use countersign::{Fingerprint, KeyId, SchemeName, VerifyError};
use tracing::Level;

use crate::{config::BoxError, refusal::Refusal};

/// The target of the event with figures.
const TIMING: &str = "countersign_actix::timing";

/// The longest part of a key id that is logged, in bytes.
const LOGGED_KEY_ID: usize = 256;

pub(crate) fn refused(cause: &VerifyError, scheme: &SchemeName, key_id: Option<&KeyId>) {
    let (scheme, key_id) = (scheme.as_str(), shown(key_id));
    tracing::warn!(cause = cause.code(), scheme, key_id, detail = %cause, "request refused");
}

pub(crate) fn body_refused(refusal: &Refusal, scheme: &SchemeName, key_id: Option<&KeyId>) {
    let (scheme, key_id) = (scheme.as_str(), shown(key_id));
    tracing::warn!(cause = refusal.code(), scheme, key_id, detail = %refusal, "request refused");
}

/// The server is not set up to check a request that came.
pub(crate) fn misconfigured(detail: &str) {
    tracing::error!(cause = "misconfigured", detail, "request refused");
}

pub(crate) fn loader_failed(error: &BoxError, scheme: &SchemeName, key_id: Option<&KeyId>) {
    let (scheme, key_id) = (scheme.as_str(), shown(key_id));
    tracing::error!(cause = "key-loader", scheme, key_id, detail = %error, "request refused");
}

pub(crate) fn loader_too_slow(scheme: &SchemeName, key_id: Option<&KeyId>) {
    let (scheme, key_id) = (scheme.as_str(), shown(key_id));
    let detail = "the key loader took longer than its deadline";
    tracing::error!(cause = "key-deadline", scheme, key_id, detail, "request refused");
}

pub(crate) fn store_failed(error: &BoxError) {
    tracing::error!(cause = "replay-store", detail = %error, "request refused");
}

pub(crate) fn let_through(error: &BoxError) {
    tracing::error!(cause = "replay-store", detail = %error, "request let through without being looked up");
}

pub(crate) fn delivery_seen(fingerprint: Fingerprint) {
    tracing::info!(cause = "already-delivered", ?fingerprint, "delivery not handled again");
}

pub(crate) fn delivery_under_way(fingerprint: Fingerprint) {
    tracing::info!(cause = "delivery-under-way", ?fingerprint, "delivery put off while its handler is running");
}

pub(crate) fn delivery_put_off(cause: &VerifyError) {
    tracing::warn!(cause = cause.code(), detail = %cause, "delivery put off");
}

pub(crate) fn delivery_not_told(error: &BoxError) {
    tracing::error!(cause = "replay-store", detail = %error, "how a delivery ended could not be remembered");
}

/// How long the parts of a check took, measured only where the event is wanted: to look at the clock costs as much as to read a
/// signature.
#[derive(Debug, Default)]
pub(crate) struct Timing(Option<Box<Measured>>);

#[derive(Debug, Default)]
struct Measured {
    load: Cell<Duration>,
    verify: Cell<Duration>,
}

impl Timing {
    pub(crate) fn start() -> Self {
        let wanted = tracing::enabled!(target: TIMING, Level::DEBUG);
        Self(wanted.then(Box::default))
    }

    /// The moment from which something is measured.
    pub(crate) fn now(&self) -> Option<Instant> {
        self.0.as_ref().map(|_| Instant::now())
    }

    pub(crate) fn loaded(&self, since: Option<Instant>) {
        if let (Some(measured), Some(since)) = (&self.0, since) {
            measured.load.set(measured.load.get().saturating_add(since.elapsed()));
        }
    }

    pub(crate) fn verified(&self, since: Option<Instant>) {
        if let (Some(measured), Some(since)) = (&self.0, since) {
            measured.verify.set(measured.verify.get().saturating_add(since.elapsed()));
        }
    }

    /// Says how it ended: `accepted`, `unsigned`, or the cause of a refusal.
    pub(crate) fn end(&self, outcome: &'static str) {
        if let Some(measured) = &self.0 {
            let [load_micros, verify_micros] = [&measured.load, &measured.verify]
                .map(|time| u64::try_from(time.get().as_micros()).unwrap_or(u64::MAX));
            tracing::debug!(target: TIMING, outcome, load_micros, verify_micros, "request checked");
        }
    }
}

/// The part of a key id that is logged.
fn shown(key_id: Option<&KeyId>) -> &str {
    let id = key_id.map_or("", KeyId::as_str);
    (0..=LOGGED_KEY_ID.min(id.len())).rev().find_map(|end| id.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_key_id_is_cut_at_a_character_before_it_is_logged() {
        let id = KeyId::new(&"\u{20ac}".repeat(300)).unwrap();
        assert_eq!(shown(Some(&id)), "\u{20ac}".repeat(85));
        assert_eq!(shown(Some(&KeyId::new("alice").unwrap())), "alice");
        assert_eq!(shown(None), "");
    }
}
