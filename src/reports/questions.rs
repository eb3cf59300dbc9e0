//! How the questions of a contest were answered.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Table;
use crate::download::csv_of;
use crate::error::Error;
use crate::grading::{Answer, QuestionKind, chosen};
use crate::sql::sql;
use crate::types::{ContestId, Points, QuestionId};

/// How a question was answered, as far as it is counted by the database.
#[derive(Debug, Serialize, ToSchema, QueryableByName)]
pub struct QuestionFigures {
    /// Which question.
    #[diesel(sql_type = SqlUuid)]
    pub question_id: QuestionId,
    /// Its name outside.
    #[diesel(sql_type = Nullable<Text>)]
    pub external_id: Option<String>,
    /// What it asks.
    #[diesel(sql_type = Text)]
    pub text: String,
    /// How it is answered.
    #[diesel(sql_type = Text)]
    #[schema(example = "single_choice")]
    pub kind: String,
    /// How hard it is thought to be.
    #[diesel(sql_type = Text)]
    #[schema(example = "EASY")]
    pub difficulty: String,
    /// What it is about.
    #[diesel(sql_type = Text)]
    pub category: String,
    /// What it is worth.
    #[diesel(sql_type = BigInt)]
    pub points: Points,
    /// How many teams have seen it.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 12)]
    pub teams: i64,
    /// How many answers were sent; those to a question that was withdrawn do not count.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 15)]
    pub attempts: i64,
    /// How many of them were right.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 9)]
    pub correct: i64,
    /// Half of the right answers came sooner after their team had seen it; pauses are not in it.
    #[diesel(sql_type = Nullable<BigInt>)]
    #[schema(example = 21_500)]
    pub median_ms: Option<i64>,
}

/// How often an option was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChosenOption {
    /// Its letter; `true` or `false`.
    #[schema(example = "A")]
    pub option: String,
    /// How many answers named it.
    #[schema(example = 9)]
    pub chosen: i64,
}

/// How a question was answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredQuestion {
    /// What is counted.
    #[serde(flatten)]
    #[schema(inline)]
    pub figures: QuestionFigures,
    /// How often each option was chosen, also by letters and by their texts; empty for kinds that have none.
    pub options: Vec<ChosenOption>,
}

/// How the questions of a contest were answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredQuestions {
    /// All questions of the contest.
    pub data: Vec<AnsweredQuestion>,
}

impl Table for AnsweredQuestions {
    fn csv(&self) -> Result<String, Error> {
        let columns = [
            "question_id",
            "external_id",
            "text",
            "kind",
            "difficulty",
            "category",
            "points",
            "teams",
            "attempts",
            "correct",
            "median_ms",
            "options",
        ];
        let row = |question: &AnsweredQuestion| {
            let mut row = serde_json::to_value(&question.figures).unwrap_or_default();
            row["options"] = question.options.iter().map(|o| format!("{}:{}", o.option, o.chosen)).collect();
            row
        };
        csv_of(&columns, &self.data.iter().map(row).collect::<Vec<_>>())
    }
}

/// How the questions of a contest were answered.
///
/// # Errors
/// Those of the database.
pub async fn answered_questions(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
) -> QueryResult<AnsweredQuestions> {
    let figures = figures(conn, contest).await?;
    let mut options = options(conn, contest).await?;
    let data = figures.into_iter().map(|figures| {
        let chosen = options.remove(&figures.question_id).unwrap_or_default();
        let options = chosen.into_iter().map(|(option, chosen)| ChosenOption { option, chosen }).collect();
        AnsweredQuestion { figures, options }
    });
    Ok(AnsweredQuestions { data: data.collect() })
}

async fn figures(conn: &mut AsyncPgConnection, contest: ContestId) -> QueryResult<Vec<QuestionFigures>> {
    sql("WITH seen AS (
            SELECT question_id, count(*) AS teams FROM assignment
            WHERE contest_id = $1 AND revealed_at IS NOT NULL GROUP BY 1),
         sent AS (
            SELECT a.question_id, j.correct,
                extract(epoch FROM s.received_at - a.revealed_at) * 1000 - coalesce((
                    SELECT sum(extract(epoch FROM least(p.ended_at, s.received_at) - greatest(p.started_at, a.revealed_at)))
                    FROM contest_pause p WHERE p.contest_id = $1 AND p.started_at < s.received_at
                      AND coalesce(p.ended_at, s.received_at) > a.revealed_at), 0) * 1000 AS took_ms
            FROM submission s
            JOIN assignment a ON (a.contest_id, a.id) = (s.contest_id, s.assignment_id)
            JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id AND j.current
            WHERE s.contest_id = $1),
         counted AS (
            SELECT question_id, count(*) AS attempts, count(*) FILTER (WHERE correct) AS correct,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY took_ms::float8) FILTER (WHERE correct) AS median
            FROM sent GROUP BY 1)
         SELECT q.question_id, b.external_id, v.text, v.kind, q.difficulty, q.category, q.points,
            coalesce(teams, 0) AS teams, coalesce(attempts, 0) AS attempts, coalesce(correct, 0) AS correct,
            round(median)::bigint AS median_ms
         FROM contest_question q
         JOIN question b ON b.id = q.question_id
         JOIN question_version v ON (v.question_id, v.version) = (q.question_id, q.version)
         LEFT JOIN seen ON seen.question_id = q.question_id
         LEFT JOIN counted ON counted.question_id = q.question_id
         WHERE q.contest_id = $1 ORDER BY q.question_id")
    .bind::<SqlUuid, _>(contest)
    .load(conn)
    .await
}

/// Answers that are alike, to one version of a question.
#[derive(QueryableByName)]
struct Alike {
    #[diesel(sql_type = SqlUuid)]
    question_id: QuestionId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Jsonb)]
    options: Value,
    #[diesel(sql_type = Jsonb)]
    answer: Value,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

type Choices = HashMap<QuestionId, BTreeMap<String, i64>>;

/// What was chosen is read from what was sent as grading reads it.
async fn options(conn: &mut AsyncPgConnection, contest: ContestId) -> QueryResult<Choices> {
    let alike: Vec<Alike> = sql("SELECT a.question_id, v.kind, v.options, s.answer, count(*)
         FROM submission s
         JOIN assignment a ON (a.contest_id, a.id) = (s.contest_id, s.assignment_id)
         JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id AND j.current
         JOIN question_version v ON (v.question_id, v.version) = (a.question_id, a.version)
         WHERE s.contest_id = $1 AND v.kind IN ('single_choice', 'multiple_choice', 'true_false')
         GROUP BY a.question_id, v.kind, v.options, s.answer")
    .bind::<SqlUuid, _>(contest)
    .load(conn)
    .await?;
    let mut all = Choices::new();
    for Alike { question_id, kind, options, answer, count } in alike {
        let options: Vec<String> = serde_json::from_value(options).unwrap_or_default();
        let (Ok(kind), Ok(answer)) = (kind.parse::<QuestionKind>(), Answer::parse(&answer)) else { continue };
        for option in chosen(kind, &options, &answer) {
            *all.entry(question_id).or_default().entry(option).or_default() += count;
        }
    }
    Ok(all)
}
