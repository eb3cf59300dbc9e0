//! Reading announcements: what is addressed to somebody, and what they have yet to read.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{AcknowledgementView, AnnouncementView, Unread};
use crate::error::{Error, Refusal};
use crate::events::Viewer;
use crate::sql::sql;
use crate::types::{ContestId, MemberId, TeamId};

/// Whether announcement `a` is addressed to team `t`.
macro_rules! addressed {
    () => {
        "(a.team_id = t.id OR a.division = t.division OR (a.team_id IS NULL AND a.division IS NULL))"
    };
}

/// Announcements of contest `$1` that are addressed to everybody or to team `$2`, or all for staff
/// (`$3`).
macro_rules! announcements {
    ($more:literal) => {
        concat!(
            "SELECT a.number, a.title, a.body, a.priority, a.must_acknowledge, a.division, a.team_id, a.corrects,
                c.number AS corrected_by, a.made_at, a.withdrawn_at, k.at AS acknowledged_at,
                CASE WHEN $3 THEN a.made_by END AS by
             FROM announcement a
             LEFT JOIN announcement c ON (c.contest_id, c.corrects) = (a.contest_id, a.number)
             LEFT JOIN acknowledgement k ON (k.contest_id, k.number, k.team_id) = (a.contest_id, a.number, $2)
             WHERE a.contest_id = $1 AND ($3 OR (a.team_id IS NULL AND a.division IS NULL)
                OR EXISTS (SELECT FROM team t WHERE t.contest_id = $1 AND t.id = $2 AND ",
            addressed!(),
            ")) ",
            $more
        )
    };
}

/// The newest first, below a number.
///
/// # Errors
/// Those of the database.
pub async fn announcements(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    viewer: Viewer,
    below: Option<i32>,
    limit: i64,
) -> QueryResult<Vec<AnnouncementView>> {
    sql(announcements!("AND ($4 IS NULL OR a.number < $4) ORDER BY a.number DESC LIMIT $5"))
        .bind::<SqlUuid, _>(contest)
        .bind::<Nullable<SqlUuid>, _>(viewer.team())
        .bind::<Bool, _>(viewer == Viewer::Staff)
        .bind::<Nullable<Integer>, _>(below)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await
}

/// One of them.
///
/// # Errors
/// `NotFound`, also when it is addressed to somebody else.
pub async fn announcement(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    viewer: Viewer,
    number: i32,
) -> Result<AnnouncementView, Error> {
    let found: Option<AnnouncementView> = sql(announcements!("AND a.number = $4"))
        .bind::<SqlUuid, _>(contest)
        .bind::<Nullable<SqlUuid>, _>(viewer.team())
        .bind::<Bool, _>(viewer == Viewer::Staff)
        .bind::<Integer, _>(number)
        .get_result(conn)
        .await
        .optional()?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

#[derive(QueryableByName)]
struct Numbered {
    #[diesel(sql_type = Integer)]
    number: i32,
}

/// What stands in the place of an announcement, which may have been corrected more than once;
/// nothing, if that was withdrawn.
///
/// # Errors
/// Those of the database.
pub async fn standing(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    number: i32,
) -> QueryResult<Option<i32>> {
    let last: Option<Numbered> = sql("WITH RECURSIVE chain AS (
            SELECT number, withdrawn_at FROM announcement WHERE contest_id = $1 AND number = $2
            UNION ALL
            SELECT a.number, a.withdrawn_at FROM announcement a JOIN chain ON a.corrects = chain.number
            WHERE a.contest_id = $1)
         SELECT number FROM (SELECT * FROM chain ORDER BY number DESC LIMIT 1) last WHERE withdrawn_at IS NULL")
    .bind::<SqlUuid, _>(contest)
    .bind::<Integer, _>(number)
    .get_result(conn)
    .await
    .optional()?;
    Ok(last.map(|last| last.number))
}

/// What a member has yet to read, and its team to acknowledge.
///
/// # Errors
/// Those of the database.
pub async fn unread(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
    member: MemberId,
) -> QueryResult<Unread> {
    sql(concat!(
        "SELECT mark.up_to AS read_up_to, coalesce(max(a.number), 0) AS latest,
            count(*) FILTER (WHERE a.number > mark.up_to) AS unread,
            count(*) FILTER (WHERE a.number > mark.up_to AND a.priority = 'urgent') AS urgent,
            count(*) FILTER (WHERE a.must_acknowledge AND k.at IS NULL) AS to_acknowledge
         FROM (SELECT coalesce((SELECT up_to FROM read_mark
               WHERE contest_id = $1 AND team_id = $2 AND member_id = $3), 0) AS up_to) mark
         LEFT JOIN (announcement a
            JOIN team t ON t.contest_id = a.contest_id AND t.id = $2 AND ",
        addressed!(),
        "   LEFT JOIN acknowledgement k ON (k.contest_id, k.number, k.team_id) = (a.contest_id, a.number, $2))
         ON a.contest_id = $1 AND a.withdrawn_at IS NULL AND NOT EXISTS
            (SELECT FROM announcement c WHERE (c.contest_id, c.corrects) = (a.contest_id, a.number))
         GROUP BY mark.up_to"
    ))
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .bind::<SqlUuid, _>(member)
    .get_result(conn)
    .await
}

/// The active teams to which an announcement is addressed, in the order of their ids; or only those
/// that have not taken note.
///
/// # Errors
/// Those of the database.
pub async fn acknowledgements(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    number: i32,
    missing: bool,
    after: Option<TeamId>,
    limit: i64,
) -> QueryResult<Vec<AcknowledgementView>> {
    sql(concat!(
        "SELECT t.id AS team_id, t.name AS team, k.at AS acknowledged_at, k.by_member AS by
         FROM announcement a JOIN team t ON t.contest_id = a.contest_id AND ",
        addressed!(),
        "LEFT JOIN acknowledgement k ON (k.contest_id, k.number, k.team_id) = (a.contest_id, a.number, t.id)
         WHERE a.contest_id = $1 AND a.number = $2 AND t.state = 'active' AND (k.at IS NULL OR NOT $3)
           AND ($4 IS NULL OR t.id > $4)
         ORDER BY t.id LIMIT $5"
    ))
    .bind::<SqlUuid, _>(contest)
    .bind::<Integer, _>(number)
    .bind::<Bool, _>(missing)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}
