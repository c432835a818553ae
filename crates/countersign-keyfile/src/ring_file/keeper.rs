//! From a change of the ring to a change of the file.

use std::{
    error::Error,
    hash::RandomState,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use countersign::{KeyRing, RingKeeper, RingKey};

use super::{
    edit::Edit,
    kept::{Entries, entries, holds, in_the_file, same_keys},
    lock::{held, of_file, other_processes},
    new_key::Made,
    read,
    scope::Scope,
    write::replace,
};
use crate::{
    error::KeyFileError,
    file::inspect,
    raw::{self, RawKey},
};

/// The key that is being added, from the ring's taking it in until the file has it.
pub(super) type Incoming = Arc<Mutex<Option<Made>>>;

pub(super) struct FileKeeper {
    /// Of the file itself, not of a link to it.
    path: Arc<Path>,
    /// Where the files are that keys name.
    folder: Arc<Path>,
    scope: Scope,
    incoming: Incoming,
    /// Held from reading to writing by all rings of the file.
    file: Arc<Mutex<()>>,
    hasher: RandomState,
    last: Mutex<Last>,
}

/// What the file held when it was read or written last. The ring may have fewer keys in force by now.
struct Last {
    ring: KeyRing,
    entries: Entries,
}

impl FileKeeper {
    /// Keeps a ring that was made of this text.
    pub(super) fn new(
        (path, folder): (Arc<Path>, Arc<Path>),
        (scope, incoming): (Scope, Incoming),
        (ring, text): (&KeyRing, &str),
    ) -> Result<Self, KeyFileError> {
        let (file, hasher) = (of_file(&path), RandomState::new());
        let entries = entries(&raw::read(text)?, &scope, &hasher)?.unwrap_or_default();
        let last = Mutex::new(Last { ring: ring.clone(), entries });
        Ok(Self { path, folder, scope, incoming, file, hasher, last })
    }

    fn write(&self, after: &KeyRing) -> Result<(), KeyFileError> {
        let incoming = held(&self.incoming).take();
        let mut last = held(&self.last);
        if same(&last.ring, after) {
            return Ok(());
        }
        let _file = held(&self.file);
        let _others = other_processes(&self.path)
            .map_err(|source| KeyFileError::Unreadable { path: PathBuf::from(&*self.path), source })?;
        let text = read(&self.path)?;
        let kept = self.entries(&raw::read(&text)?)?;
        if !holds(&kept, &last.ring) || !same_keys(&kept, &last.entries) {
            return Err(self.changed_meanwhile());
        }
        let stays = |key: &RingKey| last.ring.key(key.id()).is_some_and(|before| before.is_same_key(key));
        let mut edit = Edit::new(&text, incoming.as_ref())?;
        for key in after.keys() {
            match kept.get(key.id()).filter(|_| stays(key)) {
                Some(kept) if kept.state == in_the_file(key.state()) => {}
                Some(kept) => edit.set_state(kept.place, key.state()),
                None => match &incoming {
                    Some(made) if made.is(key) => edit.add(made, key.state()),
                    _ => return Err(KeyFileError::NoMaterial { id: key.id().to_string() }),
                },
            }
        }
        let purged = kept.iter().filter(|(id, _)| !after.key(id).is_some_and(stays));
        edit.remove(purged.map(|(_, kept)| kept.place).collect());
        let text = edit.finish();
        // What could not be read again is never written.
        let raw = raw::read(&text)?;
        if raw.is_empty() {
            return Err(KeyFileError::LastEntry { path: PathBuf::from(&*self.path) });
        }
        let entries = self.entries(&raw)?;
        if !holds(&entries, after) {
            return Err(self.changed_meanwhile());
        }
        if incoming.is_some() {
            self.judge(&text, &raw)?;
        }
        replace(&self.path, &text)
            .map_err(|source| KeyFileError::Unwritable { path: PathBuf::from(&*self.path), source })?;
        *last = Last { ring: after.clone(), entries };
        Ok(())
    }

    /// Whether all keys of the ring can be used. Those of others are none of its business, and where a key is only taken out of use its
    /// material is not needed.
    fn judge(&self, text: &str, raw: &[RawKey]) -> Result<(), KeyFileError> {
        let judged = inspect(text, &self.folder)?.into_iter().zip(raw);
        judged.filter(|(_, raw)| self.scope.has_raw(raw)).try_for_each(|(judged, _)| judged.map(drop))
    }

    fn entries(&self, raw: &[RawKey]) -> Result<Entries, KeyFileError> {
        entries(raw, &self.scope, &self.hasher)?.ok_or_else(|| self.changed_meanwhile())
    }

    fn changed_meanwhile(&self) -> KeyFileError {
        KeyFileError::ChangedMeanwhile { path: PathBuf::from(&*self.path) }
    }
}

impl RingKeeper for FileKeeper {
    fn keep(&self, _: &KeyRing, after: &KeyRing) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.write(after)?)
    }
}

fn same(before: &KeyRing, after: &KeyRing) -> bool {
    let is_same = |(one, other): (&RingKey, &RingKey)| {
        one.id() == other.id() && one.state() == other.state() && one.is_same_key(other)
    };
    before.keys().len() == after.keys().len() && before.keys().iter().zip(after.keys()).all(is_same)
}
