//! Looking up who holds a token.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::access::{self, Keys};
use super::api_tokens::Scope;
use super::{Admin, Caller, Guest, Player, Right, Role, SignedIn, Token, TokenKind, not_valid};
use crate::contests::ContestRef;
use crate::error::{Error, Refusal};
use crate::schema::staff_token;
use crate::sql::sql;
use crate::types::{AccountId, ContestId, MemberId, SessionId, StaffTokenId, TeamId};

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
    #[diesel(sql_type = Nullable<SqlUuid>)]
    user_id: Option<AccountId>,
}

/// A seat and its team, by what the caller adds.
macro_rules! seat {
    ($($which:literal),+) => {
        sql(concat!(
            "SELECT m.contest_id, c.code, m.team_id, m.id AS member_id, m.user_id
             FROM member m JOIN team t ON (t.contest_id, t.id) = (m.contest_id, m.team_id)
             JOIN contest c ON c.id = m.contest_id
             WHERE t.state <> 'deleted' AND ",
            $($which),+
        ))
    };
}

/// The seat of an account in a contest. Whoever has left a room has none there, however their team
/// stands: one that is disqualified is not withdrawn as well.
macro_rules! own_seat {
    ($contest:literal) => {
        seat!(
            "NOT EXISTS (SELECT FROM room_member r
                WHERE (r.contest_id, r.team_id) = (m.contest_id, m.team_id) AND r.gone_at IS NOT NULL)
             AND m.user_id = $1 AND ",
            $contest
        )
    };
}

impl Holder {
    fn player(self) -> Player {
        Player {
            contest: self.contest_id,
            code: self.code,
            team: self.team_id,
            member: Some(self.member_id),
            account: self.user_id,
        }
    }
}

/// What proves who somebody is.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A team's token, by its hash.
    Team(Vec<u8>),
    /// An admin token, by its hash.
    Staff(Vec<u8>),
    /// An account's API token, by its hash.
    Api(Vec<u8>),
    /// The session of an account.
    Session(SessionId),
}

impl Credential {
    /// That of a token that is looked up by its hash.
    fn stored(token: &Token) -> Self {
        let hash = token.hash();
        match () {
            () if token.is(TokenKind::Team) => Self::Team(hash),
            () if token.is(TokenKind::Api) => Self::Api(hash),
            () => Self::Staff(hash),
        }
    }
}

/// Somebody who has proved who they are, and how, so that it can be asked again later whether it
/// still holds.
#[derive(Debug, Clone)]
pub struct Held {
    /// Who it is.
    pub caller: Caller,
    /// By what.
    pub by: Credential,
    /// What they may do at most by it, whoever they are.
    pub scope: Scope,
    /// The team that their account plays in, once it was asked for a contest.
    pub plays: Option<Player>,
}

impl Held {
    /// Who signs in, when it is an account, also one of staff.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match &self.caller {
            Caller::Guest(guest) => Some(guest.account),
            Caller::Admin(admin) => admin.account,
            Caller::Player(_) | Caller::Spectator => None,
        }
    }

    /// The same, and in which team of this contest their account plays.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn within(self, conn: &mut AsyncPgConnection, contest: &ContestRef) -> QueryResult<Self> {
        let plays = match self.account() {
            Some(account) => team_of(conn, account, contest).await?,
            None => None,
        };
        Ok(Self { plays, ..self })
    }

    /// Who they are to a contest: whoever plays in it is a player there, also staff.
    #[must_use]
    pub fn there(&self) -> Caller {
        self.plays.clone().map_or_else(|| self.caller.clone(), Caller::Player)
    }

    /// Whether they may write by it what players write: through a socket, where no route says
    /// which right is needed. What only reads opens sockets too, and hears what its account may.
    ///
    /// # Errors
    /// `NotAllowed` for an API token that does not cover all that its account may do.
    pub fn must_write(&self) -> Result<(), Error> {
        if self.scope.covers(Right::Manage, false) {
            return Ok(());
        }
        Err(Refusal::NotAllowed.because(format!("the scope {} does not cover this", self.scope)))
    }

    /// What they may do as staff: what their role gives, as far as the scope of the token covers it.
    #[must_use]
    pub fn rights(&self) -> Vec<Right> {
        let Caller::Admin(admin) = &self.caller else { return Vec::new() };
        let has = |right: &Right| admin.role().may(*right) && self.scope.covers(*right, right.is_to_look());
        Right::ALL.iter().copied().filter(has).collect()
    }

    /// The session, when it is one.
    #[must_use]
    pub fn signed_in(&self) -> Option<SignedIn> {
        match (self.account(), &self.by) {
            (Some(account), Credential::Session(session)) => Some(SignedIn { account, session: *session }),
            _ => None,
        }
    }
}

/// Who holds this token.
///
/// # Errors
/// `NotAuthenticated` when nobody does, or does not any more.
pub async fn holder(conn: &mut AsyncPgConnection, token: &Token, keys: &Keys) -> Result<Held, Error> {
    if access::is_signed(token) {
        let claims = keys.read(token).ok_or_else(not_valid)?;
        let found = signed_in(conn, claims.session()).await?;
        let theirs = found.filter(|f| f.account_id == claims.account() && claims.holds_at(f.now));
        let caller = theirs.ok_or_else(not_valid)?.caller();
        let by = Credential::Session(claims.session());
        return Ok(Held { caller, by, scope: Scope::All, plays: None });
    }
    held(conn, Credential::stored(token)).await
}

async fn held(conn: &mut AsyncPgConnection, by: Credential) -> Result<Held, Error> {
    let mut scope = Scope::All;
    let caller = match &by {
        Credential::Api(hash) => of_api_token(conn, hash).await?.map(|found| {
            scope = found.scope;
            found.someone.caller()
        }),
        Credential::Team(hash) => player(conn, hash).await?.map(Caller::Player),
        Credential::Staff(hash) => admin(conn, hash).await?.map(Caller::Admin),
        Credential::Session(session) => {
            signed_in(conn, *session).await?.filter(|found| found.goes_on).map(Someone::caller)
        }
    };
    Ok(Held { caller: caller.ok_or_else(not_valid)?, by, scope, plays: None })
}

#[derive(QueryableByName)]
struct Someone {
    #[diesel(sql_type = SqlUuid)]
    account_id: AccountId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    role: Role,
    #[diesel(sql_type = Bool)]
    goes_on: bool,
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
}

impl Someone {
    fn caller(self) -> Caller {
        let Self { account_id: account, name, role, .. } = self;
        if role.is_staff() {
            Caller::Admin(Admin { token: None, account: Some(account), role, label: name })
        } else {
            Caller::Guest(Guest { account, name })
        }
    }
}

/// Whose session this is, if it is one still: not ended, of the account's present epoch. It goes
/// on while a refresh token waits for its exchange.
async fn signed_in(conn: &mut AsyncPgConnection, session: SessionId) -> QueryResult<Option<Someone>> {
    sql("SELECT a.id AS account_id, a.name, a.role, now() AS now,
            EXISTS (SELECT FROM refresh_token r
                WHERE r.session_id = s.id AND r.used_at IS NULL AND r.expires_at > now()) AS goes_on
         FROM session s JOIN account a ON (a.id, a.epoch) = (s.account_id, s.epoch)
         WHERE s.id = $1 AND s.ended_at IS NULL AND a.state = 'active'")
    .bind::<SqlUuid, _>(session)
    .get_result(conn)
    .await
    .optional()
}

#[derive(QueryableByName)]
struct Scoped {
    #[diesel(embed)]
    someone: Someone,
    #[diesel(sql_type = Text)]
    scope: Scope,
}

/// Whose API token this is, if it holds still: not revoked, not over, of the account's present epoch.
async fn of_api_token(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<Option<Scoped>> {
    sql("SELECT a.id AS account_id, a.name, a.role, now() AS now, TRUE AS goes_on, t.scope
         FROM api_token t JOIN account a ON (a.id, a.epoch) = (t.account_id, t.epoch)
         WHERE t.token_hash = $1 AND t.expires_at > now() AND a.state = 'active'")
    .bind::<Binary, _>(hash)
    .get_result(conn)
    .await
    .optional()
}

async fn player(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<Option<Player>> {
    let holder: Option<Holder> =
        seat!("m.token_hash = $1").bind::<Binary, _>(hash).get_result(conn).await.optional()?;
    Ok(holder.map(Holder::player))
}

/// As whom an account plays in a contest, if it does.
async fn team_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    contest: &ContestRef,
) -> QueryResult<Option<Player>> {
    let seat = match contest {
        ContestRef::Id(id) => {
            own_seat!("m.contest_id = $2")
                .bind::<SqlUuid, _>(account)
                .bind::<SqlUuid, _>(id)
                .get_result::<Holder>(conn)
                .await
        }
        ContestRef::Code(code) => {
            own_seat!("c.code = $2").bind::<SqlUuid, _>(account).bind::<Text, _>(code).get_result(conn).await
        }
    };
    Ok(seat.optional()?.map(Holder::player))
}

async fn admin(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<Option<Admin>> {
    let found: Option<(StaffTokenId, String)> = staff_token::table
        .filter(staff_token::token_hash.eq(hash).and(staff_token::revoked_at.is_null()))
        .select((staff_token::id, staff_token::label))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(id, label)| Admin { token: Some(id), account: None, role: Role::Owner, label }))
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
    #[diesel(sql_type = Nullable<Binary>)]
    token_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    session_id: Option<SessionId>,
    #[diesel(sql_type = Bool)]
    team: bool,
    #[diesel(sql_type = Bool)]
    api: bool,
}

/// Spends a socket ticket: whoever comes second with it is nobody.
///
/// # Errors
/// `NotAuthenticated` when it is unknown, spent or older than 30 s.
pub async fn spend_ticket(conn: &mut AsyncPgConnection, ticket: &Token) -> Result<Held, Error> {
    let spent: Option<Spent> = sql("DELETE FROM ws_ticket WHERE ticket_hash = $1 AND expires_at > now()
        RETURNING token_hash, session_id,
            EXISTS (SELECT FROM member m WHERE m.token_hash = ws_ticket.token_hash) AS team,
            EXISTS (SELECT FROM api_token t WHERE t.token_hash = ws_ticket.token_hash) AS api")
    .bind::<Binary, _>(ticket.hash())
    .get_result(conn)
    .await
    .optional()?;
    let by = match spent {
        Some(Spent { session_id: Some(session), .. }) => Credential::Session(session),
        Some(Spent { token_hash: Some(hash), team: true, .. }) => Credential::Team(hash),
        Some(Spent { token_hash: Some(hash), api: true, .. }) => Credential::Api(hash),
        Some(Spent { token_hash: Some(hash), .. }) => Credential::Staff(hash),
        Some(_) | None => {
            return Err(Refusal::NotAuthenticated.because("the ticket is unknown, used or too old"));
        }
    };
    held(conn, by).await
}

/// Who opens a socket: the holder of a ticket or of a token that is stored. Access tokens of
/// accounts open sockets through tickets only.
///
/// # Errors
/// `NotAuthenticated`.
pub async fn holder_of_ticket_or_token(conn: &mut AsyncPgConnection, auth: &str) -> Result<Held, Error> {
    let token = Token::received(auth);
    if token.is(TokenKind::Ticket) {
        return spend_ticket(conn, &token).await;
    }
    held(conn, Credential::stored(&token)).await
}

/// Asks again whether what somebody opened a socket with still makes them who they were.
///
/// # Errors
/// `NotAuthenticated` when it does not any more, or makes them somebody else: another role has
/// other rights.
pub async fn still_holds(conn: &mut AsyncPgConnection, before: &Held) -> Result<(), Error> {
    let mut now = held(conn, before.by.clone()).await?;
    if let Some(player) = &before.plays {
        now = now.within(conn, &ContestRef::Id(player.contest)).await?;
    }
    if (&now.caller, &now.plays) == (&before.caller, &before.plays) { Ok(()) } else { Err(not_valid()) }
}
