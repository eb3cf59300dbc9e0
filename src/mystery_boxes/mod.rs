//! Mystery boxes: pay a price, get a harder question that is worth more.

pub mod commands;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::assignments::{AssignmentState, AssignmentView};
use crate::error::{Error, Refusal};
use crate::types::{AssignmentId, BoxId, Difficulty, OpeningId, Points, TeamId, millis, text_enum};

text_enum! {
    /// What became of a box, as its assignment tells.
    OpeningState { Open = "open", Won = "won", Lost = "lost", Refunded = "refunded" }
}

impl From<AssignmentState> for OpeningState {
    fn from(state: AssignmentState) -> Self {
        match state {
            AssignmentState::Assigned | AssignmentState::Revealed => Self::Open,
            AssignmentState::Solved => Self::Won,
            AssignmentState::Exhausted | AssignmentState::Expired => Self::Lost,
            AssignmentState::Voided | AssignmentState::Released => Self::Refunded,
        }
    }
}

/// A box on offer.
#[derive(Debug, Clone, Serialize, QueryableByName, ToSchema)]
pub struct BoxView {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: BoxId,
    /// How hard its questions are.
    #[diesel(sql_type = Text)]
    pub difficulty: Difficulty,
    /// What it costs.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 150)]
    pub price: Points,
    /// What a right answer earns.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 400)]
    pub reward: Points,
    /// How often a team may open it.
    #[diesel(sql_type = SmallInt)]
    pub max_opens: i16,
    /// Whether it is on offer.
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    /// Counts the edits.
    #[diesel(sql_type = Integer)]
    pub version: i32,
}

impl BoxView {
    /// The price that the caller expects must be the price.
    ///
    /// # Errors
    /// `PriceChanged` with the price.
    pub fn must_cost(&self, expected: Option<Points>) -> Result<(), Error> {
        match expected {
            Some(expected) if expected != self.price => Err(Refusal::PriceChanged
                .because(format!("the box costs {}, not {expected}", self.price))
                .with("price", self.price)),
            _ => Ok(()),
        }
    }

    /// It must be on offer, and not have been opened as often as allowed.
    ///
    /// # Errors
    /// `BoxClosed` or `BoxLimitReached`.
    pub fn must_open(&self, opened: i64) -> Result<(), Error> {
        if !self.enabled {
            return Err(Refusal::BoxClosed.into());
        }
        if opened >= i64::from(self.max_opens) {
            return Err(Refusal::BoxLimitReached.because(format!("it was opened {opened} times")));
        }
        Ok(())
    }
}

/// A box that was just opened.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedBox {
    /// The opening's id.
    pub id: OpeningId,
    /// The box.
    pub box_id: BoxId,
    /// What it cost.
    #[schema(example = 150)]
    pub price: Points,
    /// What a right answer earns.
    #[schema(example = 400)]
    pub reward: Points,
    /// What the team has now.
    #[schema(example = 850)]
    pub balance: Points,
    /// The mystery question, revealed.
    pub assignment: AssignmentView,
}

/// An opening, as its team and staff see it.
#[derive(Debug, QueryableByName)]
pub(crate) struct OpeningRow {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) id: OpeningId,
    #[diesel(sql_type = SqlUuid)]
    box_id: BoxId,
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
    #[diesel(sql_type = Text)]
    difficulty: Difficulty,
    #[diesel(sql_type = BigInt)]
    price: Points,
    #[diesel(sql_type = BigInt)]
    reward: Points,
    #[diesel(sql_type = SqlUuid)]
    assignment_id: AssignmentId,
    #[diesel(sql_type = Text)]
    state: AssignmentState,
    #[diesel(sql_type = Timestamptz)]
    opened_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    expires_at: Option<DateTime<Utc>>,
}

/// An opening, as its team and staff see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpeningView {
    /// Its id.
    pub id: OpeningId,
    /// The box.
    pub box_id: BoxId,
    /// Who opened it.
    pub team_id: TeamId,
    /// How hard its question is.
    pub difficulty: Difficulty,
    /// What it cost.
    pub price: Points,
    /// What a right answer earns or earned.
    pub reward: Points,
    /// What became of it.
    pub state: OpeningState,
    /// The mystery question's assignment.
    pub assignment_id: AssignmentId,
    /// When it was opened.
    #[serde(serialize_with = "millis::serialize")]
    pub opened_at: DateTime<Utc>,
    /// Answer before then.
    #[serde(serialize_with = "millis::option::serialize")]
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<OpeningRow> for OpeningView {
    fn from(row: OpeningRow) -> Self {
        Self {
            id: row.id,
            box_id: row.box_id,
            team_id: row.team_id,
            difficulty: row.difficulty,
            price: row.price,
            reward: row.reward,
            state: row.state.into(),
            assignment_id: row.assignment_id,
            opened_at: row.opened_at,
            expires_at: row.expires_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered() -> BoxView {
        BoxView {
            id: BoxId::new(),
            difficulty: Difficulty::Medium,
            price: 150,
            reward: 400,
            max_opens: 2,
            enabled: true,
            version: 1,
        }
    }

    #[test]
    fn the_price_is_the_servers() {
        assert!(offered().must_cost(None).is_ok());
        assert!(offered().must_cost(Some(150)).is_ok());
        let error = offered().must_cost(Some(100)).expect_err("another price");
        assert_eq!(error.refusal(), Some(Refusal::PriceChanged));
        assert_eq!(error.problem("/", "r").members["price"], 150);
    }

    #[test]
    fn a_box_opens_as_often_as_it_says() {
        assert!(offered().must_open(1).is_ok());
        assert_eq!(offered().must_open(2).expect_err("full").refusal(), Some(Refusal::BoxLimitReached));
        let closed = BoxView { enabled: false, ..offered() };
        assert_eq!(closed.must_open(0).expect_err("closed").refusal(), Some(Refusal::BoxClosed));
    }
}
