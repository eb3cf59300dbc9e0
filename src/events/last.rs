//! What a transaction writes last: its events, and the reply that is kept for its key.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, Binary, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::Event;
use crate::error::Error;
use crate::idempotency::Kept;
use crate::sql::sql;
use crate::types::{ContestId, TeamId};

/// Writes the events, whose values are `$1` to `$6`.
macro_rules! tell {
    () => {
        "INSERT INTO outbox (contest_id, kind, audience, team_id, payload, at)
         SELECT c, k, a, t, p, $6 FROM unnest($1, $2, $3, $4, $5) AS e(c, k, a, t, p)"
    };
}
/// Writes the reply, whose values are `$7` to `$12`.
macro_rules! keep {
    () => {
        "INSERT INTO idempotency (principal, key, request_hash, status, reply, contest_id)
         VALUES ($7, $8, $9, $10, $11, $12)"
    };
}
pub(crate) use {keep, tell};

/// What is to be written, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Last<'a> {
    pub(crate) events: &'a [Event],
    pub(crate) kept: Option<&'a Kept>,
    pub(crate) at: DateTime<Utc>,
}

impl Last<'_> {
    /// Writes it in one statement. With nothing to write there still is one, for the sake of what
    /// [`crate::db`] says of COMMIT.
    pub(crate) async fn write(self, conn: &AsyncPgConnection) -> Result<(), Error> {
        let text = match self.kept {
            None => tell!(),
            Some(_) => concat!("WITH kept AS (", keep!(), ") ", tell!()),
        };
        self.write_with(conn, sql(text)).await
    }

    /// Writes it in the course of a statement that says [`tell!`] and, if there is a reply to be
    /// kept, [`keep!`]; its own values begin with `$13`.
    pub(crate) async fn write_with<Q>(self, mut conn: &AsyncPgConnection, statement: Q) -> Result<(), Error>
    where
        Q: QueryFragment<Pg> + Send,
    {
        Told::of(self, statement).execute(&mut conn).await?;
        Ok(())
    }
}

/// Its values first, whose numbers are the same in every statement.
struct Told<'a, Q> {
    contests: Vec<ContestId>,
    kinds: Vec<&'static str>,
    audiences: Vec<&'static str>,
    teams: Vec<Option<TeamId>>,
    payloads: Vec<&'a Value>,
    at: DateTime<Utc>,
    principal: Option<&'a str>,
    key: Option<&'a str>,
    request_hash: Option<&'a [u8]>,
    status: Option<i16>,
    reply: Option<&'a str>,
    contest: Option<ContestId>,
    statement: Q,
}

impl<'a, Q> Told<'a, Q> {
    fn of(Last { events, kept, at }: Last<'a>, statement: Q) -> Self {
        Self {
            contests: events.iter().map(|event| event.contest).collect(),
            kinds: events.iter().map(|event| event.kind).collect(),
            audiences: events.iter().map(|event| event.audience.as_str()).collect(),
            teams: events.iter().map(|event| event.team).collect(),
            payloads: events.iter().map(|event| &event.payload).collect(),
            at,
            principal: kept.map(|kept| &*kept.key.principal),
            key: kept.map(|kept| &*kept.key.key),
            request_hash: kept.map(|kept| &*kept.key.request_hash),
            status: kept.map(|kept| kept.status),
            reply: kept.map(|kept| &*kept.body),
            contest: kept.and_then(|kept| kept.contest),
            statement,
        }
    }
}

impl<Q> QueryId for Told<'_, Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Told<'_, Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param_value_only::<Array<SqlUuid>, _>(&self.contests)?;
        out.push_bind_param_value_only::<Array<Text>, _>(&self.kinds)?;
        out.push_bind_param_value_only::<Array<Text>, _>(&self.audiences)?;
        out.push_bind_param_value_only::<Array<Nullable<SqlUuid>>, _>(&self.teams)?;
        out.push_bind_param_value_only::<Array<Jsonb>, _>(&self.payloads)?;
        out.push_bind_param_value_only::<Timestamptz, _>(&self.at)?;
        out.push_bind_param_value_only::<Nullable<Text>, _>(&self.principal)?;
        out.push_bind_param_value_only::<Nullable<Text>, _>(&self.key)?;
        out.push_bind_param_value_only::<Nullable<Binary>, _>(&self.request_hash)?;
        out.push_bind_param_value_only::<Nullable<SmallInt>, _>(&self.status)?;
        out.push_bind_param_value_only::<Nullable<Text>, _>(&self.reply)?;
        out.push_bind_param_value_only::<Nullable<SqlUuid>, _>(&self.contest)?;
        self.statement.walk_ast(out)
    }
}
