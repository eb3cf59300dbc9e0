//! What a watcher has seen: the board as it stands on its screen, and whether anything was
//! left out on the way.

use std::collections::HashMap;
use std::time::Instant;

use serde::Deserialize;
use uuid::Uuid;

/// A frame of the server, as far as a watcher needs it.
#[derive(Debug, Deserialize)]
pub(crate) struct Frame {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) seq: Option<i64>,
    prev: Option<i64>,
    team_id: Option<Uuid>,
    points: Option<i64>,
    rows: Option<Vec<Row>>,
    removed: Option<Vec<Uuid>>,
    resumed: Option<bool>,
    last: Option<Lasts>,
    pub(crate) code: Option<String>,
    pub(crate) reconnect_after_ms: Option<u64>,
}

/// The `prev` that the next frame of each queue will carry.
#[derive(Debug, Deserialize)]
struct Lasts {
    scores: Option<i64>,
    contest: Option<i64>,
}

/// A row of the board.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Row {
    pub(crate) rank: i64,
    pub(crate) team_id: Uuid,
    pub(crate) team: String,
    pub(crate) points: i64,
    pub(crate) last_gain_ms: Option<i64>,
    pub(crate) wrong: i64,
}

impl Row {
    /// All but the rank, which moves when others do.
    pub(crate) fn standing(&self) -> (&str, i64, Option<i64>, i64) {
        (&self.team, self.points, self.last_gain_ms, self.wrong)
    }
}

/// A change of points, and when a watcher heard of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    pub(crate) team: Uuid,
    pub(crate) points: i64,
    pub(crate) at: Instant,
}

/// The latest number of a queue, by which the next one shows that nothing is missing.
#[derive(Debug, Default)]
struct Chain {
    name: &'static str,
    last: i64,
}

/// What one watcher has seen so far.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) board: HashMap<Uuid, Row>,
    /// The number of the latest frame of the board.
    pub(crate) board_seq: Option<i64>,
    /// The highest number seen.
    pub(crate) highest: i64,
    scores: Chain,
    contest: Chain,
    /// How often it came back and could not go on where it had stopped.
    pub(crate) begun_anew: u64,
    /// Where something was left out, told twice or out of order.
    pub(crate) breaks: Vec<String>,
    /// What was heard, as far as it is kept.
    pub(crate) heard: Vec<Heard>,
    keep: usize,
}

impl View {
    /// Keeps so many of the changes that are heard.
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            board: HashMap::new(),
            board_seq: None,
            highest: 0,
            scores: Chain { name: "scores", last: 0 },
            contest: Chain { name: "contest", last: 0 },
            begun_anew: 0,
            breaks: Vec::new(),
            heard: Vec::new(),
            keep,
        }
    }

    /// The last numbers of its queues: scores and contest.
    pub(crate) fn lasts(&self) -> (i64, i64) {
        (self.scores.last, self.contest.last)
    }

    /// Takes a frame that came at this instant.
    pub(crate) fn take(&mut self, frame: Frame, at: Instant) {
        match frame.kind.as_str() {
            "welcome" => self.welcome(&frame),
            "leaderboard_snapshot" => self.snapshot(frame),
            "leaderboard_update" => self.update(frame),
            "score_update" | "team_joined" => {
                self.queued(&frame);
                if let (Some(team), Some(points)) = (frame.team_id, frame.points)
                    && self.heard.len() < self.keep
                {
                    self.heard.push(Heard { team, points, at });
                }
            }
            // Further kinds of the contest's queue are links of its chain as well.
            _ if frame.prev.is_some() => self.queued(&frame),
            _ => {}
        }
    }

    fn welcome(&mut self, frame: &Frame) {
        let Some(lasts) = &frame.last else { return };
        let (scores, contest) = (lasts.scores.unwrap_or(0), lasts.contest.unwrap_or(0));
        if frame.resumed == Some(true) && (scores, contest) != (self.scores.last, self.contest.last) {
            let had = (self.scores.last, self.contest.last);
            self.breaks.push(format!("resumed after {:?}, but had {had:?}", (scores, contest)));
        }
        self.begun_anew += u64::from(self.board_seq.is_some() && frame.resumed != Some(true));
        (self.scores.last, self.contest.last) = (scores, contest);
    }

    fn snapshot(&mut self, frame: Frame) {
        self.board = frame.rows.into_iter().flatten().map(|row| (row.team_id, row)).collect();
        self.board_seq = frame.seq;
        self.highest = self.highest.max(frame.seq.unwrap_or(0));
    }

    fn update(&mut self, frame: Frame) {
        if frame.prev != self.board_seq {
            let (prev, had) = (frame.prev, self.board_seq);
            self.breaks.push(format!("a board update builds on {prev:?}, but {had:?} was there"));
        }
        self.board.extend(frame.rows.into_iter().flatten().map(|row| (row.team_id, row)));
        for team in frame.removed.iter().flatten() {
            self.board.remove(team);
        }
        self.board_seq = frame.seq;
        self.highest = self.highest.max(frame.seq.unwrap_or(0));
    }

    /// A frame of a queue: it must build on the one before, and come before the board that
    /// holds it.
    fn queued(&mut self, frame: &Frame) {
        let chain = if frame.kind == "score_update" { &mut self.scores } else { &mut self.contest };
        let (prev, seq) = (frame.prev.unwrap_or(0), frame.seq.unwrap_or(0));
        if prev != chain.last {
            self.breaks.push(format!("{} {seq} builds on {prev}, but {} was last", chain.name, chain.last));
        }
        chain.last = seq;
        if self.board_seq.is_some_and(|board| seq <= board) {
            self.breaks.push(format!("{} {seq} came after board {:?}", chain.name, self.board_seq));
        }
        self.highest = self.highest.max(seq);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn show(view: &mut View, frames: &[Value]) {
        for frame in frames {
            view.take(serde_json::from_value(frame.clone()).unwrap(), Instant::now());
        }
    }

    fn row(team: u128, points: i64) -> Value {
        let id = Uuid::from_u128(team);
        json!({"rank": 1, "team_id": id, "team": "Red", "points": points, "last_gain_ms": null, "wrong": 0})
    }

    fn score(seq: i64, prev: i64) -> Value {
        let id = Uuid::from_u128(1);
        json!({"type": "score_update", "seq": seq, "prev": prev, "team_id": id, "team": "Red", "points": seq})
    }

    fn begun() -> View {
        let mut view = View::new(10);
        let welcome =
            json!({"type": "welcome", "protocol": 1, "head": 7, "last": {"scores": 6, "contest": 7}});
        show(
            &mut view,
            &[welcome, json!({"type": "leaderboard_snapshot", "seq": 7, "rows": [row(1, 1000)]})],
        );
        view
    }

    #[test]
    fn an_unbroken_chain_has_no_breaks_and_the_board_follows() {
        let mut view = begun();
        let update = json!({"type": "leaderboard_update", "seq": 9, "prev": 7, "rows": [row(1, 9), row(2, 5)], "removed": []});
        show(&mut view, &[score(8, 6), score(9, 8), update]);
        assert_eq!(view.breaks, Vec::<String>::new());
        assert_eq!((view.board.len(), view.board[&Uuid::from_u128(1)].points, view.highest), (2, 9, 9));
        assert_eq!(view.heard.len(), 2);
        let gone = json!({"type": "leaderboard_update", "seq": 10, "prev": 9, "rows": [], "removed": [Uuid::from_u128(2)]});
        show(&mut view, &[gone]);
        assert_eq!(view.board.len(), 1);
    }

    #[test]
    fn what_is_left_out_or_late_is_a_break() {
        let mut view = begun();
        show(&mut view, &[score(9, 8)]);
        assert_eq!(view.breaks.len(), 1, "8 was left out");
        let mut view = begun();
        show(&mut view, &[score(5, 6)]);
        assert_eq!(view.breaks.len(), 1, "the board at 7 had 5 already");
        let mut view = begun();
        show(
            &mut view,
            &[json!({"type": "leaderboard_update", "seq": 9, "prev": 8, "rows": [], "removed": []})],
        );
        assert_eq!(view.breaks.len(), 1, "the board at 8 was never shown");
        let mut view = begun();
        show(&mut view, &[json!({"type": "welcome", "resumed": true, "last": {"scores": 5, "contest": 7}})]);
        assert_eq!(view.breaks.len(), 1, "resumed before what was there");
    }
}
