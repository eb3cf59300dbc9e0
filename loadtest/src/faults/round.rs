//! One fault: play, strike, play on, rest, look.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::deed::{Done, Kill};
use crate::edge::load::Load;
use crate::edge::{Site, boards, postgres};
use crate::game::Game;
use crate::watch::Watchers;

/// Nobody waits longer for a write.
const HOPELESS: Duration = Duration::from_secs(30);

/// What stays the same in all rounds.
pub(super) struct Stage<'a> {
    pub(super) game: &'a Game,
    pub(super) watchers: &'a Watchers,
    pub(super) load: &'a Load,
    pub(super) pace: Duration,
    /// How soon boards must be right.
    pub(super) limit: Duration,
}

/// How one round went.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) number: u32,
    pub(super) what: &'static str,
    /// The longest time in which no write was acknowledged.
    pub(super) no_write: Duration,
    /// From the fault until PostgreSQL was back, if it was killed.
    pub(super) back: Option<Duration>,
    /// From then until a write was acknowledged.
    pub(super) usable: Option<Duration>,
    /// From quiet until every board was right, or what was wrong.
    pub(super) right: Result<Duration, String>,
    /// What the server's own checker found.
    pub(super) checker: Result<(), String>,
    /// The round could not be played to its end.
    hopeless: Option<String>,
}

impl Stage<'_> {
    pub(super) async fn round(&self, site: &mut Site, kill: Kill, number: u32) -> Round {
        let mut round = Round {
            number: number + 1,
            what: kill.name(),
            no_write: Duration::ZERO,
            back: None,
            usable: None,
            right: Ok(Duration::ZERO),
            checker: Ok(()),
            hopeless: None,
        };
        round.hopeless = self.play(site, kill, number, &mut round).await.err();
        round
    }

    async fn play(&self, site: &mut Site, kill: Kill, number: u32, round: &mut Round) -> Result<(), String> {
        sleep(self.pace).await;
        self.game.tally.longest_gap();
        let done = kill.strike(site, number).await?;
        round.what = done.name();
        // They play through the fault and some time beyond it.
        let (back, ()) = tokio::join!(self.back(site, done), sleep(self.pace));
        (round.back, round.usable) = back?.unzip();
        round.no_write = self.game.tally.longest_gap();
        self.load.rest().await?;
        let contest = &self.game.contest.id;
        round.right = boards::right(site, contest, self.watchers, self.limit).await;
        round.checker = self.checked(site).await;
        done.undo(site).await?;
        self.load.go_on();
        Ok(())
    }

    /// Waits for what is needed again. For PostgreSQL: after how long it was back, and after how long
    /// since then a write was acknowledged.
    async fn back(&self, site: &Site, done: Done) -> Result<Option<(Duration, Duration)>, String> {
        if done != Done::Postgres {
            return site.ready().await.map(|()| None);
        }
        let back = postgres::back(site.database_url()).await?;
        let (returned, written) = (Instant::now(), self.game.tally.written());
        while self.game.tally.written() == written && returned.elapsed() < HOPELESS {
            sleep(Duration::from_millis(5)).await;
        }
        let usable = returned.elapsed();
        site.ready().await?;
        Ok(Some((back, usable)))
    }

    async fn checked(&self, site: &Site) -> Result<(), String> {
        let report = site.door().api().check(&self.game.contest.id).await?;
        match report["breaches"].as_array() {
            Some(breaches) if breaches.is_empty() => Ok(()),
            _ => Err(format!("the checker says {}", report["breaches"])),
        }
    }
}

impl Round {
    /// Nothing after it would tell anything.
    pub(super) fn is_hopeless(&self) -> bool {
        self.hopeless.is_some()
    }

    /// What was wrong, in a sentence. Without PostgreSQL nobody can write, without anything else
    /// everybody can.
    pub(super) fn wrong(&self, usable_within: Duration, no_write_within: Duration) -> Option<String> {
        let late = self.usable.filter(|usable| *usable > usable_within);
        let late =
            late.map(|usable| format!("usable only {} ms after PostgreSQL was back", usable.as_millis()));
        let silent = (self.back.is_none() && self.no_write > no_write_within)
            .then(|| format!("no write was acknowledged for {} ms", self.no_write.as_millis()));
        let reasons = [
            late.as_ref(),
            self.hopeless.as_ref(),
            silent.as_ref(),
            self.right.as_ref().err(),
            self.checker.as_ref().err(),
        ];
        let reason = reasons.into_iter().flatten().next()?;
        Some(format!("round {}, {}: {reason}", self.number, self.what))
    }
}

impl std::fmt::Display for Round {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |time: Duration| time.as_millis();
        write!(f, "{:>4}. {:<18} no write for {:>5} ms, ", self.number, self.what, ms(self.no_write))?;
        if let (Some(back), Some(usable)) = (self.back, self.usable) {
            write!(f, "PostgreSQL back after {} ms, a write {} ms later, ", ms(back), ms(usable))?;
        }
        match &self.right {
            Ok(time) => write!(f, "boards right {:>4} ms after quiet", ms(*time)),
            Err(wrong) => write!(f, "boards WRONG: {wrong}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_may_be_kept_from_writing_unless_postgresql_is_gone() {
        let second = Duration::from_secs(1);
        let round = |no_write, back: Option<Duration>| Round {
            number: 1,
            what: "instance a killed",
            no_write,
            back,
            usable: back.map(|_| Duration::ZERO),
            right: Ok(Duration::ZERO),
            checker: Ok(()),
            hopeless: None,
        };
        assert_eq!(round(second, None).wrong(second, second), None);
        let wrong = round(2 * second, None).wrong(second, second).unwrap();
        assert_eq!(wrong, "round 1, instance a killed: no write was acknowledged for 2000 ms");
        assert_eq!(round(9 * second, Some(8 * second)).wrong(second, second), None);
    }
}
