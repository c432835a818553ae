//! What became of a request: a line for people, or an object for machines.

use countersign::{KeyId, Verified, VerifyError};
use serde::Serialize;

use crate::{Outcome, failure::Failure};

/// What became of a request.
pub(crate) enum Verdict<'v> {
    Accepted {
        /// What the key is called that it was verified with, where it is called anything.
        key: Option<&'v KeyId>,
        verified: &'v Verified,
    },
    Refused {
        error: &'v VerifyError,
        /// What the request says of its key.
        claimed: Option<KeyId>,
    },
}

impl Verdict<'_> {
    pub(crate) fn outcome(&self, as_json: bool) -> Result<Outcome, Failure> {
        let output = if as_json { self.json()? } else { self.line() };
        Ok(Outcome { output: format!("{output}\n").into_bytes(), refused: matches!(self, Self::Refused { .. }) })
    }

    fn line(&self) -> String {
        match self {
            Self::Accepted { key, verified } => {
                let key = one_word(key.map_or("", KeyId::as_str));
                format!("accepted key={key} covered=\"{}\"", verified.covered())
            }
            Self::Refused { error, .. } => format!("refused {}: {error}", error.code()),
        }
    }

    fn json(&self) -> Result<String, Failure> {
        let json = match self {
            Self::Accepted { key, verified } => Json {
                result: "accepted",
                key: key.map(KeyId::as_str),
                covered: Some(verified.covered().as_str()),
                ..Json::default()
            },
            Self::Refused { error, claimed } => Json {
                result: "refused",
                key: claimed.as_ref().map(KeyId::as_str),
                cause: Some(error.code()),
                detail: Some(error.to_string()),
                ..Json::default()
            },
        };
        serde_json::to_string(&json).map_err(|error| Failure::misuse(error.to_string()))
    }
}

/// A key id that cannot be taken for the rest of the line: without white space and quotation marks.
fn one_word(id: &str) -> String {
    let safe = |char: char| !char.is_whitespace() && !matches!(char, '"' | '\\');
    id.chars().map(|char| if safe(char) { char.to_string() } else { char.escape_unicode().to_string() }).collect()
}

/// The verdict for machines. All fields are always there.
#[derive(Default, Serialize)]
struct Json<'v> {
    result: &'static str,
    /// Proven where the result is `accepted`, and a claim where it is `refused`.
    key: Option<&'v str>,
    covered: Option<&'v str>,
    cause: Option<&'static str>,
    detail: Option<String>,
}
