//! The pairs of a form or of a query: read, put in order, and written into what is signed.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::{
    plan::PairsPlan,
    spec::{Blank, Escape, Repeated, Sort},
    template::Token,
};
use crate::error::VerifyError;

/// The most pairs that are read: each is the peer's to write.
const MOST: usize = 4096;

/// What stays as it is between percent escapes (RFC 3986 section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A name and its value, both decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair<'v> {
    pub(super) name: Cow<'v, [u8]>,
    pub(super) value: Cow<'v, [u8]>,
}

/// Reads pairs as browsers write them (`application/x-www-form-urlencoded`): bytes, since nothing says that they are text.
pub(super) fn read(text: &[u8]) -> Result<Vec<Pair<'_>>, VerifyError> {
    let mut pairs = Vec::new();
    for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if pairs.len() >= MOST {
            return Err(VerifyError::Malformed("it has too many pairs"));
        }
        let at = memchr::memchr(b'=', pair).unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(at).unwrap_or((pair, b""));
        pairs.push(Pair { name: decoded(name), value: decoded(value.strip_prefix(b"=").unwrap_or(value)) });
    }
    Ok(pairs)
}

fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'+', b'%', text).is_none() {
        return Cow::Borrowed(text);
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

/// The only value of a name.
pub(super) fn single<'p, 'v>(pairs: &'p [Pair<'v>], name: &str) -> Result<Option<&'p Cow<'v, [u8]>>, VerifyError> {
    let mut named = pairs.iter().filter(|pair| *pair.name == *name.as_bytes());
    let found = named.next().map(|pair| &pair.value);
    if named.next().is_some() { Err(VerifyError::Ambiguous("pair of one name")) } else { Ok(found) }
}

/// A query without the pairs of a name, and else as it was sent.
pub(super) fn without<'q>(query: &'q str, name: &str) -> Cow<'q, str> {
    let is = |pair: &&str| decoded(pair.split_once('=').map_or(*pair, |(name, _)| name).as_bytes()) == name.as_bytes();
    if !query.split('&').any(|pair| is(&pair)) {
        return Cow::Borrowed(query);
    }
    query.split('&').filter(|pair| !is(pair)).collect::<Vec<_>>().join("&").into()
}

impl PairsPlan {
    /// Whether a pair of this name is among those that are signed.
    pub(super) fn covers(&self, name: &str) -> bool {
        !self.spec.except.iter().any(|except| except == name)
    }

    /// Appends the pairs as they are signed.
    pub(super) fn write(&self, pairs: &[Pair<'_>], push: &mut dyn FnMut(&[u8])) -> Result<(), VerifyError> {
        let spec = &self.spec;
        let left_out = |pair: &Pair<'_>| spec.except.iter().any(|except| *except.as_bytes() == *pair.name);
        let mut signed: Vec<Pair<'_>> = pairs.iter().filter(|pair| !left_out(pair)).cloned().collect();
        if spec.reject_control && signed.iter().any(|pair| has_control(&pair.name) || has_control(&pair.value)) {
            return Err(VerifyError::Malformed("a pair with a control character"));
        }
        self.settle_repeated(&mut signed)?;
        if spec.empty == Blank::Skip {
            signed.retain(|pair| !pair.value.is_empty());
        }
        match spec.sort {
            Sort::Key => signed.sort_by(|one, other| one.name.cmp(&other.name)),
            Sort::KeyValue => signed.sort_by(|one, other| (&one.name, &one.value).cmp(&(&other.name, &other.value))),
            Sort::Line | Sort::AsSent => {}
        }
        if spec.dup == Repeated::Dedupe {
            let mut seen = HashSet::new();
            let is_first: Vec<bool> = signed.iter().map(|pair| seen.insert((&pair.name, &pair.value))).collect();
            let mut is_first = is_first.into_iter();
            signed.retain(|_| is_first.next().unwrap_or(true));
        }
        let mut lines: Vec<Vec<u8>> = signed.iter().map(|pair| self.line(pair)).collect();
        if spec.sort == Sort::Line {
            lines.sort();
        }
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                push(spec.join.as_bytes());
            }
            push(line);
        }
        Ok(())
    }

    fn settle_repeated(&self, signed: &mut Vec<Pair<'_>>) -> Result<(), VerifyError> {
        let mut names: Vec<&[u8]> = signed.iter().map(|pair| &*pair.name).collect();
        names.sort_unstable();
        if !names.windows(2).any(|two| two.first() == two.last()) {
            return Ok(());
        }
        match &self.spec.dup {
            Repeated::Reject => Err(VerifyError::Ambiguous("pair of one name")),
            Repeated::Dedupe => Ok(()),
            Repeated::Join(between) => {
                let mut joined: Vec<Pair<'_>> = Vec::new();
                let mut places = HashMap::new();
                for pair in signed.drain(..) {
                    let place = *places.entry(pair.name.clone()).or_insert(joined.len());
                    match joined.get_mut(place) {
                        Some(earlier) => {
                            let value = earlier.value.to_mut();
                            value.extend_from_slice(between.as_bytes());
                            value.extend_from_slice(&pair.value);
                        }
                        None => joined.push(pair),
                    }
                }
                *signed = joined;
                Ok(())
            }
        }
    }

    fn line(&self, pair: &Pair<'_>) -> Vec<u8> {
        let mut line = Vec::new();
        for token in &self.pair {
            let value = match token {
                Token::Text(text) => {
                    line.extend_from_slice(text.as_bytes());
                    continue;
                }
                Token::Name(name) if name == "k" => &pair.name,
                Token::Name(_) => &pair.value,
            };
            match self.spec.value {
                Escape::None => line.extend_from_slice(value),
                Escape::Percent => line.extend(percent_encode(value, ESCAPED).flat_map(str::bytes)),
            }
        }
        line
    }
}

fn has_control(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_control)
}

#[cfg(test)]
mod tests;
