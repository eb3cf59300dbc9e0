//! The only begin, commit, rollback and retry.

mod tx;

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::{Notify, broadcast};

pub use self::tx::Tx;
use crate::error::{Busy, Error};
use crate::idempotency::Key;
use crate::memory::Memory;
use crate::meters::Meters;
use crate::pool::{For, Pool, Pooled, pool};
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

/// Whether commands take row locks. Only a scratch build (`--cfg without_locks`) does not:
/// it proves that the constraints alone keep the promises (docs/ARCHITECTURE.md).
pub const LOCKS: bool = cfg!(not(without_locks));
