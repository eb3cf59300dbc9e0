//! Reading the event log of a contest.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::{Audience, Viewer, visible};
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
}

/// The highest number so far; 0 before the first event.
///
/// # Errors
/// Those of the database.
pub async fn head(conn: &mut AsyncPgConnection, contest: ContestId) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Head {
        #[diesel(sql_type = BigInt)]
        seq: i64,
    }
    let Head { seq } =
        sql("SELECT coalesce(max(seq), 0)::bigint AS seq FROM contest_event WHERE contest_id = $1")
            .bind::<SqlUuid, _>(contest)
            .get_result(conn)
            .await?;
    Ok(seq)
}

/// The events after a number, in order, whoever may see them.
///
/// # Errors
/// Those of the database.
pub async fn after(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    since: i64,
    limit: i64,
) -> QueryResult<Vec<Record>> {
    sql("SELECT seq, kind, audience, team_id, payload, at, hash FROM contest_event
         WHERE contest_id = $1 AND seq > $2 ORDER BY seq LIMIT $3")
    .bind::<SqlUuid, _>(contest)
    .bind::<BigInt, _>(since)
    .bind::<BigInt, _>(limit)
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
    /// The highest number of these.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
}

/// Up to a number, the newest event of each kind, audience and team.
///
/// # Errors
/// Those of the database.
pub async fn newest(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    until: i64,
) -> QueryResult<Vec<Newest>> {
    sql("SELECT kind, audience, team_id, max(seq)::bigint AS seq FROM contest_event
         WHERE contest_id = $1 AND seq <= $2 GROUP BY kind, audience, team_id")
    .bind::<SqlUuid, _>(contest)
    .bind::<BigInt, _>(until)
    .load(conn)
    .await
}

/// What a viewer may see of the events after a number.
#[derive(Debug)]
pub struct Slice {
    /// The visible ones, in order.
    pub records: Vec<Record>,
    /// How far was looked: nothing visible was left out up to here.
    pub until: i64,
}

/// Looks through up to `scan` events and keeps up to `limit` that the viewer may see.
///
/// # Errors
/// Those of the database.
pub async fn seen_by(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    viewer: Viewer,
    since: i64,
    limit: usize,
    scan: i64,
) -> QueryResult<Slice> {
    let found = after(conn, contest, since, scan).await?;
    Ok(slice(found, viewer, since, limit))
}

fn slice(found: Vec<Record>, viewer: Viewer, since: i64, limit: usize) -> Slice {
    let (mut records, mut until) = (Vec::new(), since);
    for record in found {
        let seq = record.seq;
        if visible(record.audience, record.team_id, viewer) {
            if records.len() == limit {
                break;
            }
            records.push(record);
        }
        until = seq;
    }
    Slice { records, until }
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
        }
    }

    #[test]
    fn a_slice_ends_before_the_first_event_that_found_no_room() {
        let log = || {
            (1..=9)
                .map(|seq| record(seq, if seq % 3 == 0 { Audience::Public } else { Audience::Staff }))
                .collect::<Vec<_>>()
        };
        let cut = slice(log(), Viewer::Public, 0, 2);
        assert_eq!(cut.records.iter().map(|r| r.seq).collect::<Vec<_>>(), [3, 6]);
        assert_eq!(cut.until, 8);
        let all = slice(log(), Viewer::Staff, 0, 100);
        assert_eq!((all.records.len(), all.until), (9, 9));
        assert_eq!(slice(Vec::new(), Viewer::Public, 5, 2).until, 5);
    }
}
