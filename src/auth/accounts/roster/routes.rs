//! The door to accounts, for staff.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{get, patch};
use serde::Deserialize;
use utoipa::ToSchema;

use super::AccountChange;
use super::commands::EditAccount;
use crate::auth::accounts::{AccountState, AccountView, queries};
use crate::auth::{Admin, Role};
use crate::body::{Body, Versioned};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::request::{Given, IfMatch, page_cursor, page_limit};
use crate::types::{AccountId, Page};

/// Lists accounts in the order they registered.
#[utoipa::path(tag = "accounts", context_path = "/api/v1", security(("admin" = []), ("account" = [])),
    params(("role" = Option<Role>, Query, description = "Only those with this role"),
        ("state" = Option<AccountState>, Query, description = "Only those in this state"),
        ("limit" = Option<u16>, Query, description = "50 unless told, 200 at most"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = Page<AccountView>)))]
#[get("/accounts?<role>&<state>&<limit>&<cursor>")]
pub async fn list_accounts(
    db: Db,
    _by: Admin,
    role: Given<Role>,
    state: Given<AccountState>,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<AccountView>>, Error> {
    let after = page_cursor::<AccountId>(cursor)?;
    let (limit, wanted) = (page_limit(limit), queries::Wanted { role: role.0, state: state.0, after });
    let rows = queries::accounts(&mut *db.conn().await?, wanted, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |account| account.id.to_string())))
}

/// Reads an account.
#[utoipa::path(tag = "accounts", context_path = "/api/v1", security(("admin" = []), ("account" = [])),
    responses((status = 200, body = AccountView)))]
#[get("/accounts/<account>")]
pub async fn get_account(db: Db, _by: Admin, account: AccountId) -> Result<Versioned<AccountView>, Error> {
    let found = queries::account(&mut *db.conn().await?, account).await?;
    let value = found.ok_or(Refusal::NotFound)?;
    Ok(Versioned { version: value.version, value })
}

/// What is to change of an account.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountPatch {
    /// What it is there for.
    #[garde(skip)]
    pub role: Option<Role>,
    /// `disabled` signs it out everywhere and lets it in no more; `active` lets it sign in again.
    #[garde(skip)]
    pub state: Option<AccountState>,
    /// Why; kept in the audit log.
    #[garde(inner(length(chars, min = 1, max = 500)))]
    #[schema(example = "helps with the questions this year")]
    pub reason: Option<String>,
}

/// Changes the role of an account, or disables it.
#[utoipa::path(request_body = AccountPatch, tag = "accounts", context_path = "/api/v1",
    security(("admin" = []), ("account" = [])),
    params(("If-Match" = String, Header, description = "The version that was read")),
    responses((status = 200, body = AccountView)))]
#[patch("/accounts/<account>", data = "<body>")]
pub async fn edit_account(
    db: Db,
    by: Admin,
    account: AccountId,
    version: IfMatch,
    body: Body<AccountPatch>,
) -> Result<Versioned<AccountView>, Error> {
    let AccountPatch { role, state, reason } = body.value;
    let change = AccountChange { role, state };
    let value = db.run(&EditAccount { by, account, version: version.0, change, reason }).await?;
    Ok(Versioned { version: value.version, value })
}
