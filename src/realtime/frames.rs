//! What is said on a socket: the client's hello, and every frame of ours as text.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::talk;
use crate::chat::SENT;
use crate::contests::ContestState;
use crate::events::feed::Record;
use crate::events::{Audience, BOARD_FROZEN, BOARD_THAWED, Told, Viewer, visible};
use crate::leaderboard::{BoardChange, Row};
use crate::types::{ContestId, MessageId, Points, TeamId, millis, text_enum};

/// The version of this protocol.
pub const PROTOCOL: u32 = 1;

text_enum! {
    /// What a client can follow.
    Stream {
        Board = "board", Contest = "contest", Announcements = "announcements", Team = "team", Staff = "staff",
        Chat = "chat",
    }
}

/// The first frame of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Id or code.
    pub contest: String,
    /// A token or a ticket.
    pub auth: Option<String>,
    /// What to follow; all that the caller may, when it is left out.
    pub streams: Option<Vec<Stream>>,
    /// Where an earlier connection broke off.
    pub resume: Option<Resume>,
    /// How many of the latest messages it wants to begin with.
    pub history: u16,
}

/// Messages that a client begins with unless it says how many.
const HISTORY: u16 = 50;

/// The most that it may ask for.
const MAX_HISTORY: u16 = 200;

/// What a client has from an earlier connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// The highest number of any frame it has applied.
    pub seq: i64,
    /// The number of the last board frame it has applied; without it the board comes whole.
    pub board: Option<i64>,
}

impl Hello {
    /// Reads the first frame.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            #[serde(rename = "type")]
            kind: String,
            protocol: u32,
            contest: String,
            auth: Option<String>,
            streams: Option<Vec<String>>,
            resume: Option<Resume>,
            history: Option<u16>,
        }
        let wire: Wire = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if wire.kind != "hello" {
            return Err("the first frame must be a hello".to_owned());
        }
        if wire.protocol != PROTOCOL {
            return Err(format!("protocol {} is not spoken here, only {PROTOCOL}", wire.protocol));
        }
        if wire.auth.as_ref().is_some_and(|auth| auth.len() > 512) {
            return Err("auth is too long".to_owned());
        }
        let streams = wire
            .streams
            .map(|names| names.iter().map(|name| name.parse()).collect::<Result<Vec<Stream>, _>>())
            .transpose()
            .map_err(|unknown| format!("streams: {unknown}"))?;
        if streams.as_ref().is_some_and(Vec::is_empty) {
            return Err("streams: name at least one, or leave it out".to_owned());
        }
        if wire.resume.is_some_and(|r| r.seq < 0 || r.board.is_some_and(|b| b < 0)) {
            return Err("resume: numbers are not negative".to_owned());
        }
        let history = wire.history.unwrap_or(HISTORY);
        if history > MAX_HISTORY {
            return Err(format!("history: at most {MAX_HISTORY} messages, and the others by REST"));
        }
        Ok(Self { contest: wire.contest, auth: wire.auth, streams, resume: wire.resume, history })
    }
}

/// Why a socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByeCode {
    /// This instance stops.
    Drain,
    /// The client does not keep up.
    Slow,
    /// The token is not valid any more, or the contest is gone.
    Revoked,
    /// The hello is missing, late or wrong.
    BadHello,
    /// There is no such contest.
    NotFound,
    /// The token is not valid, or does not open a stream that was asked for.
    Unauthorized,
    /// The client sends too much.
    SlowDown,
    /// We cannot answer now.
    Busy,
}

impl ByeCode {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Drain,
        Self::Slow,
        Self::Revoked,
        Self::BadHello,
        Self::NotFound,
        Self::Unauthorized,
        Self::SlowDown,
        Self::Busy,
    ];

    /// As it is sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drain => "drain",
            Self::Slow => "slow",
            Self::Revoked => "revoked",
            Self::BadHello => "bad-hello",
            Self::NotFound => "not-found",
            Self::Unauthorized => "unauthorized",
            Self::SlowDown => "slow-down",
            Self::Busy => "busy",
        }
    }

    /// Whether the same hello may succeed later.
    #[must_use]
    pub fn may_return(self) -> bool {
        matches!(self, Self::Drain | Self::Slow | Self::SlowDown | Self::Busy)
    }
}

/// The last frame of a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bye {
    /// Why.
    pub code: ByeCode,
    /// About this case.
    pub detail: Option<String>,
}

impl From<ByeCode> for Bye {
    fn from(code: ByeCode) -> Self {
        Self { code, detail: None }
    }
}

impl Bye {
    /// With a sentence about this case.
    pub fn because(code: ByeCode, detail: impl Into<String>) -> Self {
        Self { code, detail: Some(detail.into()) }
    }

    /// The frame; the wait is random, so that a hall does not come back at once.
    #[must_use]
    pub fn text(&self) -> String {
        let mut frame = json!({"type": "bye", "code": self.code.as_str()});
        if let Some(detail) = &self.detail {
            frame["detail"] = json!(detail);
        }
        if self.code.may_return() {
            frame["reconnect_after_ms"] = json!(rand::random_range(200..2000));
        }
        frame.to_string()
    }
}

/// The answer to a hello.
#[derive(Debug, Serialize)]
pub struct Welcome {
    /// `welcome`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// 1.
    pub protocol: u32,
    /// The database's clock.
    #[serde(serialize_with = "millis::serialize")]
    pub server_time: DateTime<Utc>,
    /// Time played so far, without pauses.
    pub contest_time_ms: i64,
    /// Where the contest stands.
    pub state: ContestState,
    /// Whether the public board stands still.
    pub frozen: bool,
    /// The highest number this instance has read.
    pub head: i64,
    /// Which contest.
    pub contest_id: ContestId,
    /// What is followed.
    pub streams: Vec<Stream>,
    /// Whether what was missed follows; null when nobody asked to resume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<bool>,
    /// The `prev` that the next frame of each queued stream will carry.
    pub last: Lasts,
}

/// The newest number of each queued stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lasts {
    /// Of `score_update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<i64>,
    /// Of the contest stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contest: Option<i64>,
    /// Of the announcements stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announcements: Option<i64>,
    /// Of `team_event`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<i64>,
    /// Of `staff_event`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<i64>,
    /// Of the chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<i64>,
}

/// The whole board.
#[must_use]
pub fn snapshot(seq: i64, rows: &[Row]) -> String {
    #[derive(Serialize)]
    struct Frame<'a> {
        #[serde(rename = "type")]
        kind: &'static str,
        seq: i64,
        rows: &'a [Row],
    }
    text(&Frame { kind: "leaderboard_snapshot", seq, rows })
}

/// What changed on the board since `prev`.
#[must_use]
pub fn update(seq: i64, prev: i64, rows: &[Row], removed: &[TeamId]) -> String {
    #[derive(Serialize)]
    struct Frame<'a> {
        #[serde(rename = "type")]
        kind: &'static str,
        seq: i64,
        prev: i64,
        rows: &'a [Row],
        removed: &'a [TeamId],
    }
    text(&Frame { kind: "leaderboard_update", seq, prev, rows, removed })
}

/// Are you there?
#[must_use]
pub fn ping(head: i64) -> String {
    json!({"type": "ping", "head": head}).to_string()
}

/// The board may be old (`true`), or is live again.
#[must_use]
pub fn degraded(degraded: bool) -> String {
    json!({"type": "degraded", "degraded": degraded}).to_string()
}

/// Who is there.
#[must_use]
pub fn presence(teams: &BTreeSet<TeamId>) -> String {
    json!({"type": "presence", "active_users": teams.len(), "teams": teams}).to_string()
}

/// Our frames are plain structs, which always have a JSON form.
pub(super) fn text(frame: &impl Serialize) -> String {
    serde_json::to_string(frame).unwrap_or_else(|error| {
        tracing::error!(%error, "a frame has no text");
        json!({"type": "degraded", "degraded": true}).to_string()
    })
}

/// A queued stream: each has its own unbroken chain of `prev`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// `score_update`, of the board stream.
    Scores,
    /// The contest stream.
    Contest,
    /// What staff tells everybody.
    Announcements,
    /// What players say to each other.
    Chat,
    /// One team's own stream.
    Team(TeamId),
    /// What is for staff only.
    Staff,
}

impl Channel {
    /// Where an event goes: to all who may see it, or to those whom it is for, and to nobody else.
    #[must_use]
    pub fn of(kind: &str, told: Told) -> Option<Self> {
        if visible(told, Viewer::Public) {
            return match kind {
                "score_changed" => Some(Self::Scores),
                "announcement_made" | "announcement_withdrawn" => Some(Self::Announcements),
                _ => frame_name(kind).map(|_| Self::Contest),
            };
        }
        if told.audience == Audience::Staff {
            return Some(Self::Staff);
        }
        if told.audience == Audience::Players && !told.withheld {
            return talk::frame_name(kind).map(|_| Self::Chat);
        }
        told.about.filter(|team| visible(told, Viewer::Team(*team))).map(Self::Team)
    }
}

/// How an event that everybody hears of is called on the socket.
fn frame_name(kind: &str) -> Option<&'static str> {
    match kind {
        "contest_changed" | BOARD_FROZEN | BOARD_THAWED => Some("contest_update"),
        "team_registered" | "team_returned" => Some("team_joined"),
        "team_left" => Some("team_left"),
        "team_renamed" => Some("team_renamed"),
        "team_moved" => Some("team_moved"),
        "first_correct" => Some("first_correct"),
        "announcement_made" => Some("announcement"),
        "announcement_withdrawn" => Some("announcement_withdrawn"),
        "owner_changed" => Some("owner_changed"),
        "problem_added" => Some("problem_added"),
        _ => None,
    }
}

/// A frame that waits in the ring, serialised once for all who may see it.
#[derive(Debug)]
pub struct Entry {
    /// The event's number.
    pub seq: i64,
    /// The number before it in its channel.
    pub prev: i64,
    /// Who gets it.
    pub channel: Channel,
    /// The frame.
    pub text: Arc<str>,
    /// For classic clients: whose points, and how many.
    pub score: Option<(String, Points)>,
    /// The message that it brings.
    pub message: Option<MessageId>,
}

impl Entry {
    /// The frame of an event.
    #[must_use]
    pub fn new(record: &Record, channel: Channel, prev: i64) -> Self {
        let seq = record.seq;
        let frame = match channel {
            Channel::Scores => score_update(record, prev),
            Channel::Contest | Channel::Announcements => {
                contest_frame(frame_name(&record.kind), record, prev)
            }
            Channel::Chat => contest_frame(talk::frame_name(&record.kind), record, prev),
            Channel::Team(_) => event_frame("team_event", record, prev),
            Channel::Staff => event_frame("staff_event", record, prev),
        };
        let message = (record.kind == SENT).then(|| talk::message(record)).flatten();
        Self { seq, prev, channel, text: frame.to_string().into(), score: score_of(record, channel), message }
    }

    /// The same once its message is deleted.
    #[must_use]
    pub fn without_text(&self) -> Self {
        Self { text: talk::without_text(&self.text).into(), score: None, ..*self }
    }
}

fn event_frame(name: &str, record: &Record, prev: i64) -> Value {
    json!({
        "type": name, "seq": record.seq, "prev": prev, "event": record.kind, "at": at(record),
        "payload": record.payload,
    })
}

fn at(record: &Record) -> String {
    record.at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn score_update(record: &Record, prev: i64) -> Value {
    let told = |name: &str| record.payload.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "type": "score_update", "seq": record.seq, "prev": prev, "team_id": told("team_id"),
        "team": told("team"), "points": told("points"), "reason": told("reason"),
    })
}

fn contest_frame(name: Option<&str>, record: &Record, prev: i64) -> Value {
    let mut frame = json!({
        "type": name, "seq": record.seq, "prev": prev, "at": at(record),
    });
    if let (Some(frame), Value::Object(told)) = (frame.as_object_mut(), &record.payload) {
        for (name, value) in told {
            frame.entry(name.clone()).or_insert_with(|| value.clone());
        }
        frame.remove("standing_no");
    }
    frame
}

fn score_of(record: &Record, channel: Channel) -> Option<(String, Points)> {
    let team = record.payload.get("team")?.as_str()?.to_owned();
    let points = record.payload.get("points")?.as_i64()?;
    (channel == Channel::Scores).then_some((team, points))
}

/// What an event does to the board; only what everybody may see touches one.
///
/// # Errors
/// When the payload is not what its kind promises.
pub fn board_change(record: &Record) -> Result<Option<BoardChange>, serde_json::Error> {
    if visible(record.told(), Viewer::Public) {
        BoardChange::of(&record.kind, &record.payload)
    } else {
        Ok(None)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn record(
        seq: i64,
        kind: &str,
        audience: Audience,
        team: Option<TeamId>,
        payload: Value,
    ) -> Record {
        let (kind, at) = (kind.to_owned(), DateTime::UNIX_EPOCH);
        Record { seq, kind, audience, team_id: team, payload, at, hash: Vec::new(), embargo: None }
    }

    pub(crate) fn score(seq: i64, team: TeamId, points: Points, standing_no: i32) -> Record {
        let payload = json!({"team_id": team, "team": "Red", "points": points, "last_gain_ms": null,
            "wrong": 0, "standing_no": standing_no, "reason": "answer"});
        record(seq, "score_changed", Audience::Public, Some(team), payload)
    }

    #[test]
    fn a_hello_says_contest_and_streams() {
        let hello = Hello::parse(
            r#"{"type":"hello","protocol":1,"contest":"QUZABC","streams":["board","team"],"resume":{"seq":7}}"#,
        )
        .unwrap();
        assert_eq!(hello.streams, Some(vec![Stream::Board, Stream::Team]));
        assert_eq!(hello.resume, Some(Resume { seq: 7, board: None }));
    }

    #[test]
    fn a_bad_hello_is_told_what_is_wrong() {
        let refused = |text: &str| Hello::parse(text).unwrap_err();
        assert!(refused("nonsense").contains("expected"));
        assert!(refused(r#"{"type":"pong","protocol":1,"contest":"A"}"#).contains("hello"));
        assert!(refused(r#"{"type":"hello","protocol":2,"contest":"A"}"#).contains("protocol 2"));
        assert!(refused(r#"{"type":"hello","protocol":1}"#).contains("contest"));
        assert!(refused(r#"{"type":"hello","protocol":1,"contest":"A","x":1}"#).contains("unknown field"));
        let unknown = refused(r#"{"type":"hello","protocol":1,"contest":"A","streams":["news"]}"#);
        assert!(unknown.contains("news") && unknown.contains("board, contest, announcements"), "{unknown}");
        assert!(refused(r#"{"type":"hello","protocol":1,"contest":"A","streams":[]}"#).contains("at least"));
        assert!(
            refused(r#"{"type":"hello","protocol":1,"contest":"A","resume":{"seq":-1}}"#)
                .contains("negative")
        );
    }

    #[test]
    fn events_go_to_those_who_may_see_them() {
        let team = TeamId::new();
        let of = |kind, audience, about, withheld| Channel::of(kind, Told { audience, about, withheld });
        assert_eq!(of("score_changed", Audience::Public, Some(team), false), Some(Channel::Scores));
        assert_eq!(of("score_changed", Audience::Staff, Some(team), false), Some(Channel::Staff));
        assert_eq!(of("announcement_made", Audience::Public, None, false), Some(Channel::Announcements));
        assert_eq!(of("announcement_made", Audience::Team, Some(team), false), Some(Channel::Team(team)));
        assert_eq!(of("answer_judged", Audience::Team, Some(team), false), Some(Channel::Team(team)));
        assert_eq!(of("contest_changed", Audience::Public, None, false), Some(Channel::Contest));
        assert_eq!(of("contest_changed", Audience::Staff, None, true), Some(Channel::Staff));
        assert_eq!(of("something_new", Audience::Public, None, false), None);
        assert_eq!(of("score_changed", Audience::Public, Some(team), true), Some(Channel::Team(team)));
        assert_eq!(of("something_new", Audience::Public, None, true), None);
        assert_eq!(of("message_sent", Audience::Players, Some(team), false), Some(Channel::Chat));
        assert_eq!(of("something_new", Audience::Players, Some(team), false), None);
    }

    #[test]
    fn no_channel_goes_past_the_audience_filter() {
        let (team, other) = (TeamId::new(), TeamId::new());
        for kind in [
            "score_changed",
            "contest_changed",
            "first_correct",
            "announcement_made",
            "answer_judged",
            "message_sent",
        ] {
            for audience in Audience::ALL {
                for (about, withheld) in
                    [(None, false), (None, true), (Some(team), false), (Some(team), true)]
                {
                    let told = Told { audience: *audience, about, withheld };
                    let reached: &[Viewer] = match Channel::of(kind, told) {
                        Some(Channel::Scores | Channel::Contest | Channel::Announcements) => {
                            &[Viewer::Public, Viewer::Team(other)]
                        }
                        Some(Channel::Staff) => &[Viewer::Staff],
                        Some(Channel::Chat) => &[Viewer::Team(team), Viewer::Team(other), Viewer::Staff],
                        Some(Channel::Team(its)) => &[Viewer::Team(its)],
                        None => &[],
                    };
                    assert!(reached.iter().all(|viewer| visible(told, *viewer)), "{kind} {told:?}");
                }
            }
        }
    }

    #[test]
    fn a_contest_frame_keeps_its_own_members() {
        let told = json!({"seq": 99, "team": "Red", "standing_no": 4});
        let entry =
            Entry::new(&record(3, "team_registered", Audience::Public, None, told), Channel::Contest, 1);
        let frame: Value = serde_json::from_str(&entry.text).unwrap();
        let expected = json!({"type": "team_joined", "seq": 3, "prev": 1, "team": "Red",
            "at": "1970-01-01T00:00:00.000Z"});
        assert_eq!(frame, expected);
    }

    #[test]
    fn only_public_events_touch_the_board() {
        let team = TeamId::new();
        let mut event = score(1, team, 5, 2);
        assert!(matches!(board_change(&event), Ok(Some(BoardChange::Change(s))) if s.points == 5));
        event.embargo = Some(0);
        assert_eq!(board_change(&event).unwrap(), None, "a result under embargo");
        (event.embargo, event.audience) = (None, Audience::Staff);
        assert_eq!(board_change(&event).unwrap(), None);
        let left = record(2, "team_left", Audience::Public, Some(team), json!({"team_id": team}));
        assert_eq!(board_change(&left).unwrap(), Some(BoardChange::Gone(team)));
    }
}
