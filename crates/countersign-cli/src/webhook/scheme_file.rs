//! A layout in a file.

use std::{fs, path::Path};

use countersign::webhook::Spec;
use serde::Deserialize;

use crate::failure::Failure;

/// Reads a layout and its name, which is the file's without its end where the file gives none.
pub(crate) fn read(path: &Path) -> Result<(String, Spec), Failure> {
    let wrong = |reason: &str| Failure::misuse(format!("{}: {}", path.display(), reason.trim_end().replace('\n', " ")));
    let text = fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let is_json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
    let read = if is_json { from_json(&text) } else { from_toml(&text) };
    let (name, spec) = read.map_err(|reason| wrong(&reason))?;
    Ok((name.unwrap_or(stem), spec))
}

const NAME: &str = "name has to be a string";

fn from_toml(text: &str) -> Result<(Option<String>, Spec), String> {
    // What TOML's reader has to say quotes the text, which may be a secret where the wrong file is named.
    let not_toml = |error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.bytes().take(start).filter(|byte| *byte == b'\n').count();
        format!("line {}: not TOML", before.saturating_add(1))
    };
    let mut table: toml::Table = toml::from_str(text).map_err(not_toml)?;
    // Beside the fields of a layout, all others of which are mistakes.
    let name = match table.remove("name") {
        None => None,
        Some(toml::Value::String(name)) => Some(name),
        Some(_) => return Err(NAME.to_owned()),
    };
    let spec = Spec::deserialize(table).map_err(|error| error.to_string())?;
    Ok((name, spec))
}

fn from_json(text: &str) -> Result<(Option<String>, Spec), String> {
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let name = match object.remove("name") {
        None => None,
        Some(serde_json::Value::String(name)) => Some(name),
        Some(_) => return Err(NAME.to_owned()),
    };
    let spec = serde_json::from_value(object.into()).map_err(|error| error.to_string())?;
    Ok((name, spec))
}
