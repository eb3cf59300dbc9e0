//! Taking a question out of the free list.
//!
//! A row is in `free_question` exactly while its question is free, and taking one deletes
//! its row: the mark of being taken *is* the locked row. With the mark in another table,
//! `SKIP LOCKED` hands out rows that are stale by the time they are read. Starting at a
//! random position makes draws random and keeps the dead index entries of a consumed pool
//! from piling up in front of every later draw.

use diesel::prelude::*;
use diesel::sql_types::{Double, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::{LOCKS, Tx};
use crate::error::{Error, Refusal};
use crate::sql::sql;
use crate::types::{ContestId, Difficulty, Pool, QuestionId, TeamId};

/// What may be drawn.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) pool: Pool,
    pub(crate) difficulty: Option<Difficulty>,
    pub(crate) category: Option<String>,
}

#[derive(QueryableByName)]
struct Picked {
    #[diesel(sql_type = SqlUuid)]
    question_id: QuestionId,
}

/// The position stands in a subquery so that no plan can be made for one value of it: a plan that
/// is made anew at every draw costs more than the draw.
macro_rules! look {
    ($filter:literal) => {
        concat!(
            "SELECT question_id FROM free_question
             WHERE contest_id = $1 AND pool = $2 AND position >= (SELECT $3::float8) ",
            $filter,
            " ORDER BY position LIMIT 1"
        )
    };
}

macro_rules! take {
    ($filter:literal, $lock:literal) => {
        concat!(
            "DELETE FROM free_question WHERE contest_id = $1 AND question_id = (",
            look!($filter),
            $lock,
            ") RETURNING question_id"
        )
    };
}

/// How a row is taken: the same statement with another ending.
#[derive(Clone, Copy)]
enum Way {
    /// Passing by rows that others are taking right now.
    Skip,
    /// Waiting for them: they may roll back.
    Wait,
    /// Without any lock, in the scratch build that proves the constraint.
    Look,
}

macro_rules! texts {
    ($way:expr, $filter:literal) => {
        match $way {
            Way::Skip => take!($filter, " FOR UPDATE SKIP LOCKED"),
            Way::Wait => take!($filter, " FOR UPDATE"),
            Way::Look => look!($filter),
        }
    };
}

/// Draws a free exclusive question, or else a shared one that the team has not had.
pub(crate) async fn draw(
    tx: &mut Tx,
    contest: ContestId,
    team: TeamId,
    wanted: &Wanted,
) -> Result<QuestionId, Error> {
    if let Some(question) = exclusive(tx, contest, wanted).await? {
        return Ok(question);
    }
    if let Some(question) = shared(tx, contest, team, wanted).await? {
        return Ok(question);
    }
    Err(Refusal::PoolExhausted.because(describe(wanted)))
}

fn describe(wanted: &Wanted) -> String {
    let difficulty = wanted.difficulty.map_or(String::new(), |d| format!("{d} "));
    let category = wanted.category.as_ref().map_or(String::new(), |c| format!(" about {c}"));
    format!("no {difficulty}question{category} is left in the {} pool", wanted.pool)
}

/// No row found is not "none left": all may be locked by draws that roll back. So the last
/// look waits.
async fn exclusive(tx: &mut Tx, contest: ContestId, wanted: &Wanted) -> Result<Option<QuestionId>, Error> {
    if !LOCKS {
        return unlocked(tx, contest, wanted).await;
    }
    for (way, from) in [(Way::Skip, rand::random()), (Way::Skip, 0.0), (Way::Wait, 0.0)] {
        if let Some(question) = take(tx, contest, wanted, way, from).await? {
            return Ok(Some(question));
        }
    }
    Ok(None)
}

/// The scratch build: looks without a lock and leaves the rest to the constraint.
async fn unlocked(tx: &mut Tx, contest: ContestId, wanted: &Wanted) -> Result<Option<QuestionId>, Error> {
    take(tx, contest, wanted, Way::Look, 0.0).await
}

async fn take(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    wanted: &Wanted,
    way: Way,
    from: f64,
) -> Result<Option<QuestionId>, Error> {
    let start =
        |text| sql(text).bind::<SqlUuid, _>(contest).bind::<Text, _>(wanted.pool).bind::<Double, _>(from);
    let picked: Option<Picked> = match (wanted.difficulty, wanted.category.as_deref()) {
        (None, None) => start(texts!(way, "")).get_result(conn).await,
        (Some(difficulty), None) => {
            start(texts!(way, "AND difficulty = $4")).bind::<Text, _>(difficulty).get_result(conn).await
        }
        (None, Some(category)) => {
            start(texts!(way, "AND category = $4")).bind::<Text, _>(category).get_result(conn).await
        }
        (Some(difficulty), Some(category)) => {
            start(texts!(way, "AND difficulty = $4 AND category = $5"))
                .bind::<Text, _>(difficulty)
                .bind::<Text, _>(category)
                .get_result(conn)
                .await
        }
    }
    .optional()?;
    Ok(picked.map(|p| p.question_id))
}

/// A shared question at random; nothing is consumed, so nothing is locked.
async fn shared(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
    wanted: &Wanted,
) -> Result<Option<QuestionId>, Error> {
    let picked: Option<Picked> = sql("SELECT q.question_id FROM contest_question q
        WHERE q.contest_id = $1 AND NOT q.exclusive AND q.state = 'open' AND q.pool = $2
          AND q.difficulty = coalesce((SELECT $4), q.difficulty)
          AND q.category = coalesce((SELECT $5), q.category)
          AND NOT EXISTS (SELECT FROM assignment a WHERE a.contest_id = $1 AND a.team_id = $3
              AND a.question_id = q.question_id AND (a.state = 'assigned' OR a.revealed_at IS NOT NULL))
        ORDER BY random() LIMIT 1")
    .bind::<SqlUuid, _>(contest)
    .bind::<Text, _>(wanted.pool)
    .bind::<SqlUuid, _>(team)
    .bind::<diesel::sql_types::Nullable<Text>, _>(wanted.difficulty)
    .bind::<diesel::sql_types::Nullable<Text>, _>(wanted.category.as_deref())
    .get_result(conn)
    .await
    .optional()?;
    Ok(picked.map(|p| p.question_id))
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    exclusive: bool,
    #[diesel(sql_type = Text)]
    pool: Pool,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    mine: bool,
}

/// Claims the question that was named: deletes its free row, or says why it cannot be had.
pub(crate) async fn claim(
    tx: &mut Tx,
    contest: ContestId,
    team: TeamId,
    question: QuestionId,
) -> Result<QuestionId, Error> {
    if LOCKS && take_named(tx, contest, question).await? {
        return Ok(question);
    }
    let named: Option<Named> = sql("SELECT q.exclusive, q.pool, q.state, EXISTS (SELECT FROM assignment a
            WHERE a.contest_id = $1 AND a.team_id = $3 AND a.question_id = $2
              AND (a.state = 'assigned' OR a.revealed_at IS NOT NULL)) AS mine
        FROM contest_question q WHERE q.contest_id = $1 AND q.question_id = $2")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(question)
    .bind::<SqlUuid, _>(team)
    .get_result(tx)
    .await
    .optional()?;
    match named {
        // Mystery questions are met in boxes only; naming one must not tell that it exists.
        None | Some(Named { pool: Pool::Mystery, .. }) => Err(Refusal::NotFound.into()),
        Some(Named { mine: true, .. }) => Err(Refusal::AlreadyAssigned.into()),
        Some(Named { state, .. }) if state != "open" => Err(Refusal::QuestionNotOpen.into()),
        Some(Named { exclusive: true, .. }) if LOCKS => Err(Refusal::QuestionTaken.into()),
        Some(_) => Ok(question),
    }
}

async fn take_named(tx: &mut Tx, contest: ContestId, question: QuestionId) -> Result<bool, Error> {
    let taken =
        sql("DELETE FROM free_question WHERE contest_id = $1 AND question_id = $2 AND pool = 'regular'")
            .bind::<SqlUuid, _>(contest)
            .bind::<SqlUuid, _>(question)
            .execute(tx)
            .await?;
    Ok(taken == 1)
}

/// Gives an unseen exclusive question back to its pool, unless it was locked or withdrawn meanwhile.
pub(crate) async fn give_back(tx: &mut Tx, contest: ContestId, question: QuestionId) -> Result<(), Error> {
    // In a statement of its own: an edit that is under way may be locking the question, and the
    // statement that waited for it would still see the state before.
    sql("SELECT FROM contest_question WHERE contest_id = $1 AND question_id = $2 FOR SHARE")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(question)
        .execute(tx)
        .await?;
    sql("INSERT INTO free_question (contest_id, question_id, pool, difficulty, category)
         SELECT contest_id, question_id, pool, difficulty, category FROM contest_question
         WHERE contest_id = $1 AND question_id = $2 AND exclusive AND state = 'open'")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(question)
    .execute(tx)
    .await?;
    Ok(())
}
