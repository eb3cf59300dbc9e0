//! A question's place in a contest: what it is worth there, and whether it can be had.

pub mod commands;
pub mod queries;
pub mod routes;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text, Uuid as SqlUuid};
use garde::Validate;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::says_something;
use crate::auth::Admin;
use crate::body::field_errors;
use crate::contests::{Contest, ContestState};
use crate::error::{Error, FieldError, Refusal};
use crate::events::Event;
use crate::grading::QuestionKind;
use crate::types::{ContestId, Difficulty, Points, Pool, QuestionId, text_enum};

text_enum! {
    /// Whether a placed question can be had.
    PlacementState { Draft = "draft", Open = "open", Locked = "locked", Withdrawn = "withdrawn" }
}

impl PlacementState {
    /// The states that may follow this one.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Draft | Self::Locked => &[Self::Open, Self::Withdrawn],
            Self::Open => &[Self::Locked, Self::Withdrawn],
            Self::Withdrawn => &[],
        }
    }

    /// Refuses a move that the state machine does not have.
    ///
    /// # Errors
    /// `IllegalTransition` with `from`, `to` and `allowed`.
    pub fn must_become(self, to: Self) -> Result<(), Error> {
        if self.next().contains(&to) {
            return Ok(());
        }
        let allowed: Vec<_> = self.next().iter().map(|s| s.as_str()).collect();
        Err(Refusal::IllegalTransition
            .because(format!("a question that is {self} cannot become {to}"))
            .with("from", self.as_str())
            .with("to", to.as_str())
            .with("allowed", allowed))
    }
}

/// What staff decides about a question in a contest.
#[derive(Debug, Clone, PartialEq, Eq, Validate, QueryableByName)]
pub struct Terms {
    /// How hard it is.
    #[diesel(sql_type = Text)]
    #[garde(skip)]
    pub difficulty: Difficulty,
    /// What it is about.
    #[diesel(sql_type = Text)]
    #[garde(length(chars, min = 1, max = 100), custom(says_something))]
    pub category: String,
    /// What it is worth.
    #[diesel(sql_type = BigInt)]
    #[garde(range(min = 0, max = 1_000_000_000_000))]
    pub points: Points,
    /// Whether it belongs to one team only.
    #[diesel(sql_type = Bool)]
    #[garde(skip)]
    pub exclusive: bool,
    /// How it is reached.
    #[diesel(sql_type = Text)]
    #[garde(skip)]
    pub pool: Pool,
    /// How often a team may answer it.
    #[diesel(sql_type = SmallInt)]
    #[garde(range(min = 1, max = 100))]
    pub max_attempts: i16,
    /// How long a team may take once it has seen it.
    #[diesel(sql_type = Nullable<BigInt>)]
    #[garde(inner(range(min = 1000, max = 86_400_000)))]
    pub time_limit_ms: Option<i64>,
}

impl Terms {
    /// Trims the category, so that "Music " is no category of its own, and checks everything.
    ///
    /// # Errors
    /// The wrong values, as JSON pointers.
    pub fn checked(mut self) -> Result<Self, Vec<FieldError>> {
        self.category = self.category.trim().to_owned();
        self.validate().map_err(|report| field_errors(&report))?;
        Ok(self)
    }
}

/// A placed question as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Placement {
    /// Which question.
    #[diesel(sql_type = SqlUuid)]
    pub question_id: QuestionId,
    /// The version that is played.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// What staff has decided.
    #[diesel(embed)]
    pub terms: Terms,
    /// Whether it can be had.
    #[diesel(sql_type = Text)]
    pub state: PlacementState,
    /// Counts the edits.
    #[diesel(sql_type = Integer)]
    pub edit_version: i32,
}

impl Placement {
    fn tell(&self, contest: ContestId, kind: &'static str, by: &Admin) -> Event {
        let payload = json!({
            "question_id": self.question_id, "version": self.version, "state": self.state,
            "difficulty": self.terms.difficulty, "category": self.terms.category,
            "points": self.terms.points, "exclusive": self.terms.exclusive, "pool": self.terms.pool,
            "by": by.name(),
        });
        Event::for_staff(contest, kind, None, payload)
    }
}

/// What is written about a contest that is closed for good stays as it is.
///
/// # Errors
/// `ContestEnded`.
pub(crate) fn must_take_questions(contest: &Contest) -> Result<(), Error> {
    match contest.state {
        ContestState::Finalized | ContestState::Archived | ContestState::Cancelled => {
            Err(Refusal::ContestEnded.because(format!("the contest is {}", contest.state)))
        }
        _ => Ok(()),
    }
}

/// A question in a contest as staff sees it. The answer stays in the bank.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacementView {
    /// Which question.
    pub id: QuestionId,
    /// Its name outside of Podium.
    #[schema(example = "geo-e-03")]
    pub external_id: String,
    /// The version that is played.
    pub version: i32,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked, as Markdown.
    #[schema(example = "Which river flows through Paris?")]
    pub text: String,
    /// What can be chosen, from A on.
    #[schema(example = json!(["Seine", "Garonne", "Loire", "Rhône"]))]
    pub options: Vec<String>,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// What it is about.
    #[schema(example = "Geography")]
    pub category: String,
    /// What it is worth.
    #[schema(example = 100)]
    pub points: Points,
    /// Whether it belongs to one team only.
    pub exclusive: bool,
    /// How it is reached.
    pub pool: Pool,
    /// Whether it can be had.
    pub state: PlacementState,
    /// How often a team may answer it.
    pub max_attempts: i16,
    /// How long a team may take once it has seen it; null without a limit.
    pub time_limit_ms: Option<i64>,
    /// Counts the edits; send it as `If-Match`.
    pub edit_version: i32,
    /// Whether a team could take it now: it is open and, if exclusive, nobody's.
    pub available: bool,
}

/// A question as a team sees it before it has taken it.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionOnOffer {
    /// Which question.
    pub id: QuestionId,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// What it is about.
    #[schema(example = "Geography")]
    pub category: String,
    /// What it is worth.
    #[schema(example = 100)]
    pub points: Points,
    /// Always the regular one: mystery questions come out of boxes.
    pub pool: Pool,
    /// Whether this team can take it now; null while the board is frozen, when that would tell
    /// what others do.
    pub available: Option<bool>,
}

/// How many questions are left of one kind.
#[derive(Debug, Serialize, ToSchema, QueryableByName)]
pub struct PoolView {
    /// How they are reached.
    #[diesel(sql_type = Text)]
    pub pool: Pool,
    /// How hard they are.
    #[diesel(sql_type = Text)]
    pub difficulty: Difficulty,
    /// What they are about.
    #[diesel(sql_type = Text)]
    #[schema(example = "Geography")]
    pub category: String,
    /// How many there are in the contest, open or locked.
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    /// How many can be taken now; asked by a team, by this team, and null while the board is frozen.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub left: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Terms {
        Terms {
            difficulty: Difficulty::Easy,
            category: "Music".to_owned(),
            points: 100,
            exclusive: true,
            pool: Pool::Regular,
            max_attempts: 1,
            time_limit_ms: None,
        }
    }

    #[test]
    fn a_withdrawn_question_stays_withdrawn() {
        for to in PlacementState::ALL {
            assert!(PlacementState::Withdrawn.must_become(*to).is_err());
        }
        assert!(PlacementState::Open.must_become(PlacementState::Locked).is_ok());
        assert!(PlacementState::Locked.must_become(PlacementState::Open).is_ok());
        let error = PlacementState::Open.must_become(PlacementState::Draft).expect_err("illegal");
        assert_eq!(error.problem("/", "r").members["allowed"], json!(["locked", "withdrawn"]));
    }

    #[test]
    fn a_category_is_trimmed_and_never_blank() {
        let trimmed = Terms { category: " Music ".to_owned(), ..terms() }.checked();
        assert_eq!(trimmed, Ok(terms()));
        for blank in ["", "  ", "a\0b"] {
            let wrong = Terms { category: blank.to_owned(), ..terms() }.checked().expect_err("blank");
            assert!(wrong.iter().all(|e| e.pointer == "/category"), "{wrong:?}");
        }
    }

    #[test]
    fn every_wrong_term_is_named() {
        let wrong = Terms { points: -1, max_attempts: 0, time_limit_ms: Some(0), ..terms() };
        let pointers: Vec<_> =
            wrong.checked().expect_err("all wrong").into_iter().map(|e| e.pointer).collect();
        assert_eq!(pointers, ["/max_attempts", "/points", "/time_limit_ms"]);
    }
}
