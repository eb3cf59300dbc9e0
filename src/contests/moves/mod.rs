//! The moves of a contest along its state machine that staff makes by hand.

pub mod commands;
pub mod routes;

use chrono::{DateTime, Utc};

use crate::events::{BOARD_FROZEN, BOARD_THAWED};

/// A move of the state machine that staff asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Teams may register.
    Publish,
    /// Play begins, now or at a time.
    Start(Option<DateTime<Utc>>),
    /// Contest time stands still.
    Pause,
    /// It goes on.
    Resume,
    /// The public board stands still.
    Freeze,
    /// Play is over.
    End,
    /// The public sees the results.
    Thaw,
    /// They are final.
    Finalize,
    /// They are not final after all.
    Reopen,
    /// It is put away.
    Archive,
    /// It will not take place.
    Cancel,
}

impl Move {
    /// The operation, as the description of the interface calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish_contest",
            Self::Start(_) => "start_contest",
            Self::Pause => "pause_contest",
            Self::Resume => "resume_contest",
            Self::Freeze => "freeze_board",
            Self::End => "end_contest",
            Self::Thaw => "thaw_board",
            Self::Finalize => "finalize_contest",
            Self::Reopen => "reopen_contest",
            Self::Archive => "archive_contest",
            Self::Cancel => "cancel_contest",
        }
    }

    /// The kind of the event by which everybody hears of it.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::Freeze => BOARD_FROZEN,
            Self::Thaw => BOARD_THAWED,
            _ => "contest_changed",
        }
    }
}
