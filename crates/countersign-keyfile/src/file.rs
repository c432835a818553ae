//! The whole file.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use countersign::{Credential, KeyId, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::{entry::Entry, error::KeyFileError, owner::KeyOwner, raw};

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
    rings: HashMap<KeyId, Vec<VerifyingKey>>,
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
        let (mut ids, mut rings, mut names) = (Vec::new(), HashMap::<_, Vec<_>>::new(), HashMap::new());
        for entry in &entries {
            if let Some(name) = entry.name_in_place() {
                names.insert(entry.id().clone(), Arc::clone(&name.text));
            }
            if !rings.contains_key(entry.id()) {
                ids.push(entry.id().clone());
            }
            rings.entry(entry.id().clone()).or_default().push(entry.verifying_key().clone());
        }
        Ok(Self { entries, ids, names, rings })
    }

    /// The keys that verify what this id signs, in the order of the file; `None` for an id that is not in it.
    ///
    /// A [`Policy`](countersign::Policy) tries the first four unless it is told otherwise.
    #[must_use]
    pub fn verifying_keys(&self, id: &str) -> Option<&[VerifyingKey]> {
        self.rings.get(id).map(Vec::as_slice)
    }

    /// Who the keys of this id belong to; `None` where the file does not say, and for an id that is not in it.
    #[must_use]
    pub fn name(&self, id: &str) -> Option<&str> {
        self.names.get(id).map(|name| &**name)
    }

    /// The first key of this id that can sign.
    ///
    /// # Errors
    /// When there is no such id, or none of its keys can sign.
    pub fn signing_key(&self, id: &str) -> Result<SigningKey, KeyFileError> {
        let mut ring = self.entries.iter().filter(|entry| entry.id().as_str() == id);
        ring.find_map(Entry::signing_key).unwrap_or_else(|| {
            let id = id.to_owned();
            Err(if self.rings.contains_key(id.as_str()) {
                KeyFileError::VerifiesOnly { id }
            } else {
                KeyFileError::UnknownId { id }
            })
        })
    }

    /// What a server's loader answers for each id.
    pub(crate) fn into_credentials(self) -> HashMap<KeyId, Credential<KeyOwner>> {
        let Self { mut names, rings, .. } = self;
        let credential = |(id, keys): (KeyId, _)| {
            let owner = KeyOwner::new(id.clone(), names.remove(&id));
            (id, Credential::with_keys(keys, owner))
        };
        rings.into_iter().map(credential).collect()
    }

    /// The ids, each once, in the order of the file.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(KeyId::as_str)
    }

    /// What the file says of each key, without its material, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

fn inspect(text: &str, folder: &Path) -> Result<Vec<Result<Entry, KeyFileError>>, KeyFileError> {
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
