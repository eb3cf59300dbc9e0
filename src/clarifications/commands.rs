//! Asking and answering.

use diesel::sql_types::{Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use super::{ClarificationView, Hearers, must_be_here, queries};
use crate::announcements::commands::announce;
use crate::announcements::readers::member;
use crate::announcements::{Address, Notice, Priority, queries as announcements};
use crate::audit::{Act, Target};
use crate::auth::{Admin, Player};
use crate::contests::commands::gate;
use crate::contests::{ContestRef, queries::find_id};
use crate::db::{Command, Tx};
use crate::error::Error;
use crate::events::{Action, Event};
use crate::ledger::commands::lock_in_contest;
use crate::sql::sql;
use crate::types::{ClarificationId, ContestId, QuestionId};

/// Asks staff something for a team.
#[derive(Debug)]
pub struct AskClarification {
    /// Who asks.
    pub player: Player,
    /// What.
    pub text: String,
    /// About which question of the team's own, if about any.
    pub question: Option<QuestionId>,
}

impl Command for AskClarification {
    type Outcome = ClarificationView;
    const CREATES: bool = true;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<ClarificationView, Error> {
        let (id, team) = (self.player.contest(), self.player.team());
        let (contest, account) = lock_in_contest(tx, id, team).await?;
        contest.must_hear_teams()?;
        must_be_here(account.state)?;
        if let Some(question) = self.question
            && !queries::holds(tx, id, team, question).await?
        {
            return Err(Error::invalid_field("/question_id", "is none that the team holds"));
        }
        let now = tx.now();
        queries::asked_so_far(tx, id, team).await?.must_ask(now)?;
        let asked = self.insert(tx).await?;
        let told =
            json!({"clarification_id": asked.id, "question_id": asked.question_id, "text": asked.text});
        tx.tell(Event::for_staff(id, "clarification_received", Some(team), with_team(&told, &asked)));
        tx.tell(Event::for_team(id, "clarification_asked", team, told));
        Ok(asked)
    }
}

fn with_team(told: &Value, asked: &ClarificationView) -> Value {
    let mut told = told.clone();
    (told["team_id"], told["team"]) = (json!(asked.team_id), json!(asked.team));
    told
}

impl AskClarification {
    async fn insert(&self, tx: &mut Tx) -> Result<ClarificationView, Error> {
        let (contest, team, now) = (self.player.contest(), self.player.team(), tx.now());
        let id = ClarificationId::new();
        sql("INSERT INTO clarification (contest_id, id, team_id, asked_by, question_id, text, asked_at)
             SELECT $1, $2, $3, name, $5, $6, $7 FROM member WHERE contest_id = $1 AND team_id = $3 AND id = $4")
            .bind::<SqlUuid, _>(contest)
            .bind::<SqlUuid, _>(id)
            .bind::<SqlUuid, _>(team)
            .bind::<SqlUuid, _>(member(&self.player)?)
            .bind::<Nullable<SqlUuid>, _>(self.question)
            .bind::<Text, _>(&self.text)
            .bind::<Timestamptz, _>(now)
            .execute(tx)
            .await?;
        queries::clarification(tx, contest, Some(team), id).await
    }
}

/// Answers a team, or corrects an answer.
#[derive(Debug)]
pub struct AnswerClarification {
    /// Who answers.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// What.
    pub id: ClarificationId,
    /// The answer, as Markdown.
    pub text: String,
    /// How the question reads for everybody, if everybody is told; otherwise the asker alone is.
    pub asked: Option<String>,
    /// The last answer, when this one corrects it.
    pub corrects: Option<i16>,
}

impl Command for AnswerClarification {
    type Outcome = ClarificationView;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<ClarificationView, Error> {
        let contest = find_id(tx, &self.contest).await?;
        gate(tx, contest).await?;
        lock(tx, contest, self.id).await?;
        let found = queries::clarification(tx, contest, None, self.id).await?;
        found.must_take(self.corrects, self.to())?;
        let target = Target::Clarification(contest, self.id);
        let act = Act::upon(tx, &self.by, "answer_clarification", target).await?;
        let announcement = self.publish(tx, contest, &found).await?;
        let answer_no = self.corrects.unwrap_or(0) + 1;
        self.insert(tx, contest, answer_no, announcement).await?;
        act.done(tx).await?;
        let told = json!({"clarification_id": self.id, "answer_no": answer_no, "to": self.to(),
            "text": self.text, "announcement": announcement});
        let action = Action {
            name: "answer_clarification",
            by: self.by.name(),
            reason: None,
            values: with_team(&told, &found),
        };
        tx.tell(Event::of_staff(contest, Some(found.team_id), &action));
        tx.tell(Event::for_team(contest, "clarification_answered", found.team_id, told));
        queries::clarification(tx, contest, None, self.id).await
    }
}

/// Of two who answer at once, the second sees the answer of the first.
async fn lock(tx: &mut Tx, contest: ContestId, id: ClarificationId) -> Result<(), Error> {
    sql("SELECT FROM clarification WHERE contest_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(id)
        .execute(tx)
        .await?;
    Ok(())
}

impl AnswerClarification {
    fn to(&self) -> Hearers {
        if self.asked.is_some() { Hearers::All } else { Hearers::Asker }
    }

    /// Tells everybody, if everybody is to hear it: in the place of what they were told before.
    async fn publish(
        &self,
        tx: &mut Tx,
        contest: ContestId,
        found: &ClarificationView,
    ) -> Result<Option<i32>, Error> {
        let Some(asked) = &self.asked else { return Ok(None) };
        let corrects = match found.answers.last().and_then(|last| last.announcement) {
            Some(told) => announcements::standing(tx, contest, told).await?,
            None => None,
        };
        let notice = Notice {
            title: asked.clone(),
            body: self.text.clone(),
            priority: Priority::Normal,
            must_acknowledge: false,
            to: Address::Everybody,
            corrects,
        };
        Ok(Some(announce(tx, contest, &self.by, &notice).await?.number))
    }

    async fn insert(
        &self,
        tx: &mut Tx,
        contest: ContestId,
        answer_no: i16,
        announcement: Option<i32>,
    ) -> Result<(), Error> {
        let now = tx.now();
        sql("INSERT INTO clarification_answer (contest_id, clarification_id, answer_no, text, announcement,
                answered_by, answered_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(self.id)
        .bind::<SmallInt, _>(answer_no)
        .bind::<Text, _>(&self.text)
        .bind::<Nullable<Integer>, _>(announcement)
        .bind::<Text, _>(self.by.name())
        .bind::<Timestamptz, _>(now)
        .execute(tx)
        .await?;
        Ok(())
    }
}
