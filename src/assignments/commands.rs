//! Claiming, drawing, revealing and giving back.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::future::{ready, try_join};
use serde_json::json;

use super::draw::{Wanted, claim, draw, give_back};
use super::queries::{self, assignment_view};
use super::{Assignment, AssignmentRow, AssignmentState, AssignmentView};
use crate::auth::Player;
use crate::contests::Contest;
use crate::db::{Command, LOCKS, Tx};
use crate::error::{Error, Refusal};
use crate::events::Event;
use crate::ledger::Account;
use crate::ledger::commands::lock_in_contest;
use crate::sql::sql;
use crate::types::{AssignmentId, ContestId, Difficulty, Points, Pool, QuestionId, TeamId};

/// Locks the team behind the gate: how every move of a team begins.
pub(crate) async fn enter(tx: &Tx, player: &Player) -> Result<(Contest, Account), Error> {
    let (contest, account, ()) = enter_with(tx, player, ready(Ok(()))).await?;
    Ok((contest, account))
}

/// The same, with one more step that travels along; it is taken under the team's lock.
pub(crate) async fn enter_with<T>(
    tx: &Tx,
    player: &Player,
    step: impl Future<Output = Result<T, Error>>,
) -> Result<(Contest, Account, T), Error> {
    let team = lock_in_contest(tx, player.contest(), player.team());
    let ((contest, account), found) = try_join(team, step).await?;
    account.must_play()?;
    contest.must_accept(tx.received_at(), account.extra_time_ms)?;
    Ok((contest, account, found))
}

/// Which question a team asks for.
#[derive(Debug, Clone)]
pub enum Choice {
    /// This one.
    Named(QuestionId),
    /// Any, of this difficulty and category if given.
    Any {
        /// How hard.
        difficulty: Option<Difficulty>,
        /// About what.
        category: Option<String>,
    },
}

/// Gives a team a question: the one it names, or one drawn from the pool.
#[derive(Debug)]
pub struct TakeQuestion {
    /// For whom.
    pub player: Player,
    /// Which.
    pub choice: Choice,
    /// Show it at once; otherwise it is held unseen for a while and can be given back.
    pub reveal: bool,
}

impl Command for TakeQuestion {
    type Outcome = AssignmentView;
    const CREATES: bool = true;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<AssignmentView, Error> {
        let (contest, account, held) =
            enter_with(tx, &self.player, open_assignments(tx, &self.player)).await?;
        must_have_room(&contest, held)?;
        let question = match &self.choice {
            Choice::Named(question) => claim(tx, contest.id, account.team_id, *question).await?,
            Choice::Any { difficulty, category } => {
                let wanted =
                    Wanted { pool: Pool::Regular, difficulty: *difficulty, category: category.clone() };
                draw(tx, contest.id, account.team_id, &wanted).await?
            }
        };
        assign(tx, &contest, &account, question, &Terms { reveal: self.reveal, points: None }).await
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Counted under the team's lock, so that two draws at once cannot both find room. Open is what is
/// not resolved; said by the state, the planner would take `assignment_due` for as long as it was
/// small when it was last looked at, and read the open assignments of all teams. The values stand in
/// subqueries so that no plan is made for them anew at every draw.
async fn open_assignments(tx: &Tx, player: &Player) -> Result<i64, Error> {
    let Count { count } = sql("SELECT count(*) AS count FROM assignment
        WHERE contest_id = (SELECT $1::uuid) AND team_id = (SELECT $2::uuid) AND pool = 'regular'
          AND resolved_at IS NULL AND (expires_at IS NULL OR expires_at > (SELECT $3::timestamptz))")
    .bind::<SqlUuid, _>(player.contest())
    .bind::<SqlUuid, _>(player.team())
    .bind::<Timestamptz, _>(tx.received_at())
    .get_result(&mut tx.shared())
    .await?;
    Ok(count)
}

fn must_have_room(contest: &Contest, held: i64) -> Result<(), Error> {
    if held < i64::from(contest.max_open_assignments) {
        return Ok(());
    }
    Err(Refusal::TooManyOpen.because(format!(
        "the team holds {held} open questions, {} are allowed",
        contest.max_open_assignments
    )))
}

/// How a question is handed over.
pub(crate) struct Terms {
    /// Show it at once.
    pub(crate) reveal: bool,
    /// What it earns, when that is not what the contest says.
    pub(crate) points: Option<Points>,
}

/// Writes the assignment of a question that has been taken out of the free list.
pub(crate) async fn assign(
    tx: &mut Tx,
    contest: &Contest,
    account: &Account,
    question: QuestionId,
    terms: &Terms,
) -> Result<AssignmentView, Error> {
    let (id, now) = (AssignmentId::new(), tx.now());
    let state = if terms.reveal { AssignmentState::Revealed } else { AssignmentState::Assigned };
    let written: Option<AssignmentRow> = sql(concat!(
        "WITH a AS (
            INSERT INTO assignment (contest_id, id, team_id, question_id, version, exclusive, pool,
                points, max_attempts, time_limit_ms, state, assigned_at, revealed_at, expires_at)
            SELECT q.contest_id, $3, $4, q.question_id, q.version, q.exclusive, q.pool,
                coalesce($5, q.points), q.max_attempts, q.time_limit_ms, $6, $7,
                CASE WHEN $6 = 'revealed' THEN $7 END,
                CASE WHEN $6 = 'revealed' THEN $7 + q.time_limit_ms * interval '1 millisecond' ELSE $8 END
            FROM contest_question q
            WHERE q.contest_id = $1 AND q.question_id = $2 AND q.state = 'open'
            RETURNING *) ",
        assignment_view!("a")
    ))
    .bind::<SqlUuid, _>(contest.id)
    .bind::<SqlUuid, _>(question)
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(account.team_id)
    .bind::<Nullable<BigInt>, _>(terms.points)
    .bind::<Text, _>(state)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + Duration::milliseconds(contest.hold_ms))
    .get_result(tx)
    .await
    .optional()?;
    let view = written.ok_or(Refusal::QuestionNotOpen)?.view()?;
    if !LOCKS {
        forget_free_row(tx, contest.id, question).await?;
    }
    tx.tell(Event::for_team(contest.id, "question_assigned", account.team_id, told(&view)));
    Ok(view)
}

/// The scratch build without locks takes the row out only now, too late to protect anything.
async fn forget_free_row(tx: &mut Tx, contest: ContestId, question: QuestionId) -> Result<(), Error> {
    sql("DELETE FROM free_question WHERE contest_id = $1 AND question_id = $2")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(question)
        .execute(tx)
        .await?;
    Ok(())
}

/// What a team's other devices are told; they fetch the text themselves.
pub(crate) fn told(view: &AssignmentView) -> serde_json::Value {
    json!({
        "assignment_id": view.id,
        "question_id": view.question_id,
        "state": view.state,
        "pool": view.pool,
        "difficulty": view.difficulty,
        "category": view.category,
        "points": view.points,
        "expires_at": view.expires_at,
    })
}

/// Locks an assignment of this team; anybody else's is not there.
pub(crate) async fn lock(
    tx: &Tx,
    contest: ContestId,
    team: TeamId,
    id: AssignmentId,
) -> Result<Assignment, Error> {
    const READ: &str = "SELECT contest_id, id, team_id, question_id, version, exclusive, pool, points, state,
        attempts, max_attempts, time_limit_ms, expires_at
        FROM assignment WHERE contest_id = $1 AND id = $2 AND team_id = $3";
    const LOCK: &str = "SELECT contest_id, id, team_id, question_id, version, exclusive, pool, points, state,
        attempts, max_attempts, time_limit_ms, expires_at
        FROM assignment WHERE contest_id = $1 AND id = $2 AND team_id = $3 FOR UPDATE";
    let found: Option<Assignment> = sql(if LOCKS { LOCK } else { READ })
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(team)
        .get_result(&mut tx.shared())
        .await
        .optional()?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// Shows a held question; its time limit begins.
#[derive(Debug)]
pub struct RevealQuestion {
    /// Whose.
    pub player: Player,
    /// Which assignment.
    pub assignment: AssignmentId,
}

impl Command for RevealQuestion {
    type Outcome = AssignmentView;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<AssignmentView, Error> {
        let held = lock(tx, self.player.contest(), self.player.team(), self.assignment);
        let (contest, account, held) = enter_with(tx, &self.player, held).await?;
        held.must_reveal(tx.received_at())?;
        let now = tx.now();
        let expires_at: Option<DateTime<Utc>> = held.time_limit_ms.map(|ms| now + Duration::milliseconds(ms));
        sql("UPDATE assignment SET state = 'revealed', revealed_at = $3, expires_at = $4
             WHERE contest_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(contest.id)
        .bind::<SqlUuid, _>(held.id)
        .bind::<Timestamptz, _>(now)
        .bind::<Nullable<Timestamptz>, _>(expires_at)
        .execute(tx)
        .await?;
        let view = queries::assignment(tx, contest.id, held.id).await?;
        tx.tell(Event::for_team(contest.id, "question_revealed", account.team_id, told(&view)));
        Ok(view)
    }
}

/// Gives an unseen question back to its pool.
#[derive(Debug)]
pub struct ReleaseQuestion {
    /// Whose.
    pub player: Player,
    /// Which assignment.
    pub assignment: AssignmentId,
}

impl Command for ReleaseQuestion {
    type Outcome = AssignmentView;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<AssignmentView, Error> {
        let held = lock(tx, self.player.contest(), self.player.team(), self.assignment);
        let (contest, account, held) = enter_with(tx, &self.player, held).await?;
        held.must_be_unrevealed()?;
        close(tx, &held, AssignmentState::Released).await?;
        if held.exclusive {
            give_back(tx, contest.id, held.question_id).await?;
        }
        let view = queries::assignment(tx, contest.id, held.id).await?;
        tx.tell(Event::for_team(contest.id, "assignment_released", account.team_id, told(&view)));
        Ok(view)
    }
}

/// Closes a locked assignment.
pub(crate) async fn close(tx: &mut Tx, held: &Assignment, state: AssignmentState) -> Result<(), Error> {
    let now = tx.now();
    sql("UPDATE assignment SET state = $3, resolved_at = $4 WHERE contest_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(held.contest_id)
        .bind::<SqlUuid, _>(held.id)
        .bind::<Text, _>(state)
        .bind::<Timestamptz, _>(now)
        .execute(tx)
        .await?;
    Ok(())
}
