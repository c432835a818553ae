//! HMAC (RFC 2104) with a prepared key.

use ctutils::{Choice, CtEq};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::{algorithm::Algorithm, signature::Signature};

/// A secret with both of its pads already hashed; cloned for each MAC, zeroized when dropped.
///
/// Each variant is boxed: keys live long and are passed around, the states are some hundred bytes.
#[derive(Clone)]
pub(crate) enum HmacKey {
    Sha1(Box<Hmac<Sha1>>),
    Sha224(Box<Hmac<Sha224>>),
    Sha256(Box<Hmac<Sha256>>),
    Sha384(Box<Hmac<Sha384>>),
    Sha512(Box<Hmac<Sha512>>),
}

/// The MAC is taken inside a macro, since the five states share no type.
macro_rules! with_mac {
    ($key:expr, $parts:expr, $mac:ident => $then:expr) => {
        match $key {
            HmacKey::Sha1(key) => with_mac!(@ key, $parts, $mac => $then),
            HmacKey::Sha224(key) => with_mac!(@ key, $parts, $mac => $then),
            HmacKey::Sha256(key) => with_mac!(@ key, $parts, $mac => $then),
            HmacKey::Sha384(key) => with_mac!(@ key, $parts, $mac => $then),
            HmacKey::Sha512(key) => with_mac!(@ key, $parts, $mac => $then),
        }
    };
    (@ $key:expr, $parts:expr, $mac:ident => $then:expr) => {{
        let mut state = $key.as_ref().clone();
        for part in $parts {
            state.update(part);
        }
        let $mac = state.finalize().into_bytes();
        $then
    }};
}

impl HmacKey {
    /// `None` when the algorithm is no HMAC.
    pub(crate) fn new(algorithm: Algorithm, secret: &[u8]) -> Option<Self> {
        Some(match algorithm {
            Algorithm::HmacSha1 => Self::sha1(secret),
            Algorithm::HmacSha224 => Self::Sha224(Box::new(prepare(secret))),
            Algorithm::HmacSha256 => Self::sha256(secret),
            Algorithm::HmacSha384 => Self::Sha384(Box::new(prepare(secret))),
            Algorithm::HmacSha512 => Self::Sha512(Box::new(prepare(secret))),
            _ => return None,
        })
    }

    pub(crate) fn sha1(secret: &[u8]) -> Self {
        Self::Sha1(Box::new(prepare(secret)))
    }

    pub(crate) fn sha256(secret: &[u8]) -> Self {
        Self::Sha256(Box::new(prepare(secret)))
    }

    /// The MAC over the parts, one after the other.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Signature {
        with_mac!(self, parts, mac => Signature::new(&mac))
    }

    /// Whether any of the signatures is the MAC over the parts.
    ///
    /// One MAC is taken however many there are, and all are compared, each over its whole length and in constant time.
    pub(crate) fn verify(&self, parts: &[&[u8]], signatures: &[Signature]) -> bool {
        with_mac!(self, parts, mac => {
            let mut found = Choice::FALSE;
            for signature in signatures {
                found |= signature.as_bytes().ct_eq(mac.as_slice());
            }
            found.to_bool()
        })
    }
}

fn prepare<M: KeyInit>(secret: &[u8]) -> M {
    // HMAC takes a key of any length, so the empty fallback is never used; it could verify nothing that a secret signs.
    M::new_from_slice(secret).unwrap_or_else(|_| M::new(&hmac::digest::Key::<M>::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::decode_hex;

    /// RFC 4231 test case 2, for which RFC 2202 gives the SHA-1 value.
    const CASES: &[(Algorithm, &str)] = &[
        (Algorithm::HmacSha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (Algorithm::HmacSha224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
        (Algorithm::HmacSha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            Algorithm::HmacSha384,
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        ),
        (
            Algorithm::HmacSha512,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd\
             caeab1a34d4a6b4b636e070a38bce737",
        ),
    ];

    #[test]
    fn macs_are_those_of_the_rfcs_however_the_message_is_cut() {
        for (algorithm, expected) in CASES {
            let key = HmacKey::new(*algorithm, b"Jefe").unwrap();
            let expected = decode_hex(expected.as_bytes()).unwrap();
            assert_eq!(key.sign(&[b"what do ya want ", b"", b"for nothing?"]).as_bytes(), expected, "{algorithm}");
            assert_eq!(key.sign(&[b"what do ya want for nothing?"]).as_bytes(), expected, "{algorithm}");
        }
    }

    #[test]
    fn only_the_whole_mac_verifies() {
        let key = HmacKey::new(Algorithm::HmacSha256, b"Jefe").unwrap();
        let right = key.sign(&[b"message"]);
        let mut long = right.as_bytes().to_vec();
        long.push(0);
        let short = |len: usize| Signature::new(right.as_bytes().get(..len).unwrap());
        for wrong in [short(0), short(1), short(8), short(16), short(31), Signature::new(&long)] {
            assert!(!key.verify(&[b"message"], &[wrong]));
        }
        assert!(!key.verify(&[b"message"], &[]));
        assert!(key.verify(&[b"message"], &[short(4), right.clone(), short(8)]));
        assert!(!key.verify(&[b"massage"], &[right]));
    }
}
