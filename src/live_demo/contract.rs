//! The contract of the earlier live leaderboard, over HTTP. Field names are camelCase, as there.

use std::collections::BTreeSet;

use rocket::serde::json::Json;
use rocket::{get, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{PopulateDemo, ResetDemo};
use super::routes::OnStage;
use super::{DemoUser, SESSION, USERS};
use crate::contests::ContestRef;
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::events::Embargo;
use crate::leaderboard::{Row, queries};
use crate::types::Points;

/// Rows that are read: staff may have registered others beside those who can be played.
const ROWS: i64 = 200;

/// A line of the leaderboard.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoEntry {
    /// Equal scores share it.
    #[schema(example = 2)]
    pub(super) rank: i64,
    /// Who.
    #[schema(value_type = String, example = "alice")]
    pub(super) user_id: &'static str,
    /// How they are called.
    #[schema(value_type = String, example = "Alice")]
    pub(super) username: &'static str,
    /// What they have.
    #[schema(example = 85)]
    pub(super) score: Points,
    /// Whether they have a socket open.
    pub(super) is_connected: bool,
}

/// The board as the earlier contract shows it: everybody who has points or is connected. The others
/// stand behind them, so that leaving them out moves no rank.
pub(super) fn entries(rows: &[Row], connected: &BTreeSet<String>) -> Vec<DemoEntry> {
    let entry = |row: &Row| {
        let user = DemoUser::named(&row.team)?;
        let is_connected = connected.contains(user.id);
        let (user_id, username) = (user.id, user.name);
        let entry = DemoEntry { rank: row.rank, user_id, username, score: row.points, is_connected };
        (is_connected || row.points != 0).then_some(entry)
    };
    rows.iter().filter_map(entry).collect()
}

/// The leaderboard of the demo.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoLeaderboard {
    /// Always `DEMO123`.
    #[schema(value_type = String, example = "DEMO123")]
    session_id: &'static str,
    /// The leader first.
    leaderboard: Vec<DemoEntry>,
    /// How many are connected.
    total_participants: usize,
}

async fn board(db: &Db, stage: &OnStage) -> Result<DemoLeaderboard, Error> {
    let contest = stage.contest(db, None).await?;
    let rows = queries::board(&mut *db.conn().await?, contest, Embargo::Holds, None, None, ROWS).await?;
    let connected = stage.0.connected();
    let (leaderboard, total_participants) = (entries(&rows, &connected), connected.len());
    Ok(DemoLeaderboard { session_id: SESSION, leaderboard, total_participants })
}

/// Somebody to play as.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoPerson {
    /// What `join-demo` takes.
    #[schema(value_type = String, example = "alice")]
    user_id: &'static str,
    /// How they are called.
    #[schema(value_type = String, example = "Alice")]
    username: &'static str,
    /// Whether they have a socket open.
    is_connected: bool,
}

/// What there is to play with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoInformation {
    /// What `join-demo` takes.
    #[schema(value_type = String, example = "DEMO123")]
    session_id: &'static str,
    /// Everybody there is to play as.
    available_users: Vec<DemoPerson>,
    /// How many are connected.
    total_participants: usize,
}

/// Information about the demo, and the available users.
#[utoipa::path(tag = "live demo", responses((status = 200, body = DemoInformation)))]
#[get("/api/demo")]
#[allow(clippy::needless_pass_by_value, reason = "guards are handed over by value")]
pub(super) fn get_demo_information(_db: Db, stage: OnStage) -> Json<DemoInformation> {
    let connected = stage.0.connected();
    let person = |user: &'static DemoUser| DemoPerson {
        user_id: user.id,
        username: user.name,
        is_connected: connected.contains(user.id),
    };
    let available_users = USERS.iter().map(person).collect();
    Json(DemoInformation { session_id: SESSION, available_users, total_participants: connected.len() })
}

/// The leaderboard as it is now.
#[utoipa::path(tag = "live demo",
    params(("session" = String, Path, description = "`DEMO123`")),
    responses((status = 200, body = DemoLeaderboard)))]
#[get("/api/leaderboard/<session>")]
pub(super) async fn get_demo_leaderboard(
    db: Db,
    stage: OnStage,
    session: &str,
) -> Result<Json<DemoLeaderboard>, Error> {
    if session != SESSION {
        return Err(Refusal::NotFound.because("there is one session, DEMO123"));
    }
    Ok(Json(board(&db, &stage).await?))
}

/// What was done to the leaderboard.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoDone {
    /// Always true; whatever went wrong is a problem.
    success: bool,
    /// In a sentence.
    #[schema(value_type = String, example = "Sample data was added")]
    message: &'static str,
    /// The leaderboard then.
    leaderboard: Vec<DemoEntry>,
}

async fn done(db: &Db, stage: &OnStage, message: &'static str) -> Result<Json<DemoDone>, Error> {
    let DemoLeaderboard { leaderboard, .. } = board(db, stage).await?;
    Ok(Json(DemoDone { success: true, message, leaderboard }))
}

/// Adds sample data.
#[utoipa::path(tag = "live demo", responses((status = 200, body = DemoDone)))]
#[post("/api/demo/populate")]
pub(super) async fn populate_demo_data(db: Db, stage: OnStage) -> Result<Json<DemoDone>, Error> {
    let contest = ContestRef::Id(stage.contest(&db, None).await?);
    db.run(&PopulateDemo { contest }).await?;
    done(&db, &stage, "Sample data was added").await
}

/// Clears the leaderboard.
#[utoipa::path(tag = "live demo", responses((status = 200, body = DemoDone)))]
#[post("/api/demo/reset")]
pub(super) async fn reset_demo_leaderboard(db: Db, stage: OnStage) -> Result<Json<DemoDone>, Error> {
    let contest = ContestRef::Id(stage.contest(&db, None).await?);
    db.run(&ResetDemo { contest }).await?;
    done(&db, &stage, "The leaderboard was cleared").await
}
