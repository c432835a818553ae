//! One writer of a file at a time.

use std::{
    collections::HashMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// The locks of the files that are rings, by their paths: several rings can be in one file.
static OF_FILES: Mutex<Option<HashMap<PathBuf, Weak<Mutex<()>>>>> = Mutex::new(None);

/// The one lock that this process has for this file, whose path has no links in it.
pub(super) fn of_file(path: &Path) -> Arc<Mutex<()>> {
    let mut files = held(&OF_FILES);
    let files = files.get_or_insert_default();
    files.retain(|_, lock| lock.strong_count() > 0);
    if let Some(lock) = files.get(path).and_then(Weak::upgrade) {
        return lock;
    }
    let lock = Arc::default();
    files.insert(path.to_owned(), Arc::downgrade(&lock));
    lock
}

/// Nothing that these locks guard is left half-way by a panic.
pub(super) fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps other processes that do the same away from the file until it is dropped. Only who may read the file can be in the way.
#[cfg(unix)]
pub(super) fn other_processes(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::MetadataExt;

    loop {
        let file = File::open(path)?;
        // Not every disk has locks, and one that has none must not keep a key in force.
        let _ = file.lock();
        let (locked, now) = (file.metadata()?, std::fs::metadata(path)?);
        // Whoever held the lock before has put another file in its place.
        if (locked.dev(), locked.ino()) == (now.dev(), now.ino()) {
            return Ok(file);
        }
    }
}

/// Where a file that is open or locked can be neither read nor replaced, there is nothing to hold.
#[cfg(not(unix))]
pub(super) fn other_processes(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_lock_for_as_long_as_anybody_has_it() {
        let (one, other) = (Path::new("/keys/one.toml"), Path::new("/keys/other.toml"));
        let lock = of_file(one);
        assert!(Arc::ptr_eq(&lock, &of_file(one)));
        assert!(!Arc::ptr_eq(&lock, &of_file(other)));
        drop(lock);
        of_file(other);
        assert!(!held(&OF_FILES).as_ref().unwrap().contains_key(one));
    }
}
