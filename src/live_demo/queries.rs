//! Reading a demo.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{CODE, DemoUser};
use crate::contests::ContestKind;
use crate::schema::{contest, team};
use crate::sql::sql;
use crate::types::{ContestId, Points, TeamId};

/// The demo that is always there, once it is.
///
/// # Errors
/// Those of the database.
pub async fn demo(conn: &mut AsyncPgConnection) -> QueryResult<Option<ContestId>> {
    let ours = contest::code.eq(CODE).and(contest::kind.eq(ContestKind::Demo));
    contest::table.filter(ours).select(contest::id).first(conn).await.optional()
}

/// As whom somebody stands on the board, if they do.
///
/// # Errors
/// Those of the database.
pub async fn team(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    user: &DemoUser,
) -> QueryResult<Option<TeamId>> {
    let named = team::contest_id.eq(contest).and(team::name.eq(user.name)).and(team::state.ne("deleted"));
    team::table.filter(named).select(team::id).first(conn).await.optional()
}

/// What somebody has.
#[derive(Debug, QueryableByName)]
pub struct Holding {
    /// As whom they stand on the board.
    #[diesel(sql_type = SqlUuid)]
    pub id: TeamId,
    /// By which name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// How much.
    #[diesel(sql_type = BigInt)]
    pub points: Points,
}

/// What everybody has, in the order in which teams are locked.
///
/// # Errors
/// Those of the database.
pub async fn teams(conn: &mut AsyncPgConnection, contest: ContestId) -> QueryResult<Vec<Holding>> {
    sql("SELECT id, name, points FROM team WHERE contest_id = $1 AND state <> 'deleted' ORDER BY id")
        .bind::<SqlUuid, _>(contest)
        .load(conn)
        .await
}
