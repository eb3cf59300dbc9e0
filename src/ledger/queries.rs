//! Reading statements.

use diesel::sql_types::{BigInt, Integer, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::EntryView;
use crate::sql::sql;
use crate::types::{ContestId, TeamId};

/// The entries of a team after number `after`, the oldest first.
///
/// # Errors
/// Those of the database.
pub async fn statement(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
    after: i32,
    limit: i64,
) -> diesel::QueryResult<Vec<EntryView>> {
    sql("SELECT seq, kind, amount, balance_after, at, ref AS fact, actor, reason, reverses
        FROM ledger_entry WHERE contest_id = $1 AND team_id = $2 AND seq > $3 ORDER BY seq LIMIT $4")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .bind::<Integer, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}
