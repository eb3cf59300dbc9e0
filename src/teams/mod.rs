//! Teams: who plays, under which name, with how many seats.

pub mod changes;
pub mod commands;
mod desk;
mod founding;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ledger::TeamState;
use crate::types::{MemberId, Points, TeamId, millis};

pub use crate::name::Name as TeamName;

/// A team as everybody sees it.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct TeamSummary {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: TeamId,
    /// Its name.
    #[diesel(sql_type = Text)]
    #[schema(example = "Red Pandas")]
    pub name: String,
    /// Whether it plays.
    #[diesel(sql_type = Text)]
    pub state: TeamState,
    /// How many members it has.
    #[diesel(sql_type = SmallInt)]
    pub members: i16,
    /// The division it plays in.
    #[diesel(sql_type = Nullable<Text>)]
    #[schema(example = "Juniors")]
    pub division: Option<String>,
    /// Whether it is kept off the board; only staff sees such teams.
    #[diesel(sql_type = Bool)]
    pub hidden: bool,
    /// What a further member types to join; for staff only.
    #[diesel(sql_type = Nullable<Text>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "K7MPQ2XY")]
    pub join_code: Option<String>,
}

/// A team as it is stored, without its members.
#[derive(Debug, QueryableByName)]
pub struct TeamRow {
    #[diesel(sql_type = SqlUuid)]
    id: TeamId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    state: TeamState,
    #[diesel(sql_type = Nullable<Text>)]
    disqualified_for: Option<String>,
    #[diesel(sql_type = Bool)]
    hidden: bool,
    #[diesel(sql_type = Nullable<Text>)]
    division: Option<String>,
    #[diesel(sql_type = Text)]
    join_code: String,
    #[diesel(sql_type = SmallInt)]
    max_members: i16,
    #[diesel(sql_type = BigInt)]
    points: Points,
    #[diesel(sql_type = BigInt)]
    extra_time_ms: i64,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
}

/// A member of a team.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct MemberView {
    /// Their id.
    #[diesel(sql_type = SqlUuid)]
    pub id: MemberId,
    /// Their name.
    #[diesel(sql_type = Text)]
    #[schema(example = "Ada")]
    pub name: String,
    /// Whether they lead the team.
    #[diesel(sql_type = Bool)]
    pub captain: bool,
}

/// A team as its members and staff see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TeamView {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    #[schema(example = "Red Pandas")]
    pub name: String,
    /// How to reach it; empty if not given.
    #[schema(example = "red@example.org")]
    pub email: String,
    /// Whether it plays.
    pub state: TeamState,
    /// Why it is disqualified; null while it is not.
    pub disqualified_for: Option<String>,
    /// Whether it is kept off the board.
    pub hidden: bool,
    /// The division it plays in.
    #[schema(example = "Juniors")]
    pub division: Option<String>,
    /// What a further member types to join.
    #[schema(example = "K7MPQ2XY")]
    pub join_code: String,
    /// Its seats.
    pub max_members: i16,
    /// Who is in it.
    pub members: Vec<MemberView>,
    /// What it has.
    #[schema(example = 1000)]
    pub points: Points,
    /// Its own end is the contest's and this much later.
    pub extra_time_ms: i64,
    /// Counts the edits.
    pub version: i32,
    /// When it registered.
    #[serde(serialize_with = "millis::serialize")]
    pub created_at: DateTime<Utc>,
}

impl TeamRow {
    /// The team with its members.
    #[must_use]
    pub fn with_members(self, members: Vec<MemberView>) -> TeamView {
        TeamView {
            id: self.id,
            name: self.name,
            email: self.email,
            state: self.state,
            disqualified_for: self.disqualified_for,
            hidden: self.hidden,
            division: self.division,
            join_code: self.join_code,
            max_members: self.max_members,
            members,
            points: self.points,
            extra_time_ms: self.extra_time_ms,
            version: self.version,
            created_at: self.created_at,
        }
    }
}

/// Tidies what people type as their own name: trimmed, inner blanks joined.
#[must_use]
pub fn person_name(typed: &str) -> String {
    typed.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_name_is_tidied() {
        assert_eq!(person_name("  Ada \t Lovelace\n"), "Ada Lovelace");
    }
}
