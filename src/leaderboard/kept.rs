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
use super::neighbours::Neighbourhood;
use super::slots::{KEPT, Slot, Slots};
use super::{Board, Cursor, Row, queries};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::events::sequencer::Taken;
use crate::events::{DISCLOSED, Embargo, feed};
use crate::sql::sql;
use crate::types::{ContestId, TeamId};

/// The boards of all contests that somebody looks at: one for the public, and one for whoever looks
/// past a freeze.
#[derive(Debug, Default)]
pub struct KeptBoards(Slots<(ContestId, Embargo), Kept>);

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

/// The board as everybody sees it who is under the same embargo.
#[derive(Debug)]
pub struct Kept {
    pub(super) board: Board,
    /// Every event up to this number is in it, or is withheld,
    read: i64,
    /// and this is the number that its readers may know of.
    seq: i64,
    /// Whether results are withheld from the public.
    is_frozen: bool,
    /// The database was asked after this instant,
    pub(super) asked: Instant,
    /// and answered for this one of its own clock.
    at: DateTime<Utc>,
}

impl KeptBoards {
    /// The rows after a cursor, or `None` if they must be looked up elsewhere: the team that the
    /// cursor names has left.
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
        self.look(db, contest, embargo, |kept| {
            let place = after.map_or(Some(0), |after| kept.board.place_after(&after))?;
            let limit = usize::try_from(limit).unwrap_or_default();
            let rows = kept.board.rows(place..place.saturating_add(limit));
            Some(Shown { rows, seq: kept.seq, at: kept.at })
        })
        .await
    }

    /// A team between its neighbours; `None` if it is not on the board.
    ///
    /// # Errors
    /// `Busy` when the database is away.
    pub async fn neighbourhood(
        &self,
        db: &Db,
        contest: ContestId,
        embargo: Embargo,
        team: TeamId,
        around: i64,
    ) -> Result<Option<Neighbourhood>, Error> {
        let around = usize::try_from(around).unwrap_or_default();
        self.look(db, contest, embargo, |kept| kept.board.neighbourhood(team, around)).await
    }

    async fn look<T>(
        &self,
        db: &Db,
        contest: ContestId,
        embargo: Embargo,
        what: impl FnOnce(&Kept) -> T,
    ) -> Result<T, Error> {
        let came = Instant::now();
        let slot = self.slot(contest, embargo, came);
        let mut kept = slot.turn_since(came).await?;
        let kept =
            fresh(&mut kept, db, contest, embargo, came).await.inspect_err(|error| slot.note(error))?;
        Ok(what(kept))
    }

    pub(super) fn slot(&self, contest: ContestId, embargo: Embargo, now: Instant) -> Arc<Slot<Kept>> {
        self.0.of(&(contest, embargo), now)
    }
}

/// The board as it stood at some instant after the reader came.
async fn fresh<'a>(
    slot: &'a mut MutexGuard<'_, Option<Kept>>,
    db: &Db,
    contest: ContestId,
    embargo: Embargo,
    came: Instant,
) -> Result<&'a Kept, Error> {
    if slot.as_ref().is_none_or(|kept| kept.asked < came) {
        let conn = db.conn().await?;
        **slot = Some(refresh(slot.take(), &conn, contest, embargo, &db.memory()).await?);
    }
    slot.as_ref().ok_or_else(|| Error::Bug("a board was read and is not there".to_owned()))
}

/// A board with all that was committed until now. One that was brought up to date only in part is
/// dropped.
pub(super) async fn refresh(
    kept: Option<Kept>,
    conn: &AsyncPgConnection,
    contest: ContestId,
    embargo: Embargo,
    taken: &Taken,
) -> Result<Kept, Error> {
    // Read first: whatever it passes over has a number by now.
    let (asked, taken) = (Instant::now(), taken.up_to());
    // What happened in a long time may be more than the whole of it.
    let mut kept = match kept.filter(|kept| asked.duration_since(kept.asked) < KEPT) {
        Some(kept) => kept,
        None => Kept::read(conn, contest, embargo).await?,
    };
    let was_frozen = kept.is_frozen;
    kept.catch_up(conn, contest, embargo, taken).await?;
    if kept.is_frozen != was_frozen && !embargo.is_lifted() {
        // A freeze or a thaw is not the sum of what was told: the board is another one from there on.
        kept = Kept::read(conn, contest, embargo).await?;
        kept.catch_up(conn, contest, embargo, taken).await?;
    }
    kept.asked = asked;
    Ok(kept)
}

/// What was committed since `$2` and changes a board, of all events or of those that pass.
///
/// That nothing is above the newest one says nothing new, but it tells the planner that this is a
/// range and no third of everything that ever happened: it reads along the index, however long the
/// log is.
macro_rules! news {
    ($head:literal, $numbered:literal, $waiting:literal) => {
        concat!(
            "WITH newest AS (SELECT max(seq) AS seq FROM contest_event WHERE contest_id = $1)
             SELECT now() AS now, board = 'frozen' AS is_frozen, (SELECT seq FROM newest) AS read, ",
            $head,
            " AS head, news.kind, news.payload
             FROM contest LEFT JOIN (
                 SELECT seq, 0 AS waits, kind, payload FROM contest_event
                 WHERE contest_id = $1 AND seq > (SELECT $2::bigint) AND seq <= (SELECT seq FROM newest)
                     AND audience = 'public' AND kind = ANY($3)",
            $numbered,
            " UNION ALL
                 SELECT NULL, id, kind, payload FROM outbox
                 WHERE id > (SELECT $4::bigint) AND contest_id = $1 AND audience = 'public' AND kind = ANY($3)",
            $waiting,
            ") news ON true
             WHERE contest.id = $1 ORDER BY seq NULLS LAST, waits"
        )
    };
}

/// The same for the public: what is withheld is passed over, also where it has no number yet.
const SHOWN: &str = news!(
    "(SELECT coalesce(embargo, seq) FROM contest_event WHERE contest_id = $1
      ORDER BY contest_event.seq DESC LIMIT 1)",
    " AND embargo IS NULL",
    " AND (kind = ANY($5) OR (SELECT board <> 'frozen' FROM contest WHERE id = $1))"
);

#[derive(QueryableByName)]
struct News {
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    is_frozen: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    read: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    head: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    payload: Option<Value>,
}

impl Kept {
    /// The number first: rows that are newer than it do no harm, older ones would.
    async fn read(conn: &AsyncPgConnection, contest: ContestId, embargo: Embargo) -> Result<Self, Error> {
        let read = feed::head(conn, contest, Embargo::Lifted).await?;
        let standings = queries::standings(conn, contest, embargo).await?;
        Ok(Self {
            board: standings.into_iter().collect(),
            read,
            seq: 0,
            is_frozen: false,
            asked: Instant::now(),
            at: DateTime::UNIX_EPOCH,
        })
    }

    /// All that was committed since, of one instant. What has no number yet is taken in as well:
    /// it comes again with its number, in the same order, and changes nothing then. The number stands
    /// in a subquery so that nobody plans for one value of it: planning took longer than reading.
    async fn catch_up(
        &mut self,
        mut conn: &AsyncPgConnection,
        contest: ContestId,
        embargo: Embargo,
        taken: i64,
    ) -> Result<(), Error> {
        let since = |statement| {
            sql(statement)
                .bind::<SqlUuid, _>(contest)
                .bind::<BigInt, _>(self.read)
                .bind::<Array<Text>, _>(BoardChange::KINDS)
                .bind::<BigInt, _>(taken)
        };
        let news: Vec<News> = match embargo {
            Embargo::Lifted => since(news!("NULL::bigint", "", "")).load(&mut conn).await?,
            Embargo::Holds => since(SHOWN).bind::<Array<Text>, _>(DISCLOSED).load(&mut conn).await?,
        };
        let [first, ..] = news.as_slice() else { return Err(Refusal::NotFound.into()) };
        (self.is_frozen, self.at) = (first.is_frozen, first.now);
        self.read = first.read.unwrap_or(self.read);
        self.seq = first.head.unwrap_or(self.read);
        for News { kind, payload, .. } in news {
            let (Some(kind), Some(payload)) = (kind, payload) else { continue };
            let change = BoardChange::of(&kind, &payload).map_err(|e| Error::Bug(format!("{kind}: {e}")))?;
            change.into_iter().for_each(|change| self.board.take(change));
        }
        Ok(())
    }
}
