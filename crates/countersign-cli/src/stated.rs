//! What a message's signature states of its list and its times, for `canonicalize`, which needs no whole signature.
//!
//! More lenient than the core's reader, since nothing is believed for it: it only stands in for flags.

use std::iter::Peekable;

use crate::message::Message;

/// The parameters that stand in for flags.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Stated {
    pub(crate) headers: Option<String>,
    pub(crate) created: Option<String>,
    pub(crate) expires: Option<String>,
}

impl Stated {
    /// What the first readable signature of a message states.
    pub(crate) fn of(message: &Message) -> Self {
        let carriers = ["signature", "authorization", "proxy-authorization"];
        let mut values = carriers.iter().flat_map(|name| message.values(name));
        values.find_map(|value| Self::read(std::str::from_utf8(value).ok()?.trim())).unwrap_or_default()
    }

    fn read(value: &str) -> Option<Self> {
        // The word of the scheme, which the `Signature` field does without.
        let word = value.split_once([' ', '\t']).filter(|(word, _)| !word.contains(['=', ',', '"']));
        let mut chars = word.map_or(value, |(_, params)| params).chars().peekable();
        let mut stated = Self::default();
        let mut any = false;
        while let Some((name, value)) = param(&mut chars)? {
            any = true;
            match name.to_ascii_lowercase().as_str() {
                "headers" => stated.headers = Some(value),
                "created" => stated.created = Some(value),
                "expires" => stated.expires = Some(value),
                _ => {}
            }
        }
        any.then_some(stated)
    }
}

/// The next parameter, name and value; `Some(None)` at the end, `None` where it cannot be read.
#[expect(clippy::option_option, reason = "read, over, or unreadable")]
fn param(chars: &mut Peekable<impl Iterator<Item = char>>) -> Option<Option<(String, String)>> {
    while chars.next_if(|char| matches!(char, ' ' | '\t' | ',')).is_some() {}
    let name = until(chars, |char| matches!(char, '=' | ' ' | '\t' | ',' | '"'));
    if name.is_empty() {
        return chars.peek().is_none().then_some(None);
    }
    while chars.next_if(|char| matches!(char, ' ' | '\t')).is_some() {}
    chars.next_if_eq(&'=')?;
    while chars.next_if(|char| matches!(char, ' ' | '\t')).is_some() {}
    if chars.next_if_eq(&'"').is_none() {
        return Some(Some((name, until(chars, |char| matches!(char, ' ' | '\t' | ',')))));
    }
    let mut value = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(Some((name, value))),
            '\\' => value.push(chars.next()?),
            char => value.push(char),
        }
    }
}

fn until(chars: &mut Peekable<impl Iterator<Item = char>>, is_end: impl Fn(char) -> bool) -> String {
    std::iter::from_fn(|| chars.next_if(|char| !is_end(*char))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(field: &str) -> Stated {
        Stated::of(&Message::read(format!("GET / HTTP/1.1\n{field}\n\n").as_bytes()).unwrap())
    }

    #[test]
    fn list_and_times_are_read_from_either_field() {
        let expected = Stated {
            headers: Some("(created) host".to_owned()),
            created: Some("1".to_owned()),
            expires: Some("2.5".to_owned()),
        };
        for field in [
            r#"Signature: keyId="a",created=1,expires="2.5",headers="(created) host",signature="x""#,
            r#"authorization: Signature HEADERS = "(created) host" , created="1", expires=2.5"#,
            r#"Signature: Signature keyId="a\",created=9",created=1,headers="(created) host",expires=2.5"#,
        ] {
            assert_eq!(stated(field), expected, "{field}");
        }
    }

    #[test]
    fn what_is_no_signature_states_nothing() {
        for field in
            ["Host: a", "Authorization: Bearer x", r#"Signature: headers="host"#, "Signature: a b", "Signature:"]
        {
            assert_eq!(stated(field), Stated::default(), "{field}");
        }
    }
}
