//! Mystery questions, as existing clients keep them.

use rocket::serde::json::Json;
use rocket::{delete, get, post, put};

use super::commands::{DropClassicQuestion, EditClassicQuestion};
use super::questions::{ClassicQuestion, ClassicQuestionInput, ClassicQuestionPatch};
use super::{ClassicPage, current, queries};
use crate::auth::Admin;
use crate::body::{Body, NoContent};
use crate::db::Db;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, page_cursor, page_limit};
use crate::types::{Page, Pool, QuestionId};

/// Writes a mystery question and places it in the current contest.
#[utoipa::path(request_body = ClassicQuestionInput, tag = "classic", security(("admin" = [])),
    responses((status = 201, body = ClassicQuestion)))]
#[post("/admin/mystery", data = "<body>")]
pub(super) async fn create_classic_mystery(
    db: Db,
    by: Admin,
    key: IdempotencyKey,
    body: Body<ClassicQuestionInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    db.once(key, &body.value.written(by, Pool::Mystery)?).await
}

/// Lists the mystery questions of the current contest, without their answers.
#[utoipa::path(tag = "classic", security(("admin" = [])),
    params(("limit" = Option<u16>, Query, description = "At most so many: 50, up to 200"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before")),
    responses((status = 200, body = ClassicPage<ClassicQuestion>)))]
#[get("/admin/mystery?<limit>&<cursor>")]
pub(super) async fn list_classic_mystery(
    db: Db,
    _admin: Admin,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<ClassicPage<ClassicQuestion>>, Error> {
    let (contest, limit) = (current(&db).await?, page_limit(limit));
    let after = page_cursor(cursor)?;
    let rows = queries::questions(&mut *db.conn().await?, contest, Pool::Mystery, after, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |question| question.question_id.to_string()).into()))
}

/// Reads a mystery question with its answer.
#[utoipa::path(tag = "classic", security(("admin" = [])), params(("question" = QuestionId, Path)),
    responses((status = 200, body = ClassicQuestion)))]
#[get("/admin/mystery/<question>")]
pub(super) async fn get_classic_mystery(
    db: Db,
    _admin: Admin,
    question: QuestionId,
) -> Result<Json<ClassicQuestion>, Error> {
    let contest = current(&db).await?;
    Ok(Json(queries::question(&mut *db.conn().await?, contest, Pool::Mystery, question).await?))
}

/// Changes a mystery question that nobody was given yet; what is left out stays.
#[utoipa::path(request_body = ClassicQuestionPatch, tag = "classic", security(("admin" = [])),
    params(("question" = QuestionId, Path)), responses((status = 200, body = ClassicQuestion)))]
#[put("/admin/mystery/<question>", data = "<body>")]
pub(super) async fn edit_classic_mystery(
    db: Db,
    by: Admin,
    question: QuestionId,
    body: Body<ClassicQuestionPatch>,
) -> Result<Json<ClassicQuestion>, Error> {
    let edit = EditClassicQuestion { by, pool: Pool::Mystery, question, patch: body.value };
    Ok(Json(db.run(&edit).await?))
}

/// Withdraws a mystery question: whoever was given it gets back what it cost and loses what it earned.
#[utoipa::path(tag = "classic", security(("admin" = [])), params(("question" = QuestionId, Path)),
    responses((status = 204)))]
#[delete("/admin/mystery/<question>")]
pub(super) async fn delete_classic_mystery(
    db: Db,
    by: Admin,
    question: QuestionId,
) -> Result<NoContent, Error> {
    db.run(&DropClassicQuestion { by, pool: Pool::Mystery, question }).await?;
    Ok(NoContent)
}
