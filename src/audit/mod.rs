//! What staff did, and what people did to their own accounts, for ever: who, what, to what, how it
//! was before and after, why, and by which request. Written in the transaction that did it, so that
//! there is no act without its line and no line without its act.
//!
//! A command says when it begins to act, once what it acts upon is locked, and when it is done.
//! Commands are made of commands: the outermost one's line is the one that is written. What a
//! line shows of its target holds no token and no answer.

pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use crate::auth::Admin;
use crate::db::Tx;
use crate::error::Error;
use crate::sql::sql;
use crate::types::{
    AccountId, ApiTokenId, BoxId, ClarificationId, ContestId, GameId, QuestionId, StaffTokenId, TeamId,
};

/// What staff acts upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A contest.
    Contest(ContestId),
    /// A team, with its points.
    Team(ContestId, TeamId),
    /// A question of the bank.
    Question(QuestionId),
    /// A question's place in a contest.
    Placement(ContestId, QuestionId),
    /// A mystery box.
    Box(ContestId, BoxId),
    /// An announcement, by its number.
    Announcement(ContestId, i32),
    /// What a team asked staff.
    Clarification(ContestId, ClarificationId),
    /// The questions of a contest, by a file.
    File(ContestId),
    /// Access for staff.
    Token(StaffTokenId),
    /// An account.
    Account(AccountId),
    /// A token of an account's programs.
    ApiToken(ApiTokenId),
    /// A one-time link into the console.
    StartLink,
    /// A game.
    Game(GameId),
}

impl Target {
    fn kind(self) -> &'static str {
        match self {
            Self::Contest(_) => "contest",
            Self::Team(..) => "team",
            Self::Question(_) => "question",
            Self::Placement(..) => "contest_question",
            Self::Box(..) => "mystery_box",
            Self::Announcement(..) => "announcement",
            Self::Clarification(..) => "clarification",
            Self::File(_) => "question_file",
            Self::Token(_) => "staff_token",
            Self::Account(_) => "account",
            Self::ApiToken(_) => "api_token",
            Self::StartLink => "start_link",
            Self::Game(_) => "game",
        }
    }

    fn contest(self) -> Option<ContestId> {
        match self {
            Self::Contest(id)
            | Self::Team(id, _)
            | Self::Placement(id, _)
            | Self::Box(id, _)
            | Self::Announcement(id, _)
            | Self::Clarification(id, _)
            | Self::File(id) => Some(id),
            Self::Question(_)
            | Self::Token(_)
            | Self::Account(_)
            | Self::ApiToken(_)
            | Self::StartLink
            | Self::Game(_) => None,
        }
    }

    fn id(self) -> Option<Uuid> {
        match self {
            Self::Contest(id) | Self::File(id) => Some(id.uuid()),
            Self::Team(_, id) => Some(id.uuid()),
            Self::Question(id) | Self::Placement(_, id) => Some(id.uuid()),
            Self::Box(_, id) => Some(id.uuid()),
            Self::Token(id) => Some(id.uuid()),
            Self::Account(id) => Some(id.uuid()),
            Self::Clarification(_, id) => Some(id.uuid()),
            Self::Game(id) => Some(id.uuid()),
            Self::ApiToken(id) => Some(id.uuid()),
            Self::Announcement(..) | Self::StartLink => None,
        }
    }
}

/// Who acts.
#[derive(Debug, Clone)]
pub struct Actor {
    /// An account's is looked up when the line is written.
    name: Option<String>,
    token: Option<StaffTokenId>,
    account: Option<AccountId>,
}

impl From<&Admin> for Actor {
    fn from(admin: &Admin) -> Self {
        Self { name: Some(admin.name().to_owned()), token: admin.token(), account: admin.account() }
    }
}

impl Actor {
    /// Whoever an account belongs to, who acts upon it themselves.
    #[must_use]
    pub fn owner(of: AccountId) -> Self {
        Self { name: None, token: None, account: Some(of) }
    }
}

/// Something that is being done.
#[derive(Debug)]
#[must_use = "an act that is not done leaves no line"]
pub struct Act(Option<Line>);

/// A line of the log, before it is written.
#[derive(Debug)]
pub(crate) struct Line {
    actor: Actor,
    action: &'static str,
    target: Target,
    before: Option<Value>,
    after: Option<Value>,
    reason: Option<String>,
}

impl Act {
    /// Begins to act upon something that is there and locked: shows how it is before.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn upon(
        tx: &mut Tx,
        by: impl Into<Actor>,
        action: &'static str,
        target: Target,
    ) -> Result<Self, Error> {
        let mut act = Self::making(tx, by, action, target);
        if let Some(line) = &mut act.0 {
            line.before = queries::image(tx, target).await?;
        }
        Ok(act)
    }

    /// Begins to make something new, or what is shown by its outcome alone.
    pub fn making(tx: &mut Tx, by: impl Into<Actor>, action: &'static str, target: Target) -> Self {
        // Inside of another command's act, it is that one's line that counts.
        if !tx.begin_act() {
            return Self(None);
        }
        Self(Some(Line { actor: by.into(), action, target, before: None, after: None, reason: None }))
    }

    /// What follows in this transaction is nobody's act, and leaves no line.
    pub fn of_nobody(tx: &mut Tx) {
        tx.begin_act();
    }

    /// Why, if staff said so.
    pub fn because(mut self, reason: Option<&str>) -> Self {
        if let Some(line) = &mut self.0 {
            line.reason = reason.map(ToOwned::to_owned);
        }
        self
    }

    /// What was acted upon, where that is known only by now.
    pub fn on(mut self, target: Target) -> Self {
        if let Some(line) = &mut self.0 {
            line.target = target;
        }
        self
    }

    /// It is done: shows how the target is after.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn done(self, tx: &mut Tx) -> Result<(), Error> {
        let Some(line) = &self.0 else { return Ok(()) };
        let after = queries::image(tx, line.target).await?;
        self.done_with(tx, after);
        Ok(())
    }

    /// It is done, and this is what came of it.
    pub fn done_with(self, tx: &mut Tx, after: Option<Value>) {
        if let Some(line) = self.0 {
            tx.end_act(Line { after, ..line });
        }
    }
}

/// Writes a line; travels with the commit.
pub(crate) async fn write(
    mut conn: &AsyncPgConnection,
    line: &Line,
    at: DateTime<Utc>,
    request_id: &str,
) -> Result<(), Error> {
    sql(
        "INSERT INTO audit_log (at, actor, token_id, action, contest_id, kind, target, before, after, reason,
            request_id, account_id)
         VALUES ($1, coalesce($2, (SELECT name FROM account WHERE id = $12)), $3, $4, $5, $6, $7, $8, $9, $10,
            $11, $12)",
    )
    .bind::<Timestamptz, _>(at)
    .bind::<Nullable<Text>, _>(&line.actor.name)
    .bind::<Nullable<SqlUuid>, _>(line.actor.token)
    .bind::<Text, _>(line.action)
    .bind::<Nullable<SqlUuid>, _>(line.target.contest())
    .bind::<Text, _>(line.target.kind())
    .bind::<Nullable<SqlUuid>, _>(line.target.id())
    .bind::<Nullable<Jsonb>, _>(&line.before)
    .bind::<Nullable<Jsonb>, _>(&line.after)
    .bind::<Nullable<Text>, _>(&line.reason)
    .bind::<Text, _>(request_id)
    .bind::<Nullable<SqlUuid>, _>(line.actor.account)
    .execute(&mut conn)
    .await?;
    Ok(())
}
