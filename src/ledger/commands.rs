//! Changing points: the one statement that does it, and what staff may correct.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Account, EntryKind, Posting};
use crate::audit::{Act, Target};
use crate::auth::Admin;
use crate::contests::commands::{ensure_gate, gate};
use crate::contests::{Contest, ContestRef, queries};
use crate::db::{Command, LOCKS, Tx};
use crate::error::{Error, Refusal};
use crate::events::{Action, Event};
use crate::sql::sql;
use crate::types::{AdjustmentId, ContestId, Points, TeamId};

/// The columns of an [`Account`] of team `t`. Those that a contest has too have names of their own.
macro_rules! account {
    () => {
        "t.contest_id, t.id AS team_id, t.name AS team_name, t.state AS team_state, t.hidden, t.extra_time_ms,
         t.points, t.credit_limit AS team_credit_limit, t.last_gain_ms, t.wrong, t.ledger_seq, t.standing_no,
         t.division "
    };
}

/// NO KEY, because rows that refer to the team take KEY SHARE, and a plain `FOR UPDATE` would
/// block those.
macro_rules! lock_team {
    ($read:expr) => {
        if LOCKS { concat!($read, " FOR NO KEY UPDATE OF t") } else { $read }
    };
}

/// Locks a team.
pub(crate) async fn lock(
    mut conn: &AsyncPgConnection,
    contest: ContestId,
    team: TeamId,
) -> Result<Account, Error> {
    let found: Option<Account> = sql(lock_team!(concat!(
        "SELECT ",
        account!(),
        "FROM team t WHERE t.contest_id = $1 AND t.id = $2 AND t.state <> 'deleted'"
    )))
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .get_result(&mut conn)
    .await
    .optional()?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

#[derive(QueryableByName)]
struct Entered {
    #[diesel(embed)]
    contest: Contest,
    #[diesel(embed)]
    account: Account,
}

/// Locks a team behind its contest's gate, and reads the contest along with it.
pub(crate) async fn lock_in_contest(
    tx: &Tx,
    contest: ContestId,
    team: TeamId,
) -> Result<(Contest, Account), Error> {
    ensure_gate(tx, contest).await?;
    let found: Option<Entered> = sql(lock_team!(concat!(
        "SELECT c.*, ",
        account!(),
        "FROM contest c JOIN team t ON t.contest_id = c.id
         WHERE c.id = $1 AND t.id = $2 AND t.state <> 'deleted'"
    )))
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(team)
    .get_result(&mut tx.shared())
    .await
    .optional()?;
    let found = found.ok_or(Refusal::NotFound)?;
    Ok((found.contest, found.account))
}

#[derive(QueryableByName)]
struct Posted {
    #[diesel(sql_type = Integer)]
    ledger_seq: i32,
    #[diesel(sql_type = Integer)]
    standing_no: i32,
    #[diesel(sql_type = BigInt)]
    points: Points,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_gain_ms: Option<i64>,
    #[diesel(sql_type = Integer)]
    wrong: i32,
}

/// Writes one change of points: the balance and its entry in one statement, so that
/// neither can be there without the other. Returns the entry's number.
pub(crate) async fn post(tx: &Tx, account: &mut Account, posting: &Posting) -> Result<i32, Error> {
    let posted: Posted = sql("
        WITH changed AS (
            UPDATE team SET points = points + $3, ledger_seq = ledger_seq + 1, standing_no = standing_no + 1,
                last_gain_ms = CASE WHEN $4 IS NULL THEN last_gain_ms
                                    ELSE greatest(coalesce(last_gain_ms, 0), $4) END,
                wrong = wrong + $5
            WHERE contest_id = $1 AND id = $2
            RETURNING points, ledger_seq, standing_no, last_gain_ms, wrong),
        entered AS (
            INSERT INTO ledger_entry (contest_id, team_id, seq, kind, ref, amount, balance_after, at,
                                      actor, reason, reverses)
            SELECT $1, $2, ledger_seq, $6, $7, $3, points, $8, $9, $10, $11 FROM changed)
        SELECT * FROM changed")
    .bind::<SqlUuid, _>(account.contest_id)
    .bind::<SqlUuid, _>(account.team_id)
    .bind::<BigInt, _>(posting.amount)
    .bind::<Nullable<BigInt>, _>(posting.gained_at_ms)
    .bind::<Integer, _>(posting.wrong)
    .bind::<Text, _>(posting.kind)
    .bind::<SqlUuid, _>(posting.fact)
    .bind::<Timestamptz, _>(tx.now())
    .bind::<Nullable<Text>, _>(&posting.actor)
    .bind::<Nullable<Text>, _>(&posting.reason)
    .bind::<Nullable<Integer>, _>(posting.reverses)
    .get_result(&mut tx.shared())
    .await?;
    account.points = posted.points;
    account.ledger_seq = posted.ledger_seq;
    account.standing_no = posted.standing_no;
    account.last_gain_ms = posted.last_gain_ms;
    account.wrong = posted.wrong;
    Ok(posted.ledger_seq)
}

/// Counts a wrong answer that costs nothing.
pub(crate) async fn count_wrong(tx: &Tx, account: &mut Account) -> Result<(), Error> {
    sql("UPDATE team SET wrong = wrong + 1, standing_no = standing_no + 1 WHERE contest_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(account.contest_id)
        .bind::<SqlUuid, _>(account.team_id)
        .execute(&mut tx.shared())
        .await?;
    account.wrong += 1;
    account.standing_no += 1;
    Ok(())
}

#[derive(QueryableByName)]
struct Amount {
    #[diesel(sql_type = BigInt)]
    amount: Points,
    #[diesel(sql_type = Text)]
    kind: EntryKind,
}

async fn entry(tx: &mut Tx, account: &Account, seq: i32) -> Result<Amount, Error> {
    let found: Option<Amount> =
        sql("SELECT amount, kind FROM ledger_entry WHERE contest_id = $1 AND team_id = $2 AND seq = $3")
            .bind::<SqlUuid, _>(account.contest_id)
            .bind::<SqlUuid, _>(account.team_id)
            .bind::<Integer, _>(seq)
            .get_result(tx)
            .await
            .optional()?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// Takes an entry back, whole. Points that were spent meanwhile become a debt,
/// because a correction must never make or lose a point.
pub(crate) async fn reverse(
    tx: &mut Tx,
    account: &mut Account,
    seq: i32,
    actor: &str,
    reason: &str,
) -> Result<i32, Error> {
    let Amount { amount, kind } = entry(tx, account, seq).await?;
    if kind == EntryKind::Reversal {
        return Err(Refusal::AlreadyReversed.because("a reversal is not reversed; make an adjustment"));
    }
    cover(tx, account, -amount).await?;
    let posting = Posting {
        reverses: Some(seq),
        ..Posting::new(EntryKind::Reversal, AdjustmentId::new().uuid(), -amount).by(actor, reason)
    };
    post(tx, account, &posting).await
}

/// Lets this change fit under the CHECK. The debt is no credit: the rules of spending do not know it.
async fn cover(tx: &mut Tx, account: &Account, change: Points) -> Result<(), Error> {
    let needed = -(account.points + change) - account.credit_limit;
    if needed <= 0 {
        return Ok(());
    }
    sql("UPDATE team SET debt = greatest(debt, $3) WHERE contest_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(account.contest_id)
        .bind::<SqlUuid, _>(account.team_id)
        .bind::<BigInt, _>(needed)
        .execute(tx)
        .await?;
    Ok(())
}

/// What a correction did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Corrected {
    /// The number of the new ledger entry.
    pub seq: i32,
    /// The team.
    pub team_id: TeamId,
    /// By how much its points changed.
    #[schema(example = 50)]
    pub amount: Points,
    /// What it has now.
    #[schema(example = 1050)]
    pub balance: Points,
}

/// Gives or takes points by hand.
#[derive(Debug)]
pub struct AdjustPoints {
    /// Who.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// Whose.
    pub team: TeamId,
    /// By how much.
    pub amount: Points,
    /// Why.
    pub reason: String,
}

impl Command for AdjustPoints {
    type Outcome = Corrected;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<Corrected, Error> {
        let contest = queries::find_id(tx, &self.contest).await?;
        gate(tx, contest).await?.must_not_be_final()?;
        let mut account = lock(tx, contest, self.team).await?;
        // A team in debt may be given points, though not enough to pay all of it.
        if self.amount < 0 {
            account.must_afford(-self.amount)?;
        }
        let act = Act::upon(tx, &self.by, "create_adjustment", Target::Team(contest, self.team)).await?;
        let fact = AdjustmentId::new().uuid();
        let posting = Posting::new(EntryKind::Adjustment, fact, self.amount).by(self.by.name(), &self.reason);
        let seq = post(tx, &mut account, &posting).await?;
        tx.tell(account.standing_event("score_changed", "adjustment"));
        tell_staff(tx, &account, "create_adjustment", &posting, seq);
        act.because(Some(&self.reason)).done(tx).await?;
        Ok(Corrected { seq, team_id: self.team, amount: self.amount, balance: account.points })
    }
}

/// Takes back one adjustment. What a verdict or a box moved is taken back where it was
/// decided, by withdrawing the question, so that ledger and judgements stay equal.
#[derive(Debug)]
pub struct ReverseEntry {
    /// Who.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// Whose.
    pub team: TeamId,
    /// Which entry.
    pub seq: i32,
    /// Why.
    pub reason: String,
}

impl Command for ReverseEntry {
    type Outcome = Corrected;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<Corrected, Error> {
        let contest = queries::find_id(tx, &self.contest).await?;
        gate(tx, contest).await?.must_not_be_final()?;
        let mut account = lock(tx, contest, self.team).await?;
        must_be_adjustment(tx, &account, self.seq).await?;
        let act = Act::upon(tx, &self.by, "reverse_entry", Target::Team(contest, self.team)).await?;
        let before = account.points;
        let seq = reverse(tx, &mut account, self.seq, self.by.name(), &self.reason).await?;
        tx.tell(account.standing_event("score_changed", "reversal"));
        let told = Posting::new(EntryKind::Reversal, self.team.uuid(), account.points - before);
        tell_staff(tx, &account, "reverse_entry", &told.by(self.by.name(), &self.reason), seq);
        act.because(Some(&self.reason)).done(tx).await?;
        Ok(Corrected { seq, team_id: self.team, amount: account.points - before, balance: account.points })
    }
}

/// Staff hears who corrected whose points, and why.
fn tell_staff(tx: &mut Tx, account: &Account, name: &'static str, posting: &Posting, seq: i32) {
    let action = Action {
        name,
        by: posting.actor.as_deref().unwrap_or_default(),
        reason: posting.reason.as_deref(),
        values: json!({"team_id": account.team_id, "team": account.name, "amount": posting.amount, "seq": seq}),
    };
    tx.tell(Event::of_staff(account.contest_id, Some(account.team_id), &action));
}

async fn must_be_adjustment(tx: &mut Tx, account: &Account, seq: i32) -> Result<(), Error> {
    match entry(tx, account, seq).await?.kind {
        EntryKind::Adjustment => Ok(()),
        kind => Err(Refusal::IllegalTransition
            .because(format!("an entry of kind {kind} is not reversed by hand"))
            .with("from", kind.as_str())
            .with("to", "reversal")
            .with("allowed", vec!["adjustment"])),
    }
}
