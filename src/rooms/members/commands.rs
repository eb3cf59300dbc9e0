//! Coming and going. Who comes holds the gate open and locks the room; who goes closes the gate,
//! because the last one to go ends what is played.

use diesel::prelude::*;
use diesel::sql_types::{Bool, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use crate::auth::Player;
use crate::contests::commands::{close_gate, gate};
use crate::contests::{Contest, ContestRef, queries::find_id};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::Event;
use crate::ledger::TeamState;
use crate::ledger::commands::lock as lock_team;
use crate::rooms::commands::{Comer, close, lock};
use crate::rooms::{Membership, Room, must_be_open, queries};
use crate::sql::sql;
use crate::teams::TeamName;
use crate::teams::changes::commands::set_state;
use crate::teams::commands::RegisterTeam;
use crate::types::{AccountId, ContestId, TeamId};

/// Comes into a room. Whoever is in it already stays; whoever was in it finds their points again.
#[derive(Debug)]
pub struct JoinRoom {
    /// Who comes.
    pub by: AccountId,
    /// Which room.
    pub room: ContestRef,
}

#[derive(QueryableByName)]
struct Seat {
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
    #[diesel(sql_type = Bool)]
    here: bool,
    #[diesel(sql_type = Bool)]
    removed: bool,
}

impl Command for JoinRoom {
    type Outcome = Membership;

    async fn run(&self, tx: &mut Tx) -> Result<Membership, Error> {
        let id = find_id(tx, &self.room).await?;
        let contest = gate(tx, id).await?;
        let room = lock(tx, id).await?;
        must_be_open(&contest, tx.now())?;
        let member_id = match self.seat(tx, id).await? {
            Some(Seat { removed: true, .. }) => return Err(Refusal::RemovedFromRoom.into()),
            Some(Seat { team_id, here: true, .. }) => team_id,
            Some(Seat { team_id, .. }) => {
                room.must_have_a_seat()?;
                come_back(tx, &contest, team_id).await?;
                team_id
            }
            None => {
                room.must_have_a_seat()?;
                let comer = sql("SELECT id, name FROM account WHERE id = $1").bind::<SqlUuid, _>(self.by);
                let comer: Comer = comer.get_result(tx).await?;
                seat(tx, &contest, &comer).await?
            }
        };
        Ok(Membership { room: queries::room(tx, id).await?, member_id })
    }
}

impl JoinRoom {
    async fn seat(&self, tx: &mut Tx, room: ContestId) -> Result<Option<Seat>, Error> {
        Ok(sql("SELECT team_id, gone_at IS NULL AS here, removed FROM room_member
            WHERE contest_id = $1 AND user_id = $2")
        .bind::<SqlUuid, _>(room)
        .bind::<SqlUuid, _>(self.by)
        .get_result(tx)
        .await
        .optional()?)
    }
}

/// Gives a newcomer a team of one, under the name of their account.
pub(crate) async fn seat(tx: &mut Tx, contest: &Contest, comer: &Comer) -> Result<TeamId, Error> {
    let name = TeamName::parse(&comer.name).map_err(|e| Error::Bug(format!("an account's name: {e}")))?;
    let team = RegisterTeam {
        by: None,
        account: Some(comer.id),
        contest: ContestRef::Id(contest.id),
        name,
        members: Vec::new(),
        email: String::new(),
        division: None,
    };
    let team_id = team.enter(tx, contest).await?.team.id;
    sql("INSERT INTO room_member (contest_id, team_id, user_id, joined_at) VALUES ($1, $2, $3, $4)")
        .bind::<SqlUuid, _>(contest.id)
        .bind::<SqlUuid, _>(team_id)
        .bind::<SqlUuid, _>(comer.id)
        .bind::<Timestamptz, _>(tx.now())
        .execute(tx)
        .await?;
    count(tx, contest.id, 1).await?;
    Ok(team_id)
}

async fn come_back(tx: &mut Tx, contest: &Contest, team: TeamId) -> Result<(), Error> {
    let account = lock_team(tx, contest.id, team).await?;
    // A team that staff has taken out of play stays so.
    if account.state == TeamState::Withdrawn {
        set_state(tx, contest, &account, TeamState::Active).await?;
    }
    sql("UPDATE room_member SET gone_at = NULL, joined_at = $3 WHERE contest_id = $1 AND team_id = $2")
        .bind::<SqlUuid, _>(contest.id)
        .bind::<SqlUuid, _>(team)
        .bind::<Timestamptz, _>(tx.now())
        .execute(tx)
        .await?;
    count(tx, contest.id, 1).await
}

async fn count(tx: &mut Tx, room: ContestId, more: i16) -> Result<(), Error> {
    sql("UPDATE room SET members = members + $2 WHERE contest_id = $1")
        .bind::<SqlUuid, _>(room)
        .bind::<SmallInt, _>(more)
        .execute(tx)
        .await?;
    Ok(())
}

/// Leaves a room. The owner's leaving passes it on; the last one out closes it.
#[derive(Debug)]
pub struct LeaveRoom {
    /// Who goes.
    pub by: Player,
}

impl Command for LeaveRoom {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let contest = close_gate(tx, self.by.contest()).await?;
        let room = lock(tx, contest.id).await?;
        must_be_open(&contest, tx.now())?;
        go(tx, &contest, &room, self.by.team(), false).await
    }
}

/// Shows a member out, for good.
#[derive(Debug)]
pub struct RemoveMember {
    /// The owner.
    pub by: Player,
    /// Who has to go.
    pub member: TeamId,
}

impl Command for RemoveMember {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let contest = close_gate(tx, self.by.contest()).await?;
        let room = lock(tx, contest.id).await?;
        room.must_be_owned_by(&self.by)?;
        must_be_open(&contest, tx.now())?;
        if self.member == self.by.team() {
            return Err(Error::invalid_field("member", "owners leave; they do not remove themselves"));
        }
        go(tx, &contest, &room, self.member, true).await
    }
}

#[derive(QueryableByName)]
struct Gone {
    #[diesel(sql_type = SqlUuid)]
    user_id: AccountId,
}

async fn go(tx: &mut Tx, contest: &Contest, room: &Room, team: TeamId, removed: bool) -> Result<(), Error> {
    let account = lock_team(tx, contest.id, team).await?;
    let gone: Option<Gone> = sql("UPDATE room_member SET gone_at = $3, removed = $4
        WHERE contest_id = $1 AND team_id = $2 AND gone_at IS NULL RETURNING user_id")
    .bind::<SqlUuid, _>(contest.id)
    .bind::<SqlUuid, _>(team)
    .bind::<Timestamptz, _>(tx.now())
    .bind::<Bool, _>(removed)
    .get_result(tx)
    .await
    .optional()?;
    let Gone { user_id } =
        gone.ok_or_else(|| Refusal::NotFound.because("nobody of this id is in the room"))?;
    if account.state == TeamState::Active {
        set_state(tx, contest, &account, TeamState::Withdrawn).await?;
    }
    tx.revoke(user_id);
    count(tx, contest.id, -1).await?;
    match user_id == room.owner_id {
        true => pass_on(tx, contest).await,
        false => Ok(()),
    }
}

#[derive(QueryableByName)]
struct Heir {
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
    #[diesel(sql_type = Text)]
    name: String,
}

/// The owner has gone: whoever has been here longest, and plays, owns the room. Nobody is left: it
/// closes.
async fn pass_on(tx: &mut Tx, contest: &Contest) -> Result<(), Error> {
    let heir: Option<Heir> = sql("WITH heir AS (
            SELECT m.team_id, m.user_id, t.name FROM room_member m
            JOIN team t ON (t.contest_id, t.id) = (m.contest_id, m.team_id)
            WHERE m.contest_id = $1 AND m.gone_at IS NULL AND t.state = 'active'
            ORDER BY m.joined_at, m.team_id LIMIT 1),
        passed AS (UPDATE room SET owner_id = heir.user_id FROM heir WHERE room.contest_id = $1)
        SELECT team_id, name FROM heir")
    .bind::<SqlUuid, _>(contest.id)
    .get_result(tx)
    .await
    .optional()?;
    let Some(Heir { team_id, name }) = heir else { return close(tx, contest).await };
    let told = json!({"team_id": team_id, "owner": name});
    tx.tell(Event::public(contest.id, "owner_changed", Some(team_id), told));
    Ok(())
}
