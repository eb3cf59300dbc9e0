//! Reading who is in a room.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{OwnMembership, RoomMember};
use crate::sql::sql;
use crate::types::{AccountId, ContestId, TeamId};

/// Members, by id: in the order in which they came for the first time.
///
/// # Errors
/// Those of the database.
pub async fn members(
    conn: &mut AsyncPgConnection,
    room: ContestId,
    after: Option<TeamId>,
    limit: i64,
) -> QueryResult<Vec<RoomMember>> {
    sql("SELECT m.team_id AS id, t.name AS username, m.user_id = r.owner_id AS owner, m.joined_at
         FROM room_member m JOIN room r USING (contest_id)
         JOIN team t ON (t.contest_id, t.id) = (m.contest_id, m.team_id)
         WHERE m.contest_id = $1 AND m.gone_at IS NULL AND ($2 IS NULL OR m.team_id > $2)
         ORDER BY m.team_id LIMIT $3")
    .bind::<SqlUuid, _>(room)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// Who an account is in a room; `None` when it never came.
///
/// # Errors
/// Those of the database.
pub async fn own(
    conn: &mut AsyncPgConnection,
    room: ContestId,
    account: AccountId,
) -> QueryResult<Option<OwnMembership>> {
    sql("SELECT team_id AS member_id,
            CASE WHEN gone_at IS NULL THEN 'here' WHEN removed THEN 'removed' ELSE 'left' END AS state
         FROM room_member WHERE contest_id = $1 AND user_id = $2")
    .bind::<SqlUuid, _>(room)
    .bind::<SqlUuid, _>(account)
    .get_result(conn)
    .await
    .optional()
}
