//! Why the command ends without a result.

use std::process::ExitCode;

use countersign::{ComponentError, SignError};
use countersign_keyfile::KeyFileError;
use thiserror::Error;

/// Why there is no result, which decides how the command ends.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// What was asked for cannot be done with this request.
    #[error("{0}")]
    Refused(String),
    /// Flags, files or a message that cannot be read or do not go together.
    #[error("{0}")]
    Misuse(String),
}

impl Failure {
    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self::Refused(text.into())
    }

    pub(crate) fn misuse(text: impl Into<String>) -> Self {
        Self::Misuse(text.into())
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused(_) => 1,
            Self::Misuse(_) => 2,
        })
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<KeyFileError> for Failure {
    fn from(error: KeyFileError) -> Self {
        Self::Misuse(error.to_string())
    }
}

impl From<ComponentError> for Failure {
    /// A list that came from a flag.
    fn from(error: ComponentError) -> Self {
        Self::Misuse(format!("--headers: {error}"))
    }
}
