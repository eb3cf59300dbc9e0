//! Points: none is made and none is lost.

use super::check::Check;
use super::stored::Stored;
use crate::books::{Unknown, Written};
use crate::game::contest::OPENING_POINTS;

/// Each ledger is numbered, chained, and adds up to what the board shows.
pub(super) fn ledgers(stored: &Stored) -> Check {
    let shown: std::collections::HashMap<_, _> =
        stored.board.iter().map(|row| (row.team_id, row.points)).collect();
    let mut wrong = Vec::new();
    for (team, entries) in &stored.ledgers {
        let mut sum = 0;
        for (number, entry) in (1..).zip(entries) {
            sum += entry.amount;
            if entry.seq != number || entry.balance_after != sum {
                wrong.push(format!("team {team}: entry {number} should leave {sum}, is {entry:?}"));
                break;
            }
        }
        if shown.get(team) != Some(&sum) {
            wrong.push(format!(
                "team {team}: the ledger adds up to {sum}, the board shows {:?}",
                shown.get(team)
            ));
        }
    }
    let meaning = "each team's points on the board are the sum of its ledger, which is numbered and chained";
    Check::of("points_are_the_ledger", meaning, stored.ledgers.len(), wrong).noting(stored.ledger_note())
}

/// Each ledger adds up to what the team was told, request by request.
pub(super) fn expected(written: &Written, stored: &Stored) -> Check {
    let mut told: std::collections::HashMap<_, i64> =
        written.teams.keys().map(|team| (*team, OPENING_POINTS)).collect();
    let mut add = |team, points| {
        if let Some(sum) = told.get_mut(team) {
            *sum += points;
        }
    };
    written.submitted.values().for_each(|answer| add(&answer.team, answer.points));
    written.opened.values().for_each(|opened| add(&opened.team, -opened.price));
    written.adjusted.iter().for_each(|adjusted| add(&adjusted.team, adjusted.amount));
    // Of these nobody knows what they have.
    for unknown in &written.unknown {
        if let Unknown::Answer { team, .. } | Unknown::Opening { team } | Unknown::Adjustment { team } =
            unknown
        {
            told.remove(team);
        }
    }
    let mut compared = 0;
    let wrong: Vec<String> = told
        .iter()
        .filter_map(|(team, told)| {
            let entries = stored.ledgers.get(team)?;
            compared += 1;
            // Nobody is told at once that an earlier answer took the bonus.
            let taken: i64 = entries.iter().filter(|e| e.is_taken_back()).map(|e| e.amount).sum();
            let has: i64 = entries.iter().map(|entry| entry.amount).sum();
            (told + taken != has).then(|| format!("team {team} was told of {told} points, has {has}"))
        })
        .collect();
    let meaning = "each team has the points that the replies to it add up to";
    Check::of("points_as_told", meaning, compared, wrong).noting(stored.ledger_note())
}
