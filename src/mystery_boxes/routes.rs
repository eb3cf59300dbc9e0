//! The door to mystery boxes.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{get, patch, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commands::{EditBox, OfferBox, OpenBox};
use super::{BoxView, OpenedBox, OpeningView, queries};
use crate::auth::{Admin, Caller, Mover};
use crate::body::{Body, Versioned};
use crate::contests::{ContestRef, queries as contests};
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, IfMatch, page_cursor, page_limit};
use crate::types::{BoxId, Difficulty, Page, Points};

/// A box to offer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoxInput {
    /// How hard its questions are; one box for each difficulty.
    #[garde(skip)]
    pub difficulty: Difficulty,
    /// What it costs.
    #[garde(range(min = 0, max = 1_000_000_000_000i64))]
    #[schema(example = 150)]
    pub price: Points,
    /// What a right answer earns.
    #[garde(range(min = 0, max = 1_000_000_000_000i64))]
    #[schema(example = 400)]
    pub reward: Points,
    /// How often a team may open it: 1.
    #[garde(range(min = 1, max = 1000))]
    pub max_opens: Option<i16>,
}

/// Offers a mystery box.
#[utoipa::path(request_body = BoxInput, tag = "mystery boxes", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 201, body = BoxView)))]
#[post("/contests/<contest>/mystery-boxes", data = "<body>")]
pub async fn offer_box(
    db: Db,
    by: Admin,
    contest: ContestRef,
    key: IdempotencyKey,
    body: Body<BoxInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    let BoxInput { difficulty, price, reward, max_opens } = body.value;
    db.once(key, &OfferBox { by, contest, difficulty, price, reward, max_opens: max_opens.unwrap_or(1) })
        .await
}

/// Lists the boxes, the cheapest first.
#[utoipa::path(tag = "mystery boxes", context_path = "/api/v1", params(("contest" = String, Path)),
    responses((status = 200, body = Page<BoxView>)))]
#[get("/contests/<contest>/mystery-boxes")]
pub async fn list_boxes(db: Db, caller: Caller, contest: ContestRef) -> Result<Json<Page<BoxView>>, Error> {
    let mut conn = db.conn().await?;
    let contest = contests::contest(&mut conn, &contest, caller.is_staff()).await?;
    let data = queries::boxes(&mut conn, contest.id, caller.is_staff()).await?;
    Ok(Json(Page { data, next_cursor: None }))
}

/// What to change of a box.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoxPatch {
    /// A new price.
    #[garde(range(min = 0, max = 1_000_000_000_000i64))]
    pub price: Option<Points>,
    /// A new reward.
    #[garde(range(min = 0, max = 1_000_000_000_000i64))]
    pub reward: Option<Points>,
    /// A new limit.
    #[garde(range(min = 1, max = 1000))]
    pub max_opens: Option<i16>,
    /// On offer or not.
    #[garde(skip)]
    pub enabled: Option<bool>,
}

/// Changes an offer; boxes that are open already keep their price and reward.
#[utoipa::path(request_body = BoxPatch, tag = "mystery boxes", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path), ("If-Match" = String, Header, description = "The version that was read")),
    responses((status = 200, body = BoxView)))]
#[patch("/contests/<contest>/mystery-boxes/<mystery_box>", data = "<body>")]
pub async fn edit_box(
    db: Db,
    by: Admin,
    contest: ContestRef,
    mystery_box: BoxId,
    version: IfMatch,
    body: Body<BoxPatch>,
) -> Result<Versioned<BoxView>, Error> {
    let BoxPatch { price, reward, max_opens, enabled } = body.value;
    let edit =
        EditBox { by, contest, id: mystery_box, version: version.0, price, reward, max_opens, enabled };
    let value = db.run(&edit).await?;
    Ok(Versioned { version: value.version, value })
}

/// What a team expects to pay.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningInput {
    /// If it is given and is not the price, nothing happens.
    #[garde(skip)]
    #[schema(example = 150)]
    pub price: Option<Points>,
}

/// Pays for a box and gets its question: all of it, or nothing at all.
#[utoipa::path(request_body = OpeningInput, tag = "mystery boxes", context_path = "/api/v1", security(("team" = [])),
    params(("contest" = String, Path)), responses((status = 201, body = OpenedBox)))]
#[post("/contests/<contest>/mystery-boxes/<mystery_box>/openings", data = "<body>")]
pub async fn open_box(
    db: Db,
    mover: Mover,
    contest: ContestRef,
    mystery_box: BoxId,
    key: IdempotencyKey,
    body: Body<OpeningInput>,
) -> Result<Reply, Error> {
    mover.must_play(&contest)?;
    let key = body.keyed(key, mover.principal());
    let open = |player| OpenBox { player, id: mystery_box, expected_price: body.value.price };
    mover.once(&db, key, open).await
}

/// Lists the openings of a box: the team's own, or everybody's for staff.
#[utoipa::path(tag = "mystery boxes", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Page<OpeningView>)))]
#[get("/contests/<contest>/mystery-boxes/<mystery_box>/openings?<limit>&<cursor>")]
pub async fn list_openings(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    mystery_box: BoxId,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<OpeningView>>, Error> {
    let after = page_cursor(cursor)?;
    let team = caller.own_rows(&contest)?;
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let contest = contests::find_id(&mut conn, &contest).await?;
    queries::mystery_box(&mut conn, contest, mystery_box).await?;
    let rows = queries::openings(&mut conn, contest, mystery_box, team, after, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |o| o.id.to_string())))
}
