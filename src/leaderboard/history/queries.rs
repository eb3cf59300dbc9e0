//! Reading histories. A team's entries are found by the ledger's primary key.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Asked, PastScore, SCORES, TeamHistory};
use crate::leaderboard::rank_order;
use crate::leaderboard::shown::{Ranked, on_board, ranked, shown};
use crate::sql::sql;
use crate::types::{ContestId, Points, TeamId};

/// A row of the board, and the entry of the ledger up to which it goes. That is what a freeze
/// stops: entries are never changed, so what is read up to there later is what was public then.
#[derive(Debug, QueryableByName)]
pub(super) struct Best {
    #[diesel(embed)]
    ranked: Ranked,
    #[diesel(sql_type = Integer)]
    ledger_seq: i32,
}

/// The first rows of the board, as this reader sees it.
pub(super) async fn best(conn: &mut AsyncPgConnection, asked: &Asked) -> QueryResult<Vec<Best>> {
    sql(concat!(
        "WITH ",
        ranked!(),
        " SELECT r.*, s.ledger_seq FROM ranked r JOIN shown s ON s.id = r.id
          ORDER BY r.rank, r.name, r.id LIMIT $4"
    ))
    .bind::<SqlUuid, _>(asked.contest)
    .bind::<Bool, _>(asked.embargo.is_lifted())
    .bind::<Nullable<Text>, _>(asked.division.as_deref())
    .bind::<BigInt, _>(i64::from(asked.top))
    .load(conn)
    .await
}

#[derive(Debug, QueryableByName)]
pub(super) struct TeamScore {
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
    #[diesel(sql_type = BigInt)]
    at_ms: i64,
    #[diesel(sql_type = BigInt)]
    points: Points,
}

/// The scores of these teams, in order. The time from the start to the latest of them is cut into
/// [`SCORES`] parts, and of each part a team's last score is told; and its first one of all.
///
/// An entry carries the time at which its transaction began, which may be before that of the entry
/// in front of it: a line never goes back.
pub(super) async fn scores(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    best: &[Best],
) -> QueryResult<Vec<TeamScore>> {
    let teams: Vec<TeamId> = best.iter().map(|best| best.ranked.team()).collect();
    let until: Vec<i32> = best.iter().map(|best| best.ledger_seq).collect();
    sql("WITH entry AS (
            SELECT e.team_id, e.seq, e.balance_after AS points, least(e.at, c.ended_at) AS at, c.starts_at
            FROM unnest($2, $3) AS shown (team_id, until)
            JOIN ledger_entry e ON e.contest_id = $1 AND e.team_id = shown.team_id AND e.seq <= shown.until
            JOIN contest c ON c.id = $1),
         timed AS (
            SELECT team_id, seq, points, max(greatest(0, floor(extract(epoch FROM at - starts_at - coalesce((
                    SELECT sum(least(p.ended_at, at) - p.started_at) FROM contest_pause p
                    WHERE p.contest_id = $1 AND p.started_at < at), interval '0')) * 1000))::bigint)
                OVER (PARTITION BY team_id ORDER BY seq) AS at_ms
            FROM entry),
         cut AS (
            SELECT *, CASE WHEN seq = 1 THEN -1 ELSE at_ms * $4 / (max(at_ms) OVER () + 1) END AS part
            FROM timed)
         SELECT DISTINCT ON (team_id, part) team_id, at_ms, points FROM cut
         ORDER BY team_id, part, seq DESC")
    .bind::<SqlUuid, _>(contest)
    .bind::<Array<SqlUuid>, _>(teams)
    .bind::<Array<Integer>, _>(until)
    .bind::<BigInt, _>(SCORES)
    .load(conn)
    .await
}

/// Each row with its scores.
pub(super) fn joined(best: Vec<Best>, scores: Vec<TeamScore>) -> Vec<TeamHistory> {
    let mut of_team: HashMap<TeamId, Vec<PastScore>> = HashMap::new();
    for TeamScore { team_id, at_ms, points } in scores {
        of_team.entry(team_id).or_default().push(PastScore { at_ms, points });
    }
    let history = |Best { ranked, .. }: Best| {
        let scores = of_team.remove(&ranked.team()).unwrap_or_default();
        TeamHistory { row: ranked.row(), scores }
    };
    best.into_iter().map(history).collect()
}
