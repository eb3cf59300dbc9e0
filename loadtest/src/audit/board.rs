//! The board: ranked as the rules say, and showing what happened.

use std::collections::HashMap;

use super::check::Check;
use super::stored::Stored;
use crate::books::{Unknown, Written};
use crate::watch::Row;

/// More points lead; then whoever gained earlier, who never did comes last; then fewer wrong
/// answers.
fn key(row: &Row) -> (i64, bool, Option<i64>, i64) {
    (-row.points, row.last_gain_ms.is_none(), row.last_gain_ms, row.wrong)
}

/// Every row is where it belongs, with the rank it has: equal ones share it.
pub(super) fn ranks(stored: &Stored) -> Check {
    let mut wrong = Vec::new();
    let (mut rank, mut before): (i64, Option<&Row>) = (1, None);
    for (place, row) in (1..).zip(&stored.board) {
        if let Some(before) = before {
            if key(before) > key(row) {
                wrong.push(format!("place {place}: {row:?} stands below {before:?}"));
            }
            if key(before) != key(row) {
                rank = place;
            }
        }
        if row.rank != rank {
            wrong.push(format!("place {place} should have rank {rank}: {row:?}"));
        }
        before = Some(row);
    }
    let meaning = "the board is ordered by points, last gain and wrong answers, and equal ones share a rank";
    Check::of("board_is_ranked", meaning, stored.board.len(), wrong)
}

/// Every team is on the board once, with as many wrong answers as it was told of.
pub(super) fn standings(written: &Written, stored: &Stored) -> Check {
    let mut mistakes: HashMap<_, i64> = HashMap::new();
    for answer in written.submitted.values().filter(|answer| !answer.correct) {
        *mistakes.entry(answer.team).or_default() += 1;
    }
    let unsure = |row: &Row| {
        let of = |unknown: &Unknown| matches!(unknown, Unknown::Answer { team, .. } if *team == row.team_id);
        written.unknown.iter().any(of)
    };
    let mut shown: HashMap<_, usize> = HashMap::new();
    let mut wrong = Vec::new();
    for row in &stored.board {
        *shown.entry(row.team_id).or_default() += 1;
        let told = mistakes.get(&row.team_id).copied().unwrap_or(0);
        if row.wrong != told && !unsure(row) {
            wrong.push(format!("{row:?} was told of {told} wrong answers"));
        }
    }
    for (id, team) in &stored.teams {
        let times = shown.get(id).copied().unwrap_or(0);
        if times != 1 {
            wrong.push(format!("{} is on the board {times} times", team.name));
        }
    }
    let meaning = "every team is on the board once, with the wrong answers it was told of";
    Check::of("board_is_complete", meaning, stored.teams.len(), wrong)
}
