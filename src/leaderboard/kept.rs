//! Boards kept between requests: a read costs what has changed since the last one, not what
//! there is.
//!
//! Every read still asks the database, in one statement, what was committed since the board
//! was read before: events with and without a number yet. So a reader sees every write that
//! was acknowledged before it asked, on whatever instance. Readers that come while another asks
//! share the next answer.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use tokio::sync::MutexGuard;

use super::change::BoardChange;
use super::slots::{KEPT, Slot, Slots};
use super::{Board, Cursor, Row, queries};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::events::{Embargo, feed};
use crate::sql::sql;
use crate::types::ContestId;

/// The boards of all contests that somebody looks at.
#[derive(Debug, Default)]
pub struct KeptBoards(Slots<ContestId, Kept>);

/// A part of a board.
#[derive(Debug)]
pub struct Shown {
    /// The leader first.
    pub rows: Vec<Row>,
    /// They hold every event up to this number.
    pub seq: i64,
    /// When they were read.
    pub at: DateTime<Utc>,
}

/// The board as everybody sees it who may see how teams stand now.
#[derive(Debug)]
pub struct Kept {
    pub(super) board: Board,
    /// Every event up to this number is in it.
    seq: i64,
    /// Whether results are withheld from the public.
    is_frozen: bool,
    /// The database was asked after this instant,
    pub(super) asked: Instant,
    /// and answered for this one of its own clock.
    at: DateTime<Utc>,
}

impl KeptBoards {
    /// The rows after a cursor, or `None` if they must be looked up elsewhere: this reader sees the
    /// frozen board, or the team that the cursor names has left.
    ///
    /// # Errors
    /// `Busy` when the database is away.
    pub async fn page(
        &self,
        db: &Db,
        contest: ContestId,
        embargo: Embargo,
        after: Option<Cursor>,
        limit: i64,
    ) -> Result<Option<Shown>, Error> {
        let came = Instant::now();
        let slot = self.slot(contest, came);
        let mut kept = slot.turn_since(came).await?;
        let board = fresh(&mut kept, db, contest, came).await.inspect_err(|error| slot.note(error))?;
        if board.is_frozen && !embargo.is_lifted() {
            return Ok(None);
        }
        let place = match after {
            None => Some(0),
            Some(after) => board.board.place_after(&after),
        };
        let limit = usize::try_from(limit).unwrap_or_default();
        Ok(place.map(|place| Shown {
            rows: board.board.rows(place..place.saturating_add(limit)),
            seq: board.seq,
            at: board.at,
        }))
    }

    pub(super) fn slot(&self, contest: ContestId, now: Instant) -> Arc<Slot<Kept>> {
        self.0.of(&contest, now)
    }
}

/// The board as it stood at some instant after the reader came.
async fn fresh<'a>(
    slot: &'a mut MutexGuard<'_, Option<Kept>>,
    db: &Db,
    contest: ContestId,
    came: Instant,
) -> Result<&'a Kept, Error> {
    if slot.as_ref().is_none_or(|kept| kept.asked < came) {
        let conn = db.conn().await?;
        **slot = Some(refresh(slot.take(), &conn, contest).await?);
    }
    slot.as_ref().ok_or_else(|| Error::Bug("a board was read and is not there".to_owned()))
}

/// A board with all that was committed until now. One that was brought up to date only in part is
/// dropped.
pub(super) async fn refresh(
    kept: Option<Kept>,
    conn: &AsyncPgConnection,
    contest: ContestId,
) -> Result<Kept, Error> {
    let asked = Instant::now();
    // What happened in a long time may be more than the whole of it.
    let mut kept = match kept.filter(|kept| asked.duration_since(kept.asked) < KEPT) {
        Some(kept) => kept,
        None => Kept::read(conn, contest).await?,
    };
    kept.catch_up(conn, contest).await?;
    kept.asked = asked;
    Ok(kept)
}

#[derive(QueryableByName)]
struct News {
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    is_frozen: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    head: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    payload: Option<Value>,
}

impl Kept {
    /// The number first: rows that are newer than it do no harm, older ones would.
    async fn read(conn: &AsyncPgConnection, contest: ContestId) -> Result<Self, Error> {
        let seq = feed::head(conn, contest, Embargo::Lifted).await?;
        let standings = queries::standings(conn, contest, Embargo::Lifted).await?;
        Ok(Self {
            board: standings.into_iter().collect(),
            seq,
            is_frozen: false,
            asked: Instant::now(),
            at: DateTime::UNIX_EPOCH,
        })
    }

    /// All that was committed since, of one instant. What has no number yet is taken in as well:
    /// it comes again with its number, in the same order, and changes nothing then. The number stands
    /// in a subquery so that nobody plans for one value of it: planning took longer than reading.
    async fn catch_up(&mut self, mut conn: &AsyncPgConnection, contest: ContestId) -> Result<(), Error> {
        let news: Vec<News> = sql("SELECT now() AS now, board = 'frozen' AS is_frozen,
                (SELECT max(seq) FROM contest_event WHERE contest_id = $1) AS head,
                news.kind, news.payload
             FROM contest LEFT JOIN (
                 SELECT seq, 0 AS waits, kind, payload FROM contest_event
                 WHERE contest_id = $1 AND seq > (SELECT $2::bigint) AND audience = 'public' AND kind = ANY($3)
                 UNION ALL
                 SELECT NULL, id, kind, payload FROM outbox
                 WHERE contest_id = $1 AND audience = 'public' AND kind = ANY($3)) news ON true
             WHERE contest.id = $1 ORDER BY seq NULLS LAST, waits")
        .bind::<SqlUuid, _>(contest)
        .bind::<BigInt, _>(self.seq)
        .bind::<Array<Text>, _>(BoardChange::KINDS)
        .load(&mut conn)
        .await?;
        let [first, ..] = news.as_slice() else { return Err(Refusal::NotFound.into()) };
        (self.is_frozen, self.at) = (first.is_frozen, first.now);
        self.seq = first.head.unwrap_or(self.seq);
        for News { kind, payload, .. } in news {
            let (Some(kind), Some(payload)) = (kind, payload) else { continue };
            let change = BoardChange::of(&kind, &payload).map_err(|e| Error::Bug(format!("{kind}: {e}")))?;
            change.into_iter().for_each(|change| self.board.take(change));
        }
        Ok(())
    }
}
