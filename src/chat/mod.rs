//! What the members of a room say to each other.
//!
//! A message is an event like any other, so that it gets its number from the sequencer: one order
//! on every client and every instance. Its text stands beside the log, which is never edited; so
//! it can be deleted, and is then gone from wherever messages are read.

pub mod commands;
pub mod queries;
pub mod routes;
mod text;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::contests::{Contest, ContestKind};
use crate::error::{Error, Refusal};
use crate::types::{MessageId, TeamId, millis};

pub use text::MessageText;

/// Something was said: whose message it is, without its text.
pub const SENT: &str = "message_sent";

/// A message is gone.
pub const DELETED: &str = "message_deleted";

/// Somebody may not say anything,
pub const MUTED: &str = "member_muted";

/// or may again.
pub const UNMUTED: &str = "member_unmuted";

/// A message as the members of its room read it.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct Message {
    /// Its place in the order that is the same for everybody: the number of its event.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 1058)]
    pub seq: i64,
    /// When it was sent.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "millis::serialize")]
    pub at: DateTime<Utc>,
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub message_id: MessageId,
    /// Who said it, as the board calls them,
    #[diesel(sql_type = SqlUuid)]
    pub team_id: TeamId,
    /// and by name, as it was then.
    #[diesel(sql_type = Text)]
    #[schema(example = "ada")]
    pub author: String,
    /// What was said, as typed; null once it is deleted.
    #[diesel(sql_type = Nullable<Text>)]
    #[schema(example = "Hello")]
    pub message: Option<String>,
}

/// A message that was sent. Its text is with the message alone: a reply is kept for those who
/// send the same again, and would outlive it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageSent {
    /// Its id; its number comes with the event.
    pub message_id: MessageId,
}

/// Somebody who may not say anything.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct MutedMember {
    /// As the board calls them.
    #[diesel(sql_type = SqlUuid)]
    pub team_id: TeamId,
    /// Their name.
    #[diesel(sql_type = Text)]
    #[schema(example = "ada")]
    pub name: String,
}

/// Teams of a competition have nothing to say to each other: only rooms have a chat.
#[must_use]
pub fn has_chat(contest: &Contest) -> bool {
    contest.kind == ContestKind::Room
}

/// The same as a refusal.
///
/// # Errors
/// `NotFound`: there is no such room.
pub fn must_have_chat(contest: &Contest) -> Result<(), Error> {
    if has_chat(contest) { Ok(()) } else { Err(Refusal::NotFound.into()) }
}
