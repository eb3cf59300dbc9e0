//! Reading games and their boards.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::page::{Before, Cursor};
use super::{GameRef, GameView, Place, ReportedScore};
use crate::error::{Error, Refusal};
use crate::schema::{game, reported_score};
use crate::sql::sql;
use crate::types::{AccountId, GameId, Points, ReportId};

/// A game by its id or slug.
///
/// # Errors
/// `NotFound`.
pub async fn find(conn: &mut AsyncPgConnection, named: &GameRef) -> Result<GameView, Error> {
    let games = game::table.select(GameView::as_select());
    let found = match named {
        GameRef::Id(id) => games.filter(game::id.eq(id)).first(conn).await,
        GameRef::Slug(slug) => games.filter(game::slug.eq(slug)).first(conn).await,
    };
    found.optional()?.ok_or_else(|| Refusal::NotFound.into())
}

/// Games, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn games(
    conn: &mut AsyncPgConnection,
    before: Option<GameId>,
    limit: i64,
) -> QueryResult<Vec<GameView>> {
    let mut query =
        game::table.select(GameView::as_select()).order(game::id.desc()).limit(limit).into_boxed();
    if let Some(before) = before {
        query = query.filter(game::id.lt(before));
    }
    query.load(conn).await
}

/// What an account reported of itself, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn reported(
    conn: &mut AsyncPgConnection,
    game: GameId,
    account: AccountId,
    before: Option<ReportId>,
    limit: i64,
) -> QueryResult<Vec<ReportedScore>> {
    let mut query = reported_score::table
        .filter(reported_score::game_id.eq(game).and(reported_score::account_id.eq(account)))
        .select(ReportedScore::as_select())
        .order(reported_score::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(reported_score::id.lt(before));
    }
    query.load(conn).await
}

/// An account on the board, before its rank is known.
#[derive(Debug, QueryableByName)]
pub(super) struct Scored {
    #[diesel(sql_type = SqlUuid)]
    pub(super) account_id: AccountId,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = BigInt)]
    pub(super) score: Points,
}

/// Rows of the board after a cursor, the best first. Two ranges of one index: those that are equal to
/// the cursor's and come later, and those that are below.
pub(super) async fn board(
    conn: &mut AsyncPgConnection,
    game: GameId,
    after: Option<Cursor>,
    limit: i64,
) -> QueryResult<Vec<Scored>> {
    let (score, account) = after.map(|after| (after.score, after.account)).unzip();
    sql("SELECT account_id, a.name, score FROM (
            (SELECT account_id, score FROM high_score
             WHERE game_id = $1 AND score = $2 AND account_id > $3 ORDER BY account_id LIMIT $4)
            UNION ALL
            (SELECT account_id, score FROM high_score
             WHERE game_id = $1 AND score < coalesce($2, 9223372036854775807)
             ORDER BY score DESC, account_id LIMIT $4)) h
         JOIN account a ON a.id = account_id ORDER BY score DESC, account_id LIMIT $4")
    .bind::<SqlUuid, _>(game)
    .bind::<Nullable<BigInt>, _>(score)
    .bind::<Nullable<SqlUuid>, _>(account)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

#[derive(QueryableByName)]
struct OneScore {
    #[diesel(sql_type = SqlUuid)]
    account_id: AccountId,
    #[diesel(sql_type = BigInt)]
    score: Points,
}

/// Where a page begins that has so many rows above this account; `None` is the top of the board, also
/// for an account that is not on it. Read upwards along the index of the board.
pub(super) async fn above(
    conn: &mut AsyncPgConnection,
    game: GameId,
    account: AccountId,
    rows: i64,
) -> QueryResult<Option<Cursor>> {
    let before: Option<OneScore> = sql("WITH own AS (
            SELECT score FROM high_score WHERE game_id = $1 AND account_id = $2 AND score IS NOT NULL)
         SELECT account_id, score FROM (
            (SELECT h.account_id, h.score FROM high_score h, own WHERE game_id = $1
               AND h.score = own.score AND account_id < $2 ORDER BY account_id DESC LIMIT $3 + 1)
            UNION ALL
            (SELECT h.account_id, h.score FROM high_score h WHERE game_id = $1
               AND h.score > (SELECT score FROM own) ORDER BY h.score, account_id DESC LIMIT $3 + 1)) h
         ORDER BY score, account_id DESC OFFSET $3 LIMIT 1")
    .bind::<SqlUuid, _>(game)
    .bind::<SqlUuid, _>(account)
    .bind::<BigInt, _>(rows)
    .get_result(conn)
    .await
    .optional()?;
    Ok(before.map(|row| Cursor { score: row.score, account: row.account_id }))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many have a better score than this one: counted along the index of the board.
///
/// # Errors
/// Those of the database.
pub async fn ahead(conn: &mut AsyncPgConnection, game: GameId, score: Points) -> QueryResult<i64> {
    let found: Count = sql("SELECT count(*) FROM high_score WHERE game_id = $1 AND score > $2")
        .bind::<SqlUuid, _>(game)
        .bind::<BigInt, _>(score)
        .get_result(conn)
        .await?;
    Ok(found.count)
}

/// How many stand on the pages before this first row.
pub(super) async fn before(
    conn: &mut AsyncPgConnection,
    game: GameId,
    first: &Scored,
    ahead: i64,
) -> QueryResult<Before> {
    let found: Count =
        sql("SELECT count(*) FROM high_score WHERE game_id = $1 AND score = $2 AND account_id < $3")
            .bind::<SqlUuid, _>(game)
            .bind::<BigInt, _>(first.score)
            .bind::<SqlUuid, _>(first.account_id)
            .get_result(conn)
            .await?;
    Ok(Before { ahead, equal: found.count })
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Nullable<BigInt>)]
    score: Option<Points>,
    #[diesel(sql_type = BigInt)]
    ahead: i64,
    #[diesel(sql_type = BigInt)]
    players: i64,
}

/// Where an account stands among all: counted along the index of the board.
///
/// # Errors
/// Those of the database.
pub async fn place(conn: &mut AsyncPgConnection, game: GameId, account: AccountId) -> QueryResult<Place> {
    let found: Counted = sql("SELECT own.score,
            (SELECT count(*) FROM high_score WHERE game_id = $1 AND score > own.score) AS ahead,
            (SELECT count(*) FROM high_score WHERE game_id = $1 AND score IS NOT NULL) AS players
         FROM (SELECT (SELECT score FROM high_score WHERE game_id = $1 AND account_id = $2) AS score) own")
    .bind::<SqlUuid, _>(game)
    .bind::<SqlUuid, _>(account)
    .get_result(conn)
    .await?;
    Ok(Place { score: found.score, ahead: found.ahead, players: found.players })
}

/// A score that was written lately; `None` for an account that has none any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub account: AccountId,
    /// What it is now.
    pub score: Option<Points>,
}

/// What changed on a board.
#[derive(Debug)]
pub struct News {
    /// Every transaction before this one has ended, and what it wrote is known to whoever reads
    /// this: the next news are those since it.
    pub horizon: i64,
    /// Newest values, in no order.
    pub changes: Vec<Change>,
}

#[derive(QueryableByName)]
struct NewsRow {
    #[diesel(sql_type = BigInt)]
    horizon: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    account_id: Option<AccountId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    score: Option<Points>,
}

/// At most `limit` of what was written since this horizon: all that whoever knows the board of then
/// may not know, and perhaps some that they do. Rows that were brought from another cluster bear the
/// numbers of its transactions; what is beyond the last one of this cluster is not news.
///
/// # Errors
/// Those of the database.
pub async fn news(conn: &mut AsyncPgConnection, game: GameId, since: i64, limit: i64) -> QueryResult<News> {
    let rows: Vec<NewsRow> = sql("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
            h.account_id, h.score
         FROM (SELECT) snapshot LEFT JOIN (
            SELECT account_id, score FROM high_score WHERE game_id = $1 AND changed >= $2
              AND changed < pg_snapshot_xmax(pg_current_snapshot())::text::bigint LIMIT $3) h ON true")
    .bind::<SqlUuid, _>(game)
    .bind::<BigInt, _>(since)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    let horizon = rows.as_slice().first().map_or(0, |row| row.horizon);
    let changes =
        rows.into_iter().filter_map(|row| Some(Change { account: row.account_id?, score: row.score }));
    Ok(News { horizon, changes: changes.collect() })
}

/// Scores of all accounts behind this one, in the order of their ids.
///
/// # Errors
/// Those of the database.
pub async fn scores(
    conn: &mut AsyncPgConnection,
    game: GameId,
    after: Option<AccountId>,
    limit: i64,
) -> QueryResult<Vec<(AccountId, Points)>> {
    let rows: Vec<OneScore> = sql("SELECT account_id, score FROM high_score
         WHERE game_id = $1 AND account_id > coalesce($2, '00000000-0000-0000-0000-000000000000')
           AND score IS NOT NULL ORDER BY account_id LIMIT $3")
    .bind::<SqlUuid, _>(game)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.score)).collect())
}
