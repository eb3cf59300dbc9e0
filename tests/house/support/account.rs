//! Accounts, made and used by REST as people would.

use serde_json::{Value, json};

use super::{Client, Instance, Reply, TestApp};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: String,
    pub name: String,
    pub client: Client,
    pub access: String,
    pub refresh: String,
}

impl TestApp {
    /// Registers and signs in.
    pub async fn account(&self, name: &str) -> Account {
        let input = json!({"name": name, "password": PASSWORD});
        self.anyone().post("auth/register", input).await.ok(201);
        Account::signed_in(self, name).await
    }
}

impl Account {
    /// Whoever has registered signs in.
    pub async fn signed_in(app: &TestApp, name: &str) -> Self {
        let tokens = sign_in(&app.anyone(), name, PASSWORD).await.ok(200);
        let me = app.anyone().bearer(tokens["access_token"].as_str().unwrap()).get("auth/me").await.ok(200);
        Self::of(&app.anyone(), &me, &tokens)
    }

    fn of(anyone: &Client, made: &Value, tokens: &Value) -> Self {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
        let access = text(tokens, "access_token");
        Self {
            id: text(made, "id"),
            name: text(made, "name"),
            client: anyone.bearer(&access),
            access,
            refresh: text(tokens, "refresh_token"),
        }
    }

    /// The same person on another device.
    pub async fn again(&self, app: &TestApp) -> Self {
        Self::signed_in(app, &self.name).await
    }
}

impl Account {
    /// Makes a room and returns its code.
    pub async fn room(&self, wish: Value) -> String {
        self.client.post("rooms", wish).await.ok(201)["room_id"].as_str().unwrap().to_owned()
    }

    /// Comes into a room.
    pub async fn join(&self, room: &str) -> Reply {
        self.client.poke(&format!("rooms/{room}/join")).await
    }

    /// Answers a problem of a room.
    pub async fn solve(&self, room: &str, problem: &str, answer: &str) -> Reply {
        let sent = json!({"problem_id": problem, "answer": answer});
        self.client.post(&format!("rooms/{room}/submissions"), sent).await
    }

    /// The same account at another server.
    pub fn at(&self, instance: &Instance) -> Self {
        Self { client: self.client.at(instance), ..self.clone() }
    }
}

/// A problem worth 20 of which `8` is right.
pub fn problem(name: &str) -> Value {
    json!({"problem_id": name, "text": "How many bits has a byte?", "answer": "8", "points": 20})
}

/// Asks for tokens with a password.
pub async fn sign_in(client: &Client, name: &str, password: &str) -> Reply {
    client.post("auth/token", json!({"username": name, "password": password})).await
}

/// Asks for tokens with a refresh token.
pub async fn refresh(client: &Client, token: &str) -> Reply {
    client.post("auth/token", json!({"grant_type": "refresh_token", "refresh_token": token})).await
}
