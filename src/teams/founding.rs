//! The rows that new teams begin with.

use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;

use super::commands::RegisterTeam;
use super::{MemberView, TeamRow};
use crate::auth::Token;
use crate::contests::Contest;
use crate::db::Tx;
use crate::error::Error;
use crate::ledger::{Account, EntryKind, TeamState};
use crate::sql::{column, sql};
use crate::types::{AccountId, MemberId, TeamId};

/// What is written of a new team that is not the same for all teams of its contest.
#[derive(Debug)]
pub(super) struct NewTeam {
    id: TeamId,
    /// As typed, its key and its skeleton.
    name: [String; 3],
    email: String,
    join_code: String,
    division: Option<String>,
    members: Vec<NewMember>,
}

/// The captain holds the token, and plays by the account if there is one.
#[derive(Debug)]
struct NewMember {
    team: TeamId,
    id: MemberId,
    name: String,
    captain: bool,
    token_hash: Option<Vec<u8>>,
    account: Option<AccountId>,
}

impl NewTeam {
    pub(super) fn of(asked: &RegisterTeam, team: &TeamRow, members: &[MemberView], token: &Token) -> Self {
        let member = |member: &MemberView| NewMember {
            team: team.id,
            id: member.id,
            name: member.name.clone(),
            captain: member.captain,
            token_hash: member.captain.then(|| token.hash()),
            account: asked.account.filter(|_| member.captain),
        };
        Self {
            id: team.id,
            name: [asked.name.as_str(), asked.name.key(), asked.name.skeleton()].map(ToOwned::to_owned),
            email: team.email.clone(),
            join_code: team.join_code.clone(),
            division: team.division.clone(),
            members: members.iter().map(member).collect(),
        }
    }
}

/// The teams, their members and the first lines of their statements: all of it or nothing. Who registers
/// while the board is frozen is on it with its opening points, until the thaw.
const FOUND: &str = "
WITH founded AS (
    SELECT * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9)
        AS t(id, name, name_key, name_skeleton, email, join_code, members, division)),
made AS (
    INSERT INTO team (contest_id, id, name, name_key, name_skeleton, email, join_code, members, division,
                      max_members, points, credit_limit, created_at)
    SELECT $1, founded.*, $10, $11, $12, $13 FROM founded),
seated AS (
    INSERT INTO member (contest_id, team_id, id, name, captain, token_hash, user_id)
    SELECT $1, m.* FROM unnest($14, $15, $16, $17, $18, $19) AS m),
frozen AS (
    INSERT INTO frozen_standing (contest_id, team_id, points, wrong, standing_no, ledger_seq)
    SELECT $1, id, $11, 0, 1, 1 FROM founded WHERE $21)
INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at)
SELECT $1, id, 1, $20, id, $11, $11, $13 FROM founded";

/// Writes new teams of one contest.
pub(super) async fn found(tx: &Tx, contest: &Contest, teams: &[NewTeam]) -> Result<(), Error> {
    let members: Vec<&NewMember> = teams.iter().flat_map(|team| &team.members).collect();
    sql(FOUND)
        .bind::<SqlUuid, _>(contest.id)
        .bind::<Array<SqlUuid>, _>(column(teams, |team| team.id))
        .bind::<Array<Text>, _>(column(teams, |team| &*team.name[0]))
        .bind::<Array<Text>, _>(column(teams, |team| &*team.name[1]))
        .bind::<Array<Text>, _>(column(teams, |team| &*team.name[2]))
        .bind::<Array<Text>, _>(column(teams, |team| &*team.email))
        .bind::<Array<Text>, _>(column(teams, |team| &*team.join_code))
        .bind::<Array<SmallInt>, _>(column(teams, |team| {
            i16::try_from(team.members.len()).unwrap_or(i16::MAX)
        }))
        .bind::<Array<Nullable<Text>>, _>(column(teams, |team| team.division.as_deref()))
        .bind::<SmallInt, _>(contest.max_members)
        .bind::<BigInt, _>(contest.opening_points)
        .bind::<BigInt, _>(contest.credit_limit)
        .bind::<Timestamptz, _>(tx.now())
        .bind::<Array<SqlUuid>, _>(column(&members, |member| member.team))
        .bind::<Array<SqlUuid>, _>(column(&members, |member| member.id))
        .bind::<Array<Text>, _>(column(&members, |member| &*member.name))
        .bind::<Array<Bool>, _>(column(&members, |member| member.captain))
        .bind::<Array<Nullable<Binary>>, _>(column(&members, |member| member.token_hash.as_deref()))
        .bind::<Array<Nullable<SqlUuid>>, _>(column(&members, |member| member.account))
        .bind::<Text, _>(EntryKind::Opening)
        .bind::<Bool, _>(contest.is_frozen())
        .execute(&mut tx.shared())
        .await?;
    Ok(())
}

impl TeamRow {
    /// What it begins with.
    pub(super) fn account(&self, contest: &Contest) -> Account {
        Account {
            contest_id: contest.id,
            team_id: self.id,
            name: self.name.clone(),
            state: TeamState::Active,
            hidden: false,
            extra_time_ms: 0,
            points: self.points,
            credit_limit: contest.credit_limit,
            last_gain_ms: None,
            wrong: 0,
            ledger_seq: 1,
            standing_no: 1,
            division: self.division.clone(),
        }
    }
}
