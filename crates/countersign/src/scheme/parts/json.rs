//! Values set in a JSON body at their pointers (RFC 6901), with no other byte changed.
//!
//! The body is never written anew: another writer would spell numbers and white space otherwise than whoever signed it.

use std::{fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::error::SignError;

pub(super) fn set(body: &[u8], values: &[(String, String)]) -> Result<Vec<u8>, SignError> {
    let mut body = String::from_utf8(body.to_vec()).map_err(|_| SignError::NotJson)?;
    for (pointer, value) in values {
        set_one(&mut body, pointer, value)?;
    }
    Ok(body.into_bytes())
}

fn set_one(body: &mut String, pointer: &str, value: &str) -> Result<(), SignError> {
    let whole: &RawValue = read(body).ok_or(SignError::NotJson)?;
    let place = range_within(body, whole).and_then(|whole| place(body, whole, pointer, value));
    let (range, text) = place.ok_or_else(|| SignError::NoJsonPlace(pointer.to_owned()))?;
    body.replace_range(range, &text);
    Ok(())
}

/// The text of the value at a pointer: a string without its quotes and escapes, anything but an object or an array as it is spelt.
/// `None` when there is none, or `null`.
pub(crate) fn text_at(body: &[u8], pointer: &str) -> Result<Option<String>, Unreadable> {
    let body = std::str::from_utf8(body).map_err(|_| Unreadable)?;
    let tokens: Option<Vec<String>> = pointer.strip_prefix('/').ok_or(Unreadable)?.split('/').map(unescaped).collect();
    let whole: &RawValue = read(body).ok_or(Unreadable)?;
    let mut range = range_within(body, whole).ok_or(Unreadable)?;
    for token in tokens.ok_or(Unreadable)? {
        match step(body, range, &token) {
            Some(Step::At(found)) => range = found,
            Some(Step::Missing(_)) => return Ok(None),
            None => return Err(Unreadable),
        }
    }
    let text = body.get(range).ok_or(Unreadable)?;
    match text.as_bytes().first() {
        Some(b'"') => read(text).map(Some).ok_or(Unreadable),
        Some(b'{' | b'[') | None => Err(Unreadable),
        Some(_) => Ok((text != "null").then(|| text.to_owned())),
    }
}

/// The text is not JSON, has a name twice on the way, or has no value there that is a text.
#[derive(Debug)]
pub(crate) struct Unreadable;

/// What is to be replaced, and what goes in its place; `None` when there is no place for the value.
fn place(body: &str, whole: Range<usize>, pointer: &str, value: &str) -> Option<(Range<usize>, String)> {
    let tokens: Vec<String> = pointer.strip_prefix('/')?.split('/').map(unescaped).collect::<Option<_>>()?;
    let (last, parents) = tokens.split_last()?;
    let value = serde_json::to_string(value).ok()?;
    let mut object = whole;
    for (depth, token) in parents.iter().enumerate() {
        object = match step(body, object, token)? {
            Step::At(range) => range,
            // Of what is missing only the object around the value is made: a pointer that misses more is for another body.
            Step::Missing(end) if depth.saturating_add(1) == parents.len() => {
                let last = serde_json::to_string(last).ok()?;
                return end.with(token, &format!("{{{last}:{value}}}"));
            }
            Step::Missing(_) => return None,
        };
    }
    if !body.get(object.clone())?.starts_with('{') {
        return None;
    }
    match step(body, object, last)? {
        Step::At(range) => Some((range, value)),
        Step::Missing(end) => end.with(last, &value),
    }
}

/// What a token of a pointer finds.
enum Step {
    At(Range<usize>),
    Missing(End),
}

/// Where one more member of an object goes.
struct End {
    at: usize,
    follows_another: bool,
}

impl End {
    fn with(&self, name: &str, value: &str) -> Option<(Range<usize>, String)> {
        let (comma, name) = (if self.follows_another { "," } else { "" }, serde_json::to_string(name).ok()?);
        Some((self.at..self.at, format!("{comma}{name}:{value}")))
    }
}

/// Looks a token up in the object or the array that stands in this range. `None` when it is neither, has no such element, or has the
/// name twice.
fn step(body: &str, range: Range<usize>, token: &str) -> Option<Step> {
    let text = body.get(range.clone())?;
    if text.starts_with('[') {
        let elements: Vec<&RawValue> = read(text)?;
        return range_within(body, elements.get(index(token)?)?).map(Step::At);
    }
    let Members(members) = read(text)?;
    let mut named = members.iter().filter(|(name, _)| name == token);
    match (named.next(), named.next(), members.last()) {
        (Some((_, found)), None, _) => range_within(body, found).map(Step::At),
        (None, _, Some((_, last))) => {
            Some(Step::Missing(End { at: range_within(body, last)?.end, follows_another: true }))
        }
        (None, _, None) => Some(Step::Missing(End { at: range.start.checked_add(1)?, follows_another: false })),
        (Some(_), Some(_), _) => None,
    }
}

/// Undoes `~1` and `~0` (RFC 6901 section 4); `None` for any other tilde.
fn unescaped(token: &str) -> Option<String> {
    let mut pieces = token.split('~');
    let mut text = pieces.next()?.to_owned();
    for piece in pieces {
        let (tilde, rest) = piece.split_at_checked(1)?;
        text.push(match tilde {
            "0" => '~',
            "1" => '/',
            _ => return None,
        });
        text.push_str(rest);
    }
    Some(text)
}

/// An index into an array: digits without a leading zero (RFC 6901 section 4).
fn index(token: &str) -> Option<usize> {
    let is_plain = token.bytes().all(|byte| byte.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    is_plain.then(|| token.parse().ok()).flatten()
}

fn read<'t, T: Deserialize<'t>>(text: &'t str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// Where a value stands that was read out of `body`.
fn range_within(body: &str, value: &RawValue) -> Option<Range<usize>> {
    let start = value.get().as_ptr().addr().checked_sub(body.as_ptr().addr())?;
    let range = start..start.checked_add(value.get().len())?;
    (body.get(range.clone()) == Some(value.get())).then_some(range)
}

/// The members of an object in their order, the same name as often as it is there.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Each).map(Members)
    }
}
