//! The best between two days, among the scores that everybody may know.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use utoipa::ToSchema;

use super::Table;
use super::days::Days;
use crate::download::csv_of;
use crate::error::Error;
use crate::sql::sql;
use crate::types::{AccountId, ContestId, GameId, Points};

/// One of the best.
#[derive(Debug, Serialize, ToSchema, QueryableByName)]
pub struct TopPlayer {
    /// Accounts with equal scores share it: 1, 2, 2, 4.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 1)]
    pub rank: i64,
    /// Which account.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: AccountId,
    /// What it is called.
    #[diesel(sql_type = Text)]
    #[schema(example = "ada")]
    pub name: String,
    /// The highest score that it came to on one of these days.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 4200)]
    pub score: Points,
}

/// The best between two days.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopPlayers {
    /// The first day.
    pub start_date: NaiveDate,
    /// The last one, included.
    pub end_date: NaiveDate,
    /// At most `limit`, the best first.
    pub data: Vec<TopPlayer>,
}

impl Table for TopPlayers {
    fn csv(&self) -> Result<String, Error> {
        csv_of(&["rank", "account_id", "name", "score"], &self.data)
    }
}

/// Whose scores are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// Those of all contests.
    Contests,
    /// Those of one.
    Contest(ContestId),
    /// Those of the contests of a game.
    Game(GameId),
    /// Those that accounts reported in a game.
    Reports(GameId),
}

/// The best of these days.
///
/// # Errors
/// Those of the database.
pub async fn top_players(
    conn: &mut AsyncPgConnection,
    days: Days,
    among: Among,
    limit: i64,
) -> QueryResult<TopPlayers> {
    let data = match among {
        Among::Reports(game) => reported(conn, days, game, limit).await?,
        Among::Contests => played(conn, days, None, None, limit).await?,
        Among::Contest(contest) => played(conn, days, Some(contest), None, limit).await?,
        Among::Game(game) => played(conn, days, None, Some(game), limit).await?,
    };
    Ok(TopPlayers { start_date: days.first, end_date: days.last, data })
}

/// Anybody can make a room and win in it, so a room counts where it is named and nowhere else.
///
/// A moment has one day in a time zone, while a day may lack its midnight or have two: so moments
/// are turned into days, and never days into moments. Two days to each side leave no zone out.
///
/// What came to a team on one of these days is looked for by the time of its entries; its score then
/// is the sum of all before, without those that were taken back since: nobody came to points by
/// mistake. Of a frozen contest that is what everybody knew when it froze.
const PLAYED: &str = "
WITH seen AS (
    SELECT c.id, c.time_zone, c.board = 'frozen' AS frozen FROM contest c
    WHERE c.state NOT IN ('draft', 'published', 'cancelled')
      AND (c.kind = 'competition' OR c.kind = 'room' AND c.id = $4)
      AND ($4 IS NULL OR c.id = $4) AND ($5 IS NULL OR c.game_id = $5)),
moved AS (
    SELECT DISTINCT e.contest_id, e.team_id FROM ledger_entry e JOIN seen ON seen.id = e.contest_id
    WHERE e.at >= $1::timestamp - interval '2 days' AND e.at < $2::timestamp + interval '3 days'
      AND e.kind <> 'opening'),
playing AS (
    SELECT t.contest_id, t.id AS team_id, seen.time_zone,
        CASE WHEN seen.frozen THEN f.ledger_seq ELSE t.ledger_seq END AS known
    FROM moved JOIN team t ON (t.contest_id, t.id) = (moved.contest_id, moved.team_id)
    JOIN seen ON seen.id = t.contest_id
    LEFT JOIN frozen_standing f ON (f.contest_id, f.team_id) = (t.contest_id, t.id)
    WHERE t.state = 'active' AND NOT t.hidden),
came_to AS (
    SELECT p.contest_id, p.team_id, e.kind,
        (e.at AT TIME ZONE p.time_zone)::date BETWEEN $1 AND $2 AS counts,
        sum(e.amount) OVER (PARTITION BY e.contest_id, e.team_id ORDER BY e.seq)::bigint AS score
    FROM playing p JOIN ledger_entry e ON (e.contest_id, e.team_id) = (p.contest_id, p.team_id)
    WHERE e.seq <= p.known AND e.kind <> 'reversal' AND NOT EXISTS (
        SELECT FROM ledger_entry r WHERE r.contest_id = e.contest_id AND r.team_id = e.team_id
          AND r.reverses = e.seq AND r.seq <= p.known)),
best AS (
    SELECT m.user_id AS account_id, max(score) AS score
    FROM came_to JOIN member m ON (m.contest_id, m.team_id) = (came_to.contest_id, came_to.team_id)
    WHERE counts AND kind <> 'opening' AND m.user_id IS NOT NULL GROUP BY 1)
SELECT rank() OVER (ORDER BY score DESC) AS rank, account_id, a.name, score
FROM best JOIN account a ON a.id = account_id ORDER BY rank, account_id LIMIT $3";

async fn played(
    conn: &mut AsyncPgConnection,
    days: Days,
    contest: Option<ContestId>,
    game: Option<GameId>,
    limit: i64,
) -> QueryResult<Vec<TopPlayer>> {
    sql(PLAYED)
        .bind::<Date, _>(days.first)
        .bind::<Date, _>(days.last)
        .bind::<BigInt, _>(limit)
        .bind::<Nullable<SqlUuid>, _>(contest)
        .bind::<Nullable<SqlUuid>, _>(game)
        .load(conn)
        .await
}

async fn reported(
    conn: &mut AsyncPgConnection,
    days: Days,
    game: GameId,
    limit: i64,
) -> QueryResult<Vec<TopPlayer>> {
    sql("WITH best AS (
            SELECT r.account_id, max(r.score) AS score
            FROM reported_score r JOIN game g ON g.id = r.game_id
            WHERE r.game_id = $4
              AND r.at >= $1::timestamp - interval '2 days' AND r.at < $2::timestamp + interval '3 days'
              AND (r.at AT TIME ZONE g.time_zone)::date BETWEEN $1 AND $2
            GROUP BY 1)
         SELECT rank() OVER (ORDER BY score DESC) AS rank, account_id, a.name, score
         FROM best JOIN account a ON a.id = account_id ORDER BY rank, account_id LIMIT $3")
    .bind::<Date, _>(days.first)
    .bind::<Date, _>(days.last)
    .bind::<BigInt, _>(limit)
    .bind::<SqlUuid, _>(game)
    .load(conn)
    .await
}
