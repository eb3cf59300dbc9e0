//! The door to the problems of a room.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{State, get, post};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::commands::{AddProblem, AnswerProblem};
use super::{Problem, ProblemVerdict, ProblemView, queries};
use crate::auth::Player;
use crate::body::{Body, not_blank};
use crate::config::Config;
use crate::contests::ContestRef;
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::grading::QuestionKind;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::questions::{Draft, external_id};
use crate::request::{Given, page_cursor, page_limit};
use crate::submissions::routes::parse_answer;
use crate::types::{Page, Points};

/// A problem as its owner writes it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProblemInput {
    /// What the room calls it; at most 100 characters.
    #[garde(skip)]
    #[schema(example = "p1")]
    pub problem_id: String,
    /// How it is answered: `text`, if left out.
    #[garde(skip)]
    pub kind: Option<QuestionKind>,
    /// What is asked, as Markdown.
    #[garde(skip)]
    #[schema(example = "How many bits has a byte?")]
    pub text: String,
    /// What can be chosen, from A on.
    #[garde(skip)]
    #[serde(default)]
    pub options: Vec<String>,
    /// The right answer, in the form that the kind asks for.
    #[garde(skip)]
    #[schema(example = "8")]
    pub answer: Value,
    /// Other spellings of a text that are right.
    #[garde(skip)]
    #[serde(default)]
    pub aliases: Vec<String>,
    /// How far a number may be off.
    #[garde(skip)]
    pub tolerance: Option<Value>,
    /// Whether capitals matter in a text: no.
    #[garde(skip)]
    #[serde(default)]
    pub case_sensitive: bool,
    /// What it is worth.
    #[garde(range(min = 0, max = 1_000_000))]
    #[schema(example = 20)]
    pub points: Points,
    /// How often a member may answer it: once.
    #[garde(range(min = 1, max = 100))]
    pub max_attempts: Option<i16>,
}

impl ProblemInput {
    /// Checks everything and names every wrong value, under this pointer.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn checked(self, under: &str) -> Result<Problem, Error> {
        let name = external_id(&self.problem_id).map_err(|e| FieldError::new("/problem_id", e.detail));
        let draft = Draft {
            kind: self.kind.unwrap_or(QuestionKind::Text),
            text: self.text,
            options: self.options,
            answer: self.answer,
            aliases: self.aliases,
            tolerance: self.tolerance,
            case_sensitive: self.case_sensitive,
            explanation: String::new(),
        };
        match (name, draft.checked()) {
            (Ok(problem_id), Ok(content)) => Ok(Problem {
                problem_id,
                content,
                points: self.points,
                max_attempts: self.max_attempts.unwrap_or(1),
            }),
            (name, content) => {
                let wrong = name.err().into_iter().chain(content.err().into_iter().flatten());
                Err(Error::invalid(
                    wrong.map(|e| FieldError::new(format!("{under}{}", e.pointer), e.detail)).collect(),
                ))
            }
        }
    }
}

/// Adds a problem: a question that everybody in the room may answer. For the owner.
#[utoipa::path(request_body = ProblemInput, tag = "rooms", context_path = "/api/v1", security(("account" = [])),
    params(("room" = String, Path)), responses((status = 201, body = ProblemView)))]
#[post("/rooms/<room>/problems", data = "<body>")]
pub async fn add_problem(
    db: Db,
    by: Player,
    room: ContestRef,
    key: IdempotencyKey,
    config: &State<Config>,
    body: Body<ProblemInput>,
) -> Result<Reply, Error> {
    by.must_play(&room)?;
    let key = body.keyed(key, by.principal());
    let (problem, limit) = (body.value.checked("")?, config.rooms.max_problems);
    db.once(key, &AddProblem { by, problem, limit }).await
}

/// Lists the problems of a room in the order in which they were added, without answers. For members.
#[utoipa::path(tag = "rooms", context_path = "/api/v1", security(("account" = [])),
    params(("room" = String, Path)), responses((status = 200, body = Page<ProblemView>)))]
#[get("/rooms/<room>/problems?<limit>&<cursor>")]
pub async fn list_problems(
    db: Db,
    player: Player,
    room: ContestRef,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<ProblemView>>, Error> {
    let after = page_cursor::<i32>(cursor)?;
    let (limit, room) = (page_limit(limit), player.must_play(&room)?);
    let rows = queries::problems(&mut *db.conn().await?, room, after, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |problem| problem.no.to_string())))
}

/// An answer to a problem.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProblemAnswerInput {
    /// What the room calls the problem.
    #[garde(length(chars, min = 1, max = 100), custom(not_blank))]
    #[schema(example = "p1")]
    pub problem_id: String,
    /// A text, a letter, a list of letters, true or false or a number, as the problem asks.
    #[garde(skip)]
    #[schema(value_type = Value, example = "8")]
    pub answer: Value,
}

/// Answers a problem of the room; the reply is the verdict. What it earns, the room says: points
/// cannot be sent.
#[utoipa::path(request_body = ProblemAnswerInput, tag = "rooms", context_path = "/api/v1", security(("account" = [])),
    params(("room" = String, Path)), responses((status = 200, body = ProblemVerdict)))]
#[post("/rooms/<room>/submissions", data = "<body>")]
pub async fn answer_problem(
    db: Db,
    player: Player,
    room: ContestRef,
    key: IdempotencyKey,
    body: Body<ProblemAnswerInput>,
) -> Result<Reply, Error> {
    player.must_play(&room)?;
    let key = body.keyed(key, player.principal());
    let ProblemAnswerInput { problem_id: problem, answer } = body.value;
    let answer = parse_answer(&answer)?;
    db.once(key, &AnswerProblem { player, problem, answer }).await
}
