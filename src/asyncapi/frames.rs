//! Every frame, with an example. House tests hold each frame that they hear against these.

use serde_json::{Map, Value, json};

use super::members::{anything, id, list, named, number, one_of, or_null, text, time, yes_or_no};
use crate::announcements::Priority;
use crate::contests::{BoardState, ContestState};
use crate::realtime::frames::{ByeCode, PROTOCOL, Stream};

/// A frame as it is described.
pub(super) struct Frame {
    /// What it is called here: its type, unless both sides have a frame of that type.
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    about: &'static str,
    /// The schema of each member but `type`.
    members: Map<String, Value>,
    /// Those that may be missing.
    optional: &'static [&'static str],
    pub(super) example: Value,
}

impl Frame {
    fn new(name: &'static str, about: &'static str, members: Value, mut example: Value) -> Self {
        example["type"] = json!(name);
        let Value::Object(members) = members else { unreachable!("members are an object") };
        Self { name, kind: name, about, members, optional: &[], example }
    }

    fn of_type(mut self, kind: &'static str) -> Self {
        (self.kind, self.example["type"]) = (kind, json!(kind));
        self
    }

    /// One that waits in a queue: it carries its number, and that of the one before.
    fn queued(name: &'static str, about: &'static str, mut members: Value, mut example: Value) -> Self {
        (members["seq"], members["prev"]) = (number(), number());
        (example["seq"], example["prev"]) = (json!(1061), json!(1033));
        Self::new(name, about, members, example)
    }

    /// The same with the time of its event.
    fn event(name: &'static str, about: &'static str, mut members: Value, mut example: Value) -> Self {
        (members["at"], example["at"]) = (time(), json!("2026-11-21T09:30:00.000Z"));
        Self::queued(name, about, members, example)
    }

    fn without(mut self, optional: &'static [&'static str]) -> Self {
        self.optional = optional;
        self
    }

    /// As the description has it.
    pub(super) fn message(&self) -> Value {
        let needed = self.members.keys().map(String::as_str).filter(|name| !self.optional.contains(name));
        let mut properties = self.members.clone();
        properties.insert("type".to_owned(), json!({"const": self.kind}));
        json!({
            "name": self.name, "summary": self.about, "contentType": "application/json",
            "payload": {
                "type": "object", "properties": properties, "additionalProperties": false,
                "required": needed.chain(["type"]).collect::<Vec<_>>(),
            },
            "examples": [{"payload": self.example}],
        })
    }
}

const TEAM: &str = "0195f1c2-a7e3-7d0b-8c11-2f6a9b3c4d5e";

/// What clients say.
pub(super) fn from_clients() -> Vec<Frame> {
    let streams = list(&one_of(Stream::ALL.iter().map(|stream| stream.as_str())));
    let resume = json!({
        "type": "object", "required": ["seq"], "additionalProperties": false,
        "properties": {"seq": number(), "board": or_null(&number())},
    });
    vec![
        Frame::new(
            "hello",
            "The first frame: which contest, who it is, what it wants to follow, and where it broke off",
            json!({"protocol": {"const": PROTOCOL}, "contest": text(), "auth": or_null(&text()),
                "streams": or_null(&streams), "resume": or_null(&resume), "history": or_null(&number())}),
            json!({"protocol": PROTOCOL, "contest": "SAMPLE", "streams": ["board", "team"],
                "auth": "pdm_team_…", "resume": {"seq": 1041, "board": 1040}}),
        )
        .without(&["auth", "streams", "resume", "history"]),
        Frame::new("pong", "The client is there; any other frame says so too", json!({}), json!({})),
        Frame::new(
            "say",
            "Says something to everybody in the room",
            json!({"message": text(), "key": text()}),
            json!({"message": "Hello", "key": "6f2a"}),
        )
        .of_type("chat")
        .without(&["key"]),
        Frame::new(
            "submission",
            "Answers a question that the team holds, or a problem of the room",
            json!({"assignment_id": id(), "problem_id": text(), "answer": {}, "key": text()}),
            json!({"problem_id": "p1", "answer": "8", "key": "a1"}),
        )
        .without(&["assignment_id", "problem_id", "key"]),
    ]
}

/// What the server says.
pub(super) fn from_us() -> Vec<Frame> {
    let mut all = about_the_line();
    all.extend(about_the_board());
    all.extend(about_the_contest());
    all.extend(about_some());
    all.extend(about_talk());
    all.extend(replies());
    all
}

fn about_the_line() -> Vec<Frame> {
    vec![
        Frame::new(
            "welcome",
            "The answer to the hello",
            json!({"protocol": {"const": PROTOCOL}, "server_time": time(), "contest_time_ms": number(),
                "state": one_of(ContestState::ALL.iter().map(|state| state.as_str())), "frozen": yes_or_no(),
                "head": number(), "contest_id": id(), "resumed": yes_or_no(), "last": named("Lasts"),
                "streams": list(&one_of(Stream::ALL.iter().map(|stream| stream.as_str())))}),
            json!({"protocol": PROTOCOL, "server_time": "2026-11-21T09:30:00.000Z", "contest_time_ms": 4_210_000,
                "state": "running", "frozen": false, "head": 1057, "contest_id": TEAM, "resumed": true,
                "streams": ["board", "team"], "last": {"scores": 1041, "team": 1012}}),
        )
        .without(&["resumed"]),
        Frame::new(
            "ping",
            "Are you there? Whoever answers nothing twice is taken for dead",
            json!({"head": number()}),
            json!({"head": 1061}),
        ),
        Frame::new(
            "degraded",
            "The board may be old, or is live again",
            json!({"degraded": yes_or_no()}),
            json!({"degraded": true}),
        ),
        Frame::new(
            "bye",
            "The last frame: why the socket is closed, and whether to come back",
            json!({"code": one_of(ByeCode::ALL.iter().map(|code| code.as_str())), "detail": text(),
                "reconnect_after_ms": number()}),
            json!({"code": "drain", "reconnect_after_ms": 850}),
        )
        .without(&["detail", "reconnect_after_ms"]),
    ]
}

fn about_the_board() -> Vec<Frame> {
    let rows = list(&named("Row"));
    let row = json!({"rank": 1, "team_id": TEAM, "team": "Red", "points": 1400, "last_gain_ms": 3_900_000, "wrong": 2});
    vec![
        Frame::new(
            "leaderboard_snapshot",
            "The whole board",
            json!({"seq": number(), "rows": rows}),
            json!({"seq": 1057, "rows": [row]}),
        ),
        Frame::new(
            "leaderboard_update",
            "What brings the board from `prev` to `seq`: absolute values of the teams that changed",
            json!({"seq": number(), "prev": number(), "rows": rows, "removed": list(&id())}),
            json!({"seq": 1058, "prev": 1057, "rows": [row], "removed": []}),
        ),
        Frame::queued(
            "score_update",
            "The points of a team, whenever they change",
            json!({"team_id": id(), "team": text(), "points": number(), "reason": text()}),
            json!({"team_id": TEAM, "team": "Red", "points": 1500, "reason": "answer"}),
        ),
    ]
}

fn about_the_contest() -> Vec<Frame> {
    let when = or_null(&time());
    let standing = json!({"team_id": id(), "team": text(), "points": number(), "wrong": number(), "reason": text(),
        "last_gain_ms": or_null(&number()), "division": or_null(&text())});
    let stands = |reason: &str| {
        json!({"team_id": TEAM, "team": "Red", "points": 1000, "wrong": 0, "last_gain_ms": null, "division": null,
            "reason": reason})
    };
    vec![
        Frame::event(
            "contest_update",
            "The state, the clock or the board's freeze has changed",
            json!({"state": one_of(ContestState::ALL.iter().map(|state| state.as_str())), "name": text(),
                "board": one_of(BoardState::ALL.iter().map(|board| board.as_str())), "starts_at": when,
                "ends_at": when, "freezes_at": when, "ended_at": when, "paused_at": when}),
            json!({"state": "running", "name": "Spring quiz", "board": "live", "freezes_at": null, "ended_at": null,
                "starts_at": "2026-11-21T09:00:00Z", "ends_at": "2026-11-21T10:00:00Z", "paused_at": null}),
        ),
        Frame::event("team_joined", "A team is on the board", standing.clone(), stands("opening")),
        Frame::event("team_renamed", "A team has another name", standing.clone(), stands("renamed")),
        Frame::event("team_moved", "A team plays in another division", standing, stands("moved")),
        Frame::event(
            "team_left",
            "A team is not on the board any more",
            json!({"team_id": id(), "team": text(), "reason": text()}),
            json!({"team_id": TEAM, "team": "Red", "reason": "withdrawn"}),
        ),
        Frame::event(
            "first_correct",
            "A team was the first to answer a shared question",
            json!({"question_id": id(), "team_id": id(), "team": text(), "points": number()}),
            json!({"question_id": TEAM, "team_id": TEAM, "team": "Red", "points": 10}),
        ),
        Frame::event(
            "owner_changed",
            "The owner of a room has left it; this member owns it now",
            json!({"team_id": id(), "owner": text()}),
            json!({"team_id": TEAM, "owner": "alice"}),
        ),
        Frame::event(
            "problem_added",
            "A problem can be answered in the room",
            json!({"problem_id": text(), "question_id": id(), "points": number()}),
            json!({"problem_id": "p1", "question_id": TEAM, "points": 20}),
        ),
    ]
}

fn about_some() -> Vec<Frame> {
    let number_or_null = or_null(&number());
    let announcement = json!({"number": number(), "title": text(), "body": text(), "must_acknowledge": yes_or_no(),
        "priority": one_of(Priority::ALL.iter().map(|priority| priority.as_str())),
        "division": or_null(&text()), "team_id": or_null(&id()), "corrects": number_or_null});
    let told = json!({"number": 7, "title": "Ten minutes left", "body": "Then **pens down**.", "priority": "urgent",
        "must_acknowledge": false, "division": null, "team_id": null, "corrects": null});
    let event = json!({"event": text(), "payload": anything()});
    let answered = json!({"event": "answer_judged", "payload": {"correct": true, "points_earned": 100}});
    let acted = json!({"event": "staff_acted", "payload": {"action": "edit_team", "by": "ada"}});
    vec![
        Frame::event("announcement", "Staff tells everybody something", announcement.clone(), told.clone()),
        Frame::event("announcement_withdrawn", "An announcement is taken back", announcement, told),
        Frame::event("team_event", "An event that concerns the client's team", event.clone(), answered),
        Frame::event("staff_event", "An event for staff", event, acted),
    ]
}

fn about_talk() -> Vec<Frame> {
    let by = one_of(["author", "owner", "staff"]);
    let muted = json!({"team_id": id(), "team": text(), "by": by});
    let bob = json!({"team_id": TEAM, "team": "bob", "by": "owner"});
    vec![
        Frame::event(
            "chat",
            "Something was said in the room; null once it is deleted",
            json!({"message_id": id(), "team_id": id(), "author": text(), "message": or_null(&text())}),
            json!({"message_id": TEAM, "team_id": TEAM, "author": "ada", "message": "Hello"}),
        ),
        Frame::new(
            "chat_history",
            "What was said last, the oldest first, up to `seq`",
            json!({"seq": number(), "messages": list(&named("Message"))}),
            json!({"seq": 1057, "messages": [{"seq": 1055, "at": "2026-11-21T09:30:00.000Z", "message_id": TEAM,
                "team_id": TEAM, "author": "ada", "message": "Hello"}]}),
        ),
        Frame::event(
            "chat_deleted",
            "A message is gone",
            json!({"message_id": id(), "by": by}),
            json!({"message_id": TEAM, "by": "owner"}),
        ),
        Frame::event("chat_muted", "A member may not say anything", muted.clone(), bob.clone()),
        Frame::event("chat_unmuted", "A member may speak again", muted, bob),
        Frame::new(
            "presence",
            "Who is in the room at the moment; the newest list holds",
            json!({"active_users": number(), "teams": list(&id())}),
            json!({"active_users": 1, "teams": [TEAM]}),
        ),
    ]
}

/// What is for the one client that asked.
fn replies() -> Vec<Frame> {
    let done = json!({"result": anything(), "key": text(), "replayed": yes_or_no()});
    let reply = |result: Value| json!({"result": result, "key": "a1", "replayed": false});
    vec![
        Frame::new(
            "submission_result",
            "What an answer has earned, as REST would say it",
            done.clone(),
            reply(json!({"correct": true, "points_earned": 100})),
        )
        .without(&["key", "replayed"]),
        Frame::new("chat_sent", "A message was taken", done, reply(json!({"message_id": TEAM})))
            .without(&["key", "replayed"]),
        Frame::new(
            "refused",
            "What was asked for was refused, by a problem as REST would answer it",
            json!({"to": text(), "problem": anything(), "key": text(), "retry_after_s": number()}),
            json!({"to": "submission", "problem": {"type": "/problems/already-answered", "status": 409}}),
        )
        .without(&["key", "retry_after_s"]),
    ]
}
