//! The suite's own books: every write that the server has acknowledged, and every one whose
//! outcome nobody knows. After the run they are compared with what the server has.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use uuid::Uuid;

/// A team that was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registered {
    pub(crate) name: String,
}

/// A question that a team was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) team: Uuid,
    pub(crate) question: Uuid,
}

/// An answer with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Submitted {
    pub(crate) assignment: Uuid,
    pub(crate) team: Uuid,
    pub(crate) correct: bool,
    pub(crate) points: i64,
}

/// A mystery box that was paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) team: Uuid,
    pub(crate) assignment: Uuid,
    pub(crate) price: i64,
}

/// Points that staff gave or took: which entry of whose ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adjusted {
    pub(crate) team: Uuid,
    pub(crate) seq: i64,
    pub(crate) amount: i64,
}

/// A write that got no reply, also when it was sent again: it may have happened or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unknown {
    Team { name: String },
    Taking { team: Uuid },
    Answer { assignment: Uuid, team: Uuid },
    Opening { team: Uuid },
    Adjustment { team: Uuid },
    Edit { thing: String },
    Question,
}

/// A change of a team's points that everybody is told of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) team: Uuid,
    /// What the team has after it.
    pub(crate) points: i64,
    /// When the request that caused it was sent, and when the reply was there: in between,
    /// it was committed.
    pub(crate) sent: Instant,
    pub(crate) replied: Instant,
}

/// Everything that is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written {
    pub(crate) teams: HashMap<Uuid, Registered>,
    pub(crate) taken: HashMap<Uuid, Taken>,
    pub(crate) submitted: HashMap<Uuid, Submitted>,
    pub(crate) opened: HashMap<Uuid, Opened>,
    pub(crate) adjusted: Vec<Adjusted>,
    /// Questions that staff has written and placed during the run.
    pub(crate) questions: Vec<Uuid>,
    /// How often each thing with a version was edited.
    pub(crate) edits: BTreeMap<String, i64>,
    /// The last address that staff gave to a team.
    pub(crate) emails: HashMap<Uuid, String>,
    pub(crate) unknown: Vec<Unknown>,
    /// Right answers that were judged wrong, or the other way round.
    pub(crate) misjudged: Vec<String>,
    /// How many requests were sent a second time.
    pub(crate) replays: u64,
    /// Those whose second reply was another one, or did not say that it is a second one.
    pub(crate) replays_differing: Vec<String>,
    /// For the watchers; the first [`TOLD`] of them.
    pub(crate) told: Vec<Told>,
}

/// How many changes of points are kept for the watchers.
const TOLD: usize = 1_000_000;

/// The books, open for everybody who plays.
#[derive(Debug, Default)]
pub(crate) struct Books(Mutex<Written>);

impl Books {
    /// Writes something down.
    pub(crate) fn note<T>(&self, what: impl FnOnce(&mut Written) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A write whose outcome nobody knows.
    pub(crate) fn unknown(&self, what: Unknown) {
        self.note(|books| books.unknown.push(what));
    }

    /// A change of points that the watchers should hear of.
    pub(crate) fn told(&self, told: Told) {
        self.note(|books| {
            if books.told.len() < TOLD {
                books.told.push(told);
            }
        });
    }

    /// A request was sent a second time; `wrong` says how the second reply was not the first.
    pub(crate) fn replayed(&self, wrong: Option<String>) {
        self.note(|books| {
            books.replays += 1;
            books.replays_differing.extend(wrong);
        });
    }

    /// Closes the books.
    pub(crate) fn close(&self) -> Written {
        self.note(std::mem::take)
    }
}
