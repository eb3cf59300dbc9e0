//! The door to teams.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commands::{JoinTeam, JoinedTeam, RegisterTeam, RegisteredTeam, ReissueToken, ReissuedToken};
use super::queries::TeamFilter;
use super::{TeamName, TeamSummary, TeamView, desk, queries};
use crate::auth::{Admin, Caller, Player};
use crate::body::{Body, check_email, not_blank};
use crate::contests::{ContestRef, queries as contests};
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::limits::guards::MayTry;
use crate::name;
use crate::request::{Given, page_cursor, page_limit, text_filter};
use crate::types::{ContestId, Page, TeamId};

/// A team that wants to play.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamInput {
    /// 1 to 40 characters; unlike every other team's, also to the eye.
    #[garde(length(max = 1000))]
    #[schema(example = "Red Pandas")]
    pub name: String,
    /// Who plays; the first leads the team. Empty: the team leads itself.
    #[serde(default)]
    #[garde(length(max = 50), inner(length(chars, min = 1, max = 100)))]
    #[schema(example = json!(["Ada", "Grace"]))]
    pub members: Vec<String>,
    /// How to reach the team.
    #[serde(default)]
    #[garde(length(max = 254), custom(check_email))]
    #[schema(example = "red@example.org")]
    pub email: String,
    /// One of the contest's divisions.
    #[garde(skip)]
    #[schema(example = "Juniors")]
    pub division: Option<String>,
}

/// A typed name, or the 422 that says what is wrong with it.
///
/// # Errors
/// `Invalid` at this pointer.
pub fn parse_name(typed: &str, pointer: &str) -> Result<TeamName, Error> {
    TeamName::parse(typed).map_err(|e| Error::invalid_field(pointer, e.to_string()))
}

/// Registers a team and returns its token, once. Needs no token while registration is open; an
/// account that registers a team plays in it, also without the team's token.
#[utoipa::path(request_body = TeamInput, tag = "teams", context_path = "/api/v1",
    params(("contest" = String, Path)), responses((status = 201, body = RegisteredTeam)))]
#[post("/contests/<contest>/teams", data = "<body>")]
pub async fn register_team(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    key: IdempotencyKey,
    body: Body<TeamInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, registrant(&caller));
    let TeamInput { name, members, email, division } = body.value;
    let name = parse_name(&name, "/name")?;
    let (account, by) = (caller.account(), caller.staff());
    let register = RegisterTeam { by, account, contest, name, members, email, division };
    desk::register(&db, key, register).await
}

/// Whose idempotency keys a registration uses: nobody has a token yet, and keys are
/// bound to the body as well, so strangers cannot read each other's replies.
pub(crate) fn registrant(caller: &Caller) -> String {
    match caller {
        Caller::Admin(admin) => admin.principal(),
        Caller::Player(player) => player.principal(),
        Caller::Guest(guest) => guest.principal(),
        Caller::Spectator => "anyone".to_owned(),
    }
}

/// Somebody who wants a seat.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinInput {
    /// The team's join code, in any case.
    #[garde(length(min = 1, max = 20))]
    #[schema(example = "K7MPQ2XY")]
    pub join_code: String,
    /// Who joins.
    #[garde(length(chars, min = 1, max = 100), custom(not_blank))]
    #[schema(example = "Grace")]
    pub name: String,
}

/// Takes a seat in a team by its join code; returns a token for this device, once. An account
/// plays by its seat, also without that token.
#[utoipa::path(request_body = JoinInput, tag = "teams", context_path = "/api/v1",
    params(("contest" = String, Path)), responses((status = 201, body = JoinedTeam)))]
#[post("/contests/<contest>/teams/join", data = "<body>")]
pub async fn join_team(
    db: Db,
    _try: MayTry,
    caller: Caller,
    contest: ContestRef,
    key: IdempotencyKey,
    body: Body<JoinInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, registrant(&caller));
    let JoinInput { join_code, name } = body.value;
    db.once(key, &JoinTeam { contest, join_code, name, account: caller.account() }).await
}

/// Lists the teams of a contest in the order they registered.
#[utoipa::path(tag = "teams", context_path = "/api/v1",
    params(("contest" = String, Path),
        ("name" = Option<String>, Query, description = "Only teams whose name contains this, in whatever capitals"),
        ("limit" = Option<u16>, Query, description = "At most so many: 50, up to 200"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = Page<TeamSummary>)))]
#[get("/contests/<contest>/teams?<name>&<limit>&<cursor>")]
pub async fn list_teams(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    name: Option<&str>,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<TeamSummary>>, Error> {
    let after = page_cursor::<TeamId>(cursor)?;
    let name = text_filter("name", name)?.map(|name| name::folded(&name));
    let filter = TeamFilter { staff: caller.is_staff(), name, after };
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let contest = contests::contest(&mut conn, &contest, caller.is_staff()).await?;
    let rows = queries::teams(&mut conn, contest.id, &filter, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |team| team.id.to_string())))
}

/// Reads a team with its members, for the team itself and for staff.
#[utoipa::path(tag = "teams", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = TeamView)))]
#[get("/contests/<contest>/teams/<team>")]
pub async fn get_team(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    team: TeamId,
) -> Result<Json<TeamView>, Error> {
    let mut conn = db.conn().await?;
    let contest: ContestId = contests::find_id(&mut conn, &contest).await?;
    caller.must_see_team(contest, team)?;
    Ok(Json(queries::team(&mut conn, contest, team).await?))
}

/// Reads the team that the token plays in, with its members.
#[utoipa::path(tag = "teams", context_path = "/api/v1", security(("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = TeamView)))]
#[get("/contests/<contest>/own-team")]
pub async fn get_own_team(db: Db, player: Player, contest: ContestRef) -> Result<Json<TeamView>, Error> {
    let contest = player.must_play(&contest)?;
    Ok(Json(queries::team(&mut *db.conn().await?, contest, player.team()).await?))
}

/// Replaces the captain's token, for a team whose phone is lost; the old one stops working.
#[utoipa::path(tag = "teams", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 201, body = ReissuedToken)))]
#[post("/contests/<contest>/teams/<team>/token")]
pub async fn reissue_team_token(
    db: Db,
    by: Admin,
    contest: ContestRef,
    team: TeamId,
) -> Result<Reply, Error> {
    Reply::of(db.run(&ReissueToken { by, contest, team }).await?, true)
}
