//! What clients ask for over their sockets, done by the same commands as by REST, with the same
//! limits, keys and refusals.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::auth::{Caller, Player};
use crate::body::{parse, take_note};
use crate::chat::MessageText;
use crate::chat::commands::SendMessage;
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::idempotency::{Idempotency, IdempotencyKey, Reply};
use crate::limits::guards::Place;
use crate::realtime::errand::{Errand, Runner};
use crate::rooms::problems::commands::AnswerProblem;
use crate::submissions::commands::SubmitAnswer;
use crate::submissions::routes::parse_answer;
use crate::trace::Trace;
use crate::types::AssignmentId;

/// Where problems of errands say they happened.
const PATH: &str = "/api/v1/ws";

/// What every errand says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    key: Option<String>,
}

/// Says something to everybody in the room.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chat {
    #[serde(rename = "type")]
    _kind: IgnoredAny,
    #[serde(rename = "key")]
    _key: Option<IgnoredAny>,
    message: String,
}

/// Answers a question that the team holds, or a problem of the room. What that is worth, the question
/// says, and nobody else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Submission {
    #[serde(rename = "type")]
    _kind: IgnoredAny,
    #[serde(rename = "key")]
    _key: Option<IgnoredAny>,
    assignment_id: Option<AssignmentId>,
    problem_id: Option<String>,
    answer: Value,
}

/// Runs errands.
#[derive(Debug)]
pub struct Errands(Db);

impl Errands {
    /// On this database.
    #[must_use]
    pub fn runner(db: Db) -> Arc<dyn Runner> {
        Arc::new(Self(db))
    }

    async fn answer(&self, errand: Errand, place: Result<Place, Error>) -> String {
        let trace = Arc::new(Trace::said(PATH, errand.arrived));
        let db = self.0.for_request(Arc::clone(&trace));
        let (head, done) = match (parse::<Head>(errand.said.as_bytes()), place) {
            (Ok(head), Ok(_place)) => {
                let done = run(&db, &head, &errand).await;
                (head, done)
            }
            (read, Err(error)) => (read.unwrap_or_default(), Err(error)),
            (Err(error), Ok(_)) => (Head::default(), Err(error)),
        };
        done.map_or_else(
            |error| {
                take_note(&error, &trace, Some(&db));
                refused(&head, &json!(error.problem(PATH, &trace.request_id)), error.retry_after_s())
            },
            |reply| answered(&head, &reply),
        )
    }
}

impl Runner for Errands {
    fn run(&self, errand: Errand, place: Result<Place, Error>) -> BoxFuture<'_, String> {
        Box::pin(self.answer(errand, place))
    }
}

async fn run(db: &Db, head: &Head, errand: &Errand) -> Result<Reply, Error> {
    let said = errand.said.as_bytes();
    match head.kind.as_str() {
        "chat" => {
            let Chat { message, .. } = parse(said)?;
            let player = player(errand)?;
            errand.asking.speaks(player.team())?;
            let text = MessageText::parse(&message)?;
            db.once(key(head, errand, &player)?, &SendMessage { player, text }).await
        }
        "submission" => {
            let Submission { assignment_id, problem_id, answer, .. } = parse(said)?;
            let player = player(errand)?;
            let (key, answer) = (key(head, errand, &player)?, parse_answer(&answer)?);
            match (assignment_id, problem_id) {
                (Some(assignment), None) => db.once(key, &SubmitAnswer { player, assignment, answer }).await,
                (None, Some(problem)) => db.once(key, &AnswerProblem { player, problem, answer }).await,
                _ => Err(Error::invalid_field("", "needs either an assignment_id or a problem_id")),
            }
        }
        _ => Err(Error::invalid_field("/type", "must be chat, submission or pong")),
    }
}

/// Who asks, as the guard of the same operation by REST would find them.
fn player(errand: &Errand) -> Result<Player, Error> {
    let Some(held) = &errand.held else { return Err(Refusal::NotAuthenticated.into()) };
    held.must_write()?;
    match held.there() {
        Caller::Player(player) if player.contest() == errand.contest => Ok(player),
        _ => Err(Refusal::NotAllowed.because("this needs a team of this contest")),
    }
}

fn key(head: &Head, errand: &Errand, player: &Player) -> Result<Idempotency, Error> {
    let key = IdempotencyKey::said(head.key.as_deref())?;
    let operation = format!("{PATH} {} {}", errand.contest, head.kind);
    Ok(key.of(player.principal(), &operation, errand.said.as_bytes()))
}

/// The reply as REST's, in a frame of its own; a refusal may be a stored one.
fn answered(head: &Head, reply: &Reply) -> String {
    let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    if reply.status >= 400 {
        return refused(head, &body, None);
    }
    let mut frame = json!({"type": result_of(&head.kind), "result": body});
    if let Some(key) = &head.key {
        (frame["key"], frame["replayed"]) = (json!(key), json!(reply.replayed));
    }
    frame.to_string()
}

fn result_of(kind: &str) -> &'static str {
    if kind == "chat" { "chat_sent" } else { "submission_result" }
}

fn refused(head: &Head, problem: &Value, retry_after_s: Option<u64>) -> String {
    let mut frame = json!({"type": "refused", "to": head.kind, "problem": problem});
    if let Some(key) = &head.key {
        frame["key"] = json!(key);
    }
    if let Some(wait) = retry_after_s {
        frame["retry_after_s"] = json!(wait);
    }
    frame.to_string()
}
