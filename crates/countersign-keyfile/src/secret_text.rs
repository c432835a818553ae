//! What the text of a secret stands for.

use base64::{Engine, decoded_len_estimate, engine::general_purpose::STANDARD};
use countersign::KeyError;
use zeroize::Zeroizing;

/// What the text of a secret stands for. The same text means other bytes when it is decoded first, so this is said and never
/// guessed.
///
/// White space and line ends are no part of Base64 or of hexadecimal digits: a text with any of them is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretText {
    /// The text is the secret as it stands, with any white space that it has.
    Plain,
    /// Standard Base64 with padding (RFC 4648 section 4).
    Base64,
    /// Pairs of hexadecimal digits in either case.
    Hex,
}

impl SecretText {
    /// The bytes that a text stands for.
    pub(crate) fn decode(self, text: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match self {
            Self::Plain => Ok(Zeroizing::new(text.to_vec())),
            Self::Base64 => base64(text).ok_or(KeyError::Encoding("Base64")),
            Self::Hex => hexadecimal(text).ok_or(KeyError::Encoding("hexadecimal")),
        }
    }
}

fn base64(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    // A buffer of ours, since the library's own is not overwritten where the text turns out to be none.
    let mut bytes = Zeroizing::new(vec![0; decoded_len_estimate(text.len())]);
    let len = STANDARD.decode_slice(text, &mut bytes).ok()?;
    bytes.truncate(len);
    Some(bytes)
}

fn hexadecimal(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    // With all its room from the start, so that growing leaves no copy of a secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    for pair in text.chunks(2) {
        let [high, low] = pair else { return None };
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_pairs_of_digits_in_either_case() {
        assert_eq!(SecretText::Hex.decode(b"fF00").unwrap().as_slice(), [0xff, 0]);
        for text in ["f", "0x", "fg", "f f", "ff\n", " ff", "\u{ff11}\u{ff12}"] {
            let refused = SecretText::Hex.decode(text.as_bytes()).err();
            assert_eq!(refused, Some(KeyError::Encoding("hexadecimal")), "{text:?}");
        }
    }

    #[test]
    fn base64_is_the_standard_alphabet_with_padding_and_nothing_else() {
        for (text, bytes) in [("", &b""[..]), ("+/8=", &[0xfb, 0xff]), ("YQ==", b"a"), ("YWJj", b"abc")] {
            assert_eq!(SecretText::Base64.decode(text.as_bytes()).unwrap().as_slice(), bytes, "{text:?}");
        }
        for text in ["-_8=", "YQ", "YQ==\n", " YQ==", "YW\nJj", "YR==", "Y", "\u{ff11}"] {
            let refused = SecretText::Base64.decode(text.as_bytes()).err();
            assert_eq!(refused, Some(KeyError::Encoding("Base64")), "{text:?}");
        }
    }

    #[test]
    fn plain_text_is_taken_as_it_stands() {
        assert_eq!(SecretText::Plain.decode(b" YQ==\n").unwrap().as_slice(), b" YQ==\n");
    }
}
