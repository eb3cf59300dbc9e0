//! What one client of the server does, again and again.

use std::time::Duration;

use hyper::Method;
use serde::Deserialize;

use super::operation::Operation;
use crate::hall::Hall;
use crate::http::{Ask, Connection, Reply};

/// No reply takes longer on a machine that works.
const PATIENCE: Duration = Duration::from_secs(10);

/// One client: a connection, and teams that no other client plays for.
pub(super) struct Client {
    operation: Operation,
    connection: Connection,
    teams_path: String,
    assignments_path: String,
    openings_path: String,
    token: String,
    /// The first of its teams, and how many it has.
    teams: (u64, u64),
    turn: u64,
    /// What it sends that must be its own: names, keys.
    name: String,
    keyed: bool,
}

#[derive(Deserialize)]
struct Made<'a> {
    #[serde(borrow)]
    id: &'a str,
}

impl Client {
    /// The client of this number out of so many.
    pub(super) fn new(
        authority: &str,
        operation: Operation,
        hall: &Hall,
        (number, of): (u64, u64),
        (run, keyed): (u64, bool),
    ) -> Self {
        let contest = format!("/api/v1/contests/{}", hall.contest);
        let each = hall.teams / of.max(1);
        Self {
            operation,
            connection: Connection::new(authority, PATIENCE),
            teams_path: format!("{contest}/teams"),
            assignments_path: format!("{contest}/assignments"),
            openings_path: format!("{contest}/mystery-boxes/{}/openings", hall.mystery_box),
            token: hall.token.clone(),
            teams: (number * each, each),
            turn: 0,
            name: format!("{run:04}-{number:02}"),
            keyed,
        }
    }

    /// Opens the connection.
    pub(super) async fn connect(&mut self) -> Result<(), String> {
        self.send(Ask::get("/livez"), 200).await.map(drop)
    }

    /// Does it once; anything but success is an error.
    pub(super) async fn once(&mut self) -> Result<(), String> {
        self.turn += 1;
        match self.operation {
            Operation::Registration => self.register().await,
            Operation::Play => self.draw_and_answer().await,
            Operation::Boxes => self.open_box().await,
        }
    }

    async fn register(&mut self) -> Result<(), String> {
        let body = format!(
            r#"{{"name":"Load {}-{:06}","members":["Ada","Grace"],"email":"load@example.org"}}"#,
            self.name, self.turn
        );
        let ask = self.post(self.teams_path.clone(), body, "r");
        self.send(ask, 201).await.map(drop)
    }

    async fn draw_and_answer(&mut self) -> Result<(), String> {
        let (first, count) = self.teams;
        let token = format!("{}{}", self.token, first + self.turn % count.max(1));
        let draw = self.post(self.assignments_path.clone(), "{}".to_owned(), "d").bearer(&token);
        let drawn = self.send(draw, 201).await?;
        let Made { id } = serde_json::from_slice(&drawn.body).map_err(|e| format!("an assignment: {e}"))?;
        let path = format!("{}/{id}/submissions", self.assignments_path);
        let answer = self.post(path, r#"{"answer":"A"}"#.to_owned(), "s").bearer(&token);
        self.send(answer, 200).await.map(drop)
    }

    async fn open_box(&mut self) -> Result<(), String> {
        let (first, count) = self.teams;
        if self.turn >= count {
            return Err("a client ran out of teams: fewer seconds, please".to_owned());
        }
        let token = format!("{}{}", self.token, first + self.turn);
        let ask = self.post(self.openings_path.clone(), r#"{"price":10}"#.to_owned(), "o").bearer(&token);
        self.send(ask, 201).await.map(drop)
    }

    fn post(&self, path: String, body: String, what: &str) -> Ask {
        let ask = Ask { body: Some(body.into_bytes()), ..Ask::new(Method::POST, path) };
        if self.keyed { ask.keyed(&format!("{}-{what}{}", self.name, self.turn)) } else { ask }
    }

    async fn send(&mut self, ask: Ask, expected: u16) -> Result<Reply, String> {
        let reply = self.connection.send(&ask).await.map_err(|e| e.to_string())?;
        if reply.status == expected {
            return Ok(reply);
        }
        let said = String::from_utf8_lossy(&reply.body).into_owned();
        Err(format!("{} {} was answered {}: {said}", ask.method, ask.path, reply.status))
    }
}
