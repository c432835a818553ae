//! Changes of single entries in the text of a file.

use countersign::KeyState;
use toml_edit::{ArrayOfTables, Decor, DocumentMut, Item, Table, Value, value};
use zeroize::Zeroizing;

use super::{
    kept::seconds,
    mask::{Masked, quoted},
    new_key::Made,
};
use crate::{error::KeyFileError, raw};

/// A text that is being changed.
pub(super) struct Edit {
    hidden: Masked,
    document: DocumentMut,
    line_end: &'static str,
    /// What stands before the text of files that some editors write.
    mark: &'static str,
}

impl Edit {
    /// To change this text, and to add this key to it, if any.
    pub(super) fn new(text: &str, incoming: Option<&Made>) -> Result<Self, KeyFileError> {
        let added: Vec<_> = incoming.into_iter().flat_map(|made| made.key.texts()).collect();
        let keys = raw::read(text)?;
        let first = keys.first().map_or(1, |key| key.line);
        let (masked, hidden) = Masked::new(text, keys, |mark| added.iter().any(|(_, text)| text.contains(mark)));
        // The editor knows LF alone.
        let lines = masked.matches('\n').count();
        let line_end = if lines > 0 && lines == masked.matches("\r\n").count() { "\r\n" } else { "\n" };
        let mark = if masked.starts_with('\u{feff}') { "\u{feff}" } else { "" };
        let document: DocumentMut = masked.parse().map_err(|_| KeyFileError::Syntax { line: first })?;
        match document.get("key") {
            None | Some(Item::ArrayOfTables(_)) => Ok(Self { hidden, document, line_end, mark }),
            // An array of inline tables, which is read, and has no lines of its own to change.
            Some(_) => {
                Err(KeyFileError::WrongType { line: first, field: "key", expected: "a table in double brackets" })
            }
        }
    }

    fn tables(&mut self) -> Option<&mut ArrayOfTables> {
        let keys = self.document.entry("key").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        keys.as_array_of_tables_mut()
    }

    /// What has become of the key whose table has this place.
    pub(super) fn set_state(&mut self, place: usize, state: KeyState) {
        if let Some(table) = self.tables().and_then(|tables| tables.get_mut(place)) {
            write_state(table, state);
        }
    }

    /// Adds an entry behind all others.
    pub(super) fn add(&mut self, made: &Made, state: KeyState) {
        let mut table = Table::new();
        for (name, text) in made.key.texts() {
            table.insert(name, value(text));
        }
        let hidden = self.hidden.hide(quoted(made.key.value()));
        table.insert(made.key.source().field(), value(hidden));
        if made.key.is_dangerous() {
            table.insert("dangerous", value(true));
        }
        write_state(&mut table, state);
        table.insert("created", value(made.created));
        let is_first = self.tables().is_none_or(|tables| tables.is_empty());
        if is_first {
            // The comments of a file without a key stand above its first.
            let above = self.document.trailing().as_str().unwrap_or_default().to_owned();
            self.document.set_trailing("");
            table.decor_mut().set_prefix(if above.is_empty() { above } else { above + "\n" });
        } else {
            table.decor_mut().set_prefix("\n");
        }
        if let Some(tables) = self.tables() {
            tables.push(table);
        }
    }

    /// Takes out the tables that have these places, with the comments right above them.
    pub(super) fn remove(&mut self, mut places: Vec<usize>) {
        places.sort_unstable();
        for place in places.into_iter().rev() {
            let Some(tables) = self.tables() else { return };
            if place >= tables.len() {
                continue;
            }
            // What a blank line divides from the entry is not about the entry.
            let kept = above_the_last_blank_line(tables.remove(place).decor());
            if kept.is_empty() {
                continue;
            }
            if let Some(next) = tables.get_mut(place) {
                let own = text_of(next.decor()).trim_start_matches('\n').to_owned();
                next.decor_mut().set_prefix(kept + &own);
            } else {
                let trailing = self.document.trailing().as_str().unwrap_or_default().to_owned();
                self.document.set_trailing(kept + &trailing);
            }
        }
    }

    pub(super) fn finish(self) -> Zeroizing<String> {
        let text = self.document.to_string();
        let text = if self.line_end == "\n" { text } else { text.replace('\n', self.line_end) };
        let mut whole = self.hidden.reveal(&text);
        if !self.mark.is_empty() {
            let mut marked = Zeroizing::new(String::with_capacity(whole.len().saturating_add(self.mark.len())));
            marked.push_str(self.mark);
            marked.push_str(&whole);
            whole = marked;
        }
        whole
    }
}

fn write_state(table: &mut Table, state: KeyState) {
    set(table, "state", state.name().into());
    match state {
        KeyState::Retiring { until } => set(table, "until", seconds(until).into()),
        _ => {
            table.remove("until");
        }
    }
}

/// Sets a field, and leaves the comment beside it.
fn set(table: &mut Table, name: &str, value: Value) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(before) => {
            let decor = before.decor().clone();
            *before = value;
            *before.decor_mut() = decor;
        }
        None => {
            table.insert(name, Item::Value(value));
        }
    }
}

fn text_of(decor: &Decor) -> &str {
    decor.prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default()
}

fn above_the_last_blank_line(decor: &Decor) -> String {
    let text = text_of(decor);
    let kept = text.rfind("\n\n").and_then(|blank| text.get(..blank.saturating_add(2))).unwrap_or_default();
    if kept.trim().is_empty() { String::new() } else { kept.to_owned() }
}
