//! Looking up who holds a token.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Admin, Caller, Player, Token, TokenKind};
use crate::error::{Error, Refusal};
use crate::schema::staff_token;
use crate::sql::sql;
use crate::types::{ContestId, MemberId, StaffTokenId, TeamId};

#[derive(QueryableByName)]
struct Holder {
    #[diesel(sql_type = SqlUuid)]
    contest_id: ContestId,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
    #[diesel(sql_type = SqlUuid)]
    member_id: MemberId,
}

/// Who holds this token.
///
/// # Errors
/// `NotAuthenticated` when nobody does, or does not any more.
pub async fn holder(conn: &mut AsyncPgConnection, token: &Token) -> Result<Caller, Error> {
    holder_of_hash(conn, token.is(TokenKind::Team), &token.hash()).await
}

async fn holder_of_hash(conn: &mut AsyncPgConnection, team: bool, hash: &[u8]) -> Result<Caller, Error> {
    let found = if team {
        player(conn, hash).await?.map(Caller::Player)
    } else {
        admin(conn, hash).await?.map(Caller::Admin)
    };
    found.ok_or_else(|| Refusal::NotAuthenticated.because("the token is not valid (any more)"))
}

async fn player(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<Option<Player>> {
    let holder: Option<Holder> = sql("SELECT m.contest_id, c.code, m.team_id, m.id AS member_id
        FROM member m JOIN team t ON (t.contest_id, t.id) = (m.contest_id, m.team_id)
        JOIN contest c ON c.id = m.contest_id
        WHERE m.token_hash = $1 AND t.state <> 'deleted'")
    .bind::<Binary, _>(hash)
    .get_result(conn)
    .await
    .optional()?;
    Ok(holder.map(|h| Player {
        contest: h.contest_id,
        code: h.code,
        team: h.team_id,
        member: Some(h.member_id),
    }))
}

async fn admin(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<Option<Admin>> {
    let found: Option<(StaffTokenId, String)> = staff_token::table
        .filter(staff_token::token_hash.eq(hash).and(staff_token::revoked_at.is_null()))
        .select((staff_token::id, staff_token::label))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(id, label)| Admin { token: Some(id), label }))
}

/// Whether any admin token is left.
///
/// # Errors
/// Those of the database.
pub async fn any_staff_token(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(staff_token::table.filter(staff_token::revoked_at.is_null())))
        .get_result(conn)
        .await
}

#[derive(QueryableByName)]
struct Spent {
    #[diesel(sql_type = Binary)]
    token_hash: Vec<u8>,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    team: bool,
}

/// Who opened a socket, and the token behind it, so that it can be asked again later
/// whether it still holds.
#[derive(Debug, Clone)]
pub struct Held {
    /// Who it is.
    pub caller: Caller,
    team: bool,
    token_hash: Vec<u8>,
}

/// Spends a socket ticket: whoever comes second with it is nobody.
///
/// # Errors
/// `NotAuthenticated` when it is unknown, spent or older than 30 s.
pub async fn spend_ticket(conn: &mut AsyncPgConnection, ticket: &Token) -> Result<Held, Error> {
    let spent: Option<Spent> = sql("DELETE FROM ws_ticket WHERE ticket_hash = $1 AND expires_at > now()
        RETURNING token_hash, EXISTS (SELECT FROM member m WHERE m.token_hash = ws_ticket.token_hash) AS team")
        .bind::<Binary, _>(ticket.hash())
        .get_result(conn)
        .await
        .optional()?;
    match spent {
        Some(spent) => held(conn, spent.team, spent.token_hash).await,
        None => Err(Refusal::NotAuthenticated.because("the ticket is unknown, used or too old")),
    }
}

async fn held(conn: &mut AsyncPgConnection, team: bool, token_hash: Vec<u8>) -> Result<Held, Error> {
    Ok(Held { caller: holder_of_hash(conn, team, &token_hash).await?, team, token_hash })
}

/// Who opens a socket: the holder of a ticket or of a token.
///
/// # Errors
/// `NotAuthenticated`.
pub async fn holder_of_ticket_or_token(conn: &mut AsyncPgConnection, auth: &str) -> Result<Held, Error> {
    let token = Token::received(auth);
    if token.is(TokenKind::Ticket) {
        spend_ticket(conn, &token).await
    } else {
        held(conn, token.is(TokenKind::Team), token.hash()).await
    }
}

/// Asks again whether the token behind a socket is valid.
///
/// # Errors
/// `NotAuthenticated` when it is not any more.
pub async fn still_holds(conn: &mut AsyncPgConnection, held: &Held) -> Result<(), Error> {
    holder_of_hash(conn, held.team, &held.token_hash).await.map(drop)
}
