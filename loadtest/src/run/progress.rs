//! What is seen while a run goes on: a line every few seconds.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::game::Game;
use crate::watch::Counts;

const PACE: Duration = Duration::from_secs(5);

/// Prints how it goes until it is aborted.
pub(crate) fn show(game: Arc<Game>, watched: Arc<Counts>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let began = Instant::now();
        let mut ticks = tokio::time::interval(PACE);
        ticks.tick().await;
        let mut frames = 0;
        loop {
            ticks.tick().await;
            let lately = game.tally.lately();
            let seconds = PACE.as_secs_f64();
            let seen = watched.frames.load(Ordering::Relaxed);
            eprintln!(
                "{:>5} s {:>7.0} requests/s   p95 {:>7.1} ms   errors {}   busy {}   frames/s {:.0}",
                began.elapsed().as_secs(),
                lately.requests as f64 / seconds,
                lately.p95_ms,
                lately.errors,
                lately.busy,
                (seen - frames) as f64 / seconds,
            );
            frames = seen;
        }
    })
}
