//! Rooms: contests of kind `room`, which accounts make and play among themselves. A member plays in
//! a team of one; points, first-correct, board and events are those of every contest.

pub mod commands;
pub mod members;
pub mod problems;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Player;
use crate::contests::{Contest, ContestState};
use crate::error::{Error, Refusal};
use crate::types::{AccountId, ContestId, Points, TeamId, millis};

/// A room as it is stored, locked for the length of a transaction.
#[derive(Debug, Clone, QueryableByName)]
pub struct Room {
    /// The contest that is played in it.
    #[diesel(sql_type = SqlUuid)]
    pub contest_id: ContestId,
    /// Who owns it.
    #[diesel(sql_type = SqlUuid)]
    pub owner_id: AccountId,
    /// How many are in it.
    #[diesel(sql_type = SmallInt)]
    pub members: i16,
    /// How many may be.
    #[diesel(sql_type = SmallInt)]
    pub max_members: i16,
}

impl Room {
    /// Refuses whoever does not own it.
    ///
    /// # Errors
    /// `NotAllowed`.
    pub fn must_be_owned_by(&self, player: &Player) -> Result<(), Error> {
        if player.account() == Some(self.owner_id) {
            Ok(())
        } else {
            Err(Refusal::NotAllowed.because("this is for the owner of the room"))
        }
    }

    /// Refuses one member too many.
    ///
    /// # Errors
    /// `RoomFull`.
    pub fn must_have_a_seat(&self) -> Result<(), Error> {
        if self.members < self.max_members {
            Ok(())
        } else {
            Err(Refusal::RoomFull.because(format!("{} may be in this room", self.max_members)))
        }
    }
}

/// A room is open until its contest has ended, by hand or by the clock.
///
/// # Errors
/// `ContestEnded`.
pub fn must_be_open(contest: &Contest, now: DateTime<Utc>) -> Result<(), Error> {
    let played = matches!(contest.state, ContestState::Running | ContestState::Paused);
    if played && contest.ends_at().is_none_or(|end| now < end) {
        Ok(())
    } else {
        Err(Refusal::ContestEnded.because("the room is closed"))
    }
}

/// A room as whoever knows its code may see it.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct RoomView {
    /// Its code, which people type.
    #[diesel(sql_type = Text)]
    #[schema(example = "ASRBMK")]
    pub room_id: String,
    /// The contest that is played in it.
    #[diesel(sql_type = SqlUuid)]
    pub contest_id: ContestId,
    /// What it is called.
    #[diesel(sql_type = Text)]
    #[schema(example = "Interview on Monday")]
    pub title: String,
    /// Who owns it.
    #[diesel(sql_type = Text)]
    #[schema(example = "alice")]
    pub owner: String,
    /// How many are in it.
    #[diesel(sql_type = SmallInt)]
    pub members: i16,
    /// How many may be.
    #[diesel(sql_type = SmallInt)]
    pub max_members: i16,
    /// Whether it is kept off the list of open rooms.
    #[diesel(sql_type = Bool)]
    pub private: bool,
    /// `running` while it is open.
    #[diesel(sql_type = Text)]
    pub state: ContestState,
    /// What the first correct answer to a problem earns on top.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 10)]
    pub first_correct_bonus: Points,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "millis::serialize")]
    pub created_at: DateTime<Utc>,
    /// When it closes by itself.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    #[serde(serialize_with = "millis::option::serialize")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// A room, and who one is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Membership {
    /// The room.
    #[serde(flatten)]
    #[schema(inline)]
    pub room: RoomView,
    /// One's own id in it: that of the team that one plays as.
    pub member_id: TeamId,
}
