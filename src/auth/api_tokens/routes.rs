//! The door to API tokens, for the owners of accounts.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{delete, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commands::{IssueApiToken, RevokeApiToken};
use super::{ApiTokenView, IssuedApiToken, Scope, queries};
use crate::auth::SignedIn;
use crate::body::{Body, NoContent, not_blank};
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::Reply;
use crate::request::{Given, page_cursor, page_limit};
use crate::types::{ApiTokenId, Page};

/// A token that is wanted for a program.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiTokenInput {
    /// What it is for.
    #[garde(length(chars, min = 1, max = 100), custom(not_blank))]
    #[schema(example = "nightly export")]
    pub label: String,
    /// What it may do at most.
    #[garde(skip)]
    pub scope: Scope,
    /// For how many days it is good.
    #[garde(range(min = 1, max = 365))]
    #[schema(example = 30)]
    pub expires_in_days: u16,
}

/// Makes a token for a program; shown this once.
#[utoipa::path(request_body = ApiTokenInput, tag = "auth", context_path = "/api/v1",
    security(("account" = [])), responses((status = 201, body = IssuedApiToken)))]
#[post("/auth/api-tokens", data = "<body>")]
pub async fn create_api_token(db: Db, by: SignedIn, body: Body<ApiTokenInput>) -> Result<Reply, Error> {
    let ApiTokenInput { label, scope, expires_in_days: days } = body.value;
    Reply::of(db.run(&IssueApiToken { by, label, scope, days }).await?, true)
}

/// Lists the account's tokens, without their secrets.
#[utoipa::path(tag = "auth", context_path = "/api/v1", security(("account" = [])),
    params(("limit" = Option<u16>, Query, description = "50 unless told, 200 at most"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = Page<ApiTokenView>)))]
#[get("/auth/api-tokens?<limit>&<cursor>")]
pub async fn list_api_tokens(
    db: Db,
    by: SignedIn,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<ApiTokenView>>, Error> {
    let after = page_cursor::<ApiTokenId>(cursor)?;
    let limit = page_limit(limit);
    let rows = queries::api_tokens(&mut *db.conn().await?, by.account(), after, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |token| token.id.to_string())))
}

/// Revokes one of the account's tokens.
#[utoipa::path(tag = "auth", context_path = "/api/v1", security(("account" = [])), responses((status = 204)))]
#[delete("/auth/api-tokens/<api_token>")]
pub async fn revoke_api_token(db: Db, by: SignedIn, api_token: ApiTokenId) -> Result<NoContent, Error> {
    db.run(&RevokeApiToken { by, token: api_token }).await.map(|()| NoContent)
}
