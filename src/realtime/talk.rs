//! What is said in a room, as frames: messages get their text when frames are made of them.

use diesel_async::AsyncPgConnection;
use serde::Serialize;
use serde_json::{Value, json};

use super::frames;
use crate::chat::{DELETED, MUTED, Message, SENT, UNMUTED, queries};
use crate::error::Error;
use crate::events::Embargo;
use crate::events::feed::{self, Record};
use crate::types::{ContestId, MessageId, TeamId};

/// How an event of the chat is called on the socket.
pub(super) fn frame_name(kind: &str) -> Option<&'static str> {
    match kind {
        SENT => Some("chat"),
        DELETED => Some("chat_deleted"),
        MUTED => Some("chat_muted"),
        UNMUTED => Some("chat_unmuted"),
        _ => None,
    }
}

/// The message that an event is about.
pub(super) fn message(record: &Record) -> Option<MessageId> {
    record.payload.get("message_id")?.as_str()?.parse().ok()
}

/// As [`feed::after`], with the texts of messages.
pub(super) async fn after(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    embargo: Embargo,
    since: i64,
    limit: i64,
) -> Result<Vec<Record>, Error> {
    let records = feed::after(conn, contest, embargo, since, limit).await?;
    with_texts(conn, contest, records).await
}

/// As [`feed::disclosed_after`], with the texts of messages.
pub(super) async fn disclosed_after(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    reader: (Embargo, Option<TeamId>),
    since: i64,
    limit: i64,
) -> Result<Vec<Record>, Error> {
    let records = feed::disclosed_after(conn, contest, reader, since, limit).await?;
    with_texts(conn, contest, records).await
}

/// The text stands beside the log, because it can be deleted: then it is null.
async fn with_texts(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    mut records: Vec<Record>,
) -> Result<Vec<Record>, Error> {
    let said: Vec<_> = records.iter().filter(|record| record.kind == SENT).filter_map(message).collect();
    if said.is_empty() {
        return Ok(records);
    }
    let mut texts = queries::texts(conn, contest, &said).await?;
    for record in records.iter_mut().filter(|record| record.kind == SENT) {
        let text = message(record).and_then(|id| texts.remove(&id));
        record.payload["message"] = json!(text);
    }
    Ok(records)
}

/// The frame of a message after it was deleted.
pub(super) fn without_text(frame: &str) -> String {
    let mut frame: Value = serde_json::from_str(frame).unwrap_or_default();
    frame["message"] = Value::Null;
    frame.to_string()
}

/// What was said last, up to a number.
pub(super) async fn history(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    until: i64,
    count: u16,
) -> Result<String, Error> {
    #[derive(Serialize)]
    struct Frame {
        #[serde(rename = "type")]
        kind: &'static str,
        seq: i64,
        messages: Vec<Message>,
    }
    let mut messages = queries::before(conn, contest, until.saturating_add(1), i64::from(count)).await?;
    messages.reverse();
    Ok(frames::text(&Frame { kind: "chat_history", seq: until, messages }))
}
