//! The `Digest` field (RFC 3230) and its kin: made for a signer, checked against a body as it passes.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use crate::{
    algorithm::{DigestAlgorithm, DigestSet},
    crypto::Hasher,
    error::VerifyError,
    request::trim,
};

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

/// The value of a `Content-Digest` field (RFC 9530) for a body.
///
/// ```
/// use countersign::{DigestAlgorithm, content_digest_field};
///
/// let value = content_digest_field(DigestAlgorithm::Sha256, br#"{"hello": "world"}"#);
/// assert_eq!(value, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
/// ```
#[must_use]
pub fn content_digest_field(algorithm: DigestAlgorithm, body: &[u8]) -> String {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(body);
    let name = algorithm.name().to_ascii_lowercase();
    hasher.finish(|hash| format!("{name}=:{}:", STANDARD.encode(hash)))
}

/// The Base64 of a body's SHA-256, as `X-Content-Sha256` has it.
pub(crate) fn bare_hash(body: &[u8]) -> String {
    let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
    hasher.update(body);
    hasher.finish(|hash| STANDARD.encode(hash))
}

/// What stands before a SHA-256 and a SHA-512 in a multihash: the code of the function, and the length.
const MULTIHASH_SHA256: [u8; 2] = [0x12, 32];
const MULTIHASH_SHA512: [u8; 2] = [0x13, 64];

/// The value of a `Digest` field in multihash form: Base64url behind its multibase letter.
pub(crate) fn multihash_field(body: &[u8]) -> String {
    let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
    hasher.update(body);
    hasher.finish(|hash| format!("mh=u{}", URL_SAFE_NO_PAD.encode([&MULTIHASH_SHA256, hash].concat())))
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

    /// The digest of one algorithm, from its bytes.
    pub(crate) fn of_hash(is_sha512: bool, hash: &[u8]) -> Result<Self, VerifyError> {
        let wrong = |_| VerifyError::UnusableDigest("not a hash of its length");
        let mut expected = Self::none();
        if is_sha512 {
            expected.known().sha512 = Some(hash.try_into().map_err(wrong)?);
        } else {
            expected.known().sha256 = Some(hash.try_into().map_err(wrong)?);
        }
        Ok(expected)
    }

    /// Takes over one value of a `Digest` field, which may list several digests.
    ///
    /// Digests of unknown algorithms are skipped; a known one that is malformed, or listed twice, is an error.
    pub(crate) fn read(&mut self, value: &[u8], multihash: bool) -> Result<(), VerifyError> {
        for (name, encoded) in entries(value) {
            let encoded = encoded?;
            if multihash && name.eq_ignore_ascii_case(b"mh") {
                self.put_multihash(encoded)?;
            } else {
                self.put(name, encoded)?;
            }
        }
        Ok(())
    }

    /// Takes over one value of a `Content-Digest` field (RFC 9530), a dictionary of byte sequences (RFC 8941 section 3).
    pub(crate) fn read_content_digest(&mut self, value: &[u8]) -> Result<(), VerifyError> {
        for (name, encoded) in entries(value) {
            let encoded = encoded?.strip_prefix(b":").and_then(|encoded| encoded.strip_suffix(b":"));
            self.put(name, encoded.ok_or(VerifyError::UnusableDigest("an entry that is no byte sequence"))?)?;
        }
        Ok(())
    }

    /// Takes over the value of a field that is the Base64 of a SHA-256.
    pub(crate) fn read_bare_sha256(&mut self, value: &[u8]) -> Result<(), VerifyError> {
        put(&mut self.known().sha256, trim(value))
    }

    /// Takes over the digests of another field. What two fields say of one algorithm has to be the same.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), VerifyError> {
        let (Some(own), Some(other)) = (&mut self.0, &other.0) else {
            self.0 = self.0.take().or(other.0);
            return Ok(());
        };
        let differ = own.sha256.zip(other.sha256).is_some_and(|(own, other)| own != other)
            || own.sha512.zip(other.sha512).is_some_and(|(own, other)| own != other);
        own.sha256 = own.sha256.or(other.sha256);
        own.sha512 = own.sha512.or(other.sha512);
        if differ { Err(VerifyError::UnusableDigest("two fields that differ")) } else { Ok(()) }
    }

    fn put(&mut self, name: &[u8], encoded: &[u8]) -> Result<(), VerifyError> {
        let known = |algorithm: &&DigestAlgorithm| name.eq_ignore_ascii_case(algorithm.name().as_bytes());
        match DigestAlgorithm::ALL.iter().find(known) {
            Some(DigestAlgorithm::Sha256) => put(&mut self.known().sha256, encoded),
            Some(DigestAlgorithm::Sha512) => put(&mut self.known().sha512, encoded),
            None => Ok(()),
        }
    }

    /// A multihash in Base64url; one of another function is skipped.
    fn put_multihash(&mut self, encoded: &[u8]) -> Result<(), VerifyError> {
        let bytes = encoded.strip_prefix(b"u").and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let bytes = bytes.ok_or(VerifyError::UnusableDigest("not a multihash in Base64url"))?;
        let twice = VerifyError::UnusableDigest("an algorithm listed twice");
        if let Some(hash) = bytes.strip_prefix(&MULTIHASH_SHA256).and_then(|hash| hash.try_into().ok()) {
            return if self.known().sha256.replace(hash).is_some() { Err(twice) } else { Ok(()) };
        }
        if let Some(hash) = bytes.strip_prefix(&MULTIHASH_SHA512).and_then(|hash| hash.try_into().ok()) {
            return if self.known().sha512.replace(hash).is_some() { Err(twice) } else { Ok(()) };
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

    /// Whether one of these algorithms is among them.
    pub(crate) fn has_one_of(&self, accepted: DigestSet) -> bool {
        self.0.as_ref().is_some_and(|known| {
            (known.sha256.is_some() && accepted.contains(DigestAlgorithm::Sha256))
                || (known.sha512.is_some() && accepted.contains(DigestAlgorithm::Sha512))
        })
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

/// The entries of a list, each a name and what stands behind its first `=`.
fn entries(value: &[u8]) -> impl Iterator<Item = (&[u8], Result<&[u8], VerifyError>)> {
    let items = value.split(|byte| *byte == b',').map(trim).filter(|item| !item.is_empty());
    items.map(|item| {
        let equals = item.iter().position(|byte| *byte == b'=');
        match equals.and_then(|at| item.split_at_checked(at)) {
            Some((name, encoded)) => (name, Ok(encoded.strip_prefix(b"=").unwrap_or(encoded))),
            None => (item, Err(VerifyError::UnusableDigest("an entry without a value"))),
        }
    })
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
mod tests;
