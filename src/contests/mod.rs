//! Contests: their rules, their clock and their gate.

pub mod clock;
pub mod commands;
pub mod divisions;
pub mod freeze;
pub mod moves;
pub mod queries;
pub mod routes;
pub mod time_zone;
pub mod view;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use serde_json::json;

use crate::error::{Error, Refusal};
use crate::schema::contest;
use crate::types::{ContestId, GameId, Points, text_enum};

pub use freeze::BoardState;
pub use view::ContestView;

text_enum! {
    /// Where a contest is between draft and archive.
    ContestState {
        Draft = "draft", Published = "published", Running = "running", Paused = "paused",
        Ended = "ended", Finalized = "finalized", Archived = "archived", Cancelled = "cancelled",
    }
}

text_enum! {
    /// What a contest is played for. All kinds share rules, ledger, events and board.
    ContestKind {
        /// Staff runs it.
        Competition = "competition",
        /// Accounts play it among themselves, and one of them owns it.
        Room = "room",
        /// For show: it can be filled and emptied.
        Demo = "demo",
    }
}

impl ContestState {
    /// The states that may follow this one.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        use ContestState::{Archived, Cancelled, Draft, Ended, Finalized, Paused, Published, Running};
        match self {
            Draft => &[Published, Cancelled],
            Published => &[Running, Cancelled],
            Running => &[Paused, Ended],
            Paused => &[Running, Ended],
            Ended => &[Finalized],
            Finalized => &[Archived, Ended],
            Archived | Cancelled => &[],
        }
    }

    /// Refuses a move that the state machine does not have.
    ///
    /// # Errors
    /// `IllegalTransition` with `from`, `to` and `allowed`.
    pub fn must_become(self, to: Self) -> Result<(), Error> {
        if self.next().contains(&to) {
            return Ok(());
        }
        let allowed: Vec<_> = self.next().iter().map(|s| s.as_str()).collect();
        Err(Refusal::IllegalTransition
            .because(format!("a contest that is {self} cannot become {to}"))
            .with("from", self.as_str())
            .with("to", to.as_str())
            .with("allowed", allowed))
    }
}

/// A contest as it is stored.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = contest)]
pub struct Contest {
    /// Its id.
    pub id: ContestId,
    /// Six letters that people type.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// What it is about, as Markdown.
    pub description: String,
    /// Where it stands.
    pub state: ContestState,
    /// Counts the edits.
    pub version: i32,
    /// Whether the classic routes speak of this one.
    pub is_current: bool,
    /// Planned while published, real from then on.
    pub starts_at: Option<DateTime<Utc>>,
    /// Planned length; without one it is ended by hand.
    pub duration_ms: Option<i64>,
    /// Begin of the latest pause.
    pub paused_at: Option<DateTime<Utc>>,
    /// End of the latest pause.
    pub resumed_at: Option<DateTime<Utc>>,
    /// Length of all ended pauses.
    pub paused_ms: i64,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// What a team begins with.
    pub opening_points: Points,
    /// How far below zero a team may go.
    pub credit_limit: Points,
    /// What a wrong answer costs.
    pub wrong_penalty: Points,
    /// What the first correct answer to a shared question earns on top.
    pub first_correct_bonus: Points,
    /// Seats of a team.
    pub max_members: i16,
    /// How many questions a team may hold at once.
    pub max_open_assignments: i16,
    /// How long an unrevealed question is held.
    pub hold_ms: i64,
    /// Whether teams may register themselves.
    pub registration_open: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether the public board follows the results.
    pub board: BoardState,
    /// How long before the planned end the board freezes by itself.
    pub freeze_before_end_ms: Option<i64>,
    /// When it froze.
    pub frozen_at: Option<DateTime<Utc>>,
    /// When it thawed.
    pub thawed_at: Option<DateTime<Utc>>,
    /// Whose days its reports count in.
    pub time_zone: String,
    /// The game that it is played of.
    pub game_id: Option<GameId>,
    /// What it is played for.
    pub kind: ContestKind,
}

impl Contest {
    /// The planned end, moved by all pauses so far; `None` when it is ended by hand.
    #[must_use]
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        let length = Duration::milliseconds(self.duration_ms?) + Duration::milliseconds(self.paused_ms);
        self.starts_at.map(|start| start + length)
    }

    /// Whether an answer that was received at `at` from a team with this much extra time counts.
    ///
    /// # Errors
    /// `ContestNotStarted`, `ContestPaused` or `ContestEnded`.
    pub fn must_accept(&self, at: DateTime<Utc>, extra_time_ms: i64) -> Result<(), Error> {
        use ContestState::{Archived, Cancelled, Draft, Finalized};
        match self.state {
            Draft => return Err(Refusal::ContestNotStarted.into()),
            Cancelled | Finalized | Archived => return Err(Refusal::ContestEnded.into()),
            _ => {}
        }
        if self.starts_at.is_none_or(|start| at < start) {
            return Err(Refusal::ContestNotStarted.into());
        }
        if self.in_pause(at) {
            return Err(Refusal::ContestPaused.into());
        }
        let planned = self.ends_at().map(|end| end + Duration::milliseconds(extra_time_ms));
        if [planned, self.ended_at].into_iter().flatten().any(|end| at >= end) {
            return Err(Refusal::ContestEnded.into());
        }
        Ok(())
    }

    fn in_pause(&self, at: DateTime<Utc>) -> bool {
        self.paused_at.is_some_and(|from| at >= from) && self.resumed_at.is_none_or(|to| at < to)
    }

    /// When the pause began that it is in.
    #[must_use]
    pub fn standing_since(&self) -> Option<DateTime<Utc>> {
        self.paused_at.filter(|_| self.state == ContestState::Paused)
    }

    /// Time played until `at`, in ms: pauses are not in it.
    #[must_use]
    pub fn contest_time_ms(&self, at: DateTime<Utc>) -> i64 {
        let Some(start) = self.starts_at else { return 0 };
        let ended_pauses = Duration::milliseconds(self.paused_ms);
        let standing_still = match (self.paused_at, self.resumed_at) {
            (Some(from), None) if at > from => ended_pauses + (at - from),
            // The latest pause began after `at`: it had not been taken out by then.
            (Some(from), Some(to)) if at < from => ended_pauses - (to - from),
            _ => ended_pauses,
        };
        (at - start - standing_still).num_milliseconds().max(0)
    }

    /// Whether it has been started, even if it is over by now.
    #[must_use]
    pub fn has_started(&self, at: DateTime<Utc>) -> bool {
        match self.state {
            ContestState::Draft | ContestState::Cancelled => false,
            ContestState::Published => self.starts_at.is_some_and(|start| start <= at),
            _ => true,
        }
    }

    /// Whether a team may register now.
    ///
    /// # Errors
    /// `RegistrationClosed`; staff is let in unless the contest is over, or a room.
    pub fn must_register(&self, by_staff: bool) -> Result<(), Error> {
        use ContestState::{Draft, Paused, Published, Running};
        if self.kind == ContestKind::Room {
            return Err(Refusal::RegistrationClosed.because("accounts join a room, and nobody else does"));
        }
        let open = match self.state {
            Published | Running | Paused => by_staff || self.registration_open,
            Draft => by_staff,
            _ => false,
        };
        if open {
            Ok(())
        } else {
            Err(Refusal::RegistrationClosed.because(format!("the contest is {}", self.state)))
        }
    }

    /// Whether teams may ask staff something: from the publication until the results are final.
    ///
    /// # Errors
    /// `ContestNotStarted` of a draft, `ContestEnded`.
    pub fn must_hear_teams(&self) -> Result<(), Error> {
        use ContestState::{Archived, Cancelled, Draft, Ended, Finalized, Paused, Published, Running};
        match self.state {
            Published | Running | Paused | Ended => Ok(()),
            Draft => Err(Refusal::ContestNotStarted.because("the contest is not published yet")),
            Finalized | Archived | Cancelled => {
                Err(Refusal::ContestEnded.because(format!("the contest is {}", self.state)))
            }
        }
    }

    /// Results that are final are not corrected: the contest is opened again first.
    ///
    /// # Errors
    /// `ContestEnded`.
    pub fn must_not_be_final(&self) -> Result<(), Error> {
        match self.state {
            ContestState::Finalized | ContestState::Archived => {
                Err(Refusal::ContestEnded.because("the results are final"))
            }
            _ => Ok(()),
        }
    }

    /// What everybody is told when the state, the clock or the freeze changes.
    #[must_use]
    pub fn as_event(&self) -> serde_json::Value {
        json!({
            "state": self.state,
            "board": self.board,
            "name": self.name,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at(),
            "freezes_at": self.freezes_at(),
            "ended_at": self.ended_at,
            "paused_at": self.standing_since(),
        })
    }
}

/// How a path names a contest: by id or by code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ContestRef {
    /// By its id.
    Id(ContestId),
    /// By its code, upper-cased; empty, which nobody's is, for what cannot be a code.
    Code(String),
}

impl ContestRef {
    /// The contest, where the path says its id.
    #[must_use]
    pub fn id(&self) -> Option<ContestId> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Code(_) => None,
        }
    }

    /// What somebody calls a contest: its id, or its code in any case of letters.
    #[must_use]
    pub fn named(text: &str) -> Self {
        let code = || Some(text.to_ascii_uppercase()).filter(|code| is_code(code)).unwrap_or_default();
        text.parse().map_or_else(|_| Self::Code(code()), Self::Id)
    }

    /// Whether it means this contest.
    #[must_use]
    pub fn names(&self, id: ContestId, code: &str) -> bool {
        match self {
            Self::Id(named) => *named == id,
            Self::Code(named) => named == code,
        }
    }
}

impl<'a> rocket::request::FromParam<'a> for ContestRef {
    type Error = std::convert::Infallible;
    fn from_param(text: &'a str) -> Result<Self, Self::Error> {
        Ok(Self::named(text))
    }
}

/// Letters of a contest's code.
pub const CODE_LENGTH: usize = 6;

/// Letters and digits that are not mistaken for each other on a projector: no 0, O, 1, I.
const CODE_LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Whether a contest may have this code. The database has the same rule, and would not even be asked
/// about a text that it cannot hold.
fn is_code(text: &str) -> bool {
    text.len() == CODE_LENGTH && text.bytes().all(|letter| CODE_LETTERS.contains(&letter))
}

/// A random code of so many letters.
#[must_use]
pub fn new_code(letters: usize) -> String {
    (0..letters).map(|_| char::from(CODE_LETTERS[rand::random_range(0..CODE_LETTERS.len())])).collect()
}

#[cfg(test)]
mod tests;
