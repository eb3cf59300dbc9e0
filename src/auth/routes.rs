//! Tickets for sockets, the one-time link into the console, and what a token lets its holder do.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::commands::{IssueTicket, IssuedStaffToken, IssuedTicket, SpendStartLink};
use super::queries::Held;
use super::{Caller, Right, Role, Token};
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

/// Who holds a token, and what they may do by it as staff.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnRights {
    /// As they appear in ledgers and logs; null for the token of a team.
    #[schema(example = "console")]
    pub name: Option<String>,
    /// In which role; null for a team.
    pub role: Option<Role>,
    /// Empty for whoever is no staff.
    pub rights: Vec<Right>,
}

impl From<Held> for OwnRights {
    fn from(held: Held) -> Self {
        let rights = held.rights();
        let (name, role) = match held.caller {
            Caller::Admin(admin) => (Some(admin.name().to_owned()), Some(admin.role())),
            Caller::Guest(guest) => (Some(guest.name().to_owned()), Some(Role::Member)),
            Caller::Player(_) | Caller::Spectator => (None, None),
        };
        Self { name, role, rights }
    }
}

/// Says who holds the token that is sent, and which rights of staff it gives: so a page shows no
/// control that would be refused.
#[utoipa::path(tag = "auth", context_path = "/api/v1", security(("admin" = []), ("team" = []), ("account" = [])),
    responses((status = 200, body = OwnRights)))]
#[get("/auth/rights")]
pub fn get_own_rights(held: Held) -> Json<OwnRights> {
    Json(held.into())
}
