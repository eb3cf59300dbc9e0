//! What the server has, as the suite has read it back.

use std::collections::HashMap;

use serde::Deserialize;
use uuid::Uuid;

use crate::watch::Row;

/// A team in the list of teams.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Team {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

/// A question in the hands of a team.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Assignment {
    pub(crate) id: Uuid,
    pub(crate) team_id: Uuid,
    pub(crate) question_id: Uuid,
    pub(crate) exclusive: bool,
    pub(crate) attempts: i64,
    pub(crate) max_attempts: i64,
}

/// An answer with its verdict.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Submission {
    pub(crate) id: Uuid,
    pub(crate) assignment_id: Uuid,
    pub(crate) question_id: Uuid,
    pub(crate) team_id: Uuid,
    pub(crate) received_at: String,
    pub(crate) correct: Option<bool>,
}

/// A mystery box that was opened.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Opening {
    pub(crate) id: Uuid,
    pub(crate) team_id: Uuid,
    pub(crate) assignment_id: Uuid,
    pub(crate) price: i64,
}

/// A line of a team's ledger.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) amount: i64,
    pub(crate) balance_after: i64,
    #[serde(rename = "ref")]
    pub(crate) fact: Uuid,
    pub(crate) actor: Option<String>,
    pub(crate) reverses: Option<i64>,
}

impl Entry {
    /// Whether the game itself took a bonus back, because an earlier answer came to light.
    pub(crate) fn is_taken_back(&self) -> bool {
        self.kind == "reversal" && self.actor.as_deref() == Some("podium")
    }

    /// Whether staff gave or took these points.
    pub(crate) fn is_by_staff(&self) -> bool {
        self.kind == "adjustment" || (self.kind == "reversal" && !self.is_taken_back())
    }
}

/// The event log, in short.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    pub(crate) head: i64,
    /// How many events of each kind there are.
    pub(crate) kinds: HashMap<String, usize>,
    /// The last number of each kind.
    pub(crate) last: HashMap<String, i64>,
    /// Where the next number is not one more.
    pub(crate) gaps: Vec<String>,
    /// Who is the first that was right, by question: the latest news.
    pub(crate) first_correct: HashMap<Uuid, Uuid>,
}

impl Log {
    fn end_of(&self, kinds: &[&str]) -> i64 {
        kinds.iter().filter_map(|kind| self.last.get(*kind)).max().copied().unwrap_or(0)
    }
}

/// Everything that was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    pub(crate) teams: HashMap<Uuid, Team>,
    pub(crate) assignments: HashMap<Uuid, Assignment>,
    pub(crate) submissions: HashMap<Uuid, Submission>,
    pub(crate) openings: HashMap<Uuid, Opening>,
    /// Of as many teams as were asked for.
    pub(crate) ledgers: HashMap<Uuid, Vec<Entry>>,
    /// In the order of the pages.
    pub(crate) board: Vec<Row>,
    pub(crate) log: Log,
    /// The questions that staff has placed during the run, with how often each was edited.
    pub(crate) questions: HashMap<Uuid, i64>,
    /// The addresses of the teams that staff has edited.
    pub(crate) emails: HashMap<Uuid, String>,
    /// The contest's version.
    pub(crate) version: i64,
}

impl Stored {
    /// The last numbers of the two queues that watchers follow: scores and contest.
    pub(crate) fn queue_ends(&self) -> (i64, i64) {
        const CONTEST: &[&str] = &[
            "contest_changed",
            "team_registered",
            "team_returned",
            "team_left",
            "team_renamed",
            "first_correct",
        ];
        (self.log.end_of(&["score_changed"]), self.log.end_of(CONTEST))
    }

    /// Whether the ledger of every team was read.
    pub(crate) fn has_all_ledgers(&self) -> bool {
        self.ledgers.len() >= self.teams.len()
    }

    /// For a check that looks at ledgers: that not all were read.
    pub(crate) fn ledger_note(&self) -> Option<String> {
        let (read, all) = (self.ledgers.len(), self.teams.len());
        (read < all).then(|| format!("{read} of {all} ledgers; the checker looked at all (--ledgers N)"))
    }
}
