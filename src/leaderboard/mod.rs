//! The leaderboard: how teams stand, and the one order they are ranked in.
//!
//! The order is said twice, as SQL ([`RANK_ORDER`]) and as a comparison ([`RankKey`]); a
//! test keeps the two equal.

pub mod board;
pub mod change;
pub mod history;
pub mod kept;
pub mod last;
pub mod neighbours;
pub mod queries;
pub mod routes;
pub(crate) mod shown;
mod slots;
pub mod tagged;
pub(crate) mod verdicts;

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ledger::Account;
use crate::types::{Points, TeamId};

pub use board::Board;
pub use change::BoardChange;

/// Boards in memory, for one process.
#[derive(Debug, Default)]
pub struct Boards {
    kept: kept::KeptBoards,
    last: last::LastBoards,
    histories: history::Histories,
}

/// The rank order as SQL, over the columns of `team`.
macro_rules! rank_order {
    () => {
        "points DESC, last_gain_ms ASC NULLS LAST, wrong ASC"
    };
}
pub(crate) use rank_order;

/// The one rank order: equal values share a rank (1, 2, 2, 4).
pub const RANK_ORDER: &str = rank_order!();

/// How a team stands. All values are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Which team.
    pub team_id: TeamId,
    /// What it is called.
    pub team: String,
    /// What it has.
    pub points: Points,
    /// Contest time of the latest answer that earned points.
    pub last_gain_ms: Option<i64>,
    /// Wrong answers so far.
    pub wrong: i32,
    /// Counts the changes of this standing: a reader keeps the highest.
    pub standing_no: i32,
    /// The division it plays in.
    #[serde(default)]
    pub division: Option<String>,
}

impl From<&Account> for Standing {
    fn from(account: &Account) -> Self {
        Self {
            team_id: account.team_id,
            team: account.name.clone(),
            points: account.points,
            last_gain_ms: account.last_gain_ms,
            wrong: account.wrong,
            standing_no: account.standing_no,
            division: account.division.clone(),
        }
    }
}

/// What decides the rank; the smallest key leads.
pub type RankKey = (Reverse<Points>, bool, Option<i64>, i32);

fn rank_key(points: Points, last_gain_ms: Option<i64>, wrong: i32) -> RankKey {
    (Reverse(points), last_gain_ms.is_none(), last_gain_ms, wrong)
}

impl Standing {
    /// The rank order: points, then the earlier last gain, then fewer wrong answers. Whoever
    /// never gained comes after all who did.
    #[must_use]
    pub fn rank_key(&self) -> RankKey {
        rank_key(self.points, self.last_gain_ms, self.wrong)
    }

    /// The order of the rows: inside a shared rank by name, then by id.
    fn row_key(&self) -> (RankKey, &str, TeamId) {
        (self.rank_key(), &self.team, self.team_id)
    }
}

/// A row of the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Row {
    /// Teams with equal values share it: 1, 2, 2, 4.
    #[schema(example = 1)]
    pub rank: i64,
    /// Which team.
    pub team_id: TeamId,
    /// What it is called.
    #[schema(example = "Red")]
    pub team: String,
    /// What it has.
    #[schema(example = 1400)]
    pub points: Points,
    /// Contest time of the latest answer that earned points.
    #[schema(example = 3_900_000)]
    pub last_gain_ms: Option<i64>,
    /// Wrong answers so far.
    #[schema(example = 2)]
    pub wrong: i32,
    /// The division it plays in; left out when it plays in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Juniors")]
    pub division: Option<String>,
}

impl Row {
    /// A standing with its rank.
    #[must_use]
    pub fn new(rank: i64, standing: &Standing) -> Self {
        Self {
            rank,
            team_id: standing.team_id,
            team: standing.team.clone(),
            points: standing.points,
            last_gain_ms: standing.last_gain_ms,
            wrong: standing.wrong,
            division: standing.division.clone(),
        }
    }
}

/// Where a page of the board goes on: the values of the last row shown. A team that moves
/// meanwhile may be shown twice, but none that stays is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    points: Points,
    last_gain_ms: Option<i64>,
    wrong: i32,
    team_id: TeamId,
}

impl Cursor {
    fn rank_key(&self) -> RankKey {
        rank_key(self.points, self.last_gain_ms, self.wrong)
    }
}

impl From<&Row> for Cursor {
    fn from(row: &Row) -> Self {
        Self { points: row.points, last_gain_ms: row.last_gain_ms, wrong: row.wrong, team_id: row.team_id }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gain = self.last_gain_ms.map_or_else(|| "never".to_owned(), |ms| ms.to_string());
        write!(f, "{}_{gain}_{}_{}", self.points, self.wrong, self.team_id)
    }
}

impl std::str::FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let mut parts = text.split('_');
            let points = parts.next()?.parse().ok()?;
            let last_gain_ms = match parts.next()? {
                "never" => None,
                ms => Some(ms.parse().ok()?),
            };
            let wrong = parts.next()?.parse().ok()?;
            let team_id = parts.next()?.parse().ok()?;
            parts.next().is_none().then_some(Self { points, last_gain_ms, wrong, team_id })
        };
        read().ok_or("must be the next_cursor of an earlier page")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_way_to_the_client_and_back() {
        for last_gain_ms in [None, Some(0), Some(3_900_000)] {
            let cursor = Cursor { points: -5, last_gain_ms, wrong: 2, team_id: TeamId::new() };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for bad in ["", "1", "1_2_3_4", "1_never_0_00000000-0000-7000-8000-000000000000_x"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn whoever_gained_earlier_leads_and_who_never_gained_comes_last() {
        let of = |points, last_gain_ms, wrong| {
            Standing {
                team_id: TeamId::new(),
                team: String::new(),
                points,
                last_gain_ms,
                wrong,
                standing_no: 1,
                division: None,
            }
            .rank_key()
        };
        let expected =
            [of(5, None, 9), of(4, Some(1), 3), of(4, Some(2), 0), of(4, Some(2), 1), of(4, None, 0)];
        assert!(expected.is_sorted_by(|a, b| a < b));
    }
}
