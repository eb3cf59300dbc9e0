//! The desk where teams register: who comes while others are being written is written with the next ones.
//!
//! A transaction costs several times what one more team in it does, and before a contest hundreds come at
//! once. Nobody is made to wait for others: whoever finds a hand free is written at once, alone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use super::commands::RegisterTeam;
use super::founding::found;
use crate::db::{Command, Db, Tx};
use crate::error::{Busy, Error};
use crate::idempotency::{Idempotency, Kept, Key, Reply};
use crate::pool::POOL_WAIT;
use crate::sql::{column, sql};
use crate::types::ContestId;

/// How many transactions of the desk go on at once: while one is being written the next one is made.
const HANDS: usize = 2;

/// Teams in one transaction.
const MOST: usize = 64;

/// Registers a team, once for each key.
pub(super) async fn register(db: &Db, key: Idempotency, register: RegisterTeam) -> Result<Reply, Error> {
    // Each act of staff leaves its own line in the audit log.
    if register.by.is_some() {
        return db.once(key, &register).await;
    }
    let (register, (answer, answered)) = (Arc::new(register), oneshot::channel());
    let desk = db.memory::<Desk>();
    desk.queue().push_back(Ask { register: Arc::clone(&register), key: key.key().cloned(), answer });
    // Apart from this request, which may be given up when others are written with it.
    tokio::spawn(desk.serve(db.clone()));
    match answered.await.unwrap_or(Answer::Busy(Busy::OutcomeUnknown)) {
        Answer::Written(reply) => Ok(reply),
        Answer::Alone(_hand) => db.once(key, &*register).await,
        Answer::Busy(Busy::OutcomeUnknown) => db.find_out(key, &*register).await,
        Answer::Busy(reason) => Err(Error::Busy(reason)),
    }
}

/// A team that waits to be written.
#[derive(Debug)]
struct Ask {
    register: Arc<RegisterTeam>,
    key: Option<Key>,
    answer: oneshot::Sender<Answer>,
}

impl Ask {
    /// Nobody may be listening any more.
    fn hears(self, answer: Answer) {
        drop(self.answer.send(answer));
    }
}

/// What whoever asked hears.
#[derive(Debug)]
enum Answer {
    Written(Reply),
    /// To be written in a transaction of its own; with the hand of the desk, unless others failed together.
    Alone(Option<OwnedSemaphorePermit>),
    Busy(Busy),
}

#[derive(Debug)]
struct Desk {
    queue: Mutex<VecDeque<Ask>>,
    hands: Arc<Semaphore>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { queue: Mutex::default(), hands: Arc::new(Semaphore::new(HANDS)) }
    }
}

impl Desk {
    fn queue(&self) -> MutexGuard<'_, VecDeque<Ask>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves whoever waits, and there is one of this for each of them; most find nobody left.
    async fn serve(self: Arc<Self>, db: Db) {
        let Ok(Ok(hand)) = timeout(POOL_WAIT, Arc::clone(&self.hands).acquire_owned()).await else {
            let first = self.queue().pop_front();
            return first.into_iter().for_each(|ask| ask.hears(Answer::Busy(Busy::PoolExhausted)));
        };
        let mut asks = self.next();
        if asks.len() > 1 {
            return write(&db, asks).await;
        }
        if let Some(ask) = asks.pop() {
            ask.hears(Answer::Alone(Some(hand)));
        }
    }

    /// The first one, and those behind it who want to play in the same contest.
    fn next(&self) -> Vec<Ask> {
        let mut queue = self.queue();
        let Some(contest) = queue.front().map(|ask| ask.register.contest.clone()) else { return Vec::new() };
        let (mut asks, mut others) = (Vec::new(), VecDeque::new());
        for ask in queue.drain(..) {
            if ask.register.contest == contest && asks.len() < MOST {
                asks.push(ask);
            } else {
                others.push_back(ask);
            }
        }
        *queue = others;
        asks
    }
}

/// Writes them together. If that is refused, each tries alone and hears why.
async fn write(db: &Db, mut asks: Vec<Ask>) {
    // In one order everywhere: two transactions with the same names must not wait for each other.
    asks.sort_by(|one, other| one.register.name.skeleton().cmp(other.register.name.skeleton()));
    let answers: Vec<Answer> = match db.run(&RegisterTogether { asks: &asks }).await {
        Ok(replies) => replies.into_iter().map(answer).collect(),
        Err(Error::Busy(reason)) if !matches!(reason, Busy::Conflict | Busy::Deadlock) => {
            asks.iter().map(|_| Answer::Busy(reason)).collect()
        }
        Err(_) => asks.iter().map(|_| Answer::Alone(None)).collect(),
    };
    for (ask, answer) in asks.into_iter().zip(answers) {
        ask.hears(answer);
    }
}

fn answer(reply: Option<Reply>) -> Answer {
    reply.map_or(Answer::Alone(None), Answer::Written)
}

/// Registers teams of one contest: all of them, but for those whose key is not free.
struct RegisterTogether<'a> {
    asks: &'a [Ask],
}

impl Command for RegisterTogether<'_> {
    type Outcome = Vec<Option<Reply>>;

    fn gate(&self) -> Option<ContestId> {
        self.asks.first().and_then(|ask| ask.register.contest.id())
    }

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Option<Reply>>, Error> {
        let Some(first) = self.asks.first() else { return Ok(Vec::new()) };
        let contest = first.register.admit(tx).await?;
        let (mut teams, mut replies) = (Vec::new(), Vec::new());
        for (ask, is_free) in self.asks.iter().zip(self.free(tx).await?) {
            if !is_free {
                replies.push(None);
                continue;
            }
            let (registered, team) = ask.register.prepare(tx, &contest).await?;
            let reply = Reply::of(registered, RegisterTeam::CREATES)?;
            if let Some(key) = &ask.key {
                tx.keep(Kept::of(key, Some(contest.id), &reply));
            }
            teams.push(team);
            replies.push(Some(reply));
        }
        found(tx, &contest, &teams).await?;
        Ok(replies)
    }
}

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = Bool)]
    is_free: bool,
}

impl RegisterTogether<'_> {
    /// Who has no key, or one that nobody has used and nobody is using. Of the same key twice, the
    /// primary key refuses the second, and with it all: then each tries alone.
    async fn free(&self, tx: &Tx) -> Result<Vec<bool>, Error> {
        if self.asks.iter().all(|ask| ask.key.is_none()) {
            return Ok(vec![true; self.asks.len()]);
        }
        let keys = column(self.asks, |ask| ask.key.as_ref());
        let claimed: Vec<Claimed> = sql("
            SELECT a.lock IS NULL OR (pg_try_advisory_xact_lock(a.lock) AND i.key IS NULL) AS is_free
            FROM unnest($1, $2, $3) WITH ORDINALITY AS a(lock, principal, key, no)
            LEFT JOIN idempotency i ON (i.principal, i.key) = (a.principal, a.key) ORDER BY a.no")
        .bind::<Array<Nullable<BigInt>>, _>(column(&keys, |key| key.map(Key::lock)))
        .bind::<Array<Nullable<Text>>, _>(column(&keys, |key| key.map(|key| &*key.principal)))
        .bind::<Array<Nullable<Text>>, _>(column(&keys, |key| key.map(|key| &*key.key)))
        .load(&mut tx.shared())
        .await?;
        Ok(column(&claimed, |claimed| claimed.is_free))
    }
}
