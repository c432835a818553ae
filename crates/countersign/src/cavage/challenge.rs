//! What a server asks for: `#challenge` (RFC 9110 section 11.6.1), with the list of draft 12 section 3.1.1.

use super::{
    Cavage,
    cursor::{Cursor, Value},
    list,
};
use crate::component::CoveredComponents;

/// The components that the only challenge of the dialect's scheme lists; `None` as well where any of the values cannot be read.
pub(super) fn asked_for(scheme: &Cavage, values: &mut dyn Iterator<Item = &[u8]>) -> Option<CoveredComponents> {
    let mut found = None;
    for value in values {
        let value = std::str::from_utf8(value).ok().filter(|value| value.len() <= Cavage::MAX_FIELD_LEN)?;
        read(value, scheme.wire().word, &mut found)?;
    }
    let headers = found?.headers?.text();
    list::read(scheme, &headers, &[]).ok().map(|list| list.covered)
}

/// The challenge that was looked for.
#[derive(Default)]
struct Challenge<'a> {
    headers: Option<Value<'a>>,
}

/// Reads the challenges of one value. Behind a comma stands another parameter of the challenge before, where there is a `=` behind
/// the name, and else another challenge.
fn read<'a>(value: &'a str, word: &str, found: &mut Option<Challenge<'a>>) -> Option<()> {
    let mut rest = Cursor::new(value);
    // Whether the challenge at hand is the one that is looked for; `None` where no parameter may stand.
    let mut is_ours = None;
    loop {
        rest.skip_space();
        if rest.is_empty() {
            return Some(());
        }
        if rest.take(b',') {
            continue;
        }
        let mut name = rest.token()?;
        let is_apart = rest.skip_space();
        if !rest.take(b'=') {
            let ours = name.eq_ignore_ascii_case(word);
            if ours && found.replace(Challenge::default()).is_some() {
                return None;
            }
            is_ours = Some(ours);
            if rest.ends_element() {
                continue;
            }
            if !is_apart {
                return None;
            }
            if rest.token68() {
                is_ours = None;
                continue;
            }
            name = rest.name().ok()?;
        }
        rest.skip_space();
        let value = rest.value().ok()?;
        rest.skip_space();
        if !rest.ends_element() {
            return None;
        }
        if is_ours? && name.eq_ignore_ascii_case("headers") && found.as_mut()?.headers.replace(value).is_some() {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(values: &[&str]) -> Option<String> {
        asked_for(&Cavage::new(), &mut values.iter().map(|value| value.as_bytes())).map(|list| list.to_string())
    }

    #[test]
    fn the_challenge_is_found_among_others_in_one_value_and_in_several() {
        for values in [
            &[r#"Signature realm="b",headers="(request-target) host""#][..],
            &[r#"sIGNATURE headers="(request-target) host""#],
            &["Signature\theaders = \"(Request-Target)  HOST\"\t"],
            &[r#" ,, Signature , ,realm="b" , headers="(request-target) host", ,"#],
            &[r#"Signature x=y,HEADERS="(request-target) host""#],
            &[r#"Signature headers="(request-target)\ \host""#],
            &[r#"Basic realm="a, Signature headers=\"x\"", Signature realm="b",headers="(request-target) host""#],
            &[r#"Negotiate abc==, Signature headers="(request-target) host", Negotiate"#],
            &[r#"Negotiate a/b+c~_-. ,Signature headers="(request-target) host",Basic realm="a""#],
            &[r#"Digest headers="date",Signature headers="(request-target) host",Bearer headers="date""#],
            &[r#"Signatures headers="date", Signature headers="(request-target) host""#],
            &[r#"Basic Signature="date", Signature headers="(request-target) host""#],
            &[r#"Basic realm="a""#, "", "Negotiate", r#"Signature realm="b",headers="(request-target) host""#],
            &[r#"Signature realm="b",headers="(request-target) host""#, r#"Basic realm="a""#],
        ] {
            assert_eq!(asked(values).as_deref(), Some("(request-target) host"), "{values:?}");
        }
        assert_eq!(asked(&["Signature headers=host"]).as_deref(), Some("host"));
    }

    #[test]
    fn no_challenge_two_of_them_and_two_lists_ask_for_nothing() {
        for values in [
            &[][..],
            &[""],
            &[r#"Basic realm="a""#],
            &[r#"Signatures headers="host""#],
            &[r#"hmac headers="host""#],
            &["Signature"],
            &[r#"Signature realm="a""#],
            &["Signature abc=="],
            &[r#"Signature headers="""#],
            &[r#"Signature headers="host", Signature headers="host""#],
            &[r#"Signature headers="host", Signature"#],
            &[r#"Signature headers="host""#, r#"signature headers="host""#],
            &[r#"Signature headers="host",headers="host""#],
            &[r#"Signature headers="host",realm="a",Headers="host""#],
            // The list stands in a quoted string of another, or in another challenge.
            &[r#"Basic realm="Signature headers=\"host\"""#],
            &[r#"Signature realm="headers=\"host\"""#],
            &[r#"Signature realm="a", Digest headers="host""#],
        ] {
            assert_eq!(asked(values), None, "{values:?}");
        }
    }

    #[test]
    fn a_challenge_that_cannot_be_read_asks_for_nothing_wherever_the_fault_is() {
        for broken in [
            r#"headers="host""#,
            r#"Signature headers="host"#,
            r#"Signature headers="host\"#,
            r#"Signature headers="host" realm="a""#,
            r#"Signature headers="host";realm="a""#,
            r#"Signature headers="host" Basic"#,
            r#"Signature"x", headers="host""#,
            r#"Signature/abc, headers="host""#,
            r#"Signature abc==, headers="host""#,
            r#"Signature abc headers="host""#,
            r#"Signature =, headers="host""#,
            r#"Signature Signature headers="host""#,
            r#"(Signature) headers="host""#,
            "\u{e4}, Signature headers=\"host\"",
            r#"Signature headers="(body)""#,
            r#"Signature headers="host host""#,
            r#"Signature headers="host, date""#,
            r#"Signature headers="(unknown) host""#,
        ] {
            assert_eq!(asked(&[broken]), None, "{broken}");
        }
        let good = r#"Signature headers="host""#;
        assert_eq!(asked(&[good, r#"realm="a""#]), None, "a parameter of no challenge");
        assert_eq!(asked(&[good, r#"Basic realm="a"#]), None);
        let latin1: [&[u8]; 2] = [good.as_bytes(), b"Basic realm=\"\xe4\""];
        assert_eq!(asked_for(&Cavage::new(), &mut latin1.into_iter()), None);
    }

    #[test]
    fn values_and_lists_have_their_bounds() {
        let value = |len: usize| format!(r#"Signature headers="host",{}"#, " ".repeat(len - 25));
        assert_eq!(value(Cavage::MAX_FIELD_LEN).len(), Cavage::MAX_FIELD_LEN);
        assert_eq!(asked(&[&value(Cavage::MAX_FIELD_LEN)]).as_deref(), Some("host"));
        assert_eq!(asked(&[&value(Cavage::MAX_FIELD_LEN + 1)]), None);
        let list = |count: usize| (0..count).map(|at| format!("x-{at}")).collect::<Vec<_>>().join(" ");
        let challenge = |count| format!(r#"Signature headers="{}""#, list(count));
        assert_eq!(asked(&[&challenge(64)]), Some(list(64)));
        assert_eq!(asked(&[&challenge(65)]), None);
    }

    #[test]
    fn no_byte_and_no_end_anywhere_is_more_than_unreadable() {
        let whole = br#"Basic realm="a\"b" , Negotiate abc==,,Signature realm=b, headers="(request-target) host""#;
        for end in 0..whole.len() {
            let asked = asked_for(&Cavage::new(), &mut std::iter::once(&whole[..end]));
            assert_eq!(asked, None, "{end}");
            for byte in 0..=u8::MAX {
                let mut changed = whole.to_vec();
                changed[end] = byte;
                let _ = asked_for(&Cavage::new(), &mut std::iter::once(&*changed));
            }
        }
    }
}
