//! The rank that a verdict tells, from a board that is kept between verdicts: it costs what has
//! changed since the last one, not how many teams there are.
//!
//! These boards are apart from those of readers, who wait for a connection while others wait for
//! their board. Whoever comes here has one, so nobody waits for more than a statement.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::MutexGuard;

use super::Standing;
use super::kept::{Kept, KeptBoards, refresh};
use super::slots::Slot;
use crate::db::Tx;
use crate::error::Error;
use crate::events::Embargo;
use crate::events::sequencer::Taken;
use crate::ledger::Account;

#[derive(Debug, Default)]
struct Boards(KeptBoards);

/// A board to rank a team on. To be made once the team is locked, and before its points change.
pub(crate) struct Ranking {
    slot: Arc<Slot<Kept>>,
    came: Instant,
    stood: Account,
}

/// Every write that was acknowledged before the team was locked is in it.
pub(crate) struct Others<'a>(MutexGuard<'a, Option<Kept>>);

impl Ranking {
    pub(crate) fn of(tx: &Tx, account: &Account) -> Self {
        let came = Instant::now();
        let slot = tx.memory::<Boards>().0.slot(account.contest_id, Embargo::Lifted, came);
        Self { slot, came, stood: account.clone() }
    }

    /// Asks on the transaction's own connection, unless somebody asked since this team came.
    pub(crate) async fn others_if(&self, wanted: bool, tx: &Tx) -> Result<Option<Others<'_>>, Error> {
        if !wanted {
            return Ok(None);
        }
        let mut kept = self.slot.turn().await;
        if kept.as_ref().is_none_or(|kept| kept.asked < self.came) {
            let (contest, taken) = (self.stood.contest_id, tx.memory::<Taken>());
            let mut fresh = refresh(kept.take(), tx.shared(), contest, Embargo::Lifted, &taken).await?;
            // Read from the beginning, it may show what this transaction has written, which can
            // still be rolled back.
            fresh.board.remove(self.stood.team_id);
            if self.stood.is_on_board() {
                fresh.board.upsert(Standing::from(&self.stood));
            }
            *kept = Some(fresh);
        }
        Ok(Some(Others(kept)))
    }
}

impl Others<'_> {
    /// The rank of a team that stands like this.
    pub(crate) fn rank(&self, account: &Account) -> Result<i64, Error> {
        let kept =
            self.0.as_ref().ok_or_else(|| Error::Bug("a board was read and is not there".to_owned()))?;
        Ok(kept.board.rank_among_others(&Standing::from(account)))
    }
}
