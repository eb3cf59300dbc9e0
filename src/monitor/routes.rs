//! The door to the monitor.

use rocket::serde::json::Json;
use rocket::{State, get};

use super::{Monitor, queries};
use crate::auth::Admin;
use crate::checker::queries::verdict;
use crate::contests::{ContestRef, queries as contests};
use crate::db::Db;
use crate::error::Error;
use crate::realtime::Hub;

/// Tells how a contest goes right now: what is left, which teams need somebody, how fast answers come
/// and requests are answered, and whether all invariants hold.
#[utoipa::path(tag = "operations", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Monitor)))]
#[get("/contests/<contest>/monitor")]
pub async fn monitor_contest(
    db: Db,
    _by: Admin,
    contest: ContestRef,
    hub: &State<Hub>,
) -> Result<Json<Monitor>, Error> {
    let mut conn = db.conn().await?;
    let contest = contests::contest(&mut conn, &contest, true).await?;
    let now = contests::now(&mut conn).await?;
    let (lights, teams) = queries::teams(&mut conn, &contest, &hub.connected_teams(), now).await?;
    let (clarifications, outbox) = queries::waiting(&mut conn, contest.id).await?;
    Ok(Json(Monitor {
        at: now,
        state: contest.state,
        pools: queries::pools(&mut conn, contest.id).await?,
        lights,
        teams,
        answers: queries::answers(&mut conn, contest.id, now).await?,
        clarifications,
        requests: db.meters().pace().into(),
        sockets: hub.sockets(),
        watchers: hub.watchers_everywhere().get(&contest.id).copied().unwrap_or(0),
        outbox,
        invariants: verdict(&mut conn).await?,
    }))
}
