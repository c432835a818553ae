//! A ring that lives in a key file.

mod edit;
mod keeper;
mod kept;
mod lock;
mod mask;
mod new_key;
mod scope;
mod write;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use countersign::{
    KeyId, KeyRing, RingError, RingKey, RingPolicy, SharedKeyRing, UnixTime, UpdateError, webhook::Webhook,
};
use zeroize::Zeroizing;

pub use self::new_key::NewKey;
use self::{
    keeper::{FileKeeper, Incoming},
    lock::held,
    new_key::Made,
    scope::Scope,
};
use crate::{
    error::KeyFileError,
    file::{KeyFile, read_text},
};

/// A ring that lives in a key file: what becomes of its keys is written there before anybody sees it. That blocks as long as a disk does.
///
/// Change the [ring](Self::ring) as any other. Each change is written in one step, to a file beside the key file that then takes its
/// place: readable by its owner, by its group where the file before was, and by nobody else, and whole whenever the machine stops.
/// Comments, the order and all other entries stay as they are.
///
/// A change that cannot be written does not happen, but for one that does nothing but take keys out of use: it is
/// [in force here, and not kept](SharedKeyRing::update), so that other processes and the next start go by the file as it was. Change the
/// ring again, if only by `update(|_| Ok(()))`, until that is kept. Nothing that is wrong with the entries of others is in its way.
///
/// The last entry of a file is never taken out ([`KeyFileError::LastEntry`]): a server that follows the file would stay with the keys
/// before. Dispose of its key in a change of its own, which is kept, and purge it when there is another.
///
/// Several rings can be in one file, each with keys of its own, and are written one after another; so are those of other processes where
/// the system has locks for that. What others changed in the ring's own entries meanwhile is noticed and not overwritten: the change
/// is refused, and the file has to be opened again.
///
/// ```
/// use countersign::{Algorithm, RingPolicy, UnixTime};
/// use countersign_keyfile::{KeyFile, KeyRingFile, NewKey};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("keys.toml");
/// # std::fs::write(&path, "")?;
///
/// let keys = KeyRingFile::open(&path, RingPolicy::one_at_a_time())?;
/// let now = UnixTime::from_secs(1_700_000_000);
/// let random = [7; 32]; // from a source of random numbers
/// keys.add_pending(NewKey::from_secret("gnatta-1".parse()?, Algorithm::HmacSha256, &random), now)?;
/// keys.ring().update(|ring| ring.activate(&"gnatta-1".parse().unwrap(), now))?;
///
/// assert!(std::fs::read_to_string(&path)?.contains("state = \"active\"\ncreated = 1700000000\n"));
/// assert!(KeyFile::read(&path)?.signing_key("gnatta-1").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct KeyRingFile {
    ring: SharedKeyRing,
    path: Arc<Path>,
    /// Where the files are that keys name.
    folder: Arc<Path>,
    scope: Scope,
    incoming: Incoming,
}

impl KeyRingFile {
    /// Opens a file all of whose keys are one ring, but those of webhooks.
    ///
    /// # Errors
    /// When the file cannot be read, and whenever [`KeyFile::parse`] or [`KeyFile::ring`] fails.
    pub fn open(path: impl AsRef<Path>, policy: RingPolicy) -> Result<Self, KeyFileError> {
        Self::open_scope(path.as_ref(), Scope::All, policy)
    }

    /// Opens a file whose keys of this id are a ring, beside those of others. There may be none of them yet.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_id(path: impl AsRef<Path>, id: &KeyId, policy: RingPolicy) -> Result<Self, KeyFileError> {
        Self::open_scope(path.as_ref(), Scope::Id(id.clone()), policy)
    }

    /// Opens a file whose keys that serve this webhook are a ring, beside those of others. There may be none of them yet. Add keys that
    /// are [made for webhooks](NewKey::for_webhook).
    ///
    /// # Errors
    /// As for [`open`](Self::open), and whenever [`KeyFile::webhook_ring`] fails.
    pub fn open_webhook(path: impl AsRef<Path>, webhook: &Webhook, policy: RingPolicy) -> Result<Self, KeyFileError> {
        Self::open_scope(path.as_ref(), Scope::Webhook(webhook.clone()), policy)
    }

    fn open_scope(path: &Path, scope: Scope, policy: RingPolicy) -> Result<Self, KeyFileError> {
        // What a link leads to is replaced, not the link; and the same file is meant wherever the process goes.
        let real = fs::canonicalize(path);
        let real = real.map_err(|source| KeyFileError::Unreadable { path: path.to_owned(), source })?;
        // Files that keys name are beside the link all the same, as for everybody else who reads it.
        let given = std::path::absolute(path);
        let given = given.map_err(|source| KeyFileError::Unreadable { path: path.to_owned(), source })?;
        let folder: Arc<Path> = Arc::from(given.parent().unwrap_or(Path::new("")));
        let text = read(&real)?;
        let ring = scope.ring(&KeyFile::parse(&text, &folder)?, policy)?;
        let (path, incoming): (Arc<Path>, _) = (Arc::from(real), Incoming::default());
        let paths = (Arc::clone(&path), Arc::clone(&folder));
        let keeper = FileKeeper::new(paths, (scope.clone(), Arc::clone(&incoming)), (&ring, &text))?;
        Ok(Self { ring: SharedKeyRing::kept_by(ring, keeper), path, folder, scope, incoming })
    }

    /// The ring. A key that is added to it directly is refused, since nobody could tell what to write: add it here.
    #[must_use]
    pub const fn ring(&self) -> &SharedKeyRing {
        &self.ring
    }

    /// Adds a key that is [pending](KeyRing::add_pending).
    ///
    /// # Errors
    /// When the key is none that a key file takes, when the ring refuses it, and when the file cannot be written.
    pub fn add_pending(&self, key: NewKey, now: UnixTime) -> Result<(), KeyFileError> {
        self.add(key, now, KeyRing::add_pending)
    }

    /// Adds a key that is [active at once](KeyRing::add_active).
    ///
    /// # Errors
    /// As for [`add_pending`](Self::add_pending).
    pub fn add_active(&self, key: NewKey, now: UnixTime) -> Result<(), KeyFileError> {
        self.add(key, now, |ring, key| ring.add_active(key, now))
    }

    fn add(
        &self,
        key: NewKey,
        now: UnixTime,
        add: impl FnOnce(&mut KeyRing, RingKey) -> Result<(), RingError>,
    ) -> Result<(), KeyFileError> {
        let made = Made::new(key, now, &read(&self.path)?, &self.folder, &self.scope)?;
        let changed = self.ring.update(|ring| {
            add(ring, made.ring_key.clone())?;
            // The keeper comes next, before any other change does.
            *held(&self.incoming) = Some(made);
            Ok(())
        });
        changed.map_err(|error| match error {
            UpdateError::Refused(error) => KeyFileError::Ring(error),
            UpdateError::NotKept(error) => self.not_kept(error),
            error => self.not_kept(error.into()),
        })
    }

    fn not_kept(&self, error: Box<dyn std::error::Error + Send + Sync>) -> KeyFileError {
        match error.downcast::<KeyFileError>() {
            Ok(error) => *error,
            Err(other) => {
                KeyFileError::Unwritable { path: self.path.to_path_buf(), source: std::io::Error::other(other) }
            }
        }
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let text = read_text(path).map(Zeroizing::new);
    text.map_err(|source| KeyFileError::Unreadable { path: PathBuf::from(path), source })
}

impl fmt::Debug for KeyRingFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRingFile").field("path", &self.path).field("ring", &self.ring).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
