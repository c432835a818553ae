//! Why a request was not signed.

use std::error::Error as StdError;

use countersign::{FieldName, SignError};
use thiserror::Error;

/// Why a request was not signed. It is unchanged, and was not sent.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The request lacks what is to be covered, or a place for the signature.
    #[error("the request cannot be signed: {0}")]
    Sign(#[from] SignError),
    /// A field that is to be set cannot stand in a header.
    #[error("{0} cannot be set to what is to be signed")]
    InvalidField(FieldName),
    /// The request's `Content-Length` is not its body's: so many bytes would be sent, and others signed.
    #[error("Content-Length is not the body's")]
    LengthMismatch,
    /// The service that holds the key did not sign.
    #[error("the key's service did not sign: {0}")]
    KeyService(#[source] Box<dyn StdError + Send + Sync>),
    /// The URL would escape its query otherwise than what was signed.
    #[error("the URL cannot have the query that was signed")]
    InvalidQuery,
    /// The signature goes into the body, and the body is a stream.
    #[error("the signature goes into the body, which is not at hand")]
    UnreadBody,
    /// The signature goes into a form, and the request's `Content-Type` does not say that its body is one.
    #[error("the signature goes into a form, and Content-Type does not say that the body is one")]
    NotAForm,
    /// A field that describes the body as it was before the signature went into it: set it to what it is to be afterwards, or leave it
    /// to the client.
    #[error("{0} describes the body as it is without its signature")]
    StaleField(FieldName),
}
