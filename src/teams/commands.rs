//! Registering and joining.

use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{MemberView, TeamName, TeamRow, TeamView, person_name};
use crate::audit::{Act, Target};
use crate::auth::{Admin, Token, TokenKind};
use crate::contests::commands::{gate, pass};
use crate::contests::{Contest, ContestRef, divisions, new_code, queries::find_id};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::{Action, Event};
use crate::ledger::commands::{account, lock};
use crate::ledger::{Account, EntryKind};
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
        let contest = pass(tx, &self.contest).await?;
        contest.must_register(self.by.is_some())?;
        let (members, token) = (self.seats(), Token::new(TokenKind::Team));
        must_fit(&contest, members.len())?;
        if let Some(division) = &self.division {
            divisions::must_have(tx, contest.id, division, "/division").await?;
        }
        let made = self.insert(tx, &contest, &members, &token).await?;
        if contest.is_frozen() {
            enter_frozen_board(tx, &made.account).await?;
        }
        if let Some(by) = &self.by {
            let target = Target::Team(contest.id, made.account.team_id);
            Act::making(tx, by, "register_team", target).done(tx).await?;
        }
        tx.tell(made.account.standing_event("team_registered", "opening"));
        Ok(RegisteredTeam { team: made.team.with_members(members), token })
    }
}

/// A team that was just written, and what it begins with.
#[derive(QueryableByName)]
struct Made {
    #[diesel(embed)]
    team: TeamRow,
    #[diesel(embed)]
    account: Account,
}

impl RegisterTeam {
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

    /// The team, its members and the first line of its statement: all of it or nothing. The
    /// captain holds the token.
    async fn insert(
        &self,
        tx: &Tx,
        contest: &Contest,
        members: &[MemberView],
        token: &Token,
    ) -> Result<Made, Error> {
        let made = sql(concat!(
            "WITH made AS (
                INSERT INTO team (contest_id, id, name, name_key, name_skeleton, email, join_code, members,
                                  max_members, points, credit_limit, created_at, division)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $17) RETURNING *),
            seated AS (
                INSERT INTO member (contest_id, team_id, id, name, captain, token_hash, user_id)
                SELECT $1, $2, id, name, n = 1, CASE WHEN n = 1 THEN $15 END, CASE WHEN n = 1 THEN $18 END
                FROM unnest($13, $14) WITH ORDINALITY AS m(id, name, n)),
            opened AS (
                INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at)
                VALUES ($1, $2, 1, $16, $2, $10, $10, $12))
            SELECT t.*, ",
            account!(),
            "FROM made t"
        ))
        .bind::<SqlUuid, _>(contest.id)
        .bind::<SqlUuid, _>(TeamId::new())
        .bind::<Text, _>(self.name.as_str())
        .bind::<Text, _>(self.name.key())
        .bind::<Text, _>(self.name.skeleton())
        .bind::<Text, _>(&self.email)
        .bind::<Text, _>(new_code(8))
        .bind::<SmallInt, _>(i16::try_from(members.len()).unwrap_or(i16::MAX))
        .bind::<SmallInt, _>(contest.max_members)
        .bind::<BigInt, _>(contest.opening_points)
        .bind::<BigInt, _>(contest.credit_limit)
        .bind::<Timestamptz, _>(tx.now())
        .bind::<Array<SqlUuid>, _>(members.iter().map(|m| m.id).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(members.iter().map(|m| &m.name).collect::<Vec<_>>())
        .bind::<Binary, _>(token.hash())
        .bind::<Text, _>(EntryKind::Opening)
        .bind::<Nullable<Text>, _>(&self.division)
        .bind::<Nullable<SqlUuid>, _>(self.account)
        .get_result(&mut tx.shared())
        .await?;
        Ok(made)
    }
}

fn must_fit(contest: &Contest, members: usize) -> Result<(), Error> {
    if members <= usize::try_from(contest.max_members).unwrap_or(0) {
        return Ok(());
    }
    Err(Error::invalid_field("/members", format!("a team has at most {} members", contest.max_members)))
}

/// Who registers while the board is frozen is on it with its opening points, until the thaw.
async fn enter_frozen_board(tx: &mut Tx, account: &Account) -> Result<(), Error> {
    sql("INSERT INTO frozen_standing (contest_id, team_id, points, last_gain_ms, wrong, standing_no, ledger_seq)
         SELECT contest_id, id, points, last_gain_ms, wrong, standing_no, ledger_seq FROM team
         WHERE contest_id = $1 AND id = $2")
    .bind::<SqlUuid, _>(account.contest_id)
    .bind::<SqlUuid, _>(account.team_id)
    .execute(tx)
    .await?;
    Ok(())
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
