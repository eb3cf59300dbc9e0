//! The door to assignments.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commands::{Choice, ReleaseQuestion, RevealQuestion, TakeQuestion};
use super::{AssignmentView, queries};
use crate::auth::{Caller, Mover, Player};
use crate::body::Body;
use crate::contests::{
    ContestRef,
    queries::{existing_id, find_id},
};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, page_cursor, page_limit};
use crate::types::{AssignmentId, Difficulty, Page, QuestionId};

/// Which question a team wants. Nothing given: any from the pool.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignmentInput {
    /// Claim this one. Excludes difficulty and category.
    #[garde(skip)]
    pub question_id: Option<QuestionId>,
    /// Draw one of this difficulty.
    #[garde(skip)]
    pub difficulty: Option<Difficulty>,
    /// Draw one of this category.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "Geography")]
    pub category: Option<String>,
    /// Show it at once (the default). Otherwise it is held unseen and can be given back.
    #[garde(skip)]
    #[schema(default = true)]
    pub reveal: Option<bool>,
}

impl AssignmentInput {
    fn choice(self) -> Result<Choice, Error> {
        match (self.question_id, self.difficulty, self.category) {
            (Some(question), None, None) => Ok(Choice::Named(question)),
            (None, difficulty, category) => Ok(Choice::Any { difficulty, category }),
            (Some(_), ..) => {
                Err(Error::invalid_field("/question_id", "cannot be combined with difficulty or category"))
            }
        }
    }
}

/// Claims a question by its id, or draws one from the pool.
#[utoipa::path(request_body = AssignmentInput, tag = "assignments", context_path = "/api/v1", security(("team" = [])),
    params(("contest" = String, Path)), responses((status = 201, body = AssignmentView)))]
#[post("/contests/<contest>/assignments", data = "<body>")]
pub async fn take_question(
    db: Db,
    mover: Mover,
    contest: ContestRef,
    key: IdempotencyKey,
    body: Body<AssignmentInput>,
) -> Result<Reply, Error> {
    mover.must_play(&contest)?;
    let key = body.keyed(key, mover.principal());
    let reveal = body.value.reveal.unwrap_or(true);
    let choice = body.value.choice()?;
    mover.once(&db, key, |player| TakeQuestion { player, choice, reveal }).await
}

/// Lists a team's assignments; staff sees everybody's.
#[utoipa::path(tag = "assignments", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Page<AssignmentView>)))]
#[get("/contests/<contest>/assignments?<open>&<limit>&<cursor>")]
pub async fn list_assignments(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    open: Given<bool>,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<AssignmentView>>, Error> {
    let after = page_cursor(cursor)?;
    let team = caller.own_rows(&contest)?;
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let contest = existing_id(&mut conn, &contest).await?;
    let rows =
        queries::assignments(&mut conn, contest, team, open.0.unwrap_or(false), after, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |a| a.id.to_string())))
}

/// Reads one assignment, for its team and for staff.
#[utoipa::path(tag = "assignments", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = AssignmentView)))]
#[get("/contests/<contest>/assignments/<assignment>")]
pub async fn get_assignment(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    assignment: AssignmentId,
) -> Result<Json<AssignmentView>, Error> {
    let mut conn = db.conn().await?;
    let contest = find_id(&mut conn, &contest).await?;
    if caller == Caller::Spectator {
        return Err(Refusal::NotAuthenticated.into());
    }
    let found = queries::assignment(&mut conn, contest, assignment).await?;
    caller.must_see_team(contest, found.team_id)?;
    Ok(Json(found))
}

/// Shows a held question; its time limit begins.
#[utoipa::path(tag = "assignments", context_path = "/api/v1", security(("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = AssignmentView)))]
#[post("/contests/<contest>/assignments/<assignment>/reveal")]
pub async fn reveal_question(
    db: Db,
    player: Player,
    contest: ContestRef,
    assignment: AssignmentId,
) -> Result<Json<AssignmentView>, Error> {
    player.must_play(&contest)?;
    Ok(Json(db.run(&RevealQuestion { player, assignment }).await?))
}

/// Gives an unseen question back to its pool.
#[utoipa::path(tag = "assignments", context_path = "/api/v1", security(("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = AssignmentView)))]
#[post("/contests/<contest>/assignments/<assignment>/release")]
pub async fn release_question(
    db: Db,
    player: Player,
    contest: ContestRef,
    assignment: AssignmentId,
) -> Result<Json<AssignmentView>, Error> {
    player.must_play(&contest)?;
    Ok(Json(db.run(&ReleaseQuestion { player, assignment }).await?))
}
