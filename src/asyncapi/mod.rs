//! The AsyncAPI description of the socket: what is said on it, by whom, and how it looks.

mod frames;
mod members;

use rocket::get;
use rocket::serde::json::Json;
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::chat::Message;
use crate::leaderboard::Row;
use crate::realtime::frames::{Lasts, PROTOCOL};
use frames::{Frame, from_clients, from_us};

/// The whole description.
#[must_use]
pub fn document() -> Value {
    let (ours, theirs) = (from_us(), from_clients());
    let messages: Map<String, Value> =
        ours.iter().chain(&theirs).map(|frame| (frame.name.to_owned(), frame.message())).collect();
    let named = |names: &[Frame]| -> Map<String, Value> {
        let reference = |name| json!({"$ref": format!("#/components/messages/{name}")});
        names.iter().map(|frame| (frame.name.to_owned(), reference(frame.name))).collect()
    };
    let mut spoken = named(&ours);
    spoken.extend(named(&theirs));
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Podium's socket",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The live board, the contest, announcements, and what concerns a team or staff, as JSON \
                text frames. The client speaks first. docs/API.md says how nothing is missed.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {"socket": {
            "address": "/api/v1/ws",
            "title": format!("Protocol {PROTOCOL}"),
            "messages": spoken,
            "bindings": {"ws": {"method": "GET"}},
        }},
        "operations": {
            "send": operation("send", "What the server says", &ours),
            "receive": operation("receive", "What a client says", &theirs),
        },
        "components": {"messages": messages, "schemas": schemas()},
    })
}

fn operation(action: &str, summary: &str, frames: &[Frame]) -> Value {
    let message = |frame: &Frame| json!({"$ref": format!("#/channels/socket/messages/{}", frame.name)});
    json!({
        "action": action, "summary": summary, "channel": {"$ref": "#/channels/socket"},
        "messages": frames.iter().map(message).collect::<Vec<_>>(),
    })
}

/// The types that frames are made of, with those that they are made of in turn.
fn schemas() -> Map<String, Value> {
    let mut all = Vec::new();
    add::<Row>(&mut all);
    add::<Lasts>(&mut all);
    add::<Message>(&mut all);
    all.into_iter().map(|(name, schema)| (name, json!(schema))).collect()
}

fn add<T: ToSchema + PartialSchema>(all: &mut Vec<(String, RefOr<Schema>)>) {
    all.push((T::name().into_owned(), T::schema()));
    T::schemas(all);
}

/// The description of the socket, for tools.
#[utoipa::path(tag = "documents", context_path = "/api/v1", responses((status = 200, body = Value)))]
#[get("/asyncapi.json")]
pub fn get_asyncapi() -> Json<Value> {
    Json(document())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::frames::Hello;

    #[test]
    fn every_hello_that_is_shown_is_understood() {
        let hello = from_clients().into_iter().find(|frame| frame.name == "hello").expect("a hello");
        Hello::parse(&hello.example.to_string()).expect("an example that parses");
    }

    #[test]
    fn every_frame_shows_itself() {
        for frame in from_us().iter().chain(&from_clients()) {
            assert_eq!(frame.example["type"], frame.kind);
        }
    }
}
