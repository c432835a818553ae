//! Writing a file in one step.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

/// Puts a file of this text in the place of another. A failure leaves the other as it was, and nothing beside it.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("not a file"))?;
    // Readable by its owner alone from the start, and removed when it is dropped.
    let mut file = tempfile::Builder::new().prefix(".keys").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    keep_readers(path, file.as_file())?;
    // The text is on the disk before the name leads to it.
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // It has happened by now, so that a disk which cannot do this must not undo it in memory alone.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// A server that runs as somebody else goes on reading it: by its group where it did. Everybody else never does.
#[cfg(unix)]
fn keep_readers(path: &Path, file: &File) -> io::Result<()> {
    use std::{
        fs::Permissions,
        os::unix::fs::{MetadataExt, PermissionsExt, fchown},
    };

    let (before, now) = (std::fs::metadata(path)?, file.metadata()?);
    if (before.uid(), before.gid()) != (now.uid(), now.gid()) {
        fchown(file, Some(before.uid()), Some(before.gid()))?;
    }
    // Only now is the group the one that was meant.
    file.set_permissions(Permissions::from_mode(before.mode() & 0o640))
}

#[cfg(not(unix))]
fn keep_readers(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}
