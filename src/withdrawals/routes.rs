//! The door to withdrawals.

use garde::Validate;
use rocket::post;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Withdrawn;
use super::commands::WithdrawQuestion;
use crate::auth::Admin;
use crate::body::{Body, not_blank};
use crate::contests::ContestRef;
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::types::QuestionId;

/// Why a question is withdrawn.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalInput {
    /// Why; it stands in the ledger for ever.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "Two of the options are right")]
    pub reason: String,
}

/// Withdraws a question: voids its assignments, reverses what was won or lost, refunds boxes.
#[utoipa::path(request_body = WithdrawalInput, tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Withdrawn)))]
#[post("/contests/<contest>/questions/<question>/withdraw", data = "<body>")]
pub async fn withdraw_question(
    db: Db,
    by: Admin,
    contest: ContestRef,
    question: QuestionId,
    key: IdempotencyKey,
    body: Body<WithdrawalInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    db.once(key, &WithdrawQuestion { by, contest, question, reason: body.value.reason }).await
}
