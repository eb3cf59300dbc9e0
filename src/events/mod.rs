//! What happened: written with the change, numbered after the commit, told to those who may know.

pub mod feed;
pub(crate) mod last;
pub mod routes;
pub mod sequencer;

use serde_json::Value;

use crate::types::{ContestId, TeamId, text_enum};

text_enum! {
    /// Who may know of an event.
    Audience {
        Public = "public",
        /// Whoever plays in the contest.
        Players = "players",
        Team = "team",
        Staff = "staff",
    }
}

/// One thing that happened. Its kind is in the past tense; its payload holds absolute
/// values, never increments, so that applying it twice does no harm.
#[derive(Debug, Clone)]
pub struct Event {
    pub(crate) contest: ContestId,
    kind: &'static str,
    audience: Audience,
    team: Option<TeamId>,
    payload: Value,
}

impl Event {
    /// For everybody; `team` says whom it is about.
    #[must_use]
    pub fn public(contest: ContestId, kind: &'static str, team: Option<TeamId>, payload: Value) -> Self {
        Self { contest, kind, audience: Audience::Public, team, payload }
    }

    /// For everybody who plays in the contest; `team` says whom it is about.
    #[must_use]
    pub fn for_players(contest: ContestId, kind: &'static str, team: TeamId, payload: Value) -> Self {
        Self { contest, kind, audience: Audience::Players, team: Some(team), payload }
    }

    /// For one team and for staff.
    #[must_use]
    pub fn for_team(contest: ContestId, kind: &'static str, team: TeamId, payload: Value) -> Self {
        Self { contest, kind, audience: Audience::Team, team: Some(team), payload }
    }

    /// For staff only.
    #[must_use]
    pub fn for_staff(contest: ContestId, kind: &'static str, team: Option<TeamId>, payload: Value) -> Self {
        Self { contest, kind, audience: Audience::Staff, team, payload }
    }

    /// For staff: what staff did, who it was, and why if they said so.
    #[must_use]
    pub fn of_staff(contest: ContestId, team: Option<TeamId>, action: &Action<'_>) -> Self {
        let Action { name, by, reason, values } = action;
        let mut payload = serde_json::json!({"action": name, "by": by, "reason": reason});
        if let (Some(payload), Value::Object(values)) = (payload.as_object_mut(), values) {
            payload.extend(values.clone());
        }
        Self::for_staff(contest, "staff_acted", team, payload)
    }
}

/// Something that staff did.
#[derive(Debug)]
pub struct Action<'a> {
    /// The operation, as the description of the interface calls it.
    pub name: &'a str,
    /// Who.
    pub by: &'a str,
    /// Why.
    pub reason: Option<&'a str>,
    /// What else there is to say about it, as an object or null.
    pub values: Value,
}

/// Events for everybody, or for all players, that may be heard of at once while the board is frozen:
/// the clock, who plays under which name, what there is to be played, what staff says to all, and what people say to each other.
/// All others wait for the thaw, also kinds that are yet to come.
pub const DISCLOSED: &[&str] = &[
    BOARD_FROZEN,
    BOARD_THAWED,
    "contest_changed",
    "team_registered",
    "team_renamed",
    "team_moved",
    "team_left",
    "team_returned",
    "box_offered",
    "announcement_made",
    "announcement_withdrawn",
    "message_sent",
    "message_deleted",
    "member_muted",
    "member_unmuted",
    "owner_changed",
    "problem_added",
];

/// From its number on, results are withheld.
pub const BOARD_FROZEN: &str = "board_frozen";

/// From its number on, nothing is withheld any more.
pub const BOARD_THAWED: &str = "board_thawed";

/// Who looks at events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Anybody.
    Public,
    /// A member of this team.
    Team(TeamId),
    /// Staff.
    Staff,
}

impl Viewer {
    /// The team, if it is one.
    #[must_use]
    pub fn team(self) -> Option<TeamId> {
        match self {
            Self::Team(team) => Some(team),
            Self::Public | Self::Staff => None,
        }
    }
}

/// Whether what was told while the board was frozen is still withheld from a reader. It is
/// lifted once and for all, so whoever learned too late of the thaw sees too little, never too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Embargo {
    /// Results are for the team they are about, and for staff.
    Holds,
    /// For staff always, for everybody after the thaw.
    Lifted,
}

impl Embargo {
    /// For statements.
    #[must_use]
    pub fn is_lifted(self) -> bool {
        self == Self::Lifted
    }
}

/// What of an event decides who may know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// For whom it was meant.
    pub audience: Audience,
    /// Whom it is about.
    pub about: Option<TeamId>,
    /// Whether it is under an embargo that holds for the reader.
    pub withheld: bool,
}

/// The one audience filter: REST, sockets and exports all ask here. What is withheld is known
/// to the team it is about, and to staff.
#[must_use]
pub fn visible(told: Told, viewer: Viewer) -> bool {
    match (told.audience, viewer) {
        (_, Viewer::Staff) => true,
        (Audience::Public, _) | (Audience::Players, Viewer::Team(_)) if !told.withheld => true,
        (Audience::Public | Audience::Players | Audience::Team, Viewer::Team(team)) => {
            told.about == Some(team)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(audience: Audience, about: Option<TeamId>, withheld: bool) -> Told {
        Told { audience, about, withheld }
    }

    #[test]
    fn a_team_sees_its_own_and_the_public_events_only() {
        let (mine, other) = (TeamId::new(), TeamId::new());
        let me = Viewer::Team(mine);
        for withheld in [false, true] {
            assert!(visible(told(Audience::Team, Some(mine), withheld), me));
            assert!(!visible(told(Audience::Team, Some(other), withheld), me));
            assert!(!visible(told(Audience::Team, None, withheld), me));
            assert!(!visible(told(Audience::Staff, Some(mine), withheld), me));
            assert!(!visible(told(Audience::Team, Some(mine), withheld), Viewer::Public));
        }
        assert!(visible(told(Audience::Public, Some(other), false), me));
        assert!(visible(told(Audience::Public, None, false), Viewer::Public));
    }

    #[test]
    fn what_is_withheld_is_known_to_its_team_and_to_staff() {
        let (mine, other) = (TeamId::new(), TeamId::new());
        let score = told(Audience::Public, Some(mine), true);
        assert!(visible(score, Viewer::Team(mine)) && visible(score, Viewer::Staff));
        assert!(!visible(score, Viewer::Team(other)) && !visible(score, Viewer::Public));
        let nobodys = told(Audience::Public, None, true);
        assert!(!visible(nobodys, Viewer::Team(mine)) && visible(nobodys, Viewer::Staff));
    }

    #[test]
    fn staff_sees_everything() {
        for audience in Audience::ALL {
            assert!(visible(told(*audience, None, true), Viewer::Staff));
        }
    }
}
