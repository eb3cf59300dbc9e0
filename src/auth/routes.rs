//! Tickets for sockets and the one-time link into the console.

use garde::Validate;
use rocket::post;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Token;
use super::commands::{IssueTicket, IssuedStaffToken, IssuedTicket, SpendStartLink};
use super::queries::Held;
use crate::body::Body;
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::Reply;
use crate::limits::guards::MayTry;

/// The secret of a one-time link.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartLinkInput {
    /// What follows `#start=` in the link.
    #[garde(length(min = 1, max = 200))]
    #[schema(example = "pdm_start_…")]
    pub code: String,
}

/// Exchanges the one-time console link for an admin token.
#[utoipa::path(request_body = StartLinkInput, tag = "auth", context_path = "/api/v1", responses((status = 201, body = IssuedStaffToken)))]
#[post("/auth/start-link", data = "<body>")]
pub async fn spend_start_link(db: Db, _try: MayTry, body: Body<StartLinkInput>) -> Result<Reply, Error> {
    Reply::of(db.run(&SpendStartLink { code: Token::received(&body.value.code) }).await?, true)
}

/// Makes a one-use ticket for a socket, so that no token ever stands in a URL.
#[utoipa::path(tag = "auth", context_path = "/api/v1", security(("admin" = []), ("team" = []), ("account" = [])),
    responses((status = 201, body = IssuedTicket)))]
#[post("/ws-tickets")]
pub async fn create_ws_ticket(db: Db, held: Held) -> Result<Reply, Error> {
    Reply::of(db.run(&IssueTicket { by: held.by }).await?, true)
}
