//! Keeps the last cause that the server logged: what whoever runs it sees, and the caller does not.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt, util::SubscriberInitExt};

/// The cause of the last refusal.
#[derive(Clone, Default)]
pub(crate) struct LastCause(Arc<Mutex<String>>);

impl LastCause {
    /// Listens to the events of the whole program.
    pub(crate) fn listen() -> Self {
        let last = Self::default();
        tracing_subscriber::registry().with(last.clone()).init();
        last
    }

    /// Takes the cause of the refusal since the last call; empty when there was none.
    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Subscriber> Layer<S> for LastCause {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("countersign") {
            event.record(&mut Recorder(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)));
        }
    }
}

/// Takes the short word for the cause.
struct Recorder<'a>(&'a mut String);

impl Visit for Recorder<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "cause" {
            value.clone_into(self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
