//! Teams, as existing clients register and keep them.

use rocket::serde::json::Json;
use rocket::{delete, get, post, put};

use super::{ClassicRegisteredTeam, ClassicTeam, ClassicTeamInput, ClassicTeamPatch};
use crate::auth::{Admin, Caller};
use crate::body::{Body, NoContent};
use crate::classic::commands::RegisterClassicTeam;
use crate::classic::{ClassicPage, current, queries};
use crate::contests::ContestRef;
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, page_cursor, page_limit};
use crate::teams::changes::TeamChange;
use crate::teams::changes::commands::{DeleteTeam, EditTeam, Editor};
use crate::teams::routes::{parse_name, registrant};
use crate::types::{Page, TeamId};

/// Registers a team. Needs no token while registration is open.
#[utoipa::path(request_body = ClassicTeamInput, tag = "classic", security((), ("admin" = [])),
    responses((status = 201, body = ClassicRegisteredTeam)))]
#[post("/admin/teams/register", data = "<body>")]
pub(in crate::classic) async fn register_classic_team(
    db: Db,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<ClassicTeamInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, registrant(&caller));
    let ClassicTeamInput { team_name, members, email } = body.value;
    let name = parse_name(&team_name, "/teamName")?;
    db.once(key, &RegisterClassicTeam { by: caller.staff(), name, members, email }).await
}

/// Lists the teams of the current contest in the order they registered.
#[utoipa::path(tag = "classic", security(("admin" = [])),
    params(("limit" = Option<u16>, Query, description = "At most so many: 50, up to 200"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before")),
    responses((status = 200, body = ClassicPage<ClassicTeam>)))]
#[get("/admin/teams?<limit>&<cursor>")]
pub(in crate::classic) async fn list_classic_teams(
    db: Db,
    _admin: Admin,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<ClassicPage<ClassicTeam>>, Error> {
    let (contest, limit) = (current(&db).await?, page_limit(limit));
    let after = page_cursor(cursor)?;
    let rows = queries::teams(&mut *db.conn().await?, contest, after, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |team| team.team_id.to_string()).into()))
}

/// Reads a team.
#[utoipa::path(tag = "classic", security(("admin" = [])), params(("team" = TeamId, Path)),
    responses((status = 200, body = ClassicTeam)))]
#[get("/admin/teams/<team>")]
pub(in crate::classic) async fn get_classic_team(
    db: Db,
    _admin: Admin,
    team: TeamId,
) -> Result<Json<ClassicTeam>, Error> {
    let contest = current(&db).await?;
    Ok(Json(queries::team(&mut *db.conn().await?, contest, team).await?))
}

/// Changes a team's name or e-mail; what is left out stays.
#[utoipa::path(request_body = ClassicTeamPatch, tag = "classic", security(("admin" = [])),
    params(("team" = TeamId, Path)), responses((status = 200, body = ClassicTeam)))]
#[put("/admin/teams/<team>", data = "<body>")]
pub(in crate::classic) async fn edit_classic_team(
    db: Db,
    by: Admin,
    team: TeamId,
    body: Body<ClassicTeamPatch>,
) -> Result<Json<ClassicTeam>, Error> {
    let ClassicTeamPatch { team_name, email } = body.value;
    let name = team_name.map(|name| parse_name(&name, "/teamName")).transpose()?;
    let id = current(&db).await?;
    let (by, contest) = (Editor::Staff(by), ContestRef::Id(id));
    let change = TeamChange { name, email, ..TeamChange::default() };
    db.run(&EditTeam { by, contest, team, change, reason: None }).await?;
    Ok(Json(queries::team(&mut *db.conn().await?, id, team).await?))
}

/// Deletes a team before the start; afterwards it can only be withdrawn.
#[utoipa::path(tag = "classic", security(("admin" = [])), params(("team" = TeamId, Path)),
    responses((status = 204)))]
#[delete("/admin/teams/<team>")]
pub(in crate::classic) async fn delete_classic_team(
    db: Db,
    by: Admin,
    team: TeamId,
) -> Result<NoContent, Error> {
    let (by, contest) = (Editor::Staff(by), ContestRef::Id(current(&db).await?));
    db.run(&DeleteTeam { by, contest, team }).await?;
    Ok(NoContent)
}
