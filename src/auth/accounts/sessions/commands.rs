//! Signing in, going on, signing out.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Serialize;

use crate::audit::{Act, Actor, Target};
use crate::auth::accounts::commands::act_upon_own;
use crate::auth::{SignedIn, Token, TokenKind, not_valid};
use crate::db::{Command, Tx};
use crate::error::Error;
use crate::sql::sql;
use crate::types::{AccountId, SessionId};

/// How long a refresh token waits for its exchange.
const REFRESH_LIFE: Duration = Duration::days(30);

/// What a session goes on with; the access token is signed when this is committed.
#[derive(Debug, Serialize)]
pub struct Issued {
    /// Whose it is.
    pub account: AccountId,
    /// Which sign-in.
    pub session: SessionId,
    /// The next refresh token.
    pub refresh: Token,
    /// When it was issued.
    pub at: DateTime<Utc>,
}

/// Begins a session of somebody whose password was right.
#[derive(Debug)]
pub struct BeginSession {
    /// Who it is,
    pub account: AccountId,
    /// and in which epoch the password was looked at: it may have been changed meanwhile.
    pub epoch: i32,
}

impl Command for BeginSession {
    type Outcome = Issued;

    async fn run(&self, tx: &mut Tx) -> Result<Issued, Error> {
        let still = sql("SELECT FROM account WHERE id = $1 AND epoch = $2 AND state = 'active' FOR SHARE")
            .bind::<SqlUuid, _>(self.account)
            .bind::<Integer, _>(self.epoch)
            .execute(tx)
            .await?;
        if still == 0 {
            return Err(not_valid());
        }
        let session = SessionId::new();
        sql("INSERT INTO session (id, account_id, epoch) VALUES ($1, $2, $3)")
            .bind::<SqlUuid, _>(session)
            .bind::<SqlUuid, _>(self.account)
            .bind::<Integer, _>(self.epoch)
            .execute(tx)
            .await?;
        issue(tx, self.account, session).await
    }
}

/// The next refresh token of a session.
async fn issue(tx: &mut Tx, account: AccountId, session: SessionId) -> Result<Issued, Error> {
    let (refresh, at) = (Token::new(TokenKind::Refresh), tx.now());
    sql("INSERT INTO refresh_token (token_hash, session_id, expires_at) VALUES ($1, $2, $3)")
        .bind::<Binary, _>(refresh.hash())
        .bind::<SqlUuid, _>(session)
        .bind::<Timestamptz, _>(at + REFRESH_LIFE)
        .execute(tx)
        .await?;
    Ok(Issued { account, session, refresh, at })
}

/// What became of a refresh token.
#[derive(Debug, Serialize)]
pub enum Refreshed {
    /// It was exchanged.
    Issued(Issued),
    /// It had been exchanged before. Somebody has a copy, and nobody can tell who: the session has
    /// ended, for both. (No refusal, because that would undo it.)
    Reused(SessionId),
}

/// Exchanges a refresh token for the next one.
#[derive(Debug)]
pub struct Refresh {
    /// What was sent.
    pub token: Token,
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = SqlUuid)]
    id: SessionId,
}

#[derive(QueryableByName)]
struct Family {
    #[diesel(sql_type = SqlUuid)]
    account_id: AccountId,
    #[diesel(sql_type = SqlUuid)]
    id: SessionId,
    #[diesel(sql_type = Bool)]
    live: bool,
}

#[derive(QueryableByName)]
struct Mark {
    #[diesel(sql_type = Bool)]
    used: bool,
}

impl Refresh {
    /// Whoever comes when the session is over need not wait for those who still fight for it.
    async fn must_be_of_a_session(&self, tx: &mut Tx) -> Result<(), Error> {
        let going_on = sql("SELECT FROM session s JOIN refresh_token r ON r.session_id = s.id
             WHERE r.token_hash = $1 AND s.ended_at IS NULL")
        .bind::<Binary, _>(self.token.hash())
        .execute(tx)
        .await?;
        if going_on == 0 { Err(not_valid()) } else { Ok(()) }
    }

    /// Locks the session that the token belongs to; exchanges of one session go one by one. How things
    /// are is read by a statement of its own: one that waited for the session would see it as it is by
    /// now, and its account as it was before.
    async fn lock(&self, tx: &mut Tx) -> Result<Family, Error> {
        let locked: Option<Locked> = sql("SELECT id FROM session
             WHERE id = (SELECT session_id FROM refresh_token WHERE token_hash = $1) FOR UPDATE")
        .bind::<Binary, _>(self.token.hash())
        .get_result(tx)
        .await
        .optional()?;
        Ok(sql("SELECT s.id, s.account_id,
                s.ended_at IS NULL AND s.epoch = a.epoch AND a.state = 'active' AS live
             FROM session s JOIN account a ON a.id = s.account_id WHERE s.id = $1")
        .bind::<SqlUuid, _>(locked.ok_or_else(not_valid)?.id)
        .get_result(tx)
        .await?)
    }

    /// Whether it is the first to come with this token. Read by a statement of its own: one that
    /// waited for the session would see the token as it was before.
    async fn spend(&self, tx: &mut Tx) -> Result<Option<bool>, Error> {
        let before: Option<Mark> = sql("SELECT used_at IS NOT NULL AS used FROM refresh_token
             WHERE token_hash = $1 AND (used_at IS NOT NULL OR expires_at > now())")
        .bind::<Binary, _>(self.token.hash())
        .get_result(tx)
        .await
        .optional()?;
        if matches!(before, Some(Mark { used: false })) {
            sql("UPDATE refresh_token SET used_at = now() WHERE token_hash = $1")
                .bind::<Binary, _>(self.token.hash())
                .execute(tx)
                .await?;
        }
        Ok(before.map(|mark| !mark.used))
    }
}

impl Command for Refresh {
    type Outcome = Refreshed;

    async fn run(&self, tx: &mut Tx) -> Result<Refreshed, Error> {
        self.must_be_of_a_session(tx).await?;
        let family = self.lock(tx).await?;
        match self.spend(tx).await? {
            Some(true) if family.live => {
                Ok(Refreshed::Issued(issue(tx, family.account_id, family.id).await?))
            }
            Some(false) => {
                end_by_reuse(tx, &family).await?;
                Ok(Refreshed::Reused(family.id))
            }
            // Too old, or of a session that is over.
            Some(true) | None => Err(not_valid()),
        }
    }
}

/// Ends a session because somebody has a copy of its tokens; the first time leaves a line.
async fn end_by_reuse(tx: &mut Tx, family: &Family) -> Result<(), Error> {
    if family.live {
        let (owner, account) = (Actor::owner(family.account_id), Target::Account(family.account_id));
        let act = Act::upon(tx, owner, "issue_tokens", account).await?;
        act.because(Some("a used refresh token came back: its session has ended")).done(tx).await?;
    }
    tx.revoke(family.account_id);
    end_session(tx, family.id, "reuse").await
}

async fn end_session(tx: &mut Tx, session: SessionId, cause: &'static str) -> Result<(), Error> {
    sql("UPDATE session SET ended_at = now(), ended_by = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind::<SqlUuid, _>(session)
        .bind::<Text, _>(cause)
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends the session that is speaking.
#[derive(Debug)]
pub struct SignOut {
    /// Who signs out.
    pub by: SignedIn,
}

impl Command for SignOut {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        tx.revoke(self.by.account());
        end_session(tx, self.by.session(), "sign_out").await
    }
}

/// Ends every session of an account: whatever was issued before is void.
#[derive(Debug)]
pub struct SignOutEverywhere {
    /// Who signs out.
    pub by: SignedIn,
}

impl Command for SignOutEverywhere {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let act = act_upon_own(tx, self.by.account(), "sign_out_everywhere").await?;
        sql("UPDATE account SET epoch = epoch + 1 WHERE id = $1")
            .bind::<SqlUuid, _>(self.by.account())
            .execute(tx)
            .await?;
        tx.revoke(self.by.account());
        act.done(tx).await
    }
}
