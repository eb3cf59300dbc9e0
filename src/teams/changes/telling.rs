//! Who hears what of a change of a team.

use serde_json::json;

use super::{Seen, seen};
use crate::contests::Contest;
use crate::db::Tx;
use crate::error::Error;
use crate::leaderboard::queries::standing_of;
use crate::ledger::Account;

/// Tells a change to those who may know of it: everybody, or of a hidden team itself and staff.
pub(super) async fn tell(
    tx: &mut Tx,
    contest: &Contest,
    before: &Account,
    after: &Account,
    reason: &str,
) -> Result<(), Error> {
    match seen(before, after) {
        Some(Seen::Left) => {
            let told = json!({"team_id": before.team_id, "team": before.name, "reason": reason});
            tx.tell(before.event("team_left", told));
            // Off the board it goes on playing: under its new name, if it has one.
            if after.hidden && after.standing_no != before.standing_no && after.state == before.state {
                tx.tell(after.standing_event("team_renamed", "renamed"));
            }
        }
        Some(Seen::Returned) => tell_standing(tx, contest, after, "team_returned", reason).await?,
        Some(Seen::Renamed) => tell_standing(tx, contest, after, "team_renamed", "renamed").await?,
        Some(Seen::Moved) => tell_standing(tx, contest, after, "team_moved", "moved").await?,
        None => {}
    }
    Ok(())
}

/// Tells a standing. While the board is frozen everybody is told the one of then, under the name
/// of now; the one of now is told as well, and withheld.
async fn tell_standing(
    tx: &mut Tx,
    contest: &Contest,
    account: &Account,
    kind: &'static str,
    reason: &str,
) -> Result<(), Error> {
    let frozen = match contest.is_frozen() && !account.hidden {
        true => standing_of(tx, contest.id, account.team_id).await?.frozen,
        false => None,
    };
    let Some(frozen) = frozen else {
        tx.tell(account.standing_event(kind, reason));
        return Ok(());
    };
    let then = Account {
        points: frozen.points,
        last_gain_ms: frozen.last_gain_ms,
        wrong: frozen.wrong,
        standing_no: frozen.standing_no,
        ..account.clone()
    };
    tx.tell(then.standing_event(kind, reason));
    tx.tell(account.standing_event("score_changed", reason));
    Ok(())
}
