//! The rows that a new team begins with.

use chrono::{DateTime, Utc};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::AsyncPgConnection;

use super::commands::RegisterTeam;
use super::{MemberView, TeamRow};
use crate::auth::Token;
use crate::contests::Contest;
use crate::error::Error;
use crate::events::last::{Last, keep, tell};
use crate::ledger::{Account, EntryKind, TeamState};
use crate::sql::sql;
use crate::types::{AccountId, ContestId, MemberId, Points, TeamId};

/// The team, its members and the first line of its statement: all of it or nothing. The captain
/// holds the token, and plays by the account if there is one. Who registers while the board is
/// frozen is on it with its opening points, until the thaw.
macro_rules! found {
    ($with:expr) => {
        concat!(
            "WITH ", $with, "made AS (
                INSERT INTO team (contest_id, id, name, name_key, name_skeleton, email, join_code, members,
                                  max_members, points, credit_limit, created_at, division)
                VALUES ($13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)),
            seated AS (
                INSERT INTO member (contest_id, team_id, id, name, captain, token_hash, user_id)
                SELECT $13, $14, id, name, n = 1, CASE WHEN n = 1 THEN $26 END, CASE WHEN n = 1 THEN $31 END
                FROM unnest($27, $28) WITH ORDINALITY AS m(id, name, n)),
            opened AS (
                INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at)
                VALUES ($13, $14, 1, $29, $14, $22, $22, $24)),
            frozen AS (
                INSERT INTO frozen_standing (contest_id, team_id, points, wrong, standing_no, ledger_seq)
                SELECT $13, $14, $22, 0, 1, 1 WHERE $30) ",
            tell!()
        )
    };
}

/// Everything that is written of a new team.
#[derive(Debug)]
pub(super) struct Founding {
    pub(super) contest: ContestId,
    pub(super) team: TeamId,
    name: [String; 3],
    email: String,
    join_code: String,
    max_members: i16,
    points: Points,
    credit_limit: Points,
    at: DateTime<Utc>,
    division: Option<String>,
    token_hash: Vec<u8>,
    account: Option<AccountId>,
    members: Vec<MemberId>,
    member_names: Vec<String>,
    is_frozen: bool,
}

impl Founding {
    pub(super) fn of(
        asked: &RegisterTeam,
        contest: &Contest,
        team: &TeamRow,
        members: &[MemberView],
        token: &Token,
    ) -> Self {
        let name = &asked.name;
        Self {
            contest: contest.id,
            team: team.id,
            name: [name.as_str(), name.key(), name.skeleton()].map(ToOwned::to_owned),
            email: team.email.clone(),
            join_code: team.join_code.clone(),
            max_members: team.max_members,
            points: team.points,
            credit_limit: contest.credit_limit,
            at: team.created_at,
            division: team.division.clone(),
            token_hash: token.hash(),
            account: asked.account,
            members: members.iter().map(|m| m.id).collect(),
            member_names: members.iter().map(|m| m.name.clone()).collect(),
            is_frozen: contest.is_frozen(),
        }
    }

    /// Writes it, with what is told and kept.
    pub(super) async fn write(&self, conn: &AsyncPgConnection, last: Last<'_>) -> Result<(), Error> {
        let [name, key, skeleton] = &self.name;
        let found = match last.kept {
            None => found!(""),
            Some(_) => found!(concat!("kept AS (", keep!(), "), ")),
        };
        let statement = sql(found)
            .bind::<SqlUuid, _>(self.contest)
            .bind::<SqlUuid, _>(self.team)
            .bind::<Text, _>(name)
            .bind::<Text, _>(key)
            .bind::<Text, _>(skeleton)
            .bind::<Text, _>(&self.email)
            .bind::<Text, _>(&self.join_code)
            .bind::<SmallInt, _>(i16::try_from(self.members.len()).unwrap_or(i16::MAX))
            .bind::<SmallInt, _>(self.max_members)
            .bind::<BigInt, _>(self.points)
            .bind::<BigInt, _>(self.credit_limit)
            .bind::<Timestamptz, _>(self.at)
            .bind::<Nullable<Text>, _>(&self.division)
            .bind::<Binary, _>(&self.token_hash)
            .bind::<Array<SqlUuid>, _>(&self.members)
            .bind::<Array<Text>, _>(&self.member_names)
            .bind::<Text, _>(EntryKind::Opening)
            .bind::<Bool, _>(self.is_frozen)
            .bind::<Nullable<SqlUuid>, _>(self.account);
        last.write_with(conn, statement).await
    }
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
