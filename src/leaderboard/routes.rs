//! The door to the leaderboard.

use std::sync::{Arc, PoisonError};

use chrono::{DateTime, Utc};
use rocket::State;
use rocket::get;
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};
use rocket::serde::json::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::kept::Shown;
use super::last::Asked;
use super::neighbours::{Neighbourhood, neighbourhood};
use super::tagged::{Known, Tagged, tag_of};
use super::{Boards, Cursor, Row, queries};
use crate::auth::Caller;
use crate::contests::{self, ContestRef, divisions};
use crate::db::Db;
use crate::error::{Busy, Error};
use crate::events::{Embargo, Viewer, feed};
use crate::request::{Given, IfNoneMatch, page_cursor, page_limit, stash};
use crate::types::{ContestId, Page, TeamId, millis};

/// A page of the leaderboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct Leaderboard {
    /// At most `limit` rows, the leader first; inside a shared rank by name.
    pub data: Vec<Row>,
    /// Send it as `cursor` to get the next page; null on the last one.
    pub next_cursor: Option<String>,
    /// The board holds every event up to this number, and perhaps newer ones.
    #[schema(example = 1057)]
    pub seq: i64,
    /// Only while the database cannot be read: this is the board as it was then.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "millis::option::serialize")]
    pub stale_since: Option<DateTime<Utc>>,
}

impl Known for Leaderboard {
    /// Changes exactly when a row or the way on does; `seq` alone moves with every event. Whoever
    /// has these rows must still learn that they may be old.
    fn tag(&self) -> serde_json::Result<Option<String>> {
        match self.stale_since {
            Some(_) => Ok(None),
            None => tag_of(&(&self.data, &self.next_cursor)).map(Some),
        }
    }
}

/// Reads the leaderboard, the leader first; with `division` that division's own. While it is
/// frozen, all but staff read it as it was then. `If-None-Match` answers 304 while nothing changed.
/// While the database cannot be read, it is the public board as it was read last, and
/// `stale_since` says when.
#[allow(clippy::too_many_arguments, reason = "one for each part of the query")]
#[utoipa::path(tag = "leaderboard", context_path = "/api/v1", security((), ("admin" = []), ("team" = [])),
    params(("contest" = String, Path), ("If-None-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = Leaderboard), (status = 304, description = "Nothing changed")))]
#[get("/contests/<contest>/leaderboard?<division>&<limit>&<cursor>")]
pub async fn get_leaderboard(
    db: Db,
    onlooker: Onlooker,
    contest: ContestRef,
    division: Option<&str>,
    limit: Given<u16>,
    cursor: Option<&str>,
    if_none_match: IfNoneMatch,
    boards: &State<Boards>,
) -> Result<Tagged<Leaderboard>, Error> {
    let (division, cursor) = (division.map(ToOwned::to_owned), cursor.map(ToOwned::to_owned));
    let asked = Asked { contest, division, limit: page_limit(limit), cursor };
    let board = match read(&db, onlooker, &asked, boards).await {
        Err(Error::Busy(reason)) => Arc::new(boards.last.stale(&asked).ok_or(Error::Busy(reason))?),
        read => read?,
    };
    Ok(Tagged { shown: board, if_none_match })
}

async fn read(
    db: &Db,
    onlooker: Onlooker,
    asked: &Asked,
    boards: &Boards,
) -> Result<Arc<Leaderboard>, Error> {
    let caller = onlooker.0.map_err(Error::Busy)?;
    let after = page_cursor::<Cursor>(asked.cursor.as_deref())?;
    let found = {
        let mut conn = db.conn().await?;
        contests::queries::contest(&mut conn, &asked.contest, caller.is_staff()).await?
    };
    let embargo = found.embargo(caller.viewer(found.id));
    let kept = match asked.division {
        None => boards.kept.page(db, found.id, embargo, after, asked.limit + 1).await?,
        Some(_) => None,
    };
    let Shown { rows, seq, at } = match kept {
        Some(shown) => shown,
        None => sorted(db, found.id, embargo, asked, after).await?,
    };
    let Page { data, next_cursor } = Page::cut(rows, asked.limit, |row| Cursor::from(row).to_string());
    let board = Arc::new(Leaderboard { data, next_cursor, seq, stale_since: None });
    if !caller.is_staff() {
        boards.last.keep(asked.clone(), Arc::clone(&board), at);
    }
    Ok(board)
}

/// The board of a division, or after a team that has left, as the database sorts it.
async fn sorted(
    db: &Db,
    contest: ContestId,
    embargo: Embargo,
    asked: &Asked,
    after: Option<Cursor>,
) -> Result<Shown, Error> {
    let (division, mut conn) = (asked.division.as_deref(), db.conn().await?);
    if let Some(name) = division {
        divisions::must_have(&mut conn, contest, name, "division").await?;
    }
    // The number first: rows that are newer than it do no harm, older ones would.
    let head = feed::head_now(&conn, contest, embargo).await?;
    let rows = queries::board(&mut conn, contest, embargo, division, after, asked.limit + 1).await?;
    Ok(Shown { rows, seq: head.seq, at: head.at })
}

/// Who looks at the board, if that can be found out at the moment.
#[derive(Debug)]
pub struct Onlooker(Result<Caller, Busy>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Onlooker {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        match Caller::from_request(request).await {
            Outcome::Success(caller) => Outcome::Success(Self(Ok(caller))),
            Outcome::Forward(status) => Outcome::Forward(status),
            Outcome::Error(refused) => {
                let mut why = stash(request).lock().unwrap_or_else(PoisonError::into_inner);
                match *why {
                    Some(Error::Busy(reason)) => {
                        *why = None;
                        Outcome::Success(Self(Err(reason)))
                    }
                    _ => Outcome::Error(refused),
                }
            }
        }
    }
}

/// How a team stands, between its neighbours.
#[derive(Debug, Serialize, ToSchema)]
pub struct TeamStanding {
    /// Its own row.
    #[serde(flatten)]
    #[schema(inline)]
    pub own: Row,
    /// The rows directly above, the better first.
    pub above: Vec<Row>,
    /// The rows directly below, the better first.
    pub below: Vec<Row>,
}

/// Reads a team's rank and its neighbours. A team that is off the board is shown to itself
/// and to staff, with the rank it would have. While the board is frozen, ranks are those of then,
/// also for the team itself; of its own points it reads those of now.
#[utoipa::path(tag = "leaderboard", context_path = "/api/v1", security((), ("admin" = []), ("team" = [])),
    params(("contest" = String, Path), ("team" = String, Path)), responses((status = 200, body = TeamStanding)))]
#[get("/contests/<contest>/teams/<team>/standing?<around>")]
pub async fn get_team_standing(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    team: TeamId,
    around: Given<u8>,
    boards: &State<Boards>,
) -> Result<Json<TeamStanding>, Error> {
    let found = contests::queries::contest(&mut *db.conn().await?, &contest, caller.is_staff()).await?;
    let (viewer, around) = (caller.viewer(found.id), i64::from(around.0.unwrap_or(2).min(50)));
    let embargo = found.embargo(viewer);
    let there = match boards.kept.neighbourhood(&db, found.id, embargo, team, around).await? {
        Some(there) => there,
        // Off the board.
        None => {
            caller.must_see_team(found.id, team)?;
            neighbourhood(&mut *db.conn().await?, found.id, embargo, team, around).await?
        }
    };
    let Neighbourhood { above, own, below } = there;
    let own = match viewer {
        Viewer::Team(asks) if asks == team && found.is_frozen() => {
            Row::new(own.rank, &queries::standing_of(&mut *db.conn().await?, found.id, team).await?.now)
        }
        _ => own,
    };
    Ok(Json(TeamStanding { own, above, below }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_does_not_move_with_the_number() {
        let tag = |seq, stale_since| {
            Leaderboard { data: Vec::new(), next_cursor: None, seq, stale_since }.tag().unwrap()
        };
        assert!(tag(1, None).is_some());
        assert_eq!(tag(1, None), tag(2, None));
        assert_eq!(tag(1, Some(DateTime::UNIX_EPOCH)), None, "an old board is always sent");
    }
}
