//! Refusing a request without reading the rest of its body.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::Payload,
    error::InternalError,
    web::Bytes,
};

use crate::refusal::Refusal;

/// An answer that keeps the payload it leaves unread until it is sent.
///
/// actix-web reads a chunked body to its end, however far that is, once nobody holds its payload any more; while somebody
/// does, it closes the connection behind the answer.
struct Unread {
    answer: BoxBody,
    _payload: Payload,
}

impl MessageBody for Unread {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(cx)
    }
}

/// The answer to a refused request whose payload is left as it is.
pub(crate) fn response(refusal: &Refusal, payload: Payload) -> HttpResponse {
    let response = refusal.error_response();
    if matches!(payload, Payload::None) {
        return response;
    }
    response.map_body(|_, answer| BoxBody::new(Unread { answer, _payload: payload }))
}

/// The same as an extractor's error.
pub(crate) fn error(refusal: Refusal, payload: Payload) -> Error {
    if matches!(payload, Payload::None) {
        return refusal.into();
    }
    let response = response(&refusal, payload);
    InternalError::from_response(refusal, response).into()
}
