//! What has become of a key, as far as the file says.

use countersign::{KeyId, KeyState, UnixTime};

use crate::{error::KeyFileError, fields::Fields};

/// A key's state, its place in a ring, and when it was created.
pub(crate) struct Life {
    /// `None` where the file does not say: active.
    pub(crate) state: Option<KeyState>,
    pub(crate) created: Option<UnixTime>,
    /// What the key is called in a ring, where that is not its id.
    pub(crate) ring_id: Option<KeyId>,
}

impl Life {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, KeyFileError> {
        let until = fields.until.map(|field| field.moment("until")).transpose()?;
        let state = match (fields.state, until) {
            (None, _) => None,
            (Some(field), until) => Some(match (field.text("state")?, until) {
                ("pending", _) => KeyState::Pending,
                ("active", _) => KeyState::Active,
                ("retiring", Some(until)) => KeyState::Retiring { until },
                ("retiring", None) => return Err(KeyFileError::MissingField { line: fields.line, field: "until" }),
                ("disposed", _) => KeyState::Disposed,
                ("compromised", _) => KeyState::Compromised,
                _ => {
                    let expected = "pending, active, retiring, disposed or compromised";
                    return Err(KeyFileError::WrongType { line: field.line, field: "state", expected });
                }
            }),
        };
        if let Some(field) = fields.until.filter(|_| !matches!(state, Some(KeyState::Retiring { .. }))) {
            return Err(KeyFileError::NotRetiring { line: field.line });
        }
        let ring_id = fields.ring_id.map(|field| {
            let id = KeyId::new(field.text("ring_id")?);
            id.map_err(|source| KeyFileError::Key { line: field.line, source })
        });
        Ok(Self {
            state,
            created: fields.created.map(|field| field.moment("created")).transpose()?,
            ring_id: ring_id.transpose()?,
        })
    }
}
