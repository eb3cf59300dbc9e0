//! A contest as everybody may see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{BoardState, Contest, ContestKind, ContestState};
use crate::types::{ContestId, GameId, Points, millis};

/// A contest as everybody may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContestView {
    /// Its id.
    pub id: ContestId,
    /// Six letters that people type.
    #[schema(example = "QUZABC")]
    pub code: String,
    /// What it is played for.
    pub kind: ContestKind,
    /// What it is called.
    #[schema(example = "Spring quiz")]
    pub name: String,
    /// What it is about, as Markdown.
    pub description: String,
    /// Where it stands.
    pub state: ContestState,
    /// Counts the edits; send it as `If-Match`.
    pub version: i32,
    /// Whether the classic routes speak of this one.
    pub is_current: bool,
    /// Planned while published, real from then on.
    #[serde(serialize_with = "millis::option::serialize")]
    pub starts_at: Option<DateTime<Utc>>,
    /// The planned end, moved by pauses.
    #[serde(serialize_with = "millis::option::serialize")]
    pub ends_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(serialize_with = "millis::option::serialize")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Since when it stands still; null unless it is paused.
    #[serde(serialize_with = "millis::option::serialize")]
    pub paused_at: Option<DateTime<Utc>>,
    /// Planned length; without one it is ended by hand.
    pub duration_ms: Option<i64>,
    /// Time played so far, without pauses.
    pub contest_time_ms: i64,
    /// What a team begins with.
    #[schema(example = 1000)]
    pub opening_points: Points,
    /// How far below zero a team may go.
    pub credit_limit: Points,
    /// What a wrong answer costs, as far as the team has it.
    pub wrong_penalty: Points,
    /// What the first correct answer to a shared question earns on top.
    #[schema(example = 10)]
    pub first_correct_bonus: Points,
    /// Seats of a team.
    pub max_members: i16,
    /// How many questions a team may hold at once.
    pub max_open_assignments: i16,
    /// How long an unrevealed question is held for its team.
    pub hold_ms: i64,
    /// Whether teams may register themselves.
    pub registration_open: bool,
    /// Its divisions, in order; each has a board of its own.
    #[schema(example = json!(["Juniors", "Seniors"]))]
    pub divisions: Vec<String>,
    /// Whether the public board follows the results.
    pub board: BoardState,
    /// How long before the planned end the board freezes by itself; null for never.
    pub freeze_before_end_ms: Option<i64>,
    /// When it will freeze by itself, moved by pauses; null when it will not.
    #[serde(serialize_with = "millis::option::serialize")]
    pub freezes_at: Option<DateTime<Utc>>,
    /// When it froze.
    #[serde(serialize_with = "millis::option::serialize")]
    pub frozen_at: Option<DateTime<Utc>>,
    /// When it thawed.
    #[serde(serialize_with = "millis::option::serialize")]
    pub thawed_at: Option<DateTime<Utc>>,
    /// Whose days its reports count in, by its IANA name.
    #[schema(example = "Europe/Vienna")]
    pub time_zone: String,
    /// The game that it is played of, whose board its scores are on.
    pub game_id: Option<GameId>,
    /// When it was made.
    #[serde(serialize_with = "millis::serialize")]
    pub created_at: DateTime<Utc>,
}

impl Contest {
    /// The contest with its divisions, as everybody may see it at this instant.
    #[must_use]
    pub fn view(self, divisions: Vec<String>, now: DateTime<Utc>) -> ContestView {
        ContestView {
            contest_time_ms: self.contest_time_ms(self.ended_at.unwrap_or(now)),
            ends_at: self.ends_at(),
            freezes_at: self.freezes_at(),
            paused_at: self.standing_since(),
            divisions,
            board: self.board,
            freeze_before_end_ms: self.freeze_before_end_ms,
            frozen_at: self.frozen_at,
            thawed_at: self.thawed_at,
            id: self.id,
            code: self.code,
            kind: self.kind,
            name: self.name,
            description: self.description,
            state: self.state,
            version: self.version,
            is_current: self.is_current,
            starts_at: self.starts_at,
            ended_at: self.ended_at,
            duration_ms: self.duration_ms,
            opening_points: self.opening_points,
            credit_limit: self.credit_limit,
            wrong_penalty: self.wrong_penalty,
            first_correct_bonus: self.first_correct_bonus,
            max_members: self.max_members,
            max_open_assignments: self.max_open_assignments,
            hold_ms: self.hold_ms,
            registration_open: self.registration_open,
            created_at: self.created_at,
            time_zone: self.time_zone,
            game_id: self.game_id,
        }
    }
}
