//! What is asked in a room: shared questions, which everybody may answer.

pub mod commands;
pub mod queries;
pub mod routes;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::grading::QuestionKind;
use crate::questions::Content;
use crate::submissions::Verdict;
use crate::types::{Points, QuestionId};

/// A problem that an owner adds, checked.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What the room calls it.
    pub problem_id: String,
    /// What is asked, and what is right.
    pub content: Content,
    /// What it is worth.
    pub points: Points,
    /// How often a member may answer it.
    pub max_attempts: i16,
}

/// A problem as members see it: without its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemView {
    /// What the room calls it.
    #[schema(example = "p1")]
    pub problem_id: String,
    /// The question behind it.
    pub question_id: QuestionId,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked, as Markdown.
    #[schema(example = "How many bits has a byte?")]
    pub text: String,
    /// What can be chosen, from A on.
    pub options: Vec<String>,
    /// What it is worth.
    #[schema(example = 20)]
    pub points: Points,
    /// How often a member may answer it.
    pub max_attempts: i16,
    /// Who was the first to get it right; null until somebody has.
    #[schema(example = "alice")]
    pub first_correct: Option<String>,
    #[serde(skip)]
    no: i32,
}

#[derive(Debug, QueryableByName)]
struct ProblemRow {
    #[diesel(sql_type = Integer)]
    no: i32,
    #[diesel(sql_type = Text)]
    problem_id: String,
    #[diesel(sql_type = SqlUuid)]
    question_id: QuestionId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    options: serde_json::Value,
    #[diesel(sql_type = BigInt)]
    points: Points,
    #[diesel(sql_type = SmallInt)]
    max_attempts: i16,
    #[diesel(sql_type = Nullable<Text>)]
    first_correct: Option<String>,
}

/// The verdict on an answer to a problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemVerdict {
    /// What was answered.
    #[schema(example = "p1")]
    pub problem_id: String,
    /// The verdict.
    #[serde(flatten)]
    #[schema(inline)]
    pub verdict: Verdict,
}
