//! Where the material of a key comes from.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::KeyError;
use zeroize::Zeroizing;

use crate::{
    error::KeyFileError,
    kind::SourceKind,
    raw::{RawField, RawKey, RawValue},
};

/// The longest file of material that is read, in bytes: no key comes near it.
const MAX_FILE: u64 = 64 * 1024;

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

/// The material that a field gives: the bytes of a secret, or PEM.
pub(crate) fn material(
    kind: SourceKind,
    value: &str,
    folder: &Path,
    line: usize,
) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let key = |source| KeyFileError::Key { line, source };
    match kind {
        SourceKind::Secret | SourceKind::PublicKey => Ok(Zeroizing::new(value.as_bytes().to_vec())),
        SourceKind::SecretBase64 => {
            let bytes = STANDARD.decode(value).map_err(|_| key(KeyError::Encoding("Base64")))?;
            Ok(Zeroizing::new(bytes))
        }
        SourceKind::SecretHex => hexadecimal(value).ok_or_else(|| key(KeyError::Encoding("hexadecimal"))),
        SourceKind::SecretFile => {
            let bytes = file(folder.join(value), line)?;
            Ok(Zeroizing::new(without_line_end(&bytes).to_vec()))
        }
        SourceKind::SecretEnv => match env::var(value) {
            Ok(secret) => Ok(Zeroizing::new(secret.into_bytes())),
            Err(env::VarError::NotPresent) => Err(KeyFileError::Environment { line, name: value.to_owned() }),
            Err(env::VarError::NotUnicode(_)) => Err(key(KeyError::Encoding("UTF-8"))),
        },
        SourceKind::PublicKeyFile | SourceKind::PrivateKeyFile => file(folder.join(value), line),
    }
}

fn file(path: PathBuf, line: usize) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    read_file(&path).map(Zeroizing::new).map_err(|source| KeyFileError::File { line, path, source })
}

/// The files that keys name, as far as they can be told.
pub(crate) fn named_files(keys: &[RawKey], folder: &Path) -> Vec<PathBuf> {
    let fields = keys.iter().flat_map(|key| &key.fields);
    let files = fields.filter(|field| SourceKind::ALL.iter().any(|kind| kind.is_file() && kind.field() == field.name));
    let path = |field: &RawField| match &field.value {
        RawValue::Text(path) => Some(folder.join(path.as_str())),
        _ => None,
    };
    files.filter_map(path).collect()
}

/// Reads a file of no more than 64 KiB.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    // Looked at first, so that neither a device nor a wrong file without end is read into memory.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a file"));
    }
    if metadata.len() > MAX_FILE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "longer than 64 KiB"));
    }
    fs::read(path)
}

fn hexadecimal(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    // With all its room from the start, so that growing leaves no copy of a secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    for pair in text.as_bytes().chunks(2) {
        let [high, low] = pair else { return None };
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(bytes)
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
    fn hexadecimal_is_pairs_of_digits_in_either_case() {
        assert_eq!(hexadecimal("fF00").as_deref().map(Vec::as_slice), Some(&[0xff, 0][..]));
        for text in ["f", "0x", "fg", "f f", "\u{ff11}\u{ff12}"] {
            assert_eq!(hexadecimal(text), None, "{text}");
        }
    }
}
