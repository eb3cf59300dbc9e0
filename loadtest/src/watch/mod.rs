//! Watchers: sockets that follow the board while others play.

mod latency;
mod socket;
mod view;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::books::Told;
use crate::game::contest::Contest;
use crate::server::Server;
use crate::tally::percentiles;
use latency::{Index, Latency};
use socket::Watcher;
pub(crate) use view::Row;
use view::View;

/// Sockets that are opened at the same time.
const OPENING: usize = 50;

/// How many receipts are kept, of all watchers together.
const HEARD: usize = 2_000_000;

/// How long watchers may take to catch up when nothing happens any more. That is much more
/// than they need: what is late shows in the latencies.
const CATCH_UP: Duration = Duration::from_secs(15);

/// What happens on all sockets together.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) frames: AtomicU64,
    bytes: AtomicU64,
    reconnects: AtomicU64,
    byes: Mutex<BTreeMap<String, u64>>,
}

impl Counts {
    fn bye(&self, code: &str) {
        *self.byes.lock().unwrap_or_else(PoisonError::into_inner).entry(code.to_owned()).or_default() += 1;
    }

    fn byes(&self) -> BTreeMap<String, u64> {
        self.byes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// All watchers of a run. Dropped, they are gone.
#[derive(Debug)]
pub(crate) struct Watchers {
    views: Vec<Arc<Mutex<View>>>,
    counts: Arc<Counts>,
    watching: JoinSet<()>,
}

/// What the watchers have seen in the end.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Watchers whose last board is not the one that REST shows.
    pub(crate) boards_differing: Vec<String>,
    /// Where frames were left out, told twice or out of order.
    pub(crate) breaks: Vec<String>,
    /// Where a watcher came back and could not go on where it had stopped.
    pub(crate) begun_anew: Vec<String>,
    pub(crate) watchers: usize,
    pub(crate) frames: u64,
    /// For `fanout.json`.
    pub(crate) report: Value,
}

impl Watchers {
    /// Opens so many sockets and waits until each shows the board.
    pub(crate) async fn begin(server: &Server, contest: &Contest, count: usize) -> Result<Self, String> {
        let counts = Arc::new(Counts::default());
        let (url, code): (Arc<str>, Arc<str>) = (server.socket_url().into(), contest.code.as_str().into());
        let keep = HEARD / count.max(1);
        let watcher = |_| Watcher {
            url: Arc::clone(&url),
            contest: Arc::clone(&code),
            view: Arc::new(Mutex::new(View::new(keep))),
            counts: Arc::clone(&counts),
        };
        let opened = stream::iter((0..count).map(watcher))
            .map(|watcher| async move { watcher.begin().await.map(|socket| (watcher, socket)) })
            .buffer_unordered(OPENING)
            .try_collect::<Vec<_>>()
            .await?;
        let views = opened.iter().map(|(watcher, _)| Arc::clone(&watcher.view)).collect();
        let watching = opened.into_iter().map(|(watcher, socket)| watcher.watch(socket)).collect();
        Ok(Self { views, counts, watching })
    }

    /// What happens on all sockets, while it happens.
    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Waits until everybody shows this board, which does not change any more, and has all
    /// frames up to these numbers of the queues (scores and contest), and sums up. `told` are
    /// the changes that the players were told of.
    pub(crate) async fn finish(mut self, board: &[Row], lasts: (i64, i64), told: &[Told]) -> Watched {
        let board: HashMap<Uuid, &Row> = board.iter().map(|row| (row.team_id, row)).collect();
        let deadline = Instant::now() + CATCH_UP;
        let mut boards_differing = self.differing(&board, lasts);
        while !boards_differing.is_empty() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(100)).await;
            boards_differing = self.differing(&board, lasts);
        }
        self.watching.shutdown().await;
        let index = Index::new(told);
        let (mut latency, mut breaks, mut begun_anew) = (Latency::new(), Vec::new(), Vec::new());
        for (number, view) in self.views.iter().enumerate() {
            let view = view.lock().unwrap_or_else(PoisonError::into_inner);
            let of = |what: &str| format!("watcher {}: {what}", number + 1);
            latency.add(&index, &view.heard);
            breaks.extend(view.breaks.iter().map(|broken| of(broken)));
            begun_anew.extend((0..view.begun_anew).map(|_| of("what came meanwhile was never sent to it")));
        }
        Watched {
            report: self.report(&latency, &boards_differing, &breaks, begun_anew.len()),
            watchers: self.views.len(),
            frames: self.counts.frames.load(Ordering::Relaxed),
            boards_differing,
            breaks,
            begun_anew,
        }
    }

    /// The first watcher that does not show this board, and how.
    pub(crate) fn unlike(&self, board: &[Row]) -> Option<String> {
        let board: HashMap<Uuid, &Row> = board.iter().map(|row| (row.team_id, row)).collect();
        self.views.iter().enumerate().find_map(|(number, view)| {
            let view = view.lock().unwrap_or_else(PoisonError::into_inner);
            Some(format!("watcher {}: {}", number + 1, difference(&board, &view.board)?))
        })
    }

    /// How often a watcher came back and could not go on where it had stopped.
    pub(crate) fn begun_anew(&self) -> u64 {
        self.views.iter().map(|view| view.lock().unwrap_or_else(PoisonError::into_inner).begun_anew).sum()
    }

    /// How often a watcher has come back.
    pub(crate) fn reconnects(&self) -> u64 {
        self.counts.reconnects.load(Ordering::Relaxed)
    }

    /// How often a `bye` had this code, or a connection ended for this reason.
    pub(crate) fn byes(&self) -> BTreeMap<String, u64> {
        self.counts.byes()
    }

    /// Who does not show this board, or lacks the last frames, and how.
    fn differing(&self, board: &HashMap<Uuid, &Row>, lasts: (i64, i64)) -> Vec<String> {
        let look = |(number, view): (usize, &Arc<Mutex<View>>)| {
            let view = view.lock().unwrap_or_else(PoisonError::into_inner);
            let late = || {
                let has = view.lasts();
                (has != lasts).then(|| format!("the queues end at {lasts:?}, by socket at {has:?}"))
            };
            let what = difference(board, &view.board).or_else(late)?;
            Some(format!("watcher {}: {what}", number + 1))
        };
        self.views.iter().enumerate().filter_map(look).collect()
    }

    fn report(&self, latency: &Latency, differing: &[String], breaks: &[String], anew: usize) -> Value {
        json!({
            "watchers": self.views.len(),
            "frames": self.counts.frames.load(Ordering::Relaxed),
            "bytes": self.counts.bytes.load(Ordering::Relaxed),
            "reconnects": self.counts.reconnects.load(Ordering::Relaxed),
            "byes": self.counts.byes(),
            "commit_to_receipt_at_most": percentiles(&latency.from_request),
            "commit_to_receipt_at_least": percentiles(&latency.from_reply),
            "unmatched": latency.unmatched,
            "boards_differing": differing.len(),
            "breaks": breaks.len(),
            "begun_anew": anew,
        })
    }
}

/// Where two boards differ, ranks aside.
fn difference(rest: &HashMap<Uuid, &Row>, seen: &HashMap<Uuid, Row>) -> Option<String> {
    if rest.len() != seen.len() {
        return Some(format!("{} teams by REST, {} by socket", rest.len(), seen.len()));
    }
    rest.values().find_map(|row| match seen.get(&row.team_id) {
        None => Some(format!("{} is missing by socket", row.team)),
        Some(other) if other.standing() != row.standing() => {
            Some(format!("{:?} by REST, {:?} by socket", row.standing(), other.standing()))
        }
        Some(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_comes_back_and_is_not_resumed_has_begun_anew() {
        let mut view = View::new(10);
        for frame in [
            json!({"type": "welcome", "last": {"scores": 6, "contest": 7}}),
            json!({"type": "leaderboard_snapshot", "seq": 7, "rows": []}),
            json!({"type": "welcome", "resumed": true, "last": {"scores": 6, "contest": 7}}),
            json!({"type": "welcome", "last": {"scores": 9, "contest": 7}}),
        ] {
            view.take(serde_json::from_value(frame).unwrap(), std::time::Instant::now());
        }
        let views = vec![Arc::new(Mutex::new(view))];
        let watchers = Watchers { views, counts: Arc::default(), watching: JoinSet::new() };
        let watched = watchers.finish(&[], (9, 7), &[]).await;
        assert_eq!((watched.breaks.len(), watched.begun_anew.len()), (0, 1));
        assert_eq!(watched.report["begun_anew"], 1);
    }
}
