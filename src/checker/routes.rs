//! The door to the checker.

use rocket::get;
use rocket::serde::json::Json;

use super::{Report, queries};
use crate::auth::Admin;
use crate::contests::{ContestRef, queries::contest as find};
use crate::db::Db;
use crate::error::Error;

/// Checks every invariant of a contest; `ok` is false when one is broken. One check at a time: who comes
/// meanwhile is told to come back. What the last check in the background found, `/health` tells.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Report)))]
#[get("/contests/<contest>/check")]
pub async fn check_contest(db: Db, by: Admin, contest: ContestRef) -> Result<Json<Report>, Error> {
    let mut conn = db.conn_for_reports().await?;
    let id = find(&mut conn, &contest, true).await?.id;
    let report = queries::report_alone(&mut conn, id).await?;
    tracing::info!(contest = %id, ok = report.ok, by = by.name(), "contest checked");
    Ok(Json(report))
}
