//! How material is read, from a file and from the environment. Whatever was read is overwritten, also where an error comes of it.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    path::Path,
    str,
};

use countersign::KeyError;
use zeroize::Zeroizing;

/// The longest file of material that is read, in bytes: no key comes near it.
const MAX_FILE: usize = 64 * 1024;

/// The bytes without the one line end, LF or CRLF, that editors put at the end of a file.
///
/// ```
/// use countersign_keyfile::without_line_end;
///
/// assert_eq!(without_line_end(b"secret\r\n"), b"secret");
/// assert_eq!(without_line_end(b"secret\n\n"), b"secret\n");
/// ```
#[must_use]
pub fn without_line_end(bytes: &[u8]) -> &[u8] {
    let line = bytes.strip_suffix(b"\n");
    line.map_or(bytes, |line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Reads a file of no more than 64 KiB.
pub(crate) fn read_file(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // Looked at first, so that neither a device nor a wrong file without end is read into memory.
    let metadata = fs::metadata(path)?;
    if metadata.is_file() { read_stated(path, metadata.len()) } else { Err(io::Error::other("not a file")) }
}

/// Reads a file that is said to have so many bytes.
fn read_stated(path: &Path, len: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let too_long = || io::Error::new(io::ErrorKind::FileTooLarge, "longer than 64 KiB");
    let len = usize::try_from(len).ok().filter(|len| *len <= MAX_FILE).ok_or_else(too_long)?;
    let bytes = read_at_most(path, len.saturating_add(1))?;
    if bytes.len() <= len {
        return Ok(bytes);
    }
    // It has grown, or it is on a file system that says nothing of lengths.
    let bytes = read_at_most(path, MAX_FILE.saturating_add(1))?;
    if bytes.len() <= MAX_FILE { Ok(bytes) } else { Err(too_long()) }
}

/// So many bytes of a file, or as many as there are, in a buffer that never grows: one that does leaves a copy behind.
fn read_at_most(path: &Path, len: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut file = File::open(path)?;
    let mut bytes = Zeroizing::new(vec![0; len]);
    let mut end = 0_usize;
    loop {
        match file.read(bytes.get_mut(end..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => end = end.saturating_add(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(end);
    Ok(bytes)
}

/// The text of an environment variable; `None` if it is not set.
pub(crate) fn read_variable(name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    // Not `env::var`, whose error holds the value and shows it.
    env::var_os(name).map(text).transpose()
}

fn text(value: OsString) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let bytes = Zeroizing::new(value.into_encoded_bytes());
    if str::from_utf8(&bytes).is_ok() { Ok(bytes) } else { Err(KeyError::Encoding("UTF-8")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_no_part_of_a_secret_and_a_second_is() {
        for (file, secret) in
            [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"), ("\n", ""), (" a \n", " a ")]
        {
            assert_eq!(without_line_end(file.as_bytes()), secret.as_bytes(), "{file:?}");
        }
    }

    #[test]
    fn a_file_has_at_most_64_kib_whatever_it_says_of_its_length() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let stated = [0, 1, MAX_FILE - 1, MAX_FILE].map(|len| u64::try_from(len).unwrap());
        for len in [0, 1, MAX_FILE - 1, MAX_FILE] {
            fs::write(file.path(), vec![b'a'; len]).unwrap();
            for bytes in stated.iter().map(|stated| read_stated(file.path(), *stated)).chain([read_file(file.path())]) {
                let bytes = bytes.unwrap();
                assert!(bytes.len() == len && bytes.iter().all(|byte| *byte == b'a'), "{len}");
            }
        }
        fs::write(file.path(), vec![b'a'; MAX_FILE + 1]).unwrap();
        for bytes in stated.iter().map(|stated| read_stated(file.path(), *stated)).chain([read_file(file.path())]) {
            let error = bytes.unwrap_err();
            assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::FileTooLarge, "longer than 64 KiB"));
        }
    }

    #[test]
    fn what_is_read_is_no_longer_than_it_was_asked_for() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "abc").unwrap();
        for (len, read) in [(0, ""), (2, "ab"), (3, "abc"), (4, "abc")] {
            assert_eq!(read_at_most(file.path(), len).unwrap().as_slice(), read.as_bytes(), "{len}");
        }
    }
}
