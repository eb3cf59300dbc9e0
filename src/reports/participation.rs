//! Who took part in a contest, by division and by hour.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Table;
use crate::download::csv_of;
use crate::error::Error;
use crate::sql::sql;
use crate::types::{ContestId, millis};

/// How many took part.
#[derive(Debug, Serialize, ToSchema, QueryableByName)]
pub struct Turnout {
    /// In which division; null for all teams that are in none.
    #[diesel(sql_type = Nullable<Text>)]
    #[schema(example = "Juniors")]
    pub division: Option<String>,
    /// Teams that have registered.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 40)]
    pub teams: i64,
    /// Their members.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 150)]
    pub members: i64,
    /// Teams that have seen a question.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 38)]
    pub active: i64,
    /// Teams that have sent an answer.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 37)]
    pub answered: i64,
}

/// An hour in which answers came.
#[derive(Debug, Serialize, ToSchema, QueryableByName)]
pub struct Hour {
    /// When it begins, by the clocks of the contest's time zone.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "millis::serialize")]
    pub begins_at: DateTime<Utc>,
    /// Teams that sent an answer in it.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 30)]
    pub teams: i64,
    /// The answers.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 210)]
    pub answers: i64,
    /// How many of them were right.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 140)]
    pub correct: i64,
}

/// Who took part.
#[derive(Debug, Serialize, ToSchema)]
pub struct Participation {
    /// Division by division, in their order; each team counts in one of them.
    pub divisions: Vec<Turnout>,
    /// Hour by hour; those without an answer are left out.
    pub hours: Vec<Hour>,
}

impl Table for Participation {
    /// One table of two kinds of rows: `what` tells them apart.
    fn csv(&self) -> Result<String, Error> {
        let divisions = self.divisions.iter().map(|d| {
            json!({"what": "division", "name": d.division, "teams": d.teams, "members": d.members,
                "active": d.active, "answered": d.answered})
        });
        let hours = self.hours.iter().map(|h| {
            json!({"what": "hour", "name": h.begins_at, "teams": h.teams, "answers": h.answers, "correct": h.correct})
        });
        let rows: Vec<_> = divisions.chain(hours).collect();
        csv_of(&["what", "name", "teams", "members", "active", "answered", "answers", "correct"], &rows)
    }
}

/// Who took part in a contest.
///
/// # Errors
/// Those of the database.
pub async fn participation(conn: &mut AsyncPgConnection, contest: ContestId) -> QueryResult<Participation> {
    let divisions = sql("SELECT t.division, count(*) AS teams, sum(t.members)::bigint AS members,
            count(*) FILTER (WHERE EXISTS (SELECT FROM assignment a
                WHERE (a.contest_id, a.team_id) = (t.contest_id, t.id) AND a.revealed_at IS NOT NULL)) AS active,
            count(*) FILTER (WHERE EXISTS (SELECT FROM assignment a
                WHERE (a.contest_id, a.team_id) = (t.contest_id, t.id) AND a.attempts > 0)) AS answered
         FROM team t LEFT JOIN division d ON (d.contest_id, d.name) = (t.contest_id, t.division)
         WHERE t.contest_id = $1 AND t.state <> 'deleted'
         GROUP BY t.division, d.position ORDER BY d.position NULLS LAST")
    .bind::<SqlUuid, _>(contest)
    .load(conn)
    .await?;
    // Hours are cut by the clock of the place, but counted as moments: of an hour that comes twice
    // when the clocks are turned back there are two.
    let hours = sql("SELECT date_trunc('hour', s.received_at, c.time_zone) AS begins_at,
            count(DISTINCT s.team_id) AS teams, count(*) AS answers, count(*) FILTER (WHERE j.correct) AS correct
         FROM submission s JOIN contest c ON c.id = s.contest_id
         LEFT JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id AND j.current
         WHERE s.contest_id = $1 GROUP BY 1 ORDER BY 1")
    .bind::<SqlUuid, _>(contest)
    .load(conn)
    .await?;
    Ok(Participation { divisions, hours })
}
