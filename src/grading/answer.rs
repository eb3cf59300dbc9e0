//! What a team sends, bounded in size before anything looks at it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{MAX_OPTIONS, number};

/// The longest text in an answer, in characters.
pub const MAX_TEXT_CHARS: usize = 1_000;

/// The most texts in an answer of several.
pub const MAX_ITEMS: usize = MAX_OPTIONS;

/// What a team sends as its answer: a JSON string, array of strings, boolean or number.
///
/// Any of these may be sent to any question; the wrong type is a wrong answer.
/// A text has at most 1000 characters, an array at most 10 texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
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

impl PartialSchema for Answer {
    fn schema() -> RefOr<Schema> {
        let of_type = |kind| ObjectBuilder::new().schema_type(kind);
        let text = || of_type(Type::String).max_length(Some(MAX_TEXT_CHARS));
        OneOfBuilder::new()
            .item(text())
            .item(ArrayBuilder::new().items(text()).max_items(Some(MAX_ITEMS)))
            .item(of_type(Type::Boolean))
            .item(of_type(Type::Number))
            .description(Some("An answer: a letter, text or number, several letters, or true or false."))
            .into()
    }
}

impl ToSchema for Answer {}

fn bounded(text: &str) -> Result<String, AnswerError> {
    if text.chars().nth(MAX_TEXT_CHARS).is_some() {
        Err(AnswerError::TextTooLong)
    } else if text.contains('\0') {
        Err(AnswerError::Nul)
    } else {
        Ok(text.to_owned())
    }
}
