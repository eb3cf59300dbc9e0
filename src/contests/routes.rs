//! The door to contests.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{get, patch, post};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::commands::{CreateContest, EditContest, MakeCurrent, Rules};
use super::{ContestKind, ContestRef, ContestView, divisions, queries};
use crate::auth::{Admin, Caller};
use crate::body::{Body, Versioned, not_blank};
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, IfMatch, page_cursor, page_limit};
use crate::types::{ContestId, GameId, Page, Points};

/// A contest to make; what is left out takes its default.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContestInput {
    /// What it is called.
    #[garde(length(chars, min = 1, max = 200), custom(not_blank))]
    #[schema(example = "Spring quiz")]
    pub name: String,
    /// What it is played for: `competition`, or `demo`. A `room` is made where rooms are.
    #[garde(custom(not_a_room))]
    pub kind: Option<ContestKind>,
    /// Everything else.
    #[serde(flatten)]
    #[garde(dive)]
    #[schema(inline)]
    pub flat: RulesInput,
}

fn not_a_room(kind: &Option<ContestKind>, _: &()) -> garde::Result {
    match kind {
        Some(ContestKind::Room) => Err(garde::Error::new("an account makes a room, by POST /rooms")),
        _ => Ok(()),
    }
}

/// Settings to change; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContestPatch {
    /// What it is called.
    #[garde(length(chars, min = 1, max = 200), inner(custom(not_blank)))]
    pub name: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    #[garde(dive)]
    #[schema(inline)]
    pub flat: RulesInput,
}

/// The settings that creating and editing share.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
pub struct RulesInput {
    /// What it is about, as Markdown.
    #[garde(length(chars, max = 10_000))]
    pub description: Option<String>,
    /// Planned length; null to end by hand.
    #[serde(default, deserialize_with = "some")]
    #[garde(inner(inner(range(min = 1, max = 31_536_000_000i64))))]
    #[schema(example = 3_600_000)]
    pub duration_ms: Option<Option<i64>>,
    /// What a team begins with: 1000.
    #[garde(range(min = 0, max = 1_000_000_000_000i64))]
    pub opening_points: Option<Points>,
    /// How far below zero a team may go: 0.
    #[garde(range(min = 0, max = 1_000_000_000_000i64))]
    pub credit_limit: Option<Points>,
    /// What a wrong answer costs: 0.
    #[garde(range(min = 0, max = 1_000_000_000_000i64))]
    pub wrong_penalty: Option<Points>,
    /// What the first correct answer to a shared question earns on top: 10.
    #[garde(range(min = 0, max = 1_000_000_000_000i64))]
    pub first_correct_bonus: Option<Points>,
    /// Seats of a team: 5.
    #[garde(range(min = 1, max = 50))]
    pub max_members: Option<i16>,
    /// How many questions a team may hold at once: 1.
    #[garde(range(min = 1, max = 1000))]
    pub max_open_assignments: Option<i16>,
    /// How long an unrevealed question is held: two minutes.
    #[garde(range(min = 1000, max = 86_400_000))]
    pub hold_ms: Option<i64>,
    /// Whether teams may register themselves: yes.
    #[garde(skip)]
    pub registration_open: Option<bool>,
    /// How long before the planned end the public board freezes by itself; null for never. What
    /// is frozen already stays so.
    #[serde(default, deserialize_with = "some")]
    #[garde(inner(inner(range(min = 1, max = 31_536_000_000i64))))]
    #[schema(example = 600_000)]
    pub freeze_before_end_ms: Option<Option<i64>>,
    /// Whose days its reports count in, by its IANA name: UTC.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "Europe/Vienna")]
    pub time_zone: Option<String>,
    /// The game that it is played of, whose board its scores are on; null for none.
    #[serde(default, deserialize_with = "some")]
    #[garde(skip)]
    pub game_id: Option<Option<GameId>>,
    /// Its divisions, in order, each of 1 to 50 characters; all of them, or none is changed.
    #[garde(skip)]
    #[schema(example = json!(["Juniors", "Seniors"]))]
    pub divisions: Option<Vec<String>>,
}

/// Tells `null` from "not there".
fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<Option<Option<T>>, D::Error> {
    Deserialize::deserialize(input).map(Some)
}

impl RulesInput {
    fn divisions(&self) -> Result<Option<Vec<String>>, Error> {
        self.divisions.as_deref().map(divisions::checked).transpose()
    }

    fn named(self, name: Option<String>) -> Rules {
        Rules {
            name,
            description: self.description,
            duration_ms: self.duration_ms,
            opening_points: self.opening_points,
            credit_limit: self.credit_limit,
            wrong_penalty: self.wrong_penalty,
            first_correct_bonus: self.first_correct_bonus,
            max_members: self.max_members,
            max_open_assignments: self.max_open_assignments,
            hold_ms: self.hold_ms,
            registration_open: self.registration_open,
            freeze_before_end_ms: self.freeze_before_end_ms,
            time_zone: self.time_zone,
            game_id: self.game_id,
        }
    }
}

/// Makes a contest, as a draft.
#[utoipa::path(request_body = ContestInput, tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    responses((status = 201, body = ContestView)))]
#[post("/contests", data = "<body>")]
pub async fn create_contest(
    db: Db,
    by: Admin,
    key: IdempotencyKey,
    body: Body<ContestInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    let ContestInput { name, kind, flat: rules } = body.value;
    let kind = kind.unwrap_or(ContestKind::Competition);
    let divisions = rules.divisions()?.unwrap_or_default();
    let rules = rules.named(None);
    db.once(key, &CreateContest { by, name, kind, code: None, rules, divisions }).await
}

/// Lists contests, the newest first. Drafts are shown to staff only.
#[utoipa::path(tag = "contests", context_path = "/api/v1", responses((status = 200, body = Page<ContestView>)))]
#[get("/contests?<limit>&<cursor>")]
pub async fn list_contests(
    db: Db,
    caller: Caller,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<ContestView>>, Error> {
    let before = page_cursor::<ContestId>(cursor)?;
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let now = queries::now(&mut conn).await?;
    let rows = queries::contests(&mut conn, caller.is_staff(), before, limit + 1).await?;
    let Page { data, next_cursor } = Page::cut(rows, limit, |c| c.id.to_string());
    let ids: Vec<_> = data.iter().map(|c| c.id).collect();
    let mut named = divisions::of_all(&mut conn, &ids).await?;
    let data = data.into_iter().map(|c| {
        let own = named.extract_if(.., |(id, _)| *id == c.id).map(|(_, name)| name).collect();
        c.view(own, now)
    });
    Ok(Json(Page { data: data.collect(), next_cursor }))
}

/// Reads a contest by id or code.
#[utoipa::path(tag = "contests", context_path = "/api/v1", params(("contest" = String, Path)),
    responses((status = 200, body = ContestView)))]
#[get("/contests/<contest>")]
pub async fn get_contest(
    db: Db,
    caller: Caller,
    contest: ContestRef,
) -> Result<Versioned<ContestView>, Error> {
    let mut conn = db.conn().await?;
    let found = queries::contest(&mut conn, &contest, caller.is_staff()).await?;
    let now = queries::now(&mut conn).await?;
    let divisions = divisions::of(&mut conn, found.id).await?;
    Ok(Versioned { version: found.version, value: found.view(divisions, now) })
}

/// Changes settings. Points and team sizes are fixed once the contest has started.
#[utoipa::path(request_body = ContestPatch, tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path), ("If-Match" = String, Header, description = "The version that was read")),
    responses((status = 200, body = ContestView)))]
#[patch("/contests/<contest>", data = "<body>")]
pub async fn edit_contest(
    db: Db,
    by: Admin,
    contest: ContestRef,
    version: IfMatch,
    body: Body<ContestPatch>,
) -> Result<Versioned<ContestView>, Error> {
    let ContestPatch { name, flat: rules } = body.value;
    let divisions = rules.divisions()?;
    let edit = EditContest { by, contest, version: version.0, rules: rules.named(name), divisions };
    let value = db.run(&edit).await?;
    Ok(Versioned { version: value.version, value })
}

/// Makes it the contest that the classic routes speak of.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/make-current")]
pub async fn make_contest_current(
    db: Db,
    by: Admin,
    contest: ContestRef,
) -> Result<Versioned<ContestView>, Error> {
    let value = db.run(&MakeCurrent { by, contest }).await?;
    Ok(Versioned { version: value.version, value })
}
