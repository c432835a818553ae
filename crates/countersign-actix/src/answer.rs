//! The answer to a refused request, as the user wants it.

use std::{fmt, sync::Arc};

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{
        ConnectionType, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};

use crate::refusal::{RETRY_AFTER, Refusal};

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable | Self::MemoryUnavailable | Self::DeliveryUnderWay => StatusCode::SERVICE_UNAVAILABLE,
            Self::AlreadyDelivered(status) => *status,
            Self::BodyUnreadable(error) => error.status_code(),
            Self::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        Answering::PLAIN.answer(self)
    }
}

/// What a refused request is answered with by default: all that an answer of one's own may depend on.
///
/// It holds nothing of the cause, so that no answer made from it can tell the peer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a>(&'a Refusal);

impl Answer<'_> {
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status_code()
    }

    /// The value of `WWW-Authenticate`, with status 401. It is added to the answer if that has status 401 and no such field.
    #[must_use]
    pub fn challenge(&self) -> Option<&str> {
        self.0.challenge().and_then(|challenge| std::str::from_utf8(challenge.as_bytes()).ok())
    }

    /// One sentence for the peer, the same for all failed authentications.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.to_string()
    }
}

/// How refusals are answered: plainly, unless the user has an answer of their own.
#[derive(Clone, Default)]
pub(crate) struct Answering(Option<Arc<Own>>);

enum Own {
    WithoutCause(Box<dyn Fn(&Answer<'_>) -> HttpResponse + Send + Sync>),
    WithCause(Box<dyn Fn(&Refusal) -> HttpResponse + Send + Sync>),
}

impl Answering {
    pub(crate) const PLAIN: Self = Self(None);

    pub(crate) fn without_cause(own: impl Fn(&Answer<'_>) -> HttpResponse + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(Own::WithoutCause(Box::new(own)))))
    }

    pub(crate) fn with_cause(own: impl Fn(&Refusal) -> HttpResponse + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(Own::WithCause(Box::new(own)))))
    }

    pub(crate) fn answer(&self, refusal: &Refusal) -> HttpResponse {
        let mut response = match self.0.as_deref() {
            None => plain(refusal),
            Some(Own::WithoutCause(own)) => own(&Answer(refusal)),
            Some(Own::WithCause(own)) => own(refusal),
        };
        // What a client needs in order to do better, whoever wrote the rest.
        match response.status() {
            StatusCode::UNAUTHORIZED => add(&mut response, header::WWW_AUTHENTICATE, refusal.challenge().cloned()),
            StatusCode::SERVICE_UNAVAILABLE => add(&mut response, header::RETRY_AFTER, Some(RETRY_AFTER)),
            _ => {}
        }
        if refusal.leaves_body_unread() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    }
}

fn plain(refusal: &Refusal) -> HttpResponse {
    let body = match refusal {
        // The one that anybody can ask for as often as they like.
        Refusal::Unauthenticated { .. } => Bytes::from_static(b"the request's signature was not accepted\n"),
        // Of whatever status the user chose, some of which have no body.
        Refusal::AlreadyDelivered(_) => Bytes::new(),
        other => Bytes::from(format!("{other}\n")),
    };
    let mut response = HttpResponse::with_body(refusal.status_code(), BoxBody::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn add(response: &mut HttpResponse, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value.filter(|_| !response.headers().contains_key(&name)) {
        response.headers_mut().insert(name, value);
    }
}

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.as_deref() {
            None => "Plain",
            Some(Own::WithoutCause(_)) => "WithoutCause",
            Some(Own::WithCause(_)) => "WithCause",
        })
    }
}
