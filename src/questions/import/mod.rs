//! Files of questions, in and out: everything is parsed, every line's errors are listed, and
//! all of it is written or nothing.

mod column;
pub mod commands;
mod csv;
mod json;
pub mod plan;
pub mod queries;
pub mod record;
pub mod routes;

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub use crate::download::Format;
use crate::error::{Error, Refusal};
pub use commands::ImportQuestions;
pub use queries::export;
pub use record::{QuestionRecord, Record};

/// How many errors are listed; a file has more only when it is of another kind altogether.
pub const MAX_ERRORS: usize = 1000;

/// How many questions a file may have: what one transaction writes in a second or two.
pub const MAX_QUESTIONS: usize = 20_000;

/// Where in a file a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The line on which it begins, from 1 on.
    Line(u64),
    /// Its number among all, from 1 on.
    Item(u64),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Item(number) => write!(f, "item {number}"),
        }
    }
}

/// What is wrong with a question of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineError {
    /// `line` of a CSV file or of JSON that cannot be read, `item` of a JSON file.
    #[serde(flatten)]
    pub at: Place,
    /// JSON pointer into the file, or the name of a column; empty for all of it.
    #[schema(example = "answer")]
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

impl std::fmt::Display for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pointer.as_str() {
            "" => write!(f, "{}: {}", self.at, self.detail),
            pointer => write!(f, "{}: {pointer}: {}", self.at, self.detail),
        }
    }
}

/// A file that was read to its end: the good questions, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Parsed {
    /// How many questions the file has, good and bad.
    pub total: usize,
    /// The good ones, in the order of the file.
    pub records: Vec<Record>,
    /// What is wrong with the others.
    pub wrong: Wrong,
}

/// What is wrong with a file: the first thousand errors, and how many there are.
#[derive(Debug, Clone, Default)]
pub struct Wrong {
    /// At most [`MAX_ERRORS`].
    pub listed: Vec<LineError>,
    /// How many there are in all.
    pub count: usize,
}

impl Wrong {
    pub(crate) fn add(&mut self, errors: Vec<LineError>) {
        self.count += errors.len();
        let room = MAX_ERRORS - self.listed.len();
        self.listed.extend(errors.into_iter().take(room));
    }
}

impl Parsed {
    fn add(&mut self, read: Result<Record, Vec<LineError>>) {
        self.total += 1;
        match read {
            Ok(record) if self.records.len() < MAX_QUESTIONS => self.records.push(record),
            Ok(record) => {
                let why = format!("a file has at most {MAX_QUESTIONS} questions");
                self.wrong.add(vec![record.wrong(None, why)]);
            }
            Err(errors) => self.wrong.add(errors),
        }
    }

    /// Two questions of one file must differ in name and in text: which of them was meant?
    fn drop_twins(&mut self) {
        let mut names: HashMap<String, Place> = HashMap::new();
        let mut texts: HashMap<String, Place> = HashMap::new();
        let mut seen = |record: &Record| {
            let twins = [
                ("external_id", names.insert(record.external_id.clone(), record.at)),
                ("text", texts.insert(record.content.text.trim().to_owned(), record.at)),
            ];
            let errors = twins.into_iter().filter_map(|(field, twin)| {
                twin.map(|twin| record.wrong(Some(field), format!("{twin} has the same {field}")))
            });
            errors.collect::<Vec<_>>()
        };
        let wrong = &mut self.wrong;
        self.records.retain(|record| {
            let errors = seen(record);
            let alone = errors.is_empty();
            wrong.add(errors);
            alone
        });
    }
}

/// Reads a file to its end.
#[must_use]
pub fn read_file(format: Format, bytes: &[u8]) -> Parsed {
    let mut parsed = match format {
        Format::Json => json::parse(bytes),
        Format::Csv => csv::parse(bytes),
    };
    parsed.drop_twins();
    parsed
}

/// The questions of a file, if all of it is right.
///
/// # Errors
/// What is wrong, up to a thousand errors.
pub fn parse_file(format: Format, bytes: &[u8]) -> Result<Vec<Record>, Vec<LineError>> {
    let parsed = read_file(format, bytes);
    if parsed.wrong.count == 0 { Ok(parsed.records) } else { Err(parsed.wrong.listed) }
}

/// Writes a file that reads back as these questions.
///
/// # Errors
/// A bug when a question cannot be written.
pub fn print_file(format: Format, questions: &[QuestionRecord]) -> Result<String, Error> {
    match format {
        Format::Json => json::print(questions),
        Format::Csv => csv::print(questions),
    }
}

/// What an import did, or would do.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportReport {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Questions in the file.
    pub total: usize,
    /// New in the bank.
    pub created: usize,
    /// Given their next version in the bank.
    pub new_versions: usize,
    /// In the bank with the same content already.
    pub unchanged: usize,
    /// Given a place in the contest, or changed there.
    pub placed: usize,
    /// What is wrong, up to 1000 errors.
    pub errors: Vec<LineError>,
    /// How many errors there are in all.
    pub error_count: usize,
}

impl ImportReport {
    /// Adds what was wrong before anybody looked into the database.
    fn with(self, total: usize, wrong: Wrong, dry_run: bool) -> Self {
        let mut all = wrong;
        all.count += self.error_count - self.errors.len();
        all.add(self.errors);
        Self { dry_run, total, errors: all.listed, error_count: all.count, ..self }
    }

    /// The refusal of an import: all errors, each with its line.
    fn refused(&self) -> Result<Error, Error> {
        let errors: Value = serde_json::to_value(&self.errors).map_err(|e| Error::Bug(e.to_string()))?;
        Ok(Refusal::Invalid
            .because("nothing was imported; `errors` says where the file is wrong")
            .with("error_count", self.error_count)
            .with("errors", errors))
    }
}

#[cfg(test)]
mod tests;
