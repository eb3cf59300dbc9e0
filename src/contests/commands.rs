//! Making and editing contests; the gate that every other write passes first.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::join;
use serde_json::{Value, json};

use super::clock::advance;
use super::queries::read;
use super::{
    CODE_LENGTH, Contest, ContestKind, ContestRef, ContestState, ContestView, divisions, new_code, queries,
    time_zone,
};
use crate::audit::{Act, Target};
use crate::auth::Admin;
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::{Action, Event};
use crate::schema::{contest, game};
use crate::sql::sql;
use crate::types::{ContestId, GameId, Points};

/// The contest gate, first in every write, for commands that do not say [`Command::gate`].
pub(crate) async fn gate(tx: &Tx, id: ContestId) -> Result<Contest, Error> {
    pass(tx, &ContestRef::Id(id)).await
}

/// Passes the gate unless the command did when it began ([`Command::gate`]).
pub(crate) async fn ensure_gate(tx: &Tx, id: ContestId) -> Result<(), Error> {
    if tx.has_passed(id) { Ok(()) } else { share(tx, &ContestRef::Id(id)).await }
}

/// The same, and what the contest is behind its gate.
pub(crate) async fn pass(tx: &Tx, named: &ContestRef) -> Result<Contest, Error> {
    if named.id().is_some_and(|id| tx.has_passed(id)) {
        return read(tx, named).await;
    }
    let (shared, contest) = join(share(tx, named), read(tx, named)).await;
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

/// Makes a contest.
#[derive(Debug)]
pub struct CreateContest {
    /// Who makes it.
    pub by: Admin,
    /// What it is called.
    pub name: String,
    /// What it is played for.
    pub kind: ContestKind,
    /// A code of one's own; without it one is made.
    pub code: Option<String>,
    /// What differs from the defaults.
    pub rules: Rules,
    /// Its divisions, in order.
    pub divisions: Vec<String>,
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
    /// How long before the planned end the board freezes by itself; `Some(None)` for never.
    pub freeze_before_end_ms: Option<Option<i64>>,
    /// Whose days its reports count in.
    pub time_zone: Option<String>,
    /// The game that it is played of; `Some(None)` for none.
    pub game_id: Option<Option<GameId>>,
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

    /// Before any gate is closed: the database reads its files of time zones one by one.
    async fn must_know_zone(&self, tx: &mut Tx) -> Result<(), Error> {
        match &self.time_zone {
            Some(zone) => time_zone::must_exist(tx, zone).await,
            None => Ok(()),
        }
    }

    /// The game that they name must be there, and fit.
    async fn must_name_game(&self, tx: &mut Tx, kind: ContestKind) -> Result<(), Error> {
        let Some(game) = self.game_id.flatten() else { return Ok(()) };
        if kind == ContestKind::Demo {
            return Err(Error::invalid_field("/game_id", "a demo is of no game"));
        }
        let found = game::table.find(game).select(game::self_reported).first(tx).await.optional()?;
        match found {
            None => Err(Error::invalid_field("/game_id", "there is no such game")),
            Some(true) => Err(Refusal::ScoresSelfReported.into()),
            Some(false) => Ok(()),
        }
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
        let id = make(tx, self.kind, &self.name, self.code.clone(), &self.rules).await?;
        divisions::set(tx, id, &self.divisions).await?;
        Act::making(tx, &self.by, "create_contest", Target::Contest(id)).done(tx).await?;
        let made = read(tx, &ContestRef::Id(id)).await?;
        tx.tell(Event::for_staff(
            id,
            "contest_created",
            None,
            json!({"name": made.name, "by": self.by.name()}),
        ));
        let now = tx.now();
        Ok(made.view(self.divisions.clone(), now))
    }
}

/// Writes a contest, as a draft.
pub(crate) async fn make(
    tx: &mut Tx,
    kind: ContestKind,
    name: &str,
    code: Option<String>,
    rules: &Rules,
) -> Result<ContestId, Error> {
    rules.must_know_zone(tx).await?;
    rules.must_name_game(tx, kind).await?;
    let id = ContestId::new();
    let code = match code {
        Some(code) => code,
        None => free_code(tx).await?,
    };
    diesel::insert_into(contest::table)
        .values((contest::id.eq(id), contest::code.eq(code), contest::kind.eq(kind), contest::name.eq(name)))
        .execute(tx)
        .await?;
    diesel::update(contest::table.find(id)).set((rules, contest::name.eq(name))).execute(tx).await?;
    Ok(id)
}

/// A code nobody has. Two that meet on the same one lose a coin toss of 10⁹ and try again.
async fn free_code(tx: &mut Tx) -> Result<String, Error> {
    loop {
        let code = new_code(CODE_LENGTH);
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
    /// All divisions it should have, in order; `None` leaves them.
    pub divisions: Option<Vec<String>>,
}

impl Command for EditContest {
    type Outcome = ContestView;

    async fn run(&self, tx: &mut Tx) -> Result<ContestView, Error> {
        let id = queries::find_id(tx, &self.contest).await?;
        self.rules.must_know_zone(tx).await?;
        let found = close_gate(tx, id).await?;
        if found.version != self.version {
            return Err(Refusal::StaleVersion.because(format!("the version is {} by now", found.version)));
        }
        self.rules.must_fit(&found, tx.now())?;
        self.rules.must_name_game(tx, found.kind).await?;
        must_not_split_teams(tx, id, &self.rules).await?;
        let act = Act::upon(tx, &self.by, "edit_contest", Target::Contest(id)).await?;
        diesel::update(contest::table.find(id))
            .set((&self.rules, contest::version.eq(contest::version + 1)))
            .execute(tx)
            .await?;
        if let Some(wanted) = &self.divisions {
            divisions::set(tx, id, wanted).await?;
        }
        act.done(tx).await?;
        let action = Action { name: "edit_contest", by: self.by.name(), reason: None, values: Value::Null };
        tell_change(tx, id, "contest_changed", &action).await
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

/// Tells everybody how the contest stands, and staff who did it; a draft is nobody's business
/// but staff's.
pub(crate) async fn tell_change(
    tx: &mut Tx,
    id: ContestId,
    kind: &'static str,
    action: &Action<'_>,
) -> Result<ContestView, Error> {
    let changed = read(tx, &ContestRef::Id(id)).await?;
    let event = changed.as_event();
    tx.tell(if changed.state == ContestState::Draft {
        Event::for_staff(id, kind, None, event)
    } else {
        Event::public(id, kind, None, event)
    });
    tx.tell(Event::of_staff(id, None, action));
    tracing::info!(contest = %id, state = %changed.state, action = action.name, by = action.by, "contest changed");
    let now = tx.now();
    let divisions = divisions::of(tx, id).await?;
    Ok(changed.view(divisions, now))
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
        take_turn(tx).await?;
        let act = Act::upon(tx, &self.by, "make_contest_current", Target::Contest(id)).await?;
        diesel::update(contest::table.filter(contest::is_current))
            .set(contest::is_current.eq(false))
            .execute(tx)
            .await?;
        diesel::update(contest::table.find(found.id)).set(contest::is_current.eq(true)).execute(tx).await?;
        act.done(tx).await?;
        let action =
            Action { name: "make_contest_current", by: self.by.name(), reason: None, values: Value::Null };
        tell_change(tx, found.id, "contest_changed", &action).await
    }
}

/// One choice of the current contest after the other: each has to see whom it takes the place of.
async fn take_turn(tx: &mut Tx) -> Result<(), Error> {
    sql("SELECT pg_advisory_xact_lock(hashtextextended('current contest', 0))").execute(tx).await?;
    Ok(())
}
