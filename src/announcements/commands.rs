//! Announcing, withdrawing, and what teams say to it.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{Address, AnnouncementView, Notice, Unread, queries};
use crate::audit::{Act, Target};
use crate::auth::{Admin, Player};
use crate::contests::commands::gate;
use crate::contests::{ContestRef, divisions, queries::find_id};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::{Action, Event, Viewer};
use crate::sql::sql;
use crate::teams::queries as teams;
use crate::types::{ContestId, MemberId, TeamId};

/// Tells something to everybody, a division or a team.
#[derive(Debug)]
pub struct Announce {
    /// Who does.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// What. A correction goes to whom the announcement went that it corrects.
    pub notice: Notice,
}

impl Command for Announce {
    type Outcome = AnnouncementView;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<AnnouncementView, Error> {
        let contest = find_id(tx, &self.contest).await?;
        gate(tx, contest).await?;
        let made = announce(tx, contest, &self.by, &self.notice).await?;
        let target = Target::Announcement(contest, made.number);
        Act::making(tx, &self.by, "create_announcement", target).done(tx).await?;
        tx.tell(acted(contest, "create_announcement", &self.by, None, &made));
        Ok(made)
    }
}

/// A step of a transaction: gives a notice its number and tells it.
pub(crate) async fn announce(
    tx: &mut Tx,
    contest: ContestId,
    by: &Admin,
    notice: &Notice,
) -> Result<AnnouncementView, Error> {
    lock(tx, contest).await?;
    let to = match notice.corrects {
        Some(number) => {
            let wrong = queries::announcement(tx, contest, Viewer::Staff, number).await?;
            wrong.must_stand()?;
            wrong.address()
        }
        None => notice.to.clone(),
    };
    must_be_there(tx, contest, &to).await?;
    let number = insert(tx, contest, by, notice, &to).await?;
    let made = queries::announcement(tx, contest, Viewer::Staff, number).await?;
    tell(tx, contest, "announcement_made", &made).await?;
    Ok(made)
}

/// One at a time for each contest: so the numbers have no hole, they are told in their order, and
/// nobody withdraws what somebody else corrects.
async fn lock(tx: &mut Tx, contest: ContestId) -> Result<(), Error> {
    sql("SELECT pg_advisory_xact_lock(hashtextextended('announcements:' || $1::text, 0))")
        .bind::<SqlUuid, _>(contest)
        .execute(tx)
        .await?;
    Ok(())
}

async fn must_be_there(tx: &mut Tx, contest: ContestId, to: &Address) -> Result<(), Error> {
    match to {
        Address::Everybody => Ok(()),
        Address::Division(name) => divisions::must_have(tx, contest, name, "/division").await,
        Address::Team(team) => teams::team(tx, contest, *team).await.map(drop),
    }
}

#[derive(QueryableByName)]
struct Numbered {
    #[diesel(sql_type = Integer)]
    number: i32,
}

async fn insert(
    tx: &mut Tx,
    contest: ContestId,
    by: &Admin,
    notice: &Notice,
    to: &Address,
) -> Result<i32, Error> {
    let now = tx.now();
    let made: Numbered = sql("INSERT INTO announcement (contest_id, number, title, body, priority,
            must_acknowledge, division, team_id, corrects, made_by, made_at)
         SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10
         FROM announcement WHERE contest_id = $1 RETURNING number")
    .bind::<SqlUuid, _>(contest)
    .bind::<Text, _>(&notice.title)
    .bind::<Text, _>(&notice.body)
    .bind::<Text, _>(notice.priority)
    .bind::<Bool, _>(notice.must_acknowledge)
    .bind::<Nullable<Text>, _>(to.division())
    .bind::<Nullable<SqlUuid>, _>(to.team())
    .bind::<Nullable<Integer>, _>(notice.corrects)
    .bind::<Text, _>(by.name())
    .bind::<Timestamptz, _>(now)
    .get_result(tx)
    .await?;
    Ok(made.number)
}

#[derive(QueryableByName)]
struct Addressed {
    #[diesel(sql_type = SqlUuid)]
    id: TeamId,
}

/// A division is told team by team: who may know of an event is its team, or everybody.
async fn tell(
    tx: &mut Tx,
    contest: ContestId,
    kind: &'static str,
    announced: &AnnouncementView,
) -> Result<(), Error> {
    let told = announced.as_event();
    match announced.address() {
        Address::Everybody => tx.tell(Event::public(contest, kind, None, told)),
        Address::Team(team) => tx.tell(Event::for_team(contest, kind, team, told)),
        Address::Division(name) => {
            let teams: Vec<Addressed> = sql("SELECT id FROM team
                WHERE contest_id = $1 AND division = $2 AND state <> 'deleted' ORDER BY id")
            .bind::<SqlUuid, _>(contest)
            .bind::<Text, _>(name)
            .load(tx)
            .await?;
            teams.iter().for_each(|team| tx.tell(Event::for_team(contest, kind, team.id, told.clone())));
        }
    }
    Ok(())
}

fn acted(
    contest: ContestId,
    name: &str,
    by: &Admin,
    reason: Option<&str>,
    announced: &AnnouncementView,
) -> Event {
    let values = json!({"number": announced.number, "title": announced.title});
    Event::of_staff(contest, announced.team_id, &Action { name, by: by.name(), reason, values })
}

/// Takes an announcement back. Its text stays: it was read.
#[derive(Debug)]
pub struct WithdrawAnnouncement {
    /// Who does.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// Which one.
    pub number: i32,
    /// Why, for staff.
    pub reason: String,
}

impl Command for WithdrawAnnouncement {
    type Outcome = AnnouncementView;

    async fn run(&self, tx: &mut Tx) -> Result<AnnouncementView, Error> {
        let contest = find_id(tx, &self.contest).await?;
        gate(tx, contest).await?;
        lock(tx, contest).await?;
        queries::announcement(tx, contest, Viewer::Staff, self.number).await?.must_stand()?;
        let (now, reason) = (tx.now(), Some(&*self.reason));
        let target = Target::Announcement(contest, self.number);
        let act = Act::upon(tx, &self.by, "withdraw_announcement", target).await?.because(reason);
        sql("UPDATE announcement SET withdrawn_at = $3 WHERE contest_id = $1 AND number = $2")
            .bind::<SqlUuid, _>(contest)
            .bind::<Integer, _>(self.number)
            .bind::<Timestamptz, _>(now)
            .execute(tx)
            .await?;
        act.done(tx).await?;
        let withdrawn = queries::announcement(tx, contest, Viewer::Staff, self.number).await?;
        tell(tx, contest, "announcement_withdrawn", &withdrawn).await?;
        tx.tell(acted(contest, "withdraw_announcement", &self.by, reason, &withdrawn));
        Ok(withdrawn)
    }
}

/// Takes note for a team.
#[derive(Debug)]
pub struct Acknowledge {
    /// Who does.
    pub player: Player,
    /// Of which announcement.
    pub number: i32,
}

impl Command for Acknowledge {
    type Outcome = AnnouncementView;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<AnnouncementView, Error> {
        let (contest, team, now) = (self.player.contest(), self.player.team(), tx.now());
        queries::announcement(tx, contest, Viewer::Team(team), self.number).await?;
        let first = sql("INSERT INTO acknowledgement (contest_id, number, team_id, by_member, at)
             SELECT $1, $2, $3, name, $5 FROM member WHERE contest_id = $1 AND team_id = $3 AND id = $4
             ON CONFLICT DO NOTHING")
        .bind::<SqlUuid, _>(contest)
        .bind::<Integer, _>(self.number)
        .bind::<SqlUuid, _>(team)
        .bind::<SqlUuid, _>(member(&self.player)?)
        .bind::<Timestamptz, _>(now)
        .execute(tx)
        .await?;
        if first == 1 {
            let told = json!({"number": self.number, "team_id": team});
            tx.tell(Event::for_team(contest, "announcement_acknowledged", team, told));
        }
        queries::announcement(tx, contest, Viewer::Team(team), self.number).await
    }
}

/// Remembers up to where a member has read.
#[derive(Debug)]
pub struct MarkRead {
    /// Who has.
    pub player: Player,
    /// Up to this number; never back.
    pub up_to: i32,
}

impl Command for MarkRead {
    type Outcome = Unread;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<Unread, Error> {
        let (contest, team) = (self.player.contest(), self.player.team());
        let member = member(&self.player)?;
        // What is not announced yet is not read, whatever the caller says.
        sql("INSERT INTO read_mark AS mark (contest_id, team_id, member_id, up_to)
             SELECT $1, $2, $3, least($4, coalesce(max(number), 0)) FROM announcement WHERE contest_id = $1
             ON CONFLICT (contest_id, team_id, member_id)
             DO UPDATE SET up_to = greatest(mark.up_to, excluded.up_to)")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(team)
        .bind::<SqlUuid, _>(member)
        .bind::<Integer, _>(self.up_to)
        .execute(tx)
        .await?;
        Ok(queries::unread(tx, contest, team, member).await?)
    }
}

/// Which person of the team it is; staff that acts for a team is none.
pub(crate) fn member(player: &Player) -> Result<MemberId, Error> {
    player.member().ok_or_else(|| Refusal::NotAllowed.because("this is for a member of the team"))
}
