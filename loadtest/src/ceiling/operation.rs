//! What is compared.

use clap::ValueEnum;

/// A thing that teams do, with a textbook transaction that does the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    /// A team registers
    Registration,
    /// A team draws a question and answers it
    Play,
    /// A team opens a mystery box
    Boxes,
}

impl Operation {
    /// Registering last: each run of it makes the board longer.
    pub(super) const IN_ORDER: [Self; 3] = [Self::Play, Self::Boxes, Self::Registration];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Play => "draw + submit",
            Self::Boxes => "box opening",
        }
    }

    /// The textbook, for `pgbench`.
    pub(super) fn script(self) -> &'static str {
        match self {
            Self::Registration => include_str!("sql/registration.sql"),
            Self::Play => include_str!("sql/play.sql"),
            Self::Boxes => include_str!("sql/boxes.sql"),
        }
    }

    /// Teams that must be there before a run. A team can have one box open only, so that each
    /// opening of a run needs a team of its own.
    pub(super) fn teams(self, seconds: u32) -> u64 {
        match self {
            Self::Registration => 0,
            Self::Play => 1024,
            Self::Boxes => most(seconds),
        }
    }

    /// The pool that a run draws from, and how many questions must be in it.
    pub(super) fn questions(self, seconds: u32) -> Option<(&'static str, u64)> {
        match self {
            Self::Registration => None,
            Self::Play => Some(("regular", most(seconds))),
            Self::Boxes => Some(("mystery", most(seconds))),
        }
    }
}

/// More than can be done in this time.
fn most(seconds: u32) -> u64 {
    5_000 * u64::from(seconds + 1)
}
