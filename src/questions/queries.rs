//! Reading the bank, and what the other rooms need to know of a question.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::{AnswerView, BankEntry, PlayedQuestion, QuestionView};
use crate::error::{Error, Refusal};
use crate::grading::{AnswerKey, QuestionKind};
use crate::sql::sql;
use crate::types::{ContestId, Difficulty, Points, Pool, QuestionId};

#[derive(QueryableByName)]
struct EntryRow {
    #[diesel(sql_type = SqlUuid)]
    id: QuestionId,
    #[diesel(sql_type = Text)]
    external_id: String,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Jsonb)]
    options: Value,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct VersionRow {
    #[diesel(embed)]
    entry: EntryRow,
    #[diesel(sql_type = Jsonb)]
    key: Value,
    #[diesel(sql_type = Text)]
    explanation: String,
}

/// Options as they lie in the database.
pub(crate) fn options(stored: Value) -> Result<Vec<String>, Error> {
    serde_json::from_value(stored).map_err(|e| Error::Bug(format!("stored options: {e}")))
}

/// A kind as it lies in the database.
pub(crate) fn kind(stored: &str) -> Result<QuestionKind, Error> {
    stored.parse().map_err(|_| Error::Bug(format!("a stored question has the kind {stored:?}")))
}

/// A key as it lies in the database.
pub(crate) fn key(kind: QuestionKind, stored: &Value) -> Result<AnswerKey, Error> {
    AnswerKey::from_stored(kind, stored).map_err(|e| Error::Bug(format!("stored answer key: {e}")))
}

impl EntryRow {
    fn view(self) -> Result<BankEntry, Error> {
        Ok(BankEntry {
            id: self.id,
            external_id: self.external_id,
            version: self.version,
            kind: kind(&self.kind)?,
            text: self.text,
            options: options(self.options)?,
            created_at: self.created_at,
        })
    }
}

impl VersionRow {
    fn view(self) -> Result<QuestionView, Error> {
        let answer = AnswerView::from(&key(kind(&self.entry.kind)?, &self.key)?);
        Ok(QuestionView { entry: self.entry.view()?, answer, explanation: self.explanation })
    }
}

/// Which questions of the bank.
#[derive(Debug, Default)]
pub struct BankFilter {
    /// The one with this name.
    pub external_id: Option<String>,
    /// Those whose text contains this, whatever the capitals.
    pub text: Option<String>,
    /// Those made after this one.
    pub after: Option<QuestionId>,
}

/// Questions in the order in which they were made, without those that were retired.
///
/// # Errors
/// Those of the database.
pub async fn bank(
    conn: &mut AsyncPgConnection,
    filter: &BankFilter,
    limit: i64,
) -> Result<Vec<BankEntry>, Error> {
    let rows: Vec<EntryRow> = sql("SELECT q.id, coalesce(q.external_id, q.id::text) AS external_id,
            v.version, v.kind, v.text, v.options, v.created_at
        FROM question q JOIN question_version v ON (v.question_id, v.version) = (q.id, q.current_version)
        WHERE q.retired_at IS NULL AND ($1 IS NULL OR q.external_id = $1)
            AND ($2 IS NULL OR strpos(lower(v.text), lower($2)) > 0) AND ($3 IS NULL OR q.id > $3)
        ORDER BY q.id LIMIT $4")
    .bind::<Nullable<Text>, _>(&filter.external_id)
    .bind::<Nullable<Text>, _>(&filter.text)
    .bind::<Nullable<SqlUuid>, _>(filter.after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    rows.into_iter().map(EntryRow::view).collect()
}

/// The current version of a question, with its answer.
///
/// # Errors
/// `NotFound` when there is none, or none any more.
pub async fn question(conn: &mut AsyncPgConnection, id: QuestionId) -> Result<QuestionView, Error> {
    versions(conn, id, None, 1).await?.pop().ok_or_else(|| Refusal::NotFound.into())
}

/// The versions of a question before `before`, the newest first, with their answers; none
/// when the question was retired.
///
/// # Errors
/// Those of the database.
pub async fn versions(
    conn: &mut AsyncPgConnection,
    id: QuestionId,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<QuestionView>, Error> {
    let rows: Vec<VersionRow> = sql("SELECT q.id, coalesce(q.external_id, q.id::text) AS external_id,
            v.version, v.kind, v.text, v.options, v.created_at, k.key, k.explanation
        FROM question q JOIN question_version v ON v.question_id = q.id
        JOIN answer_key k ON (k.question_id, k.version) = (v.question_id, v.version)
        WHERE q.id = $1 AND q.retired_at IS NULL AND ($2 IS NULL OR v.version < $2)
        ORDER BY v.version DESC LIMIT $3")
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<Integer>, _>(before)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    rows.into_iter().map(VersionRow::view).collect()
}

#[derive(QueryableByName)]
struct PlayedRow {
    #[diesel(sql_type = SqlUuid)]
    question_id: QuestionId,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Jsonb)]
    options: Value,
    #[diesel(sql_type = Text)]
    difficulty: Difficulty,
    #[diesel(sql_type = Text)]
    category: String,
    #[diesel(sql_type = BigInt)]
    points: Points,
    #[diesel(sql_type = Bool)]
    exclusive: bool,
    #[diesel(sql_type = Text)]
    pool: Pool,
    #[diesel(sql_type = diesel::sql_types::SmallInt)]
    max_attempts: i16,
    #[diesel(sql_type = Nullable<BigInt>)]
    time_limit_ms: Option<i64>,
}

impl PlayedRow {
    fn question(self) -> Result<PlayedQuestion, Error> {
        Ok(PlayedQuestion {
            question_id: self.question_id,
            version: self.version,
            kind: kind(&self.kind)?,
            text: self.text,
            options: options(self.options)?,
            difficulty: self.difficulty,
            category: self.category,
            points: self.points,
            exclusive: self.exclusive,
            pool: self.pool,
            max_attempts: self.max_attempts,
            time_limit_ms: self.time_limit_ms,
        })
    }
}

/// Questions as teams play them in a contest, each in the version that was assigned, in no
/// particular order; what is not placed there is left out.
///
/// # Errors
/// Those of the database.
pub async fn played(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    questions: &[(QuestionId, i32)],
) -> Result<Vec<PlayedQuestion>, Error> {
    let (ids, versions): (Vec<_>, Vec<_>) = questions.iter().copied().unzip();
    let rows: Vec<PlayedRow> = sql("SELECT v.question_id, v.version, v.kind, v.text, v.options,
            c.difficulty, c.category, c.points, c.exclusive, c.pool, c.max_attempts, c.time_limit_ms
        FROM unnest($2, $3) AS asked(question_id, version)
        JOIN question_version v USING (question_id, version)
        JOIN contest_question c ON c.contest_id = $1 AND c.question_id = v.question_id")
    .bind::<SqlUuid, _>(contest)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Integer>, _>(versions)
    .load(conn)
    .await?;
    rows.into_iter().map(PlayedRow::question).collect()
}

/// One question as a team plays it.
///
/// # Errors
/// `NotFound` when it is not placed in the contest or has no such version.
pub async fn played_question(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    question: QuestionId,
    version: i32,
) -> Result<PlayedQuestion, Error> {
    played(conn, contest, &[(question, version)]).await?.pop().ok_or_else(|| Refusal::NotFound.into())
}

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Jsonb)]
    options: Value,
    #[diesel(sql_type = Jsonb)]
    key: Value,
}

/// What is right, and the options it speaks of, for grading only.
///
/// # Errors
/// `NotFound` when there is no such version.
pub(crate) async fn answer_key(
    conn: &mut AsyncPgConnection,
    question: QuestionId,
    version: i32,
) -> Result<(AnswerKey, Vec<String>), Error> {
    let row: Option<KeyRow> = sql("SELECT v.kind, v.options, k.key FROM answer_key k
        JOIN question_version v USING (question_id, version) WHERE k.question_id = $1 AND k.version = $2")
    .bind::<SqlUuid, _>(question)
    .bind::<Integer, _>(version)
    .get_result(conn)
    .await
    .optional()?;
    let row = row.ok_or(Refusal::NotFound)?;
    Ok((key(kind(&row.kind)?, &row.key)?, options(row.options)?))
}
