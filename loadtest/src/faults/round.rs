//! One fault: play, strike, play on, rest, look.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::deed::Kill;
use crate::edge::load::Load;
use crate::edge::{Site, boards};
use crate::game::Game;
use crate::watch::Watchers;

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
    /// The longest time in which nobody's request was done.
    pub(super) nothing_done: Duration,
    /// From the fault until everything needed was back.
    pub(super) back: Duration,
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
            nothing_done: Duration::ZERO,
            back: Duration::ZERO,
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
        let struck = Instant::now();
        let done = kill.strike(site, number).await?;
        round.what = done.name();
        // They play through the fault and some time beyond it.
        let (needed, ()) = tokio::join!(done.needed(site), sleep(self.pace));
        needed?;
        round.back = struck.elapsed();
        round.nothing_done = self.game.tally.longest_gap();
        self.load.rest().await?;
        let contest = &self.game.contest.id;
        round.right = boards::right(site, contest, self.watchers, self.limit).await;
        round.checker = self.checked(site).await;
        done.undo(site).await?;
        self.load.go_on();
        Ok(())
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

    /// What was wrong, in a sentence.
    pub(super) fn wrong(&self) -> Option<String> {
        let reasons = [self.hopeless.as_ref(), self.right.as_ref().err(), self.checker.as_ref().err()];
        let reason = reasons.into_iter().flatten().next()?;
        Some(format!("round {}, {}: {reason}", self.number, self.what))
    }
}

impl std::fmt::Display for Round {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |time: Duration| time.as_millis();
        write!(
            f,
            "{:>4}. {:<18} nothing done for {:>5} ms, ",
            self.number,
            self.what,
            ms(self.nothing_done)
        )?;
        match (self.wrong(), &self.right) {
            (None, Ok(time)) => write!(f, "boards right {:>4} ms after quiet", ms(*time)),
            (wrong, _) => write!(f, "WRONG: {}", wrong.unwrap_or_default()),
        }
    }
}
