//! The bytes that are signed.

use std::borrow::Cow;

use crate::bytes::InlineBytes;

/// The signature base: the bytes that are signed, draft-cavage's signing string.
///
/// Schemes that sign the body directly leave at most one hole in it, where the body goes, so that no scheme has to copy
/// a body.
#[derive(Clone)]
pub(crate) struct SignatureBase {
    text: InlineBytes<256>,
    hole: Option<usize>,
}

impl SignatureBase {
    pub(crate) const fn new() -> Self {
        Self { text: InlineBytes::new(), hole: None }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.text.push(bytes);
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Leaves the hole for the body here. A base has one hole: later calls move nothing.
    pub(crate) fn push_body(&mut self) {
        self.hole.get_or_insert(self.text.len());
    }

    /// Whether the body is one of the signed parts.
    pub(crate) const fn needs_body(&self) -> bool {
        self.hole.is_some()
    }

    /// The signed bytes in three parts, the body in the middle.
    pub(crate) fn parts<'a>(&'a self, body: &'a [u8]) -> [&'a [u8]; 3] {
        let text = self.text.as_slice();
        match self.hole.and_then(|hole| text.split_at_checked(hole)) {
            Some((before, after)) => [before, body, after],
            None => [text, b"", b""],
        }
    }

    /// The signed bytes in one piece.
    pub(crate) fn to_bytes<'a>(&'a self, body: &'a [u8]) -> Cow<'a, [u8]> {
        if self.needs_body() { self.parts(body).concat().into() } else { self.text.as_slice().into() }
    }
}

/// Whether bytes can stand in a line of a signature base: no line break and no NUL.
pub(crate) fn fits_a_line(bytes: &[u8]) -> bool {
    memchr::memchr3(b'\n', b'\r', 0, bytes).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_goes_into_the_hole_and_nowhere_else() {
        let mut base = SignatureBase::new();
        base.push(b"POST|");
        base.push_body();
        base.push(b"|end");
        base.push_body();
        assert_eq!(base.to_bytes(b"{body}").as_ref(), b"POST|{body}|end");
        assert_eq!(base.parts(b"x").concat(), b"POST|x|end");
    }

    #[test]
    fn a_base_without_a_hole_ignores_the_body() {
        let mut base = SignatureBase::new();
        base.push(b"date: now");
        assert_eq!(base.to_bytes(b"body").as_ref(), b"date: now");
    }
}
