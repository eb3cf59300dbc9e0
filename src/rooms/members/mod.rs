//! Who is in a room.

pub mod commands;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::types::{TeamId, millis, text_enum};

text_enum! {
    /// Whether somebody who came into a room is still in it.
    MemberState { Here = "here", Left = "left", Removed = "removed" }
}

/// Who the account is in a room that it came into.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct OwnMembership {
    /// One's own id in it: that of the team that one plays as.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: TeamId,
    /// In it, gone by oneself, or shown out for good.
    #[diesel(sql_type = Text)]
    pub state: MemberState,
}

/// Somebody in a room.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct RoomMember {
    /// Their id in it: that of the team that they play as.
    #[diesel(sql_type = SqlUuid)]
    pub id: TeamId,
    /// The name of their account.
    #[diesel(sql_type = Text)]
    #[schema(example = "alice")]
    pub username: String,
    /// Whether they own it.
    #[diesel(sql_type = Bool)]
    pub owner: bool,
    /// When they came; who came first inherits the room.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "millis::serialize")]
    pub joined_at: DateTime<Utc>,
}
