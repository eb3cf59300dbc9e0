//! Changing what an account is there for, and whether it may be used.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::AccountChange;
use crate::audit::{Act, Target};
use crate::auth::Admin;
use crate::auth::accounts::AccountView;
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::schema::account;
use crate::types::AccountId;

/// Changes an account. Whoever is disabled is out at once, and comes back only by signing in.
#[derive(Debug)]
pub struct EditAccount {
    /// Who does it.
    pub by: Admin,
    /// To whom.
    pub account: AccountId,
    /// The version that was read.
    pub version: i32,
    /// What.
    pub change: AccountChange,
    /// Why, if that was said.
    pub reason: Option<String>,
}

impl Command for EditAccount {
    type Outcome = AccountView;

    async fn run(&self, tx: &mut Tx) -> Result<AccountView, Error> {
        // Whatever its owner does meanwhile refers to it, and does not wait.
        let locked = account::table.find(self.account).select(AccountView::as_select()).for_no_key_update();
        let before: Option<AccountView> = locked.first(tx).await.optional()?;
        let before = before.ok_or(Refusal::NotFound)?;
        self.change.must_be_allowed(&self.by, &before)?;
        if before.version != self.version {
            return Err(Refusal::StaleVersion.into());
        }
        let act = Act::upon(tx, &self.by, "edit_account", Target::Account(self.account)).await?;
        let after = diesel::update(account::table.find(self.account))
            .set((
                account::role.eq(self.change.role.unwrap_or(before.role)),
                account::state.eq(self.change.state.unwrap_or(before.state)),
                account::epoch.eq(account::epoch + i32::from(self.change.revokes(&before))),
                account::version.eq(account::version + 1),
            ))
            .returning(AccountView::as_returning())
            .get_result(tx)
            .await?;
        tx.revoke(self.account);
        act.because(self.reason.as_deref()).done(tx).await?;
        Ok(after)
    }
}
