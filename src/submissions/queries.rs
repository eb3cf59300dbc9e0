//! Reading submissions.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::SubmissionView;
use crate::sql::sql;
use crate::types::{AssignmentId, ContestId, SubmissionId, TeamId};

/// Submissions in the order they were sent: of a team or of all, of an assignment or of all.
///
/// # Errors
/// Those of the database.
pub async fn submissions(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: Option<TeamId>,
    assignment: Option<AssignmentId>,
    after: Option<SubmissionId>,
    limit: i64,
) -> QueryResult<Vec<SubmissionView>> {
    sql("SELECT s.id, s.assignment_id, a.question_id, s.team_id, s.attempt_no, s.answer, s.received_at, s.state,
            j.correct, j.points
        FROM submission s
        JOIN assignment a ON (a.contest_id, a.id) = (s.contest_id, s.assignment_id)
        LEFT JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id AND j.current
        WHERE s.contest_id = $1 AND ($2 IS NULL OR s.team_id = $2) AND ($3 IS NULL OR s.assignment_id = $3)
          AND ($4 IS NULL OR s.id > $4)
        ORDER BY s.id LIMIT $5")
    .bind::<SqlUuid, _>(contest)
    .bind::<Nullable<SqlUuid>, _>(team)
    .bind::<Nullable<SqlUuid>, _>(assignment)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}
