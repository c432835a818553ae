//! Why the store could not be asked.

use std::{borrow::Cow, time::Duration};

use redis::{ErrorKind, RedisError};
use thiserror::Error;

/// As much of a server's own words as is shown.
const LONGEST_DETAIL: usize = 200;

/// Why there is no answer to go by. Whatever it is, the request is refused as not possible now.
///
/// No message holds a password: what a server says while it is being logged in to is left out, since some repeat what they were sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No connection, or not yet again.
    #[error("no connection to the store: {reason}")]
    Unreachable {
        /// What was in the way.
        reason: String,
    },
    /// The connection ended before the answer came. Whether the command was carried out is not known.
    #[error("the connection to the store ended: {reason}")]
    Lost {
        /// How it ended.
        reason: String,
    },
    /// There was no answer in time. Whether the command was carried out is not known.
    #[error("the store did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The server refused the command.
    #[error("the store refused: {code} {detail}")]
    Refused {
        /// The error's name, such as `READONLY` or `OOM`.
        code: String,
        /// What the server says of it.
        detail: String,
    },
    /// The answer means nothing here: the key is somebody else's, or the server is no store.
    #[error("the store gave an answer to {command} that means nothing")]
    Unexpected {
        /// What it was the answer to.
        command: &'static str,
    },
}

/// Why a store cannot be set up as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No URL of a server: the text is not shown, since it may hold a password.
    #[error("a store's URL is redis://, rediss://, valkey://, valkeys:// or unix:// with a host or a path: {reason}")]
    Url {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A URL that asks for TLS, where the feature `tls` is off.
    #[error("a URL with TLS needs the feature tls")]
    NoTls,
    /// A URL that ends in `#insecure`: whoever stands between could answer for the store.
    #[error("a certificate that is not checked protects nothing: give the store's own root instead of #insecure")]
    Insecure,
    /// Certificates or a key that cannot be read, or that stand beside a URL without TLS.
    #[error("certificates: {reason}")]
    Certificates {
        /// What is wrong with them.
        reason: String,
    },
    /// No server at all, or servers of one cluster that are to be reached in different ways.
    #[error("a cluster: {reason}")]
    Cluster {
        /// What is wrong.
        reason: String,
    },
    /// A prefix that is empty, longer than 64 bytes, or that has anything but letters, digits and `-_.:/` in it.
    #[error("a prefix is 1 to 64 letters, digits and -_.:/")]
    Prefix,
    /// A time limit or a number of connections that is zero.
    #[error("{0} cannot be zero")]
    Zero(&'static str),
    /// The system gave no random number.
    #[error("no random number: {0}")]
    Random(String),
}

impl StoreError {
    /// What went wrong on a connection that was there.
    pub(crate) fn of(error: &RedisError, command: &'static str) -> Self {
        match (error.kind(), error.code()) {
            (ErrorKind::Parse | ErrorKind::UnexpectedReturnType, _) => Self::Unexpected { command },
            (_, Some(code)) => Self::Refused { code: shown(code), detail: shown(error.detail().unwrap_or_default()) },
            _ => Self::Lost { reason: reason(error).into_owned() },
        }
    }

    /// What was in the way of a connection. The server's own words stay out of it, but for the name of its error.
    pub(crate) fn unreachable(error: &RedisError) -> Self {
        let reason = match error.code() {
            Some(code) => Cow::Owned(format!("the server refused: {}", shown(code))),
            None => reason(error),
        };
        Self::Unreachable { reason: reason.into_owned() }
    }
}

/// The words of the system or of TLS, where it is one of the two, and otherwise no more than what kind of an error it is.
fn reason(error: &RedisError) -> Cow<'_, str> {
    let is_ours = matches!(error.kind(), ErrorKind::Io | ErrorKind::Client);
    match (std::error::Error::source(error), error.detail()) {
        (Some(source), _) if is_ours => Cow::Owned(source.to_string()),
        // A cluster tells what was in the way of one of its servers, but that may have been the server's own words.
        (_, Some(detail)) if is_ours && detail.contains("(os error ") => Cow::Borrowed(detail),
        _ => Cow::Borrowed(error.category()),
    }
}

fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_DETAIL).collect()
}
