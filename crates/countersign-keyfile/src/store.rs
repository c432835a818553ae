//! The keys in force, and the file that they are from.

use std::{
    collections::HashMap,
    fs,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock},
    thread::{self, JoinHandle, Thread},
    time::Duration,
};

use countersign::{Credential, KeyId, UnixTime, webhook::Webhook};
use zeroize::Zeroizing;

use crate::{
    error::KeyFileError,
    file::{KeyFile, read_text},
    owner::KeyOwner,
    raw,
    reading::read_file,
    ring::Ring,
    source::named_files,
    webhook_keys::{WebhookCaller, WebhookKeys},
};

/// The shortest time between two looks.
const SHORTEST: Duration = Duration::from_millis(10);

/// The keys of a file: those that requests name, and those of each webhook that a loader was made for.
struct Keys {
    /// How many ids there are.
    ids: usize,
    rings: HashMap<KeyId, Ring>,
    webhooks: Vec<WebhookKeys>,
}

pub(crate) struct Store {
    path: PathBuf,
    keys: RwLock<Keys>,
    /// Held for as long as a reload takes, so that none can put older keys in force than another did.
    state: Mutex<State>,
    hasher: RandomState,
    watcher: OnceLock<Thread>,
}

/// What became of the looks so far.
struct State {
    /// The last content that was tried.
    tried: u64,
    /// Why that cannot be used, as it was told; `None` where it is in force.
    told: Option<String>,
    /// The content of the last look, where that was another.
    changed_to: Option<u64>,
    /// Whose keys are made of the file's texts, so that a text which cannot be decoded is a mistake of the file.
    webhooks: Vec<Webhook>,
}

/// A look at the file and at those that it names.
struct Look {
    text: io::Result<Zeroizing<String>>,
    /// Of all that decides about the keys. Times and sizes would miss a change within one tick of the clock.
    fingerprint: u64,
}

impl Store {
    pub(crate) fn open(path: &Path) -> Result<Self, KeyFileError> {
        // So that the same file is meant wherever the process goes.
        let absolute = std::path::absolute(path);
        let path = absolute.map_err(|source| KeyFileError::Unreadable { path: path.to_owned(), source })?;
        let hasher = RandomState::new();
        let look = look(&path, &hasher);
        let state = State { tried: look.fingerprint, told: None, changed_to: None, webhooks: Vec::new() };
        let (keys, watcher) = (RwLock::new(keys(&path, look.text, &[])?), OnceLock::new());
        Ok(Self { path, keys, state: Mutex::new(state), hasher, watcher })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What a loader answers at the moment that `now` tells.
    pub(crate) fn find(
        &self,
        id: &KeyId,
        now: impl FnOnce() -> UnixTime,
        pending: bool,
    ) -> Option<Credential<KeyOwner>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).rings.get(id)?.credential(now, pending)
    }

    /// What a webhook's loader answers, by the place that [`add`](Self::add) gave to the webhook.
    pub(crate) fn find_of_webhook(
        &self,
        place: usize,
        id: Option<&KeyId>,
        now: UnixTime,
        pending: bool,
    ) -> Option<Credential<WebhookCaller>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.webhooks.get(place)?.credential(id, now, pending)
    }

    /// Makes the keys of one more webhook from now on, out of what is there now. One that is known has its place already.
    pub(crate) fn add(&self, webhook: &Webhook) -> Result<usize, KeyFileError> {
        let mut state = self.state();
        let is_known = |known: &Webhook| known.name() == webhook.name() && known.spec() == webhook.spec();
        if let Some(place) = state.webhooks.iter().position(is_known) {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            let is_served = keys.webhooks.get(place).is_some_and(|keys| !keys.is_empty());
            return is_served.then_some(place).ok_or(KeyFileError::NoWebhookKey { scheme: webhook.name(), id: None });
        }
        let look = look(&self.path, &self.hasher);
        let webhooks = [state.webhooks.as_slice(), std::slice::from_ref(webhook)].concat();
        let keys = keys(&self.path, look.text, &webhooks)?;
        if keys.webhooks.last().is_none_or(WebhookKeys::is_empty) {
            return Err(KeyFileError::NoWebhookKey { scheme: webhook.name(), id: None });
        }
        let place = state.webhooks.len();
        *state = State { tried: look.fingerprint, told: None, changed_to: None, webhooks };
        self.put_in_force(keys);
        Ok(place)
    }

    /// Takes what is there now.
    pub(crate) fn reload(&self) -> Result<bool, KeyFileError> {
        let mut state = self.state();
        let look = look(&self.path, &self.hasher);
        if look.fingerprint == state.tried && state.told.is_none() {
            return Ok(false);
        }
        self.take(&mut state, look).map(|()| true)
    }

    /// Takes what is there now if it was there at the last look as well: a file that is being written can make sense half-way.
    pub(crate) fn poll(&self) {
        let mut state = self.state();
        let look = look(&self.path, &self.hasher);
        if look.fingerprint == state.tried {
            state.changed_to = None;
        } else if state.changed_to == Some(look.fingerprint) {
            // What is wrong with it was told.
            let _ = self.take(&mut state, look);
        } else {
            state.changed_to = Some(look.fingerprint);
        }
    }

    fn take(&self, state: &mut State, look: Look) -> Result<(), KeyFileError> {
        // The look came before the keys are made, and they read the files again: what changes in between is another
        // content at the next look.
        (state.tried, state.changed_to) = (look.fingerprint, None);
        let path = self.path.display();
        match keys(&self.path, look.text, &state.webhooks) {
            Ok(keys) => {
                let ids = keys.ids;
                self.put_in_force(keys);
                state.told = None;
                tracing::info!(%path, ids, "the keys of the changed file are in force");
                Ok(())
            }
            Err(error) => {
                let message = error.to_string();
                if state.told.as_ref() != Some(&message) {
                    tracing::error!(%path, %error, "the changed key file cannot be used: the keys before it stay in force");
                }
                state.told = Some(message);
                Err(error)
            }
        }
    }

    fn put_in_force(&self, keys: Keys) {
        let keys_before = std::mem::replace(&mut *self.keys.write().unwrap_or_else(PoisonError::into_inner), keys);
        // Not while the lock is held.
        drop(keys_before);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // It would otherwise end when it looks next.
        self.watcher.get().map(Thread::unpark);
    }
}

/// Looks at the file once in every interval, for as long as there is a store.
pub(crate) fn watch(store: &Arc<Store>, interval: Duration) -> Result<JoinHandle<()>, KeyFileError> {
    let (weak, interval) = (Arc::downgrade(store), interval.max(SHORTEST));
    let watcher = thread::Builder::new().name("countersign-keyfile".to_owned()).spawn(move || {
        loop {
            thread::park_timeout(interval);
            let Some(store) = weak.upgrade() else { return };
            store.poll();
        }
    });
    let watcher = watcher.map_err(|source| KeyFileError::Unwatched { path: store.path.clone(), source })?;
    let _ = store.watcher.set(watcher.thread().clone());
    Ok(watcher)
}

fn look(path: &Path, hasher: &RandomState) -> Look {
    let text = read(path);
    let mut all = hasher.build_hasher();
    match &text {
        Ok(text) => {
            text.hash(&mut all);
            let keys = raw::read(text).unwrap_or_default();
            for file in named_files(&keys, folder(path)) {
                file.hash(&mut all);
                hash(&read_file(&file), &mut all);
            }
        }
        Err(error) => error.kind().hash(&mut all),
    }
    Look { fingerprint: all.finish(), text }
}

fn hash(content: &io::Result<Zeroizing<Vec<u8>>>, all: &mut impl Hasher) {
    content.as_ref().map(|bytes| bytes.as_slice()).map_err(io::Error::kind).hash(all);
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    // A pipe would be read once and never again.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    read_text(path).map(Zeroizing::new)
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn keys(path: &Path, text: io::Result<Zeroizing<String>>, webhooks: &[Webhook]) -> Result<Keys, KeyFileError> {
    let text = text.map_err(|source| KeyFileError::Unreadable { path: path.to_owned(), source })?;
    let file = KeyFile::parse(&text, folder(path))?;
    if file.entries().is_empty() {
        return Err(KeyFileError::Empty { path: path.to_owned() });
    }
    let webhooks = webhooks.iter().map(|webhook| file.webhook_keys_in_any_state(webhook)).collect::<Result<_, _>>()?;
    Ok(Keys { ids: file.ids().count(), webhooks, rings: file.into_rings() })
}
