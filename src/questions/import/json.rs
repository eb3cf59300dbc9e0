//! Questions as a JSON array of objects.

use serde_json::Value;

use super::{LineError, Parsed, Place, QuestionRecord, Record};
use crate::error::Error;

pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let items: Vec<Value> = match serde_json::from_slice(bytes) {
        Ok(Value::Array(items)) => items,
        Ok(_) => return unreadable(1, "must be an array of questions"),
        Err(error) => return unreadable(error.line(), &error.to_string()),
    };
    let mut parsed = Parsed::default();
    for (number, item) in (1..).zip(&items) {
        let at = Place::Item(number);
        parsed.add(match item {
            Value::Object(object) => Record::read(at, object),
            _ => Err(vec![LineError {
                at,
                pointer: format!("/{}", number - 1),
                detail: "must be an object".to_owned(),
            }]),
        });
    }
    parsed
}

fn unreadable(line: usize, why: &str) -> Parsed {
    let at = Place::Line(u64::try_from(line).unwrap_or(u64::MAX));
    let mut parsed = Parsed::default();
    parsed.wrong.add(vec![LineError { at, pointer: String::new(), detail: why.to_owned() }]);
    parsed
}

/// One question on each line, so that a version control shows which ones differ.
pub(super) fn print(questions: &[QuestionRecord]) -> Result<String, Error> {
    let lines: Result<Vec<_>, _> = questions.iter().map(serde_json::to_string).collect();
    let lines = lines.map_err(|e| Error::Bug(e.to_string()))?;
    Ok(if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) })
}
