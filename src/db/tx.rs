//! A transaction: what opens it, what travels with it, and how it ends.

use std::any::Any;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::{join, join3};

use super::{Command, Db, Failed};
use crate::audit::{self, Line};
use crate::error::{Busy, Error, not_valid};
use crate::events::Event;
use crate::events::last::Last;
use crate::idempotency::{Claim, Kept, Key};
use crate::memory::Memory;
use crate::pool::Pooled;
use crate::sql::sql;
use crate::trace::Trace;
use crate::types::{AccountId, ContestId};

#[derive(QueryableByName)]
struct Clock {
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
}

/// Proof that a transaction is open. Dropped without commit, its connection is thrown away
/// and PostgreSQL rolls back.
///
/// Statements that do not need each other's answers travel together: steps that take a shared
/// `&AsyncPgConnection` are joined (`futures_util::future::join`, which polls in order, so that
/// they are also sent in order), and PostgreSQL runs them one after the other.
pub struct Tx {
    conn: Pooled,
    pub(super) events: Vec<Event>,
    pub(super) revoked: Vec<AccountId>,
    claim: Claim,
    gate: Option<ContestId>,
    kept: Vec<Kept>,
    acting: bool,
    lines: Vec<Line>,
    memory: Arc<Memory>,
    trace: Arc<Trace>,
    now: DateTime<Utc>,
    received_at: DateTime<Utc>,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx")
            .field("now", &self.now)
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}

impl Tx {
    pub(super) async fn begin(db: &Db, command: &impl Command) -> Result<Self, Error> {
        let mut conn = db.conn().await?;
        // Measured before BEGIN, whose arrival is what `now` says: measured later, the way to
        // the database and back would count twice, and an answer could be received before
        // it was sent.
        let waited = chrono::Duration::from_std(db.trace.waited()).unwrap_or_default();
        conn.in_transaction = true;
        let (begun, opened) = join(utter(&conn, "BEGIN"), open(&conn, command)).await;
        begun?;
        let Opened { now, claim, proved } = opened?;
        if !proved {
            return Err(not_valid());
        }
        let gate = command.gate();
        let received_at = (now - waited).trunc_subsecs(6);
        let (events, lines) = (Vec::new(), Vec::new());
        let (memory, trace) = (Arc::clone(&db.memory), Arc::clone(&db.trace));
        Ok(Self {
            conn,
            events,
            revoked: Vec::new(),
            claim,
            gate,
            kept: Vec::new(),
            acting: false,
            lines,
            memory,
            trace,
            now,
            received_at,
        })
    }

    /// When this transaction began, by the database's clock.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Sets the transaction's clock to this moment. Whoever waited for a closed gate acts when it
    /// had closed, after every write that passed it before.
    pub(crate) async fn set_clock(&mut self) -> Result<(), Error> {
        self.now = sql("SELECT clock_timestamp() AS now").get_result::<Clock>(self).await?.now;
        Ok(())
    }

    /// When the request reached us: the time it waited in our own process is taken off,
    /// so that our slowness never costs a team.
    #[must_use]
    pub fn received_at(&self) -> DateTime<Utc> {
        self.received_at
    }

    /// The connection for a step that travels with others.
    #[must_use]
    pub fn shared(&self) -> &AsyncPgConnection {
        &self.conn
    }

    /// What a room keeps in memory beside the database.
    pub(crate) fn memory<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        self.memory.of()
    }

    /// Lets statements of this transaction take longer than others.
    pub(crate) fn be_patient(&self, limit: Duration) {
        self.conn.be_patient(limit);
    }

    /// Keeps an event for the outbox; it is told to nobody before the commit.
    pub fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Notes that an account may not do any more what it could; its sockets are looked at again
    /// after the commit.
    pub(crate) fn revoke(&mut self, account: AccountId) {
        self.revoked.push(account);
    }

    /// What was found out about the command's idempotency key.
    pub(crate) fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Whether the command passed this contest's gate when it began.
    pub(crate) fn has_passed(&self, contest: ContestId) -> bool {
        self.gate == Some(contest)
    }

    /// The contest that this is about, as far as it is known by now.
    pub(crate) fn contest(&self) -> Option<ContestId> {
        self.gate.or_else(|| self.events.as_slice().first().map(|event| event.contest))
    }

    /// Keeps a reply for whoever sends the same key again; it is written with the commit.
    pub(crate) fn keep(&mut self, reply: Kept) {
        self.kept.push(reply);
    }

    /// Begins what staff does; false inside of what is being done already.
    pub(crate) fn begin_act(&mut self) -> bool {
        !std::mem::replace(&mut self.acting, true)
    }

    /// Keeps the line of what staff has done; it is written with the commit.
    pub(crate) fn end_act(&mut self, line: Line) {
        self.acting = false;
        self.lines.push(line);
    }

    async fn write_lines(&self) -> Result<(), Error> {
        for line in &self.lines {
            audit::write(&self.conn, line, self.now, &self.trace.request_id).await?;
        }
        Ok(())
    }

    /// The replies and the events travel with COMMIT. COMMIT of an aborted transaction answers
    /// ROLLBACK *without an error*; any statement before it does not, so a database error that
    /// a command swallowed is caught here and never acknowledged.
    pub(super) async fn commit(mut self) -> Result<(), Failed> {
        // Several lines (no request has them) cannot travel all together.
        if self.lines.len() > 1 {
            self.write_lines().await.map_err(Failed::Before)?;
            self.lines.clear();
        }
        let last = Last { events: &self.events, kept: &self.kept, at: self.now };
        let (lines, written, committed) =
            join3(self.write_lines(), last.write(&self.conn), utter(&self.conn, "COMMIT")).await;
        let lost = matches!(committed, Err(Error::Busy(Busy::DatabaseDown)));
        self.conn.in_transaction = committed.is_err();
        match lines.and(written) {
            // The connection broke: COMMIT may have arrived.
            Err(error) if lost => Err(Failed::AtCommit(error)),
            Err(error) => Err(Failed::Before(error)),
            Ok(()) => committed.map_err(Failed::AtCommit),
        }
    }

    /// After a failure the transaction is still open, and the pool throws the connection away.
    pub(super) async fn rollback(mut self) {
        match utter(&self.conn, "ROLLBACK").await {
            Ok(()) => self.conn.in_transaction = false,
            Err(error) => tracing::debug!(%error, "rollback failed; the connection is dropped"),
        }
    }
}

/// BEGIN, COMMIT, ROLLBACK. Prepared like every other statement, because those are sent in the
/// order in which they were asked for; one that is not could overtake one that is prepared first.
async fn utter(mut conn: &AsyncPgConnection, word: &'static str) -> Result<(), Error> {
    sql(word).execute(&mut conn).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Opened {
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
    #[diesel(embed)]
    claim: Claim,
    #[diesel(sql_type = Bool)]
    proved: bool,
}

/// The first statement, with what proves `$5`, the hash of a token.
macro_rules! open {
    ($proof:literal) => {
        concat!(
            "SELECT now() AS now, pg_try_advisory_xact_lock($1) AS claimed, request_hash, status, reply,
                pg_advisory_xact_lock_shared(hashtextextended('contest:' || $4::uuid, 0)), ",
            $proof,
            " AS proved
             FROM (SELECT) once LEFT JOIN idempotency ON principal = $2 AND key = $3"
        )
    };
}

/// The clock, the key's claim, the gate and the proof, each of which may be missing: the functions that
/// lock answer NULL to NULL. What the gate guards must be read by a later statement: one that waited
/// for it sees what was there when it began to wait.
async fn open(mut conn: &AsyncPgConnection, command: &impl Command) -> Result<Opened, Error> {
    let key = command.key();
    let text = match command.proof() {
        // Who has nothing to prove touches no table for it.
        None => open!("$5::bytea IS NULL"),
        Some(_) => open!(
            "EXISTS (SELECT FROM member m JOIN team t ON (t.contest_id, t.id) = (m.contest_id, m.team_id)
                WHERE m.token_hash = $5 AND t.state <> 'deleted')"
        ),
    };
    Ok(sql(text)
        .bind::<Nullable<BigInt>, _>(key.map(Key::lock))
        .bind::<Nullable<Text>, _>(key.map(|k| &k.principal))
        .bind::<Nullable<Text>, _>(key.map(|k| &k.key))
        .bind::<Nullable<SqlUuid>, _>(command.gate())
        .bind::<Nullable<Binary>, _>(command.proof())
        .get_result(&mut conn)
        .await?)
}

impl Deref for Tx {
    type Target = AsyncPgConnection;
    fn deref(&self) -> &AsyncPgConnection {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }
}
