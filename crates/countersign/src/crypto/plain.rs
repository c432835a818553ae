//! Secrets that are sent as they are, or hashed in front of the message: what some senders use in place of a MAC.

use ctutils::{Choice, CtEq};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{algorithm::Algorithm, signature::Signature};

/// A secret that is not used with a MAC.
#[derive(Clone)]
pub(crate) enum PlainSecret {
    /// The secret itself is sent.
    Token(Zeroizing<Vec<u8>>),
    /// SHA-256 over the secret and then the message, which can be made longer by whoever has seen one (length extension).
    Sha256(Zeroizing<Vec<u8>>),
}

impl PlainSecret {
    /// `None` when the algorithm is no such.
    pub(crate) fn new(algorithm: Algorithm, secret: &[u8]) -> Option<Self> {
        let secret = Zeroizing::new(secret.to_vec());
        match algorithm {
            Algorithm::DangerousToken => Some(Self::Token(secret)),
            Algorithm::DangerousSha256 => Some(Self::Sha256(secret)),
            _ => None,
        }
    }

    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Signature {
        match self {
            Self::Token(token) => Signature::new(token),
            Self::Sha256(secret) => Signature::new(&hash(std::iter::once(&***secret).chain(parts.iter().copied()))),
        }
    }

    /// Whether any of the signatures is the one over the parts. All are compared, in constant time: as hashes of one length, so that
    /// the time tells nothing of a token's length either.
    pub(crate) fn verify(&self, parts: &[&[u8]], signatures: &[Signature]) -> bool {
        let right = hash(std::iter::once(self.sign(parts).as_bytes()));
        let mut found = Choice::FALSE;
        for signature in signatures {
            found |= hash(std::iter::once(signature.as_bytes())).as_slice().ct_eq(right.as_slice());
        }
        found.to_bool()
    }
}

fn hash<'a>(parts: impl Iterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    parts.for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_accepted_whatever_the_message() {
        let token = PlainSecret::new(Algorithm::DangerousToken, b"tok_123").unwrap();
        let given = |token: &[u8]| Signature::new(token);
        assert!(token.verify(&[b"anything"], &[given(b"wrong"), given(b"tok_123")]));
        for wrong in [&b""[..], b"tok_12", b"tok_1234", b"TOK_123"] {
            assert!(!token.verify(&[], &[given(wrong)]));
        }
        assert!(!token.verify(&[], &[]));
    }

    #[test]
    fn a_hash_goes_over_the_secret_first() {
        let key = PlainSecret::new(Algorithm::DangerousSha256, b"se").unwrap();
        let same = Signature::new(&hash([&b"secret"[..]].into_iter()));
        assert!(key.verify(&[b"cr", b"et"], std::slice::from_ref(&same)));
        assert!(!key.verify(&[b"cret", b"!"], &[same]));
    }
}
