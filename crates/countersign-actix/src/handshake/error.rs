//! Why a handshake is not answered.

use actix_web::{ResponseError, http::StatusCode};

/// Why a handshake is not answered. As a response it is a 403 for [`Self::WrongToken`] and a 400 for all else, with this text, which holds
/// nothing of the request.
///
/// ```
/// use actix_web::ResponseError;
/// use countersign_actix::handshake::{Error, dropbox};
///
/// let error = dropbox("challenge=%3Cscript%3E").unwrap_err();
/// assert_eq!(error, Error::Unusable("challenge"));
/// assert_eq!(error.status_code(), 400);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A handshake without this value.
    #[error("the handshake has no {0}")]
    Missing(&'static str),
    /// A handshake with this value more than once.
    #[error("the handshake has more than one {0}")]
    Repeated(&'static str),
    /// A value that is not what it is to be: another word, or a challenge that is too long or has other characters than it may.
    #[error("the handshake's {0} cannot be used")]
    Unusable(&'static str),
    /// The token is not the one that was agreed.
    #[error("the handshake's token is not ours")]
    WrongToken,
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::WrongToken => StatusCode::FORBIDDEN,
            Self::Missing(_) | Self::Repeated(_) | Self::Unusable(_) => StatusCode::BAD_REQUEST,
        }
    }
}
