//! The board of a contest as its sockets see it: changes gather, and at most ten times a
//! second they become one frame.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::frames;
use crate::leaderboard::{Board, BoardChange, Row, Standing};
use crate::types::TeamId;

/// A board frame and the number the board stands at after it.
#[derive(Debug, Clone)]
pub struct BoardFrame {
    /// The board stands as after this event.
    pub seq: i64,
    /// The frame.
    pub text: Arc<str>,
}

/// The board as of its latest flush.
#[derive(Debug, Default)]
pub struct LiveBoard {
    board: Board,
    seq: i64,
    base: i64,
    /// By which event each team that ever changed was changed last, and the same in the order
    /// of the events: an update costs what has changed, not what could have.
    touched: HashMap<TeamId, i64>,
    latest: BTreeMap<i64, TeamId>,
    pending: Vec<(i64, BoardChange)>,
    /// What was made of the board as it stands: updates by their `prev`, and whole boards.
    updates: HashMap<i64, Arc<str>>,
    whole: HashMap<&'static str, Arc<str>>,
}

impl LiveBoard {
    /// The board as read from the database, holding at least every event up to `seq`.
    #[must_use]
    pub fn new(standings: Vec<Standing>, seq: i64) -> Self {
        Self { board: standings.into_iter().collect(), seq, base: seq, ..Self::default() }
    }

    /// Reaches further back: `touched` are all changes after `base` that the rows already hold.
    pub fn remember(&mut self, base: i64, touched: impl IntoIterator<Item = (i64, TeamId)>) {
        self.base = base;
        for (seq, team) in touched {
            self.touch(team, seq);
        }
    }

    fn touch(&mut self, team: TeamId, seq: i64) {
        let last = self.touched.entry(team).or_default();
        if *last < seq {
            self.latest.remove(last);
            self.latest.insert(seq, team);
            *last = seq;
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Whether an older board with this number can be brought up to date.
    #[must_use]
    pub fn knows(&self, prev: i64) -> bool {
        (self.base..=self.seq).contains(&prev)
    }

    /// Remembers a change for the next flush.
    pub fn note(&mut self, seq: i64, change: BoardChange) {
        self.pending.push((seq, change));
    }

    /// Whether anything waits to be told.
    #[must_use]
    pub fn is_due(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Applies what waits; the board now stands at `head`.
    pub fn flush(&mut self, head: i64) {
        for (seq, change) in std::mem::take(&mut self.pending) {
            // Even a change that was already known is told: who asks since an older number
            // may have missed it.
            self.touch(change.team(), seq);
            self.board.take(change);
        }
        self.seq = head;
        self.updates.clear();
        self.whole.clear();
    }

    /// The update from an older state to this one, made once for all who are there; `None`
    /// when that state is unknown here.
    pub fn since(&mut self, prev: i64) -> Option<BoardFrame> {
        if !self.knows(prev) {
            return None;
        }
        let (board, latest, seq) = (&self.board, &self.latest, self.seq);
        let text = self.updates.entry(prev).or_insert_with(|| {
            let (mut rows, mut removed) = (Vec::new(), Vec::new());
            for team in latest.range(prev + 1..).map(|(_, team)| team) {
                match board.row_of(*team) {
                    Some(row) => rows.push(row),
                    None => removed.push(*team),
                }
            }
            rows.sort_unstable_by(|a: &Row, b| (a.rank, &a.team).cmp(&(b.rank, &b.team)));
            frames::update(seq, prev, &rows, &removed).into()
        });
        Some(BoardFrame { seq, text: Arc::clone(text) })
    }

    /// The first `limit` rows in some form, made once for all who want it.
    pub fn whole(
        &mut self,
        form: &'static str,
        limit: usize,
        make: impl FnOnce(i64, &[Row]) -> String,
    ) -> BoardFrame {
        let (board, seq) = (&self.board, self.seq);
        let text = self.whole.entry(form).or_insert_with(|| make(seq, &board.rows(0..limit)).into());
        BoardFrame { seq, text: Arc::clone(text) }
    }

    /// The whole board as a snapshot frame.
    pub fn snapshot(&mut self) -> BoardFrame {
        self.whole("snapshot", usize::MAX, frames::snapshot)
    }

    /// The first rows.
    #[must_use]
    pub fn rows(&self, limit: usize) -> Vec<Row> {
        self.board.rows(0..limit)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn standing(team_id: TeamId, points: i64, standing_no: i32) -> Standing {
        Standing {
            team_id,
            team: "T".to_owned(),
            points,
            last_gain_ms: None,
            wrong: 0,
            standing_no,
            division: None,
        }
    }

    fn parsed(frame: &BoardFrame) -> Value {
        serde_json::from_str(&frame.text).unwrap()
    }

    #[test]
    fn changes_between_two_flushes_become_one_frame_of_the_newest_values() {
        let (red, blue) = (TeamId::new(), TeamId::new());
        let mut live = LiveBoard::new(vec![standing(red, 5, 1), standing(blue, 5, 1)], 10);
        live.note(11, BoardChange::Change(standing(red, 6, 2)));
        live.note(12, BoardChange::Change(standing(red, 7, 3)));
        assert!(live.is_due());
        live.flush(13);
        let frame = parsed(&live.since(10).unwrap());
        assert_eq!((&frame["seq"], &frame["prev"]), (&json!(13), &json!(10)));
        assert_eq!(frame["rows"].as_array().unwrap().len(), 1);
        assert_eq!((&frame["rows"][0]["points"], &frame["rows"][0]["rank"]), (&json!(7), &json!(1)));
        let snapshot = parsed(&live.snapshot());
        assert_eq!((&snapshot["seq"], snapshot["rows"].as_array().unwrap().len()), (&json!(13), 2));
    }

    #[test]
    fn whoever_skipped_a_frame_gets_both_changes() {
        let (red, blue) = (TeamId::new(), TeamId::new());
        let mut live = LiveBoard::new(vec![standing(red, 5, 1), standing(blue, 5, 1)], 10);
        live.note(11, BoardChange::Change(standing(red, 6, 2)));
        live.flush(11);
        live.note(12, BoardChange::Gone(blue));
        live.flush(12);
        let frame = parsed(&live.since(10).unwrap());
        assert_eq!(frame["rows"][0]["team_id"], json!(red));
        assert_eq!(frame["removed"], json!([blue]));
        let frame = parsed(&live.since(11).unwrap());
        assert_eq!((&frame["rows"], &frame["removed"]), (&json!([]), &json!([blue])));
        assert!(live.since(9).is_none() && live.since(13).is_none());
    }

    #[test]
    fn a_correction_does_not_bring_a_team_back_but_its_return_does() {
        let red = TeamId::new();
        let mut live = LiveBoard::new(vec![standing(red, 5, 1)], 0);
        live.note(1, BoardChange::Gone(red));
        live.note(2, BoardChange::Change(standing(red, 6, 2)));
        live.flush(2);
        assert!(live.rows(9).is_empty());
        live.note(3, BoardChange::Put(standing(red, 6, 2)));
        live.flush(3);
        assert_eq!(live.rows(9).len(), 1);
    }

    #[test]
    fn a_fresh_instance_continues_boards_of_the_one_before() {
        let (red, blue) = (TeamId::new(), TeamId::new());
        let mut live = LiveBoard::new(vec![standing(red, 7, 3), standing(blue, 5, 1)], 10);
        assert!(live.since(8).is_none());
        live.remember(5, [(6, blue), (9, red)]);
        assert_eq!(parsed(&live.since(8).unwrap())["rows"].as_array().unwrap().len(), 1);
        assert_eq!(parsed(&live.since(5).unwrap())["rows"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn an_event_that_the_loaded_rows_already_hold_is_still_told() {
        let red = TeamId::new();
        let mut live = LiveBoard::new(vec![standing(red, 7, 3)], 10);
        live.note(11, BoardChange::Change(standing(red, 6, 2)));
        live.flush(11);
        let frame = parsed(&live.since(10).unwrap());
        assert_eq!(frame["rows"][0]["points"], json!(7));
    }
}
