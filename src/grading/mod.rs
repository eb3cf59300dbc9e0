//! Grading: what kinds of questions there are, what a team may send, and
//! whether it is right. Pure: the same key and answer always give the same verdict.

mod key;
mod normalise;
mod number;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

pub use key::{AnswerKey, ExportedKey, KeyError, MAX_ALIASES, MAX_OPTIONS, MIN_OPTIONS};
use key::{Key, TextKey};
pub use normalise::{fold, normalise};

/// The longest text in an answer, in characters.
pub const MAX_TEXT_CHARS: usize = 1_000;

/// The most texts in an answer of several.
pub const MAX_ITEMS: usize = MAX_OPTIONS;

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One of the options.
    SingleChoice,
    /// A set of the options.
    MultipleChoice,
    /// True or false.
    TrueFalse,
    /// Words.
    Text,
    /// A number.
    Numeric,
}

impl QuestionKind {
    /// Every kind, in the order they are offered.
    pub const ALL: [QuestionKind; 5] = [
        QuestionKind::SingleChoice,
        QuestionKind::MultipleChoice,
        QuestionKind::TrueFalse,
        QuestionKind::Text,
        QuestionKind::Numeric,
    ];

    /// The word for it in JSON, CSV and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            QuestionKind::SingleChoice => "single_choice",
            QuestionKind::MultipleChoice => "multiple_choice",
            QuestionKind::TrueFalse => "true_false",
            QuestionKind::Text => "text",
            QuestionKind::Numeric => "numeric",
        }
    }

    /// Whether the question shows options to choose from.
    pub const fn has_options(self) -> bool {
        matches!(self, QuestionKind::SingleChoice | QuestionKind::MultipleChoice)
    }
}

impl fmt::Display for QuestionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the kind of a question is single_choice, multiple_choice, true_false, text or numeric")]
pub struct UnknownKind;

impl FromStr for QuestionKind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<QuestionKind, UnknownKind> {
        QuestionKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(UnknownKind)
    }
}

/// What a team sends as its answer: a JSON string, array of strings, boolean or number.
///
/// Any of these may be sent to any question; the wrong type is a wrong answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Value", into = "Value")]
pub enum Answer {
    /// Words, the letter or text of an option, or a number as typed.
    Text(String),
    /// Letters or texts of options.
    Items(Vec<String>),
    /// True or false.
    Bool(bool),
    /// A number, with the digits that were sent.
    Number(Decimal),
}

/// Why an answer cannot be taken, whatever the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Null, an object, or an array of something else than strings.
    #[error("an answer is a string, an array of strings, true, false or a number")]
    WrongType,
    /// A string past [`MAX_TEXT_CHARS`].
    #[error("a text in an answer has at most {MAX_TEXT_CHARS} characters")]
    TextTooLong,
    /// An array past [`MAX_ITEMS`].
    #[error("an answer names at most {MAX_ITEMS} options; this one has {0}")]
    TooManyItems(usize),
    /// A text that PostgreSQL cannot keep.
    #[error("an answer cannot contain the character U+0000")]
    Nul,
    /// A number that a decimal of 28 digits does not hold.
    #[error("a number in an answer has at most 28 digits, before and after the point together")]
    NumberTooLong,
}

impl Answer {
    /// Reads an answer and bounds its size.
    ///
    /// # Errors
    /// The type is not one of an answer's, or it is larger than any right answer.
    pub fn parse(sent: &Value) -> Result<Answer, AnswerError> {
        match sent {
            Value::String(text) => bounded(text).map(Answer::Text),
            Value::Bool(answer) => Ok(Answer::Bool(*answer)),
            Value::Number(sent) => {
                number::exact(&sent.to_string()).map(Answer::Number).ok_or(AnswerError::NumberTooLong)
            }
            Value::Array(items) if items.len() > MAX_ITEMS => Err(AnswerError::TooManyItems(items.len())),
            Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().ok_or(AnswerError::WrongType).and_then(bounded))
                .collect::<Result<_, _>>()
                .map(Answer::Items),
            Value::Null | Value::Object(_) => Err(AnswerError::WrongType),
        }
    }

    /// What was sent, as JSON, to be stored and shown to judges.
    pub fn to_json(&self) -> Value {
        match self {
            Answer::Text(text) => json!(text),
            Answer::Items(items) => json!(items),
            Answer::Bool(answer) => json!(answer),
            Answer::Number(sent) => number::to_json(*sent),
        }
    }
}

impl TryFrom<Value> for Answer {
    type Error = AnswerError;

    fn try_from(sent: Value) -> Result<Answer, AnswerError> {
        Answer::parse(&sent)
    }
}

impl From<Answer> for Value {
    fn from(answer: Answer) -> Value {
        answer.to_json()
    }
}

fn bounded(text: &str) -> Result<String, AnswerError> {
    if text.chars().nth(MAX_TEXT_CHARS).is_some() {
        Err(AnswerError::TextTooLong)
    } else if text.contains('\0') {
        Err(AnswerError::Nul)
    } else {
        Ok(text.to_owned())
    }
}

/// Whether an answer is right. An answer of the wrong type is wrong, never an error.
///
/// `options` are the options of the same version of the question as the key.
pub fn grade(key: &AnswerKey, options: &[String], answer: &Answer) -> bool {
    match (&key.0, answer) {
        (Key::Choice(right), Answer::Text(text)) => find_option(options, text) == Some(*right),
        (Key::Choices(right), Answer::Items(items)) => {
            items.iter().map(|item| find_option(options, item)).collect::<Option<_>>().as_ref() == Some(right)
        }
        (Key::Choices(right), Answer::Text(text)) => find_options(options, text).as_ref() == Some(right),
        (Key::Bool(right), Answer::Bool(answer)) => answer == right,
        (Key::Bool(right), Answer::Text(text)) => yes_or_no(text) == Some(*right),
        (Key::Text(right), Answer::Text(text)) => says(right, text),
        (Key::Number { value, tolerance }, Answer::Number(number)) => near(*value, *tolerance, *number),
        (Key::Number { value, tolerance }, Answer::Text(text)) => {
            number::lenient(text).is_some_and(|number| near(*value, *tolerance, number))
        }
        _ => false,
    }
}

/// The option that a text names: by its own text, by its letter, or by a text
/// that means this option only.
fn find_option(options: &[String], text: &str) -> Option<usize> {
    by_text(options, text)
        .or_else(|| only(by_letters(options.len(), text)?))
        .or_else(|| by_meaning(options, text))
}

/// The options that one text names: as for one option, or by several letters.
///
/// Letters come before the loose reading, which would take the first letter of
/// `A C` for an article.
fn find_options(options: &[String], text: &str) -> Option<BTreeSet<usize>> {
    by_text(options, text)
        .map(|index| BTreeSet::from([index]))
        .or_else(|| by_letters(options.len(), text))
        .or_else(|| by_meaning(options, text).map(|index| BTreeSet::from([index])))
}

fn by_text(options: &[String], text: &str) -> Option<usize> {
    let folded = fold(text, false);
    options.iter().position(|option| fold(option, false) == folded)
}

/// The options named by letters alone: `b`, `B.`, `B)`, `AC`, `A, C`, `a c`.
fn by_letters(options: usize, text: &str) -> Option<BTreeSet<usize>> {
    let folded = fold(text, false);
    let letters: BTreeSet<usize> = folded
        .trim_end_matches(['.', ')'])
        .chars()
        .filter(|c| !matches!(c, ' ' | ',' | ';' | '/' | '+' | '&'))
        .map(|letter| key::index_of(letter, options))
        .collect::<Option<_>>()?;
    (!letters.is_empty()).then_some(letters)
}

fn by_meaning(options: &[String], text: &str) -> Option<usize> {
    let meant = normalise(text, false);
    let meaning = options.iter().enumerate().filter(|(_, option)| normalise(option, false) == meant);
    only(meaning.map(|(index, _)| index))
}

fn only(items: impl IntoIterator<Item = usize>) -> Option<usize> {
    let mut items = items.into_iter();
    items.next().filter(|_| items.next().is_none())
}

fn yes_or_no(text: &str) -> Option<bool> {
    match normalise(text, false).as_str() {
        "true" | "yes" | "t" => Some(true),
        "false" | "no" | "f" => Some(false),
        _ => None,
    }
}

fn says(right: &TextKey, text: &str) -> bool {
    let said = normalise(text, right.case_sensitive);
    !said.is_empty()
        && std::iter::once(&right.answer)
            .chain(&right.aliases)
            .any(|accepted| normalise(accepted, right.case_sensitive) == said)
}

fn near(value: Decimal, tolerance: Decimal, number: Decimal) -> bool {
    // A difference too large for a decimal is larger than any tolerance.
    number.checked_sub(value).is_some_and(|difference| difference.abs() <= tolerance)
}

#[cfg(test)]
mod tests;
