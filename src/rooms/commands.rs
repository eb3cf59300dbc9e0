//! Making and closing rooms.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, SmallInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::members::commands::seat;
use super::problems::Problem;
use super::problems::commands::add_all;
use super::{Membership, Room, must_be_open, queries};
use crate::audit::{Act, Target};
use crate::auth::{Admin, Player};
use crate::config::Rooms;
use crate::contests::commands::{Rules, close_gate, gate, make};
use crate::contests::moves::commands::{end, open};
use crate::contests::queries::{find_id, read};
use crate::contests::{Contest, ContestKind, ContestRef};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::Event;
use crate::sql::sql;
use crate::types::{AccountId, ContestId, Points};

/// Makes a room, which is open at once; whoever makes it owns it and is in it.
#[derive(Debug)]
pub struct CreateRoom {
    /// Who makes it.
    pub by: AccountId,
    /// What it is called; without a title, after its owner.
    pub title: Option<String>,
    /// Whether it is kept off the list.
    pub private: bool,
    /// How many may come.
    pub max_members: i16,
    /// How long it is open, in ms.
    pub life_ms: i64,
    /// What the first correct answer to a problem earns on top.
    pub first_correct_bonus: Points,
    /// What is asked in it from the beginning.
    pub problems: Vec<Problem>,
    /// What an account may have.
    pub settings: Rooms,
}

impl Command for CreateRoom {
    type Outcome = Membership;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<Membership, Error> {
        let owner = lock_account(tx, self.by).await?;
        self.must_own_few(tx).await?;
        let title = self.title.clone().unwrap_or_else(|| format!("{}'s room", owner.name));
        let id = make(tx, ContestKind::Room, &title, None, &self.rules()).await?;
        open(tx, id).await?;
        sql("INSERT INTO room (contest_id, owner_id, private, max_members) VALUES ($1, $2, $3, $4)")
            .bind::<SqlUuid, _>(id)
            .bind::<SqlUuid, _>(self.by)
            .bind::<Bool, _>(self.private)
            .bind::<SmallInt, _>(self.max_members)
            .execute(tx)
            .await?;
        let contest = gate(tx, id).await?;
        tx.tell(Event::public(id, "contest_changed", None, contest.as_event()));
        let member_id = seat(tx, &contest, &owner).await?;
        add_all(tx, id, &self.problems, self.settings.max_problems).await?;
        Ok(Membership { room: queries::room(tx, id).await?, member_id })
    }
}

impl CreateRoom {
    fn rules(&self) -> Rules {
        Rules {
            duration_ms: Some(Some(self.life_ms)),
            opening_points: Some(0),
            first_correct_bonus: Some(self.first_correct_bonus),
            max_members: Some(1),
            max_open_assignments: Some(self.settings.max_problems),
            registration_open: Some(false),
            ..Rules::default()
        }
    }

    async fn must_own_few(&self, tx: &mut Tx) -> Result<(), Error> {
        let Count { count } =
            sql("SELECT count(*) AS count FROM room r JOIN contest c ON c.id = r.contest_id
            WHERE r.owner_id = $1 AND c.state IN ('running', 'paused')")
            .bind::<SqlUuid, _>(self.by)
            .get_result(tx)
            .await?;
        if count < self.settings.max_owned {
            return Ok(());
        }
        Err(Refusal::TooManyRooms.because(format!("an account owns at most {}", self.settings.max_owned)))
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Somebody who comes into a room.
#[derive(Debug, QueryableByName)]
pub(crate) struct Comer {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) id: AccountId,
    #[diesel(sql_type = Text)]
    pub(crate) name: String,
}

/// What an account may have is counted behind its lock.
async fn lock_account(tx: &mut Tx, id: AccountId) -> Result<Comer, Error> {
    Ok(sql("SELECT id, name FROM account WHERE id = $1 FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(id)
        .get_result(tx)
        .await?)
}

/// Locks a room, behind its gate and before any team: one change of its members or problems at a
/// time. A contest that is no room has none.
pub(crate) async fn lock(tx: &mut Tx, id: ContestId) -> Result<Room, Error> {
    let found: Option<Room> = sql(
        "SELECT contest_id, owner_id, members, max_members FROM room WHERE contest_id = $1 FOR NO KEY UPDATE",
    )
    .bind::<SqlUuid, _>(id)
    .get_result(tx)
    .await
    .optional()?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// Who closes a room.
#[derive(Debug)]
pub enum Closer {
    /// Its owner.
    Owner(Player),
    /// Staff.
    Staff(Admin),
}

/// Closes a room: its contest ends, and what was played stays to be read.
#[derive(Debug)]
pub struct CloseRoom {
    /// Who says so.
    pub by: Closer,
    /// Which room.
    pub room: ContestRef,
}

impl Command for CloseRoom {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let id = find_id(tx, &self.room).await?;
        let contest = close_gate(tx, id).await?;
        let room = lock(tx, id).await?;
        let act = match &self.by {
            Closer::Owner(player) => {
                room.must_be_owned_by(player)?;
                None
            }
            Closer::Staff(admin) => Some(Act::upon(tx, admin, "close_room", Target::Contest(id)).await?),
        };
        must_be_open(&contest, tx.now())?;
        close(tx, &contest).await?;
        match act {
            Some(act) => act.done(tx).await,
            None => Ok(()),
        }
    }
}

/// Ends what is played in a room, behind its closed gate.
pub(crate) async fn close(tx: &mut Tx, contest: &Contest) -> Result<(), Error> {
    let now = tx.now();
    end(tx, contest, now).await?;
    let ended = read(tx, &ContestRef::Id(contest.id)).await?;
    tx.tell(Event::public(contest.id, "contest_changed", None, ended.as_event()));
    Ok(())
}
