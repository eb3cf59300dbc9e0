//! A table that is sent part by part: its length is bounded by what was played, and by nothing else.

use std::io;

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::stream::ReaderStream;
use rocket::response::{self, Responder, Response};
use serde::Serialize;

use crate::db::Db;
use crate::download::{csv_of, csv_rows};
use crate::error::Error;
use crate::events::routes::Chunk;
use crate::pool::Pooled;

/// Rows that one statement reads for a file.
const BATCH: i64 = 2000;

/// Rows that are read one batch after the other.
pub trait Walk: Send + 'static {
    /// The members that are written.
    const COLUMNS: &'static [&'static str];

    /// Whether a step goes through very many rows, so that nobody who plays should wait for it.
    const READS_MUCH: bool;

    /// One row.
    type Row: Serialize + Send + Sync;

    /// The next rows, at most so many; moves on behind them.
    fn step(
        &mut self,
        conn: &mut AsyncPgConnection,
        limit: i64,
    ) -> impl Future<Output = QueryResult<Vec<Self::Row>>> + Send;
}

/// A file under way.
pub struct Parts {
    name: String,
    body: BoxStream<'static, Chunk>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Parts {
    /// Reads the first part, so that whatever fails at once is answered as everywhere else.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn begin<W: Walk>(db: Db, mut walk: W, name: &str) -> Result<Self, Error> {
        let rows = walk.step(&mut *conn_for::<W>(&db).await?, BATCH).await?;
        let first = Chunk::Text(io::Cursor::new(csv_of(W::COLUMNS, &rows)?.into_bytes()));
        let rest = stream::unfold(is_full(&rows).then_some((walk, db)), next);
        Ok(Self { name: format!("{name}.csv"), body: stream::iter([first]).chain(rest).boxed() })
    }
}

fn is_full<T>(rows: &[T]) -> bool {
    rows.len() as i64 == BATCH
}

async fn conn_for<W: Walk>(db: &Db) -> Result<Pooled, Error> {
    if W::READS_MUCH { db.conn_for_reports().await } else { db.conn().await }
}

/// No connection is kept while a slow reader takes its time.
async fn next<W: Walk>(state: Option<(W, Db)>) -> Option<(Chunk, Option<(W, Db)>)> {
    let (mut walk, db) = state?;
    let read = async {
        let rows = walk.step(&mut *conn_for::<W>(&db).await?, BATCH).await?;
        Ok::<_, Error>((csv_rows(W::COLUMNS, &rows)?, is_full(&rows)))
    };
    Some(match read.await {
        Ok((text, more)) => (Chunk::Text(io::Cursor::new(text.into_bytes())), more.then_some((walk, db))),
        Err(error) => (Chunk::Broken(error.to_string()), None),
    })
}

impl<'r> Responder<'r, 'static> for Parts {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build()
            .header(ContentType::CSV)
            .raw_header("Content-Disposition", format!("attachment; filename=\"{}\"", self.name))
            .streamed_body(ReaderStream::from(self.body))
            .ok()
    }
}
