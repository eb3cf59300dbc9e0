//! The door to games, their boards and the scores that accounts report.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{State, get, patch, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commands::{CreateGame, EditGame, GameChange, Reported, SubmitScore};
use super::page::{Before, Cursor, ranked};
use super::ranks::Ranks;
use super::{GameRef, GameView, HighScore, MOST, OwnRank, ReportedScore, queries};
use crate::auth::{Admin, SignedIn};
use crate::body::{Body, Versioned, not_blank};
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, IfMatch, page_cursor, page_limit};
use crate::types::{AccountId, GameId, Page, Points, ReportId};

/// A game to make.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GameInput {
    /// What it is called in paths: up to 30 small letters, digits, and hyphens between them.
    #[garde(length(chars, min = 1, max = 30), custom(check_slug))]
    #[schema(example = "capitals", pattern = "^[a-z0-9](-?[a-z0-9]){0,29}$", max_length = 30)]
    pub slug: String,
    /// What it is called.
    #[garde(length(chars, min = 1, max = 200), custom(not_blank))]
    #[schema(example = "Capitals of the world")]
    pub title: String,
    /// Whether accounts report their scores themselves, which everybody must take their word for.
    /// Such a game has no contests, and no other one takes reports: no.
    #[serde(default)]
    #[garde(skip)]
    pub self_reported: bool,
    /// Whose days reports of what was reported in it count in, by its IANA name: UTC.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "Europe/Vienna")]
    pub time_zone: Option<String>,
}

fn check_slug(slug: &str, _: &()) -> garde::Result {
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if slug.split('-').all(is_plain) {
        Ok(())
    } else {
        Err(garde::Error::new("must be small letters and digits, with single hyphens between them"))
    }
}

/// Makes a game, which contests can be played of from then on, or which takes reported scores.
#[utoipa::path(request_body = GameInput, tag = "high scores", context_path = "/api/v1", security(("admin" = [])),
    responses((status = 201, body = GameView)))]
#[post("/games", data = "<body>")]
pub async fn create_game(
    db: Db,
    by: Admin,
    key: IdempotencyKey,
    body: Body<GameInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    let GameInput { slug, title, self_reported, time_zone } = body.value;
    db.once(key, &CreateGame { by, slug, title, self_reported, time_zone }).await
}

/// Lists games, the newest first.
#[utoipa::path(tag = "high scores", context_path = "/api/v1", responses((status = 200, body = Page<GameView>)))]
#[get("/games?<limit>&<cursor>")]
pub async fn list_games(
    db: Db,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<GameView>>, Error> {
    let before = page_cursor::<GameId>(cursor)?;
    let limit = page_limit(limit);
    let rows = queries::games(&mut *db.conn().await?, before, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |game| game.id.to_string())))
}

/// Reads a game by id or slug.
#[utoipa::path(tag = "high scores", context_path = "/api/v1", params(("game" = String, Path)),
    responses((status = 200, body = GameView)))]
#[get("/games/<game>")]
pub async fn get_game(db: Db, game: GameRef) -> Result<Versioned<GameView>, Error> {
    let value = queries::find(&mut *db.conn().await?, &game).await?;
    Ok(Versioned { version: value.version, value })
}

/// What is to change of a game.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GamePatch {
    /// What it is called.
    #[garde(length(chars, min = 1, max = 200), inner(custom(not_blank)))]
    pub title: Option<String>,
    /// Whose days its reports count in, by its IANA name.
    #[garde(length(chars, min = 1, max = 100))]
    pub time_zone: Option<String>,
}

/// Changes a game's title or time zone. Its slug, and where its scores come from, stay.
#[utoipa::path(request_body = GamePatch, tag = "high scores", context_path = "/api/v1", security(("admin" = [])),
    params(("game" = String, Path), ("If-Match" = String, Header, description = "The version that was read")),
    responses((status = 200, body = GameView)))]
#[patch("/games/<game>", data = "<body>")]
pub async fn edit_game(
    db: Db,
    by: Admin,
    game: GameRef,
    version: IfMatch,
    body: Body<GamePatch>,
) -> Result<Versioned<GameView>, Error> {
    let GamePatch { title, time_zone } = body.value;
    let change = GameChange { title, time_zone };
    let value = db.run(&EditGame { by, game, version: version.0, change }).await?;
    Ok(Versioned { version: value.version, value })
}

/// Reads the board of a game: each account with its best score, the best first. Equal scores share a
/// rank (1, 2, 2, 4) and are shown in the order in which their accounts registered. `around` begins
/// with the page that has this account in its middle.
#[utoipa::path(tag = "high scores", context_path = "/api/v1", params(("game" = String, Path)),
    responses((status = 200, body = Page<HighScore>)))]
#[get("/games/<game>/leaderboard?<limit>&<cursor>&<around>")]
pub async fn get_game_leaderboard(
    db: Db,
    ranks: &State<Ranks>,
    game: GameRef,
    limit: Given<u16>,
    cursor: Option<&str>,
    around: Option<&str>,
) -> Result<Json<Page<HighScore>>, Error> {
    let after = page_cursor::<Cursor>(cursor)?;
    let around = around.map(str::parse::<AccountId>).transpose();
    let around = around.map_err(|e| Error::invalid_field("around", e.to_string()))?;
    let limit = page_limit(limit);
    let (game, after, rows) = {
        let mut conn = db.conn().await?;
        let game = queries::find(&mut conn, &game).await?.id;
        let after = match (after, around) {
            (None, Some(account)) => queries::above(&mut conn, game, account, (limit - 1) / 2).await?,
            _ => after,
        };
        (game, after, queries::board(&mut conn, game, after, limit + 1).await?)
    };
    let before = match (after, rows.first()) {
        (Some(_), Some(first)) => {
            let ahead = ranks.ahead(&db, game, first.score).await?;
            queries::before(&mut *db.conn().await?, game, first, ahead).await?
        }
        _ => Before::default(),
    };
    let cursor_of = |row: &HighScore| Cursor { score: row.score, account: row.account_id }.to_string();
    Ok(Json(Page::cut(ranked(rows, before), limit, cursor_of)))
}

/// Reads where the account that is signed in stands on the board of a game.
#[utoipa::path(tag = "high scores", context_path = "/api/v1", security(("account" = [])),
    params(("game" = String, Path)), responses((status = 200, body = OwnRank)))]
#[get("/games/<game>/my_rank")]
pub async fn get_own_rank(
    db: Db,
    by: SignedIn,
    ranks: &State<Ranks>,
    game: GameRef,
) -> Result<Json<OwnRank>, Error> {
    let game = queries::find(&mut *db.conn().await?, &game).await?.id;
    Ok(Json(ranks.place(&db, game, by.account()).await?.into()))
}

/// A score to report.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreInput {
    /// How many points; what a double holds exactly.
    #[garde(range(min = -MOST, max = MOST))]
    #[schema(example = 4200, minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    pub score: Points,
}

/// Reports a score of one's own, in a game that takes reports. Each is kept; the best one is on the
/// board.
#[utoipa::path(request_body = ScoreInput, tag = "high scores", context_path = "/api/v1", security(("account" = [])),
    params(("game" = String, Path)), responses((status = 201, body = Reported)))]
#[post("/games/<game>/scores", data = "<body>")]
pub async fn submit_score(
    db: Db,
    by: SignedIn,
    game: GameRef,
    key: IdempotencyKey,
    body: Body<ScoreInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, format!("account:{}", by.account()));
    db.once(key, &SubmitScore { by, game, score: body.value.score }).await
}

/// Lists the scores that the account which is signed in has reported, the newest first.
#[utoipa::path(tag = "high scores", context_path = "/api/v1", security(("account" = [])),
    params(("game" = String, Path)), responses((status = 200, body = Page<ReportedScore>)))]
#[get("/games/<game>/my_scores?<limit>&<cursor>")]
pub async fn list_own_scores(
    db: Db,
    by: SignedIn,
    game: GameRef,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<ReportedScore>>, Error> {
    let before = page_cursor::<ReportId>(cursor)?;
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let game = queries::find(&mut conn, &game).await?.id;
    let rows = queries::reported(&mut conn, game, by.account(), before, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |kept| kept.id.to_string())))
}
