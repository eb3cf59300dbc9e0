//! What an account is there for.

use crate::types::text_enum;

text_enum! {
    /// What an account is there for: `member` for everybody who registers, all others are staff.
    Role {
        /// Everything, other owners included.
        Owner = "owner",
        /// Everything but owners.
        Admin = "admin",
        /// Questions.
        Editor = "editor",
        /// Corrections.
        Judge = "judge",
        /// What is told to the audience.
        Announcer = "announcer",
        /// The clock of a contest, and its teams.
        Operator = "operator",
        /// Plays.
        Member = "member",
    }
}

impl Role {
    /// Whether it is one of those who run contests.
    #[must_use]
    pub fn is_staff(self) -> bool {
        self != Self::Member
    }
}
