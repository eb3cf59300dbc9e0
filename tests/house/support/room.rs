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
    /// A room with so many people in it; the first one owns it.
    pub async fn room(&self, people: usize) -> Room {
        self.room_with(&[], people).await
    }

    /// The same with problems.
    pub async fn room_with(&self, problems: &[Value], people: usize) -> Room {
        let people = self.crowd(people).await;
        let wish = json!({"problems": problems, "max_members": people.len()});
        let made = people[0].client.post("rooms", wish).await.ok(201);
        let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
        let contest = self.known(&text(&made, "room_id")).await;
        let mut members = Vec::new();
        for account in people {
            // Whoever is in it already, as its owner is, stays.
            let team = text(&account.join(&contest.code).await.ok(200), "member_id");
            members.push(Member { account, team, code: contest.code.clone() });
        }
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
        Self { account: self.account.at(instance), ..self.clone() }
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
        let ticket = self.account.at(instance).client.poke("ws-tickets").await.ok(201)["ticket"].clone();
        let mut hello = json!({"auth": ticket});
        hello.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Socket::hello(&instance.socket_url(), &self.code, hello).await
    }
}
