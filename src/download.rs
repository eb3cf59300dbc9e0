//! Files to be saved: JSON, or CSV (RFC 4180) as spreadsheets read it.

use std::path::Path;

use csv::{Terminator, WriterBuilder};
use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::types::text_enum;

text_enum! {
    /// The formats of a file.
    Format {
        /// As everywhere else in the API.
        Json = "json",
        /// A header row, then a row for each thing.
        Csv = "csv",
    }
}

impl Format {
    /// The format that the ending of a file's name tells.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        path.extension()?.to_str()?.to_ascii_lowercase().parse().ok()
    }
}

/// A file to be saved, never shown; `nosniff` stands on every response.
#[derive(Debug)]
pub struct Download {
    /// What it is.
    pub format: Format,
    /// What it is called.
    pub name: String,
    /// All of it.
    pub body: String,
}

impl<'r> Responder<'r, 'static> for Download {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let kind = match self.format {
            Format::Json => ContentType::JSON,
            Format::Csv => ContentType::CSV,
        };
        Response::build()
            .status(Status::Ok)
            .header(kind)
            .raw_header("Content-Disposition", format!("attachment; filename=\"{}\"", self.name))
            .sized_body(self.body.len(), std::io::Cursor::new(self.body))
            .ok()
    }
}

/// Writes a table, its header first.
///
/// # Errors
/// A bug when a row has another number of cells than the header.
pub fn csv(rows: impl IntoIterator<Item = Vec<String>>) -> Result<String, Error> {
    let bug = |e: String| Error::Bug(format!("writing CSV: {e}"));
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(|e| bug(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| bug(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| bug(e.to_string()))
}

/// Writes these members of each thing, under their names. Numbers stay numbers; a text that a
/// spreadsheet would take for a formula is quoted.
///
/// # Errors
/// A bug when a thing cannot be written as JSON.
pub fn csv_of<T: Serialize>(columns: &[&str], things: &[T]) -> Result<String, Error> {
    let header = columns.iter().map(|name| (*name).to_owned()).collect();
    Ok(csv([header])? + &csv_rows(columns, things)?)
}

/// The same without the header, for what comes after the first part of a table.
///
/// # Errors
/// As above.
pub fn csv_rows<T: Serialize>(columns: &[&str], things: &[T]) -> Result<String, Error> {
    let mut rows = Vec::with_capacity(things.len());
    for thing in things {
        let thing = serde_json::to_value(thing).map_err(|e| Error::Bug(e.to_string()))?;
        let cell = |name: &&str| match &thing[*name] {
            Value::Null => String::new(),
            Value::Number(number) => number.to_string(),
            other => quoted(shown(other)),
        };
        rows.push(columns.iter().map(cell).collect());
    }
    csv(rows)
}

/// A value as people type it.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Whether a spreadsheet would take the cell for a formula, or for one that was quoted.
fn looks_like_a_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A formula gets a quote mark in front, and a text that begins with such a quote mark gets
/// one more: so taking exactly one away always gives the cell back.
#[must_use]
pub fn quoted(cell: String) -> String {
    if looks_like_a_formula(&cell) { format!("'{cell}") } else { cell }
}

/// The cell before it was [`quoted`].
#[must_use]
pub fn unquoted(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| looks_like_a_formula(cell)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_formula_is_quoted_once_and_comes_back() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-5", "'-5"),
            ("@a", "'@a"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("'=1", "''=1"),
            ("''=1", "'''=1"),
            ("'quoted'", "'quoted'"),
            ("a=b", "a=b"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(quoted(cell.to_owned()), written);
            assert_eq!(unquoted(written), cell);
        }
    }

    #[test]
    fn numbers_stay_numbers_and_texts_cannot_become_formulas() {
        let things = [json!({"name": "=HYPERLINK(1)", "points": -5, "why": null, "more": "left out"})];
        let text = csv_of(&["name", "points", "why"], &things).unwrap();
        assert_eq!(text, "name,points,why\r\n'=HYPERLINK(1),-5,\r\n");
        let text = csv_of(&["a"], &[json!({"a": "x, \"y\"\nz"})]).unwrap();
        assert_eq!(text, "a\r\n\"x, \"\"y\"\"\nz\"\r\n");
        assert_eq!(csv_of::<Value>(&["a", "b"], &[]).unwrap(), "a,b\r\n", "a header even of nothing");
    }
}
