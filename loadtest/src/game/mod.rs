//! What is played: a contest of the run's own, what its teams and staff do, and how an answer
//! of the server is judged.

pub(crate) mod call;
pub(crate) mod contest;
pub(crate) mod moves;
pub(crate) mod player;
pub(crate) mod questions;
pub(crate) mod staff;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::books::Books;
use crate::tally::Tally;
use contest::Contest;

const TRIES: u32 = 4;

/// Everything that those who play share.
#[derive(Debug)]
pub(crate) struct Game {
    pub(crate) contest: Contest,
    /// What the server has acknowledged.
    pub(crate) books: Books,
    /// How requests fare.
    pub(crate) tally: Tally,
    /// What users do, from the first request of a turn to the last.
    pub(crate) flows: Flows,
    /// Which share of the writes is sent a second time, to see that nothing happens twice.
    pub(crate) replays: f64,
    /// How often a keyed request is sent before its outcome counts as unknown.
    tries: u32,
    named: AtomicUsize,
}

impl Game {
    pub(crate) fn new(contest: Contest, replays: f64) -> Self {
        Self {
            contest,
            books: Books::default(),
            tally: Tally::default(),
            flows: Flows::default(),
            replays,
            tries: TRIES,
            named: AtomicUsize::new(0),
        }
    }

    /// For runs in which servers are away for a while: keyed requests are sent so often.
    pub(crate) fn patient(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// Whether servers are away for a while.
    pub(crate) fn loses_servers(&self) -> bool {
        self.tries != TRIES
    }

    /// A name that no other team of this contest has.
    pub(crate) fn team_name(&self) -> String {
        format!("Team {}", self.named.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// How many flows were begun, and how many came to their end.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Flows {
    pub(crate) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn end(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    /// Begun, and of these cut off.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let (ended, begun) = (self.ended.load(Ordering::Relaxed), self.begun.load(Ordering::Relaxed));
        (begun, begun.saturating_sub(ended))
    }
}

/// True so often.
pub(crate) fn chance(share: f64) -> bool {
    share > 0.0 && rand::random_bool(share.min(1.0))
}
