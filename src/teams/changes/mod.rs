//! Changes of a team that has registered: its name, flags and time, and whether it plays at all.

pub mod commands;
pub mod routes;
mod telling;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::TeamName;
use crate::contests::{Contest, ContestState};
use crate::error::{Error, Refusal};
use crate::ledger::{Account, TeamState};

impl TeamState {
    /// The states that staff may move a team to from this one.
    fn next(self) -> &'static [Self] {
        match self {
            Self::Active => &[Self::Disqualified],
            Self::Disqualified => &[Self::Active],
            Self::Withdrawn | Self::Deleted => &[],
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
            .because(format!("a team that is {self} cannot become {to}"))
            .with("from", self.as_str())
            .with("to", to.as_str())
            .with("allowed", allowed))
    }
}

/// What to change of a team; `None` leaves a value as it is.
#[derive(Debug, Clone, Default)]
pub struct TeamChange {
    /// A new name.
    pub name: Option<TeamName>,
    /// A new address.
    pub email: Option<String>,
    /// More time for this team, in ms; staff only.
    pub extra_time_ms: Option<i64>,
    /// Whether it is kept off the board; staff only.
    pub hidden: Option<bool>,
    /// Another division, `Some(None)` for none; staff only.
    pub division: Option<Option<String>>,
}

impl TeamChange {
    /// Whether it is for staff alone to say.
    #[must_use]
    pub fn is_for_staff(&self) -> bool {
        self.extra_time_ms.is_some() || self.hidden.is_some() || self.division.is_some()
    }

    /// Whether others would notice it.
    fn is_seen(&self) -> bool {
        self.name.is_some() || self.is_for_staff()
    }

    /// The rules of what may change when.
    ///
    /// # Errors
    /// `ContestStarted` or `ContestEnded`.
    fn must_fit(&self, contest: &Contest, account: &Account, at: DateTime<Utc>) -> Result<(), Error> {
        if self.is_seen() {
            contest.must_not_be_final()?;
        }
        let Some(extra) = self.extra_time_ms else { return Ok(()) };
        if contest.state == ContestState::Ended {
            return Err(Refusal::ContestEnded.because("no time is left to add to"));
        }
        if contest.has_started(at) && extra < account.extra_time_ms {
            return Err(
                Refusal::ContestStarted.because("extra time is only added once the contest has started")
            );
        }
        Ok(())
    }

    /// What staff hears of it; an address is nobody's business.
    fn values(&self) -> Map<String, Value> {
        let mut values = Map::new();
        let mut note = |key: &str, value: Option<Value>| {
            values.extend(value.map(|value| (key.to_owned(), value)));
        };
        note("name", self.name.as_ref().map(|name| json!(name.as_str())));
        note("extra_time_ms", self.extra_time_ms.map(Value::from));
        note("hidden", self.hidden.map(Value::from));
        note("division", self.division.clone().map(Value::from));
        values
    }
}

/// How a change looks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// The team goes off the board.
    Left,
    /// It comes back onto it.
    Returned,
    /// It has another name.
    Renamed,
    /// It plays in another division.
    Moved,
}

/// What there is to tell of a change. A team that is off the board comes and goes unseen, and so
/// does one that is hidden: nobody hears that it left who was never told that it was there.
fn seen(before: &Account, after: &Account) -> Option<Seen> {
    let active = |account: &Account| account.state == TeamState::Active;
    match (before.is_on_board(), after.is_on_board()) {
        (true, false) => Some(Seen::Left),
        (false, true) => Some(Seen::Returned),
        _ if active(before) && !active(after) => Some(Seen::Left),
        _ if !active(before) && active(after) => Some(Seen::Returned),
        _ if before.name != after.name => Some(Seen::Renamed),
        _ if before.division != after.division => Some(Seen::Moved),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{ContestId, TeamId};

    fn account(state: TeamState, hidden: bool) -> Account {
        Account {
            contest_id: ContestId::new(),
            team_id: TeamId::new(),
            name: "Red".to_owned(),
            state,
            hidden,
            extra_time_ms: 0,
            points: 0,
            credit_limit: 0,
            last_gain_ms: None,
            wrong: 0,
            ledger_seq: 1,
            standing_no: 1,
            division: None,
        }
    }

    #[test]
    fn a_team_comes_and_goes_as_it_is_seen_on_the_board() {
        use TeamState::{Active, Disqualified, Withdrawn};
        let of = |from: (TeamState, bool), to: (TeamState, bool)| {
            seen(&account(from.0, from.1), &account(to.0, to.1))
        };
        assert_eq!(of((Active, false), (Disqualified, false)), Some(Seen::Left));
        assert_eq!(of((Active, false), (Active, true)), Some(Seen::Left));
        assert_eq!(of((Active, true), (Active, false)), Some(Seen::Returned));
        assert_eq!(of((Disqualified, false), (Active, false)), Some(Seen::Returned));
        assert_eq!(of((Active, true), (Disqualified, true)), Some(Seen::Left));
        assert_eq!(of((Disqualified, true), (Active, true)), Some(Seen::Returned));
        assert_eq!(of((Withdrawn, false), (Withdrawn, true)), None);
        assert_eq!(of((Disqualified, true), (Disqualified, false)), None);
    }

    #[test]
    fn a_name_and_a_division_are_told_of_who_stays() {
        let red = account(TeamState::Active, false);
        let renamed = Account { name: "Crimson".to_owned(), ..red.clone() };
        let moved = Account { division: Some("Juniors".to_owned()), ..red.clone() };
        assert_eq!(seen(&red, &renamed), Some(Seen::Renamed));
        assert_eq!(seen(&red, &moved), Some(Seen::Moved));
        assert_eq!(seen(&red, &Account { points: 5, ..red.clone() }), None);
    }

    #[test]
    fn only_a_disqualified_team_is_reinstated() {
        assert!(TeamState::Active.must_become(TeamState::Disqualified).is_ok());
        assert!(TeamState::Disqualified.must_become(TeamState::Active).is_ok());
        let error = TeamState::Withdrawn.must_become(TeamState::Active).expect_err("illegal");
        assert_eq!(error.problem("/", "r").members["from"], "withdrawn");
    }
}
