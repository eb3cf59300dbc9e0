//! How the questions of a contest were answered.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::parts::Walk;
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

/// A walk through the questions of a contest, in the order of their ids.
#[derive(Debug)]
pub struct Questions {
    /// Whose.
    pub contest: ContestId,
    /// Only those behind this one.
    pub after: Option<QuestionId>,
}

impl Walk for Questions {
    const COLUMNS: &'static [&'static str] = &[
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
    const READS_MUCH: bool = true;
    type Row = Value;

    async fn step(&mut self, conn: &mut AsyncPgConnection, limit: i64) -> QueryResult<Vec<Value>> {
        let page = answered_questions(conn, self.contest, self.after, limit).await?;
        self.after = page.last().map_or(self.after, |question| Some(question.figures.question_id));
        Ok(page.iter().map(row).collect())
    }
}

/// As a row of a table: the options in one cell.
fn row(question: &AnsweredQuestion) -> Value {
    let mut row = serde_json::to_value(&question.figures).unwrap_or_default();
    row["options"] = question.options.iter().map(|o| format!("{}:{}", o.option, o.chosen)).collect();
    row
}

/// How questions of a contest were answered, from behind this one on.
///
/// # Errors
/// Those of the database.
pub async fn answered_questions(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    after: Option<QuestionId>,
    limit: i64,
) -> QueryResult<Vec<AnsweredQuestion>> {
    let figures = figures(conn, contest, after, limit).await?;
    let ids: Vec<_> = figures.iter().map(|one| one.question_id).collect();
    let mut options = options(conn, contest, &ids).await?;
    let all = figures.into_iter().map(|figures| {
        let chosen = options.remove(&figures.question_id).unwrap_or_default();
        let options = chosen.into_iter().map(|(option, chosen)| ChosenOption { option, chosen }).collect();
        AnsweredQuestion { figures, options }
    });
    Ok(all.collect())
}

async fn figures(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    after: Option<QuestionId>,
    limit: i64,
) -> QueryResult<Vec<QuestionFigures>> {
    sql("WITH page AS MATERIALIZED (
            SELECT question_id, version, difficulty, category, points FROM contest_question
            WHERE contest_id = $1 AND ($2 IS NULL OR question_id > $2) ORDER BY question_id LIMIT $3),
         seen AS (
            SELECT question_id, count(*) AS teams FROM page JOIN assignment USING (question_id)
            WHERE contest_id = $1 AND revealed_at IS NOT NULL GROUP BY 1),
         sent AS (
            SELECT a.question_id, j.correct,
                extract(epoch FROM s.received_at - a.revealed_at) * 1000 - coalesce((
                    SELECT sum(extract(epoch FROM least(p.ended_at, s.received_at) - greatest(p.started_at, a.revealed_at)))
                    FROM contest_pause p WHERE p.contest_id = $1 AND p.started_at < s.received_at
                      AND coalesce(p.ended_at, s.received_at) > a.revealed_at), 0) * 1000 AS took_ms
            FROM page JOIN assignment a USING (question_id)
            JOIN submission s ON (s.contest_id, s.assignment_id) = (a.contest_id, a.id)
            JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id AND j.current
            WHERE a.contest_id = $1),
         counted AS (
            SELECT question_id, count(*) AS attempts, count(*) FILTER (WHERE correct) AS correct,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY took_ms::float8) FILTER (WHERE correct) AS median
            FROM sent GROUP BY 1)
         SELECT q.question_id, b.external_id, v.text, v.kind, q.difficulty, q.category, q.points,
            coalesce(teams, 0) AS teams, coalesce(attempts, 0) AS attempts, coalesce(correct, 0) AS correct,
            round(median)::bigint AS median_ms
         FROM page q
         JOIN question b ON b.id = q.question_id
         JOIN question_version v ON (v.question_id, v.version) = (q.question_id, q.version)
         LEFT JOIN seen ON seen.question_id = q.question_id
         LEFT JOIN counted ON counted.question_id = q.question_id
         ORDER BY q.question_id")
    .bind::<SqlUuid, _>(contest)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit)
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
async fn options(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    questions: &[QuestionId],
) -> QueryResult<Choices> {
    let alike: Vec<Alike> = sql("SELECT a.question_id, v.kind, v.options, s.answer, count(*)
         FROM submission s
         JOIN assignment a ON (a.contest_id, a.id) = (s.contest_id, s.assignment_id)
         JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id AND j.current
         JOIN question_version v ON (v.question_id, v.version) = (a.question_id, a.version)
         WHERE s.contest_id = $1 AND a.question_id = ANY ($2)
           AND v.kind IN ('single_choice', 'multiple_choice', 'true_false')
         GROUP BY a.question_id, v.kind, v.options, s.answer")
    .bind::<SqlUuid, _>(contest)
    .bind::<Array<SqlUuid>, _>(questions)
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
