//! Numbers what was committed: one sequencer for each contest at a time, on any instance.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use tokio::sync::Notify;

use super::DISCLOSED;
use crate::db::{Command, Db, Tx};
use crate::error::Error;
use crate::fanout::{Fanout, What};
use crate::sql::sql;
use crate::types::ContestId;

/// How many events get their numbers in one transaction.
const BATCH: i64 = 1000;

/// Rows left by an instance that died before it could number them are found this late.
const SWEEP: Duration = Duration::from_millis(500);

/// A number of the outbox is drawn so shortly before its transaction is known to the database.
const DRAWN: Duration = Duration::from_secs(5);

/// Where to begin to look. Rows that were taken leave dead ones behind until they are
/// vacuumed, a hundred thousand in a busy minute; a round that looked through all of them
/// would take longer than the commands it numbers.
///
/// A row below others may still be committed after them. So the floor rises to what was taken
/// only when every transaction has ended that was there at that time, and some seconds have
/// passed as well. Whatever is below the floor all the same, the next sweep finds.
#[derive(Debug, Default)]
struct Floor {
    /// What had been taken at some instants, the oldest first.
    marks: VecDeque<Mark>,
    at: i64,
    /// Transactions before this one have ended.
    ended: i64,
}

#[derive(Debug)]
struct Mark {
    row: i64,
    /// Transactions from this one on had not begun.
    next: i64,
    then: Instant,
}

impl Floor {
    fn took(&mut self, numbered: &Numbered, then: Instant) {
        self.ended = self.ended.max(numbered.ended);
        if self.marks.back().is_none_or(|mark| mark.row < numbered.last) {
            self.marks.push_back(Mark { row: numbered.last, next: numbered.next, then });
        }
    }

    /// Everything up to here was taken, or never came.
    fn at(&mut self, now: Instant) -> i64 {
        let ended = self.ended;
        let is_settled = |mark: &mut Mark| mark.next <= ended && now.duration_since(mark.then) > DRAWN;
        while let Some(mark) = self.marks.pop_front_if(is_settled) {
            self.at = mark.row;
        }
        self.at
    }
}

/// Up to which row all of the outbox was taken, or never came, as far as this process knows: readers of what
/// still waits begin there, as the sequencer does.
#[derive(Debug, Default)]
pub(crate) struct Taken(AtomicI64);

impl Taken {
    pub(crate) fn up_to(&self) -> i64 {
        AtomicI64::load(&self.0, Ordering::Relaxed)
    }
}

/// Gives the waiting events of one contest their numbers and chains their hashes.
#[derive(Debug)]
struct Number {
    contest: ContestId,
    /// Rows up to this one are not looked at.
    floor: i64,
}

/// What was numbered.
#[derive(Debug, QueryableByName, Serialize)]
struct Numbered {
    #[diesel(sql_type = BigInt)]
    count: i64,
    /// The number of the newest event then; 0 when none was appended.
    #[diesel(sql_type = BigInt)]
    head: i64,
    /// The highest row of the outbox that was taken; 0 for none.
    #[diesel(sql_type = BigInt)]
    last: i64,
    /// Transactions before this one had ended,
    #[diesel(sql_type = BigInt)]
    ended: i64,
    /// and those from this one on had not begun.
    #[diesel(sql_type = BigInt)]
    next: i64,
}

impl Command for Number {
    type Outcome = Numbered;

    async fn run(&self, tx: &mut Tx) -> Result<Numbered, Error> {
        // A second sequencer of the same contest waits here, then numbers what is left.
        sql("SELECT pg_advisory_xact_lock(hashtextextended('sequencer:' || $1::text, 0))")
            .bind::<SqlUuid, _>(self.contest)
            .execute(tx)
            .await?;
        let numbered = sql(NUMBER)
            .bind::<SqlUuid, _>(self.contest)
            .bind::<BigInt, _>(BATCH)
            .bind::<Array<Text>, _>(DISCLOSED)
            .bind::<BigInt, _>(self.floor)
            .get_result(tx)
            .await?;
        Ok(numbered)
    }
}

/// Takes the oldest rows out of the outbox and appends them, each hash over the one before.
///
/// Here, where the order is made, it is decided what is under embargo: everything between the
/// freeze and the thaw but the events for all of the kinds in `$3`. No writer can forget it. And the contest is
/// looked up, once for all: events of none are refused as NULL.
const NUMBER: &str = "
WITH
taken AS (
    DELETE FROM outbox WHERE id IN
        (SELECT id FROM outbox WHERE contest_id = $1 AND id > $4 ORDER BY id LIMIT $2)
    RETURNING id, kind, audience, team_id, payload, at),
head AS (
    SELECT seq, hash, embargo FROM contest_event WHERE contest_id = $1 ORDER BY seq DESC LIMIT 1),
moved AS (
    SELECT kind FROM contest_event WHERE contest_id = $1 AND kind IN ('board_frozen', 'board_thawed')),
numbered AS (
    SELECT coalesce((SELECT seq FROM head), 0) + row_number() OVER so_far AS seq, taken.*,
        (EXISTS (SELECT FROM moved WHERE kind = 'board_frozen') OR bool_or(kind = 'board_frozen') OVER so_far)
        AND NOT EXISTS (SELECT FROM moved WHERE kind = 'board_thawed')
        AND NOT bool_or(kind = 'board_thawed') OVER so_far
        AND NOT (audience IN ('public', 'players') AND kind = ANY ($3)) AS withheld
    FROM taken WINDOW so_far AS (ORDER BY id ROWS UNBOUNDED PRECEDING)),
marked AS (
    SELECT *, CASE WHEN withheld THEN coalesce(
        max(seq) FILTER (WHERE NOT withheld) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING),
        (SELECT coalesce(embargo, seq) FROM head)) END AS embargo
    FROM numbered),
appended AS (
    INSERT INTO contest_event (contest_id, seq, kind, audience, team_id, payload, at, embargo, hash)
    SELECT (SELECT id FROM contest WHERE id = $1), seq, kind, audience, team_id, payload, at, embargo,
           hash_chain((SELECT hash FROM head),
                      event_text($1, seq, kind, audience, team_id, payload, at, embargo)) OVER (ORDER BY seq)
    FROM marked
    RETURNING seq)
SELECT (SELECT count(*) FROM appended) AS count, (SELECT coalesce(max(seq), 0) FROM appended) AS head,
    coalesce(max(id), 0)::bigint AS last,
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS ended,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next
FROM taken";

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = SqlUuid)]
    contest_id: ContestId,
}

/// Numbers what waits, from the floor on, and announces it; says whether anything did.
async fn number_from(db: &Db, fanout: &Fanout, from: i64, floor: &mut Floor) -> Result<bool, Error> {
    let waiting: Vec<Waiting> = sql("SELECT DISTINCT contest_id FROM outbox WHERE id > $1")
        .bind::<BigInt, _>(from)
        .load(&mut *db.conn().await?)
        .await?;
    let (mut taken, mut fault) = (None::<Numbered>, None);
    for Waiting { contest_id: contest } in waiting {
        match number_all(db, fanout, contest, from).await {
            Ok(numbered) => {
                let last = numbered.last.max(taken.map_or(0, |before| before.last));
                taken = Some(Numbered { last, ..numbered });
            }
            Err(busy @ Error::Busy(_)) => return Err(busy),
            // What is wrong with one contest is not the others' fault.
            Err(error) => fault = Some(error),
        }
    }
    if let Some(error) = fault {
        // What this contest has waiting must stay above the floor.
        return Err(error);
    }
    taken.iter().for_each(|numbered| floor.took(numbered, Instant::now()));
    Ok(taken.is_some())
}

/// Numbers all that waits in one contest, and announces it; the last of what was numbered.
async fn number_all(db: &Db, fanout: &Fanout, contest: ContestId, floor: i64) -> Result<Numbered, Error> {
    let mut last = 0;
    loop {
        let numbered = db.run(&Number { contest, floor }).await?;
        if numbered.count > 0 {
            fanout.announce(contest, What::Numbered { seq: numbered.head });
        }
        last = last.max(numbered.last);
        if numbered.count < BATCH {
            return Ok(Numbered { last, ..numbered });
        }
    }
}

/// The shortest time between two rounds. The first event is numbered at once; under load, one
/// round then numbers what dozens of commands told, for the price of one.
const SPACING: Duration = Duration::from_millis(30);

/// Runs until the process ends; `told` wakes it.
pub async fn run(db: Db, told: Arc<Notify>, fanout: Fanout) {
    let (mut floor, mut swept, taken) = (Floor::default(), None::<Instant>, db.memory::<Taken>());
    loop {
        let now = Instant::now();
        let sweeps = swept.is_none_or(|then| now.duration_since(then) >= SWEEP);
        taken.0.store(floor.at(now), Ordering::Relaxed);
        let from = if sweeps { 0 } else { taken.up_to() };
        let pauses = match number_from(&db, &fanout, from, &mut floor).await {
            Ok(any) => {
                if sweeps {
                    swept = Some(now);
                }
                any
            }
            Err(error) => {
                tracing::warn!(%error, "events wait for their numbers");
                true
            }
        };
        if pauses {
            tokio::time::sleep(SPACING).await;
        }
        // Either bell or sweep: no transaction is inside this wait.
        let _ = tokio::time::timeout(SWEEP, told.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_follows_what_was_taken_once_nothing_below_can_come() {
        let (mut floor, start) = (Floor::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let took = |last, ended, next| Numbered { count: 1, head: last, last, ended, next };
        floor.took(&took(10, 100, 105), after(0));
        assert_eq!(floor.at(after(60)), 0, "transactions 100 to 104 may still tell something");
        floor.took(&took(25, 104, 109), after(1));
        assert_eq!(floor.at(after(60)), 0, "104 still may");
        floor.took(&took(7, 105, 110), after(2));
        assert_eq!(floor.at(after(5)), 0, "too early");
        assert_eq!(floor.at(after(60)), 10);
        floor.took(&took(0, 120, 120), after(61));
        assert_eq!(floor.at(after(61)), 25, "a late row never lowers it");
    }
}
