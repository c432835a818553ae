//! Refusing a request without reading the rest of its body.

use std::{
    cell::Cell,
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    HttpResponse, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::Payload,
    http::StatusCode,
    web::Bytes,
};

use crate::{answer::Answering, refusal::Refusal};

/// The error of the extractors: a [`Refusal`], and the body that it leaves unread.
///
/// actix-web reads a chunked body to its end, however far that is, once nobody holds its payload any more. While somebody does,
/// it closes the connection behind the answer: so the refusal holds it until the answer is sent.
///
/// ```
/// use countersign_actix::{Refusal, Refused};
///
/// fn is_over_the_limit(error: &actix_web::Error) -> bool {
///     matches!(error.as_error::<Refused>().map(Refused::refusal), Some(Refusal::BodyTooLarge))
/// }
/// # let _ = is_over_the_limit;
/// ```
pub struct Refused {
    refusal: Refusal,
    unread: Cell<Payload>,
    answering: Answering,
}

impl Refused {
    pub(crate) const fn new(refusal: Refusal, unread: Payload, answering: Answering) -> Self {
        Self { refusal, unread: Cell::new(unread), answering }
    }

    /// Why the request was refused.
    #[must_use]
    pub const fn refusal(&self) -> &Refusal {
        &self.refusal
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.refusal.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        hold(self.answering.answer(&self.refusal), self.unread.replace(Payload::None))
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.refusal.source()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refused").field(&self.refusal).finish()
    }
}

/// An error that is not ours, with the body that it leaves unread.
pub(crate) struct Unread {
    error: actix_web::Error,
    unread: Cell<Payload>,
}

impl Unread {
    pub(crate) const fn new(error: actix_web::Error, unread: Payload) -> Self {
        Self { error, unread: Cell::new(unread) }
    }
}

impl ResponseError for Unread {
    fn status_code(&self) -> StatusCode {
        self.error.as_response_error().status_code()
    }

    fn error_response(&self) -> HttpResponse {
        hold(self.error.error_response(), self.unread.replace(Payload::None))
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

fn hold(answer: HttpResponse, unread: Payload) -> HttpResponse {
    answer.map_body(|_, body| match unread {
        Payload::None => body,
        unread => BoxBody::new(Held { body, _unread: unread }),
    })
}

/// An answer that keeps the payload it leaves unread until it is sent.
struct Held {
    body: BoxBody,
    _unread: Payload,
}

impl MessageBody for Held {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
