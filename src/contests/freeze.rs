//! The freeze: towards the end the public board stands still, and the results after it are
//! withheld until the thaw.
//!
//! The freeze is a pointer into the event log, the number of `board_frozen`: the gate is closed
//! when it is told, so that every result is either before it or after it. What the public sees
//! from then on is written down in the same transaction (`frozen_standing`).

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;

use super::{Contest, ContestState};
use crate::db::Tx;
use crate::error::{Error, Refusal};
use crate::events::{Embargo, Viewer};
use crate::schema::contest;
use crate::sql::sql;
use crate::types::text_enum;

text_enum! {
    /// Whether the public board follows the results.
    BoardState { Live = "live", Frozen = "frozen", Thawed = "thawed" }
}

impl Contest {
    /// When the board freezes by itself: a while before the planned end, though not before the start.
    #[must_use]
    pub fn freezes_at(&self) -> Option<DateTime<Utc>> {
        if self.board != BoardState::Live {
            return None;
        }
        let before = Duration::milliseconds(self.freeze_before_end_ms?);
        Some((self.ends_at()? - before).max(self.starts_at?))
    }

    /// Whether the public board stands still.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.board == BoardState::Frozen
    }

    /// Whether results are withheld from a viewer of this contest. A contest that was never
    /// frozen has none to withhold; it is not treated as a thawed one, so that a freeze that
    /// comes while somebody reads is no leak.
    #[must_use]
    pub fn embargo(&self, viewer: Viewer) -> Embargo {
        if viewer == Viewer::Staff || self.board == BoardState::Thawed {
            Embargo::Lifted
        } else {
            Embargo::Holds
        }
    }

    /// What the board may become: it freezes while the contest is played, and thaws after its end.
    fn next_board(&self) -> &'static [BoardState] {
        use ContestState::{Archived, Ended, Finalized, Paused, Running};
        match (self.board, self.state) {
            (BoardState::Live, Running | Paused) => &[BoardState::Frozen],
            (BoardState::Frozen, Ended | Finalized | Archived) => &[BoardState::Thawed],
            _ => &[],
        }
    }

    fn must_turn_board(&self, to: BoardState) -> Result<(), Error> {
        if self.next_board().contains(&to) {
            return Ok(());
        }
        let allowed: Vec<_> = self.next_board().iter().map(|board| board.as_str()).collect();
        Err(Refusal::IllegalTransition
            .because(format!(
                "the {} board of a contest that is {} cannot become {to}",
                self.board, self.state
            ))
            .with("from", self.board.as_str())
            .with("to", to.as_str())
            .with("allowed", allowed))
    }
}

/// Freezes the board, behind a closed gate. Every team's standing is kept, also that of teams
/// which are off the board: they may come back.
pub(crate) async fn freeze(tx: &mut Tx, found: &Contest) -> Result<(), Error> {
    found.must_turn_board(BoardState::Frozen)?;
    let now = tx.now();
    diesel::update(contest::table.find(found.id))
        .set((
            contest::board.eq(BoardState::Frozen),
            contest::frozen_at.eq(now),
            contest::version.eq(contest::version + 1),
        ))
        .execute(tx)
        .await?;
    sql("INSERT INTO frozen_standing (contest_id, team_id, points, last_gain_ms, wrong, standing_no, ledger_seq)
         SELECT contest_id, id, points, last_gain_ms, wrong, standing_no, ledger_seq FROM team
         WHERE contest_id = $1 AND state <> 'deleted'")
    .bind::<SqlUuid, _>(found.id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Thaws it, behind a closed gate: the public sees what everybody has.
pub(crate) async fn thaw(tx: &mut Tx, found: &Contest) -> Result<(), Error> {
    found.must_turn_board(BoardState::Thawed)?;
    let now = tx.now();
    diesel::update(contest::table.find(found.id))
        .set((
            contest::board.eq(BoardState::Thawed),
            contest::thawed_at.eq(now),
            contest::version.eq(contest::version + 1),
        ))
        .execute(tx)
        .await?;
    Ok(())
}
