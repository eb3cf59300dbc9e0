//! Questions: the bank with its immutable versions, and what a version says.
//!
//! `placement` is a question's place in a contest, `import` is files in and out.

pub mod commands;
mod content;
pub mod import;
pub mod placement;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::{Error, Refusal};
use crate::grading::{Answer, AnswerKey, QuestionKind};
pub(crate) use crate::request::text_filter;
use crate::types::{Difficulty, Points, Pool, QuestionId, millis};
pub(crate) use content::says_something;
pub use content::{Content, Draft, external_id};

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
