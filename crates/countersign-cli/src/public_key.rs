//! The key of `--public-key`: one verifying key for each way in which it may have signed.

use std::path::Path;

use countersign::{Algorithm, KeyError, VerifyingKey};

use crate::{
    failure::Failure,
    flags::AlgorithmFlag,
    key_kind::{KeyKind, KeyText},
};

/// The most ways in which one key can have signed: those of RSA.
pub(crate) const MAX_WAYS: usize = 6;

/// Reads a public key. Without the name of an algorithm it is tried with every one of its kind, so that no request can choose
/// anything that does not fit the key.
pub(crate) fn read(
    path: &Path,
    kind: Option<KeyKind>,
    algorithm: Option<AlgorithmFlag>,
) -> Result<Vec<VerifyingKey>, Failure> {
    let text = KeyText::read(path, kind)?;
    let unusable = |error: KeyError| Failure::key(&path.display().to_string(), &error);
    if let Some(named) = algorithm.and_then(AlgorithmFlag::named) {
        return verifying_key(&text, named).map(|key| vec![key]).map_err(unusable);
    }
    let mut refusal = KeyError::Unreadable("no public key of an offered kind");
    let mut keys = Vec::new();
    for algorithm in text.kind.algorithms() {
        match verifying_key(&text, *algorithm) {
            Ok(key) => keys.push(key),
            Err(error) => refusal = error,
        }
    }
    if keys.is_empty() { Err(unusable(refusal)) } else { Ok(keys) }
}

/// Weak keys are taken here: whoever names a file has looked at it, and the suite's own RSA key has 1024 bits.
fn verifying_key(text: &KeyText, algorithm: Algorithm) -> Result<VerifyingKey, KeyError> {
    let key = VerifyingKey::dangerous_weak_from_pem(algorithm, text.pem.as_slice());
    #[cfg(feature = "legacy-keys")]
    let key = key.or_else(|error| crate::legacy::verifying_key(text, algorithm).ok_or(error));
    key
}
