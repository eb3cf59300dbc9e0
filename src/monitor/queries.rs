//! Looking at how a contest goes.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Light, Lights, MINUTES, MinuteOfAnswers, PoolLeft, WaitingClarifications, WatchedTeam};
use super::{attention, could_act_since};
use crate::contests::{Contest, ContestState};
use crate::ledger::TeamState;
use crate::questions::placement::queries::pools as by_category;
use crate::sql::sql;
use crate::types::{ContestId, TeamId};

/// Far more categories than anybody has.
const CATEGORIES: i64 = 10_000;

/// How far the clocks of those who make ids and of the database may be apart.
const LEEWAY: Duration = Duration::minutes(1);

/// What is left, by pool and difficulty.
///
/// # Errors
/// Those of the database.
pub async fn pools(conn: &mut AsyncPgConnection, contest: ContestId) -> QueryResult<Vec<PoolLeft>> {
    let mut all: Vec<PoolLeft> = Vec::new();
    for row in by_category(conn, contest, None, None, CATEGORIES).await? {
        let (pool, difficulty, left, total) = (row.pool, row.difficulty, row.left.unwrap_or(0), row.total);
        match all.iter_mut().find(|known| (known.pool, known.difficulty) == (pool, difficulty)) {
            Some(known) => (known.left, known.total) = (known.left + left, known.total + total),
            None => all.push(PoolLeft { pool, difficulty, left, total }),
        }
    }
    all.sort_by_key(|row| (row.pool, row.difficulty));
    Ok(all)
}

/// The first id that could have been made at this moment: ids rise with time, so what came since is
/// found by them, however much came before.
fn first_id_at(at: DateTime<Utc>) -> Uuid {
    let since_epoch = u128::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(since_epoch << 80)
}

/// Since when answers are looked at.
fn recent(now: DateTime<Utc>) -> DateTime<Utc> {
    now - Duration::minutes(i64::try_from(MINUTES).unwrap_or(0))
}

#[derive(QueryableByName)]
struct TeamRow {
    #[diesel(sql_type = SqlUuid)]
    id: TeamId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    state: TeamState,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_act_at: Option<DateTime<Utc>>,
}

/// How the teams do, by whether they are connected and what they last did: the newest question that a
/// team has drawn, those it is looking at, which it may have drawn before, and its answers of late.
///
/// # Errors
/// Those of the database.
pub async fn teams(
    conn: &mut AsyncPgConnection,
    contest: &Contest,
    connected: &HashSet<TeamId>,
    now: DateTime<Utc>,
) -> QueryResult<(Lights, Vec<WatchedTeam>)> {
    let rows: Vec<TeamRow> = sql("SELECT t.id, t.name, t.state, t.created_at,
            greatest(a.at, o.at, s.at) AS last_act_at
         FROM team t
         LEFT JOIN LATERAL (SELECT greatest(assigned_at, revealed_at) AS at FROM assignment a
            WHERE (a.contest_id, a.team_id) = (t.contest_id, t.id) ORDER BY assigned_at DESC LIMIT 1) a ON true
         LEFT JOIN (SELECT team_id, max(revealed_at) AS at FROM assignment
            WHERE contest_id = $1 AND state = 'revealed' GROUP BY team_id) o ON o.team_id = t.id
         LEFT JOIN (SELECT team_id, max(received_at) AS at FROM submission
            WHERE contest_id = $1 AND id >= $2 GROUP BY team_id) s ON s.team_id = t.id
         WHERE t.contest_id = $1 AND t.state <> 'deleted'")
    .bind::<SqlUuid, _>(contest.id)
    .bind::<SqlUuid, _>(first_id_at(recent(now) - LEEWAY))
    .load(conn)
    .await?;
    let (playing, out): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.state == TeamState::Active);
    let runs = contest.state == ContestState::Running;
    let watched = playing.into_iter().map(|row| {
        let is_connected = connected.contains(&row.id);
        let since = could_act_since(contest, row.created_at).max(row.last_act_at.unwrap_or(row.created_at));
        let light = Light::of(is_connected, now - since, runs);
        WatchedTeam {
            team_id: row.id,
            team: row.name,
            light,
            connected: is_connected,
            last_act_at: row.last_act_at,
        }
    });
    let (lights, named) = attention(watched.collect());
    Ok((Lights { out: out.len(), ..lights }, named))
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Integer)]
    minutes_ago: i32,
    #[diesel(sql_type = BigInt)]
    answers: i64,
    #[diesel(sql_type = BigInt)]
    correct: i64,
}

/// The answers of the last minutes, the oldest first; also those in which none came.
///
/// # Errors
/// Those of the database.
pub async fn answers(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<MinuteOfAnswers>> {
    let counted: Vec<Counted> =
        sql("SELECT floor(extract(epoch FROM $3 - s.received_at) / 60)::int AS minutes_ago,
            count(*) AS answers, count(*) FILTER (WHERE j.correct) AS correct
         FROM submission s
         LEFT JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id AND j.current
         WHERE s.contest_id = $1 AND s.id >= $2 AND s.received_at > $4 AND s.received_at <= $3 GROUP BY 1")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(first_id_at(recent(now) - LEEWAY))
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(recent(now))
        .load(conn)
        .await?;
    let minute = |ago: i32| {
        let found = counted.iter().find(|row| row.minutes_ago == ago);
        let (answers, correct) = found.map_or((0, 0), |row| (row.answers, row.correct));
        MinuteOfAnswers { begins_at: now - Duration::minutes(i64::from(ago) + 1), answers, correct }
    };
    Ok((0..i32::try_from(MINUTES).unwrap_or(0)).rev().map(minute).collect())
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    open: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    outbox: i64,
}

/// What teams wait for from staff, and how many events wait for their number.
///
/// # Errors
/// Those of the database.
pub async fn waiting(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
) -> QueryResult<(WaitingClarifications, i64)> {
    let found: Waiting = sql("SELECT count(*) AS open, min(c.asked_at) AS oldest_at,
            (SELECT count(*) FROM outbox) AS outbox
         FROM clarification c WHERE c.contest_id = $1 AND NOT EXISTS (SELECT FROM clarification_answer a
            WHERE (a.contest_id, a.clarification_id) = (c.contest_id, c.id))")
    .bind::<SqlUuid, _>(contest)
    .get_result(conn)
    .await?;
    Ok((WaitingClarifications { open: found.open, oldest_at: found.oldest_at }, found.outbox))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_were_made_since_are_not_below_the_first_of_then() {
        let first = first_id_at(Utc::now());
        assert!(Uuid::now_v7() >= first);
        assert!(first_id_at(Utc::now() + Duration::seconds(10)) > Uuid::now_v7());
    }
}
