//! The door to histories.

use rocket::{State, get};

use super::{Asked, LeaderboardHistory, MOST};
use crate::auth::Caller;
use crate::contests::{self, ContestRef, divisions};
use crate::db::Db;
use crate::error::Error;
use crate::leaderboard::Boards;
use crate::leaderboard::tagged::Tagged;
use crate::request::{Given, IfNoneMatch};

/// Reads how the best teams came to their points: the `top` first rows of the leaderboard, 10 unless
/// told and 20 at most, or of that of a division. While the leaderboard is frozen, all but staff read both
/// as they were then. It is at most a second old. `If-None-Match` answers 304 while nothing changed.
#[utoipa::path(tag = "leaderboard", context_path = "/api/v1", security((), ("admin" = []), ("team" = [])),
    params(("contest" = String, Path), ("If-None-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = LeaderboardHistory), (status = 304, description = "Nothing changed")))]
#[get("/contests/<contest>/leaderboard/history?<top>&<division>")]
pub async fn get_leaderboard_history(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    top: Given<u16>,
    division: Option<&str>,
    if_none_match: IfNoneMatch,
    boards: &State<Boards>,
) -> Result<Tagged<LeaderboardHistory>, Error> {
    let found = {
        let mut conn = db.conn().await?;
        let found = contests::queries::contest(&mut conn, &contest, caller.is_staff()).await?;
        if let Some(name) = division {
            divisions::must_have(&mut conn, found.id, name, "division").await?;
        }
        found
    };
    let asked = Asked {
        contest: found.id,
        embargo: found.embargo(caller.viewer(found.id)),
        division: division.map(ToOwned::to_owned),
        top: top.0.unwrap_or(10).clamp(1, MOST),
    };
    Ok(Tagged { shown: boards.histories.read(&db, &asked).await?, if_none_match })
}
