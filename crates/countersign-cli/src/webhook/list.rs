//! `webhook list`: the providers whose layouts are known.

use countersign::webhook::Preset;

use super::{describe, facts::Facts};

/// A line for each, or all about one.
pub(crate) fn tell(one: Option<&'static Preset>) -> String {
    if let Some(preset) = one {
        return describe::describe(preset, &Facts::of(preset));
    }
    let rows: Vec<[String; 4]> = Preset::all().map(row).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths = [0, 1, 2, 3].map(width);
    let line = |row: &[String; 4]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn row(preset: &Preset) -> [String; 4] {
    let facts = Facts::of(preset);
    let marks = [(facts.signs_url, "--url"), (facts.is_dangerous, "dangerous")];
    let marks: Vec<_> = marks.into_iter().filter_map(|(is, mark)| is.then_some(mark)).collect();
    [preset.name().to_owned(), describe::evidence(preset), facts.tolerance(), marks.join(" ")]
}
