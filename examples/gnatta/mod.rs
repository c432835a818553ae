//! Gnatta's signing keys, on both sides: every request is signed, and the key is changed while requests are on their way.
//!
//! * [`keys`]: the keys of one side: generate, activate, dispose, restore.
//! * [`sender`]: what signs.
//! * [`receiver`]: what verifies, with the active key and with the one that is pending.
//! * [`tour`]: a key from its first day to its last.

pub mod keys;
pub mod receiver;
pub mod sender;
pub mod tour;

use countersign::webhook::{At, Preset, Webhook};

use crate::tour::Failure;

/// The layout, with the signature in this field. Its name is documented nowhere, so that it is yours to say.
///
/// # Errors
/// When it is no name of a field.
pub fn layout(field: &str) -> Result<Webhook, Failure> {
    let preset = Preset::named("gnatta").ok_or("no preset of this name")?;
    Ok(Webhook::new("gnatta", preset.spec().signature_at(At::header(field)))?)
}
