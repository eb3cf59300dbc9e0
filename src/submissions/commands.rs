//! Submitting an answer.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::future::try_join3;
use serde_json::json;

use super::Verdict;
use super::first_correct::{self, Bonus};
use super::queries::material;
use crate::assignments::commands::lock;
use crate::assignments::{Assignment, AssignmentState};
use crate::auth::Player;
use crate::contests::Contest;
use crate::contests::commands::ensure_gate;
use crate::db::{Command, Tx};
use crate::error::Error;
use crate::events::Event;
use crate::grading::{Answer, grade};
use crate::leaderboard::{self, verdicts::Ranking};
use crate::ledger::commands::{count_wrong, lock_in_contest, post};
use crate::ledger::{Account, EntryKind, Posting};
use crate::sql::sql;
use crate::types::{AssignmentId, ContestId, JudgementId, Points, QuestionId, SubmissionId};

/// Answers a question that the team holds.
#[derive(Debug)]
pub struct SubmitAnswer {
    /// Who answers.
    pub player: Player,
    /// What is answered.
    pub assignment: AssignmentId,
    /// The answer.
    pub answer: Answer,
}

/// What is known of an answer before anything is locked: the version that it is graded
/// against never changes.
struct Graded {
    question: QuestionId,
    exclusive: bool,
    correct: bool,
}

impl Command for SubmitAnswer {
    /// A verdict, right or wrong, is a 200.
    type Outcome = Verdict;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<Verdict, Error> {
        let graded = self.grade(tx).await?;
        let bonus = graded.shared_and_correct();
        let rival = first_correct::lock_rival(tx, &self.player, bonus).await?;
        let (contest_id, team) = (self.player.contest(), self.player.team());
        let ((contest, mut account), (), held) = try_join3(
            lock_in_contest(tx, contest_id, team),
            first_correct::lock_question(tx, contest_id, bonus),
            lock(tx, contest_id, team, self.assignment),
        )
        .await?;
        account.must_play()?;
        contest.must_accept(tx.received_at(), account.extra_time_ms)?;
        held.must_take_answer(tx.received_at())?;

        let answer = Received::of(tx, &contest, &held, graded.correct);
        let (before, ranking) = (account.points, Ranking::of(tx, &account));
        // A bonus changes a rival's points as well; on the frozen board nobody moves.
        let is_simple = bonus.is_none() && !contest.is_frozen();
        let (others, (), ()) = try_join3(
            ranking.others_if(is_simple, tx),
            self.record(tx, &held, &answer),
            pay(tx, &contest, &mut account, &answer),
        )
        .await?;
        let mut first = false;
        if let Some(question) = bonus {
            let bonus = Bonus { question, submission: answer.submission, received_at: answer.received_at };
            first = first_correct::award(tx, &contest, &mut account, &bonus, rival).await?;
        }
        let rank = match others {
            Some(others) => others.rank(&account)?,
            None => leaderboard::queries::rank(tx, &contest, held.team_id).await?,
        };

        let verdict = Verdict {
            submission_id: answer.submission,
            correct: graded.correct,
            points_earned: account.points - before,
            total_points: account.points,
            rank,
            first_correct: first,
            state: answer.state,
            attempts_left: if graded.correct { 0 } else { held.max_attempts - answer.attempt_no },
        };
        tx.tell(account.standing_event("score_changed", if graded.correct { "answer" } else { "wrong" }));
        tx.tell(told(&account, &held, &answer, &verdict));
        Ok(verdict)
    }
}

fn told(account: &Account, held: &Assignment, answer: &Received, verdict: &Verdict) -> Event {
    Event::for_team(
        account.contest_id,
        "answer_judged",
        account.team_id,
        json!({
            "assignment_id": held.id,
            "question_id": held.question_id,
            "submission_id": verdict.submission_id,
            "attempt_no": answer.attempt_no,
            "correct": verdict.correct,
            "points_earned": verdict.points_earned,
            "total_points": verdict.total_points,
            "state": verdict.state,
            "attempts_left": verdict.attempts_left,
        }),
    )
}

impl SubmitAnswer {
    /// Before the team is locked: whether an answer is right decides whom it may
    /// take a bonus from, and teams are locked in order.
    async fn grade(&self, tx: &Tx) -> Result<Graded, Error> {
        ensure_gate(tx, self.player.contest()).await?;
        let material = material(tx, &self.player, self.assignment).await?;
        let correct = grade(&material.key, &material.options, &self.answer);
        Ok(Graded { question: material.question, exclusive: material.exclusive, correct })
    }

    /// The attempt is counted on the assignment, under its lock and its CHECK; submission and
    /// judgement are written with it.
    async fn record(&self, tx: &Tx, held: &Assignment, answer: &Received) -> Result<(), Error> {
        sql("WITH counted AS (
                UPDATE assignment SET attempts = attempts + 1, state = $3,
                    resolved_at = CASE WHEN $3 = 'revealed' THEN NULL ELSE $4 END
                WHERE contest_id = $1 AND id = $2),
             sent AS (
                INSERT INTO submission (contest_id, id, assignment_id, team_id, attempt_no, answer,
                                        received_at, state, member_id)
                VALUES ($1, $5, $2, $6, $7, $8, $9, 'judged', $10))
             INSERT INTO judgement (contest_id, id, submission_id, team_id, question_id, correct, points,
                                    contest_time_ms, at)
             VALUES ($1, $11, $5, $6, $12, $13, $14, $15, $4)")
        .bind::<SqlUuid, _>(held.contest_id)
        .bind::<SqlUuid, _>(held.id)
        .bind::<Text, _>(answer.state)
        .bind::<Timestamptz, _>(tx.now())
        .bind::<SqlUuid, _>(answer.submission)
        .bind::<SqlUuid, _>(held.team_id)
        .bind::<SmallInt, _>(answer.attempt_no)
        .bind::<Jsonb, _>(self.answer.to_json())
        .bind::<Timestamptz, _>(answer.received_at)
        .bind::<Nullable<SqlUuid>, _>(self.player.member())
        .bind::<SqlUuid, _>(answer.judgement)
        .bind::<SqlUuid, _>(held.question_id)
        .bind::<Bool, _>(answer.correct)
        .bind::<BigInt, _>(answer.points)
        .bind::<BigInt, _>(answer.contest_time_ms)
        .execute(&mut tx.shared())
        .await?;
        Ok(())
    }
}

impl Graded {
    fn shared_and_correct(&self) -> Option<QuestionId> {
        (self.correct && !self.exclusive).then_some(self.question)
    }
}

/// A judged answer, before it is written.
struct Received {
    submission: SubmissionId,
    judgement: JudgementId,
    attempt_no: i16,
    correct: bool,
    points: Points,
    state: AssignmentState,
    received_at: DateTime<Utc>,
    contest_time_ms: i64,
}

impl Received {
    fn of(tx: &Tx, contest: &Contest, held: &Assignment, correct: bool) -> Self {
        let attempt_no = held.attempts + 1;
        let state = match correct {
            true => AssignmentState::Solved,
            false if attempt_no >= held.max_attempts => AssignmentState::Exhausted,
            false => AssignmentState::Revealed,
        };
        Self {
            submission: SubmissionId::new(),
            judgement: JudgementId::new(),
            attempt_no,
            correct,
            points: if correct { held.points } else { 0 },
            state,
            received_at: tx.received_at(),
            contest_time_ms: contest.contest_time_ms(tx.received_at()),
        }
    }
}

/// Right: the points. Wrong: the penalty, as far as the team has it.
async fn pay(tx: &Tx, contest: &Contest, account: &mut Account, answer: &Received) -> Result<(), Error> {
    if answer.correct {
        let posting = Posting {
            gained_at_ms: (answer.points > 0).then_some(answer.contest_time_ms),
            ..Posting::new(EntryKind::Award, answer.judgement.uuid(), answer.points)
        };
        return post(tx, account, &posting).await.map(drop);
    }
    match account.penalty(contest.wrong_penalty) {
        0 => count_wrong(tx, account).await,
        penalty => {
            let posting =
                Posting { wrong: 1, ..Posting::new(EntryKind::Penalty, answer.judgement.uuid(), -penalty) };
            post(tx, account, &posting).await.map(drop)
        }
    }
}
