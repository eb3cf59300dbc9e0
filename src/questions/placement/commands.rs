//! Placing questions in a contest, and the free list that is kept in step.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::{Placement, PlacementState, PlacementView, Terms, must_take_questions, queries};
use crate::audit::{Act, Target};
use crate::auth::Admin;
use crate::contests::commands::gate;
use crate::contests::{ContestRef, queries as contests};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::questions::{commands as bank, stale};
use crate::schema::question_version;
use crate::sql::sql;
use crate::types::{ContestId, Difficulty, Points, QuestionId};

/// Places a question of the bank in a contest.
#[derive(Debug)]
pub struct PlaceQuestion {
    /// Who places it.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// Which question.
    pub question: QuestionId,
    /// The version to play; `None` for the current one.
    pub version: Option<i32>,
    /// What it is worth there, and so on.
    pub terms: Terms,
    /// Whether it can be had at once.
    pub state: PlacementState,
}

impl Command for PlaceQuestion {
    type Outcome = PlacementView;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<PlacementView, Error> {
        let id = contests::find_id(tx, &self.contest).await?;
        must_take_questions(&gate(tx, id).await?)?;
        let version = self.pin(tx).await?;
        let placement = Placement {
            question_id: self.question,
            version,
            terms: self.terms.clone(),
            state: self.state,
            edit_version: 1,
        };
        if write_placements(tx, id, std::slice::from_ref(&placement)).await? == 0 {
            return Err(Refusal::QuestionPlaced.into());
        }
        keep_free_list(tx, id, &[self.question]).await?;
        Act::making(tx, &self.by, "place_question", Target::Placement(id, self.question)).done(tx).await?;
        tx.tell(placement.tell(id, "question_placed", &self.by));
        queries::placement(tx, id, self.question).await
    }
}

impl PlaceQuestion {
    /// Locks the question against being retired meanwhile, and finds the version to play.
    async fn pin(&self, tx: &mut Tx) -> Result<i32, Error> {
        let current = match bank::lock(tx, self.question).await {
            Err(e) if e.refusal() == Some(Refusal::NotFound) => {
                return Err(Error::invalid_field("/question_id", "there is no such question in the bank"));
            }
            other => other?,
        };
        let version = self.version.unwrap_or(current);
        must_have_version(tx, self.question, version).await?;
        Ok(version)
    }
}

async fn must_have_version(tx: &mut Tx, question: QuestionId, version: i32) -> Result<(), Error> {
    let found: bool =
        diesel::select(diesel::dsl::exists(question_version::table.find((question.uuid(), version))))
            .get_result(tx)
            .await?;
    if found { Ok(()) } else { Err(Error::invalid_field("/version", "the question has no such version")) }
}

/// Changes the terms of a placed question, or opens and locks it.
#[derive(Debug)]
pub struct ChangePlacement {
    /// Who changes it.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// Which question.
    pub question: QuestionId,
    /// The edit the caller read.
    pub edit_version: i32,
    /// What to change.
    pub change: Change,
}

/// What to change of a placed question; `None` leaves a value as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// How hard it is.
    pub difficulty: Option<Difficulty>,
    /// What it is about.
    pub category: Option<String>,
    /// What it is worth.
    pub points: Option<Points>,
    /// How often a team may answer it.
    pub max_attempts: Option<i16>,
    /// How long a team may take; `Some(None)` without a limit.
    pub time_limit_ms: Option<Option<i64>>,
    /// The version to play.
    pub version: Option<i32>,
    /// Whether it can be had.
    pub state: Option<PlacementState>,
}

impl Change {
    /// The placement as it should be.
    fn applied(&self, found: &Placement) -> Result<Placement, Error> {
        let terms = Terms {
            difficulty: self.difficulty.unwrap_or(found.terms.difficulty),
            category: self.category.clone().unwrap_or_else(|| found.terms.category.clone()),
            points: self.points.unwrap_or(found.terms.points),
            max_attempts: self.max_attempts.unwrap_or(found.terms.max_attempts),
            time_limit_ms: self.time_limit_ms.unwrap_or(found.terms.time_limit_ms),
            ..found.terms
        };
        let state = self.state.unwrap_or(found.state);
        if state == PlacementState::Withdrawn && found.state != state {
            return Err(Error::invalid_field("/state", "a question is not withdrawn by an edit"));
        }
        if state != found.state {
            found.state.must_become(state)?;
        }
        Ok(Placement {
            question_id: found.question_id,
            version: self.version.unwrap_or(found.version),
            terms: terms.checked().map_err(Error::invalid)?,
            state,
            edit_version: found.edit_version + 1,
        })
    }
}

impl Command for ChangePlacement {
    type Outcome = PlacementView;

    async fn run(&self, tx: &mut Tx) -> Result<PlacementView, Error> {
        let id = contests::find_id(tx, &self.contest).await?;
        must_take_questions(&gate(tx, id).await?)?;
        let found = lock(tx, id, self.question).await?;
        if found.edit_version != self.edit_version {
            return Err(stale(found.edit_version));
        }
        let wanted = self.change.applied(&found)?;
        if (wanted.version, &wanted.terms) != (found.version, &found.terms) {
            must_not_be_in_use(tx, id, self.question).await?;
        }
        if wanted.version != found.version {
            must_have_version(tx, self.question, wanted.version).await?;
        }
        let place = Target::Placement(id, self.question);
        let act = Act::upon(tx, &self.by, "edit_contest_question", place).await?;
        write_placements(tx, id, std::slice::from_ref(&wanted)).await?;
        keep_free_list(tx, id, &[self.question]).await?;
        act.done(tx).await?;
        tx.tell(wanted.tell(id, "question_changed", &self.by));
        queries::placement(tx, id, self.question).await
    }
}

#[derive(QueryableByName)]
struct InUse {
    #[diesel(sql_type = Bool)]
    in_use: bool,
}

/// What a team has been given, even if it gave it back, was a promise.
async fn must_not_be_in_use(tx: &mut Tx, contest: ContestId, question: QuestionId) -> Result<(), Error> {
    let InUse { in_use } =
        sql("SELECT EXISTS (SELECT FROM assignment WHERE contest_id = $1 AND question_id = $2) AS in_use")
            .bind::<SqlUuid, _>(contest)
            .bind::<SqlUuid, _>(question)
            .get_result(tx)
            .await?;
    if in_use { Err(Refusal::QuestionInUse.into()) } else { Ok(()) }
}

/// Locks a placed question and reads it. A draw takes the row of the free list before it
/// touches anything else, so that row is locked first here too: then whoever is drawing the
/// question is done before it changes, and whoever draws next skips it.
pub(crate) async fn lock(tx: &mut Tx, contest: ContestId, question: QuestionId) -> Result<Placement, Error> {
    lock_all(tx, contest, &[question]).await?.pop().ok_or_else(|| Refusal::NotFound.into())
}

/// Locks those of the questions that are placed in the contest, in the order of their ids.
pub(crate) async fn lock_all(
    tx: &mut Tx,
    contest: ContestId,
    questions: &[QuestionId],
) -> QueryResult<Vec<Placement>> {
    sql("SELECT FROM free_question WHERE contest_id = $1 AND question_id = ANY ($2)
         ORDER BY question_id FOR UPDATE")
    .bind::<SqlUuid, _>(contest)
    .bind::<Array<SqlUuid>, _>(questions)
    .execute(tx)
    .await?;
    sql("SELECT question_id, version, difficulty, category, points, exclusive, pool, max_attempts,
            time_limit_ms, state, edit_version
         FROM contest_question WHERE contest_id = $1 AND question_id = ANY ($2)
         ORDER BY question_id FOR UPDATE")
    .bind::<SqlUuid, _>(contest)
    .bind::<Array<SqlUuid>, _>(questions)
    .load(tx)
    .await
}

/// Writes places, new and old, in one statement however many they are, and tells how many
/// were written: one is left out whose edit version does not follow the one that is there.
pub(crate) async fn write_placements(
    tx: &mut Tx,
    contest: ContestId,
    placements: &[Placement],
) -> QueryResult<usize> {
    sql("INSERT INTO contest_question AS there (contest_id, question_id, version, difficulty, category, points,
            exclusive, pool, max_attempts, time_limit_ms, state, edit_version)
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (contest_id, question_id) DO UPDATE SET version = excluded.version,
            difficulty = excluded.difficulty, category = excluded.category, points = excluded.points,
            exclusive = excluded.exclusive, pool = excluded.pool, max_attempts = excluded.max_attempts,
            time_limit_ms = excluded.time_limit_ms, state = excluded.state,
            edit_version = excluded.edit_version
            WHERE there.edit_version = excluded.edit_version - 1")
    .bind::<SqlUuid, _>(contest)
    .bind::<Array<SqlUuid>, _>(column(placements, |p| p.question_id))
    .bind::<Array<Integer>, _>(column(placements, |p| p.version))
    .bind::<Array<Text>, _>(column(placements, |p| p.terms.difficulty))
    .bind::<Array<Text>, _>(column(placements, |p| p.terms.category.as_str()))
    .bind::<Array<BigInt>, _>(column(placements, |p| p.terms.points))
    .bind::<Array<Bool>, _>(column(placements, |p| p.terms.exclusive))
    .bind::<Array<Text>, _>(column(placements, |p| p.terms.pool))
    .bind::<Array<SmallInt>, _>(column(placements, |p| p.terms.max_attempts))
    .bind::<Array<Nullable<BigInt>>, _>(column(placements, |p| p.terms.time_limit_ms))
    .bind::<Array<Text>, _>(column(placements, |p| p.state))
    .bind::<Array<Integer>, _>(column(placements, |p| p.edit_version))
    .execute(tx)
    .await
}

fn column<'a, T>(placements: &'a [Placement], value: impl Fn(&'a Placement) -> T) -> Vec<T> {
    placements.iter().map(value).collect()
}

/// A row of the free list is there exactly while an open exclusive question belongs to nobody.
const KEEP_FREE_LIST: &str = "
WITH placed AS (
    SELECT c.*, c.exclusive AND c.state = 'open' AND NOT EXISTS (
        SELECT FROM assignment a WHERE a.contest_id = c.contest_id AND a.question_id = c.question_id
            AND a.exclusive AND (a.state = 'assigned' OR a.revealed_at IS NOT NULL)) AS free
    FROM contest_question c WHERE c.contest_id = $1 AND c.question_id = ANY ($2)),
taken_out AS (
    DELETE FROM free_question f USING placed p
    WHERE (f.contest_id, f.question_id) = (p.contest_id, p.question_id) AND NOT p.free)
INSERT INTO free_question AS f (contest_id, question_id, pool, difficulty, category)
SELECT contest_id, question_id, pool, difficulty, category FROM placed WHERE free
ON CONFLICT (contest_id, question_id) DO UPDATE
    SET pool = excluded.pool, difficulty = excluded.difficulty, category = excluded.category
    WHERE (f.pool, f.difficulty, f.category) <> (excluded.pool, excluded.difficulty, excluded.category)";

/// Makes the free list right for these questions, whose rows are locked.
pub(crate) async fn keep_free_list(
    tx: &mut Tx,
    contest: ContestId,
    questions: &[QuestionId],
) -> Result<(), Error> {
    sql(KEEP_FREE_LIST).bind::<SqlUuid, _>(contest).bind::<Array<SqlUuid>, _>(questions).execute(tx).await?;
    Ok(())
}
