//! Reading the leaderboard. Only active teams that are not hidden are on it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Cursor, Row, Standing, rank_order};
use crate::error::{Error, Refusal};
use crate::sql::sql;
use crate::types::{ContestId, Points, TeamId};

/// Who is on the board.
macro_rules! on_board {
    ($of:literal) => {
        concat!($of, "state = 'active' AND NOT ", $of, "hidden")
    };
}

/// The rank order as columns of a row that can be compared: the smaller one leads.
macro_rules! rank_key {
    ($of:literal) => {
        concat!("-", $of, "points, coalesce(", $of, "last_gain_ms, 9223372036854775807), ", $of, "wrong")
    };
}

/// Every team on the board of contest `$1`, with its rank.
macro_rules! ranked {
    () => {
        concat!(
            "ranked AS (SELECT rank() OVER (ORDER BY ",
            rank_order!(),
            ") AS rank, id, name COLLATE \"C\" AS name, points, last_gain_ms, wrong, standing_no
            FROM team WHERE contest_id = $1 AND ",
            on_board!(""),
            ")"
        )
    };
}

/// Rank (and what else is asked for) of team `t`: one more than the better ones on the board.
macro_rules! rank_of_team {
    ($more:literal) => {
        concat!(
            // Most teams are passed over by their points alone, which is the cheapest look at them.
            "SELECT 1 + (SELECT count(*) FROM team b WHERE b.contest_id = $1 AND b.points >= t.points AND ",
            on_board!("b."),
            " AND (",
            rank_key!("b."),
            ") < (",
            rank_key!("t."),
            ")) AS rank",
            $more,
            " FROM team t WHERE t.contest_id = $1 AND t.id = $2 AND t.state <> 'deleted'"
        )
    };
}

#[derive(Debug, QueryableByName)]
struct Ranked {
    #[diesel(sql_type = BigInt)]
    rank: i64,
    #[diesel(sql_type = SqlUuid)]
    id: TeamId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    points: Points,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_gain_ms: Option<i64>,
    #[diesel(sql_type = Integer)]
    wrong: i32,
    #[diesel(sql_type = Integer)]
    standing_no: i32,
}

impl Ranked {
    fn split(self) -> (i64, Standing) {
        let standing = Standing {
            team_id: self.id,
            team: self.name,
            points: self.points,
            last_gain_ms: self.last_gain_ms,
            wrong: self.wrong,
            standing_no: self.standing_no,
        };
        (self.rank, standing)
    }

    fn row(self) -> Row {
        let (rank, standing) = self.split();
        Row::new(rank, &standing)
    }
}

/// Rows of the board after a cursor, the leader first.
///
/// # Errors
/// Those of the database.
pub async fn board(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    after: Option<Cursor>,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    let rows: Vec<Ranked> = match after {
        None => {
            sql(concat!("WITH ", ranked!(), " SELECT * FROM ranked ORDER BY rank, name, id LIMIT $2"))
                .bind::<SqlUuid, _>(contest)
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
                    (-$3, coalesce($4, 9223372036854775807), $5,
                     (SELECT name FROM team WHERE contest_id = $1 AND id = $6), $6)
                ORDER BY rank, name, id LIMIT $2"
            ))
            .bind::<SqlUuid, _>(contest)
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
pub async fn standings(conn: &mut AsyncPgConnection, contest: ContestId) -> QueryResult<Vec<Standing>> {
    let rows: Vec<Ranked> = sql(concat!(
        "SELECT 0::bigint AS rank, id, name, points, last_gain_ms, wrong, standing_no
         FROM team WHERE contest_id = $1 AND ",
        on_board!("")
    ))
    .bind::<SqlUuid, _>(contest)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.split().1).collect())
}

/// How a team stands, and the rank it has or, off the board, would have.
///
/// # Errors
/// `NotFound`.
pub async fn standing_of(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
) -> Result<(i64, Standing), Error> {
    let found: Option<Ranked> =
        sql(rank_of_team!(", t.id, t.name, t.points, t.last_gain_ms, t.wrong, t.standing_no"))
            .bind::<SqlUuid, _>(contest)
            .bind::<SqlUuid, _>(team)
            .get_result(conn)
            .await
            .optional()?;
    found.map(Ranked::split).ok_or_else(|| Refusal::NotFound.into())
}

#[derive(QueryableByName)]
struct RankOnly {
    #[diesel(sql_type = BigInt)]
    rank: i64,
}

/// The rank of a team, for replies that change its points: one statement that counts. In a
/// transaction it sees what the transaction has written.
///
/// # Errors
/// `NotFound`.
pub async fn rank(mut conn: &AsyncPgConnection, contest: ContestId, team: TeamId) -> Result<i64, Error> {
    let found: Option<RankOnly> = sql(rank_of_team!(""))
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(team)
        .get_result(&mut conn)
        .await
        .optional()?;
    found.map(|row| row.rank).ok_or_else(|| Refusal::NotFound.into())
}

/// A team between its neighbours.
#[derive(Debug)]
pub struct Neighbourhood {
    /// Directly above, the better first.
    pub above: Vec<Row>,
    /// The team itself.
    pub own: Row,
    /// Directly below, the better first.
    pub below: Vec<Row>,
}

#[derive(QueryableByName)]
struct Placed {
    #[diesel(sql_type = SmallInt)]
    side: i16,
    #[diesel(embed)]
    ranked: Ranked,
}

/// The place of a team, and up to `around` rows on each side, all of one instant.
///
/// # Errors
/// `NotFound`.
pub async fn neighbourhood(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
    around: i64,
) -> Result<Neighbourhood, Error> {
    let rows: Vec<Placed> = sql(concat!(
        "WITH ",
        ranked!(),
        ", own AS (",
        rank_of_team!(
            ", t.id, t.name COLLATE \"C\" AS name, t.points, t.last_gain_ms, t.wrong, t.standing_no"
        ),
        "), above AS (
            SELECT r.* FROM ranked r, own o WHERE (",
        rank_key!("r."),
        ", r.name, r.id) < (",
        rank_key!("o."),
        ", o.name, o.id) ORDER BY r.rank DESC, r.name DESC, r.id DESC LIMIT $3),
        below AS (
            SELECT r.* FROM ranked r, own o WHERE (",
        rank_key!("r."),
        ", r.name, r.id) > (",
        rank_key!("o."),
        ", o.name, o.id) ORDER BY r.rank, r.name, r.id LIMIT $3)
        SELECT side, rank, id, name, points, last_gain_ms, wrong, standing_no FROM (
            SELECT (-1)::smallint AS side, * FROM above
            UNION ALL SELECT 0::smallint, * FROM own
            UNION ALL SELECT 1::smallint, * FROM below) placed
        ORDER BY side, rank, name, id"
    ))
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .bind::<BigInt, _>(around)
    .load(conn)
    .await?;
    let (mut above, mut own, mut below) = (Vec::new(), None, Vec::new());
    for Placed { side, ranked } in rows {
        match side {
            ..0 => above.push(ranked.row()),
            0 => own = Some(ranked.row()),
            1.. => below.push(ranked.row()),
        }
    }
    let own = own.ok_or(Refusal::NotFound)?;
    Ok(Neighbourhood { above, own, below })
}

/// Whether everybody may see how this team stands.
///
/// # Errors
/// Those of the database.
pub async fn is_on_board(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
) -> QueryResult<bool> {
    let found: Option<RankOnly> = sql(concat!(
        "SELECT 1::bigint AS rank FROM team WHERE contest_id = $1 AND id = $2 AND ",
        on_board!("")
    ))
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .get_result(conn)
    .await
    .optional()?;
    Ok(found.is_some())
}
