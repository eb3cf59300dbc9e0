//! Playing: take a question, answer it, open a mystery box.

use rocket::post;

use super::{
    ClassicAnswerInput, ClassicGivenMystery, ClassicGivenQuestion, ClassicMysteryRequest,
    ClassicQuestionRequest, ClassicVerdict, named_question,
};
use crate::auth::Caller;
use crate::body::Body;
use crate::classic::Actor;
use crate::classic::commands::{Acting, AssignClassicMystery, SubmitClassicAnswer, TakeClassicQuestion};
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::submissions::routes::parse_answer;
use crate::teams::routes::parse_name;

fn acting(by: Actor, team_name: &str) -> Result<Acting, Error> {
    Ok(Acting { by, team: parse_name(team_name, "/teamName")? })
}

/// Gives a team the question it names, or the next free one.
#[utoipa::path(request_body = ClassicQuestionRequest, tag = "classic", security(("admin" = []), ("team" = [])),
    responses((status = 200, body = ClassicGivenQuestion)))]
#[post("/admin/teams/question", data = "<body>")]
pub(in crate::classic) async fn take_classic_question(
    db: Db,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<ClassicQuestionRequest>,
) -> Result<Reply, Error> {
    let by = Actor::of(caller)?;
    let key = body.keyed(key, by.principal());
    let acting = acting(by, &body.value.team_name)?;
    let question = named_question(body.value.question_id.as_deref())?;
    db.once(key, &TakeClassicQuestion { acting, question }).await
}

/// Answers a question that the team was given. A wrong answer is a success with `correct: false`.
#[utoipa::path(request_body = ClassicAnswerInput, tag = "classic", security(("admin" = []), ("team" = [])),
    responses((status = 200, body = ClassicVerdict)))]
#[post("/admin/teams/submit", data = "<body>")]
pub(in crate::classic) async fn submit_classic_answer(
    db: Db,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<ClassicAnswerInput>,
) -> Result<Reply, Error> {
    let by = Actor::of(caller)?;
    let key = body.keyed(key, by.principal());
    let acting = acting(by, &body.value.team_name)?;
    let answer = parse_answer(&body.value.answer)?;
    let question = named_question(Some(&body.value.question_id))?
        .ok_or_else(|| Error::invalid_field("/questionId", "must not be blank"))?;
    db.once(key, &SubmitClassicAnswer { acting, question, answer }).await
}

/// Opens the mystery box of a difficulty for a team: pays its price, gives its question.
#[utoipa::path(request_body = ClassicMysteryRequest, tag = "classic", security(("admin" = []), ("team" = [])),
    responses((status = 200, body = ClassicGivenMystery)))]
#[post("/admin/mystery/assign", data = "<body>")]
pub(in crate::classic) async fn assign_classic_mystery(
    db: Db,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<ClassicMysteryRequest>,
) -> Result<Reply, Error> {
    let by = Actor::of(caller)?;
    let key = body.keyed(key, by.principal());
    let acting = acting(by, &body.value.team_name)?;
    let ClassicMysteryRequest { difficulty, points_deducted: expected_price, .. } = body.value;
    db.once(key, &AssignClassicMystery { acting, difficulty, expected_price }).await
}
