//! A page of a game's board: where it goes on, and the ranks of its rows.

use super::HighScore;
use super::queries::Scored;
use crate::types::{AccountId, Points};

/// The last row of a page; inside of a shared rank, rows are in the order of their ids. Whoever moves
/// meanwhile may be shown twice, but none that stays is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub(super) score: Points,
    pub(super) account: AccountId,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}", self.score, self.account)
    }
}

impl std::str::FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (score, account) = text.split_once('_')?;
            Some(Self { score: score.parse().ok()?, account: account.parse().ok()? })
        };
        read().ok_or("must be the next_cursor of an earlier page")
    }
}

/// How many rows there are before a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Before {
    /// Those that are better than its first row.
    pub ahead: i64,
    /// Those that are equal to it and stand on the pages before.
    pub equal: i64,
}

/// Gives the rows of a page their ranks: each is one more than the number of better ones.
pub(super) fn ranked(rows: Vec<Scored>, before: Before) -> Vec<HighScore> {
    let (mut rank, mut place, mut above) = (before.ahead + 1, before.ahead + before.equal, None);
    let mut page = Vec::with_capacity(rows.len());
    for Scored { account_id, name, score } in rows {
        place += 1;
        if above.is_some_and(|above| above != score) {
            rank = place;
        }
        above = Some(score);
        page.push(HighScore { rank, account_id, name, score });
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(scores: &[Points]) -> Vec<Scored> {
        let row =
            |score: &Points| Scored { account_id: AccountId::new(), name: String::new(), score: *score };
        scores.iter().map(row).collect()
    }

    #[test]
    fn however_a_board_is_cut_into_pages_its_ranks_are_the_same() {
        let scores = [9, 8, 8, 5, 5, 5, 5, 1];
        let expected = [1, 2, 2, 4, 4, 4, 4, 8];
        for cut in 0..scores.len() {
            let count = |better: &dyn Fn(Points) -> bool| {
                i64::try_from(scores[..cut].iter().filter(|score| better(**score)).count()).unwrap()
            };
            let first = scores[cut];
            let before = Before { ahead: count(&|s| s > first), equal: count(&|s| s == first) };
            let ranks: Vec<_> = ranked(rows(&scores[cut..]), before).iter().map(|row| row.rank).collect();
            assert_eq!(ranks, expected[cut..], "cut before {cut}");
        }
    }

    #[test]
    fn a_cursor_survives_the_way_to_the_client_and_back() {
        let cursor = Cursor { score: -5, account: AccountId::new() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "1", "x_1", "1_2"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }
}
