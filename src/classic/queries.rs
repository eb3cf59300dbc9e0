//! Reading what existing clients list, and finding what their names mean.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::questions::ClassicQuestion;
use super::teams::ClassicTeam;
use crate::error::{Error, Refusal};
use crate::ledger::TeamState;
use crate::questions::AnswerView;
use crate::questions::placement::Placement;
use crate::questions::queries::{key, kind, options};
use crate::sql::sql;
use crate::types::{AssignmentId, ContestId, Points, Pool, QuestionId, TeamId};

#[derive(QueryableByName)]
struct TeamRow {
    #[diesel(sql_type = SqlUuid)]
    id: TeamId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Array<Text>)]
    members: Vec<String>,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = BigInt)]
    points: Points,
    #[diesel(sql_type = Text)]
    state: TeamState,
}

impl From<TeamRow> for ClassicTeam {
    fn from(row: TeamRow) -> Self {
        Self {
            team_id: row.id,
            team_name: row.name,
            members: row.members,
            email: row.email,
            points: row.points,
            state: row.state,
        }
    }
}

macro_rules! teams {
    ($which:literal) => {
        concat!(
            "SELECT id, name, email, points, state, ARRAY(SELECT m.name FROM member m
                WHERE m.contest_id = t.contest_id AND m.team_id = t.id ORDER BY m.captain DESC, m.id) AS members
             FROM team t WHERE contest_id = $1 AND state <> 'deleted' AND ",
            $which
        )
    };
}

/// Teams in the order they registered, hidden ones too.
///
/// # Errors
/// Those of the database.
pub(super) async fn teams(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    after: Option<TeamId>,
    limit: i64,
) -> QueryResult<Vec<ClassicTeam>> {
    let rows: Vec<TeamRow> = sql(teams!("($2 IS NULL OR id > $2) ORDER BY id LIMIT $3"))
        .bind::<SqlUuid, _>(contest)
        .bind::<Nullable<SqlUuid>, _>(after)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(ClassicTeam::from).collect())
}

/// One team.
///
/// # Errors
/// `NotFound`.
pub(super) async fn team(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
) -> Result<ClassicTeam, Error> {
    let row: Option<TeamRow> = sql(teams!("id = $2"))
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(team)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.ok_or(Refusal::NotFound)?.into())
}

#[derive(QueryableByName)]
struct QuestionRow {
    #[diesel(embed)]
    placement: Placement,
    #[diesel(sql_type = Text)]
    external_id: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Jsonb)]
    options: Value,
    #[diesel(sql_type = Nullable<Jsonb>)]
    key: Option<Value>,
    #[diesel(sql_type = Bool)]
    available: bool,
}

impl QuestionRow {
    fn view(self) -> Result<ClassicQuestion, Error> {
        let kind = kind(&self.kind)?;
        let key = self.key.map(|stored| key(kind, &stored)).transpose()?;
        let Placement { question_id, terms, state, .. } = self.placement;
        Ok(ClassicQuestion {
            question_id,
            external_id: self.external_id,
            question: self.text,
            options: options(self.options)?,
            answer: key.map(|key| AnswerView::from(&key).answer),
            kind,
            difficulty: terms.difficulty,
            category: terms.category,
            points: terms.points,
            exclusive: terms.exclusive,
            max_attempts: terms.max_attempts,
            time_limit_ms: terms.time_limit_ms,
            state,
            available: self.available,
        })
    }
}

/// `$1` is the contest, `$2` the pool; what was withdrawn is gone.
macro_rules! questions {
    ($key:literal, $which:literal) => {
        concat!(
            "SELECT c.question_id, c.version, c.difficulty, c.category, c.points, c.exclusive, c.pool,
                c.max_attempts, c.time_limit_ms, c.state, c.edit_version,
                coalesce(q.external_id, q.id::text) AS external_id, v.kind, v.text, v.options, ",
            $key,
            " AS key, CASE WHEN c.exclusive THEN f.question_id IS NOT NULL ELSE c.state = 'open' END AS available
             FROM contest_question c
             JOIN question q ON q.id = c.question_id
             JOIN question_version v ON (v.question_id, v.version) = (c.question_id, c.version)
             JOIN answer_key k ON (k.question_id, k.version) = (c.question_id, c.version)
             LEFT JOIN free_question f ON (f.contest_id, f.question_id) = (c.contest_id, c.question_id)
             WHERE c.contest_id = $1 AND c.pool = $2 AND c.state <> 'withdrawn' AND ",
            $which
        )
    };
}

/// Questions of a pool in the order in which they were made, without their answers.
///
/// # Errors
/// Those of the database.
pub(super) async fn questions(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    pool: Pool,
    after: Option<QuestionId>,
    limit: i64,
) -> Result<Vec<ClassicQuestion>, Error> {
    let rows: Vec<QuestionRow> =
        sql(questions!("NULL::jsonb", "($3 IS NULL OR c.question_id > $3) ORDER BY c.question_id LIMIT $4"))
            .bind::<SqlUuid, _>(contest)
            .bind::<Text, _>(pool)
            .bind::<Nullable<SqlUuid>, _>(after)
            .bind::<BigInt, _>(limit)
            .load(conn)
            .await?;
    rows.into_iter().map(QuestionRow::view).collect()
}

async fn row(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    pool: Pool,
    question: QuestionId,
) -> Result<QuestionRow, Error> {
    let row: Option<QuestionRow> = sql(questions!("k.key", "c.question_id = $3"))
        .bind::<SqlUuid, _>(contest)
        .bind::<Text, _>(pool)
        .bind::<SqlUuid, _>(question)
        .get_result(conn)
        .await
        .optional()?;
    row.ok_or_else(|| Refusal::NotFound.into())
}

/// One question of a pool with its answer.
///
/// # Errors
/// `NotFound`, also for one of the other pool.
pub(super) async fn question(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    pool: Pool,
    question: QuestionId,
) -> Result<ClassicQuestion, Error> {
    row(conn, contest, pool, question).await?.view()
}

/// The place of a question of a pool.
///
/// # Errors
/// `NotFound`, also for one of the other pool.
pub(super) async fn placement(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    pool: Pool,
    question: QuestionId,
) -> Result<Placement, Error> {
    Ok(row(conn, contest, pool, question).await?.placement)
}

#[derive(QueryableByName)]
struct NamedQuestion {
    #[diesel(sql_type = SqlUuid)]
    id: QuestionId,
}

/// The question that goes by this id, or by this name outside of Podium. An id is taken at
/// its word: whoever uses it finds out.
///
/// # Errors
/// `NotFound`.
pub(super) async fn named(conn: &mut AsyncPgConnection, name: &str) -> Result<QuestionId, Error> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let found: Option<NamedQuestion> = sql("SELECT id FROM question WHERE external_id = $1")
        .bind::<Text, _>(name)
        .get_result(conn)
        .await
        .optional()?;
    found.map(|q| q.id).ok_or_else(|| Refusal::NotFound.into())
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = SqlUuid)]
    id: AssignmentId,
}

/// A team's assignment of a question: the open one, or else the latest.
///
/// # Errors
/// `NotFound` when the team was never given it.
pub(super) async fn assignment_of(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
    question: QuestionId,
) -> Result<AssignmentId, Error> {
    let held: Option<Held> = sql("SELECT id FROM assignment
        WHERE contest_id = $1 AND team_id = $2 AND question_id = $3
        ORDER BY state IN ('assigned', 'revealed') DESC, id DESC LIMIT 1")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .bind::<SqlUuid, _>(question)
    .get_result(conn)
    .await
    .optional()?;
    held.map(|h| h.id).ok_or_else(|| Refusal::NotFound.because("the team was not given this question"))
}
