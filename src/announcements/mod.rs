//! Announcements: what staff tells everybody, a division or one team. They are numbered and never
//! edited: one that is wrong is withdrawn, or a correction takes its place and says so.

pub mod commands;
pub mod queries;
pub mod readers;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::error::{Error, Refusal};
use crate::types::{TeamId, millis, text_enum};

text_enum! {
    /// How loudly an announcement is shown.
    Priority { Normal = "normal", Urgent = "urgent" }
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Every team, and whoever watches.
    Everybody,
    /// The teams of a division.
    Division(String),
    /// One team.
    Team(TeamId),
}

impl Address {
    fn division(&self) -> Option<&str> {
        match self {
            Self::Division(name) => Some(name),
            Self::Everybody | Self::Team(_) => None,
        }
    }

    fn team(&self) -> Option<TeamId> {
        match self {
            Self::Team(team) => Some(*team),
            Self::Everybody | Self::Division(_) => None,
        }
    }
}

/// What is announced, before it has a number.
#[derive(Debug, Clone)]
pub struct Notice {
    /// In a line.
    pub title: String,
    /// Markdown, kept as it was typed; may be empty.
    pub body: String,
    /// How loudly it is shown.
    pub priority: Priority,
    /// Whether each team is asked to say that it has taken note.
    pub must_acknowledge: bool,
    /// Who is told.
    pub to: Address,
    /// Whose place it takes.
    pub corrects: Option<i32>,
}

/// An announcement, as whoever may read it sees it.
#[derive(Debug, Clone, Serialize, QueryableByName, ToSchema)]
pub struct AnnouncementView {
    /// 1..n in each contest; a reader to whom not all are addressed sees holes.
    #[diesel(sql_type = Integer)]
    #[schema(example = 7)]
    pub number: i32,
    /// In a line.
    #[diesel(sql_type = Text)]
    #[schema(example = "Ten minutes left")]
    pub title: String,
    /// Markdown, as it was typed.
    #[diesel(sql_type = Text)]
    pub body: String,
    /// How loudly it is shown.
    #[diesel(sql_type = Text)]
    pub priority: Priority,
    /// Whether each team is asked to say that it has taken note.
    #[diesel(sql_type = Bool)]
    pub must_acknowledge: bool,
    /// Addressed to the teams of this division only.
    #[diesel(sql_type = Nullable<Text>)]
    pub division: Option<String>,
    /// Addressed to this team only.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub team_id: Option<TeamId>,
    /// The announcement whose place it takes.
    #[diesel(sql_type = Nullable<Integer>)]
    pub corrects: Option<i32>,
    /// The announcement that took its place.
    #[diesel(sql_type = Nullable<Integer>)]
    pub corrected_by: Option<i32>,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "millis::serialize")]
    pub made_at: DateTime<Utc>,
    /// When it was withdrawn.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    #[serde(serialize_with = "millis::option::serialize")]
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// For a team: when it took note.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    #[serde(serialize_with = "millis::option::serialize")]
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// For staff: who made it.
    #[diesel(sql_type = Nullable<Text>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl AnnouncementView {
    /// Whether it can be corrected or withdrawn.
    ///
    /// # Errors
    /// `AnnouncementClosed` when that was done before.
    pub fn must_stand(&self) -> Result<(), Error> {
        match (self.withdrawn_at, self.corrected_by) {
            (None, None) => Ok(()),
            (Some(_), _) => Err(Refusal::AnnouncementClosed.because("it was withdrawn")),
            (None, Some(by)) => Err(Refusal::AnnouncementClosed
                .because(format!("number {by} took its place"))
                .with("corrected_by", by)),
        }
    }

    /// To whom it is addressed.
    #[must_use]
    pub fn address(&self) -> Address {
        match (self.team_id, &self.division) {
            (Some(team), _) => Address::Team(team),
            (None, Some(division)) => Address::Division(division.clone()),
            (None, None) => Address::Everybody,
        }
    }

    /// What those hear to whom it is addressed.
    #[must_use]
    pub fn as_event(&self) -> Value {
        json!({
            "number": self.number, "title": self.title, "body": self.body, "priority": self.priority,
            "must_acknowledge": self.must_acknowledge, "division": self.division, "team_id": self.team_id,
            "corrects": self.corrects,
        })
    }
}

/// What a member has not read yet, of the announcements that stand.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct Unread {
    /// The number up to which this member has read.
    #[diesel(sql_type = Integer)]
    #[schema(example = 5)]
    pub read_up_to: i32,
    /// The newest number that is addressed to the team; 0 for none.
    #[diesel(sql_type = Integer)]
    #[schema(example = 7)]
    pub latest: i32,
    /// How many above `read_up_to` there are.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 2)]
    pub unread: i64,
    /// How many of those are urgent.
    #[diesel(sql_type = BigInt)]
    pub urgent: i64,
    /// How many the team has yet to acknowledge, read or not.
    #[diesel(sql_type = BigInt)]
    pub to_acknowledge: i64,
}

/// A team to which an announcement is addressed, and whether it took note.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct AcknowledgementView {
    /// The team.
    #[diesel(sql_type = SqlUuid)]
    pub team_id: TeamId,
    /// Its name.
    #[diesel(sql_type = Text)]
    #[schema(example = "Red Pandas")]
    pub team: String,
    /// When it took note; null if it has not.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    #[serde(serialize_with = "millis::option::serialize")]
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Which of its members did.
    #[diesel(sql_type = Nullable<Text>)]
    #[schema(example = "Ada")]
    pub by: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced() -> AnnouncementView {
        AnnouncementView {
            number: 3,
            title: "Lunch".to_owned(),
            body: String::new(),
            priority: Priority::Normal,
            must_acknowledge: false,
            division: None,
            team_id: None,
            corrects: None,
            corrected_by: None,
            made_at: DateTime::UNIX_EPOCH,
            withdrawn_at: None,
            acknowledged_at: None,
            by: Some("console".to_owned()),
        }
    }

    #[test]
    fn what_was_withdrawn_or_corrected_does_not_stand() {
        assert!(announced().must_stand().is_ok());
        let withdrawn = AnnouncementView { withdrawn_at: Some(DateTime::UNIX_EPOCH), ..announced() };
        let corrected = AnnouncementView { corrected_by: Some(5), ..announced() };
        for gone in [&withdrawn, &corrected] {
            let error = gone.must_stand().expect_err("it does not stand");
            assert_eq!(error.refusal(), Some(Refusal::AnnouncementClosed));
        }
        let error = corrected.must_stand().expect_err("corrected");
        assert_eq!(error.problem("/", "r").members["corrected_by"], 5);
    }

    #[test]
    fn an_announcement_is_for_a_team_or_a_division_or_everybody() {
        let team = TeamId::new();
        assert_eq!(announced().address(), Address::Everybody);
        let juniors = AnnouncementView { division: Some("Juniors".to_owned()), ..announced() };
        assert_eq!(juniors.address().division(), Some("Juniors"));
        let one = AnnouncementView { team_id: Some(team), ..announced() };
        assert_eq!((one.address().team(), one.address().division()), (Some(team), None));
    }

    #[test]
    fn those_who_hear_of_it_do_not_hear_who_made_it() {
        assert!(!announced().as_event().to_string().contains("console"));
    }
}
