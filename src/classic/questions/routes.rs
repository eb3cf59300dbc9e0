//! Questions, as existing clients keep them.

use rocket::serde::json::Json;
use rocket::{delete, get, post, put};

use super::translation::{in_classic_names, kind_of};
use super::{ClassicQuestion, ClassicQuestionInput, ClassicQuestionPatch};
use crate::auth::Admin;
use crate::body::{Body, NoContent};
use crate::classic::commands::{DropClassicQuestion, EditClassicQuestion, WriteClassicQuestion, read_answer};
use crate::classic::{ClassicPage, current, queries};
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::questions::placement::Terms;
use crate::questions::{Draft, external_id};
use crate::request::{Given, page_cursor, page_limit};
use crate::types::{Page, Pool, QuestionId};

impl ClassicQuestionInput {
    /// The question and its place, checked.
    pub(in crate::classic) fn written(self, by: Admin, pool: Pool) -> Result<WriteClassicQuestion, Error> {
        let kind = self.kind.unwrap_or_else(|| kind_of(&self.options, &self.answer));
        let draft = Draft {
            kind,
            text: self.question,
            answer: read_answer(kind, &self.options, self.answer),
            options: self.options,
            aliases: Vec::new(),
            tolerance: None,
            case_sensitive: false,
            explanation: self.explanation,
        };
        let terms = Terms {
            difficulty: self.difficulty,
            category: self.category,
            points: self.points,
            exclusive: self.exclusive,
            pool,
            max_attempts: self.max_attempts,
            time_limit_ms: self.time_limit_ms,
        };
        let name = self.external_id.as_deref().map(external_id).transpose().map_err(|wrong| vec![wrong]);
        match (name, draft.checked(), terms.checked()) {
            (Ok(external_id), Ok(content), Ok(terms)) => {
                Ok(WriteClassicQuestion { by, external_id, content, terms })
            }
            (name, content, terms) => {
                let wrong = [name.err(), content.err(), terms.err()].into_iter().flatten().flatten();
                Err(Error::invalid(in_classic_names(wrong.collect())))
            }
        }
    }
}

/// Writes a question and places it in the current contest.
#[utoipa::path(request_body = ClassicQuestionInput, tag = "classic", security(("admin" = [])),
    responses((status = 201, body = ClassicQuestion)))]
#[post("/admin/questions", data = "<body>")]
pub(in crate::classic) async fn create_classic_question(
    db: Db,
    by: Admin,
    key: IdempotencyKey,
    body: Body<ClassicQuestionInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    db.once(key, &body.value.written(by, Pool::Regular)?).await
}

/// Lists the questions of the current contest, without their answers.
#[utoipa::path(tag = "classic", security(("admin" = [])),
    params(("limit" = Option<u16>, Query, description = "At most so many: 50, up to 200"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before")),
    responses((status = 200, body = ClassicPage<ClassicQuestion>)))]
#[get("/admin/questions?<limit>&<cursor>")]
pub(in crate::classic) async fn list_classic_questions(
    db: Db,
    _admin: Admin,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<ClassicPage<ClassicQuestion>>, Error> {
    let (contest, limit) = (current(&db).await?, page_limit(limit));
    let after = page_cursor(cursor)?;
    let rows = queries::questions(&mut *db.conn().await?, contest, Pool::Regular, after, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |question| question.question_id.to_string()).into()))
}

/// Reads a question with its answer.
#[utoipa::path(tag = "classic", security(("admin" = [])), params(("question" = QuestionId, Path)),
    responses((status = 200, body = ClassicQuestion)))]
#[get("/admin/questions/<question>")]
pub(in crate::classic) async fn get_classic_question(
    db: Db,
    _admin: Admin,
    question: QuestionId,
) -> Result<Json<ClassicQuestion>, Error> {
    let contest = current(&db).await?;
    Ok(Json(queries::question(&mut *db.conn().await?, contest, Pool::Regular, question).await?))
}

/// Changes a question that nobody was given yet; what is left out stays.
#[utoipa::path(request_body = ClassicQuestionPatch, tag = "classic", security(("admin" = [])),
    params(("question" = QuestionId, Path)), responses((status = 200, body = ClassicQuestion)))]
#[put("/admin/questions/<question>", data = "<body>")]
pub(in crate::classic) async fn edit_classic_question(
    db: Db,
    by: Admin,
    question: QuestionId,
    body: Body<ClassicQuestionPatch>,
) -> Result<Json<ClassicQuestion>, Error> {
    let edit = EditClassicQuestion { by, pool: Pool::Regular, question, patch: body.value };
    Ok(Json(db.run(&edit).await?))
}

/// Withdraws a question: whoever was given it gets back what it cost and loses what it earned.
#[utoipa::path(tag = "classic", security(("admin" = [])), params(("question" = QuestionId, Path)),
    responses((status = 204)))]
#[delete("/admin/questions/<question>")]
pub(in crate::classic) async fn delete_classic_question(
    db: Db,
    by: Admin,
    question: QuestionId,
) -> Result<NoContent, Error> {
    db.run(&DropClassicQuestion { by, pool: Pool::Regular, question }).await?;
    Ok(NoContent)
}
