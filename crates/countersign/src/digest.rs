//! The `Digest` field (RFC 3230): made for a signer, checked against a body as it passes.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{algorithm::DigestAlgorithm, crypto::Hasher, error::VerifyError, request::trim};

/// The value of a `Digest` field for a body.
///
/// ```
/// use countersign::{DigestAlgorithm, digest_field};
///
/// let value = digest_field(DigestAlgorithm::Sha256, br#"{"hello": "world"}"#);
/// assert_eq!(value, "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=");
/// ```
#[must_use]
pub fn digest_field(algorithm: DigestAlgorithm, body: &[u8]) -> String {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(body);
    hasher.finish(|hash| format!("{algorithm}={}", STANDARD.encode(hash)))
}

/// The digests that a request says its body has: those of known algorithms.
///
/// Boxed, since most requests have none and every request is moved around.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExpectedDigests(Option<Box<Expected>>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Expected {
    sha256: Option<[u8; 32]>,
    sha512: Option<[u8; 64]>,
}

impl ExpectedDigests {
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Takes over one value of a `Digest` field, which may list several digests.
    ///
    /// Digests of unknown algorithms are skipped; a known one that is malformed, or listed twice, is an error.
    pub(crate) fn read(&mut self, value: &[u8]) -> Result<(), VerifyError> {
        for item in value.split(|byte| *byte == b',').map(trim).filter(|item| !item.is_empty()) {
            let equals = item.iter().position(|byte| *byte == b'=');
            let Some((name, encoded)) = equals.and_then(|at| item.split_at_checked(at)) else {
                return Err(VerifyError::UnusableDigest("an entry without a value"));
            };
            let encoded = encoded.strip_prefix(b"=").unwrap_or(encoded);
            let known = |algorithm: &&DigestAlgorithm| name.eq_ignore_ascii_case(algorithm.name().as_bytes());
            match DigestAlgorithm::ALL.iter().find(known) {
                Some(DigestAlgorithm::Sha256) => put(&mut self.known().sha256, encoded)?,
                Some(DigestAlgorithm::Sha512) => put(&mut self.known().sha512, encoded)?,
                None => {}
            }
        }
        Ok(())
    }

    fn known(&mut self) -> &mut Expected {
        self.0.get_or_insert_default()
    }

    /// Whether there is any digest to check.
    pub(crate) const fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Starts a check of a body.
    pub(crate) fn check(self) -> BodyCheck {
        BodyCheck(self.0.map(|expected| {
            Box::new(Running {
                sha256: expected.sha256.map(|expected| (Hasher::new(DigestAlgorithm::Sha256), expected)),
                sha512: expected.sha512.map(|expected| (Hasher::new(DigestAlgorithm::Sha512), expected)),
            })
        }))
    }
}

fn put<const N: usize>(slot: &mut Option<[u8; N]>, encoded: &[u8]) -> Result<(), VerifyError> {
    if slot.is_some() {
        return Err(VerifyError::UnusableDigest("an algorithm listed twice"));
    }
    let mut room = [0; N];
    // A room of exactly N bytes refuses longer input, the comparison shorter.
    match STANDARD.decode_slice(encoded, &mut room) {
        Ok(len) if len == N => *slot = Some(room),
        _ => return Err(VerifyError::UnusableDigest("not the Base64 of a hash of its length")),
    }
    Ok(())
}

/// A body's digests, computed as its bytes pass.
pub(crate) struct BodyCheck(Option<Box<Running>>);

struct Running {
    sha256: Option<(Hasher, [u8; 32])>,
    sha512: Option<(Hasher, [u8; 64])>,
}

impl BodyCheck {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let Some(running) = &mut self.0 else { return };
        if let Some((hasher, _)) = &mut running.sha256 {
            hasher.update(bytes);
        }
        if let Some((hasher, _)) = &mut running.sha512 {
            hasher.update(bytes);
        }
    }

    /// All digests have to match: a right one beside a wrong one proves nothing about which the sender meant.
    pub(crate) fn finish(self) -> Result<(), VerifyError> {
        let Some(running) = self.0 else { return Ok(()) };
        let sha256 = running.sha256.is_none_or(|(hasher, expected)| hasher.finish(|hash| hash == expected));
        let sha512 = running.sha512.is_none_or(|(hasher, expected)| hasher.finish(|hash| hash == expected));
        if sha256 && sha512 { Ok(()) } else { Err(VerifyError::DigestMismatch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"{\"hello\": \"world\"}";
    const SHA256: &str = "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=";

    fn judge(values: &[&str], body: &[u8]) -> Result<(), VerifyError> {
        let mut expected = ExpectedDigests::none();
        for value in values {
            expected.read(value.as_bytes())?;
        }
        assert!(expected.is_some());
        let mut check = expected.check();
        for byte in body {
            check.update(&[*byte]);
        }
        check.finish()
    }

    #[test]
    fn a_digest_of_either_algorithm_matches_its_body_only() {
        for algorithm in DigestAlgorithm::ALL {
            let value = digest_field(*algorithm, BODY);
            assert_eq!(judge(&[&value], BODY), Ok(()));
            assert_eq!(judge(&[&value], b"{}"), Err(VerifyError::DigestMismatch));
        }
    }

    #[test]
    fn the_name_of_the_algorithm_is_read_in_any_case() {
        assert_eq!(judge(&[&SHA256.replacen("SHA", "sha", 1)], BODY), Ok(()));
    }

    #[test]
    fn every_known_digest_has_to_match() {
        let wrong512 = digest_field(DigestAlgorithm::Sha512, b"other");
        let wrong256 = digest_field(DigestAlgorithm::Sha256, b"other");
        let right512 = digest_field(DigestAlgorithm::Sha512, BODY);
        assert_eq!(judge(&[SHA256, &right512], BODY), Ok(()));
        assert_eq!(judge(&[&format!("{SHA256},{wrong512}")], BODY), Err(VerifyError::DigestMismatch));
        assert_eq!(judge(&[&wrong256, &right512], BODY), Err(VerifyError::DigestMismatch));
        assert_eq!(judge(&[&format!("MD5=abc=, {SHA256}")], BODY), Ok(()));
    }

    #[test]
    fn an_unknown_algorithm_alone_does_not_count() {
        let mut expected = ExpectedDigests::none();
        assert_eq!(expected.read(b"MD5=Sd/dVLAcvNLSq16eXua5uQ==,crc=1"), Ok(()));
        assert!(!expected.is_some());
    }

    #[test]
    fn a_known_digest_that_is_malformed_or_listed_twice_is_an_error() {
        let hash = SHA256.strip_prefix("SHA-256=").unwrap();
        for bad in [
            format!("{SHA256},{SHA256}"),
            format!("SHA-256={}", hash.trim_end_matches('=')),
            format!("SHA-256={hash}="),
            format!("SHA-512={hash}"),
            "SHA-256=".to_owned(),
            "SHA-256".to_owned(),
            "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPF=".to_owned(),
        ] {
            let result = ExpectedDigests::none().read(bad.as_bytes());
            assert!(matches!(result, Err(VerifyError::UnusableDigest(_))), "{bad}");
        }
    }
}
