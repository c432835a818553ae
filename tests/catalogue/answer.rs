//! What came back.

use std::fmt;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The fields as they came, names in lower case, without the date.
    pub fields: Vec<(String, String)>,
    /// The body; bytes that are no text are replaced.
    pub body: String,
}

impl Answer {
    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn keep(fields: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
        fields.map(|(name, value)| (name.to_ascii_lowercase(), value)).filter(|(name, _)| name != "date").collect()
    }
}

/// All that came back over one connection.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The answers in the order of the requests; `None` where the stream or the connection was broken off instead.
    pub answers: Vec<Option<Answer>>,
    /// What the test itself found wrong.
    pub wrong: Option<String>,
}

impl Seen {
    /// The status of each answer; zero for a connection that was broken off.
    #[must_use]
    pub fn statuses(&self) -> Vec<u16> {
        self.answers.iter().map(|answer| answer.as_ref().map_or(0, |answer| answer.status)).collect()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses: Vec<_> = self.statuses().iter().map(ToString::to_string).collect();
        write!(f, "{}", if statuses.is_empty() { "nothing".to_owned() } else { statuses.join(", ") })
    }
}
