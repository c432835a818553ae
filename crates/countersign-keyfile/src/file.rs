//! The whole file.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use countersign::{KeyId, KeyRing, KeyState, RingPolicy, SigningKey, UnixTime, VerifyingKey, webhook::Webhook};
use zeroize::Zeroizing;

use crate::{
    entry::Entry,
    error::KeyFileError,
    owner::KeyOwner,
    raw,
    ring::{Ring, newest_first},
};

/// The keys of a file, each made once.
///
/// ```
/// use countersign_keyfile::KeyFile;
///
/// let text = r#"
///     [[key]]
///     id = "alice"
///     algorithm = "hmac-sha512"
///     secret_base64 = "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ=="
///
///     [[key]]
///     id = "alice"                        # the secret before, for as long as clients still have it
///     algorithm = "hmac-sha256"
///     secret = "incorrect horse battery staple"
/// "#;
/// let keys = KeyFile::parse(text, ".")?;
/// assert_eq!(keys.ids().collect::<Vec<_>>(), ["alice"]);
/// assert_eq!(keys.verifying_keys("alice").map(<[_]>::len), Some(2));
/// assert_eq!(keys.signing_key("alice")?.metadata().algorithm.name(), "hmac-sha512");
///
/// let error = KeyFile::parse("[[key]]\nid = 'bob'\nalgorithm = 'hmac-sha256'\nsecrets = 'x'", ".").unwrap_err();
/// assert_eq!(error.to_string(), r#"line 4: unknown field "secrets""#);
/// # Ok::<(), countersign_keyfile::KeyFileError>(())
/// ```
#[derive(Debug)]
pub struct KeyFile {
    entries: Vec<Entry>,
    ids: Vec<KeyId>,
    names: HashMap<KeyId, Arc<str>>,
    /// Those of webhooks are in none of them.
    rings: HashMap<KeyId, Ring>,
}

impl KeyFile {
    /// Reads a file. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// When the file cannot be read, and whenever [`Self::parse`] fails.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        Self::from_results(Self::inspect(path)?)
    }

    /// Reads a text. Paths in it are relative to `folder`.
    ///
    /// # Errors
    /// When the text is not TOML, when it says anything that a key file does not, and when any of the keys cannot be used.
    pub fn parse(text: &str, folder: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        Self::from_results(inspect(text, folder.as_ref())?)
    }

    /// Reads a file and judges every key of it by itself, for a report on all of them.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, or holds anything but keys.
    pub fn inspect(path: impl AsRef<Path>) -> Result<Vec<Result<Entry, KeyFileError>>, KeyFileError> {
        let path = path.as_ref();
        let text = read_text(path).map(Zeroizing::new);
        let text = text.map_err(|source| KeyFileError::Unreadable { path: path.to_owned(), source })?;
        inspect(&text, path.parent().unwrap_or(Path::new("")))
    }

    fn from_results(results: Vec<Result<Entry, KeyFileError>>) -> Result<Self, KeyFileError> {
        let entries = results.into_iter().collect::<Result<Vec<_>, _>>()?;
        let (mut ids, mut known, mut names) = (Vec::new(), HashSet::new(), HashMap::new());
        let mut shared = HashMap::<_, Vec<_>>::new();
        for entry in &entries {
            if let Some(name) = entry.name_in_place() {
                names.insert(entry.id().clone(), Arc::clone(&name.text));
            }
            if known.insert(entry.id()) {
                ids.push(entry.id().clone());
            }
            if !entry.is_webhook() {
                shared.entry(entry.id()).or_default().push(entry);
            }
        }
        let ring = |(id, entries): (&KeyId, Vec<&Entry>)| {
            let owner = KeyOwner::new(id.clone(), names.get(id).map(Arc::clone));
            (id.clone(), Ring::new(owner, &newest_first(entries)))
        };
        let rings = shared.into_iter().map(ring).collect();
        Ok(Self { entries, ids, names, rings })
    }

    /// The active keys that verify what this id signs, newest first: in the order of the file, but for those that say when they were
    /// created. `None` for an id that is not in the file. Retiring keys are left out, since it takes the time to judge them:
    /// [`verifying_keys_at`](Self::verifying_keys_at).
    ///
    /// A [`Policy`](countersign::Policy) tries the first four unless it is told otherwise.
    #[must_use]
    pub fn verifying_keys(&self, id: &str) -> Option<&[VerifyingKey]> {
        self.rings.get(id).map(Ring::active)
    }

    /// The keys that verify what this id signs at this moment, newest first: those that are active or still retiring. There are none for
    /// an id that is not in the file.
    #[must_use]
    pub fn verifying_keys_at(&self, id: &str, now: UnixTime) -> Vec<VerifyingKey> {
        self.rings.get(id).map(|ring| ring.accepted(now, false)).unwrap_or_default()
    }

    /// As [`verifying_keys_at`](Self::verifying_keys_at), and those that are pending: for a receiver whose sender changes over at a
    /// moment of its own.
    #[must_use]
    pub fn verifying_keys_with_pending_at(&self, id: &str, now: UnixTime) -> Vec<VerifyingKey> {
        self.rings.get(id).map(|ring| ring.accepted(now, true)).unwrap_or_default()
    }

    /// Who the keys of this id belong to; `None` where the file does not say, and for an id that is not in it.
    #[must_use]
    pub fn name(&self, id: &str) -> Option<&str> {
        self.names.get(id).map(AsRef::as_ref)
    }

    /// Who the key of an entry belongs to.
    pub(crate) fn owner(&self, entry: &Entry) -> KeyOwner {
        KeyOwner::new(entry.id().clone(), self.names.get(entry.id()).map(Arc::clone))
    }

    /// The newest key of this id that is active and can sign, which is the first one where they do not say when they were created.
    ///
    /// # Errors
    /// When there is no such id, none of its keys is active, none of those can sign, or all of them are webhooks'.
    pub fn signing_key(&self, id: &str) -> Result<SigningKey, KeyFileError> {
        let of_id = |entry: &&Entry| entry.id().as_str() == id && !entry.is_webhook();
        let ring = newest_first(self.entries.iter().filter(of_id));
        let mut active = ring.iter().filter(|entry| entry.state_or_active() == KeyState::Active).peekable();
        let none_active = active.peek().is_none();
        active.find_map(|entry| entry.signing_key()).unwrap_or_else(|| {
            let id = id.to_owned();
            Err(match self.rings.get(id.as_str()) {
                None if self.ids.iter().any(|known| known.as_str() == id) => KeyFileError::WebhookOnly { id },
                None => KeyFileError::UnknownId { id },
                Some(_) if none_active => KeyFileError::NotActive { id },
                Some(_) => KeyFileError::VerifiesOnly { id },
            })
        })
    }

    /// All keys of the file but those of webhooks as one ring, in which each is called by its `ring_id`, or by its id where it has none.
    ///
    /// ```
    /// use countersign::{RingPolicy, UnixTime};
    /// use countersign_keyfile::KeyFile;
    ///
    /// let text = r#"
    ///     [[key]]
    ///     id = "2023"
    ///     algorithm = "hmac-sha256"
    ///     secret = "correct horse battery staple"
    ///     state = "retiring"
    ///     until = 1731622400
    ///
    ///     [[key]]
    ///     id = "2024"
    ///     algorithm = "hmac-sha256"
    ///     secret = "incorrect horse battery staple"
    ///     created = 1731536000
    /// "#;
    /// let ring = KeyFile::parse(text, ".")?.ring(RingPolicy::default())?;
    /// assert_eq!(ring.verifying(UnixTime::from_secs(1_731_540_000), None).keys().len(), 2);
    /// assert_eq!(ring.verifying(UnixTime::from_secs(1_731_622_400), None).keys().len(), 1);
    /// # Ok::<(), countersign_keyfile::KeyFileError>(())
    /// ```
    ///
    /// # Errors
    /// When two keys are called the same, and when more are pending or active than the policy has room for.
    pub fn ring(&self, policy: RingPolicy) -> Result<KeyRing, KeyFileError> {
        self.ring_where(policy, None, |entry| !entry.is_webhook())
    }

    /// The keys of this id as a ring, in which each is called by its `ring_id`; those of webhooks are left out. It is empty for an id that
    /// is not in the file.
    ///
    /// # Errors
    /// As for [`ring`](Self::ring).
    pub fn ring_of(&self, id: &str, policy: RingPolicy) -> Result<KeyRing, KeyFileError> {
        self.ring_where(policy, None, |entry| entry.id().as_str() == id && !entry.is_webhook())
    }

    /// These keys as a ring, of this webhook where there is one.
    pub(crate) fn ring_where(
        &self,
        policy: RingPolicy,
        webhook: Option<&Webhook>,
        is_in: impl Fn(&Entry) -> bool,
    ) -> Result<KeyRing, KeyFileError> {
        let mut lines = HashMap::new();
        for entry in self.entries.iter().filter(|entry| is_in(entry)) {
            if let Some(first) = lines.insert(entry.ring_id(), entry.line()) {
                let (line, id) = (entry.line(), entry.ring_id().to_string());
                return Err(KeyFileError::SecondRingId { line, id, first });
            }
        }
        let entries = newest_first(self.entries.iter().filter(|entry| is_in(entry)));
        // A ring takes the later of two for the newer.
        let keys = entries.into_iter().rev().map(|entry| entry.ring_key(webhook)).collect::<Result<Vec<_>, _>>()?;
        KeyRing::with_keys(policy, keys).map_err(KeyFileError::Ring)
    }

    /// What a server's loader goes by.
    pub(crate) fn into_rings(self) -> HashMap<KeyId, Ring> {
        self.rings
    }

    /// The ids, those of webhooks too, each once, in the order of the file.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(KeyId::as_str)
    }

    /// What the file says of each key, without its material, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

pub(crate) fn inspect(text: &str, folder: &Path) -> Result<Vec<Result<Entry, KeyFileError>>, KeyFileError> {
    let keys = raw::read(text)?;
    let mut names = HashMap::new();
    let mut one_name = |entry: Entry| {
        let Some(name) = entry.name_in_place() else { return Ok(entry) };
        let (first, line) = names.entry(entry.id().clone()).or_insert_with(|| (Arc::clone(&name.text), name.line));
        if *first == name.text {
            return Ok(entry);
        }
        Err(KeyFileError::SecondName { line: name.line, id: entry.id().to_string(), first: *line })
    };
    let entries = keys.iter().map(|key| Entry::from_raw(key, folder));
    Ok(entries.map(|entry| entry.and_then(&mut one_name)).collect())
}

/// The longest key file that is read, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Reads no more than that, so that a device is not read without end.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE.saturating_add(1)).read_to_string(&mut text)?;
    let fits = u64::try_from(text.len()).is_ok_and(|len| len <= MAX_FILE);
    if fits { Ok(text) } else { Err(io::Error::new(io::ErrorKind::FileTooLarge, "longer than 16 MiB")) }
}

#[cfg(test)]
mod tests;
