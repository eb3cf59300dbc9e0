//! Reading the questions of a contest.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::{Placement, PlacementState, PlacementView, PoolView, QuestionOnOffer};
use crate::error::{Error, Refusal};
use crate::questions::queries::{kind, options};
use crate::sql::sql;
use crate::types::{ContestId, Difficulty, Pool, QuestionId, TeamId};

#[derive(QueryableByName)]
struct PlacedRow {
    #[diesel(embed)]
    placement: Placement,
    #[diesel(sql_type = Text)]
    external_id: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Jsonb)]
    options: Value,
    #[diesel(sql_type = Nullable<Bool>)]
    available: Option<bool>,
}

impl PlacedRow {
    fn view(self) -> Result<PlacementView, Error> {
        let Placement { question_id, version, terms, state, edit_version } = self.placement;
        Ok(PlacementView {
            id: question_id,
            external_id: self.external_id,
            version,
            kind: kind(&self.kind)?,
            text: self.text,
            options: options(self.options)?,
            difficulty: terms.difficulty,
            category: terms.category,
            points: terms.points,
            exclusive: terms.exclusive,
            pool: terms.pool,
            state,
            max_attempts: terms.max_attempts,
            time_limit_ms: terms.time_limit_ms,
            edit_version,
            available: self.available.unwrap_or(false),
        })
    }

    fn on_offer(self) -> QuestionOnOffer {
        let Placement { question_id, terms, .. } = self.placement;
        QuestionOnOffer {
            id: question_id,
            difficulty: terms.difficulty,
            category: terms.category,
            points: terms.points,
            pool: terms.pool,
            available: self.available,
        }
    }
}

/// Which questions of a contest.
#[derive(Debug, Default)]
pub struct PlacedFilter {
    /// Of this difficulty.
    pub difficulty: Option<Difficulty>,
    /// Of this category.
    pub category: Option<String>,
    /// Of this pool.
    pub pool: Option<Pool>,
    /// In this state.
    pub state: Option<PlacementState>,
    /// After this one, in the order in which questions were made.
    pub after: Option<QuestionId>,
}

/// `$1` is the contest; `$2` the team that asks, if one does: a question that it holds already is
/// not available to it, and whether others have taken one is withheld while the board is frozen.
macro_rules! placed {
    ($which:literal) => {
        concat!(
            "SELECT c.question_id, c.version, c.difficulty, c.category, c.points, c.exclusive, c.pool,
                c.max_attempts, c.time_limit_ms, c.state, c.edit_version,
                coalesce(q.external_id, q.id::text) AS external_id, v.kind, v.text, v.options,
                CASE WHEN c.state <> 'open' OR a.id IS NOT NULL THEN false
                    WHEN $2 IS NOT NULL AND (SELECT board = 'frozen' FROM contest WHERE id = $1) THEN NULL
                    ELSE NOT c.exclusive OR f.question_id IS NOT NULL END AS available
            FROM contest_question c
            JOIN question q ON q.id = c.question_id
            JOIN question_version v ON (v.question_id, v.version) = (c.question_id, c.version)
            LEFT JOIN free_question f ON (f.contest_id, f.question_id) = (c.contest_id, c.question_id)
            LEFT JOIN assignment a ON a.contest_id = c.contest_id AND a.team_id = $2
                AND a.question_id = c.question_id AND (a.state = 'assigned' OR a.revealed_at IS NOT NULL)
            WHERE c.contest_id = $1 AND ",
            $which
        )
    };
}

const LISTED: &str = placed!(
    "($3 IS NULL OR c.question_id > $3) AND ($4 IS NULL OR c.difficulty = $4)
     AND ($5 IS NULL OR c.category = $5) AND ($6 IS NULL OR c.pool = $6)
     AND ($7 IS NULL OR c.state = $7) AND c.state = ANY ($8)
     ORDER BY c.question_id LIMIT $9"
);

const ONE: &str = placed!("c.question_id = $3");

async fn rows(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    filter: &PlacedFilter,
    seen: &[PlacementState],
    team: Option<TeamId>,
    limit: i64,
) -> QueryResult<Vec<PlacedRow>> {
    sql(LISTED)
        .bind::<SqlUuid, _>(contest)
        .bind::<Nullable<SqlUuid>, _>(team)
        .bind::<Nullable<SqlUuid>, _>(filter.after)
        .bind::<Nullable<Text>, _>(filter.difficulty)
        .bind::<Nullable<Text>, _>(&filter.category)
        .bind::<Nullable<Text>, _>(filter.pool)
        .bind::<Nullable<Text>, _>(filter.state)
        .bind::<Array<Text>, _>(seen)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await
}

/// The questions of a contest for staff, in the order in which they were made.
///
/// # Errors
/// Those of the database.
pub async fn placed(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    filter: &PlacedFilter,
    limit: i64,
) -> Result<Vec<PlacementView>, Error> {
    let rows = rows(conn, contest, filter, PlacementState::ALL, None, limit).await?;
    rows.into_iter().map(PlacedRow::view).collect()
}

/// The regular questions of a contest for a team: no texts, nothing that is not ready.
///
/// # Errors
/// Those of the database.
pub async fn on_offer(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
    filter: PlacedFilter,
    limit: i64,
) -> QueryResult<Vec<QuestionOnOffer>> {
    if filter.pool == Some(Pool::Mystery) {
        return Ok(Vec::new());
    }
    let filter = PlacedFilter { pool: Some(Pool::Regular), ..filter };
    let seen = [PlacementState::Open, PlacementState::Locked];
    let rows = rows(conn, contest, &filter, &seen, Some(team), limit).await?;
    Ok(rows.into_iter().map(PlacedRow::on_offer).collect())
}

/// One question of a contest for staff.
///
/// # Errors
/// `NotFound` when it is not placed there.
pub async fn placement(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    question: QuestionId,
) -> Result<PlacementView, Error> {
    let row: Option<PlacedRow> = sql(ONE)
        .bind::<SqlUuid, _>(contest)
        .bind::<Nullable<SqlUuid>, _>(None::<TeamId>)
        .bind::<SqlUuid, _>(question)
        .get_result(conn)
        .await
        .optional()?;
    row.ok_or(Refusal::NotFound)?.view()
}

/// Where a list of pools goes on.
#[derive(Debug)]
pub struct PoolCursor {
    pool: Pool,
    difficulty: Difficulty,
    category: String,
}

impl std::str::FromStr for PoolCursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ':');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(pool), Some(difficulty), Some(category)) if !category.contains('\0') => Ok(Self {
                pool: pool.parse()?,
                difficulty: difficulty.parse()?,
                category: category.to_owned(),
            }),
            _ => Err("is not a next_cursor of this list".to_owned()),
        }
    }
}

impl PoolView {
    /// What `PoolCursor` reads.
    #[must_use]
    pub fn cursor(&self) -> String {
        format!("{}:{}:{}", self.pool, self.difficulty, self.category)
    }
}

/// How many questions are left; for a team those of the regular pool that it could take, which
/// is withheld while the board is frozen.
///
/// # Errors
/// Those of the database.
pub async fn pools(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: Option<TeamId>,
    after: Option<&PoolCursor>,
    limit: i64,
) -> QueryResult<Vec<PoolView>> {
    sql("SELECT c.pool, c.difficulty, c.category, count(*) AS total,
            CASE WHEN $2 IS NULL OR (SELECT board <> 'frozen' FROM contest WHERE id = $1)
                THEN count(*) FILTER (WHERE CASE WHEN c.exclusive THEN f.question_id IS NOT NULL
                    ELSE c.state = 'open' AND a.id IS NULL END) END AS left
        FROM contest_question c
        LEFT JOIN free_question f ON (f.contest_id, f.question_id) = (c.contest_id, c.question_id)
        LEFT JOIN assignment a ON (a.contest_id, a.team_id, a.question_id) = (c.contest_id, $2, c.question_id)
            AND (a.state = 'assigned' OR a.revealed_at IS NOT NULL)
        WHERE c.contest_id = $1 AND c.state IN ('open', 'locked') AND ($2 IS NULL OR c.pool = 'regular')
            AND ($3 IS NULL OR (c.pool, c.difficulty, c.category) > ($3, $4, $5))
        GROUP BY c.pool, c.difficulty, c.category
        ORDER BY c.pool, c.difficulty, c.category LIMIT $6")
    .bind::<SqlUuid, _>(contest)
    .bind::<Nullable<SqlUuid>, _>(team)
    .bind::<Nullable<Text>, _>(after.map(|a| a.pool))
    .bind::<Nullable<Text>, _>(after.map(|a| a.difficulty))
    .bind::<Nullable<Text>, _>(after.map(|a| &a.category))
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_cursor_survives_colons_in_a_category() {
        let last = PoolView {
            pool: Pool::Regular,
            difficulty: Difficulty::Hard,
            category: "Film: the nineties".to_owned(),
            total: 2,
            left: Some(1),
        };
        let read: PoolCursor = last.cursor().parse().expect("its own cursor");
        assert_eq!(
            (read.pool, read.difficulty, read.category.as_str()),
            (Pool::Regular, Difficulty::Hard, "Film: the nineties")
        );
        assert!("regular:HARD".parse::<PoolCursor>().is_err());
        assert!("x:HARD:y".parse::<PoolCursor>().is_err());
    }
}
