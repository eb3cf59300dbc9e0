//! Adding and answering problems.

use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::queries::{asked, problems};
use super::{Problem, ProblemVerdict, ProblemView};
use crate::assignments::commands::{Terms as Handover, assign, enter};
use crate::assignments::draw::claim;
use crate::auth::Player;
use crate::contests::commands::{ensure_gate, gate};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::Event;
use crate::grading::{Answer, grade};
use crate::questions::commands::{write_questions, write_versions};
use crate::questions::placement::commands::write_placements;
use crate::questions::placement::{Placement, PlacementState, Terms};
use crate::rooms::commands::lock;
use crate::rooms::must_be_open;
use crate::sql::sql;
use crate::submissions::commands::SubmitAnswer;
use crate::submissions::first_correct;
use crate::types::{AssignmentId, ContestId, Difficulty, Pool, QuestionId};

/// Adds a problem to a room.
#[derive(Debug)]
pub struct AddProblem {
    /// The owner.
    pub by: Player,
    /// What is asked.
    pub problem: Problem,
    /// How many problems a room may have.
    pub limit: i16,
}

impl Command for AddProblem {
    type Outcome = ProblemView;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<ProblemView, Error> {
        let contest = gate(tx, self.by.contest()).await?;
        lock(tx, contest.id).await?.must_be_owned_by(&self.by)?;
        must_be_open(&contest, tx.now())?;
        let no = add_all(tx, contest.id, std::slice::from_ref(&self.problem), self.limit).await?;
        let added = problems(tx, contest.id, Some(no), 1).await?.pop();
        added.ok_or_else(|| Error::Bug("a problem that was written is not there".to_owned()))
    }
}

#[derive(QueryableByName)]
struct Last {
    #[diesel(sql_type = Integer)]
    no: i32,
}

/// Writes problems, with the room locked: each a question of the bank that is placed in this contest
/// only, shared, so that whoever answers first has the bonus. Returns the number that they come after.
pub(crate) async fn add_all(
    tx: &mut Tx,
    room: ContestId,
    problems: &[Problem],
    limit: i16,
) -> Result<i32, Error> {
    let Last { no } = sql("SELECT coalesce(max(no), 0) AS no FROM room_problem WHERE contest_id = $1")
        .bind::<SqlUuid, _>(room)
        .get_result(tx)
        .await?;
    if usize::try_from(i32::from(limit) - no).is_ok_and(|left| problems.len() <= left) {
        write(tx, room, no, problems).await?;
        return Ok(no);
    }
    Err(Refusal::TooManyProblems.because(format!("a room has at most {limit}")))
}

async fn write(tx: &mut Tx, room: ContestId, no: i32, problems: &[Problem]) -> Result<(), Error> {
    let ids: Vec<_> = problems.iter().map(|_| QuestionId::new()).collect();
    let names: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let numbered = || ids.iter().copied().zip(problems);
    let questions: Vec<_> = ids.iter().copied().zip(names.iter().map(String::as_str)).collect();
    let versions: Vec<_> = numbered().map(|(id, problem)| (id, 1, &problem.content)).collect();
    let placements: Vec<_> = numbered().map(|(id, problem)| problem.placed(id)).collect();
    write_questions(tx, &questions).await?;
    write_versions(tx, &versions).await?;
    write_placements(tx, room, &placements).await?;
    sql("INSERT INTO room_problem (contest_id, no, problem_id, question_id)
         SELECT $1, $2 + n, problem_id, question_id
         FROM unnest($3, $4) WITH ORDINALITY AS added(problem_id, question_id, n)")
    .bind::<SqlUuid, _>(room)
    .bind::<Integer, _>(no)
    .bind::<Array<Text>, _>(problems.iter().map(|problem| &problem.problem_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(&ids)
    .execute(tx)
    .await?;
    for (question, Problem { problem_id, points, .. }) in numbered() {
        let told = json!({"problem_id": problem_id, "question_id": question, "points": points});
        tx.tell(Event::public(room, "problem_added", None, told));
    }
    Ok(())
}

impl Problem {
    fn placed(&self, question_id: QuestionId) -> Placement {
        let terms = Terms {
            difficulty: Difficulty::Medium,
            category: "Room".to_owned(),
            points: self.points,
            exclusive: false,
            pool: Pool::Regular,
            max_attempts: self.max_attempts,
            time_limit_ms: None,
        };
        Placement { question_id, version: 1, terms, state: PlacementState::Open, edit_version: 1 }
    }
}

/// Answers a problem: takes its question, if the member does not hold it yet, and submits, in one
/// transaction. What it earns is what the room says, whoever asks.
#[derive(Debug)]
pub struct AnswerProblem {
    /// Who answers.
    pub player: Player,
    /// What the room calls the problem.
    pub problem: String,
    /// The answer.
    pub answer: Answer,
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = SqlUuid)]
    id: AssignmentId,
}

impl Command for AnswerProblem {
    type Outcome = ProblemVerdict;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<ProblemVerdict, Error> {
        ensure_gate(tx, self.player.contest()).await?;
        let asked = asked(tx, self.player.contest(), &self.problem).await?;
        // Whoever might lose the bonus is locked before our own team is, as teams' order has it.
        let bonus = grade(&asked.key, &asked.options, &self.answer).then_some(asked.question);
        first_correct::lock_all(tx, &self.player, bonus).await?;
        let assignment = self.take(tx, asked.question).await?;
        let submit = SubmitAnswer { player: self.player.clone(), assignment, answer: self.answer.clone() };
        Ok(ProblemVerdict { problem_id: self.problem.clone(), verdict: submit.run(tx).await? })
    }
}

impl AnswerProblem {
    /// What the member holds of this question, from now on at the latest.
    async fn take(&self, tx: &mut Tx, question: QuestionId) -> Result<AssignmentId, Error> {
        let (contest, account) = enter(tx, &self.player).await?;
        let held: Option<Held> = sql("SELECT id FROM assignment
            WHERE contest_id = $1 AND team_id = $2 AND question_id = $3 AND revealed_at IS NOT NULL")
        .bind::<SqlUuid, _>(contest.id)
        .bind::<SqlUuid, _>(account.team_id)
        .bind::<SqlUuid, _>(question)
        .get_result(tx)
        .await
        .optional()?;
        if let Some(Held { id }) = held {
            return Ok(id);
        }
        let question = claim(tx, contest.id, account.team_id, question).await?;
        let handover = Handover { reveal: true, points: None };
        Ok(assign(tx, &contest, &account, question, &handover).await?.id)
    }
}
