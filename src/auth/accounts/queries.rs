//! Reading accounts.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{AccountState, AccountView};
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
