//! What reqwest's tracing tells of a request that is signed.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest_tracing::{SpanBackendWithUrl, TracingMiddleware};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use super::*;
use crate::{
    support::{Events, SECRET, now},
    wire::verify,
};

/// All that spans and events of this thread say, a line for each, whoever they come from.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<Vec<String>>>);

impl Everything {
    fn capture() -> (Self, [DefaultGuard; 2]) {
        // For what it knows of subscribers in other threads.
        let (_, outer) = Events::capture();
        let everything = Self::default();
        let inner = tracing_subscriber::registry().with(everything.clone()).set_default();
        (everything, [inner, outer])
    }

    fn add(&self, what: &str, record: impl FnOnce(&mut Line)) {
        let mut line = Line(what.to_owned());
        record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl<S: Subscriber> Layer<S> for Everything {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.add("span", |line| span.record(line));
    }

    fn on_record(&self, _: &Id, record: &Record<'_>, _: Context<'_, S>) {
        self.add("record", |line| record.record(line));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.add("event", |line| event.record(line));
    }
}

fn tracing() -> impl Middleware {
    TracingMiddleware::<SpanBackendWithUrl>::new()
}

fn count(lines: &[String], of: &str) -> usize {
    lines.iter().filter(|line| line.contains(of)).count()
}

/// Neither the signatures that were sent nor what they were made with.
fn tell_no_secret(lines: &[String], sent: &[Raw]) {
    let signatures = sent.iter().map(|raw| {
        let field = raw.value("signature");
        let (_, signature) = field.rsplit_once("signature=\"").unwrap();
        signature.trim_end_matches('"').to_owned()
    });
    for secret in signatures.chain([SECRET.to_owned(), BASE64_STANDARD.encode(SECRET)]) {
        assert!(secret.len() > 20 && count(lines, &secret) == 0, "{secret} in {lines:?}");
    }
}

#[actix_web::test]
async fn each_request_has_its_span_and_none_tells_a_signature() {
    let server = answering(&[Some(OK)]).await;
    for client in clients(&Signing::new(signer("alice")), tracing) {
        let (told, _guards) = Everything::capture();
        client.post(server.url("/orders?page=2")).body("{}").send().await.unwrap();
        client.get(server.url("/orders")).send().await.unwrap();

        let (lines, sent) = (told.take(), server.take());
        assert_eq!(count(&lines, "span http.request.method="), 2, "{lines:?}");
        assert_eq!(count(&lines, &format!("url.full={}", server.url("/orders?page=2"))), 1, "{lines:?}");
        assert_eq!(count(&lines, "record http.response.status_code=200"), 2, "{lines:?}");
        assert!(sent.len() == 2 && sent.iter().all(|raw| verify(raw, now()).is_ok()));
        tell_no_secret(&lines, &sent);
    }
}

#[actix_web::test]
async fn tracing_within_a_retry_has_a_span_for_each_attempt_and_around_it_one_for_all() {
    for (outside, spans) in [(true, 1), (false, 3)] {
        let server = answering(&[None, Some(BUSY), Some(OK)]).await;
        let builder = SigningClientBuilder::new(signer("alice")).reqwest(reqwest::Client::builder().no_proxy());
        let builder =
            if outside { builder.with(tracing()).with(retry()) } else { builder.with(retry()).with(tracing()) };
        let (told, _guards) = Everything::capture();
        let client = builder.build().unwrap();
        assert_eq!(client.post(server.url("/")).body("{}").send().await.unwrap().status(), 200);

        let (lines, sent) = (told.take(), server.take());
        assert_eq!(count(&lines, "span http.request.method="), spans, "{lines:?}");
        assert!(sent.len() == 3 && sent.iter().all(|raw| verify(raw, now()).is_ok()));
        tell_no_secret(&lines, &sent);
    }
}

#[actix_web::test]
async fn a_request_that_was_not_signed_says_why_in_its_span() {
    let server = answering(&[Some(OK)]).await;
    for client in clients(&Signing::new(also_covering("x-tenant")), tracing) {
        let (told, _guards) = Everything::capture();
        client.get(server.url("/")).send().await.unwrap_err();
        let lines = told.take();
        let said =
            "error.message=\"the request cannot be signed: x-tenant is to be covered, but the request has none\"";
        assert_eq!((count(&lines, "span http.request.method="), count(&lines, said)), (1, 1), "{lines:?}");
        assert!(server.take().is_empty());
        tell_no_secret(&lines, &[]);
    }
}
