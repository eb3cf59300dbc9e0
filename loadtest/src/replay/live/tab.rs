//! A browser's tab of the live leaderboard: one socket, on which every frame must have the documented
//! fields and no others.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long anything may take to be shown.
const PATIENCE: Duration = Duration::from_secs(15);

/// The documented frames, and the fields of what they carry.
const FRAMES: [(&str, &[&str]); 4] = [
    ("leaderboard-update", &["lastUpdate", "leaderboard"]),
    ("user-rank-update", &["rank", "score", "userId"]),
    ("participant-joined", &["totalParticipants", "userId", "username"]),
    ("error", &["code", "message"]),
];

/// The fields of a line of the leaderboard.
pub(super) const LINE: &[&str] = &["isConnected", "rank", "score", "userId", "username"];

/// One tab.
#[derive(Debug)]
pub(super) struct Tab {
    pub(super) user: &'static str,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Tab {
    /// Opens it; nobody has joined yet.
    pub(super) async fn open(url: &str, user: &'static str) -> Result<Self, String> {
        let opened = timeout(PATIENCE, connect_async(url)).await;
        let (socket, _) = opened.map_err(|_| "no socket in time")?.map_err(|e| format!("no socket: {e}"))?;
        Ok(Self { user, socket })
    }

    pub(super) async fn join(&mut self, session: &str) -> Result<(), String> {
        self.say("join-demo", json!({"userId": self.user, "sessionId": session})).await
    }

    pub(super) async fn say(&mut self, kind: &str, data: Value) -> Result<(), String> {
        let frame = json!({"type": kind, "data": data}).to_string();
        self.socket.send(Message::text(frame)).await.map_err(|e| format!("{}: {e}", self.user))
    }

    /// The next frame of this type whose data is as wanted; what comes before it is passed by, once
    /// it is seen to have its fields.
    pub(super) async fn shows(
        &mut self,
        kind: &str,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value, String> {
        let mut last = Value::Null;
        let found = timeout(PATIENCE, async {
            loop {
                let frame = self.next().await?;
                if frame["type"] == kind {
                    if wanted(&frame["data"]) {
                        return Ok(frame["data"].clone());
                    }
                    last = frame;
                }
            }
        });
        let found = found.await;
        found.unwrap_or_else(|_| Err(format!("{}'s tab never shows {what}; last: {last}", self.user)))
    }

    /// The next frame of the demo; the classic socket's, which come before one joins, are passed by.
    async fn next(&mut self) -> Result<Value, String> {
        loop {
            let message = self.socket.next().await.ok_or("the server has closed the socket")?;
            let Message::Text(text) = message.map_err(|e| format!("the socket broke: {e}"))? else {
                continue;
            };
            let frame: Value = serde_json::from_str(&text).map_err(|e| format!("no JSON: {e}: {text}"))?;
            let kind = frame["type"].as_str().unwrap_or_default();
            if ["leaderboard_update", "score_update"].contains(&kind) {
                continue;
            }
            must_have(&frame, &["data", "type"])?;
            let known = FRAMES.iter().find(|(known, _)| *known == kind);
            let (_, fields) = known.ok_or_else(|| format!("an unknown frame: {frame}"))?;
            must_have(&frame["data"], fields)?;
            for line in frame["data"]["leaderboard"].as_array().into_iter().flatten() {
                must_have(line, LINE)?;
            }
            return Ok(frame);
        }
    }
}

/// These fields and no others.
pub(super) fn must_have(object: &Value, fields: &[&str]) -> Result<(), String> {
    let mut there: Vec<_> = object.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    there.sort_unstable();
    if there == fields { Ok(()) } else { Err(format!("the fields should be {fields:?}: {object}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_too_many_or_too_few_is_noticed() {
        assert!(must_have(&json!({"a": 1, "b": 2}), &["a", "b"]).is_ok());
        for other in [json!({"a": 1}), json!({"a": 1, "b": 2, "c": 3}), json!([]), json!(null)] {
            assert!(must_have(&other, &["a", "b"]).is_err(), "{other}");
        }
    }
}
