//! Why the command ends without a result.

use std::{path::Path, process::ExitCode};

use countersign::{ComponentError, KeyError, SignError};
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

    /// What is wrong with a key file, by its name.
    pub(crate) fn key_file(path: &Path, error: &KeyFileError) -> Self {
        match error {
            // It names the file itself.
            KeyFileError::Unreadable { .. } => Self::Misuse(error.to_string()),
            error => Self::Misuse(format!("{}: {error}", path.display())),
        }
    }

    /// Why a key cannot be used that does not come from a key file, which alone says what danger is accepted.
    pub(crate) fn key(place: &str, error: &KeyError) -> Self {
        Self::Misuse(match error {
            KeyError::ShortSecret(_) | KeyError::WeakAlgorithm(_) => {
                format!("{place}: weak: only a key file with dangerous = true takes it")
            }
            error => format!("{place}: {error}"),
        })
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

impl From<ComponentError> for Failure {
    /// A list that came from a flag.
    fn from(error: ComponentError) -> Self {
        Self::Misuse(format!("--headers: {error}"))
    }
}
