//! The secret behind a challenge.

use countersign::{KeyError, Secret};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::challenge::Token;

/// HMAC-SHA-256 with a prepared key, which is overwritten when dropped.
#[derive(Clone)]
pub(super) struct ChallengeMac(Hmac<Sha256>);

impl ChallengeMac {
    pub(super) fn new(secret: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let secret = Zeroizing::new(secret.into());
        match secret.len() {
            0 => Err(KeyError::EmptySecret),
            len if len < Secret::MIN_LEN => Err(KeyError::ShortSecret(len)),
            // HMAC takes a key of any length.
            _ => Hmac::new_from_slice(&secret).map(Self).map_err(|_| KeyError::EmptySecret),
        }
    }

    /// Of a token alone: of any text at all it would be a signature of whatever somebody asks for.
    pub(super) fn of(&self, token: &Token) -> impl AsRef<[u8]> + use<> {
        self.0.clone().chain_update(token.as_str()).finalize().into_bytes()
    }
}
