//! The only rows that the checker writes: its own verdict, and how far it has come.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Integer, Jsonb, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::live::Verified;
use crate::db::{Command, Tx};
use crate::error::Error;
use crate::sql::sql;

/// Keeps what a check in the background has found.
#[derive(Debug)]
pub struct KeepVerdict {
    /// The instant whose rows were looked at.
    pub checked_at: DateTime<Utc>,
    /// How long it took, in ms.
    pub took_ms: i64,
    /// How long the next one waits after this one began, in ms.
    pub pause_ms: i64,
    /// How many contests were looked at.
    pub contests: i32,
    /// How often each broken invariant is broken.
    pub breaches: serde_json::Value,
    /// How far the hash chains hold.
    pub verified: Vec<Verified>,
}

impl Command for KeepVerdict {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        sql("UPDATE last_check SET checked_at = $1, took_ms = $2, contests = $3, breaches = $4,
                due_at = $1 + $5 * interval '1 millisecond',
                sound_since = CASE WHEN $4 = '{}'::jsonb THEN coalesce(sound_since, $1) END")
        .bind::<Timestamptz, _>(self.checked_at)
        .bind::<BigInt, _>(self.took_ms)
        .bind::<Integer, _>(self.contests)
        .bind::<Jsonb, _>(&self.breaches)
        .bind::<BigInt, _>(self.pause_ms)
        .execute(tx)
        .await?;
        // An instance that was slower must not take the mark back.
        sql("INSERT INTO verified_log AS known (contest_id, seq, hash) SELECT * FROM unnest($1, $2, $3)
             ON CONFLICT (contest_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
                WHERE known.seq < excluded.seq")
        .bind::<Array<SqlUuid>, _>(self.verified.iter().map(|v| v.contest_id).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(self.verified.iter().map(|v| v.seq).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(self.verified.iter().map(|v| &v.hash).collect::<Vec<_>>())
        .execute(tx)
        .await?;
        Ok(())
    }
}

/// Lets the next check wait, because one could not be finished.
#[derive(Debug)]
pub struct PutOff {
    /// For how long, in ms.
    pub pause_ms: i64,
}

impl Command for PutOff {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        sql("UPDATE last_check SET due_at = now() + $1 * interval '1 millisecond'")
            .bind::<BigInt, _>(self.pause_ms)
            .execute(tx)
            .await?;
        Ok(())
    }
}
