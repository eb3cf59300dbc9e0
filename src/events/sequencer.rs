//! Numbers what was committed: one sequencer for each contest at a time, on any instance.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use tokio::sync::Notify;

use super::DISCLOSED;
use crate::db::{Command, Db, Tx};
use crate::error::Error;
use crate::sql::sql;
use crate::types::ContestId;

/// How many events get their numbers in one transaction.
const BATCH: i64 = 1000;

/// Rows left by an instance that died before it could number them are found this late.
const SWEEP: Duration = Duration::from_millis(500);

/// Gives the waiting events of one contest their numbers and chains their hashes.
#[derive(Debug)]
struct Number {
    contest: ContestId,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Command for Number {
    /// How many events were numbered.
    type Outcome = i64;

    async fn run(&self, tx: &mut Tx) -> Result<i64, Error> {
        // A second sequencer of the same contest waits here, then numbers what is left.
        sql("SELECT pg_advisory_xact_lock(hashtextextended('sequencer:' || $1::text, 0))")
            .bind::<SqlUuid, _>(self.contest)
            .execute(tx)
            .await?;
        let Count { count } = sql(NUMBER)
            .bind::<SqlUuid, _>(self.contest)
            .bind::<BigInt, _>(BATCH)
            .bind::<Array<Text>, _>(DISCLOSED)
            .get_result(tx)
            .await?;
        Ok(count)
    }
}

/// Takes the oldest rows out of the outbox and appends them, each hash over the one before.
///
/// Here, where the order is made, it is decided what is under embargo: everything between the
/// freeze and the thaw but the public events of the kinds in `$3`. No writer can forget it.
const NUMBER: &str = "
WITH
taken AS (
    DELETE FROM outbox WHERE id IN
        (SELECT id FROM outbox WHERE contest_id = $1 ORDER BY id LIMIT $2)
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
        AND NOT (audience = 'public' AND kind = ANY ($3)) AS withheld
    FROM taken WINDOW so_far AS (ORDER BY id ROWS UNBOUNDED PRECEDING)),
marked AS (
    SELECT *, CASE WHEN withheld THEN coalesce(
        max(seq) FILTER (WHERE NOT withheld) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING),
        (SELECT coalesce(embargo, seq) FROM head)) END AS embargo
    FROM numbered),
appended AS (
    INSERT INTO contest_event (contest_id, seq, kind, audience, team_id, payload, at, embargo, hash)
    SELECT $1, seq, kind, audience, team_id, payload, at, embargo,
           hash_chain((SELECT hash FROM head),
                      event_text($1, seq, kind, audience, team_id, payload, at, embargo)) OVER (ORDER BY seq)
    FROM marked
    RETURNING 1)
SELECT count(*) AS count FROM appended";

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = SqlUuid)]
    contest_id: ContestId,
}

/// Numbers everything that waits now.
///
/// # Errors
/// `Busy` when the database is away; the rows keep waiting.
pub async fn number_all(db: &Db) -> Result<bool, Error> {
    let waiting: Vec<Waiting> =
        sql("SELECT DISTINCT contest_id FROM outbox").load(&mut *db.conn().await?).await?;
    let mut any = false;
    for Waiting { contest_id } in waiting {
        any = true;
        while db.run(&Number { contest: contest_id }).await? == BATCH {}
    }
    Ok(any)
}

/// The shortest time between two rounds. The first event is numbered at once; under load, one
/// round then numbers what dozens of commands told, for the price of one.
const SPACING: Duration = Duration::from_millis(20);

/// Runs until the process ends; rings `numbered` after each batch.
pub async fn run(db: Db, told: Arc<Notify>, numbered: Arc<Notify>) {
    loop {
        match number_all(&db).await {
            Ok(true) => {
                numbered.notify_waiters();
                tokio::time::sleep(SPACING).await;
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "events wait for their numbers"),
        }
        // Either bell or sweep: no transaction is inside this wait.
        let _ = tokio::time::timeout(SWEEP, told.notified()).await;
    }
}
