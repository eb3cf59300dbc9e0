//! Instances tell each other what callers have spent. Each decides at once by what it knows, and
//! nobody waits: a word that is lost or late only lets somebody have a little more.

use std::time::{Duration, Instant};

use futures_util::future::join;
use tokio::time::sleep;

use super::Limits;
use crate::fanout::Fanout;

/// How much time there is at least between two words of an instance. The first one does not wait.
const PAUSE: Duration = Duration::from_millis(10);

/// Tells what is spent here and charges what is spent elsewhere, until the process ends.
pub async fn run(limits: Limits, fanout: Fanout) {
    let mut shares = fanout.hear_shares();
    let tell = async {
        loop {
            limits.untold().notified().await;
            fanout.share(limits.take_untold());
            sleep(PAUSE).await;
        }
    };
    let hear = async {
        loop {
            let spent = shares.next().await;
            limits.charge(&spent, Instant::now());
        }
    };
    limits.begin_telling();
    join(tell, hear).await;
}
