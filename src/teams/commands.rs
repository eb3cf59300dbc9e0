//! Registering and joining.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::founding::{NewTeam, found};
use super::{MemberView, TeamName, TeamRow, TeamView, person_name};
use crate::audit::{Act, Target};
use crate::auth::{Admin, Token, TokenKind};
use crate::contests::commands::{gate, pass};
use crate::contests::{Contest, ContestRef, divisions, new_code, queries::find_id};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::{Action, Event};
use crate::ledger::TeamState;
use crate::ledger::commands::lock;
use crate::sql::sql;
use crate::types::{AccountId, ContestId, MemberId, TeamId};

/// A new team and the token that acts for it, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredTeam {
    /// The team.
    #[serde(flatten)]
    pub team: TeamView,
    /// Send it as `Authorization: Bearer`; it is not shown again.
    #[schema(value_type = String, example = "pdm_team_3f9c…")]
    pub token: Token,
}

/// Registers a team.
#[derive(Debug)]
pub struct RegisterTeam {
    /// Staff may register teams earlier and while registration is closed.
    pub by: Option<Admin>,
    /// Who will play by its first seat, and needs no token for it.
    pub account: Option<AccountId>,
    /// In which contest.
    pub contest: ContestRef,
    /// Its name.
    pub name: TeamName,
    /// Its members; the first leads it. Nobody named: the team leads itself.
    pub members: Vec<String>,
    /// How to reach it; may be empty.
    pub email: String,
    /// The division it plays in, if the contest has any.
    pub division: Option<String>,
}

impl Command for RegisterTeam {
    type Outcome = RegisteredTeam;
    const CREATES: bool = true;

    fn gate(&self) -> Option<ContestId> {
        self.contest.id()
    }

    async fn run(&self, tx: &mut Tx) -> Result<RegisteredTeam, Error> {
        let contest = self.admit(tx).await?;
        let registered = self.enter(tx, &contest).await?;
        if let Some(by) = &self.by {
            let target = Target::Team(contest.id, registered.team.id);
            Act::making(tx, by, "register_team", target).done(tx).await?;
        }
        Ok(registered)
    }
}

impl RegisterTeam {
    /// Behind the gate of a contest that takes teams.
    pub(super) async fn admit(&self, tx: &Tx) -> Result<Contest, Error> {
        let contest = pass(tx, &self.contest).await?;
        contest.must_register(self.by.is_some())?;
        Ok(contest)
    }

    /// Registers it, behind the gate, once it is known that it may.
    pub(crate) async fn enter(&self, tx: &mut Tx, contest: &Contest) -> Result<RegisteredTeam, Error> {
        let (registered, team) = self.prepare(tx, contest).await?;
        found(tx, contest, &[team]).await?;
        Ok(registered)
    }

    /// All but the writing.
    pub(super) async fn prepare(
        &self,
        tx: &mut Tx,
        contest: &Contest,
    ) -> Result<(RegisteredTeam, NewTeam), Error> {
        let (members, token) = (self.seats(), Token::new(TokenKind::Team));
        must_fit(contest, members.len())?;
        if let Some(division) = &self.division {
            divisions::must_have(tx, contest.id, division, "/division").await?;
        }
        let team = self.row(tx, contest);
        tx.tell(team.account(contest).standing_event("team_registered", "opening"));
        let new = NewTeam::of(self, &team, &members, &token);
        Ok((RegisteredTeam { team: team.with_members(members), token }, new))
    }

    /// The first one leads; nobody named: the team leads itself.
    fn seats(&self) -> Vec<MemberView> {
        let mut names: Vec<_> =
            self.members.iter().map(|m| person_name(m)).filter(|m| !m.is_empty()).collect();
        if names.is_empty() {
            names.push(self.name.as_str().to_owned());
        }
        let seat = |(n, name)| MemberView { id: MemberId::new(), name, captain: n == 0 };
        names.into_iter().enumerate().map(seat).collect()
    }

    /// The team as it begins.
    fn row(&self, tx: &Tx, contest: &Contest) -> TeamRow {
        TeamRow {
            id: TeamId::new(),
            name: self.name.as_str().to_owned(),
            email: self.email.clone(),
            state: TeamState::Active,
            disqualified_for: None,
            hidden: false,
            division: self.division.clone(),
            join_code: new_code(8),
            max_members: contest.max_members,
            points: contest.opening_points,
            extra_time_ms: 0,
            version: 1,
            created_at: tx.now(),
        }
    }
}

fn must_fit(contest: &Contest, members: usize) -> Result<(), Error> {
    if members <= usize::try_from(contest.max_members).unwrap_or(0) {
        return Ok(());
    }
    Err(Error::invalid_field("/members", format!("a team has at most {} members", contest.max_members)))
}

/// A new member and the token of their own device, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct JoinedTeam {
    /// The team.
    pub team_id: TeamId,
    /// Its name.
    pub team: String,
    /// The new member.
    pub member: MemberView,
    /// Send it as `Authorization: Bearer`; it is not shown again.
    #[schema(value_type = String, example = "pdm_team_3f9c…")]
    pub token: Token,
}

/// Takes a seat in a team.
#[derive(Debug)]
pub struct JoinTeam {
    /// In which contest.
    pub contest: ContestRef,
    /// The team's join code.
    pub join_code: String,
    /// Who joins.
    pub name: String,
    /// The account that will play by the seat.
    pub account: Option<AccountId>,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: TeamId,
}

impl Command for JoinTeam {
    type Outcome = JoinedTeam;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<JoinedTeam, Error> {
        let id = find_id(tx, &self.contest).await?;
        let contest = gate(tx, id).await?;
        contest.must_register(true)?;
        let found: Option<Found> = sql("SELECT id FROM team WHERE contest_id = $1 AND join_code = $2")
            .bind::<SqlUuid, _>(id)
            .bind::<Text, _>(self.join_code.to_ascii_uppercase())
            .get_result(tx)
            .await
            .optional()?;
        let Some(Found { id: team }) = found else {
            return Err(Refusal::NotFound.because("no team of this contest has this join code"));
        };
        let account = lock(tx, id, team).await?;
        account.must_play()?;
        // Counting under the lock would do; the CHECK makes it true.
        sql("UPDATE team SET members = members + 1 WHERE contest_id = $1 AND id = $2")
            .bind::<SqlUuid, _>(id)
            .bind::<SqlUuid, _>(team)
            .execute(tx)
            .await?;
        let (member, token) = self.insert_member(tx, id, team).await?;
        let told = json!({"team_id": team, "member_id": member.id, "name": member.name});
        tx.tell(Event::for_team(id, "member_joined", team, told));
        Ok(JoinedTeam { team_id: team, team: account.name, member, token })
    }
}

impl JoinTeam {
    async fn insert_member(
        &self,
        tx: &mut Tx,
        contest: ContestId,
        team: TeamId,
    ) -> Result<(MemberView, Token), Error> {
        let token = Token::new(TokenKind::Team);
        let member = MemberView { id: MemberId::new(), name: person_name(&self.name), captain: false };
        sql("INSERT INTO member (contest_id, team_id, id, name, captain, token_hash, user_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(team)
        .bind::<SqlUuid, _>(member.id)
        .bind::<Text, _>(&member.name)
        .bind::<Bool, _>(member.captain)
        .bind::<Nullable<Binary>, _>(Some(token.hash()))
        .bind::<Nullable<SqlUuid>, _>(self.account)
        .execute(tx)
        .await?;
        Ok((member, token))
    }
}

/// A new token of a team's captain, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReissuedToken {
    /// The team.
    pub team_id: TeamId,
    /// Send it as `Authorization: Bearer`; it is not shown again.
    #[schema(value_type = String, example = "pdm_team_3f9c…")]
    pub token: Token,
}

/// Replaces the captain's token, for a team whose phone is lost.
#[derive(Debug)]
pub struct ReissueToken {
    /// Who says so.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// Which team.
    pub team: TeamId,
}

impl Command for ReissueToken {
    type Outcome = ReissuedToken;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<ReissuedToken, Error> {
        let id = find_id(tx, &self.contest).await?;
        gate(tx, id).await?;
        let account = lock(tx, id, self.team).await?;
        let act = Act::upon(tx, &self.by, "reissue_team_token", Target::Team(id, self.team)).await?;
        let token = Token::new(TokenKind::Team);
        sql("UPDATE member SET token_hash = $3 WHERE contest_id = $1 AND team_id = $2 AND captain")
            .bind::<SqlUuid, _>(id)
            .bind::<SqlUuid, _>(self.team)
            .bind::<Binary, _>(token.hash())
            .execute(tx)
            .await?;
        let values = json!({"team_id": self.team, "team": account.name});
        let action = Action { name: "reissue_team_token", by: self.by.name(), reason: None, values };
        tx.tell(Event::of_staff(id, Some(self.team), &action));
        tracing::info!(team = %self.team, by = self.by.name(), "team token replaced");
        act.done(tx).await?;
        Ok(ReissuedToken { team_id: self.team, token })
    }
}
