//! A team between its neighbours.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::shown::{Ranked, on_board, rank_key, ranked, shown};
use super::{Row, rank_order};
use crate::error::{Error, Refusal};
use crate::events::Embargo;
use crate::sql::sql;
use crate::types::{ContestId, TeamId};

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

/// The place of a team, the one that it has or, off the board, would have, and up to `around`
/// rows on each side, all of one instant.
///
/// # Errors
/// `NotFound`.
pub async fn neighbourhood(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    embargo: Embargo,
    team: TeamId,
    around: i64,
) -> Result<Neighbourhood, Error> {
    let rows: Vec<Placed> = sql(concat!(
        "WITH ",
        ranked!(),
        ", own AS (
            SELECT 1 + (SELECT count(*) FROM ranked b WHERE (",
        rank_key!("b."),
        ") < (",
        rank_key!("t."),
        ")) AS rank, t.id, t.name, t.division, t.points, t.last_gain_ms, t.wrong, t.standing_no
            FROM shown t WHERE t.id = $4 AND t.state <> 'deleted'), above AS (
            SELECT r.* FROM ranked r, own o WHERE (",
        rank_key!("r."),
        ", r.name, r.id) < (",
        rank_key!("o."),
        ", o.name, o.id) ORDER BY r.rank DESC, r.name DESC, r.id DESC LIMIT $5),
        below AS (
            SELECT r.* FROM ranked r, own o WHERE (",
        rank_key!("r."),
        ", r.name, r.id) > (",
        rank_key!("o."),
        ", o.name, o.id) ORDER BY r.rank, r.name, r.id LIMIT $5)
        SELECT side, rank, id, name, division, points, last_gain_ms, wrong, standing_no FROM (
            SELECT (-1)::smallint AS side, * FROM above
            UNION ALL SELECT 0::smallint, * FROM own
            UNION ALL SELECT 1::smallint, * FROM below) placed
        ORDER BY side, rank, name, id"
    ))
    .bind::<SqlUuid, _>(contest)
    .bind::<Bool, _>(embargo.is_lifted())
    .bind::<Nullable<Text>, _>(None::<String>)
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
