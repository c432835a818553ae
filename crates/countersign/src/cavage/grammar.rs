//! The one parser of the signature's carrier: `#auth-param` (RFC 7235 section 2.1), borrowed from the field.

use std::borrow::Cow;

use memchr::memchr2;

use super::Cavage;
use crate::{error::VerifyError, field::is_token_byte};

/// The parameters that the draft lists, as they stand in the field.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SignatureParams<'a> {
    pub(super) key_id: Option<Value<'a>>,
    pub(super) signature: Option<Value<'a>>,
    pub(super) algorithm: Option<Value<'a>>,
    pub(super) created: Option<Value<'a>>,
    pub(super) expires: Option<Value<'a>>,
    pub(super) headers: Option<Value<'a>>,
    pub(super) opaque: Option<Value<'a>>,
}

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

/// Reads the parameters. Those that the draft does not list are skipped (section 2.2); a listed one twice is an error.
/// `key_id` is what the dialect calls the key id's parameter.
pub(super) fn parse<'a>(field: &'a [u8], key_id: &str, params: &mut SignatureParams<'a>) -> Result<(), VerifyError> {
    if field.len() > Cavage::MAX_FIELD_LEN {
        return Err(VerifyError::Malformed("longer than 8 KiB"));
    }
    let text = std::str::from_utf8(field).map_err(|_| VerifyError::Malformed("not UTF-8"))?;
    let mut rest = Cursor(text);
    loop {
        rest.skip_space();
        if rest.0.is_empty() {
            return Ok(());
        }
        if rest.take(b',') {
            continue;
        }
        let slot = match rest.usual_name() {
            Some(name) => params.slot(name, key_id),
            None => params.slot(rest.name()?, key_id),
        };
        rest.skip_space();
        let value = rest.value()?;
        rest.skip_space();
        if !rest.0.is_empty() && !rest.take(b',') {
            return Err(VerifyError::Malformed("expected a comma after a value"));
        }
        if slot.is_some_and(|slot| slot.replace(value).is_some()) {
            return Err(VerifyError::Ambiguous("parameter of the same name"));
        }
    }
}

impl<'a> SignatureParams<'a> {
    fn slot(&mut self, name: &str, key_id: &str) -> Option<&mut Option<Value<'a>>> {
        // The first letter tells all of them apart, so that one comparison is enough.
        let (known, slot) = match name.as_bytes().first()? | 0x20 {
            b'k' | b'u' => (key_id, &mut self.key_id),
            b'o' => ("opaque", &mut self.opaque),
            b'a' => ("algorithm", &mut self.algorithm),
            b'h' => ("headers", &mut self.headers),
            b's' => ("signature", &mut self.signature),
            b'c' => ("created", &mut self.created),
            b'e' => ("expires", &mut self.expires),
            _ => return None,
        };
        (known == name || known.eq_ignore_ascii_case(name)).then_some(slot)
    }
}

/// What is left to read. It only ever advances over ASCII, so it stays on a character's boundary.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn advance(&mut self, len: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn skip_space(&mut self) {
        while let [b' ' | b'\t', ..] = self.0.as_bytes() {
            self.advance(1);
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.0.as_bytes().first() == Some(&byte) && self.advance(1).is_some()
    }

    /// A name that the draft lists, as it is nearly always spelt: recognised whole, with the `=` behind it.
    fn usual_name(&mut self) -> Option<&'static str> {
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
    fn name(&mut self) -> Result<&'a str, VerifyError> {
        let name = self.token().ok_or_else(|| malformed("expected the name of a parameter"))?;
        self.skip_space();
        if self.take(b'=') { Ok(name) } else { Err(malformed("expected = after a name")) }
    }

    fn token(&mut self) -> Option<&'a str> {
        let len = self.0.bytes().position(|byte| !is_token_byte(byte)).unwrap_or(self.0.len());
        if len == 0 { None } else { self.advance(len) }
    }

    fn value(&mut self) -> Result<Value<'a>, VerifyError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(field: &[u8]) -> Result<SignatureParams<'_>, VerifyError> {
        let mut params = SignatureParams::default();
        super::parse(field, "keyId", &mut params).map(|()| params)
    }

    fn key_id(field: &str) -> Result<String, VerifyError> {
        let value = parse(field.as_bytes())?.key_id.ok_or(VerifyError::NoSignature)?;
        Ok(value.text().into_owned())
    }

    #[test]
    fn spaces_tabs_empty_elements_and_bare_values_are_read() {
        for field in [
            r#"keyId="a",algorithm="b""#,
            r#"  keyId="a" , algorithm="b"  "#,
            "keyId=a,\talgorithm=b",
            r#"algorithm = "b" ,, ,keyId	=	"a","#,
            r#"KEYID="a",Algorithm=b"#,
            r#"keyId="\a",algorithm="b""#,
        ] {
            assert_eq!(key_id(field).as_deref(), Ok("a"), "{field}");
            assert_eq!(parse(field.as_bytes()).unwrap().algorithm.unwrap().text(), "b", "{field}");
        }
    }

    #[test]
    fn what_stands_inside_quotes_stays_inside() {
        assert_eq!(
            key_id(r#"keyId="x,created=9,headers=date",algorithm="b""#).as_deref(),
            Ok("x,created=9,headers=date")
        );
        let field = br#"keyId="x",y="\",algorithm=\"none""#;
        assert_eq!(parse(field).unwrap().algorithm, None);
        assert_eq!(key_id(r#"keyId="a\"b\\c""#).as_deref(), Ok(r#"a"b\c"#));
        assert_eq!(key_id("keyId=\"\u{e4}\\\u{20ac}\"").as_deref(), Ok("\u{e4}\u{20ac}"));
    }

    #[test]
    fn a_listed_parameter_twice_is_refused_and_an_unlisted_one_is_skipped() {
        for name in ["keyId", "signature", "algorithm", "created", "expires", "headers"] {
            let field = format!(r#"{name}="1",x="2",{}="1""#, name.to_uppercase());
            assert_eq!(parse(field.as_bytes()), Err(VerifyError::Ambiguous("parameter of the same name")), "{name}");
        }
        assert_eq!(key_id(r#"x="1",x=2,keyId="a""#).as_deref(), Ok("a"));
    }

    #[test]
    fn broken_grammar_is_refused() {
        for field in [
            "keyId",
            "keyId=",
            "keyId=,",
            r#"keyId="a"#,
            r#"keyId="a\"#,
            r#"keyId="a"algorithm=b"#,
            "key Id=a",
            "=",
            "=a",
            "signature=aa==",
            "keyId=a;b=c",
            r#"keyId="a" b"#,
            "\u{e4}=1",
        ] {
            assert!(matches!(parse(field.as_bytes()), Err(VerifyError::Malformed(_))), "{field:?}");
        }
        assert!(matches!(parse(b"keyId=\"\xff\""), Err(VerifyError::Malformed(_))));
        assert!(matches!(parse(&[b' '; Cavage::MAX_FIELD_LEN + 1]), Err(VerifyError::Malformed(_))));
    }
}
