//! The door for files of questions.

use rocket::data::{Data, Limits, ToByteUnit};
use rocket::http::ContentType;
use rocket::{get, post};

use super::commands::ImportQuestions;
use super::{Format, ImportReport, QuestionRecord, queries, read_file};
use crate::auth::Admin;
use crate::body::read;
use crate::contests::{ContestRef, queries as contests};
use crate::db::Db;
use crate::download::Download;
use crate::error::{Error, Refusal};
use crate::idempotency::{IdempotencyKey, Reply};
use crate::questions::filter;

/// The format that was asked for, or the one that the body says it has.
fn format_of(asked: Option<Format>, sent: Option<&ContentType>) -> Result<Format, Error> {
    match (asked, sent) {
        (Some(format), _) => Ok(format),
        (None, Some(kind)) if kind.is_json() => Ok(Format::Json),
        (None, Some(kind)) if kind.is_csv() => Ok(Format::Csv),
        _ => Err(Refusal::UnsupportedMediaType
            .because("send Content-Type: application/json or text/csv, or say ?format=json or ?format=csv")),
    }
}

/// A switch of the query. Whoever mistypes `dry_run` must not import for real.
fn switch(name: &str, sent: Option<&str>) -> Result<bool, Error> {
    match sent {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Error::invalid_field(name, "must be true or false")),
    }
}

/// Imports a file of questions into the bank and the contest: all of it or nothing.
///
/// A question whose `external_id` the bank knows gets its next version if the content
/// differs, and its place in the contest is changed unless a team has been given it. With
/// `dry_run` nothing is written and the report says what would happen.
#[allow(clippy::too_many_arguments, reason = "one for each part of the request")]
#[utoipa::path(tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    request_body(description = "At most 10 MiB and 20,000 questions",
        content((Vec<QuestionRecord> = "application/json"), (String = "text/csv"))),
    params(("contest" = String, Path),
        ("format" = Option<Format>, Query, description = "By the content type when left out"),
        ("dry_run" = Option<bool>, Query, description = "Say only what would happen")),
    responses((status = 200, body = ImportReport)))]
#[post("/contests/<contest>/questions/import?<format>&<dry_run>", data = "<data>")]
pub async fn import_questions(
    db: Db,
    by: Admin,
    contest: ContestRef,
    key: IdempotencyKey,
    limits: &Limits,
    kind: Option<&ContentType>,
    format: Option<&str>,
    dry_run: Option<&str>,
    data: Data<'_>,
) -> Result<Reply, Error> {
    let format = format_of(filter("format", format)?, kind)?;
    let dry_run = switch("dry_run", dry_run)?;
    let bytes = read(data, limits.get("import").unwrap_or(10.mebibytes())).await?;
    let operation = format!("import_questions {contest:?} {format} {dry_run}");
    let key = key.of(by.principal(), &operation, &bytes);
    // Ten thousand answer keys take a while; sockets and clocks share this thread.
    let file = rocket::tokio::task::spawn_blocking(move || read_file(format, &bytes));
    let file = file.await.map_err(|e| Error::Bug(format!("reading a file: {e}")))?;
    if file.wrong.count == 0 {
        return db.once(key, &ImportQuestions { by, contest, records: file.records, dry_run }).await;
    }
    // The good questions are looked up all the same, so that all errors are told at once.
    let look = ImportQuestions { by, contest, records: file.records, dry_run: true };
    let report = db.run(&look).await?.with(file.total, file.wrong, dry_run);
    if dry_run { Reply::of(report, false) } else { Err(report.refused()?) }
}

/// Exports the questions of a contest with their answers; the file imports to the same.
#[utoipa::path(tag = "questions", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path),
        ("format" = Option<Format>, Query, description = "JSON when left out")),
    responses((status = 200, description = "The file, as an attachment",
        content((Vec<QuestionRecord> = "application/json"), (String = "text/csv")))))]
#[get("/contests/<contest>/questions/export?<format>")]
pub async fn export_questions(
    db: Db,
    _admin: Admin,
    contest: ContestRef,
    format: Option<&str>,
) -> Result<Download, Error> {
    let format = filter("format", format)?.unwrap_or(Format::Json);
    let mut conn = db.conn().await?;
    let found = contests::contest(&mut conn, &contest, true).await?;
    let body = queries::export(&mut conn, found.id, format).await?;
    Ok(Download { format, name: format!("questions-{}.{format}", found.code), body })
}
