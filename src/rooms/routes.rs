//! The door to rooms.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{State, delete, get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::commands::{CloseRoom, Closer, CreateRoom};
use super::problems::routes::ProblemInput;
use super::{Membership, RoomView, queries};
use crate::auth::{Caller, SignedIn};
use crate::body::{Body, NoContent, not_blank};
use crate::config::{Config, Rooms, SHORTEST_LIFE_MS};
use crate::contests::{ContestRef, queries as contests};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::idempotency::{IdempotencyKey, Reply};
use crate::leaderboard;
use crate::request::{Given, page_cursor, page_limit};
use crate::types::{Page, Points};

/// A room to make; what is left out takes its default.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomInput {
    /// What it is called; after its owner, if left out.
    #[garde(length(chars, min = 1, max = 200), inner(custom(not_blank)))]
    #[schema(example = "Interview on Monday")]
    pub title: Option<String>,
    /// Whether it is kept off the list of open rooms.
    #[garde(skip)]
    #[serde(default)]
    pub private: bool,
    /// How many may come: as many as there may be, if left out.
    #[garde(range(min = 1))]
    pub max_members: Option<i16>,
    /// How long it is open: as long as a room may be, if left out.
    #[garde(range(min = SHORTEST_LIFE_MS))]
    #[schema(example = 3_600_000)]
    pub duration_ms: Option<i64>,
    /// What the first correct answer to a problem earns on top: 10.
    #[garde(range(min = 0, max = 1_000_000))]
    pub first_correct_bonus: Option<Points>,
    /// What is asked in it from the beginning.
    #[garde(dive)]
    #[serde(default)]
    pub problems: Vec<ProblemInput>,
}

/// A number that this server allows, or the default.
fn within<T: PartialOrd + std::fmt::Display + Copy>(
    asked: Option<T>,
    most: T,
    pointer: &str,
) -> Result<T, Error> {
    match asked {
        Some(asked) if asked > most => Err(Error::invalid_field(pointer, format!("greater than {most}"))),
        asked => Ok(asked.unwrap_or(most)),
    }
}

impl RoomInput {
    fn command(self, by: SignedIn, settings: Rooms) -> Result<CreateRoom, Error> {
        let problems = self.problems.into_iter().enumerate();
        Ok(CreateRoom {
            by: by.account(),
            title: self.title,
            private: self.private,
            max_members: within(self.max_members, settings.max_members, "/max_members")?,
            life_ms: within(self.duration_ms, settings.max_life_ms, "/duration_ms")?,
            first_correct_bonus: self.first_correct_bonus.unwrap_or(10),
            problems: problems
                .map(|(n, problem)| problem.checked(&format!("/problems/{n}")))
                .collect::<Result<_, _>>()?,
            settings,
        })
    }
}

/// Makes a room, open at once; whoever makes it owns it and is in it.
#[utoipa::path(request_body = RoomInput, tag = "rooms", context_path = "/api/v1", security(("account" = [])),
    responses((status = 201, body = Membership)))]
#[post("/rooms", data = "<body>")]
pub async fn create_room(
    db: Db,
    by: SignedIn,
    key: IdempotencyKey,
    config: &State<Config>,
    body: Body<RoomInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    db.once(key, &body.value.command(by, config.rooms)?).await
}

/// Lists open rooms that are not private, the newest first.
#[utoipa::path(tag = "rooms", context_path = "/api/v1", responses((status = 200, body = Page<RoomView>)))]
#[get("/rooms?<limit>&<cursor>")]
pub async fn list_rooms(
    db: Db,
    _caller: Caller,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<RoomView>>, Error> {
    let (before, limit) = (page_cursor(cursor)?, page_limit(limit));
    let rows = queries::open_rooms(&mut *db.conn().await?, before, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |room| room.contest_id.to_string())))
}

/// Lists the open rooms that the account is in, private ones too, the newest first.
#[utoipa::path(tag = "rooms", context_path = "/api/v1", security(("account" = [])),
    responses((status = 200, body = Page<RoomView>)))]
#[get("/my_rooms?<limit>&<cursor>")]
pub async fn list_own_rooms(
    db: Db,
    by: SignedIn,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<RoomView>>, Error> {
    let (before, limit) = (page_cursor(cursor)?, page_limit(limit));
    let rows = queries::own_rooms(&mut *db.conn().await?, by.account(), before, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |room| room.contest_id.to_string())))
}

/// Reads a room by its code, open or closed. Whoever knows the code of a private one finds it too.
#[utoipa::path(tag = "rooms", context_path = "/api/v1",
    params(("room" = String, Path)), responses((status = 200, body = RoomView)))]
#[get("/rooms/<room>")]
pub async fn get_room(db: Db, _caller: Caller, room: ContestRef) -> Result<Json<RoomView>, Error> {
    Ok(Json(queries::named(&mut *db.conn().await?, &room).await?))
}

/// Closes a room: what was played in it stays to be read. For its owner and for staff.
#[utoipa::path(tag = "rooms", context_path = "/api/v1", security(("account" = []), ("admin" = [])),
    params(("room" = String, Path)), responses((status = 204)))]
#[delete("/rooms/<room>")]
pub async fn close_room(db: Db, caller: Caller, room: ContestRef) -> Result<NoContent, Error> {
    let by = match caller {
        Caller::Admin(admin) => Closer::Staff(admin),
        Caller::Player(player) => {
            player.must_play(&room)?;
            Closer::Owner(player)
        }
        Caller::Guest(_) => return Err(Refusal::NotAllowed.because("this is for the owner of the room")),
        Caller::Spectator => return Err(Refusal::NotAuthenticated.into()),
    };
    db.run(&CloseRoom { by, room }).await?;
    Ok(NoContent)
}

/// How somebody stands in a room.
#[derive(Debug, Serialize, ToSchema)]
pub struct Score {
    /// Who.
    #[schema(example = "alice")]
    pub username: String,
    /// Their points.
    #[schema(example = 120)]
    pub score: Points,
}

/// The scoreboard of a room.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomLeaderboard {
    /// Its code.
    #[schema(example = "ASRBMK")]
    pub room_id: String,
    /// Everybody in it, the leader first; equal scores are ranked by who earned theirs first.
    pub leaderboard: Vec<Score>,
}

/// Reads the scoreboard of a room. The same board, with ranks and times, is its contest's.
#[utoipa::path(tag = "rooms", context_path = "/api/v1", security((), ("account" = []), ("admin" = [])),
    params(("room" = String, Path)), responses((status = 200, body = RoomLeaderboard)))]
#[get("/rooms/<room>/leaderboard")]
pub async fn get_room_leaderboard(
    db: Db,
    caller: Caller,
    room: ContestRef,
) -> Result<Json<RoomLeaderboard>, Error> {
    let mut conn = db.conn().await?;
    let room = queries::named(&mut conn, &room).await?;
    let contest = contests::contest(&mut conn, &ContestRef::Id(room.contest_id), true).await?;
    let embargo = contest.embargo(caller.viewer(contest.id));
    let most = i64::from(room.max_members);
    let rows = leaderboard::queries::board(&mut conn, contest.id, embargo, None, None, most).await?;
    let scores = rows.into_iter().map(|row| Score { username: row.team, score: row.points });
    Ok(Json(RoomLeaderboard { room_id: room.room_id, leaderboard: scores.collect() }))
}
