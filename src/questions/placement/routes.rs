//! The door to the questions of a contest.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{get, patch, post};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::commands::{Change, ChangePlacement, PlaceQuestion};
use super::queries::PlacedFilter;
use super::{PlacementState, PlacementView, PoolView, QuestionOnOffer, Terms, queries};
use crate::auth::{Admin, Caller};
use crate::body::{Body, Versioned};
use crate::contests::{ContestRef, queries as contests};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::idempotency::{IdempotencyKey, Reply};
use crate::questions::{filter, text_filter};
use crate::request::{Given, IfMatch, page_cursor, page_limit};
use crate::types::{ContestId, Difficulty, Page, Points, Pool, QuestionId, TeamId};

/// A question to place. Its terms are checked by the same rules as those of an imported file.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementInput {
    /// Which question of the bank.
    #[garde(skip)]
    pub question_id: QuestionId,
    /// The version to play; the current one when left out.
    #[garde(skip)]
    pub version: Option<i32>,
    /// How hard it is.
    #[garde(skip)]
    pub difficulty: Difficulty,
    /// What it is about, in at most 100 characters.
    #[garde(skip)]
    #[schema(example = "Geography")]
    pub category: String,
    /// What it is worth.
    #[garde(skip)]
    #[schema(example = 100)]
    pub points: Points,
    /// Whether it belongs to one team only: yes.
    #[garde(skip)]
    #[serde(default = "yes")]
    pub exclusive: bool,
    /// How it is reached: by teams themselves.
    #[garde(skip)]
    #[serde(default = "regular")]
    pub pool: Pool,
    /// How often a team may answer it, up to 100: once.
    #[garde(skip)]
    #[serde(default = "once")]
    pub max_attempts: i16,
    /// How long a team may take once it has seen it, from a second to a day: no limit.
    #[garde(skip)]
    pub time_limit_ms: Option<i64>,
    /// Whether it can be had at once: open.
    #[garde(custom(not_withdrawn))]
    #[serde(default = "open")]
    pub state: PlacementState,
}

fn yes() -> bool {
    true
}

fn regular() -> Pool {
    Pool::Regular
}

fn once() -> i16 {
    1
}

fn open() -> PlacementState {
    PlacementState::Open
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that garde calls")]
fn not_withdrawn(state: &PlacementState, (): &()) -> garde::Result {
    match state {
        PlacementState::Withdrawn => Err(garde::Error::new("is not a state to begin with")),
        _ => Ok(()),
    }
}

impl PlacementInput {
    fn terms(&self) -> Result<Terms, Error> {
        let terms = Terms {
            difficulty: self.difficulty,
            category: self.category.clone(),
            points: self.points,
            exclusive: self.exclusive,
            pool: self.pool,
            max_attempts: self.max_attempts,
            time_limit_ms: self.time_limit_ms,
        };
        terms.checked().map_err(Error::invalid)
    }
}

/// Places a question of the bank in a contest.
#[utoipa::path(request_body = PlacementInput, tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 201, body = PlacementView)))]
#[post("/contests/<contest>/questions", data = "<body>")]
pub async fn place_question(
    db: Db,
    by: Admin,
    contest: ContestRef,
    key: IdempotencyKey,
    body: Body<PlacementInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    let terms = body.value.terms()?;
    let PlacementInput { question_id: question, version, state, .. } = body.value;
    db.once(key, &PlaceQuestion { by, contest, question, version, terms, state }).await
}

/// The questions of a contest, as the caller may see them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum QuestionListing {
    /// For staff: everything but the answers.
    Staff(Page<PlacementView>),
    /// For a team: what it could take, without a text.
    Team(Page<QuestionOnOffer>),
}

/// Who may ask what a contest has on offer.
enum Asker {
    Staff(ContestId),
    Team(ContestId, TeamId),
}

impl Asker {
    async fn admitted(
        conn: &mut diesel_async::AsyncPgConnection,
        caller: &Caller,
        contest: &ContestRef,
    ) -> Result<Self, Error> {
        match caller {
            Caller::Admin(_) => Ok(Self::Staff(contests::contest(conn, contest, true).await?.id)),
            Caller::Player(player) => {
                let id = player.must_play(contest)?;
                contests::contest(conn, &ContestRef::Id(id), false).await?;
                Ok(Self::Team(id, player.team()))
            }
            Caller::Guest(_) => Err(Refusal::NotFound.into()),
            Caller::Spectator => Err(Refusal::NotAuthenticated.into()),
        }
    }
}

/// Lists the questions of a contest. A team sees the regular ones without their texts, and
/// which of them it can take.
#[allow(clippy::too_many_arguments, reason = "one for each part of the query")]
#[utoipa::path(tag = "questions", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path),
        ("difficulty" = Option<Difficulty>, Query, description = "Only those of this difficulty"),
        ("category" = Option<String>, Query, description = "Only those of this category"),
        ("pool" = Option<Pool>, Query, description = "Only those of this pool"),
        ("state" = Option<PlacementState>, Query, description = "Only those in this state"),
        ("limit" = Option<u16>, Query, description = "At most so many: 50, up to 200"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = QuestionListing)))]
#[get("/contests/<contest>/questions?<difficulty>&<category>&<pool>&<state>&<limit>&<cursor>")]
pub async fn list_contest_questions(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    difficulty: Option<&str>,
    category: Option<&str>,
    pool: Option<&str>,
    state: Option<&str>,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<QuestionListing>, Error> {
    let mut conn = db.conn().await?;
    let asker = Asker::admitted(&mut conn, &caller, &contest).await?;
    let limit = page_limit(limit);
    let filter = PlacedFilter {
        difficulty: filter("difficulty", difficulty)?,
        category: text_filter("category", category)?,
        pool: filter("pool", pool)?,
        state: filter("state", state)?,
        after: page_cursor(cursor)?,
    };
    Ok(Json(match asker {
        Asker::Staff(id) => {
            let rows = queries::placed(&mut conn, id, &filter, limit + 1).await?;
            QuestionListing::Staff(Page::cut(rows, limit, |q| q.id.to_string()))
        }
        Asker::Team(id, team) => {
            let rows = queries::on_offer(&mut conn, id, team, filter, limit + 1).await?;
            QuestionListing::Team(Page::cut(rows, limit, |q| q.id.to_string()))
        }
    }))
}

/// Reads a question of a contest. Its answer stays in the bank.
#[utoipa::path(tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path), ("question" = QuestionId, Path)),
    responses((status = 200, body = PlacementView)))]
#[get("/contests/<contest>/questions/<question>")]
pub async fn get_contest_question(
    db: Db,
    _admin: Admin,
    contest: ContestRef,
    question: QuestionId,
) -> Result<Versioned<PlacementView>, Error> {
    let mut conn = db.conn().await?;
    let id = contests::find_id(&mut conn, &contest).await?;
    let value = queries::placement(&mut conn, id, question).await?;
    Ok(Versioned { version: value.edit_version, value })
}

/// What to change of a placed question; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementPatch {
    /// How hard it is.
    #[garde(skip)]
    pub difficulty: Option<Difficulty>,
    /// What it is about, in at most 100 characters.
    #[garde(skip)]
    pub category: Option<String>,
    /// What it is worth.
    #[garde(skip)]
    pub points: Option<Points>,
    /// How often a team may answer it, up to 100.
    #[garde(skip)]
    pub max_attempts: Option<i16>,
    /// How long a team may take, from a second to a day; null for no limit.
    #[garde(skip)]
    #[serde(default, deserialize_with = "some")]
    pub time_limit_ms: Option<Option<i64>>,
    /// Another version of the question.
    #[garde(skip)]
    pub version: Option<i32>,
    /// `open` or `locked`; always possible, even when the question is in use.
    #[garde(skip)]
    pub state: Option<PlacementState>,
}

/// Tells `null` from "not there".
fn some<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Option<i64>>, D::Error> {
    Deserialize::deserialize(input).map(Some)
}

impl From<PlacementPatch> for Change {
    fn from(patch: PlacementPatch) -> Self {
        Self {
            difficulty: patch.difficulty,
            category: patch.category,
            points: patch.points,
            max_attempts: patch.max_attempts,
            time_limit_ms: patch.time_limit_ms,
            version: patch.version,
            state: patch.state,
        }
    }
}

/// Changes a placed question. Once a team was given it, it can only be locked and opened.
#[utoipa::path(request_body = PlacementPatch, tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path), ("question" = QuestionId, Path),
        ("If-Match" = String, Header, description = "The `edit_version` that was read")),
    responses((status = 200, body = PlacementView)))]
#[patch("/contests/<contest>/questions/<question>", data = "<body>")]
pub async fn edit_contest_question(
    db: Db,
    by: Admin,
    contest: ContestRef,
    question: QuestionId,
    version: IfMatch,
    body: Body<PlacementPatch>,
) -> Result<Versioned<PlacementView>, Error> {
    let change = Change::from(body.value);
    let value = db.run(&ChangePlacement { by, contest, question, edit_version: version.0, change }).await?;
    Ok(Versioned { version: value.edit_version, value })
}

/// Counts the questions that are left, by pool, difficulty and category. A team is told of
/// the regular pool.
#[utoipa::path(tag = "questions", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path),
        ("limit" = Option<u16>, Query, description = "At most so many: 50, up to 200"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = Page<PoolView>)))]
#[get("/contests/<contest>/pools?<limit>&<cursor>")]
pub async fn list_pools(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<PoolView>>, Error> {
    let mut conn = db.conn().await?;
    let (id, team) = match Asker::admitted(&mut conn, &caller, &contest).await? {
        Asker::Staff(id) => (id, None),
        Asker::Team(id, team) => (id, Some(team)),
    };
    let (limit, after) = (page_limit(limit), page_cursor(cursor)?);
    let rows = queries::pools(&mut conn, id, team, after.as_ref(), limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, PoolView::cursor)))
}
