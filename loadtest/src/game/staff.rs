//! Staff at work: reading lists page by page, writing questions, editing, correcting points.
//! Each member of staff has a team of its own to edit, so that what must be there afterwards
//! is known exactly.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Transport};
use super::moves::Move;
use super::player::{Player, id};
use super::questions::{Use, question};
use super::{Game, chance};
use crate::books::{Adjusted, Told, Unknown};

/// The category of questions that are written during the run.
pub(crate) const WRITTEN_CATEGORY: &str = "Written in the run";

/// A member of staff.
#[derive(Debug, Clone)]
pub(crate) struct Staff {
    token: String,
    /// The team that only this member edits.
    team: Uuid,
    /// Adjustments that were not taken back.
    given: Vec<i64>,
    written: usize,
}

impl Staff {
    /// Begins to work: registers a team to look after.
    pub(crate) async fn begin(game: &Game, transport: &mut impl Transport, token: &str) -> Option<Self> {
        let team = Player::register(game, transport, game.team_name()).await?.team;
        Some(Self { token: token.to_owned(), team, given: Vec::new(), written: 0 })
    }

    /// One thing after another, as it comes: reads twice as often as edits.
    pub(crate) async fn work(&mut self, game: &Game, transport: &mut impl Transport) {
        match rand::random_range(0..12) {
            0 => self.read(game, transport, "GET /teams", "/teams?limit=50").await,
            1 => self.read(game, transport, "GET /questions", "/questions?limit=50").await,
            2 => self.read(game, transport, "GET /pools", "/pools").await,
            3 => self.read(game, transport, "GET /submissions", "/submissions?limit=50").await,
            4 => self.read(game, transport, "GET /mystery-boxes", "/mystery-boxes").await,
            5 => self.read_ledger(game, transport).await,
            6 => self.read(game, transport, "GET /events", "/events?limit=50").await,
            7 => self.search(game, transport).await,
            8 => self.edit_contest(game, transport).await,
            9 => self.edit_team(game, transport).await,
            10 => self.correct_points(game, transport).await,
            _ => self.write_question(game, transport).await,
        }
    }

    async fn read(&self, game: &Game, transport: &mut impl Transport, route: &'static str, tail: &str) {
        let mv = Move::read(route, game.contest.path(tail), Some(&self.token));
        game.make(transport, &mv).await;
    }

    async fn read_ledger(&self, game: &Game, transport: &mut impl Transport) {
        self.read(game, transport, "GET /ledger", &format!("/teams/{}/ledger?limit=50", self.team)).await;
    }

    /// Looks a question up in the bank by its name.
    async fn search(&self, game: &Game, transport: &mut impl Transport) {
        let path = format!("/api/v1/questions?external_id={}-Exclusive-0&limit=50", game.contest.run);
        game.make(transport, &Move::read("GET /bank", path, Some(&self.token))).await;
    }

    /// Everybody edits the one contest, so some are too late.
    async fn edit_contest(&self, game: &Game, transport: &mut impl Transport) {
        let read = Move::read("GET /contest", game.contest.path(""), Some(&self.token));
        let Some(found) = game.make(transport, &read).await.done() else { return };
        let Some(version) = found["version"].as_i64() else { return };
        let change = json!({"description": format!("Edited after version {version}.")});
        let mv = Move::edit("PATCH /contest", game.contest.path(""), version, &change, &self.token);
        let thing = "contest".to_owned();
        match game.make(transport, &mv).await {
            Answer::Done { .. } => game.books.note(|books| *books.edits.entry(thing).or_default() += 1),
            Answer::Unknown => game.books.unknown(Unknown::Edit { thing }),
            Answer::Refused | Answer::Failed => {}
        }
    }

    /// Nobody else edits this team, so the last address given is the one it has.
    async fn edit_team(&self, game: &Game, transport: &mut impl Transport) {
        let email = format!("{:08x}@example.org", rand::random::<u32>());
        let path = game.contest.path(&format!("/teams/{}", self.team));
        let mv = Move::change("PATCH /teams", path, &json!({"email": email}), &self.token);
        match game.make(transport, &mv).await {
            Answer::Done { .. } => game.books.note(|books| drop(books.emails.insert(self.team, email))),
            Answer::Unknown => game.books.unknown(Unknown::Edit { thing: self.team.to_string() }),
            Answer::Refused | Answer::Failed => {}
        }
    }

    /// Gives points, and takes back one time in three.
    async fn correct_points(&mut self, game: &Game, transport: &mut impl Transport) {
        let mv = match self.given.pop().filter(|_| chance(0.33)) {
            Some(seq) => {
                let path = game.contest.path(&format!("/teams/{}/ledger/{seq}/reversal", self.team));
                let why = json!({"reason": "load test: given by mistake"});
                Move::write("POST /reversal", path, &why, Some(&self.token))
            }
            None => {
                let amount = rand::random_range(1..100);
                let body = json!({"team_id": self.team, "amount": amount, "reason": "load test"});
                Move::write("POST /adjustments", game.contest.path("/adjustments"), &body, Some(&self.token))
            }
        };
        match game.make(transport, &mv).await {
            Answer::Done { body, sent, replied, .. } => {
                let points = body["balance"].as_i64().unwrap_or(0);
                game.books.told(Told { team: self.team, points, sent, replied });
                self.book(game, &body);
            }
            Answer::Unknown => game.books.unknown(Unknown::Adjustment { team: self.team }),
            Answer::Refused | Answer::Failed => {}
        }
    }

    fn book(&mut self, game: &Game, done: &Value) {
        let (Some(seq), Some(amount)) = (done["seq"].as_i64(), done["amount"].as_i64()) else { return };
        if amount > 0 {
            self.given.push(seq);
        }
        game.books.note(|books| books.adjusted.push(Adjusted { team: self.team, seq, amount }));
    }

    /// Writes a question into the bank and places it, then locks it.
    async fn write_question(&mut self, game: &Game, transport: &mut impl Transport) {
        self.written += 1;
        let mut content = question(&game.contest.run, self.written, Use::Exclusive);
        let terms = ["difficulty", "category", "points", "exclusive"];
        if let Some(fields) = content.as_object_mut() {
            fields.retain(|name, _| !terms.contains(&name.as_str()));
        }
        content["external_id"] = json!(format!("{}-{}-{}", game.contest.run, self.team, self.written));
        let write = Move::write("POST /bank", "/api/v1/questions".to_owned(), &content, Some(&self.token));
        let Some(made) = game.make(transport, &write).await.done() else { return };
        let place = json!({
            "question_id": made["id"], "difficulty": "EASY", "category": WRITTEN_CATEGORY, "points": 100,
        });
        let path = game.contest.path("/questions");
        let place = Move::write("POST /questions", path, &place, Some(&self.token));
        match game.make(transport, &place).await {
            Answer::Done { body, .. } => {
                if let Some(question) = id(&body, "id") {
                    game.books.note(|books| books.questions.push(question));
                    self.lock(game, transport, question, &body).await;
                }
            }
            Answer::Unknown => game.books.unknown(Unknown::Question),
            Answer::Refused | Answer::Failed => {}
        }
    }

    /// Locks the question that was just placed. It is this member's own, but a team may be
    /// given it at any moment; locking is possible all the same.
    async fn lock(&self, game: &Game, transport: &mut impl Transport, question: Uuid, placed: &Value) {
        let Some(version) = placed["edit_version"].as_i64() else { return };
        let path = game.contest.path(&format!("/questions/{question}"));
        let lock = json!({"state": "locked"});
        let mv = Move::edit("PATCH /questions", path, version, &lock, &self.token);
        let thing = format!("question {question}");
        match game.make(transport, &mv).await {
            Answer::Done { .. } => game.books.note(|books| *books.edits.entry(thing).or_default() += 1),
            Answer::Unknown => game.books.unknown(Unknown::Edit { thing }),
            Answer::Refused | Answer::Failed => {}
        }
    }
}
