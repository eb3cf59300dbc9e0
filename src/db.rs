//! The only begin, commit, rollback and retry.

use chrono::{DateTime, SubsecRound, Utc};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel_async::pooled_connection::bb8::{Pool, PooledConnection};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use futures_util::FutureExt;
use serde::Serialize;
use tokio::sync::Notify;

use crate::error::{Busy, Error};
use crate::events::{self, Event};
use crate::trace::Trace;

/// A connection for reads.
pub type Conn = PooledConnection<'static, AsyncPgConnection>;

/// Set on every connection. The limits keep one stuck transaction from stopping a hall.
const SETUP: &str = "SET lock_timeout = '1500ms'; SET statement_timeout = '4s'; \
    SET idle_in_transaction_session_timeout = '5s'; SET lc_messages = 'C'; SET timezone = 'UTC'; \
    SET default_transaction_isolation = 'read committed'";

/// How long a request waits for a connection before it is told to come back.
const POOL_WAIT: Duration = Duration::from_millis(1500);

/// How often a command is tried in all.
const TRIES: u32 = 4;

/// What should happen, as a value: it can be run again after a deadlock, and printed.
///
/// Five beats in every `run`, in this order: lock, look, decide, write, tell. Only the
/// database is awaited inside.
pub trait Command: Sync {
    /// What the caller hears.
    type Outcome: Serialize + Send;

    /// Whether success means that something new exists (201 rather than 200).
    const CREATES: bool = false;

    /// Does it, inside a transaction that is committed when this returns `Ok`.
    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Outcome, Error>> + Send;
}

/// The door to the database, for one request or one background task.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
    told: Arc<Notify>,
    trace: Arc<Trace>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("pool", &self.pool.state()).finish_non_exhaustive()
    }
}

impl Db {
    /// A pool of at most `size` connections; none is opened before it is needed.
    #[must_use]
    pub fn new(url: &str, size: u32) -> Self {
        let mut config = ManagerConfig::default();
        // A dead connection shows itself at BEGIN, where trying again is safe.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|url| connect(url).boxed());
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = Pool::builder()
            .max_size(size)
            .test_on_check_out(false)
            .connection_timeout(POOL_WAIT)
            .build_unchecked(manager);
        Self { pool, told: Arc::new(Notify::new()), trace: Arc::new(Trace::background()) }
    }

    /// A second pool on the same database, for background work; it rings the same bell.
    #[must_use]
    pub fn beside(&self, url: &str, size: u32) -> Self {
        Self { told: Arc::clone(&self.told), ..Self::new(url, size) }
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

    /// A connection for reads.
    ///
    /// # Errors
    /// `Busy` when none is free in 1.5 s or the database is down.
    pub async fn conn(&self) -> Result<Conn, Error> {
        Ok(self.pool.get_owned().await?)
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
        let mut tries = 1;
        loop {
            match self.attempt(command).await {
                Err(Failed::Before(Error::Busy(reason))) if may_retry(reason, tries) => {
                    tokio::time::sleep(backoff(tries)).await;
                    tries += 1;
                }
                Err(Failed::Before(error)) => return Err(error),
                Err(Failed::AtCommit(error)) => return Err(unknown(error)),
                Ok(outcome) => return Ok(outcome),
            }
        }
    }

    async fn attempt<C: Command>(&self, command: &C) -> Result<C::Outcome, Failed> {
        let mut tx = Tx::begin(self).await.map_err(Failed::Before)?;
        match command.run(&mut tx).await {
            Ok(outcome) => {
                tx.tell_outbox().await.map_err(Failed::Before)?;
                let told = !tx.events.is_empty();
                tx.commit().await.map_err(Failed::AtCommit)?;
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
}

/// Whether COMMIT had been sent when it failed: then nobody may simply try again.
enum Failed {
    Before(Error),
    AtCommit(Error),
}

fn may_retry(reason: Busy, tries: u32) -> bool {
    match reason {
        Busy::Conflict | Busy::DatabaseDown => tries < TRIES,
        Busy::LockTimeout => tries < 2,
        Busy::PoolExhausted | Busy::StatementTimeout | Busy::OutcomeUnknown | Busy::SocketsFull => false,
    }
}

fn backoff(tries: u32) -> Duration {
    Duration::from_millis(u64::from(tries) * 10 + rand::random_range(0..20))
}

/// A refusal at COMMIT (a deferred constraint) rolled back for certain; a lost connection did not.
fn unknown(error: Error) -> Error {
    match error {
        Error::Busy(Busy::DatabaseDown | Busy::StatementTimeout) => Error::Busy(Busy::OutcomeUnknown),
        other => other,
    }
}

async fn connect(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let mut conn = AsyncPgConnection::establish(url).await?;
    conn.batch_execute(SETUP).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

#[derive(QueryableByName)]
struct Clock {
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    now: DateTime<Utc>,
}

/// Proof that a transaction is open. Dropped without commit, its connection is thrown away
/// and PostgreSQL rolls back.
pub struct Tx {
    conn: Conn,
    events: Vec<Event>,
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
    async fn begin(db: &Db) -> Result<Self, Error> {
        let mut conn = db.conn().await?;
        // Measured before BEGIN, whose arrival is what `now` says: measured later, the way to
        // the database and back would count twice, and an answer could be received before
        // it was sent.
        let waited = chrono::Duration::from_std(db.trace.waited()).unwrap_or_default();
        AnsiTransactionManager::begin_transaction(&mut *conn).await?;
        let now: DateTime<Utc> =
            diesel::select(diesel::dsl::now.into_sql::<diesel::sql_types::Timestamptz>())
                .get_result(&mut conn)
                .await?;
        Ok(Self { conn, events: Vec::new(), now, received_at: (now - waited).trunc_subsecs(6) })
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

    /// Keeps an event for the outbox; it is told to nobody before the commit.
    pub fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Forgets what was told since there were `count` events, as a savepoint forgets writes.
    pub(crate) fn untell(&mut self, count: usize) {
        self.events.truncate(count);
    }

    /// How many events are kept so far.
    pub(crate) fn told(&self) -> usize {
        self.events.len()
    }

    /// The last statement of every transaction. COMMIT of an aborted transaction answers
    /// ROLLBACK *without an error*; any statement before it does not, so a database error
    /// that a command swallowed is caught here and never acknowledged.
    async fn tell_outbox(&mut self) -> Result<(), Error> {
        if self.events.is_empty() {
            diesel::select(1.into_sql::<diesel::sql_types::Integer>()).execute(&mut self.conn).await?;
        } else {
            events::write_outbox(&mut self.conn, &self.events, self.now).await?;
        }
        Ok(())
    }

    async fn commit(mut self) -> Result<(), Error> {
        Ok(AnsiTransactionManager::commit_transaction(&mut *self.conn).await?)
    }

    /// A failure leaves the transaction open and the pool throws the connection away.
    async fn rollback(mut self) {
        if let Err(error) = AnsiTransactionManager::rollback_transaction(&mut *self.conn).await {
            tracing::debug!(%error, "rollback failed; the connection is dropped");
        }
    }
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
