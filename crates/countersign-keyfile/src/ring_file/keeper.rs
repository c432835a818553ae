//! From a change of the ring to a change of the file.

use std::{
    collections::HashMap,
    error::Error,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use countersign::{KeyId, KeyRing, KeyState, RingKeeper, UnixTime};

use super::{edit::Edit, folder, new_key::Made, read, scope::Scope, write::replace};
use crate::{entry::Entry, error::KeyFileError, file::KeyFile};

/// The key that is being added, from the ring's taking it in until the file has it.
pub(super) type Incoming = Arc<Mutex<Option<Made>>>;

pub(super) fn lock(incoming: &Mutex<Option<Made>>) -> MutexGuard<'_, Option<Made>> {
    incoming.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) struct FileKeeper {
    path: Arc<Path>,
    scope: Scope,
    incoming: Incoming,
}

/// What the file says of a key of the ring, and the place of its table among the others.
struct Kept {
    place: usize,
    state: KeyState,
    created: UnixTime,
}

impl FileKeeper {
    pub(super) const fn new(path: Arc<Path>, scope: Scope, incoming: Incoming) -> Self {
        Self { path, scope, incoming }
    }

    fn write(&self, before: &KeyRing, after: &KeyRing) -> Result<(), KeyFileError> {
        let incoming = lock(&self.incoming).take();
        if same(before, after) {
            return Ok(());
        }
        let text = read(&self.path)?;
        let kept = self.kept(&text)?;
        if !holds(&kept, before) {
            return Err(self.changed_meanwhile());
        }
        let mut edit = Edit::new(&text, incoming.as_ref())?;
        for key in after.keys() {
            match kept.get(key.id()) {
                Some(kept) if kept.state == in_the_file(key.state()) => {}
                Some(kept) => edit.set_state(kept.place, key.state()),
                None => match &incoming {
                    Some(made) if made.is(key) => edit.add(made, key.state()),
                    _ => return Err(KeyFileError::NoMaterial { id: key.id().to_string() }),
                },
            }
        }
        let purged = kept.iter().filter(|(id, _)| after.key(id).is_none());
        edit.remove(purged.map(|(_, kept)| kept.place).collect());
        let text = edit.finish();
        // What could not be read again is never written.
        if !holds(&self.kept(&text)?, after) {
            return Err(self.changed_meanwhile());
        }
        replace(&self.path, &text)
            .map_err(|source| KeyFileError::Unwritable { path: PathBuf::from(&*self.path), source })
    }

    fn kept(&self, text: &str) -> Result<HashMap<KeyId, Kept>, KeyFileError> {
        let file = KeyFile::parse(text, folder(&self.path))?;
        let is_ours = |(_, entry): &(usize, &Entry)| self.scope.has(entry);
        let kept = |(place, entry): (usize, &Entry)| {
            let created = entry.created().unwrap_or(UnixTime::from_secs(0));
            (entry.ring_id().clone(), Kept { place, state: entry.state().unwrap_or(KeyState::Active), created })
        };
        Ok(file.entries().iter().enumerate().filter(is_ours).map(kept).collect())
    }

    fn changed_meanwhile(&self) -> KeyFileError {
        KeyFileError::ChangedMeanwhile { path: PathBuf::from(&*self.path) }
    }
}

impl RingKeeper for FileKeeper {
    fn keep(&self, before: &KeyRing, after: &KeyRing) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.write(before, after)?)
    }
}

fn same(before: &KeyRing, after: &KeyRing) -> bool {
    let (before, after) = (before.keys(), after.keys());
    before.len() == after.len()
        && before.iter().zip(after).all(|(one, other)| one.id() == other.id() && one.state() == other.state())
}

/// Whether these are the keys of the ring, no more and no fewer, each in its state.
fn holds(kept: &HashMap<KeyId, Kept>, ring: &KeyRing) -> bool {
    let is_kept = |key: &countersign::RingKey| {
        kept.get(key.id()).is_some_and(|kept| {
            kept.state == in_the_file(key.state()) && kept.created == moment_in_the_file(key.created())
        })
    };
    kept.len() == ring.keys().len() && ring.keys().iter().all(is_kept)
}

/// TOML's whole numbers end where no key will ever come.
pub(super) fn seconds(moment: UnixTime) -> i64 {
    i64::try_from(moment.as_secs()).unwrap_or(i64::MAX)
}

fn moment_in_the_file(moment: UnixTime) -> UnixTime {
    UnixTime::from_secs(seconds(moment).unsigned_abs())
}

fn in_the_file(state: KeyState) -> KeyState {
    match state {
        KeyState::Retiring { until } => KeyState::Retiring { until: moment_in_the_file(until) },
        state => state,
    }
}
