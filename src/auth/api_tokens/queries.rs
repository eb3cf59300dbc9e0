//! Reading API tokens.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::ApiTokenView;
use crate::schema::{account, api_token};
use crate::types::{AccountId, ApiTokenId};

/// The tokens of an account that are good or have run out, in the order they were made.
///
/// # Errors
/// Those of the database.
pub async fn api_tokens(
    conn: &mut AsyncPgConnection,
    owner: AccountId,
    after: Option<ApiTokenId>,
    limit: i64,
) -> QueryResult<Vec<ApiTokenView>> {
    let of_now = api_token::table
        .inner_join(account::table)
        .filter(api_token::account_id.eq(owner).and(api_token::epoch.eq(account::epoch)));
    let mut query = of_now.select(ApiTokenView::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(api_token::id.gt(after));
    }
    query.order(api_token::id).limit(limit).load(conn).await
}
