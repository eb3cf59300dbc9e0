//! The right answer: how it is checked on import, kept and exported.

use std::collections::BTreeSet;
use std::fmt;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::normalise::fold;
use super::{MAX_TEXT_CHARS, QuestionKind, number};

/// The most options of a choice: the letters A to J.
pub const MAX_OPTIONS: usize = 10;

/// The fewest options that leave something to choose.
pub const MIN_OPTIONS: usize = 2;

/// The most aliases of a text answer; each is compared with every submission.
pub const MAX_ALIASES: usize = 50;

/// The right answer of one question.
///
/// It has no `Serialize` and prints as `…`, so it cannot leave by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct AnswerKey(pub(super) Key);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Key {
    Choice(usize),
    Choices(BTreeSet<usize>),
    Bool(bool),
    Text(TextKey),
    Number { value: Decimal, tolerance: Decimal },
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextKey {
    pub(super) answer: String,
    pub(super) aliases: Vec<String>,
    pub(super) case_sensitive: bool,
}

/// What is wrong with one field of an imported question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct KeyError {
    /// The field: `options`, `answer`, `aliases`, `tolerance` or `case_sensitive`.
    pub field: &'static str,
    /// A sentence for the author of the question.
    pub message: String,
}

/// An answer key as an import record writes it: the answer, the aliases, the
/// tolerance, and whether case matters.
pub type ExportedKey = (Value, Vec<String>, Option<Decimal>, bool);

impl fmt::Debug for AnswerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl AnswerKey {
    /// Reads the right answer from the fields of an import record.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the fields, not only the first.
    pub fn parse(
        kind: QuestionKind,
        options: &[String],
        answer: &Value,
        aliases: &[String],
        tolerance: Option<Decimal>,
        case_sensitive: bool,
    ) -> Result<AnswerKey, Vec<KeyError>> {
        let mut errors = Vec::new();
        check_options(kind, options, &mut errors);
        let key = match kind {
            QuestionKind::SingleChoice => letter(answer, options.len()).map(Key::Choice),
            QuestionKind::MultipleChoice => letters(answer, options.len()).map(Key::Choices),
            QuestionKind::TrueFalse => boolean(answer).map(Key::Bool),
            QuestionKind::Text => text(answer)
                .map(|answer| Key::Text(TextKey { answer, aliases: aliases.to_vec(), case_sensitive })),
            QuestionKind::Numeric => {
                numeric(answer).map(|value| Key::Number { value, tolerance: tolerance.unwrap_or_default() })
            }
        };
        let key = key.map_err(|message| errors.push(KeyError::new("answer", message)));
        check_aliases(kind, answer, aliases, case_sensitive, &mut errors);
        check_tolerance(kind, tolerance, &mut errors);
        if case_sensitive && kind != QuestionKind::Text {
            errors.push(KeyError::new("case_sensitive", format!("a {kind} question has no case to keep")));
        }
        match key {
            Ok(key) if errors.is_empty() => Ok(AnswerKey(key)),
            _ => Err(errors),
        }
    }

    /// What kind of question this answers.
    pub fn kind(&self) -> QuestionKind {
        match &self.0 {
            Key::Choice(_) => QuestionKind::SingleChoice,
            Key::Choices(_) => QuestionKind::MultipleChoice,
            Key::Bool(_) => QuestionKind::TrueFalse,
            Key::Text(_) => QuestionKind::Text,
            Key::Number { .. } => QuestionKind::Numeric,
        }
    }

    /// The JSON kept in the database. It is the right answer: never send it.
    pub(crate) fn to_stored(&self) -> Value {
        match &self.0 {
            Key::Choice(index) => json!(index),
            Key::Choices(indices) => json!(indices),
            Key::Bool(answer) => json!(answer),
            Key::Text(key) => json!({
                "answer": key.answer, "aliases": key.aliases, "case_sensitive": key.case_sensitive
            }),
            // Strings, because a JSON number may lose digits on its way.
            Key::Number { value, tolerance } => {
                json!({ "value": value.to_string(), "tolerance": tolerance.to_string() })
            }
        }
    }

    /// Reads back what [`to_stored`](AnswerKey::to_stored) wrote.
    ///
    /// # Errors
    /// The JSON is not of this kind; since only this module writes it, that is our bug.
    pub(crate) fn from_stored(kind: QuestionKind, stored: &Value) -> Result<AnswerKey, KeyError> {
        Ok(AnswerKey(match kind {
            QuestionKind::SingleChoice => Key::Choice(read(kind, stored)?),
            QuestionKind::MultipleChoice => Key::Choices(read(kind, stored)?),
            QuestionKind::TrueFalse => Key::Bool(read(kind, stored)?),
            QuestionKind::Text => Key::Text(read(kind, stored)?),
            QuestionKind::Numeric => read::<StoredNumber>(kind, stored)?.key(kind)?,
        }))
    }

    /// The fields that [`parse`](AnswerKey::parse) reads this key from, for an
    /// export to staff.
    pub fn for_export(&self) -> ExportedKey {
        match &self.0 {
            Key::Choice(index) => (json!(letter_of(*index)), Vec::new(), None, false),
            Key::Choices(indices) => {
                let letters: Vec<_> = indices.iter().map(|&index| letter_of(index)).collect();
                (json!(letters), Vec::new(), None, false)
            }
            Key::Bool(answer) => (json!(answer), Vec::new(), None, false),
            Key::Text(key) => (json!(key.answer), key.aliases.clone(), None, key.case_sensitive),
            Key::Number { value, tolerance } => {
                (number::to_json(*value), Vec::new(), Some(*tolerance), false)
            }
        }
    }
}

impl KeyError {
    fn new(field: &'static str, message: impl Into<String>) -> KeyError {
        KeyError { field, message: message.into() }
    }

    /// The stored text is a secret, so the message does not repeat it.
    fn unreadable(kind: QuestionKind) -> KeyError {
        KeyError::new("answer", format!("the stored answer is not that of a {kind} question"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredNumber {
    value: String,
    tolerance: String,
}

impl StoredNumber {
    fn key(&self, kind: QuestionKind) -> Result<Key, KeyError> {
        let read = |text: &str| number::exact(text).ok_or_else(|| KeyError::unreadable(kind));
        Ok(Key::Number { value: read(&self.value)?, tolerance: read(&self.tolerance)? })
    }
}

fn read<T: DeserializeOwned>(kind: QuestionKind, stored: &Value) -> Result<T, KeyError> {
    T::deserialize(stored).map_err(|_| KeyError::unreadable(kind))
}

/// The letter of an option; indices past the alphabet do not occur, see [`MAX_OPTIONS`].
pub(super) fn letter_of(index: usize) -> char {
    ('A'..='Z').nth(index).unwrap_or('?')
}

/// The option a letter stands for, in any case.
pub(super) fn index_of(letter: char, options: usize) -> Option<usize> {
    ('A'..='J').take(options).position(|own| own == letter.to_ascii_uppercase())
}

fn check_options(kind: QuestionKind, options: &[String], errors: &mut Vec<KeyError>) {
    let mut refuse = |message| errors.push(KeyError::new("options", message));
    let count = options.len();
    if !kind.has_options() {
        if count > 0 {
            refuse(format!("a {kind} question has no options; this one has {count}"));
        }
        return;
    }
    if !(MIN_OPTIONS..=MAX_OPTIONS).contains(&count) {
        refuse(format!("a {kind} question has {MIN_OPTIONS} to {MAX_OPTIONS} options; this one has {count}"));
        return;
    }
    let folded: Vec<String> = options.iter().map(|option| fold(option, false)).collect();
    for (index, option) in options.iter().enumerate() {
        if let Some(fault) = option_fault(index, option, &folded) {
            refuse(format!("option {} {fault}", letter_of(index)));
        }
    }
}

fn option_fault(index: usize, option: &str, folded: &[String]) -> Option<String> {
    if let Some(fault) = text_fault(option, &folded[index]) {
        return Some(fault);
    }
    if let Some(twin) = folded[..index].iter().position(|other| *other == folded[index]) {
        return Some(format!("says the same as option {}", letter_of(twin)));
    }
    let other = sole_letter(&folded[index], folded.len()).filter(|&named| named != index)?;
    Some(format!("is only the letter of option {}; write more than the letter", letter_of(other)))
}

/// The option that a text names by its letter alone.
fn sole_letter(text: &str, options: usize) -> Option<usize> {
    let mut chars = text.chars();
    let first = chars.next()?;
    chars.next().is_none().then(|| index_of(first, options)).flatten()
}

/// Why a text cannot be kept or can never be answered.
fn text_fault(text: &str, folded: &str) -> Option<String> {
    if folded.is_empty() {
        Some("is empty".to_owned())
    } else if text.contains('\0') {
        Some("contains U+0000, which cannot be stored".to_owned())
    } else if text.chars().nth(MAX_TEXT_CHARS).is_some() {
        Some(format!("is longer than {MAX_TEXT_CHARS} characters"))
    } else {
        None
    }
}

fn letter(answer: &Value, options: usize) -> Result<usize, String> {
    let typed = answer.as_str().ok_or("the answer must be the letter of an option, as a string")?;
    sole_letter(typed.trim(), options).ok_or_else(|| not_an_option(typed, options))
}

fn not_an_option(typed: &str, options: usize) -> String {
    let start: String = typed.chars().take(40).collect();
    match options.min(MAX_OPTIONS).checked_sub(1) {
        Some(last) => format!("the answer {start} is not one of the {options} options A-{}", letter_of(last)),
        None => format!("the answer {start} cannot be right without options"),
    }
}

fn letters(answer: &Value, options: usize) -> Result<BTreeSet<usize>, String> {
    let items = answer.as_array().ok_or("the answer must be an array of the letters of options")?;
    let mut indices = BTreeSet::new();
    for item in items {
        let index = letter(item, options)?;
        if !indices.insert(index) {
            return Err(format!("the answer names option {} twice", letter_of(index)));
        }
    }
    if indices.is_empty() { Err("the answer must name at least one option".to_owned()) } else { Ok(indices) }
}

fn boolean(answer: &Value) -> Result<bool, String> {
    answer.as_bool().ok_or_else(|| "the answer must be true or false".to_owned())
}

fn text(answer: &Value) -> Result<String, String> {
    let typed = answer.as_str().ok_or("the answer must be a string")?;
    match text_fault(typed, &fold(typed, false)) {
        Some(fault) => Err(format!("the answer {fault}")),
        None => Ok(typed.to_owned()),
    }
}

fn numeric(answer: &Value) -> Result<Decimal, String> {
    let written = match answer {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return Err("the answer must be a number or a string with a number".to_owned()),
    };
    number::exact(&written).ok_or_else(|| {
        let start: String = written.chars().take(40).collect();
        format!(
            "the answer {start} is not a number of at most 28 digits; write 1234.5, without grouping or comma"
        )
    })
}

/// An alias that grading would forgive anyway (`The Nile` beside `Nile`) is
/// harmless and authors write it, so only a visible repetition is refused.
fn check_aliases(
    kind: QuestionKind,
    answer: &Value,
    aliases: &[String],
    case_sensitive: bool,
    errors: &mut Vec<KeyError>,
) {
    let mut refuse = |message| errors.push(KeyError::new("aliases", message));
    if aliases.is_empty() {
        return;
    }
    if kind != QuestionKind::Text {
        return refuse(format!("a {kind} question has no aliases"));
    }
    if aliases.len() > MAX_ALIASES {
        return refuse(format!(
            "a question has at most {MAX_ALIASES} aliases; this one has {}",
            aliases.len()
        ));
    }
    let mut seen = BTreeSet::from([fold(answer.as_str().unwrap_or_default(), case_sensitive)]);
    for (number, alias) in (1..).zip(aliases) {
        let folded = fold(alias, case_sensitive);
        if let Some(fault) = text_fault(alias, &folded) {
            refuse(format!("alias {number} {fault}"));
        } else if !seen.insert(folded) {
            refuse(format!("alias {number} repeats the answer or an alias before it"));
        }
    }
}

fn check_tolerance(kind: QuestionKind, tolerance: Option<Decimal>, errors: &mut Vec<KeyError>) {
    let Some(tolerance) = tolerance else { return };
    if kind != QuestionKind::Numeric {
        errors.push(KeyError::new("tolerance", format!("a {kind} question has no tolerance")));
    } else if tolerance < Decimal::ZERO {
        errors.push(KeyError::new("tolerance", format!("the tolerance {tolerance} is less than 0")));
    }
}
