//! Accounts: people who sign in with a name and a password.
//!
//! A sign-in is a session. It is carried on by refresh tokens, each good for one exchange, and
//! speaks through access tokens that live for a quarter of an hour.

pub mod commands;
pub mod grant;
pub mod queries;
pub mod roster;
pub mod routes;
pub mod sessions;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{Keys, LIFE};
use super::passwords::Passwords;
use super::{Role, Token};
use crate::error::Error;
use crate::meters::Meters;
use crate::types::{AccountId, millis, text_enum};
use sessions::commands::Issued;

text_enum! {
    /// Whether an account may be used.
    AccountState { Active = "active", Disabled = "disabled" }
}

/// What this instance needs to know somebody: the secret that signs access tokens, and a place
/// where passwords are worked on.
#[derive(Debug)]
pub struct Accounts {
    pub(super) keys: Keys,
    pub(super) passwords: Passwords,
}

impl Accounts {
    /// With this secret, which all instances share.
    #[must_use]
    pub fn new(secret: &str, meters: &Meters) -> Self {
        Self { keys: Keys::of(secret), passwords: Passwords::new(meters) }
    }

    fn tokens(&self, issued: Issued) -> Result<Tokens, Error> {
        Ok(Tokens {
            access_token: self.keys.sign(issued.account, issued.session, issued.at)?,
            token_type: "Bearer",
            expires_in: LIFE.num_seconds(),
            refresh_token: issued.refresh,
        })
    }
}

/// What whoever signed in goes on with (RFC 6749, 5.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    /// Send it as `Authorization: Bearer`.
    #[schema(value_type = String, example = "eyJ0eXAiOiJwb2RpdW0tYWNjZXNzK2p3dCI…")]
    pub access_token: Token,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// For how many seconds the access token is good.
    #[schema(example = 900)]
    pub expires_in: i64,
    /// Good for one exchange, within 30 days.
    #[schema(value_type = String, example = "pdm_refresh_3f9c…")]
    pub refresh_token: Token,
}

/// An account, as itself and staff see it.
#[derive(Debug, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = crate::schema::account)]
pub struct AccountView {
    /// Its id.
    pub id: AccountId,
    /// By which it signs in, as it was typed.
    #[schema(example = "ada")]
    pub name: String,
    /// Where its owner can be reached; empty when that is not known.
    #[schema(example = "ada@example.org")]
    pub email: String,
    /// What it is there for.
    pub role: Role,
    /// Whether it may be used.
    pub state: AccountState,
    /// For `If-Match`.
    #[schema(example = 1)]
    pub version: i32,
    /// When it registered.
    #[serde(serialize_with = "millis::serialize")]
    pub created_at: DateTime<Utc>,
}
