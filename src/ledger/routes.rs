//! The door to statements and corrections.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commands::{AdjustPoints, Corrected, ReverseEntry};
use super::{EntryView, queries};
use crate::auth::{Admin, Caller};
use crate::body::{Body, not_blank};
use crate::contests::{ContestRef, queries::find_id};
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, page_limit};
use crate::types::{Page, Points, TeamId};

/// A team's statement: every change of its points, for the team itself and for staff.
#[utoipa::path(tag = "ledger", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Page<EntryView>)))]
#[get("/contests/<contest>/teams/<team>/ledger?<limit>&<cursor>")]
pub async fn get_ledger(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    team: TeamId,
    limit: Given<u16>,
    cursor: Given<i32>,
) -> Result<Json<Page<EntryView>>, Error> {
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let contest = find_id(&mut conn, &contest).await?;
    caller.must_see_team(contest, team)?;
    let rows = queries::statement(&mut conn, contest, team, cursor.0.unwrap_or(0), limit + 1).await?;
    if rows.is_empty() && cursor.0.is_none() {
        return Err(crate::error::Refusal::NotFound.into());
    }
    Ok(Json(Page::cut(rows, limit, |entry| entry.seq.to_string())))
}

/// Points to give or take, and why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentInput {
    /// Whose points.
    #[garde(skip)]
    pub team_id: TeamId,
    /// By how much; not zero.
    #[garde(custom(not_zero), range(min = -1_000_000_000_000i64, max = 1_000_000_000_000i64))]
    #[schema(example = 50)]
    pub amount: Points,
    /// Why; it stands in the ledger for ever.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "Question 7 was read out late")]
    pub reason: String,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // garde's signature
fn not_zero(amount: &Points, _: &()) -> garde::Result {
    if *amount == 0 { Err(garde::Error::new("must not be zero")) } else { Ok(()) }
}

/// Gives or takes points by hand, with a reason.
#[utoipa::path(request_body = AdjustmentInput, tag = "ledger", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 201, body = Corrected)))]
#[post("/contests/<contest>/adjustments", data = "<body>")]
pub async fn create_adjustment(
    db: Db,
    by: Admin,
    contest: ContestRef,
    key: IdempotencyKey,
    body: Body<AdjustmentInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    let AdjustmentInput { team_id: team, amount, reason } = body.value;
    db.once(key, &AdjustPoints { by, contest, team, amount, reason }).await
}

/// Why an entry is taken back.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReversalInput {
    /// Why; it stands in the ledger for ever.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    pub reason: String,
}

/// Takes back an adjustment by a reversal entry.
#[utoipa::path(request_body = ReversalInput, tag = "ledger", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 201, body = Corrected)))]
#[post("/contests/<contest>/teams/<team>/ledger/<seq>/reversal", data = "<body>")]
pub async fn reverse_entry(
    db: Db,
    by: Admin,
    contest: ContestRef,
    team: TeamId,
    seq: i32,
    key: IdempotencyKey,
    body: Body<ReversalInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    db.once(key, &ReverseEntry { by, contest, team, seq, reason: body.value.reason }).await
}
