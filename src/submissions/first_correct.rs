//! The bonus for the first right answer to a shared question.
//!
//! "First" is who was received first, not who committed first. Whoever commits first holds the
//! bonus provisionally; an earlier answer that commits later takes it over by reversal and
//! award in one transaction.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use crate::auth::Player;
use crate::contests::Contest;
use crate::db::Tx;
use crate::error::{Busy, Error, Refusal};
use crate::events::Event;
use crate::ledger::commands::{lock as lock_team, post, reverse};
use crate::ledger::{Account, EntryKind, Posting};
use crate::sql::sql;
use crate::types::{ContestId, QuestionId, SubmissionId, TeamId};

/// A right answer that may be the first.
pub(crate) struct Bonus {
    pub(crate) question: QuestionId,
    pub(crate) submission: SubmissionId,
    pub(crate) received_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Holder {
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
    #[diesel(sql_type = SqlUuid)]
    submission_id: SubmissionId,
    #[diesel(sql_type = Timestamptz)]
    received_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    ledger_seq: i32,
}

async fn holder(tx: &mut Tx, contest: ContestId, question: QuestionId) -> Result<Option<Holder>, Error> {
    Ok(sql("SELECT team_id, submission_id, received_at, ledger_seq FROM first_correct
        WHERE contest_id = $1 AND question_id = $2 AND current")
    .bind::<SqlUuid, _>(contest)
    .bind::<SqlUuid, _>(question)
    .get_result(tx)
    .await
    .optional()?)
}

/// Teams are locked in the order of their ids, and before questions. So whoever might have to
/// give the bonus back is looked up unlocked and locked here, before or after one's own team
/// as the order says; [`award`] finds out whether it was the right one.
pub(crate) async fn lock_rival(
    tx: &mut Tx,
    player: &Player,
    question: Option<QuestionId>,
) -> Result<Option<Account>, Error> {
    let Some(question) = question else { return Ok(None) };
    let Some(holder) = holder(tx, player.contest(), question).await? else { return Ok(None) };
    if !holder.may_lose_to(tx, player) {
        return Ok(None);
    }
    if holder.team_id > player.team() {
        lock_team(tx, player.contest(), player.team()).await?;
    }
    match lock_team(tx, player.contest(), holder.team_id).await {
        Ok(account) => Ok(Some(account)),
        Err(error) if error.refusal() == Some(Refusal::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Both of these in one, for whoever has more to do between them and the answer: once the question
/// is locked, nobody else comes to hold the bonus.
pub(crate) async fn lock_all(
    tx: &mut Tx,
    player: &Player,
    question: Option<QuestionId>,
) -> Result<(), Error> {
    let locked = lock_rival(tx, player, question).await?.map(|rival| rival.team_id);
    let Some(question) = question else { return Ok(()) };
    // Ours as well, whether a rival comes before it, after it or there is none.
    lock_team(tx, player.contest(), player.team()).await?;
    lock_question(tx, player.contest(), Some(question)).await?;
    let rival = holder(tx, player.contest(), question).await?.filter(|h| h.may_lose_to(tx, player));
    match rival {
        // Somebody else has come to hold it: begin again with the right lock.
        Some(holder) if locked != Some(holder.team_id) => Err(Error::Busy(Busy::Conflict)),
        _ => Ok(()),
    }
}

impl Holder {
    /// Whether this player's answer, which is being worked on, may be the earlier one.
    fn may_lose_to(&self, tx: &Tx, player: &Player) -> bool {
        self.received_at >= tx.received_at() && self.team_id != player.team()
    }
}

/// One answer at a time decides who was first.
pub(crate) async fn lock_question(
    tx: &Tx,
    contest: ContestId,
    question: Option<QuestionId>,
) -> Result<(), Error> {
    if let Some(question) = question {
        sql("SELECT FROM contest_question WHERE contest_id = $1 AND question_id = $2 FOR NO KEY UPDATE")
            .bind::<SqlUuid, _>(contest)
            .bind::<SqlUuid, _>(question)
            .execute(&mut tx.shared())
            .await?;
    }
    Ok(())
}

/// Gives the bonus if this answer is the earliest so far; returns whether it is.
pub(crate) async fn award(
    tx: &mut Tx,
    contest: &Contest,
    account: &mut Account,
    bonus: &Bonus,
    rival: Option<Account>,
) -> Result<bool, Error> {
    if let Some(holder) = holder(tx, contest.id, bonus.question).await? {
        if (holder.received_at, holder.submission_id) < (bonus.received_at, bonus.submission) {
            return Ok(false);
        }
        // Somebody else than expected holds it by now: begin again with the right lock.
        let mut rival = rival.filter(|r| r.team_id == holder.team_id).ok_or(Error::Busy(Busy::Conflict))?;
        take_back(tx, &mut rival, bonus.question, &holder).await?;
    }
    let posting = Posting::new(EntryKind::FirstCorrect, bonus.submission.uuid(), contest.first_correct_bonus);
    let seq = post(tx, account, &posting).await?;
    sql(
        "INSERT INTO first_correct (contest_id, question_id, submission_id, team_id, received_at, ledger_seq)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind::<SqlUuid, _>(contest.id)
    .bind::<SqlUuid, _>(bonus.question)
    .bind::<SqlUuid, _>(bonus.submission)
    .bind::<SqlUuid, _>(account.team_id)
    .bind::<Timestamptz, _>(bonus.received_at)
    .bind::<Integer, _>(seq)
    .execute(tx)
    .await?;
    tx.tell(told(account, bonus.question, contest.first_correct_bonus));
    Ok(true)
}

fn told(account: &Account, question: QuestionId, points: i64) -> Event {
    let payload = json!({
        "question_id": question, "team_id": account.team_id, "team": account.name, "points": points,
    });
    account.event("first_correct", payload)
}

async fn take_back(
    tx: &mut Tx,
    rival: &mut Account,
    question: QuestionId,
    holder: &Holder,
) -> Result<(), Error> {
    sql("UPDATE first_correct SET current = false WHERE contest_id = $1 AND question_id = $2 AND current")
        .bind::<SqlUuid, _>(rival.contest_id)
        .bind::<SqlUuid, _>(question)
        .execute(tx)
        .await?;
    reverse(tx, rival, holder.ledger_seq, "podium", "an earlier answer was received before this one").await?;
    tx.tell(rival.standing_event("score_changed", "reversal"));
    Ok(())
}
