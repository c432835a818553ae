//! The file as it stands: tables, fields and their lines, without any judgement of the keys.

use std::{borrow::Cow, ops::Range};

use countersign::UnixTime;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use zeroize::Zeroizing;

use crate::error::KeyFileError;

/// One `[[key]]`.
pub(crate) struct RawKey {
    /// Where it begins.
    pub(crate) line: usize,
    /// Its fields in the order of the file.
    pub(crate) fields: Vec<RawField>,
}

/// One field of a key.
pub(crate) struct RawField {
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) value: RawValue,
    /// Where the value stands in the text, with its quotes.
    pub(crate) span: Range<usize>,
}

/// The types of value that a key has.
pub(crate) enum RawValue {
    Text(Zeroizing<String>),
    Bool(bool),
    /// A whole number that is not negative.
    Number(u64),
    Other,
}

impl RawField {
    /// The text of the field's value.
    pub(crate) fn text(&self, field: &'static str) -> Result<&str, KeyFileError> {
        match &self.value {
            RawValue::Text(text) => Ok(text),
            _ => Err(KeyFileError::WrongType { line: self.line, field, expected: "a string" }),
        }
    }

    /// The truth of the field's value.
    pub(crate) fn truth(&self, field: &'static str) -> Result<bool, KeyFileError> {
        match &self.value {
            RawValue::Bool(truth) => Ok(*truth),
            _ => Err(KeyFileError::WrongType { line: self.line, field, expected: "true or false" }),
        }
    }

    /// The moment that the field's value is.
    pub(crate) fn moment(&self, field: &'static str) -> Result<UnixTime, KeyFileError> {
        match self.value {
            RawValue::Number(seconds) => Ok(UnixTime::from_secs(seconds)),
            _ => Err(KeyFileError::WrongType { line: self.line, field, expected: "whole seconds since 1970" }),
        }
    }
}

/// Reads the tables of a file.
pub(crate) fn read(text: &str) -> Result<Vec<RawKey>, KeyFileError> {
    let lines = Lines::new(text);
    let table = DeTable::parse(text).map_err(|error| KeyFileError::Syntax { line: lines.of(error.span()) })?;
    let mut keys = Vec::new();
    for (name, value) in in_order(table.into_inner()) {
        if name.get_ref() != "key" {
            let name_line = lines.at(&name);
            return Err(KeyFileError::UnknownField { line: name_line, name: name.into_inner().into_owned() });
        }
        let wrong = |line| KeyFileError::WrongType { line, field: "key", expected: "a table in double brackets" };
        let line = lines.at(&name);
        let DeValue::Array(tables) = value.into_inner() else { return Err(wrong(line)) };
        for table in tables {
            let line = lines.at(&table);
            let DeValue::Table(fields) = table.into_inner() else { return Err(wrong(line)) };
            keys.push(RawKey { line, fields: in_order(fields).map(|field| lines.field(field)).collect() });
        }
    }
    Ok(keys)
}

type RawPair<'t> = (Spanned<Cow<'t, str>>, Spanned<DeValue<'t>>);

/// The fields of a table in the order of the file, in which mistakes are told.
fn in_order(table: DeTable<'_>) -> impl Iterator<Item = RawPair<'_>> {
    let mut fields: Vec<_> = table.into_iter().collect();
    fields.sort_by_key(|(name, _)| name.span().start);
    fields.into_iter()
}

/// From places in a text to its lines.
struct Lines {
    /// Where each line begins but the first. Looked up, since a file has as many fields to ask for as it has lines.
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { starts: ends.map(|(end, _)| end.saturating_add(1)).collect() }
    }

    fn of(&self, span: Option<Range<usize>>) -> usize {
        let start = span.map_or(0, |span| span.start);
        self.starts.partition_point(|line| *line <= start).saturating_add(1)
    }

    fn at<T>(&self, part: &Spanned<T>) -> usize {
        self.of(Some(part.span()))
    }

    fn field(&self, (name, value): RawPair<'_>) -> RawField {
        let (line, span) = (self.at(&name), value.span());
        let value = match value.into_inner() {
            // Taken over, not copied, where the reader had to make a text of its own.
            DeValue::String(text) => RawValue::Text(Zeroizing::new(text.into_owned())),
            DeValue::Boolean(truth) => RawValue::Bool(truth),
            // TOML's own numbers go no further.
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()).map(u64::try_from) {
                Ok(Ok(number)) => RawValue::Number(number),
                _ => RawValue::Other,
            },
            _ => RawValue::Other,
        };
        RawField { line, name: name.into_inner().into_owned(), value, span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_behind_the_end_of_the_one_before() {
        let lines = Lines::new("ab\r\n\nc\n");
        let of = |start| lines.of(Some(start..start));
        assert_eq!([0, 3, 4, 5, 6, 7, 99].map(of), [1, 1, 2, 3, 3, 4, 4]);
        assert_eq!((lines.of(None), Lines::new("").of(Some(0..0))), (1, 1));
        assert_eq!(lines.starts, [4, 5, 7]);
    }

    #[test]
    fn every_field_of_a_long_file_has_its_line() {
        let text = "[[key]]\nid = 'a'\nsecret = 'b'\n".repeat(10_000);
        let keys = read(&text).unwrap();
        let lines =
            keys.iter().flat_map(|key| std::iter::once(key.line).chain(key.fields.iter().map(|field| field.line)));
        assert!(lines.eq(1..=30_000));
    }
}
