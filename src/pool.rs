//! The pool of database connections: one that still has a transaction open is never handed out,
//! and nobody waits long for one that does not come.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use bb8::ManageConnection;
use diesel::result::ConnectionError;
use diesel_async::pooled_connection::{PoolError, PoolableConnection};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use metrics::{Gauge, Histogram};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::dial::{Line, dial};
use crate::error::{Busy, Error};
use crate::meters::Meters;
use crate::sql::SPEAK_ENGLISH;
use crate::wire::Patience;

/// A pool of at most so many connections; none is opened before it is needed. Whoever waits is
/// served in the order of coming: bb8 alone lets newcomers take a connection that was given
/// back for somebody who waits, and sends that one to the end of the queue.
#[derive(Clone)]
pub struct Pool {
    connections: bb8::Pool<Manager>,
    turns: Arc<Semaphore>,
    /// With each statement, unless told otherwise.
    patience: Duration,
    /// Rings when a connection could not be made.
    failed: Arc<Notify>,
    waited: Histogram,
    in_use: Gauge,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("connections", &self.connections).finish_non_exhaustive()
    }
}

impl Pool {
    /// A connection, as soon as it is this caller's turn.
    ///
    /// # Errors
    /// `Busy` when that takes too long, or at once when there is no connection and none can be made.
    pub async fn get(&self) -> Result<Pooled, Error> {
        let began = Instant::now();
        let got = self.wait().await;
        self.waited.record(began.elapsed());
        got
    }

    async fn wait(&self) -> Result<Pooled, Error> {
        let waited = timeout(POOL_WAIT, async {
            tokio::select! {
                pooled = self.take() => pooled,
                () = self.is_cut_off() => Err(Error::Busy(Busy::DatabaseDown)),
            }
        });
        waited.await.unwrap_or_else(|_| {
            Err(Error::Busy(if self.is_empty() { Busy::DatabaseDown } else { Busy::PoolExhausted }))
        })
    }

    async fn take(&self) -> Result<Pooled, Error> {
        // Nobody closes the semaphore.
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| Error::Busy(Busy::PoolExhausted))?;
        let connection = self.connections.get_owned().await.map_err(|_| Error::Busy(Busy::PoolExhausted))?;
        connection.patience.set(self.patience);
        Ok(Pooled { connection, _in_use: InUse::count(&self.in_use), _turn: turn })
    }

    /// Until a connection could not be made and there is no other to wait for.
    async fn is_cut_off(&self) {
        loop {
            self.failed.notified().await;
            if self.is_empty() {
                return;
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.connections.state().connections == 0
    }
}

/// A connection of the pool. It goes back before the turn ends.
#[derive(Debug)]
pub struct Pooled {
    connection: bb8::PooledConnection<'static, Manager>,
    _in_use: InUse,
    _turn: OwnedSemaphorePermit,
}

/// Counts a connection for as long as somebody has it.
struct InUse(Gauge);

impl InUse {
    fn count(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl std::fmt::Debug for InUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InUse")
    }
}

impl Pooled {
    /// Lets statements take longer than a request may, until the connection goes back.
    pub fn be_patient(&self, limit: Duration) {
        self.connection.patience.set(limit);
    }
}

impl Deref for Pooled {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// What a pool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Requests of clients.
    Requests,
    /// Whoever asks whether the database is there.
    Probes,
    /// What reads much at the wish of a client.
    Reports,
    /// What goes on beside them. Whoever holds the sequencer's lock and has gone silently must
    /// let go of it soon.
    Background,
}

impl For {
    /// As it is measured.
    fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Probes => "probes",
            Self::Reports => "reports",
            Self::Background => "background",
        }
    }

    /// Set on every connection. The limits keep one stuck transaction from stopping a hall. Whatever
    /// people wait for is found by its keys: only where the planner expects far too many rows would it
    /// start workers or compile a plan, and that takes longer than the statement.
    fn setup(self) -> &'static str {
        macro_rules! setup {
            ($statement:literal, $idle:literal) => {
                concat!(
                    "SET lock_timeout = '1500ms'; SET statement_timeout = '",
                    $statement,
                    "';
                     SET timezone = 'UTC';
                     SET default_transaction_isolation = 'read committed';
                     SET max_parallel_workers_per_gather = 0; SET jit = off;
                     SET idle_in_transaction_session_timeout = '",
                    $idle,
                    "'"
                )
            };
        }
        match self {
            Self::Requests | Self::Probes => setup!("4s", "5s"),
            Self::Reports => setup!("20s", "5s"),
            Self::Background => setup!("4s", "1s"),
        }
    }

    fn patience(self) -> Duration {
        if self == Self::Reports { REPORT_PATIENCE } else { PATIENCE }
    }
}

/// How long a request waits for a connection before it is told to come back.
pub(crate) const POOL_WAIT: Duration = Duration::from_millis(1500);

/// How long the database may say nothing to a statement: longer than any lock is waited for, and
/// short enough to answer within two seconds when the connection is dead.
const PATIENCE: Duration = Duration::from_millis(1800);

/// The same for a report: a little longer than the database lets one take.
const REPORT_PATIENCE: Duration = Duration::from_secs(22);

/// A pool of at most `size` connections.
#[must_use]
pub fn pool(url: &str, size: u32, purpose: For, meters: &Meters) -> Pool {
    let failed = Arc::new(Notify::new());
    let manager = Manager { url: url.to_owned(), purpose, failed: Arc::clone(&failed) };
    let connections = bb8::Pool::builder()
        .max_size(size)
        // Costs nothing: it only asks whether the connection is known to be closed.
        .test_on_check_out(true)
        // The next one who needs a connection tries; nobody has to wait for a pause to end.
        .retry_connection(false)
        .connection_timeout(POOL_WAIT)
        .build_unchecked(manager);
    let turns = Arc::new(Semaphore::new(size as usize));
    let waited = meters.times("podium_pool_wait_seconds", &[("pool", purpose.name())]);
    let in_use = meters.gauge("podium_pool_in_use", &[("pool", purpose.name())]);
    in_use.set(0.0);
    Pool { connections, turns, patience: purpose.patience(), failed, waited, in_use }
}

/// A connection, and whether a transaction is open on it.
///
/// BEGIN and COMMIT travel together with other statements (`crate::db`), past Diesel's own
/// transaction manager; so it is noted here whether it may go back to the pool.
pub struct Connection {
    conn: AsyncPgConnection,
    patience: Patience,
    _line: Line,
    /// From before BEGIN is sent until COMMIT or ROLLBACK has been answered.
    pub in_transaction: bool,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("in_transaction", &self.in_transaction).finish_non_exhaustive()
    }
}

impl Deref for Connection {
    type Target = AsyncPgConnection;
    fn deref(&self) -> &AsyncPgConnection {
        &self.conn
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }
}

/// Makes connections, and looks whether they can be used again.
#[derive(Clone)]
pub struct Manager {
    url: String,
    purpose: For,
    failed: Arc<Notify>,
}

impl std::fmt::Debug for Manager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manager").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

impl Manager {
    async fn make(&self) -> Result<Connection, PoolError> {
        let patience = Patience::of(PATIENCE);
        let (mut conn, line) = dial(&self.url, &patience).await.map_err(PoolError::ConnectionError)?;
        let set = conn.batch_execute(&format!("{SPEAK_ENGLISH}; {}", self.purpose.setup())).await;
        set.map_err(|error| PoolError::ConnectionError(ConnectionError::CouldntSetupConfiguration(error)))?;
        Ok(Connection { conn, patience, _line: line, in_transaction: false })
    }
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = PoolError;

    async fn connect(&self) -> Result<Connection, PoolError> {
        let made = self.make().await;
        if let Err(error) = &made {
            tracing::debug!(%error, "no connection to the database could be made");
            // After the pool has taken note of it.
            let failed = Arc::clone(&self.failed);
            tokio::spawn(async move { failed.notify_waiters() });
        }
        made
    }

    async fn is_valid(&self, held: &mut Connection) -> Result<(), PoolError> {
        if held.conn.is_broken() {
            let closed = ConnectionError::BadConnection("the connection was closed".to_owned());
            return Err(PoolError::ConnectionError(closed));
        }
        Ok(())
    }

    fn has_broken(&self, held: &mut Connection) -> bool {
        std::thread::panicking() || held.in_transaction || held.conn.is_broken()
    }
}
