//! A layout in a file.

use std::{fs, path::Path};

use countersign::webhook::Spec;
use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeTable, DeValue, Deserializer},
};

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
/// What the readers have to say quotes the file, which may be a secret where the wrong one is named: nothing of it is passed on.
const NO_LAYOUT: &str = "a name or a value that no layout has, or one that is missing";

fn from_toml(text: &str) -> Result<(Option<String>, Spec), String> {
    let at = |error: &toml::de::Error, what: &str| match error.span() {
        Some(span) => {
            let before = text.bytes().take(span.start).filter(|byte| *byte == b'\n').count();
            format!("line {}: {what}", before.saturating_add(1))
        }
        None => what.to_owned(),
    };
    let mut table = DeTable::parse(text).map_err(|error| at(&error, "not TOML"))?;
    // Beside the fields of a layout, all others of which are mistakes.
    let name = match table.get_mut().remove("name").map(Spanned::into_inner) {
        None => None,
        Some(DeValue::String(name)) => Some(name.into_owned()),
        Some(_) => return Err(NAME.to_owned()),
    };
    let spec = Spec::deserialize(Deserializer::from(table)).map_err(|error| at(&error, NO_LAYOUT))?;
    Ok((name, spec))
}

fn from_json(text: &str) -> Result<(Option<String>, Spec), String> {
    let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).map_err(|error| {
        let what = if error.is_data() { "no JSON object" } else { "not JSON" };
        format!("line {}: {what}", error.line())
    })?;
    let name = match object.remove("name") {
        None => None,
        Some(serde_json::Value::String(name)) => Some(name),
        Some(_) => return Err(NAME.to_owned()),
    };
    let spec = serde_json::from_value(object.into()).map_err(|_| NO_LAYOUT.to_owned())?;
    Ok((name, spec))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_file_is_told_without_a_word_of_it() {
        let line = |line: usize| format!("line {line}: {NO_LAYOUT}");
        for (text, expected) in [
            ("s3cret-value", "line 1: not TOML".to_owned()),
            ("mac = \"hmac-sha256\"\nkey = \"s3cret-value\"", line(2)),
            ("mac = \"s3cret-value\"", line(1)),
            ("\n[s3cret-value]\na = 1", line(2)),
            ("name = [\"s3cret-value\"]", NAME.to_owned()),
        ] {
            assert_eq!(from_toml(text).unwrap_err(), expected, "{text}");
        }
        for (text, expected) in [
            ("s3cret-value", "line 1: not JSON"),
            ("\"s3cret-value\"", "line 1: no JSON object"),
            ("{\n\"s3cret-value\"", "line 2: not JSON"),
            (r#"{"key":"s3cret-value"}"#, NO_LAYOUT),
            (r#"{"mac":"s3cret-value"}"#, NO_LAYOUT),
            (r#"{"s3cret-value":1}"#, NO_LAYOUT),
            (r#"{"name":["s3cret-value"]}"#, NAME),
        ] {
            assert_eq!(from_json(text).unwrap_err(), expected, "{text}");
        }
    }
}
