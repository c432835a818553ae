//! The fields of a tracing event, as text.

use std::collections::BTreeMap;

use tracing::{
    Event,
    field::{Field, Visit},
};

/// The fields of an event by their names.
#[must_use]
pub fn fields(event: &Event<'_>) -> BTreeMap<String, String> {
    let mut fields = Fields(BTreeMap::new());
    event.record(&mut fields);
    fields.0
}

struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}
