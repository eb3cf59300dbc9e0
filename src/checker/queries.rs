//! Looking for breaches.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};

use super::{Breach, LastCheck, Report, SHOWN};
use crate::contests;
use crate::error::{Busy, Error};
use crate::pool::Pooled;
use crate::sql::sql;
use crate::types::ContestId;

/// All statements see the same instant, however long they take.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A big log takes its time, less of it when several read it.
const PATIENCE: &str = "SET LOCAL statement_timeout = '5min'; SET LOCAL work_mem = '64MB';
    SET LOCAL max_parallel_workers_per_gather TO DEFAULT";

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
    reported(conn, contest, false).await
}

/// Checks every invariant of one contest, unless somebody else does on whichever instance: it takes
/// long, and much of what the database can do.
///
/// # Errors
/// `Busy` meanwhile; those of the database.
pub async fn report_alone(conn: &mut Pooled, contest: ContestId) -> Result<Report, Error> {
    reported(conn, Some(contest), true).await
}

async fn reported(conn: &mut Pooled, contest: Option<ContestId>, alone: bool) -> Result<Report, Error> {
    conn.be_patient(LIMIT);
    let conn: &mut AsyncPgConnection = conn;
    AnsiTransactionManager::begin_transaction_sql(conn, BEGIN).await?;
    let report = look_patiently(conn, contest, alone).await;
    // Nothing was written: there is nothing to commit.
    AnsiTransactionManager::rollback_transaction(conn).await?;
    report
}

async fn look_patiently(
    conn: &mut AsyncPgConnection,
    contest: Option<ContestId>,
    alone: bool,
) -> Result<Report, Error> {
    conn.batch_execute(PATIENCE).await?;
    if alone && !turn(conn, "check").await? {
        return Err(Error::Busy(Busy::Overloaded));
    }
    look(conn, contest.as_ref().map(std::slice::from_ref), None).await
}

/// Whether nobody else is at it, until the transaction ends.
pub(super) async fn turn(conn: &mut AsyncPgConnection, what: &str) -> QueryResult<bool> {
    let alone: Answer = sql("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS yes")
        .bind::<Text, _>(what)
        .get_result(conn)
        .await?;
    Ok(alone.yes)
}

/// Looks at some contests or at all, and at so many events of each hash chain or at all.
pub(super) async fn look(
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
