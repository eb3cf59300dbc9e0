//! Issuing and spending tokens.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use utoipa::ToSchema;

use super::queries::Credential;
use super::{Admin, Token, TokenKind};
use crate::audit::{Act, Target};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::schema::{staff_token, start_link, ws_ticket};
use crate::sql::sql;
use crate::types::{StaffTokenId, millis};

/// Makes an admin token, or makes sure that a configured one is known.
#[derive(Debug)]
pub struct IssueStaffToken {
    /// How its holder appears in ledgers and logs.
    pub label: String,
    /// The secret.
    pub token: Token,
}

impl Command for IssueStaffToken {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let id = StaffTokenId::new();
        let issued = diesel::insert_into(staff_token::table)
            .values((
                staff_token::id.eq(id),
                staff_token::label.eq(&self.label),
                staff_token::token_hash.eq(self.token.hash()),
            ))
            .on_conflict(staff_token::token_hash)
            .do_nothing()
            .execute(tx)
            .await?;
        if issued == 1 {
            let by = Admin::at_the_machine();
            Act::making(tx, &by, "issue_staff_token", Target::Token(id)).done(tx).await?;
        }
        Ok(())
    }
}

/// Makes a one-time link into the console, good for a day.
#[derive(Debug)]
pub struct IssueStartLink {
    /// The secret of the link.
    pub code: Token,
}

impl Command for IssueStartLink {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        diesel::insert_into(start_link::table)
            .values((
                start_link::code_hash.eq(self.code.hash()),
                start_link::expires_at.eq(tx.now() + chrono::Duration::days(1)),
            ))
            .execute(tx)
            .await?;
        Act::making(tx, &Admin::at_the_machine(), "issue_start_link", Target::StartLink).done(tx).await?;
        Ok(())
    }
}

/// An admin token, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedStaffToken {
    /// Send it as `Authorization: Bearer`.
    #[schema(value_type = String)]
    pub token: Token,
}

/// Exchanges the one-time link for an admin token.
#[derive(Debug)]
pub struct SpendStartLink {
    /// What stood in the link.
    pub code: Token,
}

impl Command for SpendStartLink {
    type Outcome = IssuedStaffToken;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<IssuedStaffToken, Error> {
        let spent = sql("DELETE FROM start_link WHERE code_hash = $1 AND expires_at > now()")
            .bind::<Binary, _>(self.code.hash())
            .execute(tx)
            .await?;
        if spent == 0 {
            return Err(Refusal::NotAuthenticated.because("the link is unknown, used or older than a day"));
        }
        let (id, token) = (StaffTokenId::new(), Token::new(TokenKind::Admin));
        sql("INSERT INTO staff_token (id, label, token_hash) VALUES ($1, $2, $3)")
            .bind::<SqlUuid, _>(id)
            .bind::<Text, _>("console")
            .bind::<Binary, _>(token.hash())
            .execute(tx)
            .await?;
        Act::making(tx, &Admin::with_start_link(), "spend_start_link", Target::Token(id)).done(tx).await?;
        Ok(IssuedStaffToken { token })
    }
}

/// A ticket that opens one socket.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedTicket {
    /// Send it as `auth` of `hello`.
    #[schema(value_type = String)]
    pub ticket: Token,
    /// 30 s from now.
    #[serde(serialize_with = "millis::serialize")]
    pub expires_at: DateTime<Utc>,
}

/// Makes a socket ticket for the holder of a token.
#[derive(Debug)]
pub struct IssueTicket {
    /// What its holder proved themselves with.
    pub by: Credential,
}

impl Command for IssueTicket {
    type Outcome = IssuedTicket;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<IssuedTicket, Error> {
        let ticket = Token::new(TokenKind::Ticket);
        let expires_at = tx.now() + chrono::Duration::seconds(30);
        let (token, session) = match &self.by {
            Credential::Team(hash) | Credential::Staff(hash) | Credential::Api(hash) => (Some(hash), None),
            Credential::Session(session) => (None, Some(*session)),
        };
        diesel::insert_into(ws_ticket::table)
            .values((
                ws_ticket::ticket_hash.eq(ticket.hash()),
                ws_ticket::token_hash.eq(token),
                ws_ticket::session_id.eq(session),
                ws_ticket::expires_at.eq(expires_at),
            ))
            .execute(tx)
            .await?;
        Ok(IssuedTicket { ticket, expires_at })
    }
}
