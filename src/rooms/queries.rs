//! Reading rooms.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::RoomView;
use crate::contests::{ContestRef, queries::find_id};
use crate::error::{Error, Refusal};
use crate::sql::sql;
use crate::types::{AccountId, ContestId};

macro_rules! rooms {
    ($which:literal) => {
        sql(concat!(
            "SELECT c.code AS room_id, c.id AS contest_id, c.name AS title, a.name AS owner, r.members,
                r.max_members, r.private, c.state, c.first_correct_bonus, c.created_at,
                c.starts_at + (c.duration_ms + c.paused_ms) * interval '1 millisecond' AS expires_at
             FROM room r JOIN contest c ON c.id = r.contest_id JOIN account a ON a.id = r.owner_id ",
            $which
        ))
    };
}

/// A room.
///
/// # Errors
/// `NotFound`, also for a contest that is no room.
pub async fn room(conn: &mut AsyncPgConnection, id: ContestId) -> Result<RoomView, Error> {
    let found = rooms!("WHERE c.id = $1").bind::<SqlUuid, _>(id).get_result(conn).await.optional()?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// A room by what a path calls it.
///
/// # Errors
/// `NotFound`.
pub async fn named(conn: &mut AsyncPgConnection, named: &ContestRef) -> Result<RoomView, Error> {
    let id = find_id(conn, named).await?;
    room(conn, id).await
}

/// Open rooms that are not private, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn open_rooms(
    conn: &mut AsyncPgConnection,
    before: Option<ContestId>,
    limit: i64,
) -> QueryResult<Vec<RoomView>> {
    rooms!(
        "WHERE c.kind = 'room' AND c.state IN ('running', 'paused') AND NOT r.private
           AND ($1 IS NULL OR c.id < $1) ORDER BY c.id DESC LIMIT $2"
    )
    .bind::<Nullable<SqlUuid>, _>(before)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// Open rooms that an account is in, private ones too, the newest first. Found by its seats, of which
/// there is an index, however many rooms there are.
///
/// # Errors
/// Those of the database.
pub async fn own_rooms(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    before: Option<ContestId>,
    limit: i64,
) -> QueryResult<Vec<RoomView>> {
    rooms!(
        "WHERE c.kind = 'room' AND c.state IN ('running', 'paused') AND ($1 IS NULL OR c.id < $1)
           AND c.id IN (SELECT contest_id FROM member m JOIN room_member r USING (contest_id, team_id)
             WHERE m.user_id = $3 AND r.gone_at IS NULL) ORDER BY c.id DESC LIMIT $2"
    )
    .bind::<Nullable<SqlUuid>, _>(before)
    .bind::<BigInt, _>(limit)
    .bind::<SqlUuid, _>(account)
    .load(conn)
    .await
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many answers were sent in a room; while its board is frozen, until then.
///
/// # Errors
/// Those of the database.
pub async fn submissions(conn: &mut AsyncPgConnection, room: ContestId) -> QueryResult<i64> {
    let Count { count } =
        sql("SELECT count(*) AS count FROM submission s JOIN contest c ON c.id = s.contest_id
        WHERE c.id = $1 AND (c.board <> 'frozen' OR s.received_at < c.frozen_at)")
        .bind::<SqlUuid, _>(room)
        .get_result(conn)
        .await?;
    Ok(count)
}
