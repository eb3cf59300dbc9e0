//! Reading the leaderboard.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::shown::{Ranked, on_board, rank_key, ranked, shown};
use super::{Cursor, Row, Standing, rank_order};
use crate::contests::Contest;
use crate::error::{Error, Refusal};
use crate::events::Embargo;
use crate::sql::sql;
use crate::types::{ContestId, TeamId};

/// Rows of the board, or of the board of a division, after a cursor, the leader first.
///
/// # Errors
/// Those of the database.
pub async fn board(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    embargo: Embargo,
    division: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    let rows: Vec<Ranked> = match after {
        None => {
            sql(concat!("WITH ", ranked!(), " SELECT * FROM ranked ORDER BY rank, name, id LIMIT $4"))
                .bind::<SqlUuid, _>(contest)
                .bind::<Bool, _>(embargo.is_lifted())
                .bind::<Nullable<Text>, _>(division)
                .bind::<BigInt, _>(limit)
                .load(conn)
                .await?
        }
        // The name is that of the team now: deleted teams keep their rows.
        Some(after) => {
            sql(concat!(
                "WITH ",
                ranked!(),
                " SELECT * FROM ranked r WHERE (",
                rank_key!("r."),
                ", r.name, r.id) >
                    (-$5, coalesce($6, 9223372036854775807), $7,
                     (SELECT name FROM team WHERE contest_id = $1 AND id = $8), $8)
                ORDER BY rank, name, id LIMIT $4"
            ))
            .bind::<SqlUuid, _>(contest)
            .bind::<Bool, _>(embargo.is_lifted())
            .bind::<Nullable<Text>, _>(division)
            .bind::<BigInt, _>(limit)
            .bind::<BigInt, _>(after.points)
            .bind::<Nullable<BigInt>, _>(after.last_gain_ms)
            .bind::<Integer, _>(after.wrong)
            .bind::<SqlUuid, _>(after.team_id)
            .load(conn)
            .await?
        }
    };
    Ok(rows.into_iter().map(Ranked::row).collect())
}

/// Every standing on the board, in no order.
///
/// # Errors
/// Those of the database.
pub async fn standings(
    mut conn: &AsyncPgConnection,
    contest: ContestId,
    embargo: Embargo,
) -> QueryResult<Vec<Standing>> {
    let rows: Vec<Ranked> = sql(concat!(
        "WITH ",
        shown!(),
        " SELECT 0::bigint AS rank, id, name, division, points, last_gain_ms, wrong, standing_no FROM shown WHERE ",
        on_board!("")
    ))
    .bind::<SqlUuid, _>(contest)
    .bind::<Bool, _>(embargo.is_lifted())
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().map(Ranked::standing).collect())
}

/// How a team stands now, and how it stood when the board froze.
#[derive(Debug)]
pub struct Standings {
    /// As its own members may know.
    pub now: Standing,
    /// As the public sees it, while the board is frozen.
    pub frozen: Option<Standing>,
}

/// How a team stands, whether it is on the board or not.
///
/// # Errors
/// `NotFound`.
pub async fn standing_of(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
) -> Result<Standings, Error> {
    let mut rows: Vec<Ranked> =
        sql("SELECT 0::bigint AS rank, id, name, division, points, last_gain_ms, wrong, standing_no
        FROM team WHERE contest_id = $1 AND id = $2 AND state <> 'deleted'
        UNION ALL
        SELECT 1, t.id, t.name, t.division, f.points, f.last_gain_ms, f.wrong, f.standing_no
        FROM frozen_standing f JOIN team t ON (t.contest_id, t.id) = (f.contest_id, f.team_id)
        WHERE f.contest_id = $1 AND f.team_id = $2 AND (SELECT board = 'frozen' FROM contest WHERE id = $1)
        ORDER BY rank")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(team)
        .load(conn)
        .await?;
    let frozen = if rows.len() > 1 { rows.pop().map(Ranked::standing) } else { None };
    let now = rows.pop().ok_or(Refusal::NotFound)?.standing();
    Ok(Standings { now, frozen })
}

#[derive(QueryableByName)]
struct RankOnly {
    #[diesel(sql_type = BigInt)]
    rank: i64,
}

/// One more than the number of better ones on the board. Most teams are passed over by their
/// points alone, which is the cheapest look at them.
const RANK: &str = concat!(
    "SELECT 1 + (SELECT count(*) FROM team b WHERE b.contest_id = $1 AND b.points >= t.points AND ",
    on_board!("b."),
    " AND (",
    rank_key!("b."),
    ") < (",
    rank_key!("t."),
    ")) AS rank FROM team t WHERE t.contest_id = $1 AND t.id = $2 AND t.state <> 'deleted'"
);

/// The same among those on the frozen board.
const FROZEN_RANK: &str = concat!(
    "SELECT 1 + (SELECT count(*) FROM frozen_standing f
         JOIN team b ON (b.contest_id, b.id) = (f.contest_id, f.team_id)
         WHERE f.contest_id = $1 AND f.points >= t.points AND ",
    on_board!("b."),
    " AND (",
    rank_key!("f."),
    ") < (",
    rank_key!("t."),
    ")) AS rank FROM frozen_standing t WHERE t.contest_id = $1 AND t.team_id = $2"
);

/// The rank of a team by counting those ahead: on the frozen board while there is one, else with
/// all that the transaction has written to other teams as well. Other verdicts take the rank from
/// a kept board (`verdicts.rs`). `contest` must have been read behind the gate.
///
/// # Errors
/// `NotFound`.
pub async fn rank(mut conn: &AsyncPgConnection, contest: &Contest, team: TeamId) -> Result<i64, Error> {
    let found: Option<RankOnly> = sql(if contest.is_frozen() { FROZEN_RANK } else { RANK })
        .bind::<SqlUuid, _>(contest.id)
        .bind::<SqlUuid, _>(team)
        .get_result(&mut conn)
        .await
        .optional()?;
    found.map(|row| row.rank).ok_or_else(|| Refusal::NotFound.into())
}
