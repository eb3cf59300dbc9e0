//! Reading messages, in the order of their events.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Message, MutedMember};
use crate::sql::sql;
use crate::types::{ContestId, MessageId, TeamId};

/// The newest messages before a number, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn before(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    seq: i64,
    limit: i64,
) -> QueryResult<Vec<Message>> {
    sql("SELECT e.seq, e.at, m.id AS message_id, m.team_id, e.payload ->> 'author' AS author, m.body AS message
         FROM contest_event e
         JOIN chat_message m ON m.contest_id = e.contest_id AND m.id = (e.payload ->> 'message_id')::uuid
         WHERE e.contest_id = $1 AND e.kind = 'message_sent' AND e.seq < $2
         ORDER BY e.seq DESC LIMIT $3")
    .bind::<SqlUuid, _>(contest)
    .bind::<BigInt, _>(seq)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

#[derive(QueryableByName)]
struct Body {
    #[diesel(sql_type = SqlUuid)]
    id: MessageId,
    #[diesel(sql_type = Text)]
    body: String,
}

/// The texts of those messages that are not deleted.
///
/// # Errors
/// Those of the database.
pub async fn texts(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    messages: &[MessageId],
) -> QueryResult<HashMap<MessageId, String>> {
    let bodies: Vec<Body> = sql("SELECT id, body FROM chat_message
        WHERE contest_id = $1 AND id = ANY ($2) AND body IS NOT NULL")
    .bind::<SqlUuid, _>(contest)
    .bind::<Array<SqlUuid>, _>(messages.iter().map(|id| id.uuid()).collect::<Vec<Uuid>>())
    .load(conn)
    .await?;
    Ok(bodies.into_iter().map(|found| (found.id, found.body)).collect())
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    found: bool,
}

/// Whether a team is in the room: whoever has left is not, and whoever staff has taken out of play.
///
/// # Errors
/// Those of the database.
pub async fn is_member(conn: &mut AsyncPgConnection, contest: ContestId, team: TeamId) -> QueryResult<bool> {
    let Found { found } = sql(
        "SELECT EXISTS (SELECT FROM team WHERE contest_id = $1 AND id = $2 AND state = 'active') AS found",
    )
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .get_result(conn)
    .await?;
    Ok(found)
}

/// Who may not say anything, by id.
///
/// # Errors
/// Those of the database.
pub async fn muted(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    after: Option<TeamId>,
    limit: i64,
) -> QueryResult<Vec<MutedMember>> {
    sql("SELECT m.team_id, t.name FROM chat_mute m JOIN team t ON (t.contest_id, t.id) = (m.contest_id, m.team_id)
         WHERE m.contest_id = $1 AND ($2 IS NULL OR m.team_id > $2) AND t.state <> 'deleted'
         ORDER BY m.team_id LIMIT $3")
    .bind::<SqlUuid, _>(contest)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How often something was said in a room, also what was deleted since.
///
/// # Errors
/// Those of the database.
pub async fn sent(conn: &mut AsyncPgConnection, room: ContestId) -> QueryResult<i64> {
    let Count { count } = sql("SELECT count(*) AS count FROM chat_message WHERE contest_id = $1")
        .bind::<SqlUuid, _>(room)
        .get_result(conn)
        .await?;
    Ok(count)
}
