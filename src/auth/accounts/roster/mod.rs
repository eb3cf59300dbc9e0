//! The roster: accounts as staff keeps them.

pub mod commands;
pub mod routes;

use super::{AccountState, AccountView};
use crate::auth::{Admin, Role};
use crate::error::{Error, Refusal};

/// What staff changes of an account; what is left out stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountChange {
    /// What it is there for.
    pub role: Option<Role>,
    /// Whether it may be used.
    pub state: Option<AccountState>,
}

impl AccountChange {
    /// Whether this admin may do it to this account.
    ///
    /// # Errors
    /// `NotAllowed`: owners are made, changed and disabled by owners.
    pub fn must_be_allowed(&self, by: &Admin, account: &AccountView) -> Result<(), Error> {
        let to = self.role.unwrap_or(account.role);
        if by.role().may_grant(account.role) && by.role().may_grant(to) {
            return Ok(());
        }
        Err(Refusal::NotAllowed.because("owners are made, changed and disabled by owners"))
    }

    /// Whether what was issued to the account before must not be used any more.
    #[must_use]
    pub fn revokes(&self, account: &AccountView) -> bool {
        self.state == Some(AccountState::Disabled) && account.state == AccountState::Active
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::AccountId;

    fn account(role: Role) -> AccountView {
        let (name, email) = (String::new(), String::new());
        let created_at = chrono::Utc::now();
        let state = AccountState::Active;
        AccountView { id: AccountId::new(), name, email, role, state, version: 1, created_at }
    }

    #[test]
    fn only_owners_touch_owners() {
        let disable = AccountChange { role: None, state: Some(AccountState::Disabled) };
        let crown = AccountChange { role: Some(Role::Owner), state: None };
        let (owner, admin) = (Admin::at_the_machine(), Admin::in_role(Role::Admin));
        for (change, of) in [(disable, Role::Owner), (crown, Role::Member)] {
            assert!(change.must_be_allowed(&owner, &account(of)).is_ok());
            assert!(change.must_be_allowed(&admin, &account(of)).is_err());
        }
        assert!(disable.must_be_allowed(&admin, &account(Role::Admin)).is_ok());
        assert!(disable.must_be_allowed(&Admin::in_role(Role::Judge), &account(Role::Member)).is_err());
        assert!(disable.revokes(&account(Role::Member)) && !crown.revokes(&account(Role::Member)));
    }
}
