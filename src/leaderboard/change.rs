//! What an event does to a board.

use serde::Deserialize;
use serde_json::Value;

use super::Standing;
use crate::types::TeamId;

/// What an event does to the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoardChange {
    /// A team came, or came back.
    Put(Standing),
    /// A team that is on the board stands differently. One that is not stays off it: a
    /// correction of a withdrawn team does not bring it back.
    Change(Standing),
    /// A team left.
    Gone(TeamId),
}

impl BoardChange {
    /// The kinds of events that change a board, if everybody may see them.
    pub const KINDS: &[&str] =
        &["team_registered", "team_returned", "score_changed", "team_renamed", "team_moved", "team_left"];

    /// Reads it out of an event that everybody may see.
    ///
    /// # Errors
    /// When the payload is not what its kind promises.
    pub fn of(kind: &str, payload: &Value) -> Result<Option<Self>, serde_json::Error> {
        #[derive(Deserialize)]
        struct Who {
            team_id: TeamId,
        }
        Ok(match kind {
            "team_registered" | "team_returned" => Some(Self::Put(Standing::deserialize(payload)?)),
            "score_changed" | "team_renamed" | "team_moved" => {
                Some(Self::Change(Standing::deserialize(payload)?))
            }
            "team_left" => Some(Self::Gone(Who::deserialize(payload)?.team_id)),
            _ => None,
        })
    }

    /// Whom it is about.
    #[must_use]
    pub fn team(&self) -> TeamId {
        match self {
            Self::Put(standing) | Self::Change(standing) => standing.team_id,
            Self::Gone(team) => *team,
        }
    }
}
