//! Where secrets are kept.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{PoisonError, RwLock},
};

use thiserror::Error;
use zeroize::Zeroizing;

/// A secret text: never shown, and overwritten when dropped.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Holds this.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

/// Why there is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The store does not answer.
    #[error("the secret store does not answer")]
    Unavailable,
    /// Nothing is kept under this name: the gateway is not set up.
    #[error("the map {map:?} has no {name:?}")]
    Missing {
        /// The map.
        map: &'static str,
        /// The name in it.
        name: &'static str,
    },
}

/// A store of secrets: maps by name, and in each secrets by name.
pub trait SecretStore: Send + Sync + 'static {
    /// The secret of a name.
    ///
    /// # Errors
    /// When there is none, or the store does not answer.
    fn find(
        &self,
        map: &'static str,
        name: &'static str,
    ) -> impl Future<Output = Result<SecretText, SecretError>> + Send;
}

/// Maps in memory.
#[derive(Debug, Default)]
pub struct KeyValueMaps {
    secrets: RwLock<HashMap<(&'static str, &'static str), SecretText>>,
    /// The map that does not answer; every one where it is empty.
    down: RwLock<Option<&'static str>>,
}

impl KeyValueMaps {
    /// Keeps a secret, in place of any that was there.
    pub fn keep(&self, map: &'static str, name: &'static str, secret: SecretText) {
        self.secrets.write().unwrap_or_else(PoisonError::into_inner).insert((map, name), secret);
    }

    /// Forgets a secret.
    pub fn forget(&self, map: &'static str, name: &'static str) {
        self.secrets.write().unwrap_or_else(PoisonError::into_inner).remove(&(map, name));
    }

    /// Stops answering for this map, or for all where its name is empty; `None` answers again.
    pub fn set_down(&self, map: Option<&'static str>) {
        *self.down.write().unwrap_or_else(PoisonError::into_inner) = map;
    }
}

impl SecretStore for KeyValueMaps {
    async fn find(&self, map: &'static str, name: &'static str) -> Result<SecretText, SecretError> {
        let down = *self.down.read().unwrap_or_else(PoisonError::into_inner);
        if down.is_some_and(|down| down.is_empty() || down == map) {
            return Err(SecretError::Unavailable);
        }
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.get(&(map, name)).cloned().ok_or(SecretError::Missing { map, name })
    }
}
