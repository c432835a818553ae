//! The answer to a refused request, as the user wants it.

use std::{fmt, sync::Arc};

use actix_web::{
    HttpResponse, ResponseError,
    http::{ConnectionType, StatusCode, header},
};

use crate::refusal::{RETRY_AFTER, Refusal};

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
    pub const fn challenge(&self) -> Option<&str> {
        self.0.challenge()
    }

    /// One sentence for the peer, the same for all failed authentications.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.to_string()
    }
}

/// How refusals are answered.
#[derive(Clone, Default)]
pub(crate) enum Answering {
    #[default]
    Plain,
    Own(Arc<dyn Fn(&Answer<'_>) -> HttpResponse + Send + Sync>),
    WithCause(Arc<dyn Fn(&Refusal) -> HttpResponse + Send + Sync>),
}

impl Answering {
    pub(crate) fn answer(&self, refusal: &Refusal) -> HttpResponse {
        let mut response = match self {
            Self::Plain => HttpResponse::build(refusal.status_code())
                .content_type("text/plain; charset=utf-8")
                .body(format!("{refusal}\n")),
            Self::Own(own) => own(&Answer(refusal)),
            Self::WithCause(own) => own(refusal),
        };
        // What a client needs in order to do better, whoever wrote the rest.
        match response.status() {
            StatusCode::UNAUTHORIZED => add(&mut response, header::WWW_AUTHENTICATE, refusal.challenge()),
            StatusCode::SERVICE_UNAVAILABLE => add(&mut response, header::RETRY_AFTER, Some(RETRY_AFTER)),
            _ => {}
        }
        if refusal.leaves_body_unread() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    }
}

fn add(response: &mut HttpResponse, name: header::HeaderName, value: Option<&str>) {
    let value = value.and_then(|value| header::HeaderValue::from_str(value).ok());
    if let Some(value) = value.filter(|_| !response.headers().contains_key(&name)) {
        response.headers_mut().insert(name, value);
    }
}

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Own(_) => "Own",
            Self::WithCause(_) => "WithCause",
        })
    }
}
