//! Reading contests.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Contest, ContestKind, ContestRef, ContestState};
use crate::error::{Error, Refusal};
use crate::schema::contest;
use crate::sql::sql;
use crate::types::ContestId;

/// The database's clock.
///
/// # Errors
/// Those of the database.
pub async fn now(conn: &mut AsyncPgConnection) -> QueryResult<DateTime<Utc>> {
    diesel::select(diesel::dsl::now.into_sql::<diesel::sql_types::Timestamptz>()).get_result(conn).await
}

/// The id behind a reference.
///
/// # Errors
/// `NotFound` for an unknown code. An id is taken as it is: whatever is read by it is not there
/// either. For lists, which would be empty, there is [`existing_id`].
pub async fn find_id(conn: &mut AsyncPgConnection, named: &ContestRef) -> Result<ContestId, Error> {
    match named {
        ContestRef::Id(id) => Ok(*id),
        ContestRef::Code(code) => contest::table
            .filter(contest::code.eq(code))
            .select(contest::id)
            .first(conn)
            .await
            .optional()?
            .ok_or_else(|| Refusal::NotFound.into()),
    }
}

/// The id behind a code or an id, of a contest that is there.
///
/// # Errors
/// `NotFound` when there is none.
pub async fn existing_id(conn: &mut AsyncPgConnection, named: &ContestRef) -> Result<ContestId, Error> {
    Ok(read(conn, named).await?.id)
}

/// A contest as it is stored.
pub(crate) async fn read(mut conn: &AsyncPgConnection, named: &ContestRef) -> Result<Contest, Error> {
    let contests = contest::table.select(Contest::as_select());
    let found = match named {
        ContestRef::Id(id) => contests.filter(contest::id.eq(id)).first(&mut conn).await,
        ContestRef::Code(code) => contests.filter(contest::code.eq(code)).first(&mut conn).await,
    };
    found.optional()?.ok_or_else(|| Refusal::NotFound.into())
}

/// A contest, unless it does not exist or is a draft and the caller is not staff.
///
/// # Errors
/// `NotFound`.
pub async fn contest(
    conn: &mut AsyncPgConnection,
    named: &ContestRef,
    staff: bool,
) -> Result<Contest, Error> {
    let found = read(conn, named).await?;
    if staff || found.state != ContestState::Draft { Ok(found) } else { Err(Refusal::NotFound.into()) }
}

/// The contest that the classic routes speak of.
///
/// # Errors
/// `NotFound` when none is marked.
pub async fn current(conn: &mut AsyncPgConnection) -> Result<Contest, Error> {
    let found: Option<Contest> = contest::table
        .filter(contest::is_current)
        .select(Contest::as_select())
        .first(conn)
        .await
        .optional()?;
    found.ok_or_else(|| Refusal::NotFound.because("no contest is marked as the current one"))
}

/// Contests, the newest first; drafts for staff only. Rooms have a list of their own, where some
/// are not shown.
///
/// # Errors
/// Those of the database.
pub async fn contests(
    conn: &mut AsyncPgConnection,
    staff: bool,
    before: Option<ContestId>,
    limit: i64,
) -> QueryResult<Vec<Contest>> {
    let mut query = contest::table
        .filter(contest::kind.ne(ContestKind::Room))
        .select(Contest::as_select())
        .order(contest::id.desc())
        .limit(limit)
        .into_boxed();
    if !staff {
        query = query.filter(contest::state.ne(ContestState::Draft));
    }
    if let Some(before) = before {
        query = query.filter(contest::id.lt(before));
    }
    query.load(conn).await
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    id: ContestId,
}

/// Contests whose start has come, or their freeze, or their end even for the team with the most
/// extra time.
///
/// # Errors
/// Those of the database.
pub async fn due(conn: &mut AsyncPgConnection) -> QueryResult<Vec<ContestId>> {
    let due: Vec<Due> = sql("SELECT id FROM contest c
        WHERE (state = 'published' AND starts_at <= now())
           OR (state = 'running' AND board = 'live' AND duration_ms IS NOT NULL AND freeze_before_end_ms IS NOT NULL
               AND starts_at + greatest(0, duration_ms + paused_ms - freeze_before_end_ms)
                   * interval '1 millisecond' <= now())
           OR (state = 'running' AND duration_ms IS NOT NULL
               AND starts_at + (duration_ms + paused_ms) * interval '1 millisecond' <= now()
               AND starts_at + (duration_ms + paused_ms + coalesce((SELECT max(extra_time_ms) FROM team t
                   WHERE t.contest_id = c.id AND t.state = 'active'), 0)) * interval '1 millisecond' <= now())")
    .load(conn)
    .await?;
    Ok(due.into_iter().map(|c| c.id).collect())
}
