//! The one parser of the signature's carrier: `#auth-param` (RFC 7235 section 2.1), borrowed from the field.

use super::{
    Cavage,
    cursor::{Cursor, Value},
};
use crate::error::VerifyError;

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

/// Reads the parameters. Those that the draft does not list are skipped (section 2.2); a listed one twice is an error.
/// `key_id` is what the dialect calls the key id's parameter.
pub(super) fn parse<'a>(field: &'a [u8], key_id: &str, params: &mut SignatureParams<'a>) -> Result<(), VerifyError> {
    if field.len() > Cavage::MAX_FIELD_LEN {
        return Err(VerifyError::Malformed("longer than 8 KiB"));
    }
    let text = std::str::from_utf8(field).map_err(|_| VerifyError::Malformed("not UTF-8"))?;
    let mut rest = Cursor::new(text);
    loop {
        rest.skip_space();
        if rest.is_empty() {
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
        if !rest.is_empty() && !rest.take(b',') {
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
