//! Who is on the board, and how they stand there: what all statements about it have in common.
//!
//! Only active teams that are not hidden are on the board. Who looks past a freeze sees how teams
//! stand now; everybody else sees, while the board is frozen, how they stood then ([`shown!`]).
//! Which of the two it is, is decided by the very statement that reads the rows: a freeze that
//! came between two statements would let results through that are withheld already.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Uuid as SqlUuid};

use super::{Row, Standing};
use crate::types::{Points, TeamId};

/// Who is on the board.
macro_rules! on_board {
    ($of:literal) => {
        concat!($of, "state = 'active' AND NOT ", $of, "hidden")
    };
}

/// The rank order as columns of a row that can be compared: the smaller one leads.
macro_rules! rank_key {
    ($of:literal) => {
        concat!("-", $of, "points, coalesce(", $of, "last_gain_ms, 9223372036854775807), ", $of, "wrong")
    };
}

/// The teams of contest `$1` as a reader sees them: as they stand now if `$2` or if the board is
/// not frozen, else as they stood. One of the two halves is not even begun.
macro_rules! shown {
    () => {
        concat!(
            "shown AS (
                SELECT t.id, t.name COLLATE \"C\" AS name, t.state, t.hidden, t.division,
                    t.points, t.last_gain_ms, t.wrong, t.standing_no, t.ledger_seq
                FROM team t
                WHERE t.contest_id = $1 AND ($2 OR (SELECT board <> 'frozen' FROM contest WHERE id = $1))
                UNION ALL
                SELECT t.id, t.name COLLATE \"C\", t.state, t.hidden, t.division,
                    f.points, f.last_gain_ms, f.wrong, f.standing_no, f.ledger_seq
                FROM team t JOIN frozen_standing f ON (f.contest_id, f.team_id) = (t.contest_id, t.id)
                WHERE t.contest_id = $1 AND NOT $2 AND (SELECT board = 'frozen' FROM contest WHERE id = $1))"
        )
    };
}

/// Every team on the board of contest `$1`, or of its division `$3`, with its rank there.
macro_rules! ranked {
    () => {
        concat!(
            shown!(),
            ", ranked AS (SELECT rank() OVER (ORDER BY ",
            rank_order!(),
            ") AS rank, id, name, division, points, last_gain_ms, wrong, standing_no
            FROM shown WHERE ",
            on_board!(""),
            " AND ($3 IS NULL OR division = $3))"
        )
    };
}

pub(crate) use {on_board, shown};
pub(super) use {rank_key, ranked};

/// A row of such a statement.
#[derive(Debug, QueryableByName)]
pub(super) struct Ranked {
    #[diesel(sql_type = BigInt)]
    rank: i64,
    #[diesel(sql_type = SqlUuid)]
    id: TeamId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    division: Option<String>,
    #[diesel(sql_type = BigInt)]
    points: Points,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_gain_ms: Option<i64>,
    #[diesel(sql_type = Integer)]
    wrong: i32,
    #[diesel(sql_type = Integer)]
    standing_no: i32,
}

impl Ranked {
    pub(super) fn team(&self) -> TeamId {
        self.id
    }

    pub(super) fn standing(self) -> Standing {
        Standing {
            team_id: self.id,
            team: self.name,
            points: self.points,
            last_gain_ms: self.last_gain_ms,
            wrong: self.wrong,
            standing_no: self.standing_no,
            division: self.division,
        }
    }

    pub(super) fn row(self) -> Row {
        let rank = self.rank;
        Row::new(rank, &self.standing())
    }
}
