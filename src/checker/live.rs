//! Looking for breaches beside the game: in contests that are live, at slices of their hash chains.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Uuid as SqlUuid};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};

use super::Report;
use super::queries::{BEGIN, look, turn};
use crate::error::Error;
use crate::pool::Pooled;
use crate::sql::sql;
use crate::types::ContestId;

/// The invariant of hash chains.
const CHAIN: &str = "E1";

/// Events of each hash chain that one check in the background follows.
const SLICE: i64 = 20_000;

/// How long a check in the background may take; the database gives up a little earlier.
const HURRY: Duration = Duration::from_secs(32);

/// In the background nothing may take long.
const HASTE: &str = "SET LOCAL statement_timeout = '30s'; SET LOCAL work_mem = '32MB'";

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
    if !turn(conn, "checker").await? {
        return Ok(None);
    }
    let live = live_contests(conn).await?;
    let report = look(conn, Some(&live), Some(SLICE)).await?;
    let verified = unbroken(slice_ends(conn, &live).await?, &report);
    Ok(Some(Looked { report, contests: live.len(), verified }))
}

/// The ends of the chains that hold. A broken one is looked at again, so that it stays reported; when
/// the report does not show all that are, each may be.
fn unbroken(mut ends: Vec<Verified>, report: &Report) -> Vec<Verified> {
    let shown: Vec<_> = report.breaches.iter().filter(|breach| breach.invariant == CHAIN).collect();
    let all = report.invariants.iter().find(|invariant| invariant.id == CHAIN);
    if all.is_some_and(|all| all.breaches > shown.len() as i64) {
        return Vec::new();
    }
    ends.retain(|end| !shown.iter().any(|breach| breach.contest_id == Some(end.contest_id)));
    ends
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

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;
    use crate::checker::Breach;

    fn report(broken: &[ContestId], count: i64) -> Report {
        let breach = |id: &ContestId| Breach {
            invariant: "E1".to_owned(),
            contest_id: Some(*id),
            subject: "event 7".to_owned(),
            detail: "the chain is broken".to_owned(),
        };
        let count = |id: &str| if id == "E1" { count } else { 0 };
        Report::of(Utc::now(), broken.iter().map(breach).collect(), count)
    }

    #[test]
    fn no_chain_is_taken_for_sound_that_may_be_broken() {
        let (sound, broken) = (ContestId::new(), ContestId::new());
        let kept = |report: &Report| -> Vec<_> {
            let end = |contest_id| Verified { contest_id, seq: 7, hash: Vec::new() };
            unbroken([sound, broken].map(end).into(), report).iter().map(|end| end.contest_id).collect()
        };
        assert_eq!(kept(&report(&[], 0)), [sound, broken]);
        assert_eq!(kept(&report(&[broken], 1)), [sound]);
        assert!(kept(&report(&[broken], 2)).is_empty(), "the second breach may be of the other one");
    }
}
