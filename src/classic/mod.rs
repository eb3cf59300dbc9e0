//! The contract of existing clients, on the contest that is marked as the current one.
//!
//! Thin handlers over the commands that everybody uses. Field names are camelCase here and
//! only here; errors are the same problems as everywhere.

mod commands;
mod mystery;
mod play;
mod queries;
mod questions;
pub mod socket;
mod teams;

use garde::Validate;
use rocket::Route;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use crate::assignments::AssignmentView;
use crate::auth::{Admin, Caller, Player, Token};
use crate::body::check_email;
use crate::db::Db;
use crate::error::{Error, FieldError, Refusal};
use crate::grading::QuestionKind;
use crate::ledger::TeamState;
use crate::mystery_boxes::OpenedBox;
use crate::questions::placement::PlacementState;
use crate::questions::text_filter;
use crate::submissions::Verdict;
use crate::teams::commands::RegisteredTeam;
use crate::types::{ContestId, Difficulty, Page, Points, QuestionId, TeamId};

/// Everything existing clients call.
#[must_use]
pub fn routes() -> Vec<Route> {
    rocket::routes![
        teams::register_classic_team,
        teams::list_classic_teams,
        teams::get_classic_team,
        teams::edit_classic_team,
        teams::delete_classic_team,
        play::take_classic_question,
        play::submit_classic_answer,
        play::assign_classic_mystery,
        questions::create_classic_question,
        questions::list_classic_questions,
        questions::get_classic_question,
        questions::edit_classic_question,
        questions::delete_classic_question,
        mystery::create_classic_mystery,
        mystery::list_classic_mystery,
        mystery::get_classic_mystery,
        mystery::edit_classic_mystery,
        mystery::delete_classic_mystery,
        socket::open_classic_socket,
    ]
}

/// The description of the same routes.
#[derive(OpenApi)]
#[openapi(paths(
    teams::register_classic_team,
    teams::list_classic_teams,
    teams::get_classic_team,
    teams::edit_classic_team,
    teams::delete_classic_team,
    play::take_classic_question,
    play::submit_classic_answer,
    play::assign_classic_mystery,
    questions::create_classic_question,
    questions::list_classic_questions,
    questions::get_classic_question,
    questions::edit_classic_question,
    questions::delete_classic_question,
    mystery::create_classic_mystery,
    mystery::list_classic_mystery,
    mystery::get_classic_mystery,
    mystery::edit_classic_mystery,
    mystery::delete_classic_mystery,
    socket::open_classic_socket,
))]
#[derive(Debug)]
pub struct Api;

/// Who acts for a team: staff for any, a team's own token for its own.
#[derive(Debug)]
enum Actor {
    Staff(Admin),
    Member(Player),
}

impl Actor {
    /// # Errors
    /// `NotAuthenticated` without a token, `NotAllowed` for an account that is neither.
    fn of(caller: Caller) -> Result<Self, Error> {
        match caller {
            Caller::Admin(admin) => Ok(Self::Staff(admin)),
            Caller::Player(player) => Ok(Self::Member(player)),
            Caller::Guest(_) => Err(Refusal::NotAllowed.because("this is for staff and teams")),
            Caller::Spectator => Err(Refusal::NotAuthenticated.into()),
        }
    }

    /// Whose idempotency keys these are.
    fn principal(&self) -> String {
        match self {
            Self::Staff(admin) => admin.principal(),
            Self::Member(player) => player.principal(),
        }
    }

    /// The player of a team that was found by its name.
    ///
    /// # Errors
    /// `NotFound` for another team's token: foreign and missing look the same.
    fn plays(&self, contest: ContestId, team: TeamId) -> Result<Player, Error> {
        match self {
            Self::Staff(admin) => Ok(admin.for_team(contest, team)),
            Self::Member(player) if player.contest() == contest && player.team() == team => {
                Ok(player.clone())
            }
            Self::Member(_) => Err(Refusal::NotFound.because("no team has this name")),
        }
    }
}

/// The contest that everything here is about.
async fn current(db: &Db) -> Result<ContestId, Error> {
    Ok(crate::contests::queries::current(&mut *db.conn().await?).await?.id)
}

/// A team that registers.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClassicTeamInput {
    /// 1 to 40 characters; unlike every other team's, also to the eye.
    #[garde(length(max = 1000))]
    #[schema(example = "Red Pandas")]
    team_name: String,
    /// Who plays; the first leads the team. Empty: the team leads itself.
    #[serde(default)]
    #[garde(length(max = 50), inner(length(chars, min = 1, max = 100)))]
    #[schema(example = json!(["Ada", "Grace"]))]
    members: Vec<String>,
    /// How to reach the team.
    #[serde(default)]
    #[garde(length(max = 254), custom(check_email))]
    #[schema(example = "red@example.org")]
    email: String,
}

/// A team that has registered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClassicRegisteredTeam {
    /// Its id.
    team_id: TeamId,
    /// Its name.
    #[schema(example = "Red Pandas")]
    team_name: String,
    /// What it begins with.
    #[schema(example = 1000)]
    points: Points,
    /// Always true.
    registered: bool,
    /// Send it as `Authorization: Bearer`; it is not shown again.
    #[schema(value_type = String, example = "pdm_team_3f9c…")]
    token: Token,
    /// What a further member types to join.
    #[schema(example = "K7MPQ2XY")]
    join_code: String,
}

impl From<RegisteredTeam> for ClassicRegisteredTeam {
    fn from(RegisteredTeam { team, token }: RegisteredTeam) -> Self {
        Self {
            team_id: team.id,
            team_name: team.name,
            points: team.points,
            registered: true,
            token,
            join_code: team.join_code,
        }
    }
}

/// A team, for staff.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClassicTeam {
    /// Its id.
    team_id: TeamId,
    /// Its name.
    #[schema(example = "Red Pandas")]
    team_name: String,
    /// Who plays; the first leads the team.
    #[schema(example = json!(["Ada", "Grace"]))]
    members: Vec<String>,
    /// How to reach it; empty if not given.
    #[schema(example = "red@example.org")]
    email: String,
    /// What it has.
    #[schema(example = 1000)]
    points: Points,
    /// Whether it plays.
    state: TeamState,
}

/// What to change of a team; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClassicTeamPatch {
    /// A new name.
    #[garde(length(max = 1000))]
    #[schema(example = "Blue Pandas")]
    team_name: Option<String>,
    /// A new address.
    #[garde(length(max = 254), inner(custom(check_email)))]
    #[schema(example = "blue@example.org")]
    email: Option<String>,
}

/// A team that wants a question.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClassicQuestionRequest {
    /// Which team; a team's own token names its own.
    #[garde(length(max = 1000))]
    #[schema(example = "Red Pandas")]
    team_name: String,
    /// The question's id or its external id; left out, null or empty: the next free one.
    #[serde(default)]
    #[garde(length(max = 400))]
    #[schema(example = "")]
    question_id: Option<String>,
}

/// A question that a team was given.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClassicGivenQuestion {
    /// Its id.
    question_id: QuestionId,
    /// What is asked, as Markdown.
    #[schema(example = "Which river flows through Vienna?")]
    question: String,
    /// What can be chosen, A first; empty when there is nothing to choose from.
    #[schema(example = json!(["Rhine", "Danube", "Elbe", "Oder"]))]
    options: Vec<String>,
    /// What a right answer earns.
    #[schema(example = 100)]
    points: Points,
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
struct ClassicAnswerInput {
    /// Which team; a team's own token names its own.
    #[garde(length(max = 1000))]
    #[schema(example = "Red Pandas")]
    team_name: String,
    /// The id or external id of a question that the team was given, a mystery question too.
    #[garde(length(max = 400))]
    question_id: String,
    /// A letter, a list of letters, true or false, a text or a number, as the question asks.
    #[garde(skip)]
    #[schema(value_type = Value, example = "B")]
    answer: Value,
}

/// A verdict.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClassicVerdict {
    /// Whether the answer was right.
    correct: bool,
    /// What it earned, bonus included; negative when a wrong answer costs.
    #[schema(example = 100)]
    points_earned: Points,
    /// What the team has now.
    #[schema(example = 1100)]
    total_points: Points,
    /// Its rank now; while the board is frozen, its rank there.
    #[schema(example = 5)]
    rank: i64,
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
struct ClassicMysteryRequest {
    /// Which team; a team's own token names its own.
    #[garde(length(max = 1000))]
    #[schema(example = "Red Pandas")]
    team_name: String,
    /// Which box.
    #[garde(skip)]
    difficulty: Difficulty,
    /// The price that the caller expects; refused when the box has another one.
    #[garde(skip)]
    #[schema(example = 100)]
    points_deducted: Option<Points>,
}

/// A mystery question that a team was given.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClassicGivenMystery {
    /// Its id; answer it like any question.
    mystery_question_id: QuestionId,
    /// What is asked, as Markdown.
    #[schema(example = "Which country has a flag that is not a rectangle?")]
    question: String,
    /// How hard it is.
    difficulty: Difficulty,
    /// What a right answer earns.
    #[schema(example = 200)]
    potential_points: Points,
    /// What the box cost.
    #[schema(example = 100)]
    deducted_points: Points,
    /// What can be chosen, A first; empty when there is nothing to choose from.
    #[schema(example = json!(["Bhutan", "Nepal", "Qatar", "Switzerland"]))]
    options: Vec<String>,
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

/// A question as staff writes it. Its values depend on each other, so they are checked
/// together, by the same rules as those of an imported file.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClassicQuestionInput {
    /// What is asked, as Markdown; at most 10,000 characters.
    #[garde(skip)]
    #[schema(example = "Which river flows through Vienna?")]
    question: String,
    /// What can be chosen, from A on; ten at most.
    #[garde(skip)]
    #[serde(default)]
    #[schema(example = json!(["Rhine", "Danube", "Elbe", "Oder"]))]
    options: Vec<String>,
    /// What is right: a letter or the very text of an option, a list of letters, true or
    /// false, a text or a number.
    #[garde(skip)]
    #[schema(value_type = Value, example = "B")]
    answer: Value,
    /// How it is answered; told from options and answer when left out.
    #[garde(skip)]
    kind: Option<QuestionKind>,
    /// How hard it is.
    #[garde(skip)]
    difficulty: Difficulty,
    /// What it is about: General.
    #[garde(skip)]
    #[serde(default = "general")]
    #[schema(example = "Geography")]
    category: String,
    /// What it is worth: 100. A mystery question earns its box's reward instead.
    #[garde(skip)]
    #[serde(default = "hundred")]
    #[schema(example = 100)]
    points: Points,
    /// Whether it belongs to one team only: yes.
    #[garde(skip)]
    #[serde(default = "yes")]
    exclusive: bool,
    /// How often a team may answer it, up to 100: once.
    #[garde(skip)]
    #[serde(default = "once")]
    max_attempts: i16,
    /// How long a team may take once it has seen it, from a second to a day: no limit.
    #[garde(skip)]
    time_limit_ms: Option<i64>,
    /// Why the answer is right.
    #[garde(skip)]
    #[serde(default)]
    explanation: String,
    /// Its name outside of Podium; a team may ask for the question by it.
    #[garde(skip)]
    #[schema(example = "geo-17")]
    external_id: Option<String>,
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
struct ClassicQuestionPatch {
    /// What is asked.
    #[garde(skip)]
    question: Option<String>,
    /// What can be chosen.
    #[garde(skip)]
    options: Option<Vec<String>>,
    /// What is right.
    #[garde(skip)]
    #[schema(value_type = Option<Value>, example = "A")]
    answer: Option<Value>,
    /// How it is answered.
    #[garde(skip)]
    kind: Option<QuestionKind>,
    /// How hard it is.
    #[garde(skip)]
    difficulty: Option<Difficulty>,
    /// What it is about.
    #[garde(skip)]
    category: Option<String>,
    /// What it is worth.
    #[garde(skip)]
    points: Option<Points>,
    /// How often a team may answer it.
    #[garde(skip)]
    max_attempts: Option<i16>,
    /// How long a team may take.
    #[garde(skip)]
    time_limit_ms: Option<i64>,
    /// Why the answer is right.
    #[garde(skip)]
    explanation: Option<String>,
}

/// A question of the current contest, for staff.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClassicQuestion {
    /// Its id.
    question_id: QuestionId,
    /// Its name outside of Podium.
    #[schema(example = "geo-17")]
    external_id: String,
    /// What is asked, as Markdown.
    #[schema(example = "Which river flows through Vienna?")]
    question: String,
    /// What can be chosen, from A on.
    #[schema(example = json!(["Rhine", "Danube", "Elbe", "Oder"]))]
    options: Vec<String>,
    /// What is right; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>, example = "B")]
    answer: Option<Value>,
    /// How it is answered.
    kind: QuestionKind,
    /// How hard it is.
    difficulty: Difficulty,
    /// What it is about.
    #[schema(example = "Geography")]
    category: String,
    /// What it is worth.
    #[schema(example = 100)]
    points: Points,
    /// Whether it belongs to one team only.
    exclusive: bool,
    /// How often a team may answer it.
    max_attempts: i16,
    /// How long a team may take; null without a limit.
    time_limit_ms: Option<i64>,
    /// Whether it can be had.
    state: PlacementState,
    /// Whether a team could be given it now.
    available: bool,
}

/// A page of a list, and where the next one begins.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClassicPage<T> {
    /// At most `limit` items.
    data: Vec<T>,
    /// Send it as `cursor` to get the next page; null on the last one.
    next_cursor: Option<String>,
}

impl<T> From<Page<T>> for ClassicPage<T> {
    fn from(Page { data, next_cursor }: Page<T>) -> Self {
        Self { data, next_cursor }
    }
}

/// The kind that a question must be of when nobody says.
fn kind_of(options: &[String], answer: &Value) -> QuestionKind {
    match (options.is_empty(), answer) {
        (false, Value::Array(_)) => QuestionKind::MultipleChoice,
        (false, _) => QuestionKind::SingleChoice,
        (true, Value::Bool(_)) => QuestionKind::TrueFalse,
        (true, Value::Number(_)) => QuestionKind::Numeric,
        (true, _) => QuestionKind::Text,
    }
}

/// The letter of the option whose very text was given as the answer. Options that are a
/// letter themselves are the option of that letter, so the two readings never differ.
fn as_letter(options: &[String], answer: Value) -> Value {
    let named = answer.as_str().and_then(|text| options.iter().position(|o| o.trim() == text.trim()));
    named.and_then(|index| ('A'..='J').nth(index)).map_or(answer, |letter| Value::from(letter.to_string()))
}

/// Says what is wrong with a question in the names of this contract.
fn in_classic_names(errors: Vec<FieldError>) -> Vec<FieldError> {
    errors.into_iter().map(|e| FieldError { pointer: classic_pointer(&e.pointer), ..e }).collect()
}

/// `/max_attempts` → `/maxAttempts`; what is asked is called `question` here.
fn classic_pointer(pointer: &str) -> String {
    if pointer == "/text" {
        return "/question".to_owned();
    }
    let mut words = pointer.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name + &initial.to_uppercase() + rest
    })
}

/// The question that a caller names; an empty name is none.
fn named_question(sent: Option<&str>) -> Result<Option<String>, Error> {
    text_filter("/questionId", sent.map(str::trim).filter(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_kind_is_told_from_options_and_answer() {
        let options = ["x".to_owned(), "y".to_owned()];
        assert_eq!(kind_of(&options, &json!("A")), QuestionKind::SingleChoice);
        assert_eq!(kind_of(&options, &json!(["A", "B"])), QuestionKind::MultipleChoice);
        assert_eq!(kind_of(&[], &json!(true)), QuestionKind::TrueFalse);
        assert_eq!(kind_of(&[], &json!(1.5)), QuestionKind::Numeric);
        assert_eq!(kind_of(&[], &json!("Vienna")), QuestionKind::Text);
    }

    #[test]
    fn an_answer_may_be_the_text_of_an_option() {
        let options = ["Rhine".to_owned(), "Danube".to_owned()];
        assert_eq!(as_letter(&options, json!(" Danube ")), json!("B"));
        assert_eq!(as_letter(&options, json!("A")), json!("A"));
        assert_eq!(as_letter(&options, json!("Elbe")), json!("Elbe"));
        assert_eq!(as_letter(&options, json!(["A"])), json!(["A"]));
    }

    #[test]
    fn errors_speak_the_names_of_this_contract() {
        assert_eq!(classic_pointer("/time_limit_ms"), "/timeLimitMs");
        assert_eq!(classic_pointer("/text"), "/question");
        assert_eq!(classic_pointer("/points"), "/points");
    }

    #[test]
    fn a_teams_token_acts_for_its_own_team_only() {
        let (contest, own) = (ContestId::new(), TeamId::new());
        let member = || Actor::Member(Admin::at_the_machine().for_team(contest, own));
        assert!(member().plays(contest, own).is_ok());
        for (contest, team) in [(contest, TeamId::new()), (ContestId::new(), own)] {
            let refused = member().plays(contest, team).expect_err("another team");
            assert_eq!(refused.refusal(), Some(Refusal::NotFound));
        }
        assert!(Actor::Staff(Admin::at_the_machine()).plays(contest, own).is_ok());
        assert!(Actor::of(Caller::Spectator).is_err());
    }
}
