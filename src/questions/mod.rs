//! Questions: the bank with its immutable versions, and what a version says.
//!
//! `placement` is a question's place in a contest, `import` is files in and out.

pub mod commands;
pub mod import;
pub mod placement;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use garde::Validate;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::field_errors;
use crate::error::{Error, FieldError, Refusal};
use crate::grading::{Answer, AnswerKey, QuestionKind};
use crate::types::{Difficulty, Points, Pool, QuestionId, millis};

/// A version of a question as somebody wrote it, not yet checked. Options, answer, aliases
/// and tolerance are checked together by grading.
#[derive(Debug, Clone, Validate)]
pub struct Draft {
    /// How it is answered.
    #[garde(skip)]
    pub kind: QuestionKind,
    /// What is asked, as Markdown.
    #[garde(length(chars, min = 1, max = 10_000), custom(says_something))]
    pub text: String,
    /// What can be chosen.
    #[garde(skip)]
    pub options: Vec<String>,
    /// The right answer, in the form that the kind asks for.
    #[garde(skip)]
    pub answer: Value,
    /// Other spellings of it.
    #[garde(skip)]
    pub aliases: Vec<String>,
    /// How far a number may be off.
    #[garde(skip)]
    pub tolerance: Option<Value>,
    /// Whether capitals matter in a text.
    #[garde(skip)]
    pub case_sensitive: bool,
    /// Shown to nobody who may not see the answer.
    #[garde(length(chars, max = 10_000), custom(can_be_stored))]
    pub explanation: String,
}

/// What a version of a question says, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked, as Markdown.
    pub text: String,
    /// What can be chosen.
    pub options: Vec<String>,
    /// What is right.
    pub key: AnswerKey,
    /// Why it is right.
    pub explanation: String,
}

impl Draft {
    /// Checks everything and names every wrong value.
    ///
    /// # Errors
    /// The wrong values, as JSON pointers.
    pub fn checked(self) -> Result<Content, Vec<FieldError>> {
        let mut wrong = self.validate().map_err(|report| field_errors(&report)).err().unwrap_or_default();
        match self.key() {
            Ok(key) if wrong.is_empty() => Ok(Content {
                kind: self.kind,
                text: self.text,
                options: self.options,
                key,
                explanation: self.explanation,
            }),
            Ok(_) => Err(wrong),
            Err(more) => {
                // What one check has said about a value, the other need not say again.
                let said: Vec<_> = wrong.iter().map(|e| e.pointer.clone()).collect();
                wrong.extend(more.into_iter().filter(|e| !said.contains(&e.pointer)));
                Err(wrong)
            }
        }
    }

    fn key(&self) -> Result<AnswerKey, Vec<FieldError>> {
        let tolerance = self.tolerance.as_ref().map(decimal).transpose();
        let known = tolerance.as_ref().copied().unwrap_or_default();
        let key = AnswerKey::parse(
            self.kind,
            &self.options,
            &self.answer,
            &self.aliases,
            known,
            self.case_sensitive,
        );
        let wrong = key.as_ref().err().into_iter().flatten();
        let wrong = wrong.map(|e| FieldError::new(format!("/{}", e.field), e.message.as_str()));
        let wrong: Vec<_> = wrong.chain(tolerance.err()).collect();
        key.ok().filter(|_| wrong.is_empty()).ok_or(wrong)
    }
}

/// A tolerance, which may come as a string so that no digit is lost.
fn decimal(sent: &Value) -> Result<Decimal, FieldError> {
    let number = match Answer::parse(sent) {
        Ok(Answer::Number(number)) => Some(number),
        Ok(Answer::Text(text)) => Decimal::from_str_exact(text.trim()).ok(),
        _ => None,
    };
    number.ok_or_else(|| FieldError::new("/tolerance", "must be a number"))
}

/// PostgreSQL stores any text but the character U+0000.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that garde calls")]
pub(crate) fn can_be_stored(text: &str, (): &()) -> garde::Result {
    if text.contains('\0') { Err(garde::Error::new("must not contain the character U+0000")) } else { Ok(()) }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that garde calls")]
pub(crate) fn says_something(text: &str, context: &()) -> garde::Result {
    if text.trim().is_empty() { Err(garde::Error::new("must not be blank")) } else { can_be_stored(text, context) }
}

/// The name a question has outside of Podium, without the blanks around it.
///
/// # Errors
/// Which rule it breaks.
pub fn external_id(text: &str) -> Result<String, FieldError> {
    let trimmed = text.trim();
    let wrong = |why: &str| FieldError::new("/external_id", why);
    match trimmed.chars().count() {
        0 => Err(wrong("must not be blank")),
        1..=100 if trimmed.chars().any(char::is_control) => Err(wrong("must not contain control characters")),
        1..=100 => Ok(trimmed.to_owned()),
        _ => Err(wrong("must have at most 100 characters")),
    }
}

/// A filter of a list. A value that is not understood is refused: left out, it would
/// silently answer another question.
///
/// # Errors
/// `Invalid`, naming the parameter.
pub(crate) fn filter<T: std::str::FromStr<Err = String>>(
    name: &str,
    sent: Option<&str>,
) -> Result<Option<T>, Error> {
    sent.map(str::parse).transpose().map_err(|why| Error::invalid_field(name, why))
}

/// A filter of a list that is any text.
///
/// # Errors
/// `Invalid`, naming the parameter, for what no text in the database can contain.
pub(crate) fn text_filter(name: &str, sent: Option<&str>) -> Result<Option<String>, Error> {
    match sent {
        Some(text) if text.contains('\0') => {
            Err(Error::invalid_field(name, "must not contain the character U+0000"))
        }
        other => Ok(other.map(ToOwned::to_owned)),
    }
}

/// Where a list goes on.
///
/// # Errors
/// `Invalid` for anything that was not a `next_cursor`.
pub(crate) fn cursor<T: std::str::FromStr>(sent: Option<&str>) -> Result<Option<T>, Error>
where
    T::Err: std::fmt::Display,
{
    sent.map(str::parse).transpose().map_err(|e: T::Err| Error::invalid_field("cursor", e.to_string()))
}

/// A question as the team that plays it may read it. It holds no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayedQuestion {
    /// Which question.
    pub question_id: QuestionId,
    /// Which version of it.
    pub version: i32,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked, as Markdown.
    pub text: String,
    /// What can be chosen, from A on.
    pub options: Vec<String>,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// What it is about.
    pub category: String,
    /// What it is worth in this contest.
    pub points: Points,
    /// Whether it belongs to one team only.
    pub exclusive: bool,
    /// How it is reached.
    pub pool: Pool,
    /// How often it may be answered.
    pub max_attempts: i16,
    /// How long a team may take once it has seen it.
    pub time_limit_ms: Option<i64>,
}

/// A question of the bank, without its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct BankEntry {
    /// Its id.
    pub id: QuestionId,
    /// Its name outside of Podium; its id where none was given.
    #[schema(example = "geo-e-01")]
    pub external_id: String,
    /// Counts the edits; send it as `If-Match`.
    pub version: i32,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked, as Markdown.
    #[schema(example = "Which river flows through Paris?")]
    pub text: String,
    /// What can be chosen, from A on.
    #[schema(example = json!(["Seine", "Garonne", "Loire", "Rhône"]))]
    pub options: Vec<String>,
    /// When this version was written.
    #[serde(serialize_with = "millis::serialize")]
    pub created_at: DateTime<Utc>,
}

/// A version of a question with its answer, for staff only.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionView {
    /// The question.
    #[serde(flatten)]
    pub entry: BankEntry,
    /// What is right.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// Why it is right.
    pub explanation: String,
}

/// The right answer of a question, in the form in which it is written.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AnswerView {
    /// A letter, several letters, true or false, a text or a number: as the kind has it.
    #[schema(example = "A")]
    pub answer: Value,
    /// Other spellings that are right.
    pub aliases: Vec<String>,
    /// How far a number may be off.
    pub tolerance: Option<Value>,
    /// Whether capitals matter.
    pub case_sensitive: bool,
}

impl From<&AnswerKey> for AnswerView {
    fn from(key: &AnswerKey) -> Self {
        let (answer, aliases, tolerance, case_sensitive) = key.for_export();
        let tolerance = tolerance.map(|number| Answer::Number(number).to_json());
        Self { answer, aliases, tolerance, case_sensitive }
    }
}

fn stale(current: i32) -> Error {
    Refusal::StaleVersion.because(format!("the version is {current} by now"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn draft() -> Draft {
        Draft {
            kind: QuestionKind::SingleChoice,
            text: "Which river flows through Paris?".to_owned(),
            options: vec!["Seine".to_owned(), "Loire".to_owned()],
            answer: json!("A"),
            aliases: Vec::new(),
            tolerance: None,
            case_sensitive: false,
            explanation: String::new(),
        }
    }

    fn pointers(draft: Draft) -> Vec<String> {
        draft.checked().expect_err("wrong").into_iter().map(|e| e.pointer).collect()
    }

    #[test]
    fn every_wrong_value_is_named_at_once() {
        let wrong = Draft {
            text: "  ".to_owned(),
            answer: json!("C"),
            explanation: "a\0b".to_owned(),
            tolerance: Some(json!("much")),
            ..draft()
        };
        assert_eq!(pointers(wrong), ["/text", "/explanation", "/answer", "/tolerance"]);
    }

    #[test]
    fn a_tolerance_is_a_number_however_it_is_written() {
        for sent in [json!(0.5), json!("0.5"), json!(" 0.50 ")] {
            let number = Draft {
                kind: QuestionKind::Numeric,
                options: Vec::new(),
                answer: json!(3),
                tolerance: Some(sent),
                ..draft()
            };
            let content = number.checked().expect("valid");
            assert_eq!(AnswerView::from(&content.key).tolerance, Some(json!(0.5)));
        }
        assert_eq!(pointers(Draft { tolerance: Some(json!(true)), ..draft() }), ["/tolerance"]);
    }

    #[test]
    fn a_name_is_trimmed_and_short() {
        assert_eq!(external_id(" geo-1 ").as_deref(), Ok("geo-1"));
        for wrong in ["", "  ", "a\0b", "a\nb", &"x".repeat(101)] {
            assert!(external_id(wrong).is_err(), "{wrong:?}");
        }
    }
}
