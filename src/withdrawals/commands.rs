//! Withdrawing a question, with refunds.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::Withdrawn;
use crate::assignments::commands::told;
use crate::assignments::queries as assignments;
use crate::audit::{Act, Target};
use crate::auth::Admin;
use crate::contests::commands::close_gate;
use crate::contests::{ContestRef, queries::find_id};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::Event;
use crate::ledger::commands::{lock as lock_team, post, reverse};
use crate::ledger::{Account, EntryKind, Posting};
use crate::sql::sql;
use crate::types::{AssignmentId, ContestId, OpeningId, Points, QuestionId, TeamId};

/// Takes a question out of a contest for good.
#[derive(Debug)]
pub struct WithdrawQuestion {
    /// Who says so.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// Which question.
    pub question: QuestionId,
    /// Why; it stands in the ledger for ever.
    pub reason: String,
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = SqlUuid)]
    id: AssignmentId,
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
}

impl Command for WithdrawQuestion {
    type Outcome = Withdrawn;

    async fn run(&self, tx: &mut Tx) -> Result<Withdrawn, Error> {
        let id = find_id(tx, &self.contest).await?;
        // Closed gate: no answer to this question is under way while it is taken back.
        close_gate(tx, id).await?.must_not_be_final()?;
        let place = Target::Placement(id, self.question);
        let act = Act::upon(tx, &self.by, "withdraw_question", place).await?.because(Some(&self.reason));
        withdraw_placement(tx, id, self.question).await?;
        let mut done = Withdrawn { question_id: self.question, voided: 0, reversed: 0, refunded: 0 };
        for held in holders(tx, id, self.question).await? {
            let mut account = lock_team(tx, id, held.team_id).await?;
            self.void(tx, &mut account, held.id, &mut done).await?;
        }
        let told = json!({"question_id": self.question, "reason": self.reason, "by": self.by.name()});
        tx.tell(Event::for_staff(id, "question_withdrawn", None, told));
        act.done(tx).await?;
        Ok(done)
    }
}

async fn withdraw_placement(tx: &mut Tx, contest: ContestId, question: QuestionId) -> Result<(), Error> {
    let withdrawn = sql("UPDATE contest_question SET state = 'withdrawn', edit_version = edit_version + 1
        WHERE contest_id = $1 AND question_id = $2 AND state <> 'withdrawn'")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(question)
    .execute(tx)
    .await?;
    if withdrawn == 0 {
        return Err(Refusal::NotFound.because("the question is not in the contest, or was withdrawn before"));
    }
    sql("DELETE FROM free_question WHERE contest_id = $1 AND question_id = $2")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(question)
        .execute(tx)
        .await?;
    Ok(())
}

/// In the order of the teams' ids, which is the order of their locks.
async fn holders(tx: &mut Tx, contest: ContestId, question: QuestionId) -> Result<Vec<Held>, Error> {
    Ok(sql("SELECT a.id, a.team_id FROM assignment a JOIN team t ON (t.contest_id, t.id) = (a.contest_id, a.team_id)
        WHERE a.contest_id = $1 AND a.question_id = $2 AND t.state <> 'deleted'
          AND (a.state = 'assigned' OR a.revealed_at IS NOT NULL) ORDER BY a.team_id, a.id")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(question)
    .load(tx)
    .await?)
}

#[derive(QueryableByName)]
struct Seq {
    #[diesel(sql_type = Integer)]
    seq: i32,
}

#[derive(QueryableByName)]
struct Paid {
    #[diesel(sql_type = SqlUuid)]
    id: OpeningId,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    price: Points,
}

impl WithdrawQuestion {
    async fn void(
        &self,
        tx: &mut Tx,
        account: &mut Account,
        assignment: AssignmentId,
        done: &mut Withdrawn,
    ) -> Result<(), Error> {
        let entries = entries_of(tx, account, assignment).await?;
        void_rows(tx, account, assignment).await?;
        // The refund first: it may pay for what is reversed.
        if let Some(paid) = price_of(tx, account, assignment).await? {
            post(tx, account, &Posting::new(EntryKind::BoxRefund, paid.id.uuid(), paid.price)).await?;
            done.refunded += 1;
        }
        for Seq { seq } in entries {
            reverse(tx, account, seq, self.by.name(), &self.reason).await?;
            done.reversed += 1;
        }
        recount(tx, account).await?;
        done.voided += 1;
        let view = assignments::assignment(tx, account.contest_id, assignment).await?;
        tx.tell(Event::for_team(account.contest_id, "assignment_voided", account.team_id, told(&view)));
        tx.tell(account.standing_event("score_changed", "refund"));
        Ok(())
    }
}

/// What this assignment's answers moved and what has not been taken back yet.
async fn entries_of(tx: &mut Tx, account: &Account, assignment: AssignmentId) -> Result<Vec<Seq>, Error> {
    Ok(sql("SELECT l.seq FROM submission s
        JOIN judgement j ON j.contest_id = s.contest_id AND j.submission_id = s.id AND j.current
        JOIN ledger_entry l ON l.contest_id = s.contest_id AND l.team_id = s.team_id
         AND (l.kind, l.ref) IN (('award', j.id), ('penalty', j.id), ('first_correct', s.id))
        WHERE s.contest_id = $1 AND s.team_id = $2 AND s.assignment_id = $3
          AND NOT EXISTS (SELECT FROM ledger_entry r
              WHERE r.contest_id = l.contest_id AND r.team_id = l.team_id AND r.reverses = l.seq)
        ORDER BY l.seq")
    .bind::<SqlUuid, _>(account.contest_id)
    .bind::<SqlUuid, _>(account.team_id)
    .bind::<SqlUuid, _>(assignment)
    .load(tx)
    .await?)
}

/// No verdict on it is current any more, nobody was first, and the assignment is void.
async fn void_rows(tx: &mut Tx, account: &Account, assignment: AssignmentId) -> Result<(), Error> {
    let now = tx.now();
    sql("WITH sent AS (
            UPDATE submission SET state = 'void' WHERE contest_id = $1 AND assignment_id = $2 RETURNING id),
         judged AS (
            UPDATE judgement SET current = false WHERE contest_id = $1 AND submission_id IN (SELECT id FROM sent)),
         firsts AS (
            UPDATE first_correct SET current = false WHERE contest_id = $1 AND submission_id IN (SELECT id FROM sent))
         UPDATE assignment SET state = 'voided', resolved_at = coalesce(resolved_at, $3)
         WHERE contest_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(account.contest_id)
        .bind::<SqlUuid, _>(assignment)
        .bind::<Timestamptz, _>(now)
        .execute(tx)
        .await?;
    Ok(())
}

async fn price_of(tx: &mut Tx, account: &Account, assignment: AssignmentId) -> Result<Option<Paid>, Error> {
    Ok(sql("SELECT id, price FROM box_opening WHERE contest_id = $1 AND assignment_id = $2")
        .bind::<SqlUuid, _>(account.contest_id)
        .bind::<SqlUuid, _>(assignment)
        .get_result(tx)
        .await
        .optional()?)
}

/// Time of the last gain and wrong answers, from the verdicts that are still current.
async fn recount(tx: &mut Tx, account: &mut Account) -> Result<(), Error> {
    sql("UPDATE team SET standing_no = standing_no + 1,
            wrong = (SELECT count(*) FROM judgement WHERE contest_id = $1 AND team_id = $2 AND current AND NOT correct),
            last_gain_ms = (SELECT max(contest_time_ms) FROM judgement
                WHERE contest_id = $1 AND team_id = $2 AND current AND points > 0)
         WHERE contest_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(account.contest_id)
        .bind::<SqlUuid, _>(account.team_id)
        .execute(tx)
        .await?;
    *account = lock_team(tx, account.contest_id, account.team_id).await?;
    Ok(())
}
