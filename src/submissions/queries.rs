//! Reading submissions.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::SubmissionView;
use crate::auth::Player;
use crate::error::{Error, Refusal};
use crate::grading::AnswerKey;
use crate::questions::queries as bank;
use crate::sql::sql;
use crate::types::{AssignmentId, ContestId, QuestionId, SubmissionId, TeamId};

/// Which submissions are wanted.
#[derive(Debug, Default)]
pub struct SubmissionFilter {
    /// Only of this team.
    pub team: Option<TeamId>,
    /// Only to this assignment.
    pub assignment: Option<AssignmentId>,
    /// Only to this question.
    pub question: Option<QuestionId>,
    /// Only those with this verdict.
    pub correct: Option<bool>,
    /// The newest first.
    pub newest: bool,
    /// Only those that follow this one, in whichever order.
    pub after: Option<SubmissionId>,
}

macro_rules! listed {
    ($order:literal) => {
        concat!(
            "SELECT s.id, s.assignment_id, a.question_id, left(v.text, 200) AS question, s.team_id, t.name AS team,
                s.attempt_no, s.answer, s.received_at, s.state, j.correct, j.points
            FROM submission s
            JOIN assignment a ON (a.contest_id, a.id) = (s.contest_id, s.assignment_id)
            JOIN question_version v ON (v.question_id, v.version) = (a.question_id, a.version)
            JOIN team t ON (t.contest_id, t.id) = (s.contest_id, s.team_id)
            LEFT JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id AND j.current
            WHERE s.contest_id = $1 AND ($2 IS NULL OR s.team_id = $2) AND ($3 IS NULL OR s.assignment_id = $3)
              AND ($4 IS NULL OR a.question_id = $4) AND ($5 IS NULL OR j.correct = $5) AND ",
            $order,
            " LIMIT $7"
        )
    };
}

/// Submissions in the order they were sent, or the newest first.
///
/// # Errors
/// Those of the database.
pub async fn submissions(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    filter: &SubmissionFilter,
    limit: i64,
) -> QueryResult<Vec<SubmissionView>> {
    let text = match filter.newest {
        true => listed!("($6 IS NULL OR s.id < $6) ORDER BY s.id DESC"),
        false => listed!("($6 IS NULL OR s.id > $6) ORDER BY s.id"),
    };
    sql(text)
        .bind::<SqlUuid, _>(contest)
        .bind::<Nullable<SqlUuid>, _>(filter.team)
        .bind::<Nullable<SqlUuid>, _>(filter.assignment)
        .bind::<Nullable<SqlUuid>, _>(filter.question)
        .bind::<Nullable<Bool>, _>(filter.correct)
        .bind::<Nullable<SqlUuid>, _>(filter.after)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    question_id: QuestionId,
    #[diesel(sql_type = Bool)]
    exclusive: bool,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Jsonb)]
    options: Value,
    #[diesel(sql_type = Jsonb)]
    key: Value,
}

/// What an answer is graded by. It never changes, so it may be read before anything is locked.
pub(crate) struct Material {
    pub(crate) question: QuestionId,
    pub(crate) exclusive: bool,
    pub(crate) options: Vec<String>,
    pub(crate) key: AnswerKey,
}

/// The material of a question that the team holds; anybody else's is not there.
pub(crate) async fn material(
    mut conn: &AsyncPgConnection,
    player: &Player,
    assignment: AssignmentId,
) -> Result<Material, Error> {
    let row: Option<Row> =
        sql("SELECT a.question_id, a.exclusive, v.kind, v.options, k.key FROM assignment a
        JOIN question_version v USING (question_id, version)
        JOIN answer_key k USING (question_id, version)
        WHERE a.contest_id = $1 AND a.id = $2 AND a.team_id = $3")
        .bind::<SqlUuid, _>(player.contest())
        .bind::<SqlUuid, _>(assignment)
        .bind::<SqlUuid, _>(player.team())
        .get_result(&mut conn)
        .await
        .optional()?;
    let row = row.ok_or(Refusal::NotFound)?;
    Ok(Material {
        question: row.question_id,
        exclusive: row.exclusive,
        options: bank::options(row.options)?,
        key: bank::key(bank::kind(&row.kind)?, &row.key)?,
    })
}
