//! The pool of database connections: one that still has a transaction open is never handed out.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use bb8::{ManageConnection, RunError};
use diesel::result::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A pool of at most so many connections; none is opened before it is needed. Whoever waits is
/// served in the order of coming: bb8 alone lets newcomers take a connection that was given
/// back for somebody who waits, and sends that one to the end of the queue.
#[derive(Debug, Clone)]
pub struct Pool {
    connections: bb8::Pool<Manager>,
    turns: Arc<Semaphore>,
}

impl Pool {
    /// A connection, as soon as it is this caller's turn.
    ///
    /// # Errors
    /// `TimedOut` when that takes too long.
    pub async fn get(&self) -> Result<Pooled, RunError<PoolError>> {
        let turn = tokio::time::timeout(POOL_WAIT, Arc::clone(&self.turns).acquire_owned()).await;
        // Nobody closes the semaphore.
        let turn = turn.map_err(|_| RunError::TimedOut)?.map_err(|_| RunError::TimedOut)?;
        Ok(Pooled { connection: self.connections.get_owned().await?, _turn: turn })
    }
}

/// A connection of the pool. It goes back before the turn ends.
#[derive(Debug)]
pub struct Pooled {
    connection: bb8::PooledConnection<'static, Manager>,
    _turn: OwnedSemaphorePermit,
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

/// Set on every connection. The limits keep one stuck transaction from stopping a hall.
const SETUP: &str = "SET lock_timeout = '1500ms'; SET statement_timeout = '4s'; \
    SET idle_in_transaction_session_timeout = '5s'; SET lc_messages = 'C'; SET timezone = 'UTC'; \
    SET default_transaction_isolation = 'read committed'";

/// How long a request waits for a connection before it is told to come back.
const POOL_WAIT: Duration = Duration::from_millis(1500);

/// A pool of at most `size` connections.
#[must_use]
pub fn pool(url: &str, size: u32) -> Pool {
    let mut config = ManagerConfig::default();
    // A dead connection shows itself at BEGIN, where trying again is safe.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(|url| connect(url).boxed());
    let manager = Manager(AsyncDieselConnectionManager::new_with_config(url, config));
    let connections = bb8::Pool::builder()
        .max_size(size)
        .test_on_check_out(false)
        .connection_timeout(POOL_WAIT)
        .build_unchecked(manager);
    Pool { connections, turns: Arc::new(Semaphore::new(size as usize)) }
}

async fn connect(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let mut conn = AsyncPgConnection::establish(url).await?;
    conn.batch_execute(SETUP).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// A connection, and whether a transaction is open on it.
///
/// BEGIN and COMMIT travel together with other statements (`crate::db`), past Diesel's own
/// transaction manager; so it is noted here whether it may go back to the pool.
pub struct Connection {
    conn: AsyncPgConnection,
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

/// Diesel's manager, with an eye on open transactions.
pub struct Manager(AsyncDieselConnectionManager<AsyncPgConnection>);

impl std::fmt::Debug for Manager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manager").finish_non_exhaustive()
    }
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = PoolError;

    async fn connect(&self) -> Result<Connection, PoolError> {
        Ok(Connection { conn: self.0.connect().await?, in_transaction: false })
    }

    async fn is_valid(&self, held: &mut Connection) -> Result<(), PoolError> {
        self.0.is_valid(&mut held.conn).await
    }

    fn has_broken(&self, held: &mut Connection) -> bool {
        held.in_transaction || self.0.has_broken(&mut held.conn)
    }
}
