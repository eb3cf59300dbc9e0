//! Which operation needs which right, and which role has it: the whole policy on one page.
//!
//! An operation is known by its handler's name, which is its id in the description of the
//! interface. Whatever is written and not listed needs the most; so a new route is closed until it
//! is thought about.

use rocket::http::Method;
use rocket::request::Request;

use super::Role;
use crate::types::text_enum;

text_enum! {
    /// What somebody of the staff may do.
    Right {
        /// See what is not public: drafts, every team, what is embargoed.
        See = "see",
        /// See right answers.
        Answers = "answers",
        /// Write questions and place them.
        Questions = "questions",
        /// Correct points, withdraw questions, disqualify.
        Judge = "judge",
        /// Tell teams something, and answer what they ask.
        Announce = "announce",
        /// Keep order among those who talk to each other.
        Moderate = "moderate",
        /// Move a contest's clock, and look after its teams.
        Operate = "operate",
        /// Everything else: contests and their rules, accounts that are no owners', the audit log.
        Manage = "manage",
    }
}

const QUESTIONS: &[&str] = &[
    "create_question",
    "edit_question",
    "delete_question",
    "place_question",
    "edit_contest_question",
    "import_questions",
    "create_classic_question",
    "edit_classic_question",
    "delete_classic_question",
    "create_classic_mystery",
    "edit_classic_mystery",
    "delete_classic_mystery",
    "offer_box",
    "edit_box",
];

const JUDGE: &[&str] = &[
    "create_adjustment",
    "reverse_entry",
    "withdraw_question",
    "disqualify_team",
    "reinstate_team",
    "finalize_contest",
];

const ANNOUNCE: &[&str] = &["create_announcement", "withdraw_announcement", "answer_clarification"];

const OPERATE: &[&str] = &[
    "publish_contest",
    "start_contest",
    "pause_contest",
    "resume_contest",
    "freeze_board",
    "end_contest",
    "thaw_board",
    "register_team",
    "join_team",
    "edit_team",
    "withdraw_team",
    "delete_team",
    "reissue_team_token",
    "register_classic_team",
    "edit_classic_team",
    "delete_classic_team",
    "take_classic_question",
    "submit_classic_answer",
    "assign_classic_mystery",
    "get_metrics",
];

const MODERATE: &[&str] = &["delete_message", "mute_member", "unmute_member"];

const ANSWERS: &[&str] = &[
    "list_questions",
    "get_question",
    "list_question_versions",
    "export_questions",
    "report_questions",
    "list_classic_questions",
    "get_classic_question",
    "list_classic_mystery",
    "get_classic_mystery",
];

const MANAGE: &[&str] = &["list_audit", "list_accounts", "get_account"];

/// What anybody may do, token or not. Staff without the right does it like everybody else.
const OPEN: &[&str] = &["register_team", "join_team", "register_classic_team"];

impl Right {
    /// What this operation needs of staff.
    #[must_use]
    pub fn needed(operation: &str, reads: bool) -> Self {
        let among = |names: &[&str]| names.contains(&operation);
        match () {
            () if among(MANAGE) => Self::Manage,
            () if among(QUESTIONS) => Self::Questions,
            () if among(JUDGE) => Self::Judge,
            () if among(ANNOUNCE) => Self::Announce,
            () if among(OPERATE) => Self::Operate,
            () if among(MODERATE) => Self::Moderate,
            () if among(ANSWERS) => Self::Answers,
            () if reads => Self::See,
            () => Self::Manage,
        }
    }

    /// Whether it lets somebody look and nothing else.
    #[must_use]
    pub fn is_to_look(self) -> bool {
        matches!(self, Self::See | Self::Answers)
    }

    pub(super) fn of(request: &Request<'_>) -> Self {
        Self::needed(operation(request), request.method() == Method::Get)
    }
}

pub(super) fn is_open(request: &Request<'_>) -> bool {
    OPEN.contains(&operation(request))
}

fn operation<'r>(request: &'r Request<'_>) -> &'r str {
    request.route().and_then(|route| route.name.as_deref()).unwrap_or_default()
}

impl Role {
    /// Whether it has this right.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        match self {
            Self::Owner | Self::Admin => true,
            Self::Editor => matches!(right, Right::See | Right::Answers | Right::Questions),
            Self::Judge => matches!(
                right,
                Right::See | Right::Answers | Right::Judge | Right::Announce | Right::Moderate
            ),
            Self::Operator => {
                matches!(right, Right::See | Right::Operate | Right::Announce | Right::Moderate)
            }
            Self::Announcer => matches!(right, Right::See | Right::Announce),
            Self::Member => false,
        }
    }

    /// Whether it may make this one of somebody, or take it away: owners are made by owners.
    #[must_use]
    pub fn may_grant(self, other: Self) -> bool {
        self.may(Right::Manage) && (self == Self::Owner || other != Self::Owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_is_for_those_who_may_everything() {
        assert_eq!(Right::needed("launch_rocket", false), Right::Manage);
        assert_eq!(Right::needed("list_rockets", true), Right::See);
    }

    #[test]
    fn owners_are_made_and_unmade_by_owners() {
        for role in Role::ALL {
            assert_eq!(role.may_grant(Role::Owner), *role == Role::Owner, "{role}");
            assert_eq!(role.may_grant(Role::Judge), matches!(role, Role::Owner | Role::Admin), "{role}");
        }
    }
}
