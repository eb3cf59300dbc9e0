//! Reading boxes and openings.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{BoxView, OpeningRow, OpeningView};
use crate::error::{Error, Refusal};
use crate::sql::sql;
use crate::types::{BoxId, ContestId, Difficulty, OpeningId, TeamId};

/// One box.
///
/// # Errors
/// `NotFound`.
pub async fn mystery_box(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    id: BoxId,
) -> Result<BoxView, Error> {
    let found: Option<BoxView> = sql("SELECT id, difficulty, price, reward, max_opens, enabled, version
        FROM mystery_box WHERE contest_id = $1 AND id = $2")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(id)
    .get_result(conn)
    .await
    .optional()?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// The box of a difficulty.
///
/// # Errors
/// `NotFound`.
pub async fn by_difficulty(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    difficulty: Difficulty,
) -> Result<BoxView, Error> {
    let found: Option<BoxView> = sql("SELECT id, difficulty, price, reward, max_opens, enabled, version
        FROM mystery_box WHERE contest_id = $1 AND difficulty = $2")
    .bind::<SqlUuid, _>(contest)
    .bind::<Text, _>(difficulty)
    .get_result(conn)
    .await
    .optional()?;
    found.ok_or_else(|| Refusal::NotFound.because(format!("there is no {difficulty} mystery box")))
}

/// The boxes of a contest, the cheapest first; those not on offer for staff only. There is one
/// for each difficulty, so the list needs no pages.
///
/// # Errors
/// Those of the database.
pub async fn boxes(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    staff: bool,
) -> QueryResult<Vec<BoxView>> {
    sql("SELECT id, difficulty, price, reward, max_opens, enabled, version
        FROM mystery_box WHERE contest_id = $1 AND ($2 OR enabled) ORDER BY price, id")
    .bind::<SqlUuid, _>(contest)
    .bind::<Bool, _>(staff)
    .load(conn)
    .await
}

/// Openings of a box in the order they were made: a team's, or everybody's for staff.
///
/// # Errors
/// Those of the database.
pub async fn openings(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    id: BoxId,
    team: Option<TeamId>,
    after: Option<OpeningId>,
    limit: i64,
) -> QueryResult<Vec<OpeningView>> {
    let rows: Vec<OpeningRow> = sql("SELECT o.id, o.box_id, o.team_id, b.difficulty, o.price, a.points AS reward,
            o.assignment_id, a.state, o.opened_at, a.expires_at
        FROM box_opening o
        JOIN mystery_box b ON (b.contest_id, b.id) = (o.contest_id, o.box_id)
        JOIN assignment a ON (a.contest_id, a.id) = (o.contest_id, o.assignment_id)
        WHERE o.contest_id = $1 AND o.box_id = $2 AND ($3 IS NULL OR o.team_id = $3) AND ($4 IS NULL OR o.id > $4)
        ORDER BY o.id LIMIT $5")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<SqlUuid>, _>(team)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(OpeningView::from).collect())
}
