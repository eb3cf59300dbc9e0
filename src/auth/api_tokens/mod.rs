//! Tokens that an account makes for its programs: narrower than the account, and for a time.

pub mod commands;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Right, Token};
use crate::types::{ApiTokenId, millis, text_enum};

text_enum! {
    /// What an API token may do at most: reading, and one kind of writing, or all that its account may.
    Scope {
        /// Reads what the account may read.
        Read = "read",
        /// Also writes questions.
        Questions = "questions",
        /// Also corrects points, withdraws questions, disqualifies, announces and answers teams.
        Judging = "judging",
        /// Also moves the clock, looks after teams, announces and answers them.
        Operating = "operating",
        /// All that the account may.
        All = "all",
    }
}

impl Scope {
    /// Whether it covers what needs this right; reading is covered by each.
    #[must_use]
    pub fn covers(self, right: Right, reads: bool) -> bool {
        reads
            || match self {
                Self::Read => false,
                Self::Questions => right == Right::Questions,
                Self::Judging => matches!(right, Right::Judge | Right::Announce | Right::Moderate),
                Self::Operating => matches!(right, Right::Operate | Right::Announce | Right::Moderate),
                Self::All => true,
            }
    }
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = crate::schema::api_token)]
pub struct ApiTokenView {
    /// Its id.
    pub id: ApiTokenId,
    /// What it is for.
    #[schema(example = "nightly export")]
    pub label: String,
    /// What it may do at most.
    pub scope: Scope,
    /// When it was made.
    #[serde(serialize_with = "millis::serialize")]
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    #[serde(serialize_with = "millis::serialize")]
    pub expires_at: DateTime<Utc>,
}

/// A token, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedApiToken {
    /// What there is to know of it.
    #[serde(flatten)]
    pub about: ApiTokenView,
    /// Send it as `Authorization: Bearer`.
    #[schema(value_type = String, example = "pdm_api_3f9c…")]
    pub token: Token,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_reading_and_its_own_kind_of_writing() {
        for scope in Scope::ALL {
            assert!(scope.covers(Right::Manage, true), "{scope} reads");
            assert_eq!(scope.covers(Right::Manage, false), *scope == Scope::All, "{scope}");
        }
        assert!(Scope::Judging.covers(Right::Judge, false) && !Scope::Judging.covers(Right::Operate, false));
    }
}
