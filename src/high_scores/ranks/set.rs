//! A game's scores as a sorted set in Redis: members are accounts, and one is a mark that says what
//! is known of the set, below all of them. So the two can never part, whatever becomes of Redis.
//!
//! The mark is `load/rev/horizon/tag`. `load` names the load that the set began with, and `rev` counts the
//! changes since: whoever knows a set may count in it while it is of the same load and no earlier
//! revision. `tag` is drawn anew at each change: only whoever knows the mark to the letter may change
//! the set, also when Redis has come back with an older copy.

use std::sync::Arc;

use redis::{Pipeline, Value};
use uuid::Uuid;

use super::Of;
use crate::fanout::link::{Away, Link};
use crate::high_scores::Place;
use crate::high_scores::queries::News;
use crate::types::{AccountId, GameId, Points};

/// A set that nobody asks about goes after so long, one that is being loaded when its loader did.
const KEPT_MS: u64 = 3_600_000;
const LOADING_MS: u64 = 60_000;

/// Changes a set whose mark is known: `kept mark new-mark`, then accounts and scores.
const APPLY: &str = "
if redis.call('ZRANGE', KEYS[1], 0, 0)[1] ~= ARGV[2] then
    return false
end
for i = 4, #ARGV, 2 do
    if ARGV[i + 1] == '' then
        redis.call('ZREM', KEYS[1], ARGV[i])
    else
        redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i])
    end
end
redis.call('ZREM', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[1], '-inf', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1";

/// Counts in a set that is at least as new as is known: `kept load rev account score`. The score is
/// compared as it was read, so that nothing is rounded on the way.
const COUNT: &str = "
local load, rev = string.match(redis.call('ZRANGE', KEYS[1], 0, 0)[1] or '', '^([^/]+)/(%d+)/')
if load ~= ARGV[2] or tonumber(rev) < tonumber(ARGV[3]) then
    return false
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
local players, score = redis.call('ZCARD', KEYS[1]) - 1, ARGV[5]
if ARGV[4] ~= '' then
    score = redis.call('ZSCORE', KEYS[1], ARGV[4])
end
if not score then
    return {players, 0}
end
return {players, redis.call('ZCOUNT', KEYS[1], '(' .. score, '+inf'), score}";

/// The sets of all games.
#[derive(Debug)]
pub(super) struct Sets {
    link: Arc<Link>,
    prefix: String,
}

/// What is known of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    load: String,
    rev: u64,
    /// All transactions before this one are in it.
    pub(super) horizon: i64,
    tag: String,
}

impl Held {
    fn new(load: String, rev: u64, horizon: i64) -> Self {
        Self { load, rev, horizon, tag: Uuid::new_v4().to_string() }
    }

    /// What a mark says.
    fn read(mark: &str) -> Option<Self> {
        let mut parts = mark.split('/').map(ToOwned::to_owned);
        let (load, rev, horizon) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { load, rev, horizon, tag: parts.next()? })
    }

    fn mark(&self) -> String {
        let Self { load, rev, horizon, tag } = self;
        format!("{load}/{rev}/{horizon}/{tag}")
    }
}

/// A set that is being loaded.
#[derive(Debug)]
pub(super) struct Load {
    name: String,
    key: String,
}

impl Sets {
    pub(super) fn new(link: Arc<Link>, prefix: &str) -> Self {
        Self { link, prefix: prefix.to_owned() }
    }

    fn set(&self, game: GameId) -> String {
        format!("{}:ranks:{game}", self.prefix)
    }

    /// What is known of the set, if there is one.
    pub(super) async fn held(&self, game: GameId) -> Result<Option<Held>, Away> {
        let mut ask = redis::pipe();
        ask.cmd("ZRANGE").arg(self.set(game)).arg(0).arg(0);
        let (first,): (Vec<String>,) = self.link.call(&ask).await?;
        Ok(first.first().and_then(|mark| Held::read(mark)))
    }

    /// Brings news into a set; `None` when it is not as it was known.
    pub(super) async fn apply(&self, game: GameId, held: &Held, news: &News) -> Result<Option<Held>, Away> {
        let then = Held::new(held.load.clone(), held.rev + 1, news.horizon);
        let (mut ask, set) = (redis::pipe(), self.set(game));
        let script = script(&mut ask, APPLY, &set).arg(held.mark()).arg(then.mark());
        for change in &news.changes {
            let score = change.score.map(|score| score.to_string()).unwrap_or_default();
            script.arg(change.account.to_string()).arg(score);
        }
        let (applied,): (Option<i64>,) = self.link.call(&ask).await?;
        Ok(applied.map(|_| then))
    }

    /// Counts in a set; `None` when it is not the one that is known, or an older one.
    pub(super) async fn count(&self, game: GameId, held: &Held, of: Of) -> Result<Option<Place>, Away> {
        let (mut ask, set) = (redis::pipe(), self.set(game));
        let script = script(&mut ask, COUNT, &set).arg(&held.load).arg(held.rev);
        script.arg(of.account().map(|account| account.to_string()).unwrap_or_default());
        script.arg(of.score().unwrap_or_default());
        let (counted,): (Value,) = self.link.call(&ask).await?;
        if counted == Value::Nil {
            return Ok(None);
        }
        let counted: Vec<f64> = redis::from_redis_value(counted).map_err(|e| Away::Failed(e.into()))?;
        let at = |place: usize| counted.get(place).copied().map(whole);
        Ok(Some(Place { players: at(0).unwrap_or(0), ahead: at(1).unwrap_or(0), score: at(2) }))
    }

    pub(super) fn begin(&self, game: GameId) -> Load {
        let name = Uuid::new_v4().to_string();
        Load { key: format!("{}:{name}", self.set(game)), name }
    }

    pub(super) async fn add(&self, load: &Load, scores: &[(AccountId, Points)]) -> Result<(), Away> {
        let mut ask = redis::pipe();
        let adding = ask.cmd("ZADD").arg(&load.key);
        for (account, score) in scores {
            adding.arg(score).arg(account.to_string());
        }
        ask.ignore().cmd("PEXPIRE").arg(&load.key).arg(LOADING_MS).ignore();
        self.link.call::<()>(&ask).await
    }

    /// Throws away what was loaded so far.
    pub(super) async fn discard(&self, load: &Load) -> Result<(), Away> {
        let mut ask = redis::pipe();
        ask.cmd("UNLINK").arg(&load.key).ignore();
        self.link.call::<()>(&ask).await
    }

    /// Puts what was loaded in the place of what was there.
    pub(super) async fn install(&self, game: GameId, load: &Load, horizon: i64) -> Result<(), Away> {
        let (mut ask, set) = (redis::pipe(), self.set(game));
        ask.atomic();
        ask.cmd("ZADD")
            .arg(&load.key)
            .arg("-inf")
            .arg(Held::new(load.name.clone(), 0, horizon).mark())
            .ignore();
        ask.cmd("PEXPIRE").arg(&load.key).arg(KEPT_MS).ignore();
        ask.cmd("RENAME").arg(&load.key).arg(&set).ignore();
        self.link.call::<()>(&ask).await
    }
}

/// A script upon one set that is kept alive by it; its other arguments follow.
fn script<'a>(ask: &'a mut Pipeline, text: &str, set: &str) -> &'a mut Pipeline {
    ask.cmd("EVAL").arg(text).arg(1).arg(set).arg(KEPT_MS)
}

/// Only whole numbers that a double holds are ever put into a set.
#[allow(clippy::cast_possible_truncation, reason = "see above")]
fn whole(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let held = Held::new("a load".to_owned(), 7, 4711);
        assert_eq!(Held::read(&held.mark()), Some(held));
        for other in ["", "x", "a/b/c/d", "a/1/2", &AccountId::new().to_string()] {
            assert_eq!(Held::read(other), None, "{other}");
        }
    }
}
