//! The rank of one among many, counted by Redis where there is one.
//!
//! Redis keeps a sorted set for each game that somebody asks about, and with it which horizon of
//! PostgreSQL it holds: every transaction before that one is in it. Whoever asks first reads from
//! PostgreSQL what was written since, which is little, and brings the set up to date; only then it
//! is counted. So an answer shows every score that was acknowledged before it was asked for, and
//! a set that was lost, emptied, restored from an old copy or left behind is either brought up to
//! date in the same way or not believed. No write waits for Redis or knows of it.
//!
//! When Redis has no such set, one is loaded in the background, and PostgreSQL counts meanwhile; as it
//! does without Redis, and while Redis does not answer.

mod load;
mod set;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as Turn;
use tokio::time::timeout;

use self::load::load;
use self::set::{Held, Sets};
use super::{Place, queries};
use crate::db::Db;
use crate::error::Error;
use crate::fanout::Fanout;
use crate::fanout::link::Away;
use crate::meters::{Family, Meters};
use crate::types::{AccountId, GameId, Points};

/// More changes than this are not brought over one by one: the set is loaded anew.
const MANY: i64 = 5_000;

/// How long somebody waits for another one who brings the set up to date, before PostgreSQL counts.
const WAIT: Duration = Duration::from_millis(300);

/// After a load, whatever became of it, the next one waits so long.
const REST: Duration = Duration::from_secs(1);

/// Whose place is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// That of an account.
    Account(AccountId),
    /// That which this score has, or would have.
    Score(Points),
}

impl Of {
    fn account(self) -> Option<AccountId> {
        if let Self::Account(account) = self { Some(account) } else { None }
    }

    fn score(self) -> Option<Points> {
        if let Self::Score(score) = self { Some(score) } else { None }
    }
}

/// Counts places, for one process; cheap to clone.
#[derive(Debug, Clone)]
pub struct Ranks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sets: Option<Sets>,
    slots: Mutex<HashMap<GameId, Arc<Slot>>>,
    counted: Family,
}

/// What this process knows of a game's set.
#[derive(Debug, Default)]
struct Slot {
    known: Turn<Option<Known>>,
    loading: AtomicBool,
}

/// A set that holds all that was committed before `asked`.
#[derive(Debug, Clone)]
struct Known {
    held: Held,
    asked: Instant,
}

/// Why Redis does not count.
#[derive(Debug)]
enum Unable {
    /// It does not answer, or somebody else waits for it.
    Away,
    /// It has no set that could be believed.
    Lost,
    /// PostgreSQL does not answer either.
    Failed(Error),
}

impl From<Away> for Unable {
    fn from(_: Away) -> Self {
        Self::Away
    }
}

impl From<Error> for Unable {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Ranks {
    /// Counts in the Redis that words go through, if they do.
    #[must_use]
    pub fn new(fanout: &Fanout, meters: &Meters) -> Self {
        let sets = fanout.redis().map(|(link, prefix)| Sets::new(link, prefix));
        let counted = meters.family("podium_ranks_total", "by", &["redis", "postgres"]);
        Self(Arc::new(Inner { sets, slots: Mutex::default(), counted }))
    }

    /// Where an account stands in a game.
    ///
    /// # Errors
    /// `Busy` when the database is away.
    pub async fn place(&self, db: &Db, game: GameId, account: AccountId) -> Result<Place, Error> {
        match self.by_redis(db, game, Of::Account(account)).await? {
            Some(place) => Ok(place),
            None => Ok(queries::place(&mut *db.conn().await?, game, account).await?),
        }
    }

    /// How many have a better score than this one.
    ///
    /// # Errors
    /// `Busy` when the database is away.
    pub async fn ahead(&self, db: &Db, game: GameId, score: Points) -> Result<i64, Error> {
        match self.by_redis(db, game, Of::Score(score)).await? {
            Some(place) => Ok(place.ahead),
            None => Ok(queries::ahead(&mut *db.conn().await?, game, score).await?),
        }
    }

    /// What Redis counts; `None` when PostgreSQL is to count.
    async fn by_redis(&self, db: &Db, game: GameId, of: Of) -> Result<Option<Place>, Error> {
        if let Some(sets) = &self.0.sets {
            match self.ask(sets, db, game, of).await {
                Ok(place) => {
                    self.0.counted.count("redis");
                    return Ok(Some(place));
                }
                Err(Unable::Lost) => self.load(db, game),
                Err(Unable::Away) => {}
                Err(Unable::Failed(error)) => return Err(error),
            }
        }
        self.0.counted.count("postgres");
        Ok(None)
    }

    /// Counts in the set, once it is up to date. What changes between the two is looked at again once.
    async fn ask(&self, sets: &Sets, db: &Db, game: GameId, of: Of) -> Result<Place, Unable> {
        let (came, slot) = (Instant::now(), self.slot(game));
        for _ in 0..2 {
            let held = slot.freshened(sets, db, game, came).await?;
            if let Some(place) = sets.count(game, &held, of).await? {
                return Ok(place);
            }
            *slot.known.lock().await = None;
        }
        Err(Unable::Lost)
    }

    fn slot(&self, game: GameId) -> Arc<Slot> {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(game).or_default())
    }

    /// Loads the set in the background, one load at a time.
    fn load(&self, db: &Db, game: GameId) {
        let (ranks, db, slot) = (self.clone(), db.clone(), self.slot(game));
        if slot.loading.swap(true, Ordering::Relaxed) {
            return;
        }
        tokio::spawn(async move {
            if let Some(sets) = &ranks.0.sets
                && let Err(reason) = load(sets, &db, game).await
            {
                tracing::warn!(%game, ?reason, "the ranks of a game could not be loaded into Redis");
            }
            tokio::time::sleep(REST).await;
            slot.loading.store(false, Ordering::Relaxed);
        });
    }
}

impl Slot {
    /// The set with all that was committed before this instant. Only one at a time asks; who came
    /// before it asked shares what it finds.
    async fn freshened(&self, sets: &Sets, db: &Db, game: GameId, came: Instant) -> Result<Held, Unable> {
        let mut known = timeout(WAIT, self.known.lock()).await.map_err(|_| Unable::Away)?;
        if let Some(known) = known.as_ref().filter(|known| known.asked > came) {
            return Ok(known.held.clone());
        }
        // Another instance may bring it up to date at the same moment: then that is known first.
        for _ in 0..3 {
            let held = match known.take() {
                Some(known) => known.held,
                None => sets.held(game).await?.ok_or(Unable::Lost)?,
            };
            let asked = Instant::now();
            if let Some(held) = bring(sets, db, game, held).await? {
                *known = Some(Known { held: held.clone(), asked });
                return Ok(held);
            }
        }
        Err(Unable::Away)
    }
}

/// Brings the set up to date; `None` when it is not the one that was known any more.
async fn bring(sets: &Sets, db: &Db, game: GameId, held: Held) -> Result<Option<Held>, Unable> {
    let news =
        queries::news(&mut *db.conn().await?, game, held.horizon, MANY + 1).await.map_err(Error::from)?;
    // A horizon that PostgreSQL has not come to is one of another life of the database.
    if news.horizon < held.horizon || news.changes.len() as i64 > MANY {
        return Err(Unable::Lost);
    }
    if news.changes.is_empty() {
        return Ok(Some(held));
    }
    if news.changes.iter().any(|change| change.score.is_some_and(|score| !is_exact(score))) {
        return Err(Unable::Away);
    }
    Ok(sets.apply(game, &held, &news).await?)
}

/// Whether a double, which is what Redis ranks by, holds it exactly. A game with scores beyond is
/// counted by PostgreSQL.
fn is_exact(score: Points) -> bool {
    score.unsigned_abs() <= super::MOST.unsigned_abs()
}
