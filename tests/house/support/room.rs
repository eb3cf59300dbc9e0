//! Rooms, and the people in them.

use serde_json::{Value, json};

use super::{Account, Contest, Instance, Reply, Socket, TestApp};

/// A room that its members play and talk in.
#[derive(Debug, Clone)]
pub struct Room {
    pub contest: Contest,
    pub members: Vec<Member>,
}

/// An account that is in a room.
#[derive(Debug, Clone)]
pub struct Member {
    pub account: Account,
    pub team: String,
    pub code: String,
}

impl TestApp {
    /// A room with these people in it; the first one owns it.
    pub async fn room(&self, names: &[&str]) -> Room {
        self.room_with(&[], names).await
    }

    /// The same with questions.
    pub async fn room_with(&self, questions: &[Value], names: &[&str]) -> Room {
        let contest = self.contest(json!({}), questions).await;
        let mut members = Vec::new();
        for name in names {
            let account = self.account(name).await;
            let made = account.client.post(&contest.path("teams"), json!({"name": name})).await.ok(201);
            let team = made["id"].as_str().unwrap().to_owned();
            members.push(Member { account, team, code: contest.code.clone() });
        }
        self.execute(&format!("UPDATE contest SET kind = 'room' WHERE id = '{}'", contest.id)).await;
        Room { contest, members }
    }
}

impl Room {
    pub fn path(&self, tail: &str) -> String {
        format!("rooms/{}/{tail}", self.contest.code)
    }

    /// Everything that was said, the newest first, as this member reads it.
    pub async fn said(&self, member: &Member) -> Vec<Value> {
        member.account.client.all(&self.path("messages"), 200).await
    }
}

impl Member {
    /// The same member at another server.
    pub fn at(&self, instance: &Instance) -> Self {
        let account = Account { client: self.account.client.at(instance), ..self.account.clone() };
        Self { account, ..self.clone() }
    }

    pub fn path(&self, tail: &str) -> String {
        format!("rooms/{}/{tail}", self.code)
    }

    /// Says something by REST.
    pub async fn say(&self, text: &str) -> Reply {
        self.account.client.post(&self.path("messages"), json!({"message": text})).await
    }

    /// Says something, which must work; returns the message's id.
    pub async fn said(&self, text: &str) -> String {
        self.say(text).await.ok(201)["message_id"].as_str().unwrap().to_owned()
    }

    /// Opens a socket to the room at this server.
    pub async fn socket(&self, instance: &Instance, more: Value) -> Socket {
        let ticket = self.account.client.at(instance).poke("ws-tickets").await.ok(201)["ticket"].clone();
        let mut hello = json!({"auth": ticket});
        hello.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Socket::hello(&instance.socket_url(), &self.code, hello).await
    }
}
