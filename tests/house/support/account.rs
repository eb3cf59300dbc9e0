//! Accounts, made and used by REST as people would.

use serde_json::{Value, json};

use super::{Client, Reply, TestApp};

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
        let made = self.anyone().post("auth/register", input).await.ok(201);
        Account::of(&self.anyone(), &made, &sign_in(&self.anyone(), name, PASSWORD).await.ok(200))
    }
}

impl Account {
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
        let tokens = sign_in(&app.anyone(), &self.name, PASSWORD).await.ok(200);
        Self::of(&app.anyone(), &json!({"id": self.id, "name": self.name}), &tokens)
    }
}

/// Asks for tokens with a password.
pub async fn sign_in(client: &Client, name: &str, password: &str) -> Reply {
    client.post("auth/token", json!({"username": name, "password": password})).await
}

/// Asks for tokens with a refresh token.
pub async fn refresh(client: &Client, token: &str) -> Reply {
    client.post("auth/token", json!({"grant_type": "refresh_token", "refresh_token": token})).await
}
