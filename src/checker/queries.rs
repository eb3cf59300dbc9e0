//! Looking for breaches.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Integer, Jsonb, Nullable, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};

use super::{Breach, LastCheck, Report, SHOWN};
use crate::contests;
use crate::error::Error;
use crate::pool::Pooled;
use crate::sql::sql;
use crate::types::ContestId;

/// All statements see the same instant, however long they take.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A big log takes its time; compiling so many small plans would only add to it.
const PATIENCE: &str =
    "SET LOCAL statement_timeout = '5min'; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off";

/// The same for the connection.
const LIMIT: Duration = Duration::from_secs(310);

/// Takes turns between the invariants, so that none hides behind the breaches of another.
const BREACHES: &str = concat!(
    "SELECT * FROM (
        SELECT *, count(*) OVER (PARTITION BY invariant) AS alike,
            row_number() OVER (PARTITION BY invariant ORDER BY contest_id, subject) AS turn
        FROM (",
    include_str!("invariants.sql"),
    ") breach) counted
    ORDER BY turn, invariant LIMIT $2"
);

#[derive(QueryableByName)]
struct Found {
    #[diesel(embed)]
    breach: Breach,
    #[diesel(sql_type = BigInt)]
    alike: i64,
}

/// Checks every invariant of one contest, or of all. Runs in a transaction of its own, so the
/// connection must not be in one.
///
/// # Errors
/// Those of the database.
pub async fn report(conn: &mut Pooled, contest: Option<ContestId>) -> Result<Report, Error> {
    conn.be_patient(LIMIT);
    let conn: &mut AsyncPgConnection = conn;
    AnsiTransactionManager::begin_transaction_sql(conn, BEGIN).await?;
    let report = look_patiently(conn, contest).await;
    // Nothing was written: there is nothing to commit.
    AnsiTransactionManager::rollback_transaction(conn).await?;
    report
}

async fn look_patiently(conn: &mut AsyncPgConnection, contest: Option<ContestId>) -> Result<Report, Error> {
    conn.batch_execute(PATIENCE).await?;
    look(conn, contest.as_ref().map(std::slice::from_ref), None).await
}

/// Looks at some contests or at all, and at so many events of each hash chain or at all.
async fn look(
    conn: &mut AsyncPgConnection,
    contests: Option<&[ContestId]>,
    slice: Option<i64>,
) -> Result<Report, Error> {
    let checked_at = contests::queries::now(conn).await?;
    let found: Vec<Found> = sql(BREACHES)
        .bind::<Nullable<Array<SqlUuid>>, _>(contests)
        .bind::<BigInt, _>(i64::try_from(SHOWN).unwrap_or(i64::MAX))
        .bind::<Nullable<BigInt>, _>(slice)
        .load(conn)
        .await?;
    let counts: Vec<_> = found.iter().map(|row| (row.breach.invariant.clone(), row.alike)).collect();
    let count = |id: &str| counts.iter().find(|(known, _)| known == id).map_or(0, |(_, count)| *count);
    Ok(Report::of(checked_at, found.into_iter().map(|row| row.breach).collect(), count))
}

/// Events of each hash chain that one check in the background follows.
const SLICE: i64 = 20_000;

/// How long a check in the background may take; the database gives up a little earlier.
const HURRY: Duration = Duration::from_secs(32);

/// In the background nothing may take long, nor more than one processor.
const HASTE: &str = "SET LOCAL statement_timeout = '30s'; SET LOCAL work_mem = '32MB'; SET LOCAL jit = off;
    SET LOCAL max_parallel_workers_per_gather = 0";

/// What a check in the background has found.
#[derive(Debug)]
pub struct Looked {
    /// The breaches.
    pub report: Report,
    /// How many contests were looked at.
    pub contests: usize,
    /// How far their hash chains hold.
    pub verified: Vec<Verified>,
}

/// How far a hash chain holds.
#[derive(Debug, QueryableByName)]
pub struct Verified {
    /// Whose chain.
    #[diesel(sql_type = SqlUuid)]
    pub contest_id: ContestId,
    /// The last event that was looked at.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// Its hash.
    #[diesel(sql_type = Binary)]
    pub hash: Vec<u8>,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

/// Whether it is time for a check in the background.
///
/// # Errors
/// Those of the database.
pub async fn is_due(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    let due: Answer = sql("SELECT due_at <= now() AS yes FROM last_check").get_result(conn).await?;
    Ok(due.yes)
}

/// Checks what is live or changed lately; `None` while another instance does.
///
/// # Errors
/// Those of the database.
pub async fn live_report(conn: &mut Pooled) -> Result<Option<Looked>, Error> {
    conn.be_patient(HURRY);
    let conn: &mut AsyncPgConnection = conn;
    AnsiTransactionManager::begin_transaction_sql(conn, BEGIN).await?;
    let looked = look_hastily(conn).await;
    AnsiTransactionManager::rollback_transaction(conn).await?;
    looked
}

async fn look_hastily(conn: &mut AsyncPgConnection) -> Result<Option<Looked>, Error> {
    conn.batch_execute(HASTE).await?;
    let alone: Answer = sql("SELECT pg_try_advisory_xact_lock(hashtextextended('checker', 0)) AS yes")
        .get_result(conn)
        .await?;
    if !alone.yes {
        return Ok(None);
    }
    let live = live_contests(conn).await?;
    let report = look(conn, Some(&live), Some(SLICE)).await?;
    let broken = |id: ContestId| {
        report.breaches.iter().any(|breach| breach.invariant == "E1" && breach.contest_id == Some(id))
    };
    let mut verified = slice_ends(conn, &live).await?;
    // A broken chain is looked at again, so that it stays reported.
    verified.retain(|end| !broken(end.contest_id));
    Ok(Some(Looked { report, contests: live.len(), verified }))
}

#[derive(QueryableByName)]
struct Live {
    #[diesel(sql_type = SqlUuid)]
    id: ContestId,
}

/// Contests that are played, and those in which something happened in the last ten minutes.
async fn live_contests(conn: &mut AsyncPgConnection) -> QueryResult<Vec<ContestId>> {
    let live: Vec<Live> = sql("SELECT id FROM contest c WHERE state IN ('running', 'paused')
         OR (SELECT at FROM contest_event e WHERE e.contest_id = c.id ORDER BY seq DESC LIMIT 1)
            > now() - interval '10 minutes'")
    .load(conn)
    .await?;
    Ok(live.into_iter().map(|row| row.id).collect())
}

async fn slice_ends(conn: &mut AsyncPgConnection, contests: &[ContestId]) -> QueryResult<Vec<Verified>> {
    sql("SELECT DISTINCT ON (c.id) c.id AS contest_id, e.seq, e.hash FROM unnest($1) AS c (id)
         LEFT JOIN verified_log v ON v.contest_id = c.id
         CROSS JOIN LATERAL (SELECT seq, hash FROM contest_event
             WHERE contest_id = c.id AND seq > coalesce(v.seq, 0) ORDER BY seq LIMIT $2) e
         ORDER BY c.id, e.seq DESC")
    .bind::<Array<SqlUuid>, _>(contests)
    .bind::<BigInt, _>(SLICE)
    .load(conn)
    .await
}

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Timestamptz)]
    checked_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    took_ms: i64,
    #[diesel(sql_type = Integer)]
    contests: i32,
    #[diesel(sql_type = Jsonb)]
    breaches: serde_json::Value,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    sound_since: Option<DateTime<Utc>>,
}

/// What the last check in the background found, of whichever instance; `None` before the first.
///
/// # Errors
/// Those of the database.
pub async fn verdict(conn: &mut AsyncPgConnection) -> QueryResult<Option<LastCheck>> {
    let kept: Option<Kept> =
        sql("SELECT checked_at, took_ms, contests, breaches, sound_since FROM last_check WHERE checked_at IS NOT NULL")
            .get_result(conn)
            .await
            .optional()?;
    Ok(kept.map(|Kept { checked_at, took_ms, contests, breaches, sound_since }| {
        let breaches: BTreeMap<String, i64> = serde_json::from_value(breaches).unwrap_or_default();
        LastCheck { ok: breaches.is_empty(), checked_at, sound_since, took_ms, contests, breaches }
    }))
}
