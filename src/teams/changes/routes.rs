//! The door to changes of a team.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{delete, patch, post};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::TeamChange;
use super::commands::{DeleteTeam, EditTeam, Editor, JudgeTeam, WithdrawTeam};
use crate::auth::{Admin, Caller};
use crate::body::{Body, NoContent, check_email, not_blank};
use crate::contests::ContestRef;
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::ledger::TeamState;
use crate::teams::TeamView;
use crate::teams::routes::parse_name;
use crate::types::TeamId;

/// What to change of a team.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamPatch {
    /// A new name; by the team itself only before the start.
    #[garde(length(max = 1000))]
    pub name: Option<String>,
    /// A new address.
    #[garde(length(max = 254), inner(custom(check_email)))]
    pub email: Option<String>,
    /// More time for this team, in ms; staff only.
    #[garde(range(min = 0, max = 86_400_000))]
    pub extra_time_ms: Option<i64>,
    /// Whether it is kept off the board and out of what everybody reads; staff only.
    #[garde(skip)]
    pub hidden: Option<bool>,
    /// One of the contest's divisions, null for none; staff only.
    #[serde(default, deserialize_with = "some")]
    #[garde(skip)]
    #[schema(example = "Juniors")]
    pub division: Option<Option<String>>,
    /// Why; staff only, who reads it in the event log.
    #[garde(inner(length(chars, min = 1, max = 500)))]
    pub reason: Option<String>,
}

/// Tells `null` from "not there".
fn some<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Option<String>>, D::Error> {
    Deserialize::deserialize(input).map(Some)
}

/// Staff, or a member of this very team.
fn editor(caller: Caller, contest: &ContestRef, team: TeamId) -> Result<Editor, Error> {
    match caller {
        Caller::Admin(admin) => Ok(Editor::Staff(admin)),
        Caller::Player(player) => {
            player.must_play(contest)?;
            player.must_be(team)?;
            Ok(Editor::Member(player))
        }
        Caller::Guest(_) => Err(Refusal::NotFound.into()),
        Caller::Spectator => Err(Refusal::NotAuthenticated.into()),
    }
}

/// Changes a team's name or e-mail; for staff also its extra time, its division, and whether it is hidden.
#[utoipa::path(request_body = TeamPatch, tag = "teams", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = TeamView)))]
#[patch("/contests/<contest>/teams/<team>", data = "<body>")]
pub async fn edit_team(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    team: TeamId,
    body: Body<TeamPatch>,
) -> Result<Json<TeamView>, Error> {
    let by = editor(caller, &contest, team)?;
    let TeamPatch { name, email, extra_time_ms, hidden, division, reason } = body.value;
    let name = name.map(|n| parse_name(&n, "/name")).transpose()?;
    let change = TeamChange { name, email, extra_time_ms, hidden, division };
    if !by.is_staff() && (change.is_for_staff() || reason.is_some()) {
        return Err(Refusal::NotAllowed.because("only staff gives extra time, hides teams and moves them"));
    }
    Ok(Json(db.run(&EditTeam { by, contest, team, change, reason }).await?))
}

/// Takes a team out of the contest; what it did stays in the books.
#[utoipa::path(tag = "teams", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = TeamView)))]
#[post("/contests/<contest>/teams/<team>/withdraw")]
pub async fn withdraw_team(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    team: TeamId,
) -> Result<Json<TeamView>, Error> {
    let by = editor(caller, &contest, team)?;
    Ok(Json(db.run(&WithdrawTeam { by, contest, team }).await?))
}

/// Why a team is disqualified, or plays again.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgementInput {
    /// Why; the team reads it as long as it is disqualified, staff in the event log for ever.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "Answers were passed on to another team")]
    pub reason: String,
}

/// Disqualifies a team: it leaves the board and cannot play; its ledger stays as it is.
#[utoipa::path(request_body = JudgementInput, tag = "teams", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = TeamView)))]
#[post("/contests/<contest>/teams/<team>/disqualify", data = "<body>")]
pub async fn disqualify_team(
    db: Db,
    by: Admin,
    contest: ContestRef,
    team: TeamId,
    body: Body<JudgementInput>,
) -> Result<Json<TeamView>, Error> {
    let (to, reason) = (TeamState::Disqualified, body.value.reason);
    Ok(Json(db.run(&JudgeTeam { by, contest, team, to, reason }).await?))
}

/// Lets a disqualified team play again, with what it had.
#[utoipa::path(request_body = JudgementInput, tag = "teams", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = TeamView)))]
#[post("/contests/<contest>/teams/<team>/reinstate", data = "<body>")]
pub async fn reinstate_team(
    db: Db,
    by: Admin,
    contest: ContestRef,
    team: TeamId,
    body: Body<JudgementInput>,
) -> Result<Json<TeamView>, Error> {
    let (to, reason) = (TeamState::Active, body.value.reason);
    Ok(Json(db.run(&JudgeTeam { by, contest, team, to, reason }).await?))
}

/// Deletes a team before the start; afterwards it can only be withdrawn.
#[utoipa::path(tag = "teams", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 204)))]
#[delete("/contests/<contest>/teams/<team>")]
pub async fn delete_team(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    team: TeamId,
) -> Result<NoContent, Error> {
    let by = editor(caller, &contest, team)?;
    db.run(&DeleteTeam { by, contest, team }).await?;
    Ok(NoContent)
}
