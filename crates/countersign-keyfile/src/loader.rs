//! A server's loader, which follows the file.

use std::{
    convert::Infallible,
    fmt,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use countersign::{Claim, Credential, KeyLoader, SchemeName, UnixTime, webhook::Webhook};

use crate::{
    error::KeyFileError,
    owner::KeyOwner,
    store::{self, Store},
    webhook_keys::WebhookCaller,
};

/// The keys of a file as a server's loader, which follows the file while the server runs.
///
/// The file and all files that it names are looked at every second, by their content, in a thread of their own, which ends with the
/// last clone of the loader. What changed is taken in one step once it has been the same for two looks: a removed key verifies
/// nothing from then on. A file that is missing, broken or without a key changes nothing: the keys before it stay in force, and each
/// such mistake is a `tracing` error once.
///
/// A file that is written in place is taken half-written only if its writer pauses for longer than between two looks, at a place
/// where all before it makes sense. To exclude that, write a new file and rename it over the old one.
///
/// Keys that have a state are judged at the moment at which they are asked for, by the system's clock: those that are active or still
/// retiring verify.
///
/// Do not put a cache such as `CachedKeys` of countersign-cache in front: all is in memory already, and a key that is disposed of or taken
/// out would go on verifying until its time in the cache is over. What it holds for requests that name no key, as most webhooks' do, ends
/// earlier only with `invalidate_all`.
///
/// A `secret_env` is read from the environment that the server was started with.
///
/// ```
/// use countersign::KeyLoader;
/// use countersign_keyfile::{KeyFileError, KeyFileLoader, KeyOwner};
///
/// fn loader() -> Result<impl KeyLoader<Caller = KeyOwner>, KeyFileError> {
///     KeyFileLoader::open("keys.toml")
/// }
/// # assert!(loader().is_err());
/// ```
#[derive(Clone)]
pub struct KeyFileLoader {
    store: Arc<Store>,
    accept_pending: bool,
    clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

impl KeyFileLoader {
    /// Reads a file, and looks at it every second from then on.
    ///
    /// # Errors
    /// When the file cannot be read, when [`KeyFile::parse`](crate::KeyFile::parse) fails, when there is no key in it, and when there
    /// is no thread to be had.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        Self::open_with_interval(path, Duration::from_secs(1))
    }

    /// Reads a file, and looks at it once in every `interval` from then on, which is at least ten milliseconds.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn open_with_interval(path: impl AsRef<Path>, interval: Duration) -> Result<Self, KeyFileError> {
        let loader = Self::open_unwatched(path)?;
        store::watch(&loader.store, interval)?;
        Ok(loader)
    }

    /// Reads a file, and looks at it again only when it is told to [reload](Self::reload).
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn open_unwatched(path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        let store = Arc::new(Store::open(path.as_ref())?);
        Ok(Self { store, accept_pending: false, clock: Arc::new(|| SystemTime::now().into()) })
    }

    /// Whether pending keys verify, for a receiver whose sender changes over at a moment of its own; they do not unless set.
    #[must_use]
    pub fn accept_pending(self, accept: bool) -> Self {
        Self { accept_pending: accept, ..self }
    }

    /// Takes the time from here instead of from the system's clock.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// A loader for a webhook, which goes by the same file and by the settings of this one. It gets the keys of the file's
    /// entries for webhooks, and this one never does.
    ///
    /// From then on a text that the webhook cannot decode is a mistake of the file, which leaves the keys before it in force.
    ///
    /// It reads files for a webhook that is new to this loader: from asynchronous code, call it where blocking is allowed. For one that is
    /// not, it takes the keys in force.
    ///
    /// As with [this one](Self), a cache such as `CachedKeys` of countersign-cache is not to stand in front of it.
    ///
    /// ```
    /// use countersign::{KeyLoader, webhook::Webhook};
    /// use countersign_keyfile::{KeyFileLoader, WebhookCaller};
    ///
    /// fn loaders() -> Result<impl KeyLoader<Caller = WebhookCaller>, Box<dyn std::error::Error>> {
    ///     let keys = KeyFileLoader::open("keys.toml")?;
    ///     Ok(keys.for_webhook(&Webhook::preset("stripe")?)?)
    /// }
    /// # assert!(loaders().is_err());
    /// ```
    ///
    /// # Errors
    /// Those of [`Self::open`], and when no entry serves the webhook that is not disposed, or the text of one cannot be decoded.
    pub fn for_webhook(&self, webhook: &Webhook) -> Result<WebhookKeyLoader, KeyFileError> {
        let place = self.store.add(webhook)?;
        Ok(WebhookKeyLoader { loader: self.clone(), webhook: webhook.name(), place })
    }

    /// Looks at the file now, such as on a signal, and takes what changed at once. Whether anything had.
    ///
    /// It reads files: from asynchronous code, call it where blocking is allowed.
    ///
    /// # Errors
    /// Those of [`Self::open`]. The keys before stay in force then.
    pub fn reload(&self) -> Result<bool, KeyFileError> {
        self.store.reload()
    }
}

impl KeyLoader for KeyFileLoader {
    type Caller = KeyOwner;
    type Error = Infallible;

    fn load(&self, claim: Claim) -> impl Future<Output = Result<Option<Credential<KeyOwner>>, Infallible>> + Send {
        let clock = || (self.clock)();
        std::future::ready(Ok(claim.key_id().and_then(|id| self.store.find(id, clock, self.accept_pending))))
    }
}

impl fmt::Debug for KeyFileLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFileLoader").field("path", &self.store.path()).finish_non_exhaustive()
    }
}

/// The keys of a webhook as a server's loader, which follows the file as the [`KeyFileLoader`] does that it was made by.
///
/// A request that names a key gets the keys of that id alone. One that names none, as with most providers, gets all that verify at the
/// moment, newest first.
#[derive(Clone)]
pub struct WebhookKeyLoader {
    loader: KeyFileLoader,
    webhook: SchemeName,
    /// The webhook's among those of the store.
    place: usize,
}

impl KeyLoader for WebhookKeyLoader {
    type Caller = WebhookCaller;
    type Error = Infallible;

    fn load(&self, claim: Claim) -> impl Future<Output = Result<Option<Credential<WebhookCaller>>, Infallible>> + Send {
        let KeyFileLoader { store, accept_pending, clock } = &self.loader;
        std::future::ready(Ok(store.find_of_webhook(self.place, claim.key_id(), clock(), *accept_pending)))
    }
}

impl fmt::Debug for WebhookKeyLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.loader.store.path();
        f.debug_struct("WebhookKeyLoader").field("path", &path).field("webhook", &self.webhook).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
