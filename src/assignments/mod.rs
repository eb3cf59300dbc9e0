//! Assignments: this team holds this question, and an exclusive one nobody else ever will.

pub mod commands;
pub mod draw;
pub mod expiry;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    BigInt, Bool, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, Refusal};
use crate::grading::QuestionKind;
use crate::types::{
    AssignmentId, ContestId, Difficulty, Points, Pool, QuestionId, TeamId, millis, text_enum,
};

text_enum! {
    /// Where an assignment is between being given and being closed.
    AssignmentState {
        Assigned = "assigned", Revealed = "revealed", Solved = "solved", Exhausted = "exhausted",
        Expired = "expired", Voided = "voided", Released = "released",
    }
}

/// An assignment, locked for the length of a transaction.
#[derive(Debug, Clone, QueryableByName)]
pub struct Assignment {
    /// The contest.
    #[diesel(sql_type = SqlUuid)]
    pub contest_id: ContestId,
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: AssignmentId,
    /// Who holds it.
    #[diesel(sql_type = SqlUuid)]
    pub team_id: TeamId,
    /// What is held.
    #[diesel(sql_type = SqlUuid)]
    pub question_id: QuestionId,
    /// In which version.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// Whether it belongs to this team only.
    #[diesel(sql_type = Bool)]
    pub exclusive: bool,
    /// Drawn, or from a box.
    #[diesel(sql_type = Text)]
    pub pool: Pool,
    /// What a right answer earns.
    #[diesel(sql_type = BigInt)]
    pub points: Points,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: AssignmentState,
    /// Answers so far.
    #[diesel(sql_type = SmallInt)]
    pub attempts: i16,
    /// Answers allowed.
    #[diesel(sql_type = SmallInt)]
    pub max_attempts: i16,
    /// Time to answer, from the reveal.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub time_limit_ms: Option<i64>,
    /// End of the hold while unrevealed, of the time limit once revealed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl Assignment {
    /// Whether its time is over at this instant.
    #[must_use]
    pub fn is_overdue(&self, at: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|end| at >= end)
    }

    /// Whether it can be revealed.
    ///
    /// # Errors
    /// What its state says.
    pub fn must_reveal(&self, at: DateTime<Utc>) -> Result<(), Error> {
        self.must_be_unrevealed()?;
        if self.is_overdue(at) { Err(Refusal::AssignmentExpired.into()) } else { Ok(()) }
    }

    /// Whether it can be given back: only unseen.
    ///
    /// # Errors
    /// What its state says.
    pub fn must_be_unrevealed(&self) -> Result<(), Error> {
        use AssignmentState::{Assigned, Exhausted, Expired, Released, Revealed, Solved, Voided};
        match self.state {
            Assigned => Ok(()),
            Revealed | Solved | Exhausted => Err(Refusal::AlreadyRevealed.into()),
            Expired => Err(Refusal::AssignmentExpired.into()),
            Voided | Released => Err(Refusal::AssignmentClosed.because(format!("it is {}", self.state))),
        }
    }

    /// Whether an answer received at `at` counts.
    ///
    /// # Errors
    /// What its state says.
    pub fn must_take_answer(&self, at: DateTime<Utc>) -> Result<(), Error> {
        use AssignmentState::{Assigned, Exhausted, Expired, Released, Revealed, Solved, Voided};
        match self.state {
            Assigned => Err(Refusal::NotRevealed.into()),
            Solved => Err(Refusal::AlreadyAnswered.into()),
            Exhausted => Err(Refusal::AttemptsExhausted
                .because(format!("{} of {} attempts were used", self.attempts, self.max_attempts))),
            Expired => Err(Refusal::AssignmentExpired.into()),
            Voided | Released => Err(Refusal::AssignmentClosed.because(format!("it is {}", self.state))),
            Revealed if self.is_overdue(at) => Err(Refusal::AssignmentExpired.into()),
            Revealed => Ok(()),
        }
    }
}

/// What a team may read of a question it holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionText {
    /// How it is answered.
    pub kind: QuestionKind,
    /// Markdown.
    #[schema(example = "Which river flows through Vienna?")]
    pub text: String,
    /// For the choice kinds: the options, A first.
    #[schema(example = json!(["Rhine", "Danube", "Elbe", "Oder"]))]
    pub options: Vec<String>,
}

/// An assignment as its team sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentView {
    /// Its id.
    pub id: AssignmentId,
    /// The question's id.
    pub question_id: QuestionId,
    /// Who holds it.
    pub team_id: TeamId,
    /// Where it stands.
    pub state: AssignmentState,
    /// Drawn, or from a box.
    pub pool: Pool,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// What it is about.
    #[schema(example = "Geography")]
    pub category: String,
    /// What a right answer earns.
    #[schema(example = 100)]
    pub points: Points,
    /// Whether it belongs to this team only.
    pub exclusive: bool,
    /// Answers so far.
    pub attempts: i16,
    /// Answers allowed.
    pub max_attempts: i16,
    /// When it was given.
    #[serde(serialize_with = "millis::serialize")]
    pub assigned_at: DateTime<Utc>,
    /// When it was shown.
    #[serde(serialize_with = "millis::option::serialize")]
    pub revealed_at: Option<DateTime<Utc>>,
    /// Reveal it, or answer it, before then.
    #[serde(serialize_with = "millis::option::serialize")]
    pub expires_at: Option<DateTime<Utc>>,
    /// The question, once revealed.
    pub question: Option<QuestionText>,
}

/// A row behind an [`AssignmentView`].
#[derive(Debug, QueryableByName)]
pub(crate) struct AssignmentRow {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) id: AssignmentId,
    #[diesel(sql_type = SqlUuid)]
    question_id: QuestionId,
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
    #[diesel(sql_type = Text)]
    state: AssignmentState,
    #[diesel(sql_type = Text)]
    pool: Pool,
    #[diesel(sql_type = Text)]
    difficulty: Difficulty,
    #[diesel(sql_type = Text)]
    category: String,
    #[diesel(sql_type = BigInt)]
    points: Points,
    #[diesel(sql_type = Bool)]
    exclusive: bool,
    #[diesel(sql_type = SmallInt)]
    attempts: i16,
    #[diesel(sql_type = SmallInt)]
    max_attempts: i16,
    #[diesel(sql_type = Timestamptz)]
    assigned_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    revealed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    expires_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Jsonb)]
    options: serde_json::Value,
}

impl AssignmentRow {
    /// The view; an unrevealed question keeps its text to itself.
    pub(crate) fn view(self) -> Result<AssignmentView, Error> {
        let question = match self.revealed_at {
            None => None,
            Some(_) => Some(QuestionText {
                kind: self.kind.parse().map_err(|_| Error::Bug(format!("unknown kind {}", self.kind)))?,
                text: self.text,
                options: serde_json::from_value(self.options).map_err(|e| Error::Bug(e.to_string()))?,
            }),
        };
        Ok(AssignmentView {
            id: self.id,
            question_id: self.question_id,
            team_id: self.team_id,
            state: self.state,
            pool: self.pool,
            difficulty: self.difficulty,
            category: self.category,
            points: self.points,
            exclusive: self.exclusive,
            attempts: self.attempts,
            max_attempts: self.max_attempts,
            assigned_at: self.assigned_at,
            revealed_at: self.revealed_at,
            expires_at: self.expires_at,
            question,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(state: AssignmentState) -> Assignment {
        Assignment {
            contest_id: ContestId::new(),
            id: AssignmentId::new(),
            team_id: TeamId::new(),
            question_id: QuestionId::new(),
            version: 1,
            exclusive: true,
            pool: Pool::Regular,
            points: 100,
            state,
            attempts: 0,
            max_attempts: 1,
            time_limit_ms: None,
            expires_at: None,
        }
    }

    #[test]
    fn each_state_has_its_own_refusal_of_an_answer() {
        use AssignmentState::{Assigned, Exhausted, Expired, Released, Revealed, Solved, Voided};
        let now = Utc::now();
        let refusal = |state| held(state).must_take_answer(now).err().and_then(|e| e.refusal());
        assert_eq!(refusal(Revealed), None);
        assert_eq!(refusal(Assigned), Some(Refusal::NotRevealed));
        assert_eq!(refusal(Solved), Some(Refusal::AlreadyAnswered));
        assert_eq!(refusal(Exhausted), Some(Refusal::AttemptsExhausted));
        assert_eq!(refusal(Expired), Some(Refusal::AssignmentExpired));
        assert_eq!(refusal(Voided), Some(Refusal::AssignmentClosed));
        assert_eq!(refusal(Released), Some(Refusal::AssignmentClosed));
    }

    #[test]
    fn the_last_millisecond_counts_and_the_deadline_does_not() {
        let now = Utc::now();
        let timed = Assignment { expires_at: Some(now), ..held(AssignmentState::Revealed) };
        assert!(timed.must_take_answer(now - chrono::Duration::milliseconds(1)).is_ok());
        assert!(timed.must_take_answer(now).is_err());
    }

    #[test]
    fn what_was_seen_cannot_be_given_back() {
        let refusal = |state| held(state).must_be_unrevealed().err().and_then(|e| e.refusal());
        assert_eq!(refusal(AssignmentState::Assigned), None);
        assert_eq!(refusal(AssignmentState::Revealed), Some(Refusal::AlreadyRevealed));
    }
}
