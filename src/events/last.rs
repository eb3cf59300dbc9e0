//! What a transaction writes last: its events, and the replies that are kept for its keys.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Binary, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Event;
use crate::error::Error;
use crate::idempotency::Kept;
use crate::sql::{column, sql};

/// Writes the events, whose values are `$1` to `$6`.
macro_rules! tell {
    () => {
        "INSERT INTO outbox (contest_id, kind, audience, team_id, payload, at)
         SELECT c, k, a, t, p, $6 FROM unnest($1, $2, $3, $4, $5) AS e(c, k, a, t, p)"
    };
}

/// Writes the replies, whose values are `$7` to `$12`.
macro_rules! keep {
    () => {
        "INSERT INTO idempotency (principal, key, request_hash, status, reply, contest_id)
         SELECT * FROM unnest($7, $8, $9, $10, $11, $12)"
    };
}

/// What is to be written, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Last<'a> {
    pub(crate) events: &'a [Event],
    pub(crate) kept: &'a [Kept],
    pub(crate) at: DateTime<Utc>,
}

impl Last<'_> {
    /// Writes it in one statement. With nothing to write there still is one, for the sake of what
    /// [`crate::db`] says of COMMIT.
    pub(crate) async fn write(self, mut conn: &AsyncPgConnection) -> Result<(), Error> {
        let Self { events, kept, at } = self;
        let tell = |text| {
            sql(text)
                .bind::<Array<SqlUuid>, _>(column(events, |event| event.contest))
                .bind::<Array<Text>, _>(column(events, |event| event.kind))
                .bind::<Array<Text>, _>(column(events, |event| event.audience.as_str()))
                .bind::<Array<Nullable<SqlUuid>>, _>(column(events, |event| event.team))
                .bind::<Array<Jsonb>, _>(column(events, |event| &event.payload))
                .bind::<Timestamptz, _>(at)
        };
        if kept.is_empty() {
            tell(tell!()).execute(&mut conn).await?;
            return Ok(());
        }
        tell(concat!("WITH kept AS (", keep!(), ") ", tell!()))
            .bind::<Array<Text>, _>(column(kept, |kept| &*kept.key.principal))
            .bind::<Array<Text>, _>(column(kept, |kept| &*kept.key.key))
            .bind::<Array<Binary>, _>(column(kept, |kept| &*kept.key.request_hash))
            .bind::<Array<SmallInt>, _>(column(kept, |kept| kept.status))
            .bind::<Array<Text>, _>(column(kept, |kept| &*kept.body))
            .bind::<Array<Nullable<SqlUuid>>, _>(column(kept, |kept| kept.contest))
            .execute(&mut conn)
            .await?;
        Ok(())
    }
}
