//! Moving a contest, behind a closed gate.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::{Map, Value};

use super::Move;
use crate::audit::{Act, Target};
use crate::auth::Admin;
use crate::contests::commands::{close_gate, tell_change};
use crate::contests::freeze::{freeze, thaw};
use crate::contests::{Contest, ContestRef, ContestState, ContestView, queries};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::Action;
use crate::schema::{contest, contest_pause};
use crate::sql::sql;
use crate::types::ContestId;

/// Moves a contest.
#[derive(Debug)]
pub struct MoveContest {
    /// Who moves it.
    pub by: Admin,
    /// Which contest.
    pub contest: ContestRef,
    /// Where to.
    pub to: Move,
    /// Why, where that must be said.
    pub reason: Option<String>,
}

impl Command for MoveContest {
    type Outcome = ContestView;

    async fn run(&self, tx: &mut Tx) -> Result<ContestView, Error> {
        let id = queries::find_id(tx, &self.contest).await?;
        let found = close_gate(tx, id).await?;
        let (now, reason) = (tx.now(), self.reason.as_deref());
        let act = Act::upon(tx, &self.by, self.to.name(), Target::Contest(id)).await?.because(reason);
        match self.to {
            Move::Publish => set_state(tx, &found, ContestState::Published).await?,
            Move::Cancel => set_state(tx, &found, ContestState::Cancelled).await?,
            Move::Start(Some(at)) if at > now => plan_start(tx, &found, at).await?,
            Move::Start(_) => start(tx, &found, now).await?,
            Move::Pause => pause(tx, &found).await?,
            Move::Resume => resume(tx, &found).await?,
            Move::Freeze => freeze(tx, &found).await?,
            Move::End => end(tx, &found, now).await?,
            Move::Thaw => thaw(tx, &found).await?,
            Move::Finalize => finalize(tx, &found).await?,
            Move::Reopen => reopen(tx, &found).await?,
            Move::Archive => set_state(tx, &found, ContestState::Archived).await?,
        }
        act.done(tx).await?;
        let action = Action { name: self.to.name(), by: self.by.name(), reason, values: Value::Null };
        tell_change(tx, id, self.to.told(), &action).await
    }
}

pub(crate) async fn set_state(tx: &mut Tx, found: &Contest, to: ContestState) -> Result<(), Error> {
    found.state.must_become(to)?;
    diesel::update(contest::table.find(found.id))
        .set((contest::state.eq(to), contest::version.eq(contest::version + 1)))
        .execute(tx)
        .await?;
    Ok(())
}

/// Starts a draft at once, for a contest that nobody prepares.
pub(crate) async fn open(tx: &mut Tx, id: ContestId) -> Result<(), Error> {
    let now = tx.now();
    diesel::update(contest::table.find(id))
        .set((contest::state.eq(ContestState::Running), contest::starts_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(())
}

async fn plan_start(tx: &mut Tx, found: &Contest, at: DateTime<Utc>) -> Result<(), Error> {
    found.state.must_become(ContestState::Running)?;
    if found.state != ContestState::Published {
        return Err(Refusal::IllegalTransition.because("only a published contest can be planned"));
    }
    diesel::update(contest::table.find(found.id))
        .set((contest::starts_at.eq(at), contest::version.eq(contest::version + 1)))
        .execute(tx)
        .await?;
    Ok(())
}

async fn start(tx: &mut Tx, found: &Contest, now: DateTime<Utc>) -> Result<(), Error> {
    if found.state != ContestState::Published {
        found.state.must_become(ContestState::Running)?;
        return Err(illegal(found, ContestState::Running, "a paused contest is resumed, not started"));
    }
    diesel::update(contest::table.find(found.id)).set(contest::starts_at.eq(now)).execute(tx).await?;
    set_state(tx, found, ContestState::Running).await
}

async fn pause(tx: &mut Tx, found: &Contest) -> Result<(), Error> {
    found.state.must_become(ContestState::Paused)?;
    let now = tx.now();
    diesel::insert_into(contest_pause::table)
        .values((contest_pause::contest_id.eq(found.id), contest_pause::started_at.eq(now)))
        .execute(tx)
        .await?;
    diesel::update(contest::table.find(found.id))
        .set((
            contest::state.eq(ContestState::Paused),
            contest::paused_at.eq(now),
            contest::resumed_at.eq(None::<DateTime<Utc>>),
            contest::version.eq(contest::version + 1),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

async fn resume(tx: &mut Tx, found: &Contest) -> Result<(), Error> {
    if found.state != ContestState::Paused {
        found.state.must_become(ContestState::Paused)?;
        return Err(illegal(found, ContestState::Running, "only a paused contest can be resumed"));
    }
    // The state first: a contest that is paused has an open pause.
    set_state(tx, found, ContestState::Running).await?;
    close_pause(tx, found).await
}

/// Ends the open pause and moves every deadline by its length: contest time stood still.
async fn close_pause(tx: &mut Tx, found: &Contest) -> Result<(), Error> {
    let now = tx.now();
    let length = found.paused_at.map_or(0, |from| (now - from).num_milliseconds());
    diesel::update(
        contest_pause::table
            .filter(contest_pause::contest_id.eq(found.id).and(contest_pause::ended_at.is_null())),
    )
    .set(contest_pause::ended_at.eq(now))
    .execute(tx)
    .await?;
    diesel::update(contest::table.find(found.id))
        .set((contest::resumed_at.eq(now), contest::paused_ms.eq(contest::paused_ms + length)))
        .execute(tx)
        .await?;
    sql("UPDATE assignment SET expires_at = expires_at + $2 * interval '1 millisecond'
         WHERE contest_id = $1 AND state IN ('assigned', 'revealed') AND expires_at IS NOT NULL")
    .bind::<SqlUuid, _>(found.id)
    .bind::<BigInt, _>(length)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn end(tx: &mut Tx, found: &Contest, at: DateTime<Utc>) -> Result<(), Error> {
    if found.state == ContestState::Finalized {
        return Err(illegal(found, ContestState::Ended, "final results are opened again, with a reason"));
    }
    found.state.must_become(ContestState::Ended)?;
    diesel::update(contest::table.find(found.id))
        .set((
            contest::state.eq(ContestState::Ended),
            contest::ended_at.eq(at),
            contest::version.eq(contest::version + 1),
        ))
        .execute(tx)
        .await?;
    if found.state == ContestState::Paused {
        close_pause(tx, found).await?;
    }
    Ok(())
}

/// Makes the results final, unless something that could still change them is open.
async fn finalize(tx: &mut Tx, found: &Contest) -> Result<(), Error> {
    found.state.must_become(ContestState::Finalized)?;
    must_be_settled(tx, found.id).await?;
    set_state(tx, found, ContestState::Finalized).await
}

#[derive(QueryableByName)]
struct Open {
    #[diesel(sql_type = BigInt)]
    assignments: i64,
    #[diesel(sql_type = BigInt)]
    submissions: i64,
    #[diesel(sql_type = BigInt)]
    clarifications: i64,
}

/// What was answered in time may be on its way until the sweeper has closed the question; what
/// waits for a judge may still earn points; what a team has asked may be about either.
async fn must_be_settled(tx: &mut Tx, id: ContestId) -> Result<(), Error> {
    let Open { assignments, submissions, clarifications } = sql("SELECT
        (SELECT count(*) FROM assignment WHERE contest_id = $1 AND state IN ('assigned', 'revealed')) AS assignments,
        (SELECT count(*) FROM submission WHERE contest_id = $1 AND state IN ('received', 'pending')) AS submissions,
        (SELECT count(*) FROM clarification c WHERE contest_id = $1 AND NOT EXISTS (SELECT FROM clarification_answer a
            WHERE (a.contest_id, a.clarification_id) = (c.contest_id, c.id))) AS clarifications")
    .bind::<SqlUuid, _>(id)
    .get_result(tx)
    .await?;
    let open: Map<String, Value> =
        [("assignments", assignments), ("submissions", submissions), ("clarifications", clarifications)]
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| (what.to_owned(), count.into()))
            .collect();
    if open.is_empty() {
        return Ok(());
    }
    Err(Refusal::ResultsOpen
        .because("open questions close a few seconds after the end; answers that wait are judged, and what teams ask is answered")
        .with("open", open))
}

async fn reopen(tx: &mut Tx, found: &Contest) -> Result<(), Error> {
    // A contest that runs is not ended by this name.
    if found.state != ContestState::Finalized {
        return Err(illegal(
            found,
            ContestState::Ended,
            "only a contest whose results are final is opened again",
        ));
    }
    set_state(tx, found, ContestState::Ended).await
}

/// A move that the state machine has, though not under this name.
fn illegal(found: &Contest, to: ContestState, detail: &str) -> Error {
    Refusal::IllegalTransition
        .because(detail)
        .with("from", found.state.as_str())
        .with("to", to.as_str())
        .with("allowed", found.state.next().iter().map(|s| s.as_str()).collect::<Vec<_>>())
}
