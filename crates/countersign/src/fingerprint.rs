//! What a request is known by when it comes a second time.

use std::fmt;

use crate::crypto::Sha256Parts;

/// What a verified request is known by: SHA-256 over its scheme, a realm, the key that signed it and the bytes that were signed.
///
/// Nothing that a peer can spell in two ways is part of it: neither the text of the signature nor the order of its parameters, and neither the
/// key id, which a store may find in other letters too, nor a field that is not signed. Only a key that nothing tells from others, that is a
/// secret which is sent itself and one of [`dangerous_custom`](crate::VerifyingKey::dangerous_custom), goes by its id as the request spells it:
/// have its loader take ids to the letter. Where a token stands for a signature nothing is signed, and the body is what a request is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

/// What is hashed first, so that a fingerprint of one kind is none of another.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Request,
    Delivery,
    Realm,
}

impl Fingerprint {
    /// A fingerprint that was written down.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The same within a realm of its own, so that equal requests of two tenants do not meet.
    #[must_use]
    pub fn within(self, realm: &str) -> Self {
        Self::of(Of::Realm, &[realm.as_bytes()], [&self.0, b"", b""])
    }

    /// Each name is hashed with its length, so that no byte moves from one to the next; the bytes behind them run to the end.
    pub(crate) fn of(of: Of, names: &[&[u8]], bytes: [&[u8]; 3]) -> Self {
        let mut hasher = Sha256Parts::new();
        hasher.update(&[of as u8]);
        for name in names {
            hasher.update(&u64::try_from(name.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(name);
        }
        for part in bytes {
            hasher.update(part);
        }
        Self(hasher.finish())
    }
}

impl fmt::Debug for Fingerprint {
    /// As much of it as tells two apart in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.0.first_chunk().copied().map(u32::from_be_bytes);
        write!(f, "Fingerprint({:08x}..)", start.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_moves_from_one_part_to_the_next() {
        let of = |names: &[&[u8]], bytes: &[u8]| Fingerprint::of(Of::Request, names, [bytes, b"", b""]);
        let all = [
            of(&[b"ab", b"c"], b"d"),
            of(&[b"a", b"bc"], b"d"),
            of(&[b"ab", b"cd"], b""),
            of(&[b"ab", b""], b"cd"),
            of(&[b"ab"], b"cd"),
            Fingerprint::of(Of::Delivery, &[b"ab", b"c"], [b"d", b"", b""]),
            of(&[b"ab", b"c"], b"d").within(""),
            of(&[b"ab", b"c"], b"d").within("x"),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|other| other != one), "{at}");
        }
        assert_eq!(of(&[b"a"], b"bcd"), Fingerprint::of(Of::Request, &[b"a"], [b"b", b"c", b"d"]));
    }
}
