//! The door to the bank.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{delete, get, post, put};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::commands::{CreateQuestion, EditQuestion, RetireQuestion};
use super::queries::BankFilter;
use super::{BankEntry, Content, Draft, QuestionView, external_id, queries, text_filter};
use crate::auth::Admin;
use crate::body::{Body, NoContent, Versioned};
use crate::db::Db;
use crate::error::{Error, FieldError, Refusal};
use crate::grading::QuestionKind;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, IfMatch, page_cursor, page_limit};
use crate::types::{Page, QuestionId};

/// A question as it is written. Its values depend on each other, so they are checked
/// together, by the same rules as those of an imported file.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionInput {
    /// Its name outside of Podium, at most 100 characters; its id when left out.
    #[garde(skip)]
    #[schema(example = "geo-e-03")]
    pub external_id: Option<String>,
    /// How it is answered.
    #[garde(skip)]
    pub kind: QuestionKind,
    /// What is asked, as Markdown; at most 10,000 characters.
    #[garde(skip)]
    #[schema(example = "Which river flows through Paris?")]
    pub text: String,
    /// What can be chosen, from A on; ten at most.
    #[garde(skip)]
    #[serde(default)]
    #[schema(example = json!(["Seine", "Garonne", "Loire", "Rhône"]))]
    pub options: Vec<String>,
    /// Single choice: a letter. Multiple choice: a list of letters. True or false: a
    /// boolean. Text: a text. Numeric: a number.
    #[garde(skip)]
    #[schema(example = "A")]
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
    /// Why it is right; at most 10,000 characters.
    #[garde(skip)]
    #[serde(default)]
    pub explanation: String,
}

impl QuestionInput {
    fn checked(self) -> Result<(Option<String>, Content), Error> {
        let name = self.external_id.as_deref().map(external_id).transpose();
        let draft = Draft {
            kind: self.kind,
            text: self.text,
            options: self.options,
            answer: self.answer,
            aliases: self.aliases,
            tolerance: self.tolerance,
            case_sensitive: self.case_sensitive,
            explanation: self.explanation,
        };
        match (name, draft.checked()) {
            (Ok(name), Ok(content)) => Ok((name, content)),
            (name, content) => {
                let wrong: Vec<FieldError> =
                    name.err().into_iter().chain(content.err().into_iter().flatten()).collect();
                Err(Error::invalid(wrong))
            }
        }
    }
}

/// Puts a question into the bank.
#[utoipa::path(request_body = QuestionInput, tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    responses((status = 201, body = QuestionView)))]
#[post("/questions", data = "<body>")]
pub async fn create_question(
    db: Db,
    by: Admin,
    key: IdempotencyKey,
    body: Body<QuestionInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    let (external_id, content) = body.value.checked()?;
    db.once(key, &CreateQuestion { by, external_id, content }).await
}

/// Lists the bank in the order in which it was written, without answers.
#[utoipa::path(tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    params(("external_id" = Option<String>, Query, description = "Only the question of this name"),
        ("text" = Option<String>, Query, description = "Only questions that contain this"),
        ("limit" = Option<u16>, Query, description = "At most so many: 50, up to 200"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = Page<BankEntry>)))]
#[get("/questions?<external_id>&<text>&<limit>&<cursor>")]
pub async fn list_questions(
    db: Db,
    _admin: Admin,
    external_id: Option<&str>,
    text: Option<&str>,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<BankEntry>>, Error> {
    let filter = BankFilter {
        external_id: text_filter("external_id", external_id)?,
        text: text_filter("text", text)?,
        after: page_cursor(cursor)?,
    };
    let limit = page_limit(limit);
    let rows = queries::bank(&mut *db.conn().await?, &filter, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |entry| entry.id.to_string())))
}

/// Reads a question with its answer.
#[utoipa::path(tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    params(("question" = QuestionId, Path)), responses((status = 200, body = QuestionView)))]
#[get("/questions/<question>")]
pub async fn get_question(
    db: Db,
    _admin: Admin,
    question: QuestionId,
) -> Result<Versioned<QuestionView>, Error> {
    let value = queries::question(&mut *db.conn().await?, question).await?;
    Ok(Versioned { version: value.entry.version, value })
}

/// Writes the next version of a question. Contests keep the version they have pinned.
#[utoipa::path(request_body = QuestionInput, tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    params(("question" = QuestionId, Path),
        ("If-Match" = String, Header, description = "The version that was read")),
    responses((status = 200, body = QuestionView)))]
#[put("/questions/<question>", data = "<body>")]
pub async fn edit_question(
    db: Db,
    by: Admin,
    question: QuestionId,
    version: IfMatch,
    body: Body<QuestionInput>,
) -> Result<Versioned<QuestionView>, Error> {
    let (external_id, content) = body.value.checked()?;
    let value = db.run(&EditQuestion { by, question, version: version.0, external_id, content }).await?;
    Ok(Versioned { version: value.entry.version, value })
}

/// Lists all versions of a question with their answers, the newest first.
#[utoipa::path(tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    params(("question" = QuestionId, Path),
        ("limit" = Option<u16>, Query, description = "At most so many: 50, up to 200"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = Page<QuestionView>)))]
#[get("/questions/<question>/versions?<limit>&<cursor>")]
pub async fn list_question_versions(
    db: Db,
    _admin: Admin,
    question: QuestionId,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<QuestionView>>, Error> {
    let (limit, before) = (page_limit(limit), page_cursor(cursor)?);
    let rows = queries::versions(&mut *db.conn().await?, question, before, limit + 1).await?;
    if rows.is_empty() && before.is_none() {
        return Err(Refusal::NotFound.into());
    }
    Ok(Json(Page::cut(rows, limit, |version| version.entry.version.to_string())))
}

/// Takes a question out of the bank, unless it has its place in a contest.
#[utoipa::path(tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    params(("question" = QuestionId, Path)), responses((status = 204)))]
#[delete("/questions/<question>")]
pub async fn delete_question(db: Db, by: Admin, question: QuestionId) -> Result<NoContent, Error> {
    db.run(&RetireQuestion { by, question }).await?;
    Ok(NoContent)
}
