//! Reading teams.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{MemberView, TeamRow, TeamSummary, TeamView};
use crate::error::{Error, Refusal};
use crate::sql::sql;
use crate::types::{ContestId, TeamId};

/// Which teams are wanted.
#[derive(Debug, Default)]
pub struct TeamFilter {
    /// Also those that are hidden, and how one joins each.
    pub staff: bool,
    /// Only those whose name has this in it, as names are compared.
    pub name: Option<String>,
    /// Only after this one.
    pub after: Option<TeamId>,
}

/// Teams in the order they registered.
///
/// # Errors
/// Those of the database.
pub async fn teams(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    filter: &TeamFilter,
    limit: i64,
) -> QueryResult<Vec<TeamSummary>> {
    sql("SELECT id, name, state, members, division, hidden, CASE WHEN $2 THEN join_code END AS join_code FROM team
        WHERE contest_id = $1 AND state <> 'deleted' AND ($2 OR NOT hidden) AND ($3 IS NULL OR id > $3)
          AND ($5 IS NULL OR position($5 IN name_key) > 0)
        ORDER BY id LIMIT $4")
    .bind::<SqlUuid, _>(contest)
    .bind::<Bool, _>(filter.staff)
    .bind::<Nullable<SqlUuid>, _>(filter.after)
    .bind::<BigInt, _>(limit)
    .bind::<Nullable<Text>, _>(&filter.name)
    .load(conn)
    .await
}

/// A team with its members.
///
/// # Errors
/// `NotFound`, also for a deleted one.
pub async fn team(conn: &mut AsyncPgConnection, contest: ContestId, team: TeamId) -> Result<TeamView, Error> {
    let row: Option<TeamRow> =
        sql("SELECT id, name, email, state, hidden, division, join_code, max_members, points,
            CASE WHEN state = 'disqualified' THEN disqualified_for END AS disqualified_for,
            extra_time_ms, version, created_at
        FROM team WHERE contest_id = $1 AND id = $2 AND state <> 'deleted'")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(team)
        .get_result(conn)
        .await
        .optional()?;
    let row = row.ok_or(Refusal::NotFound)?;
    let members: Vec<MemberView> = sql("SELECT id, name, captain FROM member
        WHERE contest_id = $1 AND team_id = $2 ORDER BY captain DESC, id")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .load(conn)
    .await?;
    Ok(row.with_members(members))
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: TeamId,
}

/// The team that has this name after normalisation.
///
/// # Errors
/// `NotFound`.
pub async fn by_name_key(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    key: &str,
) -> Result<TeamId, Error> {
    let found: Option<Found> =
        sql("SELECT id FROM team WHERE contest_id = $1 AND name_key = $2 AND state <> 'deleted'")
            .bind::<SqlUuid, _>(contest)
            .bind::<Text, _>(key)
            .get_result(conn)
            .await
            .optional()?;
    found.map(|f| f.id).ok_or_else(|| Refusal::NotFound.because("no team has this name"))
}
