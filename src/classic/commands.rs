//! Moves in the words of existing clients: each finds what its names mean and hands over to
//! the command that everybody uses, in one transaction.

use serde_json::{Value, json};

use super::play::{ClassicGivenMystery, ClassicGivenQuestion, ClassicVerdict};
use super::questions::translation::{as_letter, in_classic_names};
use super::questions::{ClassicQuestion, ClassicQuestionPatch};
use super::teams::ClassicRegisteredTeam;
use super::{Actor, queries};
use crate::assignments::commands::{Choice, TakeQuestion};
use crate::audit::{Act, Target};
use crate::auth::{Admin, Player};
use crate::contests::commands::gate;
use crate::contests::{ContestRef, queries as contests};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::grading::{Answer, QuestionKind};
use crate::mystery_boxes::commands::OpenBox;
use crate::mystery_boxes::queries as boxes;
use crate::questions::commands::{CreateQuestion, EditQuestion, lock as lock_question};
use crate::questions::placement::commands::{Change, ChangePlacement, PlaceQuestion};
use crate::questions::placement::{PlacementState, Terms};
use crate::questions::queries as bank;
use crate::questions::{Content, Draft, QuestionView};
use crate::submissions::commands::SubmitAnswer;
use crate::teams::TeamName;
use crate::teams::commands::RegisterTeam;
use crate::teams::queries as teams;
use crate::types::{ContestId, Difficulty, Points, Pool, QuestionId};
use crate::withdrawals::commands::WithdrawQuestion;

/// Registers a team in the current contest.
#[derive(Debug)]
pub(super) struct RegisterClassicTeam {
    pub(super) by: Option<Admin>,
    pub(super) name: TeamName,
    pub(super) members: Vec<String>,
    pub(super) email: String,
}

impl Command for RegisterClassicTeam {
    type Outcome = ClassicRegisteredTeam;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<ClassicRegisteredTeam, Error> {
        let contest = contests::current(tx).await?.id;
        let act =
            self.by.as_ref().map(|by| Act::making(tx, by, "register_classic_team", Target::Contest(contest)));
        let register = RegisterTeam {
            by: self.by.clone(),
            account: None,
            contest: ContestRef::Id(contest),
            name: self.name.clone(),
            members: self.members.clone(),
            email: self.email.clone(),
            division: None,
        };
        let registered = register.run(tx).await?;
        if let Some(act) = act {
            act.on(Target::Team(contest, registered.team.id)).done(tx).await?;
        }
        Ok(registered.into())
    }
}

/// A team by its name, and who acts for it.
#[derive(Debug)]
pub(super) struct Acting {
    pub(super) by: Actor,
    pub(super) team: TeamName,
}

impl Acting {
    async fn player(&self, tx: &mut Tx) -> Result<Player, Error> {
        let contest = contests::current(tx).await?.id;
        let team = teams::by_name_key(tx, contest, self.team.key()).await?;
        self.by.plays(contest, team)
    }

    /// What staff does for a team leaves a line; what a team does itself does not.
    fn acts(&self, tx: &mut Tx, player: &Player, name: &'static str) -> Option<Act> {
        let Actor::Staff(admin) = &self.by else { return None };
        Some(Act::making(tx, admin, name, Target::Team(player.contest(), player.team())))
    }
}

/// Gives a team the question it names, or the next free one.
#[derive(Debug)]
pub(super) struct TakeClassicQuestion {
    pub(super) acting: Acting,
    pub(super) question: Option<String>,
}

impl Command for TakeClassicQuestion {
    type Outcome = ClassicGivenQuestion;

    async fn run(&self, tx: &mut Tx) -> Result<ClassicGivenQuestion, Error> {
        let player = self.acting.player(tx).await?;
        let choice = match &self.question {
            Some(named) => Choice::Named(queries::named(tx, named).await?),
            None => Choice::Any { difficulty: None, category: None },
        };
        let act = self.acting.acts(tx, &player, "take_classic_question");
        let taken = TakeQuestion { player, choice, reveal: true }.run(tx).await?;
        let came = json!({"assignment_id": taken.id, "question_id": taken.question_id});
        if let Some(act) = act {
            act.done_with(tx, Some(came));
        }
        taken.try_into()
    }
}

/// Answers a question that a team was given.
#[derive(Debug)]
pub(super) struct SubmitClassicAnswer {
    pub(super) acting: Acting,
    pub(super) question: String,
    pub(super) answer: Answer,
}

impl Command for SubmitClassicAnswer {
    type Outcome = ClassicVerdict;

    async fn run(&self, tx: &mut Tx) -> Result<ClassicVerdict, Error> {
        let player = self.acting.player(tx).await?;
        let question = queries::named(tx, &self.question).await?;
        let assignment = queries::assignment_of(tx, player.contest(), player.team(), question).await?;
        let act = self.acting.acts(tx, &player, "submit_classic_answer");
        let judged = SubmitAnswer { player, assignment, answer: self.answer.clone() }.run(tx).await?;
        let came = json!({"submission_id": judged.submission_id, "correct": judged.correct});
        if let Some(act) = act {
            act.done_with(tx, Some(came));
        }
        Ok(judged.into())
    }
}

/// Opens the mystery box of a difficulty for a team.
#[derive(Debug)]
pub(super) struct AssignClassicMystery {
    pub(super) acting: Acting,
    pub(super) difficulty: Difficulty,
    pub(super) expected_price: Option<Points>,
}

impl Command for AssignClassicMystery {
    type Outcome = ClassicGivenMystery;

    async fn run(&self, tx: &mut Tx) -> Result<ClassicGivenMystery, Error> {
        let player = self.acting.player(tx).await?;
        let id = boxes::by_difficulty(tx, player.contest(), self.difficulty).await?.id;
        let act = self.acting.acts(tx, &player, "assign_classic_mystery");
        let opened = OpenBox { player, id, expected_price: self.expected_price }.run(tx).await?;
        let came = json!({"opening_id": opened.id, "assignment_id": opened.assignment.id});
        if let Some(act) = act {
            act.done_with(tx, Some(came));
        }
        opened.try_into()
    }
}

/// Writes a question into the bank and places it in the current contest.
#[derive(Debug)]
pub(super) struct WriteClassicQuestion {
    pub(super) by: Admin,
    pub(super) external_id: Option<String>,
    pub(super) content: Content,
    pub(super) terms: Terms,
}

impl Command for WriteClassicQuestion {
    type Outcome = ClassicQuestion;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<ClassicQuestion, Error> {
        let contest = contests::current(tx).await?.id;
        gate(tx, contest).await?;
        let name = classic_name(self.terms.pool, "create_classic_question", "create_classic_mystery");
        let act = Act::making(tx, &self.by, name, Target::Contest(contest));
        let create = CreateQuestion {
            by: self.by.clone(),
            external_id: self.external_id.clone(),
            content: self.content.clone(),
        };
        let question = create.run(tx).await?.entry.id;
        let place = PlaceQuestion {
            by: self.by.clone(),
            contest: ContestRef::Id(contest),
            question,
            version: None,
            terms: self.terms.clone(),
            state: PlacementState::Open,
        };
        place.run(tx).await?;
        act.on(Target::Placement(contest, question)).done(tx).await?;
        queries::question(tx, contest, self.terms.pool, question).await
    }
}

/// Changes a question of the current contest: what it says becomes its next version.
#[derive(Debug)]
pub(super) struct EditClassicQuestion {
    pub(super) by: Admin,
    pub(super) pool: Pool,
    pub(super) question: QuestionId,
    pub(super) patch: ClassicQuestionPatch,
}

impl Command for EditClassicQuestion {
    type Outcome = ClassicQuestion;

    async fn run(&self, tx: &mut Tx) -> Result<ClassicQuestion, Error> {
        let contest = contests::current(tx).await?.id;
        gate(tx, contest).await?;
        let current = lock_question(tx, self.question).await?;
        let placed = queries::placement(tx, contest, self.pool, self.question).await?;
        let name = classic_name(self.pool, "edit_classic_question", "edit_classic_mystery");
        let act = Act::upon(tx, &self.by, name, Target::Placement(contest, self.question)).await?;
        let change = Change {
            version: self.rewrite(tx, current, placed.version).await?,
            difficulty: self.patch.difficulty,
            category: self.patch.category.clone(),
            points: self.patch.points,
            max_attempts: self.patch.max_attempts,
            time_limit_ms: self.patch.time_limit_ms.map(Some),
            state: None,
        };
        let place = ChangePlacement {
            by: self.by.clone(),
            contest: ContestRef::Id(contest),
            question: self.question,
            edit_version: placed.edit_version,
            change,
        };
        place.run(tx).await.map_err(renamed)?;
        act.done(tx).await?;
        queries::question(tx, contest, self.pool, self.question).await
    }
}

impl EditClassicQuestion {
    /// The version that says what is wanted: a new one, or `None` when it is said already.
    async fn rewrite(&self, tx: &mut Tx, current: i32, played: i32) -> Result<Option<i32>, Error> {
        let found = bank::versions(tx, self.question, Some(played + 1), 1).await?.pop();
        let found = found.ok_or(Refusal::NotFound)?;
        let before = draft(&found, None).checked().map_err(Error::invalid)?;
        let content = draft(&found, Some(&self.patch)).checked();
        let content = content.map_err(|errors| Error::invalid(in_classic_names(errors)))?;
        if content == before {
            return Ok(None);
        }
        let edit = EditQuestion {
            by: self.by.clone(),
            question: self.question,
            version: current,
            external_id: None,
            content,
        };
        Ok(Some(edit.run(tx).await?.entry.version))
    }
}

/// A version with some values changed, not yet checked.
fn draft(found: &QuestionView, patch: Option<&ClassicQuestionPatch>) -> Draft {
    let kind = patch.and_then(|p| p.kind).unwrap_or(found.entry.kind);
    let options = patch.and_then(|p| p.options.as_ref()).unwrap_or(&found.entry.options).clone();
    let answer = patch.and_then(|p| p.answer.clone());
    Draft {
        kind,
        text: patch.and_then(|p| p.question.as_ref()).unwrap_or(&found.entry.text).clone(),
        answer: answer
            .map_or_else(|| found.answer.answer.clone(), |answer| read_answer(kind, &options, answer)),
        options,
        aliases: found.answer.aliases.clone(),
        tolerance: found.answer.tolerance.clone(),
        case_sensitive: found.answer.case_sensitive,
        explanation: patch.and_then(|p| p.explanation.as_ref()).unwrap_or(&found.explanation).clone(),
    }
}

/// An answer as the bank writes it.
pub(super) fn read_answer(kind: QuestionKind, options: &[String], answer: Value) -> Value {
    if kind == QuestionKind::SingleChoice { as_letter(options, answer) } else { answer }
}

/// A refusal of wrong values, in the names of this contract.
fn renamed(error: Error) -> Error {
    match error {
        Error::Refused(mut refused) => {
            refused.errors = in_classic_names(std::mem::take(&mut refused.errors));
            Error::Refused(refused)
        }
        other => other,
    }
}

/// Takes a question out of the current contest, with refunds for who held it.
#[derive(Debug)]
pub(super) struct DropClassicQuestion {
    pub(super) by: Admin,
    pub(super) pool: Pool,
    pub(super) question: QuestionId,
}

impl Command for DropClassicQuestion {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let contest: ContestId = contests::current(tx).await?.id;
        // Only a look: the withdrawal closes the gate, which whoever holds it could not wait for.
        queries::placement(tx, contest, self.pool, self.question).await?;
        let name = classic_name(self.pool, "delete_classic_question", "delete_classic_mystery");
        let act = Act::making(tx, &self.by, name, Target::Placement(contest, self.question));
        let withdraw = WithdrawQuestion {
            by: self.by.clone(),
            contest: ContestRef::Id(contest),
            question: self.question,
            reason: "deleted by staff".to_owned(),
        };
        withdraw.run(tx).await?;
        act.because(Some(&withdraw.reason)).done(tx).await
    }
}

/// One command serves both pools; the operations have names of their own.
fn classic_name(pool: Pool, regular: &'static str, mystery: &'static str) -> &'static str {
    match pool {
        Pool::Regular => regular,
        Pool::Mystery => mystery,
    }
}
