//! The bytes of a signature, and how they are written as text.

use std::{borrow::Cow, fmt};

use base64::{
    Engine,
    engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE},
};
use percent_encoding::percent_decode;
use smallvec::SmallVec;

use crate::{
    algorithm::{Algorithm, Family},
    bytes::InlineBytes,
    ecdsa_form::{der_from_raw, raw_from_der},
};

/// The raw bytes of one signature.
///
/// A key service that signs elsewhere hands its answer over in this form.
#[derive(Clone)]
pub struct Signature(InlineBytes<64>);

impl Signature {
    /// Takes over the raw bytes of a signature.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl fmt::Debug for Signature {
    /// A signature opens whatever it covers until it is stale, so it is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

/// In which form the bytes of a signature travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureForm {
    /// As the algorithm makes them, ECDSA's in DER.
    Usual,
    /// ECDSA as two numbers side by side (IEEE P1363) in place of DER.
    RawEcdsa,
}

impl SignatureForm {
    /// A signature of an algorithm in this form; `None` when it is none. A key that lives elsewhere may have given ECDSA in either
    /// form.
    pub(crate) fn of(self, algorithm: Algorithm, signature: &Signature) -> Option<Cow<'_, Signature>> {
        let bytes = signature.as_bytes();
        let fits = match algorithm.family() {
            Family::Hmac => bytes.len() == algorithm.mac_len(),
            Family::Plain => !bytes.is_empty(),
            Family::Ed25519 => bytes.len() == 64,
            Family::Rsa => (128..=1024).contains(&bytes.len()),
            Family::Ecdsa => {
                let raw = raw_from_der(bytes);
                let converted = match (self, &raw) {
                    (Self::Usual, Some(_)) => return Some(Cow::Borrowed(signature)),
                    (Self::Usual, None) => der_from_raw(bytes)?,
                    (Self::RawEcdsa, Some(_)) => raw?,
                    (Self::RawEcdsa, None) => return der_from_raw(bytes).map(|_| Cow::Borrowed(signature)),
                };
                return Some(Cow::Owned(Signature::new(&converted)));
            }
        };
        fits.then_some(Cow::Borrowed(signature))
    }
}

/// How a scheme writes the bytes of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Standard Base64 with padding (RFC 4648 section 4).
    Base64,
    /// Base64 with the alphabet for URLs (RFC 4648 section 5), padded.
    UrlSafeBase64,
    /// Standard Base64 with `+`, `/` and `=` as percent escapes.
    UrlEscapedBase64,
    /// Lower-case hexadecimal; either case is read.
    Hex,
    /// Upper-case hexadecimal; either case is read.
    UpperHex,
    /// The bytes as they are.
    Raw,
}

impl Encoding {
    /// Room enough for the text of `len` bytes.
    pub(crate) const fn text_len(self, len: usize) -> usize {
        match self {
            Self::Base64 | Self::UrlSafeBase64 => len.div_ceil(3).saturating_mul(4),
            Self::UrlEscapedBase64 => len.div_ceil(3).saturating_mul(12),
            Self::Hex | Self::UpperHex => len.saturating_mul(2),
            Self::Raw => len,
        }
    }

    /// Appends the text of a signature.
    pub(crate) fn encode(self, signature: &Signature, into: &mut Vec<u8>) {
        let bytes = signature.as_bytes();
        match self {
            Self::Base64 => encode_base64(&STANDARD, bytes, into),
            Self::UrlSafeBase64 => encode_base64(&URL_SAFE, bytes, into),
            Self::UrlEscapedBase64 => {
                for byte in STANDARD.encode(bytes).bytes() {
                    match byte {
                        b'+' => into.extend_from_slice(b"%2B"),
                        b'/' => into.extend_from_slice(b"%2F"),
                        b'=' => into.extend_from_slice(b"%3D"),
                        other => into.push(other),
                    }
                }
            }
            Self::Hex | Self::UpperHex => {
                let digit = |nibble: u8| char::from_digit(nibble.into(), 16).map_or(0, |digit| digit as u8);
                let start = into.len();
                into.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
                if self == Self::UpperHex {
                    into.get_mut(start..).unwrap_or_default().make_ascii_uppercase();
                }
            }
            Self::Raw => into.extend_from_slice(bytes),
        }
    }

    /// Reads a signature of at least one byte and adds it to a list. Exactly one spelling of any bytes is taken, but for the
    /// case of hexadecimal digits.
    #[must_use]
    pub(crate) fn decode_onto(self, text: &[u8], list: &mut SmallVec<[Signature; 1]>) -> bool {
        // Decodes into a place of fixed size first, so that a signature of usual length needs no heap.
        let mut room = [0; 66];
        let decoded = match self {
            Self::Base64 if text.len() <= 88 => {
                STANDARD.decode_slice(text, &mut room).ok().and_then(|len| room.get(..len)).map(Cow::Borrowed)
            }
            Self::Base64 => STANDARD.decode(text).ok().map(Cow::Owned),
            Self::UrlSafeBase64 => URL_SAFE.decode(text).ok().map(Cow::Owned),
            Self::UrlEscapedBase64 => unescape(text).and_then(|text| STANDARD.decode(text).ok()).map(Cow::Owned),
            Self::Hex | Self::UpperHex if text.len() <= 128 => hex_into(text, &mut room).map(Cow::Borrowed),
            Self::Hex | Self::UpperHex => decode_hex(text).map(Cow::Owned),
            Self::Raw => Some(Cow::Borrowed(text)),
        };
        match decoded {
            Some(Cow::Owned(bytes)) if !bytes.is_empty() => {
                list.push(Signature(bytes.into()));
                true
            }
            Some(Cow::Borrowed(bytes)) if !bytes.is_empty() => {
                list.push(Signature::new(&[]));
                if let Some(signature) = list.last_mut() {
                    signature.0.push(bytes);
                }
                true
            }
            _ => false,
        }
    }
}

fn encode_base64(alphabet: &GeneralPurpose, bytes: &[u8], into: &mut Vec<u8>) {
    let start = into.len();
    into.resize(start.saturating_add(Encoding::Base64.text_len(bytes.len())), 0);
    let room = into.get_mut(start..).unwrap_or_default();
    let written = alphabet.encode_slice(bytes, room).unwrap_or(0);
    into.truncate(start.saturating_add(written));
}

/// Base64 without the escapes of the three characters that may have one; plain Base64 is its own unescaped form.
fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut escapes = text.split(|byte| *byte == b'%').skip(1);
    let known = |rest: &[u8]| {
        let escape = rest.get(..2).unwrap_or_default();
        [b"2B", b"2F", b"3D"].iter().any(|known| escape.eq_ignore_ascii_case(*known))
    };
    escapes.all(known).then(|| percent_decode(text).collect())
}

/// Takes ECDSA signatures that are two numbers side by side for what they are; those in DER stay as they are.
pub(crate) fn with_raw_ecdsa(signatures: &[Signature]) -> SmallVec<[Signature; 1]> {
    let der = |signature: &Signature| match raw_from_der(signature.as_bytes()) {
        Some(_) => signature.clone(),
        None => der_from_raw(signature.as_bytes()).map_or_else(|| signature.clone(), |der| Signature::new(&der)),
    };
    signatures.iter().map(der).collect()
}

/// Reads hexadecimal digits of either case into a room that is large enough.
fn hex_into<'r>(text: &[u8], room: &'r mut [u8]) -> Option<&'r [u8]> {
    let (pairs, rest) = text.as_chunks::<2>();
    let room = room.get_mut(..pairs.len()).filter(|_| rest.is_empty())?;
    let mut wrong = 0;
    for ([high, low], byte) in pairs.iter().zip(room.iter_mut()) {
        let (high, low) = (nibble(*high), nibble(*low));
        wrong |= high | low;
        *byte = high << 4 | low & 15;
    }
    (wrong < 16).then_some(room)
}

/// The value of a hexadecimal digit; more than 15 for what is none.
const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit & 15,
        b'a'..=b'f' | b'A'..=b'F' => (digit & 15).saturating_add(9),
        _ => u8::MAX,
    }
}

/// Reads hexadecimal digits of either case.
pub(crate) fn decode_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    // With all its room from the start, so that growing leaves no copy of a secret behind.
    let mut bytes = Vec::with_capacity(text.len());
    for digits in text.chunks(2) {
        bytes.push(pair(digits)?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(encoding: Encoding, text: &[u8]) -> Option<Signature> {
        let mut list = SmallVec::new();
        let read = encoding.decode_onto(text, &mut list);
        assert_eq!(list.len(), usize::from(read));
        list.pop()
    }

    #[test]
    fn text_forms_round_trip_at_every_length() {
        for len in 1..200_usize {
            let signature = Signature::new(&(0..len).map(|n| u8::try_from(n).unwrap()).collect::<Vec<_>>());
            for encoding in [
                Encoding::Base64,
                Encoding::UrlSafeBase64,
                Encoding::UrlEscapedBase64,
                Encoding::Hex,
                Encoding::UpperHex,
                Encoding::Raw,
            ] {
                let mut text = Vec::new();
                encoding.encode(&signature, &mut text);
                assert!(text.len() <= encoding.text_len(len));
                assert_eq!(decode(encoding, &text).unwrap().as_bytes(), signature.as_bytes());
            }
        }
    }

    #[test]
    fn only_the_one_standard_spelling_of_base64_is_read() {
        assert!(decode(Encoding::Base64, b"+/8=").is_some());
        for text in ["", "-_8=", "+/8", "+/8==", "+/9=", " +/8=", "+/8=\n", "+ /8="] {
            assert!(decode(Encoding::Base64, text.as_bytes()).is_none(), "{text:?}");
        }
    }

    #[test]
    fn only_pairs_of_hexadecimal_digits_are_read() {
        assert_eq!(decode(Encoding::Hex, b"fF00").unwrap().as_bytes(), [0xff, 0]);
        for text in ["", "f", "0x", "fg", "f f", "\u{ff11}\u{ff12}"] {
            assert!(decode(Encoding::Hex, text.as_bytes()).is_none(), "{text:?}");
        }
    }

    #[test]
    fn every_byte_is_a_digit_or_none_wherever_it_stands() {
        for at in 0..10 {
            for byte in 0..=u8::MAX {
                let mut text = *b"0123456789";
                text[at] = byte;
                let expected = char::from(byte).is_ascii_hexdigit().then(|| decode_hex(&text).unwrap());
                let read = decode(Encoding::Hex, &text).map(|read| read.as_bytes().to_vec());
                assert_eq!(read, expected, "{}", text.escape_ascii());
            }
        }
    }
}
