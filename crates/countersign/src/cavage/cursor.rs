//! What the grammars of signatures and of challenges are made of: tokens and quoted strings (RFC 9110 section 5.6), borrowed from
//! the field.

use std::borrow::Cow;

use memchr::memchr2;

use crate::{error::VerifyError, field::is_token_byte};

/// A token or the inside of a quoted string, with its escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Value<'a> {
    /// The text with its quoted pairs resolved (RFC 9110 section 5.6.4).
    #[inline]
    pub(super) fn text(self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let (mut text, mut chars) = (String::with_capacity(self.raw.len()), self.raw.chars());
        while let Some(char) = chars.next() {
            text.extend(if char == '\\' { chars.next() } else { Some(char) });
        }
        Cow::Owned(text)
    }
}

/// What is left to read. It only ever advances over ASCII, so it stays on a character's boundary.
pub(super) struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self(text)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an element of a list ends here.
    pub(super) fn ends_element(&self) -> bool {
        matches!(self.0.as_bytes(), [] | [b',', ..])
    }

    fn advance(&mut self, len: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    /// Whether there was any.
    pub(super) fn skip_space(&mut self) -> bool {
        let len = self.0.len();
        while let [b' ' | b'\t', ..] = self.0.as_bytes() {
            self.advance(1);
        }
        self.0.len() < len
    }

    pub(super) fn take(&mut self, byte: u8) -> bool {
        self.0.as_bytes().first() == Some(&byte) && self.advance(1).is_some()
    }

    /// A name that the draft lists, as it is nearly always spelt: recognised whole, with the `=` behind it.
    pub(super) fn usual_name(&mut self) -> Option<&'static str> {
        let name = match self.0.as_bytes().first()? {
            b'k' => "keyId=",
            b'a' => "algorithm=",
            b'h' => "headers=",
            b's' => "signature=",
            _ => return None,
        };
        self.0 = self.0.strip_prefix(name)?;
        name.strip_suffix('=')
    }

    /// Any name, with the `=` behind it.
    pub(super) fn name(&mut self) -> Result<&'a str, VerifyError> {
        let name = self.token().ok_or_else(|| malformed("expected the name of a parameter"))?;
        self.skip_space();
        if self.take(b'=') { Ok(name) } else { Err(malformed("expected = after a name")) }
    }

    pub(super) fn token(&mut self) -> Option<&'a str> {
        let len = self.0.bytes().position(|byte| !is_token_byte(byte)).unwrap_or(self.0.len());
        if len == 0 { None } else { self.advance(len) }
    }

    /// What may stand behind a challenge's scheme in place of its parameters (RFC 9110 section 11.2), if it is all that does.
    pub(super) fn token68(&mut self) -> bool {
        let is_char = |char: char| char.is_ascii_alphanumeric() || "-._~+/".contains(char);
        let behind = self.0.trim_start_matches(is_char);
        let rest = Cursor(behind.trim_start_matches('=').trim_start_matches([' ', '\t']));
        let is_all = behind.len() < self.0.len() && rest.ends_element();
        if is_all {
            *self = rest;
        }
        is_all
    }

    pub(super) fn value(&mut self) -> Result<Value<'a>, VerifyError> {
        if !self.take(b'"') {
            let token = self.token().ok_or_else(|| malformed("expected a value"))?;
            return Ok(Value { raw: token, escaped: false });
        }
        let text = self.0.as_bytes();
        let mut end = memchr2(b'"', b'\\', text).ok_or_else(|| malformed("a quoted string without end"))?;
        let escaped = text.get(end) == Some(&b'\\');
        if escaped {
            end = end_of_escaped(text).ok_or_else(|| malformed("a quoted string without end"))?;
        }
        let raw = self.advance(end).unwrap_or_default();
        self.advance(1);
        Ok(Value { raw, escaped })
    }
}

/// Out of line: an error that is made ahead has to be dropped again on every request that has none.
#[cold]
pub(super) fn malformed(what: &'static str) -> VerifyError {
    VerifyError::Malformed(what)
}

/// Where a quoted string ends that has quoted pairs in it.
fn end_of_escaped(text: &[u8]) -> Option<usize> {
    let mut bytes = text.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(at),
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    None
}
