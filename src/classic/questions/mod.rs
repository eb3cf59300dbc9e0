//! Questions in the words of existing clients.

pub(super) mod routes;
pub(super) mod translation;

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::grading::QuestionKind;
use crate::questions::placement::PlacementState;
use crate::types::{Difficulty, Points, QuestionId};

/// A question as staff writes it. Its values depend on each other, so they are checked
/// together, by the same rules as those of an imported file.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClassicQuestionInput {
    /// What is asked, as Markdown; at most 10,000 characters.
    #[garde(skip)]
    #[schema(example = "Which river flows through Vienna?")]
    pub(super) question: String,
    /// What can be chosen, from A on; ten at most.
    #[garde(skip)]
    #[serde(default)]
    #[schema(example = json!(["Rhine", "Danube", "Elbe", "Oder"]))]
    pub(super) options: Vec<String>,
    /// What is right: a letter or the very text of an option, a list of letters, true or
    /// false, a text or a number.
    #[garde(skip)]
    #[schema(value_type = Value, example = "B")]
    pub(super) answer: Value,
    /// How it is answered; told from options and answer when left out.
    #[garde(skip)]
    pub(super) kind: Option<QuestionKind>,
    /// How hard it is.
    #[garde(skip)]
    pub(super) difficulty: Difficulty,
    /// What it is about: General.
    #[garde(skip)]
    #[serde(default = "general")]
    #[schema(example = "Geography")]
    pub(super) category: String,
    /// What it is worth: 100. A mystery question earns its box's reward instead.
    #[garde(skip)]
    #[serde(default = "hundred")]
    #[schema(example = 100)]
    pub(super) points: Points,
    /// Whether it belongs to one team only: yes.
    #[garde(skip)]
    #[serde(default = "yes")]
    pub(super) exclusive: bool,
    /// How often a team may answer it, up to 100: once.
    #[garde(skip)]
    #[serde(default = "once")]
    pub(super) max_attempts: i16,
    /// How long a team may take once it has seen it, from a second to a day: no limit.
    #[garde(skip)]
    pub(super) time_limit_ms: Option<i64>,
    /// Why the answer is right.
    #[garde(skip)]
    #[serde(default)]
    pub(super) explanation: String,
    /// Its name outside of Podium; a team may ask for the question by it.
    #[garde(skip)]
    #[schema(example = "geo-17")]
    pub(super) external_id: Option<String>,
}

fn general() -> String {
    "General".to_owned()
}

fn hundred() -> Points {
    100
}

fn yes() -> bool {
    true
}

fn once() -> i16 {
    1
}

/// What to change of a question; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClassicQuestionPatch {
    /// What is asked.
    #[garde(skip)]
    pub(super) question: Option<String>,
    /// What can be chosen.
    #[garde(skip)]
    pub(super) options: Option<Vec<String>>,
    /// What is right.
    #[garde(skip)]
    #[schema(value_type = Option<Value>, example = "A")]
    pub(super) answer: Option<Value>,
    /// How it is answered.
    #[garde(skip)]
    pub(super) kind: Option<QuestionKind>,
    /// How hard it is.
    #[garde(skip)]
    pub(super) difficulty: Option<Difficulty>,
    /// What it is about.
    #[garde(skip)]
    pub(super) category: Option<String>,
    /// What it is worth.
    #[garde(skip)]
    pub(super) points: Option<Points>,
    /// How often a team may answer it.
    #[garde(skip)]
    pub(super) max_attempts: Option<i16>,
    /// How long a team may take.
    #[garde(skip)]
    pub(super) time_limit_ms: Option<i64>,
    /// Why the answer is right.
    #[garde(skip)]
    pub(super) explanation: Option<String>,
}

/// A question of the current contest, for staff.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClassicQuestion {
    /// Its id.
    pub(super) question_id: QuestionId,
    /// Its name outside of Podium.
    #[schema(example = "geo-17")]
    pub(super) external_id: String,
    /// What is asked, as Markdown.
    #[schema(example = "Which river flows through Vienna?")]
    pub(super) question: String,
    /// What can be chosen, from A on.
    #[schema(example = json!(["Rhine", "Danube", "Elbe", "Oder"]))]
    pub(super) options: Vec<String>,
    /// What is right; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>, example = "B")]
    pub(super) answer: Option<Value>,
    /// How it is answered.
    pub(super) kind: QuestionKind,
    /// How hard it is.
    pub(super) difficulty: Difficulty,
    /// What it is about.
    #[schema(example = "Geography")]
    pub(super) category: String,
    /// What it is worth.
    #[schema(example = 100)]
    pub(super) points: Points,
    /// Whether it belongs to one team only.
    pub(super) exclusive: bool,
    /// How often a team may answer it.
    pub(super) max_attempts: i16,
    /// How long a team may take; null without a limit.
    pub(super) time_limit_ms: Option<i64>,
    /// Whether it can be had.
    pub(super) state: PlacementState,
    /// Whether a team could be given it now.
    pub(super) available: bool,
}
