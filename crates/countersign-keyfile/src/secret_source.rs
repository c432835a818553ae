//! One secret or one private key, from where a deployment keeps it.

use std::{
    io,
    path::{Path, PathBuf},
};

use countersign::{Algorithm, KeyError, Secret, SigningKey};
use thiserror::Error;

use crate::{
    reading::{read_file, read_variable, without_line_end},
    secret_text::SecretText,
};

/// Why there is no secret, or no private key.
///
/// The variable or the file is named, and the cause. Nothing of what was read is in here: not in `Display`, in `Debug` or in
/// `source`.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The environment variable is not set.
    #[error("the environment variable {name} is not set")]
    NotSet {
        /// The variable's name.
        name: String,
    },
    /// The value of the environment variable cannot be used: it is empty, or too short, or not what it was said to be.
    #[error("the environment variable {name}: {source}")]
    Variable {
        /// The variable's name.
        name: String,
        /// Why.
        source: KeyError,
    },
    /// The file cannot be read, is no file, or has more than 64 KiB.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What the file holds cannot be used: it is empty, or too short, or not what it was said to be.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
}

/// The secret that an environment variable holds. All of the value counts, also white space and a line end.
///
/// The process's own environment keeps its copy, which other programs of the same user can often read: a file is the better
/// place where there is a choice.
///
/// ```
/// use countersign::SigningKey;
/// use countersign_keyfile::{SecretText, secret_from_env};
///
/// fn key() -> Result<SigningKey, Box<dyn std::error::Error>> {
///     let secret = secret_from_env("PARTNER_SECRET", SecretText::Plain)?;
///     Ok(SigningKey::hmac_sha256("alice", &secret)?)
/// }
///
/// // Nobody has set it here, and there is no key without it.
/// assert_eq!(key().unwrap_err().to_string(), "the environment variable PARTNER_SECRET is not set");
/// # assert!(secret_from_env("CARGO_MANIFEST_DIR", SecretText::Plain).is_ok());
/// ```
///
/// # Errors
/// When the variable is not set, its value is not UTF-8 or not what `text` says, or the secret has fewer than
/// [`Secret::MIN_LEN`] bytes.
pub fn secret_from_env(name: &str, text: SecretText) -> Result<Secret, SecretError> {
    variable(name, |bytes| secret(bytes, text))
}

/// The secret that a file holds. One line end at its end, LF or CRLF, is no part of it; a second one is, and so is all other
/// white space. Where the text is plain, it may be any bytes.
///
/// Who else may read the file is not looked at: orchestrators mount secrets readable for all, in a place that few can reach.
///
/// ```
/// use countersign::VerifyingKey;
/// use countersign_keyfile::{SecretText, secret_from_file};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("partner.secret");
/// std::fs::write(&path, "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==\n")?;
/// let secret = secret_from_file(&path, SecretText::Base64)?;
/// let key = VerifyingKey::hmac_sha256(&secret);
///
/// std::fs::write(&path, "123456789\n")?;
/// let error = secret_from_file(&path, SecretText::Plain).unwrap_err();
/// assert!(error.to_string().ends_with(
///     "partner.secret: the secret has 9 bytes; fewer than 16 need a constructor whose name says dangerous"
/// ));
/// # let _ = key;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the file cannot be read, is no file or has more than 64 KiB, when its text is not what `text` says, or when the secret has
/// fewer than [`Secret::MIN_LEN`] bytes.
pub fn secret_from_file(path: impl AsRef<Path>, text: SecretText) -> Result<Secret, SecretError> {
    file(path.as_ref(), |bytes| secret(without_line_end(bytes), text))
}

/// The private key whose PEM an environment variable holds, as [`SigningKey::from_pem`] reads it. Its line ends have to be line
/// ends, and not the two characters `\n`.
///
/// ```
/// use countersign::Algorithm;
/// use countersign_keyfile::private_key_from_env;
///
/// let error = private_key_from_env("PARTNER_KEY", "alice", Algorithm::Ed25519).unwrap_err();
/// assert_eq!(error.to_string(), "the environment variable PARTNER_KEY is not set");
/// ```
///
/// # Errors
/// When the variable is not set, when its value is not UTF-8, and whenever [`SigningKey::from_pem`] fails.
pub fn private_key_from_env(name: &str, id: &str, algorithm: Algorithm) -> Result<SigningKey, SecretError> {
    variable(name, |pem| SigningKey::from_pem(id, algorithm, pem))
}

/// The private key whose PEM a file holds, as [`SigningKey::from_pem`] reads it. Who else may read the file is not looked at.
///
/// ```
/// use countersign::Algorithm;
/// use countersign_keyfile::private_key_from_file;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("alice.pem");
/// let pem = "-----BEGIN PRIVATE KEY-----\n\
///     MC4CAQAwBQYDK2VwBCIEIEqBwTIJ9Oi8ZvISzMvkXU1JlRI9YHOcIGbcR1hAdRmI\n\
///     -----END PRIVATE KEY-----\n";
/// std::fs::write(&path, pem)?;
/// let key = private_key_from_file(&path, "alice", Algorithm::Ed25519)?;
/// assert_eq!(key.metadata().id.as_str(), "alice");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the file cannot be read, is no file or has more than 64 KiB, and whenever [`SigningKey::from_pem`] fails.
pub fn private_key_from_file(
    path: impl AsRef<Path>,
    id: &str,
    algorithm: Algorithm,
) -> Result<SigningKey, SecretError> {
    file(path.as_ref(), |pem| SigningKey::from_pem(id, algorithm, pem))
}

fn secret(bytes: &[u8], text: SecretText) -> Result<Secret, KeyError> {
    Secret::new(text.decode(bytes)?.as_slice())
}

fn variable<T>(name: &str, make: impl FnOnce(&[u8]) -> Result<T, KeyError>) -> Result<T, SecretError> {
    let unusable = |source| SecretError::Variable { name: name.to_owned(), source };
    let value = read_variable(name).map_err(unusable)?;
    let value = value.ok_or_else(|| SecretError::NotSet { name: name.to_owned() })?;
    make(&value).map_err(unusable)
}

fn file<T>(path: &Path, make: impl FnOnce(&[u8]) -> Result<T, KeyError>) -> Result<T, SecretError> {
    let bytes = read_file(path).map_err(|source| SecretError::Unreadable { path: path.to_owned(), source })?;
    make(&bytes).map_err(|source| SecretError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
