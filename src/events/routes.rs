//! The door to the event log.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream, StreamExt};
use rocket::get;
use rocket::http::Accept;
use rocket::http::ContentType;
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};
use rocket::response::stream::ReaderStream;
use rocket::response::{self, Responder, Response};
use rocket::serde::json::Json;
use rocket::tokio::io::{AsyncRead, ReadBuf};
use serde::Serialize;
use utoipa::ToSchema;

use super::Viewer;
use super::feed::{self, Reader, Record};
use crate::auth::Caller;
use crate::contests::{self, ContestRef};
use crate::db::Db;
use crate::error::Error;
use crate::request::{Given, page_limit};
use crate::types::{ContestId, TeamId, millis};

/// How many events one statement looks through.
const SCAN: i64 = 1000;

/// How many statements one page may take to find events that its reader may see.
const SCANS: u32 = 10;

/// An event as a reader sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// 1..n without a hole in each contest; a reader who may not see all sees holes.
    #[schema(example = 1058)]
    pub seq: i64,
    /// What happened.
    #[schema(example = "score_changed")]
    pub kind: String,
    /// When it happened.
    #[serde(serialize_with = "millis::serialize")]
    pub at: DateTime<Utc>,
    /// Whom it is about.
    pub team_id: Option<TeamId>,
    /// Absolute values; which ones depends on the kind.
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
    /// For staff: SHA-256, in hex, over the hash before and this event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

impl EventView {
    fn new(record: Record, viewer: Viewer) -> Self {
        let hash =
            (viewer == Viewer::Staff).then(|| record.hash.iter().map(|byte| format!("{byte:02x}")).collect());
        Self {
            seq: record.seq,
            kind: record.kind,
            at: record.at,
            team_id: record.team_id,
            payload: record.payload,
            hash,
        }
    }
}

/// A piece of the event log.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// At most `limit` events, the oldest first; perhaps none although there are more.
    pub data: Vec<EventView>,
    /// Send it as `since` to go on.
    #[schema(example = 1058)]
    pub next_since: i64,
    /// The highest number that its reader may know of: go on while `next_since` is below it.
    #[schema(example = 1058)]
    pub head: i64,
}

/// One page, or all that there is.
pub enum Events {
    /// As JSON.
    Page(Json<EventPage>),
    /// As NDJSON.
    Lines(ReaderStream<BoxStream<'static, Chunk>>),
}

impl<'r> Responder<'r, 'static> for Events {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Page(page) => page.respond_to(request),
            Self::Lines(lines) => Response::build()
                .header(ContentType::new("application", "x-ndjson"))
                .streamed_body(lines)
                .ok(),
        }
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Page(page) => page.fmt(f),
            Self::Lines(_) => f.write_str("Lines"),
        }
    }
}

/// Whether the caller asked for lines rather than a page.
#[derive(Debug, Clone, Copy)]
pub struct WantsLines(bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for WantsLines {
    type Error = std::convert::Infallible;
    async fn from_request(
        request: &'r Request<'_>,
    ) -> Outcome<Self, (rocket::http::Status, Self::Error), rocket::http::Status> {
        let lines =
            |accept: &Accept| accept.media_types().any(|m| m.top() == "application" && m.sub() == "x-ndjson");
        Outcome::Success(Self(request.accept().is_some_and(lines)))
    }
}

/// Reads the event log after `since`, as far as the caller may see it. `format=ndjson` (or
/// `Accept: application/x-ndjson`) sends everything up to the head, one event in each line.
#[utoipa::path(tag = "events", context_path = "/api/v1", security((), ("admin" = []), ("team" = [])),
    params(("contest" = String, Path)),
    responses((status = 200, body = EventPage, description = "A page; or all events as lines")))]
#[get("/contests/<contest>/events?<since>&<limit>&<format>")]
pub async fn list_events(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    since: Given<i64>,
    limit: Given<u16>,
    format: Option<&str>,
    accepts: WantsLines,
) -> Result<Events, Error> {
    let lines = match format {
        None => accepts.0,
        Some("json") => false,
        Some("ndjson") => true,
        Some(_) => return Err(Error::invalid_field("format", "must be json or ndjson")),
    };
    let mut conn = db.conn().await?;
    let found = contests::queries::contest(&mut conn, &contest, caller.is_staff()).await?;
    let viewer = caller.viewer(found.id);
    let embargo = found.embargo(viewer);
    let head = feed::head(&conn, found.id, embargo).await?;
    drop(conn);
    let reader = Reader { viewer, embargo, head };
    let walk = Walk { contest: found.id, reader, since: since.0.unwrap_or(0).max(0), done: false };
    if lines {
        return Ok(Events::Lines(walk.lines(db)));
    }
    Ok(Events::Page(Json(walk.page(&db, usize::try_from(page_limit(limit)).unwrap_or(1)).await?)))
}

/// A reader on the way through the log.
#[derive(Debug, Clone, Copy)]
struct Walk {
    contest: ContestId,
    reader: Reader,
    since: i64,
    done: bool,
}

impl Walk {
    /// The next visible events; moves on. A short statement of its own: the connection is
    /// not kept while a slow reader takes its time.
    async fn step(&mut self, db: &Db, limit: usize) -> Result<Vec<EventView>, Error> {
        let mut conn = db.conn().await?;
        let slice = feed::seen_by(&mut conn, self.contest, self.reader, self.since, limit, SCAN).await?;
        // The log grows while it is read, and a team's own results go beyond the public's number.
        self.reader.head = self.reader.head.max(slice.until);
        (self.since, self.done) = (slice.until, slice.done);
        let viewer = self.reader.viewer;
        Ok(slice.records.into_iter().map(|record| EventView::new(record, viewer)).collect())
    }

    async fn page(mut self, db: &Db, limit: usize) -> Result<EventPage, Error> {
        let mut data = Vec::new();
        for _ in 0..SCANS {
            data.extend(self.step(db, limit - data.len()).await?);
            if data.len() >= limit || self.done {
                break;
            }
        }
        Ok(EventPage { data, next_since: self.since, head: self.reader.head })
    }

    fn lines(self, db: Db) -> ReaderStream<BoxStream<'static, Chunk>> {
        let chunks = stream::unfold(Some((self, db)), |state| async move {
            let (mut walk, db) = state?;
            if walk.done {
                return None;
            }
            match walk.step(&db, usize::MAX).await.and_then(|events| as_lines(&events)) {
                Ok(text) => Some((Chunk::Text(io::Cursor::new(text)), Some((walk, db)))),
                Err(error) => Some((Chunk::Broken(error.to_string()), None)),
            }
        });
        ReaderStream::from(chunks.boxed())
    }
}

/// Each item as a line of JSON.
pub(crate) fn as_lines(items: &[impl Serialize]) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    for item in items {
        serde_json::to_writer(&mut text, item).map_err(|e| Error::Bug(e.to_string()))?;
        text.push(b'\n');
    }
    Ok(text)
}

/// Some lines; or the news that the rest cannot be read, which cuts the reply off rather
/// than let it look complete.
#[derive(Debug)]
pub enum Chunk {
    /// Whole lines.
    Text(io::Cursor<Vec<u8>>),
    /// Why there are no more.
    Broken(String),
}

impl AsyncRead for Chunk {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Text(text) => Pin::new(text).poll_read(cx, buf),
            Self::Broken(why) => Poll::Ready(Err(io::Error::other(std::mem::take(why)))),
        }
    }
}
