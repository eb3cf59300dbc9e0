//! A hundred people in a room who send the same right answer at once, ten times: one bonus each time,
//! to the earliest; the same ranks and the same talk for everybody, by whatever instance.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::support::{Instance, Member, Redis, Socket, TestApp, problem};

const PEOPLE: usize = 100;
const ROUNDS: usize = 10;

/// One of them, with what was heard.
struct Client<'a> {
    member: &'a Member,
    socket: Socket,
    talk: Vec<(i64, String)>,
    rows: BTreeMap<String, Value>,
    board: i64,
}

impl<'a> Client<'a> {
    async fn of(member: &'a Member, instance: &'a Instance) -> Self {
        let socket = member.socket(instance, json!({"streams": ["board", "chat"], "history": 0})).await;
        let mut client = Self { member, socket, talk: vec![], rows: BTreeMap::new(), board: 0 };
        while client.board == 0 {
            client.hear().await;
        }
        client
    }

    /// Takes the next frame in; returns it when it is a reply.
    async fn hear(&mut self) -> Option<Value> {
        let frame = self.socket.next().await.expect("an open socket");
        match frame["type"].as_str().unwrap() {
            "chat" => self
                .talk
                .push((frame["seq"].as_i64().unwrap(), frame["message"].as_str().unwrap().to_owned())),
            "leaderboard_snapshot" | "leaderboard_update" => {
                self.board = frame["seq"].as_i64().unwrap();
                for row in frame["rows"].as_array().unwrap() {
                    self.rows.insert(row["team_id"].as_str().unwrap().to_owned(), row.clone());
                }
            }
            "submission_result" | "chat_sent" | "refused" => return Some(frame),
            _ => {}
        }
        None
    }

    /// Until it is done; who is told that the server is busy says it again, with its key.
    async fn ask(&mut self, errands: &[Value]) {
        for errand in errands {
            self.socket.say(&errand.to_string()).await;
        }
        let mut left = errands.len();
        while left > 0 {
            let Some(reply) = self.hear().await else { continue };
            if reply["type"] != "refused" {
                left -= 1;
                continue;
            }
            assert_eq!(reply["problem"]["status"], 503, "{reply}");
            let again = errands.iter().find(|errand| errand["key"] == reply["key"]).unwrap();
            self.socket.say(&again.to_string()).await;
        }
    }

    async fn play(mut self, all: &Barrier) -> Self {
        for round in 0..ROUNDS {
            all.wait().await;
            let answer = json!({"type": "submission", "problem_id": format!("p{round}"), "answer": "8", "key": format!("a{round}")});
            let name = &self.member.account.name;
            let talk =
                json!({"type": "chat", "message": format!("{name}, {round}"), "key": format!("c{round}")});
            self.ask(&[answer, talk]).await;
        }
        self
    }

    /// The board as it shows it: ranks by points, then the earlier last gain.
    fn ranks(&self) -> BTreeMap<String, (i64, i64)> {
        let key = |row: &Value| {
            (-row["points"].as_i64().unwrap(), row["last_gain_ms"].as_i64().unwrap_or(i64::MAX))
        };
        let rank = |row: &Value| 1 + self.rows.values().filter(|other| key(other) < key(row)).count();
        let shown = |row: &Value| (i64::try_from(rank(row)).unwrap(), row["points"].as_i64().unwrap());
        self.rows.iter().map(|(team, row)| (team.clone(), shown(row))).collect()
    }
}

async fn crowd(app: &TestApp, pair: [Instance; 2]) {
    let problems: Vec<_> = (0..ROUNDS).map(|n| problem(&format!("p{n}"))).collect();
    let room = app.room_with(&problems, PEOPLE).await;
    app.settle().await;
    let clients =
        join_all(room.members.iter().enumerate().map(|(n, member)| Client::of(member, &pair[n % 2]))).await;
    let all = Barrier::new(PEOPLE);
    let mut clients = join_all(clients.into_iter().map(|client| client.play(&all))).await;
    app.settle().await;

    // One bonus for each question, to the earliest.
    let holders =
        app.rows("SELECT question_id, submission_id FROM first_correct WHERE current ORDER BY 1").await;
    let earliest = app
        .rows(
            "SELECT DISTINCT ON (a.question_id) a.question_id, s.id FROM submission s
             JOIN assignment a ON (a.contest_id, a.id) = (s.contest_id, s.assignment_id)
             ORDER BY a.question_id, s.received_at, s.id",
        )
        .await;
    assert_eq!((holders.len(), holders), (ROUNDS, earliest));
    let (people, rounds) = (i64::try_from(PEOPLE).unwrap(), i64::try_from(ROUNDS).unwrap());
    let points = app.number("SELECT sum(points)::bigint FROM team").await;
    assert_eq!(points, rounds * (people * 20 + 10));

    // Everybody has heard and seen the same.
    let last = app.number("SELECT max(seq) FROM contest_event WHERE kind = 'score_changed'").await;
    join_all(clients.iter_mut().map(async |client| {
        while client.board < last || client.talk.len() < PEOPLE * ROUNDS {
            client.hear().await;
        }
    }))
    .await;
    let mut boards = Vec::new();
    for instance in &pair {
        let rows = room.contest.admin.at(instance).all(&room.contest.path("leaderboard"), 200).await;
        let shown = |row: &Value| {
            (
                row["team_id"].as_str().unwrap().to_owned(),
                (row["rank"].as_i64().unwrap(), row["points"].as_i64().unwrap()),
            )
        };
        boards.push(rows.iter().map(shown).collect::<BTreeMap<_, _>>());
    }
    assert_eq!(boards[0], boards[1]);
    for client in &clients {
        assert_eq!(client.talk, clients[0].talk);
        assert_eq!(client.ranks(), boards[0]);
    }
    let mut said = room.said(&room.members[0]).await;
    said.reverse();
    let said: Vec<_> = said
        .iter()
        .map(|m| (m["seq"].as_i64().unwrap(), m["message"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(said, clients[0].talk);
}

#[test]
fn a_hundred_with_the_same_right_answer_earn_one_bonus_and_hear_the_same() {
    TestApp::run(async |app| crowd(app, [app.instance().await, app.instance().await]).await);
}

#[test]
fn a_hundred_with_the_same_right_answer_earn_one_bonus_through_redis() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let pair = [app.instance_with(&redis.url).await, app.instance_with(&redis.url).await];
        crowd(app, pair).await;
    });
}
