//! Reading who is in a room.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::RoomMember;
use crate::sql::sql;
use crate::types::{ContestId, TeamId};

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
