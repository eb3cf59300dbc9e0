//! Making, editing and moving contests; the gate that every other write passes first.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::join;
use serde_json::json;

use super::{Contest, ContestRef, ContestState, ContestView, new_code, queries};
use crate::auth::Admin;
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::Event;
use crate::schema::{contest, contest_pause};
use crate::sql::sql;
use crate::types::{ContestId, Points};

/// The contest gate, first in every write, for commands that do not say [`Command::gate`].
pub(crate) async fn gate(tx: &Tx, id: ContestId) -> Result<Contest, Error> {
    pass(tx, &ContestRef::Id(id)).await
}

/// Passes the gate unless the command did when it began ([`Command::gate`]).
pub(crate) async fn ensure_gate(tx: &Tx, id: ContestId) -> Result<(), Error> {
    if tx.has_passed(id) { Ok(()) } else { share(tx, &ContestRef::Id(id)).await }
}

/// The gate as a step that travels with others.
pub(crate) async fn pass(conn: &AsyncPgConnection, named: &ContestRef) -> Result<Contest, Error> {
    let (shared, contest) = join(share(conn, named), read(conn, named)).await;
    shared?;
    contest
}

/// Holds the gate open. What it guards must be read by a later statement: one that waited for
/// the gate sees what was there when it began to wait.
async fn share(mut conn: &AsyncPgConnection, named: &ContestRef) -> Result<(), Error> {
    match named {
        ContestRef::Id(id) => {
            sql("SELECT pg_advisory_xact_lock_shared(hashtextextended('contest:' || $1::text, 0))")
                .bind::<SqlUuid, _>(id)
                .execute(&mut conn)
                .await?
        }
        ContestRef::Code(code) => {
            sql("SELECT pg_advisory_xact_lock_shared(hashtextextended('contest:' || id::text, 0))
                 FROM contest WHERE code = $1")
            .bind::<Text, _>(code)
            .execute(&mut conn)
            .await?
        }
    };
    Ok(())
}

/// The gate closed for everybody else: for moves of the state and the clock.
pub(crate) async fn close_gate(tx: &mut Tx, id: ContestId) -> Result<Contest, Error> {
    sql("SELECT pg_advisory_xact_lock(hashtextextended('contest:' || $1::text, 0))")
        .bind::<SqlUuid, _>(id)
        .execute(tx)
        .await?;
    tx.set_clock().await?;
    let contest = read(tx, &ContestRef::Id(id)).await?;
    advance(tx, contest).await
}

async fn read(mut conn: &AsyncPgConnection, named: &ContestRef) -> Result<Contest, Error> {
    let found: Option<Contest> = match named {
        ContestRef::Id(id) => contest::table.find(id).select(Contest::as_select()).first(&mut conn).await,
        ContestRef::Code(code) => {
            contest::table.filter(contest::code.eq(code)).select(Contest::as_select()).first(&mut conn).await
        }
    }
    .optional()?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// Makes a contest.
#[derive(Debug)]
pub struct CreateContest {
    /// Who makes it.
    pub by: Admin,
    /// What it is called.
    pub name: String,
    /// A code of one's own; without it one is made.
    pub code: Option<String>,
    /// What differs from the defaults.
    pub rules: Rules,
}

/// The settings of a contest that staff may choose; `None` leaves one as it is.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = contest)]
pub struct Rules {
    /// What it is called.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Planned length; `Some(None)` to end by hand.
    pub duration_ms: Option<Option<i64>>,
    /// What a team begins with.
    pub opening_points: Option<Points>,
    /// How far below zero a team may go.
    pub credit_limit: Option<Points>,
    /// What a wrong answer costs.
    pub wrong_penalty: Option<Points>,
    /// Bonus for the first correct answer to a shared question.
    pub first_correct_bonus: Option<Points>,
    /// Seats of a team.
    pub max_members: Option<i16>,
    /// How many questions a team may hold at once.
    pub max_open_assignments: Option<i16>,
    /// How long an unrevealed question is held.
    pub hold_ms: Option<i64>,
    /// Whether teams may register themselves.
    pub registration_open: Option<bool>,
}

impl Rules {
    /// The rules that decide who wins must not change under the players' feet, and no end may
    /// be set before now: answers that counted would no longer.
    fn must_fit(&self, found: &Contest, now: DateTime<Utc>) -> Result<(), Error> {
        if !found.has_started(now) {
            return Ok(());
        }
        if self.touches_teams() || self.wrong_penalty.is_some() || self.first_correct_bonus.is_some() {
            return Err(Refusal::ContestStarted
                .because("points and team sizes are fixed once the contest has started"));
        }
        let planned = self.duration_ms.and_then(|ms| Contest { duration_ms: ms, ..found.clone() }.ends_at());
        if planned.is_some_and(|end| end <= now) {
            return Err(Error::invalid_field("/duration_ms", "the contest has already run longer"));
        }
        Ok(())
    }

    /// What a team takes over from its contest when it registers.
    fn touches_teams(&self) -> bool {
        self.opening_points.is_some() || self.credit_limit.is_some() || self.max_members.is_some()
    }
}

impl Command for CreateContest {
    type Outcome = ContestView;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<ContestView, Error> {
        let id = ContestId::new();
        let code = match &self.code {
            Some(code) => code.clone(),
            None => free_code(tx).await?,
        };
        diesel::insert_into(contest::table)
            .values((contest::id.eq(id), contest::code.eq(code), contest::name.eq(&self.name)))
            .execute(tx)
            .await?;
        diesel::update(contest::table.find(id))
            .set((&self.rules, contest::name.eq(&self.name)))
            .execute(tx)
            .await?;
        let made = read(tx, &ContestRef::Id(id)).await?;
        tx.tell(Event::for_staff(
            id,
            "contest_created",
            None,
            json!({"name": made.name, "by": self.by.name()}),
        ));
        let now = tx.now();
        Ok(made.view(now))
    }
}

/// A code nobody has. Two that meet on the same one lose a coin toss of 10⁹ and try again.
async fn free_code(tx: &mut Tx) -> Result<String, Error> {
    loop {
        let code = new_code(6);
        let taken: bool = diesel::select(diesel::dsl::exists(contest::table.filter(contest::code.eq(&code))))
            .get_result(tx)
            .await?;
        if !taken {
            return Ok(code);
        }
    }
}

/// Changes settings.
#[derive(Debug)]
pub struct EditContest {
    /// Who changes them.
    pub by: Admin,
    /// Which contest.
    pub contest: ContestRef,
    /// The version the caller read.
    pub version: i32,
    /// What to change.
    pub rules: Rules,
}

impl Command for EditContest {
    type Outcome = ContestView;

    async fn run(&self, tx: &mut Tx) -> Result<ContestView, Error> {
        let id = queries::find_id(tx, &self.contest).await?;
        let found = close_gate(tx, id).await?;
        if found.version != self.version {
            return Err(Refusal::StaleVersion.because(format!("the version is {} by now", found.version)));
        }
        self.rules.must_fit(&found, tx.now())?;
        must_not_split_teams(tx, id, &self.rules).await?;
        diesel::update(contest::table.find(id))
            .set((&self.rules, contest::version.eq(contest::version + 1)))
            .execute(tx)
            .await?;
        tell_change(tx, id, &self.by).await
    }
}

/// Early and late teams must play by the same rules.
async fn must_not_split_teams(tx: &mut Tx, id: ContestId, rules: &Rules) -> Result<(), Error> {
    if !rules.touches_teams() {
        return Ok(());
    }
    let teams = sql("SELECT FROM team WHERE contest_id = $1 AND state <> 'deleted' LIMIT 1")
        .bind::<SqlUuid, _>(id)
        .execute(tx)
        .await?;
    match teams {
        0 => Ok(()),
        _ => {
            Err(Refusal::TeamsRegistered.because("opening points, credit and team sizes are theirs already"))
        }
    }
}

/// A move of the state machine that staff asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Teams may register.
    Publish,
    /// Play begins, now or at a time.
    Start(Option<DateTime<Utc>>),
    /// Contest time stands still.
    Pause,
    /// It goes on.
    Resume,
    /// Play is over.
    End,
    /// It will not take place.
    Cancel,
}

/// Moves a contest.
#[derive(Debug)]
pub struct MoveContest {
    /// Who moves it.
    pub by: Admin,
    /// Which contest.
    pub contest: ContestRef,
    /// Where to.
    pub to: Move,
}

impl Command for MoveContest {
    type Outcome = ContestView;

    async fn run(&self, tx: &mut Tx) -> Result<ContestView, Error> {
        let id = queries::find_id(tx, &self.contest).await?;
        let found = close_gate(tx, id).await?;
        let now = tx.now();
        match self.to {
            Move::Publish => set_state(tx, &found, ContestState::Published).await?,
            Move::Cancel => set_state(tx, &found, ContestState::Cancelled).await?,
            Move::Start(Some(at)) if at > now => plan_start(tx, &found, at).await?,
            Move::Start(_) => start(tx, &found, now).await?,
            Move::Pause => pause(tx, &found).await?,
            Move::Resume => resume(tx, &found).await?,
            Move::End => end(tx, &found, now).await?,
        }
        tell_change(tx, id, &self.by).await
    }
}

/// Writes down a start or an end that the clock has brought.
#[derive(Debug)]
pub(crate) struct Advance {
    pub(crate) contest: ContestId,
}

impl Command for Advance {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        close_gate(tx, self.contest).await.map(drop)
    }
}

#[derive(QueryableByName)]
struct Longest {
    #[diesel(sql_type = BigInt)]
    extra_ms: i64,
}

/// Brings the stored state up to what the clock says. The end waits for the team with the
/// most extra time.
async fn advance(tx: &mut Tx, found: Contest) -> Result<Contest, Error> {
    let now = tx.now();
    let before = found.state;
    if found.state == ContestState::Published && found.starts_at.is_some_and(|start| start <= now) {
        set_state(tx, &found, ContestState::Running).await?;
    } else if found.state == ContestState::Running
        && let Some(planned) = found.ends_at()
        && planned <= now
    {
        let Longest { extra_ms } = sql("SELECT coalesce(max(extra_time_ms), 0) AS extra_ms FROM team
            WHERE contest_id = $1 AND state = 'active'")
        .bind::<SqlUuid, _>(found.id)
        .get_result(tx)
        .await?;
        let last = planned + chrono::Duration::milliseconds(extra_ms);
        if last <= now {
            end(tx, &found, last).await?;
        }
    }
    let found = read(tx, &ContestRef::Id(found.id)).await?;
    if found.state != before {
        tx.tell(Event::public(found.id, "contest_changed", None, found.as_event()));
    }
    Ok(found)
}

async fn set_state(tx: &mut Tx, found: &Contest, to: ContestState) -> Result<(), Error> {
    found.state.must_become(to)?;
    diesel::update(contest::table.find(found.id))
        .set((contest::state.eq(to), contest::version.eq(contest::version + 1)))
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
        return Err(match found.state.must_become(ContestState::Running) {
            Err(error) => error,
            Ok(()) => Refusal::IllegalTransition
                .because("a paused contest is resumed, not started")
                .with("from", found.state.as_str())
                .with("to", ContestState::Running.as_str())
                .with("allowed", vec!["running", "ended"]),
        });
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
        return Err(Refusal::IllegalTransition
            .because("only a paused contest can be resumed")
            .with("from", found.state.as_str())
            .with("to", ContestState::Running.as_str())
            .with("allowed", found.state.next().iter().map(|s| s.as_str()).collect::<Vec<_>>()));
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

async fn end(tx: &mut Tx, found: &Contest, at: DateTime<Utc>) -> Result<(), Error> {
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

/// Tells everybody; a draft is nobody's business but staff's.
async fn tell_change(tx: &mut Tx, id: ContestId, by: &Admin) -> Result<ContestView, Error> {
    let changed = read(tx, &ContestRef::Id(id)).await?;
    let event = changed.as_event();
    tx.tell(if changed.state == ContestState::Draft {
        Event::for_staff(id, "contest_changed", None, event)
    } else {
        Event::public(id, "contest_changed", None, event)
    });
    tracing::info!(contest = %id, state = %changed.state, by = by.name(), "contest changed");
    let now = tx.now();
    Ok(changed.view(now))
}

/// Makes this contest the one that the classic routes speak of.
#[derive(Debug)]
pub struct MakeCurrent {
    /// Who says so.
    pub by: Admin,
    /// Which contest.
    pub contest: ContestRef,
}

impl Command for MakeCurrent {
    type Outcome = ContestView;

    async fn run(&self, tx: &mut Tx) -> Result<ContestView, Error> {
        let id = queries::find_id(tx, &self.contest).await?;
        let found = close_gate(tx, id).await?;
        diesel::update(contest::table.filter(contest::is_current))
            .set(contest::is_current.eq(false))
            .execute(tx)
            .await?;
        diesel::update(contest::table.find(found.id)).set(contest::is_current.eq(true)).execute(tx).await?;
        tell_change(tx, found.id, &self.by).await
    }
}
