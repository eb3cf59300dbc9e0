//! Somebody with an account: requests by REST, and a socket.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::http::{Ask, Connection};

/// How long anything that was promised may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Everybody's password.
const PASSWORD: &str = "correct horse battery";

/// Somebody who is signed in.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) name: String,
    connection: Connection,
    socket_url: String,
    token: String,
}

/// A reply: its status and its body.
pub(super) type Heard = (u16, Value);

impl Person {
    pub(super) async fn sign_in(authority: &str, socket_url: &str, name: String) -> Result<Self, String> {
        let connection = Connection::new(authority, PATIENCE);
        let mut person = Self { name, connection, socket_url: socket_url.to_owned(), token: String::new() };
        let (status, made) =
            person.post("auth/register", json!({"name": person.name, "password": PASSWORD})).await?;
        expect(status == 201, "register", &made)?;
        let (status, tokens) =
            person.post("auth/token", json!({"username": person.name, "password": PASSWORD})).await?;
        expect(status == 200, "token", &tokens)?;
        person.token = tokens["access_token"].as_str().unwrap_or_default().to_owned();
        Ok(person)
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Heard, String> {
        self.send(Ask::get(format!("/api/v1/{path}"))).await
    }

    pub(super) async fn post(&mut self, path: &str, body: Value) -> Result<Heard, String> {
        self.send(Ask::post(format!("/api/v1/{path}"), &body)).await
    }

    /// A POST with nothing to say.
    pub(super) async fn poke(&mut self, path: &str) -> Result<Heard, String> {
        self.send(Ask::new(Method::POST, format!("/api/v1/{path}"))).await
    }

    pub(super) async fn delete(&mut self, path: &str) -> Result<Heard, String> {
        self.send(Ask::new(Method::DELETE, format!("/api/v1/{path}"))).await
    }

    async fn send(&mut self, ask: Ask) -> Result<Heard, String> {
        let ask = if self.token.is_empty() { ask } else { ask.bearer(&self.token) };
        let reply = self.connection.send(&ask).await.map_err(|e| e.to_string())?;
        Ok((reply.status, reply.json()))
    }

    /// Opens a socket to a contest, by a ticket, and waits for the welcome.
    pub(super) async fn listen(&mut self, contest: &str) -> Result<Listener, String> {
        let (status, ticket) = self.poke("ws-tickets").await?;
        expect(status == 201, "a ticket", &ticket)?;
        let (socket, _) = connect_async(&self.socket_url).await.map_err(|e| format!("no socket: {e}"))?;
        let mut listener = Listener(socket);
        let hello = json!({"type": "hello", "protocol": 1, "contest": contest, "auth": ticket["ticket"]});
        listener.say(&hello).await?;
        listener.hear("welcome").await?;
        Ok(listener)
    }
}

fn expect(so: bool, what: &str, came: &Value) -> Result<(), String> {
    if so { Ok(()) } else { Err(format!("{what} was answered {came}")) }
}

/// An open socket.
#[derive(Debug)]
pub(super) struct Listener(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Listener {
    pub(super) async fn say(&mut self, frame: &Value) -> Result<(), String> {
        self.0.send(Message::text(frame.to_string())).await.map_err(|e| format!("cannot say {frame}: {e}"))
    }

    /// The next frame of this type; others are passed by.
    pub(super) async fn hear(&mut self, kind: &str) -> Result<Value, String> {
        self.hear_where(kind, |_| true).await
    }

    /// The next frame of this type that is so: frames may come together in one, or one by one.
    pub(super) async fn hear_where(
        &mut self,
        kind: &str,
        so: impl Fn(&Value) -> bool,
    ) -> Result<Value, String> {
        let heard = timeout(PATIENCE, async {
            while let Some(Ok(message)) = self.0.next().await {
                let Message::Text(text) = message else { continue };
                let frame: Value = serde_json::from_str(&text).map_err(|e| format!("no JSON: {e}"))?;
                if frame["type"] == kind && so(&frame) {
                    return Ok(frame);
                }
            }
            Err(format!("closed before a {kind}"))
        });
        heard.await.map_err(|_| format!("no {kind} came in time"))?
    }
}
