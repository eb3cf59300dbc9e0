//! Editing a team, and taking it out of the contest.

use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::{Map, Value, json};

use super::TeamChange;
use super::telling::tell;
use crate::audit::{Act, Target};
use crate::auth::{Admin, Player};
use crate::contests::commands::gate;
use crate::contests::{Contest, ContestKind, ContestRef, divisions, queries::find_id};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::{Action, Event};
use crate::ledger::{Account, TeamState, commands::lock};
use crate::sql::sql;
use crate::teams::{TeamView, queries};
use crate::types::TeamId;

/// Who changes a team: a member of it before the start, or staff at any time.
#[derive(Debug)]
pub enum Editor {
    /// A member of this very team.
    Member(Player),
    /// Staff.
    Staff(Admin),
}

impl Editor {
    /// Whether it is staff.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        matches!(self, Self::Staff(_))
    }

    /// What staff does leaves a line; what a team does is its own business.
    async fn acts(&self, tx: &mut Tx, account: &Account, name: &'static str) -> Result<Option<Act>, Error> {
        let Self::Staff(admin) = self else { return Ok(None) };
        let target = Target::Team(account.contest_id, account.team_id);
        Act::upon(tx, admin, name, target).await.map(Some)
    }

    /// What staff does is told to staff; what a team does is its own business.
    fn tell(
        &self,
        tx: &mut Tx,
        account: &Account,
        name: &str,
        reason: Option<&str>,
        values: Map<String, Value>,
    ) {
        let Self::Staff(admin) = self else { return };
        let mut told = values;
        told.insert("team_id".to_owned(), json!(account.team_id));
        told.insert("team".to_owned(), json!(account.name));
        let action = Action { name, by: admin.name(), reason, values: told.into() };
        tx.tell(Event::of_staff(account.contest_id, Some(account.team_id), &action));
    }
}

/// Behind the contest's gate, and with the team locked.
async fn enter(tx: &mut Tx, contest: &ContestRef, team: TeamId) -> Result<(Contest, Account), Error> {
    let id = find_id(tx, contest).await?;
    let contest = gate(tx, id).await?;
    let account = lock(tx, id, team).await?;
    Ok((contest, account))
}

/// Changes a team's name and address; for staff also its time, its division, and whether it is
/// seen.
#[derive(Debug)]
pub struct EditTeam {
    /// Who changes it.
    pub by: Editor,
    /// In which contest.
    pub contest: ContestRef,
    /// Which team.
    pub team: TeamId,
    /// What.
    pub change: TeamChange,
    /// Why, if staff says so.
    pub reason: Option<String>,
}

impl Command for EditTeam {
    type Outcome = TeamView;

    async fn run(&self, tx: &mut Tx) -> Result<TeamView, Error> {
        let (contest, before) = enter(tx, &self.contest, self.team).await?;
        if !self.by.is_staff() && self.change.name.is_some() && contest.has_started(tx.now()) {
            return Err(
                Refusal::ContestStarted.because("only staff renames a team once the contest has started")
            );
        }
        self.change.must_fit(&contest, &before, tx.now())?;
        if let Some(Some(division)) = &self.change.division {
            divisions::must_have(tx, contest.id, division, "/division").await?;
        }
        let act = self.by.acts(tx, &before, "edit_team").await?;
        self.write(tx, &before).await?;
        let after = lock(tx, contest.id, self.team).await?;
        let reason = if after.hidden { "hidden" } else { "shown" };
        tell(tx, &contest, &before, &after, reason).await?;
        self.by.tell(tx, &after, "edit_team", self.reason.as_deref(), self.change.values());
        done(tx, act, self.reason.as_deref()).await?;
        queries::team(tx, contest.id, self.team).await
    }
}

impl EditTeam {
    /// The standing changes with what the board shows of it.
    async fn write(&self, tx: &mut Tx, before: &Account) -> Result<(), Error> {
        let TeamChange { name, email, extra_time_ms, hidden, division } = &self.change;
        sql("UPDATE team SET version = version + 1, name = coalesce($3, name), name_key = coalesce($4, name_key),
                name_skeleton = coalesce($5, name_skeleton), email = coalesce($6, email),
                extra_time_ms = coalesce($7, extra_time_ms), hidden = coalesce($8, hidden),
                division = CASE WHEN $9 THEN $10 ELSE division END,
                standing_no = standing_no + $11
             WHERE contest_id = $1 AND id = $2")
            .bind::<SqlUuid, _>(before.contest_id)
            .bind::<SqlUuid, _>(before.team_id)
            .bind::<Nullable<Text>, _>(name.as_ref().map(|n| n.as_str().to_owned()))
            .bind::<Nullable<Text>, _>(name.as_ref().map(|n| n.key().to_owned()))
            .bind::<Nullable<Text>, _>(name.as_ref().map(|n| n.skeleton().to_owned()))
            .bind::<Nullable<Text>, _>(email)
            .bind::<Nullable<BigInt>, _>(*extra_time_ms)
            .bind::<Nullable<Bool>, _>(*hidden)
            .bind::<Bool, _>(division.is_some())
            .bind::<Nullable<Text>, _>(division.clone().flatten())
            .bind::<Integer, _>(i32::from(self.changes_standing(before)))
            .execute(tx)
            .await?;
        Ok(())
    }

    fn changes_standing(&self, before: &Account) -> bool {
        let renamed = self.change.name.as_ref().is_some_and(|name| name.as_str() != before.name);
        renamed || self.change.division.as_ref().is_some_and(|division| *division != before.division)
    }
}

/// Takes a team out of the contest; what it did stays in the books.
#[derive(Debug)]
pub struct WithdrawTeam {
    /// Who says so.
    pub by: Editor,
    /// In which contest.
    pub contest: ContestRef,
    /// Which team.
    pub team: TeamId,
}

impl Command for WithdrawTeam {
    type Outcome = TeamView;

    async fn run(&self, tx: &mut Tx) -> Result<TeamView, Error> {
        let (contest, account) = enter(tx, &self.contest, self.team).await?;
        if contest.kind == ContestKind::Room {
            return Err(
                Refusal::NotAllowed.because("leave the room instead, or have its owner show the member out")
            );
        }
        contest.must_not_be_final()?;
        account.must_play()?;
        let act = self.by.acts(tx, &account, "withdraw_team").await?;
        set_state(tx, &contest, &account, TeamState::Withdrawn).await?;
        self.by.tell(tx, &account, "withdraw_team", None, Map::new());
        done(tx, act, None).await?;
        queries::team(tx, contest.id, self.team).await
    }
}

/// Takes a team off the board and out of play, or lets it play again; its ledger stays as it is.
#[derive(Debug)]
pub struct JudgeTeam {
    /// Who says so.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// Which team.
    pub team: TeamId,
    /// Disqualified, or active again.
    pub to: TeamState,
    /// Why.
    pub reason: String,
}

impl Command for JudgeTeam {
    type Outcome = TeamView;

    async fn run(&self, tx: &mut Tx) -> Result<TeamView, Error> {
        let (contest, account) = enter(tx, &self.contest, self.team).await?;
        contest.must_not_be_final()?;
        account.state.must_become(self.to)?;
        let name = if self.to == TeamState::Disqualified { "disqualify_team" } else { "reinstate_team" };
        let by = Editor::Staff(self.by.clone());
        let act = by.acts(tx, &account, name).await?;
        if self.to == TeamState::Disqualified {
            self.note(tx, &account).await?;
        }
        let to = self.outcome(tx, &account).await?;
        set_state(tx, &contest, &account, to).await?;
        by.tell(tx, &account, name, Some(&self.reason), Map::new());
        done(tx, act, Some(&self.reason)).await?;
        queries::team(tx, contest.id, self.team).await
    }
}

impl JudgeTeam {
    /// Whoever has left a room meanwhile may come back into it, and does so by themselves.
    async fn outcome(&self, tx: &mut Tx, account: &Account) -> Result<TeamState, Error> {
        if self.to != TeamState::Active {
            return Ok(self.to);
        }
        let gone = sql("SELECT FROM room_member
             WHERE contest_id = $1 AND team_id = $2 AND gone_at IS NOT NULL")
        .bind::<SqlUuid, _>(account.contest_id)
        .bind::<SqlUuid, _>(account.team_id)
        .execute(tx)
        .await?;
        Ok(if gone == 0 { TeamState::Active } else { TeamState::Withdrawn })
    }

    async fn note(&self, tx: &mut Tx, account: &Account) -> Result<(), Error> {
        sql("UPDATE team SET disqualified_by = $3, disqualified_for = $4 WHERE contest_id = $1 AND id = $2")
            .bind::<SqlUuid, _>(account.contest_id)
            .bind::<SqlUuid, _>(account.team_id)
            .bind::<Text, _>(self.by.name())
            .bind::<Text, _>(&self.reason)
            .execute(tx)
            .await?;
        Ok(())
    }
}

/// Removes a team before the start: its name is free again, its people are forgotten.
/// Its opening entry stays, because nothing is ever deleted from the ledger.
#[derive(Debug)]
pub struct DeleteTeam {
    /// Who says so.
    pub by: Editor,
    /// In which contest.
    pub contest: ContestRef,
    /// Which team.
    pub team: TeamId,
}

impl Command for DeleteTeam {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let (contest, account) = enter(tx, &self.contest, self.team).await?;
        if contest.has_started(tx.now()) {
            return Err(
                Refusal::ContestStarted.because("withdraw the team instead: what it did stays in the books")
            );
        }
        let act = self.by.acts(tx, &account, "delete_team").await?;
        set_state(tx, &contest, &account, TeamState::Deleted).await?;
        forget_people(tx, &account).await?;
        self.by.tell(tx, &account, "delete_team", None, Map::new());
        done(tx, act, None).await
    }
}

async fn done(tx: &mut Tx, act: Option<Act>, reason: Option<&str>) -> Result<(), Error> {
    match act {
        Some(act) => act.because(reason).done(tx).await,
        None => Ok(()),
    }
}

async fn forget_people(tx: &mut Tx, account: &Account) -> Result<(), Error> {
    sql("DELETE FROM member WHERE contest_id = $1 AND team_id = $2")
        .bind::<SqlUuid, _>(account.contest_id)
        .bind::<SqlUuid, _>(account.team_id)
        .execute(tx)
        .await?;
    sql("UPDATE team SET email = '', members = 0 WHERE contest_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(account.contest_id)
        .bind::<SqlUuid, _>(account.team_id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Writes a team's state and tells it; whether it may become that is for the caller to know.
pub(crate) async fn set_state(
    tx: &mut Tx,
    contest: &Contest,
    account: &Account,
    state: TeamState,
) -> Result<(), Error> {
    sql("UPDATE team SET state = $3, version = version + 1, standing_no = standing_no + 1
         WHERE contest_id = $1 AND id = $2")
    .bind::<SqlUuid, _>(account.contest_id)
    .bind::<SqlUuid, _>(account.team_id)
    .bind::<Text, _>(state)
    .execute(tx)
    .await?;
    tracing::info!(team = %account.team_id, %state, "team changed");
    let after = Account { state, standing_no: account.standing_no + 1, ..account.clone() };
    let reason = if state == TeamState::Active { "reinstated" } else { state.as_str() };
    tell(tx, contest, account, &after, reason).await
}
