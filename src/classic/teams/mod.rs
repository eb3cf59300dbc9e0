//! Teams in the words of existing clients.

pub(super) mod routes;

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Token;
use crate::body::check_email;
use crate::ledger::TeamState;
use crate::teams::commands::RegisteredTeam;
use crate::types::{Points, TeamId};

/// A team that registers.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClassicTeamInput {
    /// 1 to 40 characters; unlike every other team's, also to the eye.
    #[garde(length(max = 1000))]
    #[schema(example = "Red Pandas")]
    pub(super) team_name: String,
    /// Who plays; the first leads the team. Empty: the team leads itself.
    #[serde(default)]
    #[garde(length(max = 50), inner(length(chars, min = 1, max = 100)))]
    #[schema(example = json!(["Ada", "Grace"]))]
    pub(super) members: Vec<String>,
    /// How to reach the team.
    #[serde(default)]
    #[garde(length(max = 254), custom(check_email))]
    #[schema(example = "red@example.org")]
    pub(super) email: String,
}

/// A team that has registered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClassicRegisteredTeam {
    /// Its id.
    pub(super) team_id: TeamId,
    /// Its name.
    #[schema(example = "Red Pandas")]
    pub(super) team_name: String,
    /// What it begins with.
    #[schema(example = 1000)]
    pub(super) points: Points,
    /// Always true.
    pub(super) registered: bool,
    /// Send it as `Authorization: Bearer`; it is not shown again.
    #[schema(value_type = String, example = "pdm_team_3f9c…")]
    pub(super) token: Token,
    /// What a further member types to join.
    #[schema(example = "K7MPQ2XY")]
    pub(super) join_code: String,
}

impl From<RegisteredTeam> for ClassicRegisteredTeam {
    fn from(RegisteredTeam { team, token }: RegisteredTeam) -> Self {
        Self {
            team_id: team.id,
            team_name: team.name,
            points: team.points,
            registered: true,
            token,
            join_code: team.join_code,
        }
    }
}

/// A team, for staff.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClassicTeam {
    /// Its id.
    pub(super) team_id: TeamId,
    /// Its name.
    #[schema(example = "Red Pandas")]
    pub(super) team_name: String,
    /// Who plays; the first leads the team.
    #[schema(example = json!(["Ada", "Grace"]))]
    pub(super) members: Vec<String>,
    /// How to reach it; empty if not given.
    #[schema(example = "red@example.org")]
    pub(super) email: String,
    /// What it has.
    #[schema(example = 1000)]
    pub(super) points: Points,
    /// Whether it plays.
    pub(super) state: TeamState,
}

/// What to change of a team; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClassicTeamPatch {
    /// A new name.
    #[garde(length(max = 1000))]
    #[schema(example = "Blue Pandas")]
    pub(super) team_name: Option<String>,
    /// A new address.
    #[garde(length(max = 254), inner(custom(check_email)))]
    #[schema(example = "blue@example.org")]
    pub(super) email: Option<String>,
}
