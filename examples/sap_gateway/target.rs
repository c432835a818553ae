//! What the gateway sends on to: a system that knows users and passwords alone.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU16, Ordering},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Bytes, Data, ServiceConfig},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{PASSWORD, USER, gateway::CORRELATION};

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The names of its fields, in order.
    pub fields: Vec<String>,
    /// Its body.
    pub body: Bytes,
}

/// The system, and what reached it.
#[derive(Debug, Default)]
pub struct Target {
    arrivals: Mutex<Vec<Arrival>>,
    status: AtomicU16,
}

impl Target {
    /// What has arrived since the last call, with the right password or not.
    #[must_use]
    pub fn take(&self) -> Vec<Arrival> {
        std::mem::take(&mut self.arrivals.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers with this status from now on; with 200 unless set.
    pub fn answer_with(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
}

async fn process(request: HttpRequest, body: Bytes, target: Data<Target>) -> HttpResponse {
    let mut fields: Vec<_> = request.headers().keys().map(ToString::to_string).collect();
    fields.sort();
    let mut arrivals = target.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
    arrivals.push(Arrival { fields, body });
    let expected = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    let given = request.headers().get("authorization").map(actix_web::http::header::HeaderValue::as_bytes);
    if given != Some(expected.as_bytes()) {
        return HttpResponse::Unauthorized().insert_header(("www-authenticate", "Basic realm=\"target\"")).finish();
    }
    let status = StatusCode::from_u16(target.status.load(Ordering::SeqCst)).unwrap_or(StatusCode::OK);
    let mut answer = HttpResponse::build(status);
    answer.insert_header((CORRELATION, format!("log-{}", arrivals.len()))).insert_header(("location", "/elsewhere"));
    answer.content_type("text/plain").body("processed")
}

/// The one route: `/flow`.
pub fn routes(target: Data<Target>) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    move |app| {
        app.app_data(target.clone()).route("/flow", web::post().to(process));
    }
}
