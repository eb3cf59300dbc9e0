//! Announcing and withdrawing.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{Address, AnnouncementView, Notice, queries};
use crate::audit::{Act, Target};
use crate::auth::Admin;
use crate::contests::commands::gate;
use crate::contests::{ContestRef, divisions, queries::find_id};
use crate::db::{Command, Tx};
use crate::error::Error;
use crate::events::{Action, Event, Viewer};
use crate::sql::sql;
use crate::teams::queries as teams;
use crate::types::{ContestId, TeamId};

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
        None => {
            must_be_there(tx, contest, &notice.to).await?;
            notice.to.clone()
        }
    };
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
