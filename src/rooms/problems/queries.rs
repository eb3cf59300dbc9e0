//! Reading what is asked in a room.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::{ProblemRow, ProblemView};
use crate::error::{Error, Refusal};
use crate::grading::AnswerKey;
use crate::questions::queries::{key, kind, options};
use crate::sql::sql;
use crate::types::{ContestId, QuestionId};

/// Problems in the order in which they were added, without answers. Who was first at one is known as far
/// as the board is: of a frozen one, as of then.
///
/// # Errors
/// Those of the database.
pub async fn problems(
    conn: &mut AsyncPgConnection,
    room: ContestId,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<ProblemView>, Error> {
    let rows: Vec<ProblemRow> =
        sql("SELECT p.no, p.problem_id, p.question_id, v.kind, v.text, v.options, q.points, q.max_attempts,
            t.name AS first_correct
         FROM room_problem p JOIN contest c ON c.id = p.contest_id
         JOIN contest_question q USING (contest_id, question_id)
         JOIN question_version v ON (v.question_id, v.version) = (q.question_id, q.version)
         LEFT JOIN first_correct f ON (f.contest_id, f.question_id) = (p.contest_id, p.question_id) AND f.current
           AND (c.board <> 'frozen' OR f.received_at < c.frozen_at)
         LEFT JOIN team t ON (t.contest_id, t.id) = (f.contest_id, f.team_id)
         WHERE p.contest_id = $1 AND ($2 IS NULL OR p.no > $2) ORDER BY p.no LIMIT $3")
        .bind::<SqlUuid, _>(room)
        .bind::<Nullable<Integer>, _>(after)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?;
    rows.into_iter().map(ProblemRow::view).collect()
}

impl ProblemRow {
    pub(super) fn view(self) -> Result<ProblemView, Error> {
        Ok(ProblemView {
            problem_id: self.problem_id,
            question_id: self.question_id,
            kind: kind(&self.kind)?,
            text: self.text,
            options: options(self.options)?,
            points: self.points,
            max_attempts: self.max_attempts,
            first_correct: self.first_correct,
            no: self.no,
        })
    }
}

/// What an answer to a problem is graded by. It never changes, so it may be read before anything
/// is locked.
pub(super) struct Asked {
    pub(super) question: QuestionId,
    pub(super) options: Vec<String>,
    pub(super) key: AnswerKey,
}

#[derive(QueryableByName)]
struct AskedRow {
    #[diesel(sql_type = SqlUuid)]
    question_id: QuestionId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Jsonb)]
    options: Value,
    #[diesel(sql_type = Jsonb)]
    key: Value,
}

/// What a room asks under this name.
pub(super) async fn asked(
    mut conn: &AsyncPgConnection,
    room: ContestId,
    problem: &str,
) -> Result<Asked, Error> {
    let row: Option<AskedRow> = sql("SELECT p.question_id, v.kind, v.options, k.key
         FROM room_problem p JOIN contest_question q USING (contest_id, question_id)
         JOIN question_version v USING (question_id, version)
         JOIN answer_key k USING (question_id, version)
         WHERE p.contest_id = $1 AND p.problem_id = $2")
    .bind::<SqlUuid, _>(room)
    .bind::<Text, _>(problem)
    .get_result(&mut conn)
    .await
    .optional()?;
    let row = row.ok_or_else(|| Refusal::NotFound.because("the room has no problem of this name"))?;
    Ok(Asked {
        question: row.question_id,
        options: options(row.options)?,
        key: key(kind(&row.kind)?, &row.key)?,
    })
}
