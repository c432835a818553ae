//! Shared secrets.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{error::KeyError, signature::decode_hex};

/// A shared secret: at least 16 bytes, never shown, overwritten when dropped.
///
/// The same text means other bytes when it is decoded first, so each reading has a constructor of its own.
///
/// ```
/// use countersign::{KeyError, Secret};
///
/// let text = Secret::new("correct horse battery staple")?;
/// let decoded = Secret::from_base64("Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==")?;
/// assert_eq!(format!("{text:?}"), "Secret(..)");
/// assert_eq!(Secret::new("").err(), Some(KeyError::EmptySecret));
/// assert_eq!(Secret::new("123456789").err(), Some(KeyError::ShortSecret(9)));
/// # let _ = decoded;
/// # Ok::<(), KeyError>(())
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The fewest bytes that a secret has unless its constructor's name says dangerous.
    pub const MIN_LEN: usize = 16;

    /// The bytes as they are; for text, its UTF-8 bytes.
    ///
    /// # Errors
    /// When there are fewer than [`Self::MIN_LEN`] bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let secret = Self::dangerous_short(bytes)?;
        if secret.0.len() < Self::MIN_LEN { Err(KeyError::ShortSecret(secret.0.len())) } else { Ok(secret) }
    }

    /// The bytes that standard Base64 text with padding stands for (RFC 4648 section 4).
    ///
    /// # Errors
    /// When the text is not that, or stands for fewer than [`Self::MIN_LEN`] bytes.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        STANDARD.decode(text).map_err(|_| KeyError::Encoding("Base64")).and_then(Self::new)
    }

    /// The bytes that pairs of hexadecimal digits stand for.
    ///
    /// # Errors
    /// When the text is not that, or stands for fewer than [`Self::MIN_LEN`] bytes.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        decode_hex(text.as_bytes()).ok_or(KeyError::Encoding("hexadecimal")).and_then(Self::new)
    }

    /// A secret of any length but zero, for peers that chose one which can be guessed.
    ///
    /// # Errors
    /// When there is no byte at all.
    pub fn dangerous_short(bytes: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(bytes.into());
        if bytes.is_empty() { Err(KeyError::EmptySecret) } else { Ok(Self(bytes)) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_secret_is_refused_even_under_the_dangerous_name() {
        assert_eq!(Secret::dangerous_short("").err(), Some(KeyError::EmptySecret));
        assert_eq!(Secret::from_base64("").err(), Some(KeyError::EmptySecret));
        assert_eq!(Secret::from_hex("").err(), Some(KeyError::EmptySecret));
    }

    #[test]
    fn a_secret_under_sixteen_bytes_needs_the_dangerous_name() {
        assert_eq!(Secret::new("123456789012345").err(), Some(KeyError::ShortSecret(15)));
        assert!(Secret::new("1234567890123456").is_ok());
        assert!(Secret::dangerous_short("1").is_ok());
    }
}
