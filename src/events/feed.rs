//! Reading the event log of a contest.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::{Audience, Embargo, Told, Viewer, visible};
use crate::sql::sql;
use crate::types::{ContestId, TeamId};

/// An event with its number.
#[derive(Debug, Clone, QueryableByName)]
pub struct Record {
    /// 1..n without a hole in each contest.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// What happened.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Who may know.
    #[diesel(sql_type = Text)]
    pub audience: Audience,
    /// Whom it is about.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub team_id: Option<TeamId>,
    /// Absolute values.
    #[diesel(sql_type = Jsonb)]
    pub payload: Value,
    /// When it happened.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// SHA-256 over the hash before and this event.
    #[diesel(sql_type = Binary)]
    pub hash: Vec<u8>,
    /// When it is withheld from the public: the number at which the public stands meanwhile.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub embargo: Option<i64>,
}

impl Record {
    /// What decides who may know of it.
    #[must_use]
    pub fn told(&self) -> Told {
        Told { audience: self.audience, about: self.team_id, withheld: self.embargo.is_some() }
    }

    /// The number that the public may know of once this is the newest event: numbers that went
    /// on while results are withheld would tell how many there were.
    #[must_use]
    pub fn public_seq(&self) -> i64 {
        self.embargo.unwrap_or(self.seq)
    }
}

/// How far the log goes, and when that was so.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct Head {
    /// The highest number that the reader may know of; 0 before the first event.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// By the database's clock.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

/// How far the log goes for a reader under this embargo.
///
/// # Errors
/// Those of the database.
pub async fn head_now(
    mut conn: &AsyncPgConnection,
    contest: ContestId,
    embargo: Embargo,
) -> QueryResult<Head> {
    sql("SELECT clock_timestamp() AS at, coalesce((SELECT CASE WHEN $2 THEN seq ELSE coalesce(embargo, seq) END
            FROM contest_event WHERE contest_id = $1 ORDER BY contest_event.seq DESC LIMIT 1), 0) AS seq")
    .bind::<SqlUuid, _>(contest)
    .bind::<Bool, _>(embargo.is_lifted())
    .get_result(&mut conn)
    .await
}

/// The highest number that a reader under this embargo may know of; 0 before the first event.
///
/// # Errors
/// Those of the database.
pub async fn head(conn: &AsyncPgConnection, contest: ContestId, embargo: Embargo) -> QueryResult<i64> {
    Ok(head_now(conn, contest, embargo).await?.seq)
}

/// The events after a number, in order, whoever may see them. To whom the embargo is lifted,
/// none of them is withheld.
///
/// # Errors
/// Those of the database.
pub async fn after(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    embargo: Embargo,
    since: i64,
    limit: i64,
) -> QueryResult<Vec<Record>> {
    sql("SELECT seq, kind, audience, team_id, payload, at, hash,
            CASE WHEN $4 THEN NULL ELSE embargo END AS embargo FROM contest_event
         WHERE contest_id = $1 AND seq > $2 ORDER BY seq LIMIT $3")
    .bind::<SqlUuid, _>(contest)
    .bind::<BigInt, _>(since)
    .bind::<BigInt, _>(limit)
    .bind::<Bool, _>(embargo.is_lifted())
    .load(conn)
    .await
}

/// The same without what is withheld from everybody but `team`: the database passes over it,
/// so that a reader's way through a long freeze is not a long one.
///
/// # Errors
/// Those of the database.
pub async fn disclosed_after(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    (embargo, team): (Embargo, Option<TeamId>),
    since: i64,
    limit: i64,
) -> QueryResult<Vec<Record>> {
    sql("SELECT seq, kind, audience, team_id, payload, at, hash,
            CASE WHEN $4 THEN NULL ELSE embargo END AS embargo FROM contest_event
         WHERE contest_id = $1 AND seq > $2 AND ($4 OR embargo IS NULL OR team_id = $5)
         ORDER BY seq LIMIT $3")
    .bind::<SqlUuid, _>(contest)
    .bind::<BigInt, _>(since)
    .bind::<BigInt, _>(limit)
    .bind::<Bool, _>(embargo.is_lifted())
    .bind::<Nullable<SqlUuid>, _>(team)
    .load(conn)
    .await
}

/// The newest number of one kind of event.
#[derive(Debug, Clone, QueryableByName)]
pub struct Newest {
    /// What happened.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Who may know.
    #[diesel(sql_type = Text)]
    pub audience: Audience,
    /// Whom it was about.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub team_id: Option<TeamId>,
    /// Whether it is withheld.
    #[diesel(sql_type = Bool)]
    pub withheld: bool,
    /// The highest number of these.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
}

impl Newest {
    /// What decides who may know of it.
    #[must_use]
    pub fn told(&self) -> Told {
        Told { audience: self.audience, about: self.team_id, withheld: self.withheld }
    }
}

/// Among these numbers, the newest event of each kind, audience and team, withheld or not.
///
/// # Errors
/// Those of the database.
pub async fn newest(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    embargo: Embargo,
    among: RangeInclusive<i64>,
) -> QueryResult<Vec<Newest>> {
    sql("SELECT kind, audience, team_id, NOT $3 AND embargo IS NOT NULL AS withheld, max(seq)::bigint AS seq
         FROM contest_event WHERE contest_id = $1 AND seq BETWEEN $2 AND $4 GROUP BY 1, 2, 3, 4")
    .bind::<SqlUuid, _>(contest)
    .bind::<BigInt, _>(*among.start())
    .bind::<Bool, _>(embargo.is_lifted())
    .bind::<BigInt, _>(*among.end())
    .load(conn)
    .await
}

/// Somebody on the way through the log.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// Who it is.
    pub viewer: Viewer,
    /// Whether results are withheld from them.
    pub embargo: Embargo,
    /// The highest number that they may know of; see [`head`].
    pub head: i64,
}

/// What a viewer may see of the events after a number.
#[derive(Debug)]
pub struct Slice {
    /// The visible ones, in order.
    pub records: Vec<Record>,
    /// How far was looked: nothing visible was left out up to here.
    pub until: i64,
    /// Whether that is as far as there is anything.
    pub done: bool,
}

/// Looks through up to `scan` events and keeps up to `limit` that the viewer may see.
///
/// # Errors
/// Those of the database.
pub async fn seen_by(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    reader: Reader,
    since: i64,
    limit: usize,
    scan: i64,
) -> QueryResult<Slice> {
    let found = disclosed_after(conn, contest, (reader.embargo, reader.viewer.team()), since, scan).await?;
    let all = i64::try_from(found.len()).unwrap_or(scan) < scan;
    Ok(slice(found, all, reader, since, limit))
}

/// `all`: nothing was found beyond these.
fn slice(found: Vec<Record>, all: bool, reader: Reader, since: i64, limit: usize) -> Slice {
    let (mut records, mut until) = (Vec::new(), since);
    for record in found {
        let seq = record.seq;
        if visible(record.told(), reader.viewer) {
            if records.len() == limit {
                return Slice { records, until, done: false };
            }
            records.push(record);
        }
        until = seq;
    }
    // What is withheld was passed over: it moves nobody on.
    Slice { records, until: if all { until.max(reader.head) } else { until }, done: all }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: i64, audience: Audience) -> Record {
        Record {
            seq,
            kind: "tested".to_owned(),
            audience,
            team_id: None,
            payload: Value::Null,
            at: DateTime::UNIX_EPOCH,
            hash: Vec::new(),
            embargo: None,
        }
    }

    fn log() -> Vec<Record> {
        (1..=9)
            .map(|seq| record(seq, if seq % 3 == 0 { Audience::Public } else { Audience::Staff }))
            .collect()
    }

    fn reader(viewer: Viewer) -> Reader {
        Reader { viewer, embargo: Embargo::Holds, head: 9 }
    }

    #[test]
    fn a_slice_ends_before_the_first_event_that_found_no_room() {
        let cut = slice(log(), true, reader(Viewer::Public), 0, 2);
        assert_eq!(cut.records.iter().map(|r| r.seq).collect::<Vec<_>>(), [3, 6]);
        assert_eq!((cut.until, cut.done), (8, false));
        let all = slice(log(), true, reader(Viewer::Staff), 0, 100);
        assert_eq!((all.records.len(), all.until, all.done), (9, 9, true));
        let part = slice(log(), false, reader(Viewer::Public), 0, 100);
        assert_eq!((part.until, part.done), (9, false));
    }

    #[test]
    fn a_reader_is_moved_on_to_the_number_that_it_may_know_of_and_no_further() {
        let until = |since| slice(Vec::new(), true, reader(Viewer::Public), since, 2).until;
        assert_eq!((until(5), until(9), until(12)), (9, 9, 12));
        let withheld = Record { embargo: Some(9), ..record(15, Audience::Public) };
        assert_eq!((withheld.public_seq(), record(8, Audience::Public).public_seq()), (9, 8));
    }
}
