//! Reading clarifications.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{AskedSoFar, ClarificationAnswer, ClarificationView, MOST, state};
use crate::error::{Error, Refusal};
use crate::sql::sql;
use crate::types::{ClarificationId, ContestId, QuestionId, TeamId};

#[derive(QueryableByName)]
struct AskedRow {
    #[diesel(sql_type = SqlUuid)]
    id: ClarificationId,
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
    #[diesel(sql_type = Text)]
    team: String,
    #[diesel(sql_type = Text)]
    asked_by: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    question_id: Option<QuestionId>,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Timestamptz)]
    asked_at: chrono::DateTime<chrono::Utc>,
}

impl AskedRow {
    fn with(self, answers: Vec<ClarificationAnswer>) -> ClarificationView {
        ClarificationView {
            id: self.id,
            team_id: self.team_id,
            team: self.team,
            asked_by: self.asked_by,
            question_id: self.question_id,
            text: self.text,
            asked_at: self.asked_at,
            state: state(&answers),
            answers,
        }
    }
}

/// Which clarifications are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only this team's; for staff everybody's.
    pub team: Option<TeamId>,
    /// Only those that wait for an answer.
    pub open: bool,
    /// Only this one.
    pub id: Option<ClarificationId>,
    /// Only those asked before this one.
    pub before: Option<ClarificationId>,
}

/// Clarifications with their answers, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn clarifications(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    filter: Filter,
    limit: i64,
) -> QueryResult<Vec<ClarificationView>> {
    let rows: Vec<AskedRow> =
        sql("SELECT c.id, c.team_id, t.name AS team, c.asked_by, c.question_id, c.text, c.asked_at
         FROM clarification c JOIN team t ON (t.contest_id, t.id) = (c.contest_id, c.team_id)
         WHERE c.contest_id = $1 AND ($2 IS NULL OR c.team_id = $2) AND ($3 IS NULL OR c.id = $3)
           AND ($4 IS NULL OR c.id < $4) AND NOT ($5 AND EXISTS (SELECT FROM clarification_answer a
                WHERE (a.contest_id, a.clarification_id) = (c.contest_id, c.id)))
         ORDER BY c.id DESC LIMIT $6")
        .bind::<SqlUuid, _>(contest)
        .bind::<Nullable<SqlUuid>, _>(filter.team)
        .bind::<Nullable<SqlUuid>, _>(filter.id)
        .bind::<Nullable<SqlUuid>, _>(filter.before)
        .bind::<Bool, _>(filter.open)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?;
    let mut answers: Vec<ClarificationAnswer> =
        sql("SELECT clarification_id, answer_no, text, announcement, answered_at,
            CASE WHEN $3 THEN answered_by END AS by
         FROM clarification_answer WHERE contest_id = $1 AND clarification_id = ANY ($2) ORDER BY answer_no")
        .bind::<SqlUuid, _>(contest)
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind::<Bool, _>(filter.team.is_none())
        .load(conn)
        .await?;
    let with_answers = rows.into_iter().map(|row| {
        let own = answers.extract_if(.., |answer| answer.clarification_id == row.id).collect();
        row.with(own)
    });
    Ok(with_answers.collect())
}

/// One of them, as staff or its team sees it.
///
/// # Errors
/// `NotFound`.
pub async fn clarification(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: Option<TeamId>,
    id: ClarificationId,
) -> Result<ClarificationView, Error> {
    let filter = Filter { team, id: Some(id), ..Filter::default() };
    clarifications(conn, contest, filter, 1).await?.pop().ok_or_else(|| Refusal::NotFound.into())
}

/// What a team has asked so far; its row is locked.
///
/// # Errors
/// Those of the database.
pub async fn asked_so_far(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
) -> QueryResult<AskedSoFar> {
    sql("SELECT (SELECT count(*) FROM clarification c WHERE c.contest_id = $1 AND c.team_id = $2
            AND NOT EXISTS (SELECT FROM clarification_answer a
                WHERE (a.contest_id, a.clarification_id) = (c.contest_id, c.id))) AS open,
        (SELECT asked_at FROM clarification WHERE contest_id = $1 AND team_id = $2
         ORDER BY asked_at DESC OFFSET $3 LIMIT 1) AS tenth")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .bind::<BigInt, _>(i64::from(MOST) - 1)
    .get_result(conn)
    .await
}

/// Whether a team holds a question, or held it and has seen it.
///
/// # Errors
/// Those of the database.
pub async fn holds(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
    question: QuestionId,
) -> QueryResult<bool> {
    let held = sql("SELECT FROM assignment WHERE contest_id = $1 AND team_id = $2 AND question_id = $3
         AND (state = 'assigned' OR revealed_at IS NOT NULL)")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .bind::<SqlUuid, _>(question)
    .execute(conn)
    .await?;
    Ok(held > 0)
}
