//! The fields of one table, each in its place.

use countersign::Algorithm;

use crate::{
    error::KeyFileError,
    kind::SourceKind,
    raw::{RawField, RawKey},
};

/// What stands for an algorithm where the scheme of a webhook says which it is.
pub(crate) const WEBHOOK: &str = "webhook";

/// The fields of a table, each in its place.
pub(crate) struct Fields<'r> {
    /// Where the table begins.
    pub(crate) line: usize,
    pub(crate) id: &'r RawField,
    pub(crate) ring_id: Option<&'r RawField>,
    pub(crate) name: Option<&'r RawField>,
    pub(crate) algorithm: &'r RawField,
    pub(crate) scheme: Option<&'r RawField>,
    pub(crate) dangerous: Option<&'r RawField>,
    pub(crate) state: Option<&'r RawField>,
    pub(crate) created: Option<&'r RawField>,
    pub(crate) until: Option<&'r RawField>,
    pub(crate) source: (SourceKind, &'r RawField),
}

impl<'r> Fields<'r> {
    pub(crate) fn read(raw: &'r RawKey) -> Result<Self, KeyFileError> {
        let (mut id, mut ring_id, mut name, mut algorithm, mut scheme) = (None, None, None, None, None);
        let (mut dangerous, mut state, mut created, mut until, mut source) = (None, None, None, None, None);
        for field in &raw.fields {
            let kind = SourceKind::ALL.iter().copied().find(|kind| kind.field() == field.name);
            match (kind, field.name.as_str()) {
                (Some(second), _) => {
                    if let Some((first, _)) = source.replace((second, field)) {
                        return Err(KeyFileError::SeveralSources { line: field.line, first, second });
                    }
                }
                (None, "id") => id = Some(field),
                (None, "ring_id") => ring_id = Some(field),
                (None, "name") => name = Some(field),
                (None, "algorithm") => algorithm = Some(field),
                (None, "scheme") => scheme = Some(field),
                (None, "dangerous") => dangerous = Some(field),
                (None, "state") => state = Some(field),
                (None, "created") => created = Some(field),
                (None, "until") => until = Some(field),
                (None, name) => {
                    return Err(KeyFileError::UnknownField { line: field.line, name: name.to_owned() });
                }
            }
        }
        let line = raw.line;
        Ok(Self {
            line,
            id: id.ok_or(KeyFileError::MissingField { line, field: "id" })?,
            ring_id,
            name,
            algorithm: algorithm.ok_or(KeyFileError::MissingField { line, field: "algorithm" })?,
            scheme,
            dangerous,
            state,
            created,
            until,
            source: source.ok_or(KeyFileError::NoSource { line })?,
        })
    }

    /// The registered name alone: a file of ours need not guess at the spellings of others. `None` for a webhook's text, whose scheme
    /// says what it is.
    pub(crate) fn algorithm(&self) -> Result<Option<Algorithm>, KeyFileError> {
        let name = self.algorithm.text("algorithm")?;
        if name == WEBHOOK {
            return Ok(None);
        }
        let known = Algorithm::from_name(name).filter(|algorithm| algorithm.name() == name);
        known
            .map(Some)
            .ok_or_else(|| KeyFileError::UnknownAlgorithm { line: self.algorithm.line, name: name.to_owned() })
    }
}
