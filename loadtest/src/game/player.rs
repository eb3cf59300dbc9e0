//! A team that plays: it registers, is given questions, answers them and opens boxes, and
//! whatever the server acknowledges goes into the books.

use serde_json::Value;
use uuid::Uuid;

use super::call::{Answer, Transport};
use super::moves::Move;
use super::questions::answer_to;
use super::{Game, chance};
use crate::books::{Opened, Registered, Submitted, Taken, Told, Unknown};

/// Which share of the answers is right.
const RIGHT: f64 = 0.7;

/// A registered team.
#[derive(Debug, Clone)]
pub(crate) struct Player {
    pub(crate) team: Uuid,
    pub(crate) token: String,
}

/// A question that a team holds and has not answered.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) assignment: Uuid,
    text: String,
}

/// What came of asking for a question.
#[derive(Debug)]
pub(crate) enum Draw {
    Held(Held),
    /// There is none, or it could not be had.
    None,
    /// Nobody knows whether the team holds one now: it cannot play on.
    Astray,
}

/// The id in this field.
pub(crate) fn id(value: &Value, field: &str) -> Option<Uuid> {
    value[field].as_str()?.parse().ok()
}

impl Player {
    /// Registers a team of this name. `None`: it could not be, or nobody knows.
    pub(crate) async fn register(game: &Game, transport: &mut impl Transport, name: String) -> Option<Self> {
        match game.make(transport, &Move::register(&game.contest, &name)).await {
            Answer::Done { body, sent, replied, .. } => {
                let (team, token) = (id(&body, "id")?, body["token"].as_str()?.to_owned());
                game.books.note(|books| books.teams.insert(team, Registered { name }));
                let points = body["points"].as_i64()?;
                game.books.told(Told { team, points, sent, replied });
                Some(Self { team, token })
            }
            Answer::Unknown => {
                game.books.unknown(Unknown::Team { name });
                None
            }
            Answer::Refused | Answer::Failed => None,
        }
    }

    /// Asks for any question.
    pub(crate) async fn draw(&self, game: &Game, transport: &mut impl Transport) -> Draw {
        self.take(game, transport, Move::draw(&game.contest, &self.token)).await
    }

    /// Asks for this shared question.
    pub(crate) async fn claim(&self, game: &Game, transport: &mut impl Transport, question: &str) -> Draw {
        self.take(game, transport, Move::claim(&game.contest, &self.token, question)).await
    }

    async fn take(&self, game: &Game, transport: &mut impl Transport, mv: Move) -> Draw {
        match game.make(transport, &mv).await {
            Answer::Done { body, .. } => self.hold(game, &body),
            Answer::Unknown => {
                game.books.unknown(Unknown::Taking { team: self.team });
                Draw::Astray
            }
            Answer::Refused | Answer::Failed => Draw::None,
        }
    }

    /// Writes down what the team was given.
    fn hold(&self, game: &Game, given: &Value) -> Draw {
        let (Some(assignment), Some(question)) = (id(given, "id"), id(given, "question_id")) else {
            return Draw::Astray;
        };
        game.books.note(|books| books.taken.insert(assignment, Taken { team: self.team, question }));
        let text = given["question"]["text"].as_str().unwrap_or_default().to_owned();
        Draw::Held(Held { assignment, text })
    }

    /// Answers, right so often as players are; false when nobody knows whether it was done.
    pub(crate) async fn answer(&self, game: &Game, transport: &mut impl Transport, held: &Held) -> bool {
        let (assignment, right) = (held.assignment, chance(RIGHT));
        let answer = answer_to(&held.text, right).unwrap_or(Value::Bool(true));
        let mv = Move::submit(&game.contest, &self.token, &assignment.to_string(), &answer);
        match game.make(transport, &mv).await {
            Answer::Done { body, sent, replied, .. } => {
                self.book_verdict(game, held, right, &body);
                let points = body["total_points"].as_i64().unwrap_or(0);
                game.books.told(Told { team: self.team, points, sent, replied });
            }
            Answer::Unknown => {
                game.books.unknown(Unknown::Answer { assignment, team: self.team });
                return false;
            }
            Answer::Refused | Answer::Failed => {}
        }
        true
    }

    /// Writes down what was said to an answer that should have been judged so.
    fn book_verdict(&self, game: &Game, held: &Held, right: bool, verdict: &Value) {
        let correct = verdict["correct"] == true;
        let points = verdict["points_earned"].as_i64().unwrap_or(0);
        let done = Submitted { assignment: held.assignment, team: self.team, correct, points };
        let submission = id(verdict, "submission_id");
        game.books.note(|books| {
            if let Some(submission) = submission {
                books.submitted.insert(submission, done);
            }
            if correct != right {
                books.misjudged.push(format!("{}: meant right {right}, judged right {correct}", held.text));
            }
        });
    }

    /// Pays for a box and gets its question.
    pub(crate) async fn open(
        &self,
        game: &Game,
        transport: &mut impl Transport,
        mystery_box: &str,
        price: i64,
    ) -> Draw {
        let mv = Move::open(&game.contest, &self.token, mystery_box, price);
        match game.make(transport, &mv).await {
            Answer::Done { body, sent, replied, .. } => {
                let given = &body["assignment"];
                if let (Some(opening), Some(assignment)) = (id(&body, "id"), id(given, "id")) {
                    let opened = Opened { team: self.team, assignment, price };
                    game.books.note(|books| books.opened.insert(opening, opened));
                }
                let points = body["balance"].as_i64().unwrap_or(0);
                game.books.told(Told { team: self.team, points, sent, replied });
                self.hold(game, given)
            }
            Answer::Unknown => {
                game.books.unknown(Unknown::Opening { team: self.team });
                Draw::Astray
            }
            Answer::Refused | Answer::Failed => Draw::None,
        }
    }
}
