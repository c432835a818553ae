//! The key file of a webhook.

use std::path::Path;

use countersign::webhook::Webhook;
use countersign_keyfile::KeyFile;

use crate::failure::Failure;

/// Reads a key file in which something serves this webhook.
pub(super) fn read(path: &Path, webhook: &Webhook) -> Result<KeyFile, Failure> {
    let file = KeyFile::read(path).map_err(|error| Failure::key_file(path, &error))?;
    if file.serves_webhook(webhook) {
        return Ok(file);
    }
    Err(Failure::misuse(format!("{}: no key serves the webhook {}", path.display(), webhook.name())))
}
