//! Where the material of a key comes from.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::{
    error::KeyFileError,
    kind::SourceKind,
    raw::{RawField, RawKey, RawValue},
    reading::{read_file, read_variable, without_line_end},
    secret_text::SecretText,
};

/// The material that a field gives: the bytes of a secret, or PEM.
pub(crate) fn material(
    kind: SourceKind,
    value: &str,
    folder: &Path,
    line: usize,
) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let key = |source| KeyFileError::Key { line, source };
    let decode = |text: SecretText| text.decode(value.as_bytes()).map_err(key);
    match kind {
        SourceKind::Secret | SourceKind::PublicKey => decode(SecretText::Plain),
        SourceKind::SecretBase64 => decode(SecretText::Base64),
        SourceKind::SecretHex => decode(SecretText::Hex),
        SourceKind::SecretFile => {
            let bytes = file(folder.join(value), line)?;
            Ok(Zeroizing::new(without_line_end(&bytes).to_vec()))
        }
        SourceKind::SecretEnv => {
            let secret = read_variable(value).map_err(key)?;
            secret.ok_or_else(|| KeyFileError::Environment { line, name: value.to_owned() })
        }
        SourceKind::PublicKeyFile | SourceKind::PrivateKeyFile => file(folder.join(value), line),
    }
}

fn file(path: PathBuf, line: usize) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    read_file(&path).map_err(|source| KeyFileError::File { line, path, source })
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
