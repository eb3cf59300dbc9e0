//! Reading accounts.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{AccountState, AccountView};
use crate::auth::Role;
use crate::schema::account;
use crate::types::AccountId;

/// What a password is compared with.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = account)]
pub struct Stored {
    /// Whose it is.
    pub id: AccountId,
    /// What is stored of the password.
    pub password_hash: String,
    /// In which epoch.
    pub epoch: i32,
}

/// The account that signs in by this key of a name, if it may.
///
/// # Errors
/// Those of the database.
pub async fn stored(conn: &mut AsyncPgConnection, name_key: &str) -> QueryResult<Option<Stored>> {
    let named = account::name_key.eq(name_key).and(account::state.eq(AccountState::Active));
    account::table.filter(named).select(Stored::as_select()).first(conn).await.optional()
}

/// The same by its id.
///
/// # Errors
/// Those of the database.
pub async fn stored_of(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<Option<Stored>> {
    account::table.find(id).select(Stored::as_select()).first(conn).await.optional()
}

/// One account.
///
/// # Errors
/// `NotFound` when there is none.
pub async fn account(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<Option<AccountView>> {
    account::table.find(id).select(AccountView::as_select()).first(conn).await.optional()
}

/// Which accounts are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Only those with this role.
    pub role: Option<Role>,
    /// Only those in this state.
    pub state: Option<AccountState>,
    /// Only those that registered after this one.
    pub after: Option<AccountId>,
}

/// Accounts in the order they registered.
///
/// # Errors
/// Those of the database.
pub async fn accounts(
    conn: &mut AsyncPgConnection,
    wanted: Wanted,
    limit: i64,
) -> QueryResult<Vec<AccountView>> {
    let mut query = account::table.select(AccountView::as_select()).into_boxed();
    if let Some(role) = wanted.role {
        query = query.filter(account::role.eq(role));
    }
    if let Some(state) = wanted.state {
        query = query.filter(account::state.eq(state));
    }
    if let Some(after) = wanted.after {
        query = query.filter(account::id.gt(after));
    }
    query.order(account::id).limit(limit).load(conn).await
}
