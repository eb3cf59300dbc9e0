//! Registering, and changing a password.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::AccountView;
use crate::audit::{Act, Actor, Target};
use crate::auth::{Admin, Role, SignedIn, not_valid};
use crate::db::{Command, Tx};
use crate::error::Error;
use crate::name::Name;
use crate::schema::account;
use crate::sql::sql;
use crate::types::AccountId;

/// Makes an account.
#[derive(Debug)]
pub struct RegisterAccount {
    /// Staff that makes it for somebody; nobody when they do it themselves.
    pub by: Option<Admin>,
    /// By which it signs in.
    pub name: Name,
    /// Where its owner can be reached, or nothing.
    pub email: String,
    /// What is stored of its password.
    pub password_hash: String,
    /// What it is there for.
    pub role: Role,
}

impl Command for RegisterAccount {
    type Outcome = AccountView;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<AccountView, Error> {
        let id = AccountId::new();
        let made = diesel::insert_into(account::table)
            .values((
                account::id.eq(id),
                account::name.eq(self.name.as_str()),
                account::name_key.eq(self.name.key()),
                account::name_skeleton.eq(self.name.skeleton()),
                account::email.eq(&self.email),
                account::password_hash.eq(&self.password_hash),
                account::role.eq(self.role),
            ))
            .returning(AccountView::as_returning())
            .get_result(tx)
            .await?;
        let by = self.by.as_ref().map_or_else(|| Actor::owner(id), Actor::from);
        Act::making(tx, by, "register_account", Target::Account(id)).done(tx).await?;
        Ok(made)
    }
}

/// Changes a password; every session but the one that is speaking ends.
#[derive(Debug)]
pub struct ChangePassword {
    /// Who changes it.
    pub by: SignedIn,
    /// In which epoch the present password was looked at.
    pub epoch: i32,
    /// What is stored of the new one.
    pub password_hash: String,
}

impl Command for ChangePassword {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let act = act_upon_own(tx, self.by.account(), "change_password").await?;
        let changed = sql("UPDATE account SET password_hash = $3, epoch = epoch + 1
             WHERE id = $1 AND epoch = $2 AND state = 'active'")
        .bind::<SqlUuid, _>(self.by.account())
        .bind::<Integer, _>(self.epoch)
        .bind::<Text, _>(&self.password_hash)
        .execute(tx)
        .await?;
        if changed == 0 {
            return Err(not_valid());
        }
        sql("UPDATE session SET epoch = $2 + 1 WHERE id = $1 AND epoch = $2")
            .bind::<SqlUuid, _>(self.by.session())
            .bind::<Integer, _>(self.epoch)
            .execute(tx)
            .await?;
        tx.revoke(self.by.account());
        act.done(tx).await
    }
}

/// Locks an account for what its owner does to it.
pub(super) async fn act_upon_own(tx: &mut Tx, own: AccountId, action: &'static str) -> Result<Act, Error> {
    sql("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE").bind::<SqlUuid, _>(own).execute(tx).await?;
    Act::upon(tx, Actor::owner(own), action, Target::Account(own)).await
}
