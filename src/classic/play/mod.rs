//! Questions taken and answered, in the words of existing clients.

pub(super) mod routes;

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::assignments::AssignmentView;
use crate::error::Error;
use crate::mystery_boxes::OpenedBox;
use crate::questions::text_filter;
use crate::submissions::Verdict;
use crate::types::{Difficulty, Points, QuestionId};

/// A team that wants a question.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClassicQuestionRequest {
    /// Which team; a team's own token names its own.
    #[garde(length(max = 1000))]
    #[schema(example = "Red Pandas")]
    pub(super) team_name: String,
    /// The question's id or its external id; left out, null or empty: the next free one.
    #[serde(default)]
    #[garde(length(max = 400))]
    #[schema(example = "")]
    pub(super) question_id: Option<String>,
}

/// A question that a team was given.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClassicGivenQuestion {
    /// Its id.
    pub(super) question_id: QuestionId,
    /// What is asked, as Markdown.
    #[schema(example = "Which river flows through Vienna?")]
    pub(super) question: String,
    /// What can be chosen, A first; empty when there is nothing to choose from.
    #[schema(example = json!(["Rhine", "Danube", "Elbe", "Oder"]))]
    pub(super) options: Vec<String>,
    /// What a right answer earns.
    #[schema(example = 100)]
    pub(super) points: Points,
}

impl TryFrom<AssignmentView> for ClassicGivenQuestion {
    type Error = Error;
    fn try_from(held: AssignmentView) -> Result<Self, Error> {
        let shown = held.question.ok_or_else(|| Error::Bug("a revealed question has no text".to_owned()))?;
        Ok(Self {
            question_id: held.question_id,
            question: shown.text,
            options: shown.options,
            points: held.points,
        })
    }
}

/// An answer of a team.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClassicAnswerInput {
    /// Which team; a team's own token names its own.
    #[garde(length(max = 1000))]
    #[schema(example = "Red Pandas")]
    pub(super) team_name: String,
    /// The id or external id of a question that the team was given, a mystery question too.
    #[garde(length(max = 400))]
    pub(super) question_id: String,
    /// A letter, a list of letters, true or false, a text or a number, as the question asks.
    #[garde(skip)]
    #[schema(value_type = Value, example = "B")]
    pub(super) answer: Value,
}

/// A verdict.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClassicVerdict {
    /// Whether the answer was right.
    pub(super) correct: bool,
    /// What it earned, bonus included; negative when a wrong answer costs.
    #[schema(example = 100)]
    pub(super) points_earned: Points,
    /// What the team has now.
    #[schema(example = 1100)]
    pub(super) total_points: Points,
    /// Its rank now; while the board is frozen, its rank there.
    #[schema(example = 5)]
    pub(super) rank: i64,
}

impl From<Verdict> for ClassicVerdict {
    fn from(verdict: Verdict) -> Self {
        Self {
            correct: verdict.correct,
            points_earned: verdict.points_earned,
            total_points: verdict.total_points,
            rank: verdict.rank,
        }
    }
}

/// A team that opens a mystery box.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClassicMysteryRequest {
    /// Which team; a team's own token names its own.
    #[garde(length(max = 1000))]
    #[schema(example = "Red Pandas")]
    pub(super) team_name: String,
    /// Which box.
    #[garde(skip)]
    pub(super) difficulty: Difficulty,
    /// The price that the caller expects; refused when the box has another one.
    #[garde(skip)]
    #[schema(example = 100)]
    pub(super) points_deducted: Option<Points>,
}

/// A mystery question that a team was given.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClassicGivenMystery {
    /// Its id; answer it like any question.
    pub(super) mystery_question_id: QuestionId,
    /// What is asked, as Markdown.
    #[schema(example = "Which country has a flag that is not a rectangle?")]
    pub(super) question: String,
    /// How hard it is.
    pub(super) difficulty: Difficulty,
    /// What a right answer earns.
    #[schema(example = 200)]
    pub(super) potential_points: Points,
    /// What the box cost.
    #[schema(example = 100)]
    pub(super) deducted_points: Points,
    /// What can be chosen, A first; empty when there is nothing to choose from.
    #[schema(example = json!(["Bhutan", "Nepal", "Qatar", "Switzerland"]))]
    pub(super) options: Vec<String>,
}

impl TryFrom<OpenedBox> for ClassicGivenMystery {
    type Error = Error;
    fn try_from(opened: OpenedBox) -> Result<Self, Error> {
        let (price, reward, difficulty) = (opened.price, opened.reward, opened.assignment.difficulty);
        let given = ClassicGivenQuestion::try_from(opened.assignment)?;
        Ok(Self {
            mystery_question_id: given.question_id,
            question: given.question,
            difficulty,
            potential_points: reward,
            deducted_points: price,
            options: given.options,
        })
    }
}

/// The question that a caller names; an empty name is none.
fn named_question(sent: Option<&str>) -> Result<Option<String>, Error> {
    text_filter("/questionId", sent.map(str::trim).filter(|name| !name.is_empty()))
}
