//! Questions as CSV (RFC 4180), one row each, as spreadsheets read and write it.

use ::csv::{ByteRecord, Position, ReaderBuilder};
use serde_json::{Map, Value};

use super::column::{Column, FIXED, NEEDED};
use super::{LineError, Parsed, Place, QuestionRecord, Record};
use crate::download::{csv, quoted, shown, unquoted};
use crate::error::Error;
use crate::grading::QuestionKind;

pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut rows = reader.byte_records();
    let mut parsed = Parsed::default();
    let header = match rows.next() {
        Some(Ok(row)) => columns(&row),
        Some(Err(error)) => Err(vec![wrong(1, "", error.to_string())]),
        None => Err(vec![wrong(1, "", "the header row is missing".to_owned())]),
    };
    let columns = match header {
        Ok(columns) => columns,
        Err(errors) => {
            parsed.wrong.add(errors);
            return parsed;
        }
    };
    let mut lines = Lines { bytes, at: 0, line: 1 };
    for row in rows {
        match row {
            Ok(row) if row.iter().all(<[u8]>::is_empty) => {}
            Ok(row) => parsed.add(read(lines.of(row.position()), &columns, &row)),
            Err(error) => {
                let line = lines.of(error.position());
                parsed.wrong.add(vec![wrong(line, "", error.to_string())]);
            }
        }
    }
    parsed
}

/// Counts the lines of a file. The reader counts too, but it has not seen the second half
/// of a CRLF when the row after it begins.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of a row that is not before the one asked for last.
    fn of(&mut self, position: Option<&Position>) -> u64 {
        let begin = position.and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(self.at).max(self.at);
        let passed = self.bytes.get(self.at..begin).unwrap_or_default();
        let ends = self.bytes.get(begin..).unwrap_or_default();
        let ends = ends.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        self.at = begin + ends.clone().count();
        self.line += passed.iter().chain(ends).filter(|byte| **byte == b'\n').map(|_| 1).sum::<u64>();
        self.line
    }
}

fn wrong(line: u64, column: &str, detail: String) -> LineError {
    LineError { at: Place::Line(line), pointer: column.to_owned(), detail }
}

/// What the columns are; all that is wrong with the header is said at once.
fn columns(header: &ByteRecord) -> Result<Vec<Column>, Vec<LineError>> {
    let line = 1;
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for cell in header {
        let name = String::from_utf8_lossy(cell);
        match Column::named(&name) {
            None => {
                errors.push(wrong(line, name.trim(), format!("the column {:?} is not known", name.trim())));
            }
            Some(column) if found.contains(&column) => {
                errors.push(wrong(line, name.trim(), "the column is there twice".to_owned()));
            }
            Some(column) => found.push(column),
        }
    }
    for name in NEEDED {
        if !found.iter().any(|column| column.name() == name) {
            errors.push(wrong(line, name, format!("the column {name:?} is missing")));
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

/// Turns a row into the object that a JSON file would have in its place.
fn read(line: u64, columns: &[Column], row: &ByteRecord) -> Result<Record, Vec<LineError>> {
    if row.len() > columns.len() {
        let why =
            format!("{} cells under {} columns; is a comma outside of quotes?", row.len(), columns.len());
        return Err(vec![wrong(line, "", why)]);
    }
    let mut cells = Vec::new();
    for (column, cell) in columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
        match std::str::from_utf8(cell) {
            Ok(text) => cells.push((*column, unquoted(text))),
            Err(_) => return Err(vec![wrong(line, &column.name(), "is not UTF-8".to_owned())]),
        }
    }
    let object = object(line, &cells)?;
    Record::read(Place::Line(line), &object)
}

fn object(line: u64, cells: &[(Column, &str)]) -> Result<Map<String, Value>, Vec<LineError>> {
    let kind = cells.iter().find(|(column, _)| *column == Column::Word("kind"));
    let kind = kind.and_then(|(_, cell)| cell.trim().parse::<QuestionKind>().ok());
    let mut object = Map::new();
    for (column, cell) in cells {
        let value = match column {
            Column::Text(_) => Value::from(*cell),
            Column::Word(_) | Column::Number(_) => Value::from(cell.trim()),
            Column::Flag(_) => flag(cell),
            Column::Whole(_) => cell.trim().parse::<i64>().map_or_else(|_| Value::from(*cell), Value::from),
            Column::Answer => answer(kind, cell),
            Column::Option(_) | Column::Alias(_) => continue,
        };
        object.insert(column.name(), value);
    }
    let options = options(line, cells)?;
    if !options.is_empty() {
        object.insert("options".to_owned(), Value::from(options));
    }
    let aliases = aliases(cells);
    if !aliases.is_empty() {
        object.insert("aliases".to_owned(), Value::from(aliases));
    }
    Ok(object)
}

fn flag(cell: &str) -> Value {
    match cell.trim().to_ascii_lowercase().as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => Value::from(cell),
    }
}

/// Letters of a multiple choice may also be parted by commas or semicolons.
fn answer(kind: Option<QuestionKind>, cell: &str) -> Value {
    match kind {
        Some(QuestionKind::MultipleChoice) => {
            let letters = cell.split([' ', ',', ';']).filter(|letter| !letter.is_empty());
            Value::from(letters.collect::<Vec<_>>())
        }
        Some(QuestionKind::TrueFalse) => flag(cell),
        Some(QuestionKind::Text) | None => Value::from(cell),
        Some(QuestionKind::SingleChoice | QuestionKind::Numeric) => Value::from(cell.trim()),
    }
}

/// Options in the order of their letters. A gap would silently move the ones behind it.
fn options(line: u64, cells: &[(Column, &str)]) -> Result<Vec<String>, Vec<LineError>> {
    let mut found: Vec<_> =
        cells.iter().filter_map(|(c, cell)| option_index(*c).map(|i| (i, *cell))).collect();
    found.sort_unstable();
    match found.iter().enumerate().find(|(place, (index, _))| place != index) {
        Some((gap, _)) => {
            let column = Column::Option(gap).name();
            Err(vec![wrong(line, &column, "is empty, but an option follows".to_owned())])
        }
        None => Ok(found.into_iter().map(|(_, cell)| cell.to_owned()).collect()),
    }
}

fn option_index(column: Column) -> Option<usize> {
    match column {
        Column::Option(index) => Some(index),
        _ => None,
    }
}

fn aliases(cells: &[(Column, &str)]) -> Vec<String> {
    let number = |column| match column {
        Column::Alias(number) => Some(number),
        _ => None,
    };
    let mut found: Vec<_> = cells.iter().filter_map(|(c, cell)| number(*c).map(|n| (n, *cell))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, cell)| cell.to_owned()).collect()
}

pub(super) fn print(questions: &[QuestionRecord]) -> Result<String, Error> {
    let columns = printed_columns(questions);
    let mut rows = vec![columns.iter().map(|column| column.name()).collect()];
    for question in questions {
        let object = serde_json::to_value(question).map_err(|e| Error::Bug(e.to_string()))?;
        rows.push(columns.iter().map(|column| quoted(cell(&object, *column))).collect());
    }
    csv(rows)
}

/// As many columns for options and aliases as the question with the most of them needs.
fn printed_columns(questions: &[QuestionRecord]) -> Vec<Column> {
    let options = questions.iter().map(|q| q.options.len()).max().unwrap_or(0);
    let aliases = questions.iter().map(|q| q.aliases.len()).max().unwrap_or(0);
    let (head, tail) = FIXED.split_at(3);
    let (answer, tail) = tail.split_at(1);
    let aliases = (1..).take(aliases).map(Column::Alias);
    let head = head.iter().copied().chain((0..options).map(Column::Option));
    head.chain(answer.iter().copied()).chain(aliases).chain(tail.iter().copied()).collect()
}

/// The cell of an object as it would stand in a JSON file; empty where that has no value.
fn cell(object: &Value, column: Column) -> String {
    let value = match column {
        Column::Option(index) => object["options"].get(index),
        Column::Alias(number) => {
            usize::try_from(number - 1).ok().and_then(|index| object["aliases"].get(index))
        }
        _ => object.get(column.name()),
    };
    value.map(shown).unwrap_or_default()
}
