//! The door to the moves of a contest.

use chrono::{DateTime, Utc};
use garde::Validate;
use rocket::post;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Move;
use super::commands::MoveContest;
use crate::auth::Admin;
use crate::body::{Body, Versioned, not_blank};
use crate::contests::{ContestRef, ContestView};
use crate::db::Db;
use crate::error::Error;

async fn move_contest(
    db: &Db,
    by: Admin,
    contest: ContestRef,
    to: Move,
    reason: Option<String>,
) -> Result<Versioned<ContestView>, Error> {
    let value = db.run(&MoveContest { by, contest, to, reason }).await?;
    Ok(Versioned { version: value.version, value })
}

/// Publishes a draft: teams may register.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/publish")]
pub async fn publish_contest(
    db: Db,
    by: Admin,
    contest: ContestRef,
) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::Publish, None).await
}

/// When to start.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartInput {
    /// Now, if it is left out.
    #[garde(skip)]
    pub at: Option<DateTime<Utc>>,
}

/// Starts a published contest, now or at a time.
#[utoipa::path(request_body = StartInput, tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/start", data = "<body>")]
pub async fn start_contest(
    db: Db,
    by: Admin,
    contest: ContestRef,
    body: Body<StartInput>,
) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::Start(body.value.at), None).await
}

/// Pauses: contest time stands still and the end moves.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/pause")]
pub async fn pause_contest(db: Db, by: Admin, contest: ContestRef) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::Pause, None).await
}

/// Goes on after a pause.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/resume")]
pub async fn resume_contest(db: Db, by: Admin, contest: ContestRef) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::Resume, None).await
}

/// Freezes the public board: results are withheld until the thaw. Staff sees on.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/freeze")]
pub async fn freeze_board(db: Db, by: Admin, contest: ContestRef) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::Freeze, None).await
}

/// Ends it now.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/end")]
pub async fn end_contest(db: Db, by: Admin, contest: ContestRef) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::End, None).await
}

/// Thaws the board after the end: everybody sees the results.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/thaw")]
pub async fn thaw_board(db: Db, by: Admin, contest: ContestRef) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::Thaw, None).await
}

/// Makes the results of an ended contest final, unless something is open that could change them.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/finalize")]
pub async fn finalize_contest(
    db: Db,
    by: Admin,
    contest: ContestRef,
) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::Finalize, None).await
}

/// Why final results are opened again.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopeningInput {
    /// Why; staff reads it in the event log for ever.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "An appeal against question 7 was upheld")]
    pub reason: String,
}

/// Opens final results again, so that they can be corrected.
#[utoipa::path(request_body = ReopeningInput, tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/reopen", data = "<body>")]
pub async fn reopen_contest(
    db: Db,
    by: Admin,
    contest: ContestRef,
    body: Body<ReopeningInput>,
) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::Reopen, Some(body.value.reason)).await
}

/// Puts a contest away whose results are final; it is never opened again.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/archive")]
pub async fn archive_contest(
    db: Db,
    by: Admin,
    contest: ContestRef,
) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::Archive, None).await
}

/// Calls it off before it has started.
#[utoipa::path(tag = "contests", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = ContestView)))]
#[post("/contests/<contest>/cancel")]
pub async fn cancel_contest(db: Db, by: Admin, contest: ContestRef) -> Result<Versioned<ContestView>, Error> {
    move_contest(&db, by, contest, Move::Cancel, None).await
}
