//! The ledger: every change of a team's points, append-only, and the account it adds up to.

pub mod commands;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{Error, Refusal};
use crate::events::Event;
use crate::types::{ContestId, Points, TeamId, millis, text_enum};

text_enum! {
    /// Why points changed.
    EntryKind {
        Opening = "opening", Award = "award", Penalty = "penalty", FirstCorrect = "first_correct",
        BoxPrice = "box_price", BoxRefund = "box_refund", Adjustment = "adjustment", Reversal = "reversal",
    }
}

text_enum! {
    /// Whether a team plays.
    TeamState { Active = "active", Withdrawn = "withdrawn", Disqualified = "disqualified", Deleted = "deleted" }
}

/// A team as the ledger knows it, locked for the length of a transaction.
#[derive(Debug, Clone, QueryableByName)]
pub struct Account {
    /// The contest.
    #[diesel(sql_type = SqlUuid)]
    pub contest_id: ContestId,
    /// The team.
    #[diesel(sql_type = SqlUuid)]
    pub team_id: TeamId,
    /// As everybody sees it.
    #[diesel(sql_type = Text, column_name = team_name)]
    pub name: String,
    /// Whether it plays.
    #[diesel(sql_type = Text, column_name = team_state)]
    pub state: TeamState,
    /// Whether it is kept off the board.
    #[diesel(sql_type = Bool)]
    pub hidden: bool,
    /// Its own end is the contest's and this much more.
    #[diesel(sql_type = BigInt)]
    pub extra_time_ms: i64,
    /// What it has.
    #[diesel(sql_type = BigInt)]
    pub points: Points,
    /// How far below zero it may go.
    #[diesel(sql_type = BigInt, column_name = team_credit_limit)]
    pub credit_limit: Points,
    /// Contest time of the latest answer that earned points.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub last_gain_ms: Option<i64>,
    /// Wrong answers.
    #[diesel(sql_type = Integer)]
    pub wrong: i32,
    /// Number of the latest entry.
    #[diesel(sql_type = Integer)]
    pub ledger_seq: i32,
    /// Counts the changes of the standing.
    #[diesel(sql_type = Integer)]
    pub standing_no: i32,
    /// The division it plays in.
    #[diesel(sql_type = Nullable<Text>)]
    pub division: Option<String>,
}

impl Account {
    /// Only an active team plays.
    ///
    /// # Errors
    /// `TeamDisqualified`, or `TeamInactive` for one that has left.
    pub fn must_play(&self) -> Result<(), Error> {
        match self.state {
            TeamState::Active => Ok(()),
            TeamState::Disqualified => {
                Err(Refusal::TeamDisqualified.because("why, the team can read where it reads itself"))
            }
            TeamState::Withdrawn | TeamState::Deleted => {
                Err(Refusal::TeamInactive.because(format!("the team is {}", self.state)))
            }
        }
    }

    /// Whether everybody sees how it stands.
    #[must_use]
    pub fn is_on_board(&self) -> bool {
        self.state == TeamState::Active && !self.hidden
    }

    /// The price must be there.
    ///
    /// # Errors
    /// `InsufficientPoints` with `price` and `balance`.
    pub fn must_afford(&self, price: Points) -> Result<(), Error> {
        if self.points - price >= -self.credit_limit {
            return Ok(());
        }
        Err(Refusal::InsufficientPoints
            .because(format!("this costs {price}, the balance is {}", self.points))
            .with("price", price)
            .with("balance", self.points))
    }

    /// What a wrong answer costs this team: never more than it has.
    #[must_use]
    pub fn penalty(&self, wrong_penalty: Points) -> Points {
        wrong_penalty.min(self.points + self.credit_limit).max(0)
    }

    /// An event of this kind that tells the standing.
    #[must_use]
    pub fn standing_event(&self, kind: &'static str, reason: &str) -> Event {
        let payload = json!({
            "team_id": self.team_id,
            "team": self.name,
            "points": self.points,
            "last_gain_ms": self.last_gain_ms,
            "wrong": self.wrong,
            "standing_no": self.standing_no,
            "division": self.division,
            "reason": reason,
        });
        self.event(kind, payload)
    }

    /// An event about this team: for everybody; of a hidden one for itself and for staff.
    #[must_use]
    pub fn event(&self, kind: &'static str, payload: Value) -> Event {
        if self.hidden {
            Event::for_team(self.contest_id, kind, self.team_id, payload)
        } else {
            Event::public(self.contest_id, kind, Some(self.team_id), payload)
        }
    }
}

/// One change of points, before it is written.
#[derive(Debug, Clone)]
pub struct Posting {
    /// Why.
    pub kind: EntryKind,
    /// The fact behind it; there is one entry for each kind and fact.
    pub fact: Uuid,
    /// By how much.
    pub amount: Points,
    /// For an answer that earned points: the contest time it was received.
    pub gained_at_ms: Option<i64>,
    /// For a wrong answer: 1.
    pub wrong: i32,
    /// Who, for adjustments and reversals.
    pub actor: Option<String>,
    /// Why, for adjustments and reversals.
    pub reason: Option<String>,
    /// The entry that a reversal takes back.
    pub reverses: Option<i32>,
}

impl Posting {
    /// A change that the rules of the game make.
    #[must_use]
    pub fn new(kind: EntryKind, fact: Uuid, amount: Points) -> Self {
        Self { kind, fact, amount, gained_at_ms: None, wrong: 0, actor: None, reason: None, reverses: None }
    }

    /// A change that somebody makes, with who and why.
    #[must_use]
    pub fn by(self, actor: &str, reason: &str) -> Self {
        Self { actor: Some(actor.to_owned()), reason: Some(reason.to_owned()), ..self }
    }
}

/// One line of a team's statement.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct EntryView {
    /// Its number: 1..n for each team.
    #[diesel(sql_type = Integer)]
    pub seq: i32,
    /// Why points changed.
    #[diesel(sql_type = Text)]
    pub kind: EntryKind,
    /// By how much.
    #[diesel(sql_type = BigInt)]
    #[schema(example = -150)]
    pub amount: Points,
    /// What the team had then.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 850)]
    pub balance_after: Points,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "millis::serialize")]
    pub at: DateTime<Utc>,
    /// The fact behind it: a team, judgement, opening or adjustment.
    #[serde(rename = "ref")]
    #[diesel(sql_type = SqlUuid)]
    pub fact: Uuid,
    /// Who, for adjustments and reversals.
    #[diesel(sql_type = Nullable<Text>)]
    pub actor: Option<String>,
    /// Why, for adjustments and reversals.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The entry that a reversal takes back.
    #[diesel(sql_type = Nullable<Integer>)]
    pub reverses: Option<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(points: Points, credit_limit: Points) -> Account {
        Account {
            contest_id: ContestId::new(),
            team_id: TeamId::new(),
            name: "Red".to_owned(),
            state: TeamState::Active,
            hidden: false,
            extra_time_ms: 0,
            points,
            credit_limit,
            last_gain_ms: None,
            wrong: 0,
            ledger_seq: 1,
            standing_no: 1,
            division: None,
        }
    }

    #[test]
    fn only_an_active_team_plays_and_is_seen() {
        let of = |state| Account { state, ..account(0, 0) };
        let refusal = |state| of(state).must_play().err().and_then(|e| e.refusal());
        assert_eq!(refusal(TeamState::Active), None);
        assert_eq!(refusal(TeamState::Withdrawn), Some(Refusal::TeamInactive));
        assert_eq!(refusal(TeamState::Disqualified), Some(Refusal::TeamDisqualified));
        let seen: Vec<_> = TeamState::ALL.iter().filter(|state| of(**state).is_on_board()).collect();
        assert_eq!(seen, [&TeamState::Active]);
        assert!(!Account { hidden: true, ..of(TeamState::Active) }.is_on_board());
    }

    #[test]
    fn a_price_may_take_the_last_point_and_the_credit() {
        assert!(account(100, 0).must_afford(100).is_ok());
        assert!(account(100, 50).must_afford(150).is_ok());
        let error = account(99, 0).must_afford(100).expect_err("too dear");
        let problem = error.problem("/", "r");
        assert_eq!(problem.members["price"], 100);
        assert_eq!(problem.members["balance"], 99);
    }

    #[test]
    fn a_penalty_never_takes_more_than_there_is() {
        assert_eq!(account(30, 0).penalty(50), 30);
        assert_eq!(account(30, 10).penalty(50), 40);
        assert_eq!(account(100, 0).penalty(50), 50);
        assert_eq!(account(0, 0).penalty(50), 0);
    }
}
