//! Reading assignments.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{AssignmentRow, AssignmentView};
use crate::error::{Error, Refusal};
use crate::sql::sql;
use crate::types::{AssignmentId, ContestId, TeamId};

/// What a team may see of assignments `a`, which come from this table or the statement before.
macro_rules! assignment_view {
    ($from:literal) => {
        concat!(
            "SELECT a.id, a.question_id, a.team_id, a.state, a.pool, q.difficulty, q.category, a.points,
                a.exclusive, a.attempts, a.max_attempts, a.assigned_at, a.revealed_at, a.expires_at,
                v.kind, v.text, v.options
             FROM ",
            $from,
            " JOIN contest_question q ON (q.contest_id, q.question_id) = (a.contest_id, a.question_id)
             JOIN question_version v ON (v.question_id, v.version) = (a.question_id, a.version) "
        )
    };
}
pub(crate) use assignment_view;

macro_rules! view {
    ($filter:literal) => {
        concat!(assignment_view!("assignment a"), "WHERE a.contest_id = $1 AND ", $filter)
    };
}

/// One assignment.
///
/// # Errors
/// `NotFound`.
pub async fn assignment(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    id: AssignmentId,
) -> Result<AssignmentView, Error> {
    let row: Option<AssignmentRow> = sql(view!("a.id = $2"))
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(id)
        .get_result(conn)
        .await
        .optional()?;
    row.ok_or(Refusal::NotFound)?.view()
}

/// Assignments in the order they were given: a team's, or everybody's for staff.
///
/// # Errors
/// Those of the database.
pub async fn assignments(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: Option<TeamId>,
    open_only: bool,
    after: Option<AssignmentId>,
    limit: i64,
) -> Result<Vec<AssignmentView>, Error> {
    let rows: Vec<AssignmentRow> = sql(view!(
        "($2 IS NULL OR a.team_id = $2) AND (NOT $3 OR a.state IN ('assigned', 'revealed'))
         AND ($4 IS NULL OR a.id > $4) ORDER BY a.id LIMIT $5"
    ))
    .bind::<SqlUuid, _>(contest)
    .bind::<Nullable<SqlUuid>, _>(team)
    .bind::<Bool, _>(open_only)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    rows.into_iter().map(AssignmentRow::view).collect()
}
