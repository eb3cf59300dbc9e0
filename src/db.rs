//! The only begin, commit, rollback and retry.

use std::any::Any;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::{join, join3};
use serde::Serialize;
use tokio::sync::{Notify, broadcast};

use crate::audit::{self, Line};
use crate::error::{Busy, Error, not_valid};
use crate::events::Event;
use crate::events::last::Last;
use crate::idempotency::{Claim, Kept, Key};
use crate::memory::Memory;
use crate::meters::Meters;
use crate::pool::{For, Pool, Pooled, pool};
use crate::sql::sql;
use crate::trace::Trace;
use crate::types::{AccountId, ContestId};

/// How often a command is tried in all.
const TRIES: u32 = 4;

/// When a lost connection may still be replaced by another one within the two seconds that a
/// request has.
const HURRY: Duration = Duration::from_millis(200);

/// Accounts that wait for somebody to hear that they lost something; then the oldest are dropped.
const REVOKED: usize = 256;

/// Connections for [`Db::probe`].
const PROBES: u32 = 1;

/// Connections for [`Db::conn_for_reports`]: as many reports go on at once.
const REPORTS: u32 = 2;

/// What should happen, as a value: it can be run again after a deadlock, and printed.
///
/// Five beats in every `run`, in this order: lock, look, decide, write, tell. Only the
/// database is awaited inside.
pub trait Command: Sync {
    /// What the caller hears.
    type Outcome: Serialize + Send;

    /// Whether success means that something new exists (201 rather than 200).
    const CREATES: bool = false;

    /// The idempotency key that must be claimed first, if it came with one.
    fn key(&self) -> Option<&Key> {
        None
    }

    /// The contest whose gate it passes first, when that is known beforehand. The gate is shared,
    /// so that commands do not wait for each other, but a pause waits until every write that
    /// began before it is done.
    fn gate(&self) -> Option<ContestId> {
        None
    }

    /// The hash of the team token that still has to open something, when that was not looked up.
    fn proof(&self) -> Option<&[u8]> {
        None
    }

    /// Does it, inside a transaction that is committed when this returns `Ok`.
    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Outcome, Error>> + Send;
}

/// The door to the database, for one request or one background task.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    probe: Arc<Pool>,
    reports: Arc<Pool>,
    told: Arc<Notify>,
    revoked: broadcast::Sender<AccountId>,
    meters: Arc<Meters>,
    memory: Arc<Memory>,
    trace: Arc<Trace>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("pool", &self.pool).finish_non_exhaustive()
    }
}

impl Db {
    /// A pool of at most `size` connections; none is opened before it is needed.
    #[must_use]
    pub fn new(url: &str, size: u32) -> Self {
        let meters = Arc::new(Meters::new());
        let probe = Arc::new(pool(url, PROBES, For::Probes, &meters));
        let reports = Arc::new(pool(url, REPORTS, For::Reports, &meters));
        let (pool, trace) = (pool(url, size, For::Requests, &meters), Arc::new(Trace::background()));
        let revoked = broadcast::Sender::new(REVOKED);
        let (told, memory) = (Arc::new(Notify::new()), Arc::default());
        Self { pool, probe, reports, told, revoked, meters, memory, trace }
    }

    /// A second pool on the same database, for background work; it rings the same bell.
    #[must_use]
    pub fn beside(&self, url: &str, size: u32) -> Self {
        Self { pool: pool(url, size, For::Background, &self.meters), ..self.clone() }
    }

    /// What is counted.
    #[must_use]
    pub fn meters(&self) -> &Arc<Meters> {
        &self.meters
    }

    /// The same door, for one request.
    #[must_use]
    pub fn for_request(&self, trace: Arc<Trace>) -> Self {
        Self { trace, ..self.clone() }
    }

    /// Rings whenever a command of this process has told something.
    #[must_use]
    pub fn told(&self) -> Arc<Notify> {
        Arc::clone(&self.told)
    }

    /// The accounts that a command of this process takes something from, from now on.
    pub(crate) fn revoked(&self) -> broadcast::Receiver<AccountId> {
        self.revoked.subscribe()
    }

    /// A connection for reads.
    ///
    /// # Errors
    /// `Busy` when none is free in 1.5 s or the database is down.
    pub async fn conn(&self) -> Result<Pooled, Error> {
        self.pool.get().await
    }

    /// A connection to see whether the database is there, kept apart from all others: that every
    /// one of those is in use does not mean that it is down.
    ///
    /// # Errors
    /// `Busy` when the database is down.
    pub async fn probe(&self) -> Result<Pooled, Error> {
        self.probe.get().await
    }

    /// What a room keeps in memory beside the database.
    pub(crate) fn memory<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        self.memory.of()
    }

    /// A connection for reads that go through very many rows, kept apart from all others: whoever
    /// asks for much waits for others who do, and nobody who plays waits for them.
    ///
    /// # Errors
    /// `Busy` when none is free in 1.5 s or the database is down.
    pub async fn conn_for_reports(&self) -> Result<Pooled, Error> {
        self.reports.get().await
    }

    /// The request that this door was opened for.
    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Runs a command in a transaction of its own.
    ///
    /// # Errors
    /// What the command refuses; `Busy` after four lost races or when the database is away.
    pub async fn run<C: Command>(&self, command: &C) -> Result<C::Outcome, Error> {
        let (mut tries, began) = (1, Instant::now());
        loop {
            match self.attempt(command).await {
                Err(Failed::Before(Error::Busy(reason))) if may_retry(reason, tries, began.elapsed()) => {
                    self.meters.retried(reason);
                    tokio::time::sleep(backoff(tries)).await;
                    tries += 1;
                }
                Err(Failed::Before(error)) => return Err(error),
                Err(Failed::AtCommit(error)) => return Err(self.unknown(error)),
                Ok(outcome) => return Ok(outcome),
            }
        }
    }

    async fn attempt<C: Command>(&self, command: &C) -> Result<C::Outcome, Failed> {
        let mut tx = Tx::begin(self, command).await.map_err(Failed::Before)?;
        match command.run(&mut tx).await {
            Ok(outcome) => {
                let (told, revoked) = (!tx.events.is_empty(), std::mem::take(&mut tx.revoked));
                tx.commit().await?;
                for account in revoked {
                    // Nobody may be listening.
                    drop(self.revoked.send(account));
                }
                if told {
                    self.told.notify_one();
                }
                Ok(outcome)
            }
            Err(error) => {
                tx.rollback().await;
                Err(Failed::Before(error))
            }
        }
    }

    /// A refusal at COMMIT (a deferred constraint) rolled back for certain; a lost connection
    /// did not.
    fn unknown(&self, error: Error) -> Error {
        match error {
            Error::Busy(Busy::DatabaseDown | Busy::StatementTimeout) => {
                self.meters.lost_commit();
                Error::Busy(Busy::OutcomeUnknown)
            }
            other => other,
        }
    }
}

/// Whether COMMIT had been sent when it failed: then nobody may simply try again.
enum Failed {
    Before(Error),
    AtCommit(Error),
}

fn may_retry(reason: Busy, tries: u32, elapsed: Duration) -> bool {
    match reason {
        Busy::Deadlock | Busy::Conflict => tries < TRIES,
        // A connection that was closed shows itself at once, one that is half open much later.
        Busy::DatabaseDown => tries < TRIES && elapsed < HURRY,
        Busy::LockTimeout => tries < 2,
        Busy::PoolExhausted
        | Busy::StatementTimeout
        | Busy::OutcomeUnknown
        | Busy::SocketsFull
        | Busy::Overloaded
        | Busy::Draining => false,
    }
}

fn backoff(tries: u32) -> Duration {
    Duration::from_millis(u64::from(tries) * 10 + rand::random_range(0..20))
}

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
    events: Vec<Event>,
    revoked: Vec<AccountId>,
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
    async fn begin(db: &Db, command: &impl Command) -> Result<Self, Error> {
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
        self.now = crate::sql::sql("SELECT clock_timestamp() AS now").get_result::<Clock>(self).await?.now;
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
    async fn commit(mut self) -> Result<(), Failed> {
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
    async fn rollback(mut self) {
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

/// Whether commands take row locks. Only a scratch build (`--cfg without_locks`) does not:
/// it proves that the constraints alone keep the promises (docs/ARCHITECTURE.md).
pub const LOCKS: bool = cfg!(not(without_locks));
