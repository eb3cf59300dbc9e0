//! The door to submissions.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{FromForm, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commands::SubmitAnswer;
use super::queries::SubmissionFilter;
use super::{SubmissionView, Verdict, queries};
use crate::assignments::queries::assignment as assignment_of;
use crate::auth::{Caller, Mover};
use crate::body::Body;
use crate::contests::{ContestRef, queries::existing_id};
use crate::db::Db;
use crate::error::Error;
use crate::grading::Answer;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, page_cursor, page_limit};
use crate::types::{AssignmentId, Page, QuestionId, TeamId};

/// An answer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerInput {
    /// A letter, a list of letters, true or false, a text or a number, as the question asks.
    #[garde(skip)]
    #[schema(value_type = Value, example = "B")]
    pub answer: serde_json::Value,
}

/// What was sent as an answer, or the 422 that says why it cannot be one.
///
/// # Errors
/// `Invalid` at `/answer`.
pub fn parse_answer(answer: &serde_json::Value) -> Result<Answer, Error> {
    Answer::parse(answer).map_err(|e| Error::invalid_field("/answer", e.to_string()))
}

/// Submits an answer; the reply is the verdict. A wrong answer is a success with `correct: false`.
#[utoipa::path(request_body = AnswerInput, tag = "submissions", context_path = "/api/v1", security(("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Verdict)))]
#[post("/contests/<contest>/assignments/<assignment>/submissions", data = "<body>")]
pub async fn submit_answer(
    db: Db,
    mover: Mover,
    contest: ContestRef,
    assignment: AssignmentId,
    key: IdempotencyKey,
    body: Body<AnswerInput>,
) -> Result<Reply, Error> {
    mover.must_play(&contest)?;
    let key = body.keyed(key, mover.principal());
    let answer = parse_answer(&body.value.answer)?;
    mover.once(&db, key, |player| SubmitAnswer { player, assignment, answer }).await
}

/// Lists the submissions to one assignment, for its team and for staff.
#[utoipa::path(tag = "submissions", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Page<SubmissionView>)))]
#[get("/contests/<contest>/assignments/<assignment>/submissions?<limit>&<cursor>")]
pub async fn list_assignment_submissions(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    assignment: AssignmentId,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<SubmissionView>>, Error> {
    let filter = SubmissionFilter { assignment: Some(assignment), ..SubmissionFilter::default() };
    list(&db, &caller, &contest, filter, limit, cursor).await
}

/// Which submissions are listed.
#[derive(Debug, FromForm)]
pub struct Wish<'r> {
    team: Option<&'r str>,
    question: Option<&'r str>,
    correct: Given<bool>,
    newest: Given<bool>,
}

impl Wish<'_> {
    fn filter(&self) -> Result<SubmissionFilter, Error> {
        let id = |name: &str, e: uuid::Error| Error::invalid_field(name, e.to_string());
        Ok(SubmissionFilter {
            team: self.team.map(str::parse).transpose().map_err(|e| id("team", e))?,
            question: self.question.map(str::parse).transpose().map_err(|e| id("question", e))?,
            correct: self.correct.0,
            newest: self.newest.0.unwrap_or_default(),
            ..SubmissionFilter::default()
        })
    }
}

/// Lists a team's submissions; staff sees everybody's.
#[utoipa::path(tag = "submissions", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path),
        ("team" = Option<TeamId>, Query, description = "Only of this team"),
        ("question" = Option<QuestionId>, Query, description = "Only to this question"),
        ("correct" = Option<bool>, Query, description = "Only those with this verdict"),
        ("newest" = Option<bool>, Query, description = "The newest first: no"),
        ("limit" = Option<u16>, Query, description = "At most so many: 50, up to 200"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = Page<SubmissionView>)))]
#[get("/contests/<contest>/submissions?<limit>&<cursor>&<wish..>")]
pub async fn list_submissions(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    wish: Wish<'_>,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<SubmissionView>>, Error> {
    list(&db, &caller, &contest, wish.filter()?, limit, cursor).await
}

async fn list(
    db: &Db,
    caller: &Caller,
    contest: &ContestRef,
    filter: SubmissionFilter,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<SubmissionView>>, Error> {
    let after = page_cursor(cursor)?;
    let own = caller.own_rows(contest)?;
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let contest = existing_id(&mut conn, contest).await?;
    if let Some(assignment) = filter.assignment {
        let held = assignment_of(&mut conn, contest, assignment).await?;
        caller.must_see_team(contest, held.team_id)?;
    }
    if let Some(asked) = filter.team {
        caller.must_see_team(contest, asked)?;
    }
    let filter = SubmissionFilter { team: own.or(filter.team), after, ..filter };
    let rows = queries::submissions(&mut conn, contest, &filter, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |s| s.id.to_string())))
}
