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
    let lines = Lines(text);
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
struct Lines<'t>(&'t str);

impl Lines<'_> {
    fn of(&self, span: Option<Range<usize>>) -> usize {
        let start = span.map_or(0, |span| span.start);
        let before = self.0.as_bytes().iter().take(start);
        before.filter(|byte| **byte == b'\n').count().saturating_add(1)
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
