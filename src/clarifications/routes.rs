//! The door to clarifications.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commands::{AnswerClarification, AskClarification};
use super::queries::{self, Filter};
use super::{ClarificationView, Hearers};
use crate::auth::{Admin, Caller, Player};
use crate::body::{Body, not_blank};
use crate::contests::{ContestRef, queries as contests};
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, page_cursor, page_limit};
use crate::types::{ClarificationId, Page, QuestionId};

/// What a team asks.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClarificationInput {
    /// In words.
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(example = "Are accents needed?")]
    pub text: String,
    /// The question that it is about; one that the team holds.
    #[garde(skip)]
    pub question_id: Option<QuestionId>,
}

/// Asks staff something. Up to five may wait for an answer, and ten may be asked in ten minutes.
#[utoipa::path(request_body = ClarificationInput, tag = "clarifications", context_path = "/api/v1",
    security(("team" = [])), params(("contest" = String, Path)),
    responses((status = 201, body = ClarificationView)))]
#[post("/contests/<contest>/clarifications", data = "<body>")]
pub async fn ask_clarification(
    db: Db,
    player: Player,
    contest: ContestRef,
    key: IdempotencyKey,
    body: Body<ClarificationInput>,
) -> Result<Reply, Error> {
    player.must_play(&contest)?;
    let key = body.keyed(key, player.principal());
    let ClarificationInput { text, question_id: question } = body.value;
    db.once(key, &AskClarification { player, text, question }).await
}

/// Lists clarifications with their answers, the newest first: a team's own, or everybody's for staff.
#[utoipa::path(tag = "clarifications", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Page<ClarificationView>)))]
#[get("/contests/<contest>/clarifications?<open>&<limit>&<cursor>")]
pub async fn list_clarifications(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    open: Given<bool>,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<ClarificationView>>, Error> {
    let before = page_cursor::<ClarificationId>(cursor)?;
    let team = caller.own_rows(&contest)?;
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let contest = contests::existing_id(&mut conn, &contest).await?;
    let filter = Filter { team, open: open.0.unwrap_or(false), before, id: None };
    let rows = queries::clarifications(&mut conn, contest, filter, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |asked| asked.id.to_string())))
}

/// An answer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClarificationReply {
    /// What staff says, as Markdown.
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(example = "No")]
    pub text: String,
    /// Who hears it.
    #[garde(skip)]
    pub to: Hearers,
    /// For everybody: the question in staff's words, which say neither who asked nor what only the
    /// asker knows.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "Do accents count in answers?")]
    pub asked: Option<String>,
    /// The last answer, when this one corrects it.
    #[garde(skip)]
    pub corrects: Option<i16>,
}

impl ClarificationReply {
    /// The words for everybody are there when everybody hears it, and only then.
    fn checked(self) -> Result<Self, Error> {
        match (self.to, &self.asked) {
            (Hearers::All, None) => Err(Error::invalid_field("/asked", "is needed when everybody hears it")),
            (Hearers::Asker, Some(_)) => {
                Err(Error::invalid_field("/asked", "is only for what everybody hears"))
            }
            _ => Ok(self),
        }
    }
}

/// Answers a team, or everybody by an announcement; later answers correct the one before.
#[utoipa::path(request_body = ClarificationReply, tag = "clarifications", context_path = "/api/v1",
    security(("admin" = [])), params(("contest" = String, Path)),
    responses((status = 201, body = ClarificationView)))]
#[post("/contests/<contest>/clarifications/<clarification>/answers", data = "<body>")]
pub async fn answer_clarification(
    db: Db,
    by: Admin,
    contest: ContestRef,
    clarification: ClarificationId,
    key: IdempotencyKey,
    body: Body<ClarificationReply>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    let ClarificationReply { text, asked, corrects, .. } = body.value.checked()?;
    db.once(key, &AnswerClarification { by, contest, id: clarification, text, asked, corrects }).await
}
