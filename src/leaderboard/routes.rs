//! The door to the leaderboard.

use rocket::http::Status;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::serde::json::Json;
use rocket::{State, get};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::neighbours::{Neighbourhood, neighbourhood};
use super::{Boards, Cursor, Row, queries};
use crate::auth::Caller;
use crate::contests::{self, ContestRef, divisions};
use crate::db::Db;
use crate::error::Error;
use crate::events::{Embargo, Viewer, feed};
use crate::request::{Given, IfNoneMatch, page_limit};
use crate::types::{ContestId, Page, TeamId};

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
}

/// A board that need not be sent to whoever has it.
#[derive(Debug)]
pub struct Tagged {
    board: Leaderboard,
    if_none_match: IfNoneMatch,
}

impl Tagged {
    /// Changes exactly when a row or the way on does; `seq` alone moves with every event.
    fn tag(&self) -> Result<String, serde_json::Error> {
        let shown = serde_json::to_vec(&(&self.board.data, &self.board.next_cursor))?;
        let hex: String = Sha256::digest(shown).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("W/\"{hex}\""))
    }
}

impl<'r> Responder<'r, 'static> for Tagged {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let tag = self.tag().map_err(|_| Status::InternalServerError)?;
        let known = self.if_none_match.names(&tag);
        let mut response = Response::build();
        response.raw_header("ETag", tag).raw_header("Cache-Control", "no-cache");
        if known {
            return response.status(Status::NotModified).ok();
        }
        let body = serde_json::to_string(&self.board).map_err(|_| Status::InternalServerError)?;
        response
            .header(rocket::http::ContentType::JSON)
            .sized_body(body.len(), std::io::Cursor::new(body))
            .ok()
    }
}

/// Reads the leaderboard, the leader first; with `division` that division's own. While it is
/// frozen, all but staff read it as it was then. `If-None-Match` answers 304 while nothing changed.
#[allow(clippy::too_many_arguments, reason = "one for each part of the query")]
#[utoipa::path(tag = "leaderboard", context_path = "/api/v1", security((), ("admin" = []), ("team" = [])),
    params(("contest" = String, Path), ("If-None-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = Leaderboard), (status = 304, description = "Nothing changed")))]
#[get("/contests/<contest>/leaderboard?<division>&<limit>&<cursor>")]
pub async fn get_leaderboard(
    db: Db,
    boards: &State<Boards>,
    caller: Caller,
    contest: ContestRef,
    division: Option<&str>,
    limit: Given<u16>,
    cursor: Option<&str>,
    if_none_match: IfNoneMatch,
) -> Result<Tagged, Error> {
    let after = cursor
        .map(str::parse::<Cursor>)
        .transpose()
        .map_err(|detail| Error::invalid_field("cursor", detail))?;
    let limit = page_limit(limit);
    let found = {
        let mut conn = db.conn().await?;
        contests::queries::contest(&mut conn, &contest, caller.is_staff()).await?
    };
    let embargo = found.embargo(caller.viewer(found.id));
    let kept = match division {
        None => boards.page(&db, found.id, embargo, after, limit + 1).await?,
        Some(_) => None,
    };
    let (rows, seq) = match kept {
        Some(page) => page,
        None => read(&db, found.id, embargo, division, after, limit + 1).await?,
    };
    let page = Page::cut(rows, limit, |row| Cursor::from(row).to_string());
    let board = Leaderboard { data: page.data, next_cursor: page.next_cursor, seq };
    Ok(Tagged { board, if_none_match })
}

/// The frozen board, or that of a division, as the database sorts it.
async fn read(
    db: &Db,
    contest: ContestId,
    embargo: Embargo,
    division: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> Result<(Vec<Row>, i64), Error> {
    let mut conn = db.conn().await?;
    if let Some(name) = division {
        divisions::must_have(&mut conn, contest, name, "division").await?;
    }
    // The number first: rows that are newer than it do no harm, older ones would.
    let seq = feed::head(&mut conn, contest, embargo).await?;
    Ok((queries::board(&mut conn, contest, embargo, division, after, limit).await?, seq))
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
) -> Result<Json<TeamStanding>, Error> {
    let mut conn = db.conn().await?;
    let found = contests::queries::contest(&mut conn, &contest, caller.is_staff()).await?;
    if !queries::is_on_board(&mut conn, found.id, team).await? {
        caller.must_see_team(found.id, team)?;
    }
    let around = i64::from(around.0.unwrap_or(2).min(50));
    let viewer = caller.viewer(found.id);
    let Neighbourhood { above, own, below } =
        neighbourhood(&mut conn, found.id, found.embargo(viewer), team, around).await?;
    let own = match viewer {
        Viewer::Team(asks) if asks == team => {
            Row::new(own.rank, &queries::standing_of(&mut conn, found.id, team).await?.now)
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
        let tagged = |seq| Tagged {
            board: Leaderboard { data: Vec::new(), next_cursor: None, seq },
            if_none_match: IfNoneMatch(None),
        };
        assert_eq!(tagged(1).tag().unwrap(), tagged(2).tag().unwrap());
    }
}
