//! Every change of a team's points, with what it was for.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use utoipa::ToSchema;

use super::Table;
use crate::download::csv_of;
use crate::error::Error;
use crate::ledger::EntryKind;
use crate::sql::sql;
use crate::types::{ContestId, Difficulty, Points, QuestionId, TeamId, millis};

/// One change of a team's points.
#[derive(Debug, Serialize, ToSchema, QueryableByName)]
pub struct StatementLine {
    /// Its number: 1..n.
    #[diesel(sql_type = Integer)]
    pub seq: i32,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "millis::serialize")]
    pub at: DateTime<Utc>,
    /// Why points changed.
    #[diesel(sql_type = Text)]
    pub kind: EntryKind,
    /// By how much.
    #[diesel(sql_type = BigInt)]
    #[schema(example = -150)]
    pub amount: Points,
    /// What the team had then.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 850)]
    pub balance_after: Points,
    /// The question that was answered, or that the box brought.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub question_id: Option<QuestionId>,
    /// What it asks; null until the team has seen it.
    #[diesel(sql_type = Nullable<Text>)]
    pub question: Option<String>,
    /// Which mystery box it was.
    #[diesel(sql_type = Nullable<Text>)]
    pub mystery_box: Option<Difficulty>,
    /// The entry that a reversal takes back.
    #[diesel(sql_type = Nullable<Integer>)]
    pub reverses: Option<i32>,
    /// Why, for adjustments and reversals.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
}

/// All changes of a team's points.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statement {
    /// What it is called.
    #[schema(example = "Red")]
    pub team: String,
    /// What it has.
    #[schema(example = 850)]
    pub points: Points,
    /// From the opening of its account to the newest change.
    pub data: Vec<StatementLine>,
}

impl Table for Statement {
    fn csv(&self) -> Result<String, Error> {
        let columns =
            ["seq", "at", "kind", "amount", "balance_after", "question", "mystery_box", "reverses", "reason"];
        csv_of(&columns, &self.data)
    }
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The statement of a team; `None` when there is no such team.
///
/// # Errors
/// Those of the database.
pub async fn statement(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
) -> QueryResult<Option<Statement>> {
    let data: Vec<StatementLine> = sql("SELECT l.seq, l.at, l.kind, l.amount, l.balance_after, a.question_id,
            CASE WHEN a.revealed_at IS NOT NULL THEN v.text END AS question,
            b.difficulty AS mystery_box, l.reverses, l.reason
         FROM ledger_entry l
         LEFT JOIN judgement j ON l.kind IN ('award', 'penalty') AND (j.contest_id, j.id) = (l.contest_id, l.ref)
         LEFT JOIN submission s ON s.contest_id = l.contest_id
            AND s.id = CASE l.kind WHEN 'first_correct' THEN l.ref ELSE j.submission_id END
         LEFT JOIN box_opening o ON l.kind IN ('box_price', 'box_refund')
            AND (o.contest_id, o.id) = (l.contest_id, l.ref)
         LEFT JOIN mystery_box b ON (b.contest_id, b.id) = (o.contest_id, o.box_id)
         LEFT JOIN assignment a ON a.contest_id = l.contest_id
            AND a.id = coalesce(s.assignment_id, o.assignment_id)
         LEFT JOIN question_version v ON (v.question_id, v.version) = (a.question_id, a.version)
         WHERE l.contest_id = $1 AND l.team_id = $2 ORDER BY l.seq")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .load(conn)
    .await?;
    let named: Option<Named> =
        sql("SELECT name FROM team WHERE contest_id = $1 AND id = $2 AND state <> 'deleted'")
            .bind::<SqlUuid, _>(contest)
            .bind::<SqlUuid, _>(team)
            .get_result(conn)
            .await
            .optional()?;
    Ok(named.map(|Named { name }| {
        let points = data.as_slice().last().map_or(0, |line| line.balance_after);
        Statement { team: name, points, data }
    }))
}
