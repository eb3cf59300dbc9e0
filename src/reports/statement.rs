//! Every change of a team's points, with what it was for.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::Walk;
use crate::ledger::EntryKind;
use crate::sql::sql;
use crate::types::{ContestId, Difficulty, Page, Points, QuestionId, TeamId, millis};

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

/// The changes of a team's points.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statement {
    /// What it is called.
    #[schema(example = "Red")]
    pub team: String,
    /// What it has.
    #[schema(example = 850)]
    pub points: Points,
    /// A page of changes, from the opening of its account to the newest one.
    #[serde(flatten)]
    #[schema(inline)]
    pub page: Page<StatementLine>,
}

/// A walk through the changes of a team's points, the oldest first.
#[derive(Debug)]
pub struct Changes {
    /// In which contest.
    pub contest: ContestId,
    /// Whose.
    pub team: TeamId,
    /// Only those behind this one.
    pub after: i32,
}

impl Walk for Changes {
    const COLUMNS: &'static [&'static str] =
        &["seq", "at", "kind", "amount", "balance_after", "question", "mystery_box", "reverses", "reason"];
    const READS_MUCH: bool = false;
    type Row = StatementLine;

    async fn step(&mut self, conn: &mut AsyncPgConnection, limit: i64) -> QueryResult<Vec<StatementLine>> {
        let lines = lines(conn, self, limit).await?;
        self.after = lines.last().map_or(self.after, |line| line.seq);
        Ok(lines)
    }
}

/// Whose statement it is.
#[derive(Debug, QueryableByName)]
pub struct Owner {
    /// What it is called.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// What it has.
    #[diesel(sql_type = BigInt)]
    pub points: Points,
}

/// The owner of a statement; `None` when there is no such team.
///
/// # Errors
/// Those of the database.
pub async fn owner(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
) -> QueryResult<Option<Owner>> {
    sql("SELECT name, points FROM team WHERE contest_id = $1 AND id = $2 AND state <> 'deleted'")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(team)
        .get_result(conn)
        .await
        .optional()
}

async fn lines(conn: &mut AsyncPgConnection, of: &Changes, limit: i64) -> QueryResult<Vec<StatementLine>> {
    sql("SELECT l.seq, l.at, l.kind, l.amount, l.balance_after, a.question_id,
            CASE WHEN a.revealed_at IS NOT NULL THEN v.text END AS question,
            b.difficulty AS mystery_box, l.reverses, l.reason
         FROM (SELECT * FROM ledger_entry WHERE contest_id = $1 AND team_id = $2 AND seq > $3
            ORDER BY seq LIMIT $4) l
         LEFT JOIN judgement j ON l.kind IN ('award', 'penalty') AND (j.contest_id, j.id) = (l.contest_id, l.ref)
         LEFT JOIN submission s ON s.contest_id = l.contest_id
            AND s.id = CASE l.kind WHEN 'first_correct' THEN l.ref ELSE j.submission_id END
         LEFT JOIN box_opening o ON l.kind IN ('box_price', 'box_refund')
            AND (o.contest_id, o.id) = (l.contest_id, l.ref)
         LEFT JOIN mystery_box b ON (b.contest_id, b.id) = (o.contest_id, o.box_id)
         LEFT JOIN assignment a ON a.contest_id = l.contest_id
            AND a.id = coalesce(s.assignment_id, o.assignment_id)
         LEFT JOIN question_version v ON (v.question_id, v.version) = (a.question_id, a.version)
         ORDER BY l.seq")
    .bind::<SqlUuid, _>(of.contest)
    .bind::<SqlUuid, _>(of.team)
    .bind::<Integer, _>(of.after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}
