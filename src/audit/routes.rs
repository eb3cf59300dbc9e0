//! The door to the audit log.

use std::io;

use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt};
use rocket::form::{FromFormField, ValueField};
use rocket::get;
use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::stream::ReaderStream;
use rocket::response::{self, Responder, Response};
use rocket::serde::json::Json;

use super::queries::{AuditEntry, Filter, entries};
use crate::auth::Admin;
use crate::contests::{self, ContestRef};
use crate::db::Db;
use crate::error::Error;
use crate::events::routes::{Chunk, as_lines};
use crate::request::{Given, page_cursor, page_limit, text_filter};
use crate::types::Page;

/// Entries that one statement reads for a file.
const BATCH: i64 = 500;

/// A time of a query.
#[derive(Debug, Clone, Copy)]
pub struct Instant(DateTime<Utc>);

impl<'r> FromFormField<'r> for Instant {
    fn from_value(field: ValueField<'r>) -> rocket::form::Result<'r, Self> {
        let parsed = DateTime::parse_from_rfc3339(field.value);
        let at = parsed
            .map_err(|_| rocket::form::Error::validation("must be a time such as 2026-11-21T09:30:00Z"))?;
        Ok(Self(at.to_utc()))
    }
}

/// One page, or all that there is.
#[derive(Debug)]
pub enum Entries {
    /// As JSON.
    Page(Json<Page<AuditEntry>>),
    /// As NDJSON.
    Lines(Filter, Db),
}

impl<'r> Responder<'r, 'static> for Entries {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Page(page) => page.respond_to(request),
            Self::Lines(filter, db) => Response::build()
                .header(ContentType::new("application", "x-ndjson"))
                .raw_header("Content-Disposition", "attachment; filename=\"audit.ndjson\"")
                .streamed_body(ReaderStream::from(lines(filter, db).boxed()))
                .ok(),
        }
    }
}

/// Statement by statement: no connection is kept while a slow reader takes its time.
fn lines(filter: Filter, db: Db) -> impl stream::Stream<Item = Chunk> {
    stream::unfold(Some((filter, db)), |state| async move {
        let (filter, db) = state?;
        let read = async {
            let found = entries(&mut *db.conn().await?, &filter, BATCH).await?;
            Ok::<_, Error>((as_lines(&found)?, found.last().map(|last| last.id)))
        };
        match read.await {
            Ok((_, None)) => None,
            Ok((text, before)) => {
                Some((Chunk::Text(io::Cursor::new(text)), Some((Filter { before, ..filter }, db))))
            }
            Err(error) => Some((Chunk::Broken(error.to_string()), None)),
        }
    })
}

/// Lists what staff did, and what people did to their own accounts, the newest first. `format=ndjson` sends all of it, one entry in each line.
#[utoipa::path(tag = "audit", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = Option<String>, Query, description = "Only of this contest, by id or code"),
        ("actor" = Option<String>, Query, description = "Only by whoever has this label"),
        ("action" = Option<String>, Query, description = "Only this operation"),
        ("since" = Option<DateTime<Utc>>, Query, description = "Only from this time on"),
        ("limit" = Option<u16>, Query, description = "At most so many: 50, up to 200"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("format" = Option<String>, Query, description = "json or ndjson")),
    responses((status = 200, body = Page<AuditEntry>, description = "A page; or all entries as lines")))]
#[get("/audit?<contest>&<actor>&<action>&<since>&<limit>&<cursor>&<format>")]
#[expect(clippy::too_many_arguments, reason = "one for each parameter of the query")]
pub async fn list_audit(
    db: Db,
    _by: Admin,
    contest: Option<&str>,
    actor: Option<&str>,
    action: Option<&str>,
    since: Given<Instant>,
    limit: Given<u16>,
    cursor: Option<&str>,
    format: Option<&str>,
) -> Result<Entries, Error> {
    let before = page_cursor(cursor)?;
    let named = contest.map(ContestRef::named);
    let mut conn = db.conn().await?;
    let contest = match named {
        Some(named) => Some(contests::queries::find_id(&mut conn, &named).await?),
        None => None,
    };
    let (actor, action) = (text_filter("actor", actor)?, text_filter("action", action)?);
    let filter = Filter { contest, actor, action, since: since.0.map(|since| since.0), before };
    match format {
        None | Some("json") => {
            let limit = page_limit(limit);
            let rows = entries(&mut conn, &filter, limit + 1).await?;
            Ok(Entries::Page(Json(Page::cut(rows, limit, |entry| entry.id.to_string()))))
        }
        Some("ndjson") => {
            drop(conn);
            Ok(Entries::Lines(filter, db))
        }
        Some(_) => Err(Error::invalid_field("format", "must be json or ndjson")),
    }
}
