//! The board as all sockets are shown it: made once for each state of the scores and of who is
//! connected, however many look.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::contract::{DemoEntry, entries};
use crate::realtime::live::LiveBoard;

/// Rows that are looked at: staff may have registered others beside those who can be played.
const ROWS: usize = 200;

/// The board that was made last.
#[derive(Debug, Default)]
pub(super) struct Shown(Mutex<Option<Made>>);

#[derive(Debug)]
struct Made {
    seq: i64,
    connected: BTreeSet<String>,
    board: Arc<DemoBoard>,
}

/// A board, and its text.
#[derive(Debug)]
pub(super) struct DemoBoard {
    pub(super) entries: Vec<DemoEntry>,
    pub(super) text: String,
}

impl Shown {
    /// The board as it stands.
    pub(super) fn board(&self, live: &LiveBoard, connected: &BTreeSet<String>) -> Arc<DemoBoard> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = live.seq();
        match &*made {
            Some(made) if made.seq == seq && made.connected == *connected => Arc::clone(&made.board),
            _ => {
                let entries = entries(&live.rows(ROWS), connected);
                let board = Arc::new(DemoBoard { text: json!(entries).to_string(), entries });
                *made = Some(Made { seq, connected: connected.clone(), board: Arc::clone(&board) });
                board
            }
        }
    }
}

impl DemoBoard {
    /// The frame for a client that knows of this change as the latest.
    pub(super) fn frame(&self, last_update: &Value) -> String {
        let Self { text, .. } = self;
        format!(
            r#"{{"type":"leaderboard-update","data":{{"leaderboard":{text},"lastUpdate":{last_update}}}}}"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaderboard::{BoardChange, Standing};
    use crate::types::TeamId;

    fn alice(points: i64, standing_no: i32) -> Standing {
        let (team_id, team) = (TeamId::new(), "Alice".to_owned());
        Standing { team_id, team, points, last_gain_ms: None, wrong: 0, standing_no, division: None }
    }

    #[test]
    fn a_board_is_made_once_until_a_score_or_who_is_connected_changes() {
        let (shown, alice) = (Shown::default(), alice(5, 1));
        let mut live = LiveBoard::new(vec![alice.clone()], 7);
        let (nobody, bob) = (BTreeSet::new(), BTreeSet::from(["bob".to_owned()]));
        let first = shown.board(&live, &nobody);
        assert!(Arc::ptr_eq(&first, &shown.board(&live, &nobody)));
        assert!(!Arc::ptr_eq(&first, &shown.board(&live, &bob)));
        live.note(8, BoardChange::Change(Standing { points: 6, standing_no: 2, ..alice }));
        live.flush(8);
        let frame: Value = serde_json::from_str(&shown.board(&live, &bob).frame(&Value::Null)).unwrap();
        assert_eq!(frame["data"]["leaderboard"][0]["score"], 6, "{frame}");
        assert_eq!(
            (&frame["type"], &frame["data"]["lastUpdate"]),
            (&json!("leaderboard-update"), &Value::Null)
        );
    }
}
