//! Fifty at once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::{Reply, until};

/// Tests run side by side, but their bursts take turns: what a burst meets is itself, and not
/// the queue for a processor.
static BURST: Mutex<()> = Mutex::const_new(());

/// Fires fifty requests at once and collects the replies; the number tells them apart.
pub async fn fifty<F: Future<Output = Reply>>(attack: impl Fn(usize) -> F) -> Vec<Reply> {
    let _turn = BURST.lock().await;
    join_all((0..50).map(attack)).await
}

/// Counts the replies by status and problem, the most successful first: `1 × 201`,
/// `49 × 409 pool-exhausted`. Every error must have its shape.
#[track_caller]
pub fn tally(replies: &[Reply]) -> Vec<String> {
    let mut counts: BTreeMap<(u16, &str), usize> = BTreeMap::new();
    for reply in replies {
        if reply.status >= 400 {
            reply.must_be_problem();
        }
        *counts.entry((reply.status, reply.slug())).or_default() += 1;
    }
    counts
        .iter()
        .map(|((status, slug), count)| format!("{count} × {status} {slug}").trim().to_owned())
        .collect()
}

/// Asks again for as long as it is told that the server is too busy, as a client should: for bursts
/// that take their turns one after the other, which a slow machine does not manage in time.
pub async fn patiently(ask: impl AsyncFn() -> Reply) -> Reply {
    until("there is time for it", async || {
        let reply = ask().await;
        (reply.status != 503).then_some(reply)
    })
    .await
}
