//! Looking for breaches.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Uuid as SqlUuid};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};

use super::{Breach, Report, SHOWN};
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
    let report = look(conn, contest).await;
    // Nothing was written: there is nothing to commit.
    AnsiTransactionManager::rollback_transaction(conn).await?;
    report
}

async fn look(conn: &mut AsyncPgConnection, contest: Option<ContestId>) -> Result<Report, Error> {
    conn.batch_execute(PATIENCE).await?;
    let checked_at = contests::queries::now(conn).await?;
    let found: Vec<Found> = sql(BREACHES)
        .bind::<Nullable<SqlUuid>, _>(contest)
        .bind::<BigInt, _>(i64::try_from(SHOWN).unwrap_or(i64::MAX))
        .load(conn)
        .await?;
    let counts: Vec<_> = found.iter().map(|row| (row.breach.invariant.clone(), row.alike)).collect();
    let count = |id: &str| counts.iter().find(|(known, _)| known == id).map_or(0, |(_, count)| *count);
    Ok(Report::of(checked_at, found.into_iter().map(|row| row.breach).collect(), count))
}
