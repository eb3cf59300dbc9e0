//! Every public byte on every surface, before and after results that are withheld: each is the
//! same. The surfaces are those that the description of the interface lists, and both sockets.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use podium::realtime;
use serde_json::{Value, json};

use crate::support::{Client, Contest, Socket, Team, TestApp, asked, choice};

/// What runs by itself, or tells of the server and not of a contest.
const CLOCKS: &[&str] = &["contest_time_ms", "server_time", "sockets", "outbox"];

fn without_clocks(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !CLOCKS.contains(&key.as_str()));
            fields.values_mut().for_each(without_clocks);
        }
        Value::Array(items) => items.iter_mut().for_each(without_clocks),
        _ => {}
    }
}

/// Ids for the parameters of paths.
struct Ids(BTreeMap<&'static str, Vec<String>>);

impl Ids {
    /// A path once for each way to fill it.
    fn fill(&self, path: &str) -> Vec<String> {
        let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
        let (name, after) = rest.split_once('}').unwrap();
        let ids = self.0.get(name).unwrap_or_else(|| panic!("no id for {name}"));
        ids.iter().flat_map(|id| self.fill(&format!("{before}{id}{after}"))).collect()
    }
}

const QUERIES: &[&str] = &[
    "",
    "?limit=1",
    "?limit=200",
    "?format=ndjson",
    "?since=3&limit=2",
    "?since=999999",
    "?division=Juniors",
    "?around=9",
    "?open=true",
    "?start_date=2020-01-01&end_date=2100-01-01",
    "?start_date=2020-01-01&end_date=2100-01-01&format=csv",
];

/// Everything that can be read, by the documents.
async fn readable(app: &TestApp, ids: &Ids) -> Vec<String> {
    let document = app.anyone().get("openapi.json").await.ok(200);
    let read = document["paths"].as_object().unwrap().iter().filter(|(_, item)| item.get("get").is_some());
    // A socket is no document; both are listened to below.
    let paths = read.map(|(path, _)| path.clone()).filter(|path| !path.ends_with("/ws"));
    let all: Vec<_> = paths.flat_map(|path| ids.fill(&path)).collect();
    assert!(all.len() > 40, "{all:?}");
    all.iter().flat_map(|path| QUERIES.iter().map(move |query| format!("{path}{query}"))).collect()
}

/// What a caller reads at each path: status, tag and body.
async fn look(who: &str, client: &Client, paths: &[String]) -> BTreeMap<String, String> {
    let client = client.with("x-request-id", "always-the-same");
    let mut seen = BTreeMap::new();
    for path in paths {
        let reply = client.get(path).await;
        assert!(reply.status < 500, "{path}: {}", reply.body);
        let mut json = reply.json.clone();
        without_clocks(&mut json);
        let body = if json.is_null() { reply.body.clone() } else { json.to_string() };
        let tag = reply.header("etag").unwrap_or_default();
        seen.insert(format!("{path} to {who}"), format!("{} {tag} {body}", reply.status));
    }
    seen
}

/// A contest in which everything has happened once before the freeze.
struct Hall {
    contest: Contest,
    red: Team,
    blue: Team,
    ghost: Team,
    mystery_box: String,
    held: Vec<String>,
    game: String,
}

impl Hall {
    async fn open(app: &TestApp) -> Self {
        let mut questions: Vec<_> = (0..8).map(|n| choice(&format!("q{n}"))).collect();
        questions.push(asked("shared", json!({"exclusive": false, "max_attempts": 3})));
        questions.extend((0..3).map(|n| asked(&format!("m{n}"), json!({"pool": "mystery"}))));
        let settings = json!({"max_open_assignments": 20, "wrong_penalty": 5, "divisions": ["Juniors"]});
        let contest = app.contest(settings, &questions).await;
        contest.go("make-current").await.ok(200);
        let mystery_box = contest.offer(50, 90, 3).await;
        let [red, blue, ghost] =
            [contest.team("Red").await, contest.team("Blue").await, contest.team("Ghost").await];
        for team in [&red, &blue] {
            let path = contest.path(&format!("teams/{}", team.id));
            app.admin().patch(&path, json!({"division": "Juniors"})).await.ok(200);
        }
        let path = contest.path(&format!("teams/{}", ghost.id));
        app.admin().patch(&path, json!({"hidden": true})).await.ok(200);
        let game = contest.game(false).await;
        let mut hall = Self { contest, red, blue, ghost, mystery_box, held: Vec::new(), game };
        hall.held.push(hall.red.claim(hall.contest.question("q0")).await);
        hall.red.answer(&hall.held[0], "A").await.ok(200);
        let other = hall.blue.claim(hall.contest.question("q1")).await;
        hall.blue.answer(&other, "B").await.ok(200);
        hall.held.push(hall.red.claim(hall.contest.question("q2")).await);
        hall.held.push(hall.red.claim(hall.contest.question("shared")).await);
        hall.red.ask("May we?").await.ok(201);
        hall.contest.announce(json!({"title": "Welcome", "must_acknowledge": true})).await;
        hall.contest.announce(json!({"title": "For Red", "team_id": hall.red.id})).await;
        app.settle().await;
        hall
    }

    fn ids(&self) -> Ids {
        let questions = ["q0", "q3", "shared", "m0"].map(|name| self.contest.question(name).to_owned());
        let teams = [&self.red, &self.blue, &self.ghost].map(|team| team.id.clone());
        Ids(BTreeMap::from([
            ("contest", vec![self.contest.id.clone(), self.contest.code.clone()]),
            ("team", teams.to_vec()),
            ("question", questions.to_vec()),
            ("assignment", self.held.clone()),
            ("mystery_box", vec![self.mystery_box.clone()]),
            ("seq", vec!["1".to_owned()]),
            ("account", vec![self.contest.id.clone()]),
            ("number", vec!["1".to_owned(), "2".to_owned()]),
            ("session", vec!["DEMO123".to_owned()]),
            ("game", vec![self.game.clone()]),
            ("room", vec![self.contest.id.clone()]),
        ]))
    }

    /// Results of all kinds: right, wrong, first, bought, given back, corrected, withdrawn.
    async fn happen(&self, app: &TestApp) {
        let Self { contest, red, ghost, held, .. } = self;
        red.answer(&held[1], "A").await.ok(200);
        red.answer(&held[2], "B").await.ok(200);
        red.answer(&held[2], "A").await.ok(200);
        let opened = red.open(&self.mystery_box).await.ok(201);
        red.answer(opened["assignment"]["id"].as_str().unwrap(), "A").await.ok(200);
        let unseen = red.take(json!({"reveal": false})).await.ok(201);
        let release = red.path(&format!("assignments/{}/release", unseen["id"].as_str().unwrap()));
        red.client.poke(&release).await.ok(200);
        red.draw().await;
        let hidden = ghost.draw().await;
        ghost.answer(hidden["id"].as_str().unwrap(), "A").await.ok(200);
        let fix = json!({"team_id": red.id, "amount": 77, "reason": "A test"});
        let seq = contest.admin.post(&contest.path("adjustments"), fix).await.ok(201)["seq"].clone();
        let back = contest.path(&format!("teams/{}/ledger/{seq}/reversal", red.id));
        contest.admin.post(&back, json!({"reason": "No test"})).await.ok(201);
        // Not one on offer: what there is to play is for staff to say, and no result.
        let question = opened["assignment"]["question_id"].as_str().unwrap();
        let withdraw = contest.path(&format!("questions/{question}/withdraw"));
        contest.admin.post(&withdraw, json!({"reason": "Two options are right"})).await.ok(200);
        let classic = json!({"teamName": "Red"});
        let given = app.admin().post("/admin/teams/question", classic).await.ok(200);
        let submit = json!({"teamName": "Red", "questionId": given["questionId"], "answer": "A"});
        app.admin().post("/admin/teams/submit", submit).await.ok(200);
        app.settle().await;
    }
}

/// Somebody who listens, and what they were told when they came.
struct Listener {
    who: &'static str,
    hello: Option<Value>,
    socket: Socket,
    welcomed: Vec<Value>,
}

impl Listener {
    async fn come(app: &TestApp, contest: &Contest, who: &'static str, hello: Option<Value>) -> Self {
        let url = app.first().socket_url();
        let (mut socket, frames) = match &hello {
            Some(more) => (Socket::hello(&url, &contest.id, more.clone()).await, 2),
            None => (Socket::open(&url.replace("/api/v1/ws", "/ws")).await, 1),
        };
        let mut welcomed = Vec::new();
        for _ in 0..frames {
            let mut frame = socket.next().await.expect("a welcome");
            without_clocks(&mut frame);
            welcomed.push(frame);
        }
        Self { who, hello, socket, welcomed }
    }

    /// Comes back with what it has: it is up to date, whatever happened.
    async fn resume(&self, app: &TestApp, contest: &Contest) -> Option<Value> {
        let mut hello = self.hello.clone()?;
        hello["resume"] = json!({"seq": self.welcomed[0]["head"], "board": self.welcomed[1]["seq"]});
        let mut socket = Socket::hello(&app.first().socket_url(), &contest.id, hello).await;
        let mut welcome = socket.next().await.unwrap();
        without_clocks(&mut welcome);
        Some(welcome)
    }

    /// A number that went on would tell how much was withheld.
    fn must_stand_still(&self, ping: &Value) {
        assert_eq!(ping["head"], self.welcomed[0]["head"], "the ping of {}", self.who);
    }

    /// The next frame but pings.
    async fn next(&mut self) -> Value {
        loop {
            let frame = self.socket.next_or_ping().await.expect("an open socket");
            if frame["type"] != "ping" {
                return frame;
            }
            self.must_stand_still(&frame);
        }
    }

    /// Nothing was said to it but what a team that has just registered makes public.
    async fn must_have_heard_nothing(&mut self) {
        let frame = self.next().await;
        let (kind, said) = (frame["type"].as_str().unwrap(), frame.to_string());
        assert!(said.contains("Newcomers"), "{} heard {said}", self.who);
        if frame.get("leaderboard").is_none() {
            assert_eq!(kind, "team_joined");
            let board = self.next().await;
            assert_eq!(
                (&board["prev"], board["rows"].as_array().unwrap().len()),
                (&self.welcomed[1]["seq"], 1)
            );
            return;
        }
        // Below the newcomers, ranks are others.
        let known = |rows: &Value| -> Vec<_> {
            let others = rows.as_array().unwrap().iter().filter(|row| row["teamName"] != "Newcomers");
            others.map(|row| (row["teamName"].clone(), row["points"].clone())).collect()
        };
        assert_eq!(known(&frame["leaderboard"]), known(&self.welcomed[0]["leaderboard"]));
    }
}

async fn listeners(app: &TestApp, hall: &Hall, stranger: &Team) -> Vec<Listener> {
    let mut all = Vec::new();
    for (who, hello) in [
        ("anybody", Some(json!({}))),
        ("another team", Some(json!({"auth": hall.blue.token}))),
        ("a team of another contest", Some(json!({"auth": stranger.token}))),
        ("a classic client", None),
    ] {
        all.push(Listener::come(app, &hall.contest, who, hello).await);
    }
    all
}

/// Answers for all who listen while they are not listened to: however long a look takes, nobody is
/// taken for dead.
async fn stay(listeners: &mut [Listener]) -> std::convert::Infallible {
    loop {
        for listener in &mut *listeners {
            listener.socket.say(r#"{"type":"pong"}"#).await;
        }
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    }
}

async fn look_as_all(
    app: &TestApp,
    hall: &Hall,
    stranger: &Team,
    paths: &[String],
) -> BTreeMap<String, String> {
    let mut seen = look("anybody", &app.anyone(), paths).await;
    seen.extend(look("another team", &hall.blue.client, paths).await);
    seen.extend(look("a team of another contest", &stranger.client, paths).await);
    seen
}

#[test]
fn no_byte_that_others_can_see_changes_while_results_are_withheld() {
    TestApp::run(async |app| {
        let stranger = app.play(0).await.team("Strangers").await;
        let hall = Hall::open(app).await;
        hall.contest.go("freeze").await.ok(200);
        app.settle().await;
        let paths = readable(app, &hall.ids()).await;
        let mut staying = listeners(app, &hall, &stranger).await;
        let before = tokio::select! {
            seen = look_as_all(app, &hall, &stranger, &paths) => seen,
            never = stay(&mut staying) => match never {},
        };
        assert!(before.values().filter(|seen| seen.starts_with("200")).count() > 200);

        let happen_and_look = async {
            hall.happen(app).await;
            look_as_all(app, &hall, &stranger, &paths).await
        };
        let after = tokio::select! {
            seen = happen_and_look => seen,
            never = stay(&mut staying) => match never {},
        };
        for (path, seen) in &before {
            assert_eq!(seen, &after[path], "GET {path}");
        }
        for (old, new) in staying.iter().zip(listeners(app, &hall, &stranger).await) {
            assert_eq!(old.welcomed, new.welcomed, "what {} is told when it comes", old.who);
            if let Some(welcome) = old.resume(app, &hall.contest).await {
                assert_eq!(welcome["resumed"], true);
                assert_eq!(
                    (&welcome["head"], &welcome["last"]),
                    (&old.welcomed[0]["head"], &old.welcomed[0]["last"])
                );
            }
        }
        let ping = staying[0].socket.next_or_ping().await.expect("an open socket");
        assert_eq!(ping["type"], "ping");
        staying[0].must_stand_still(&ping);
        hall.contest.team("Newcomers").await;
        for listener in &mut staying {
            listener.must_have_heard_nothing().await;
        }

        // The results were there all the time.
        assert_eq!(hall.red.points().await, 1000 + 100 + 100 - 5 + 110 + 100);
        hall.contest.go("end").await.ok(200);
        hall.contest.go("thaw").await.ok(200);
        app.settle().await;
        let thawed = look("anybody", &app.anyone(), &paths).await;
        let board = format!("/api/v1/contests/{}/leaderboard to anybody", hall.contest.id);
        assert_ne!(thawed[&board], before[&board]);
    });
}

/// Says hello with these numbers; what it is welcomed with, and the first frame after that.
async fn resume(app: &TestApp, contest: &Contest, auth: &Value, seq: i64, board: i64) -> (Value, Value) {
    let hello = json!({"auth": auth, "resume": {"seq": seq, "board": board}});
    let mut socket = Socket::hello(&app.first().socket_url(), &contest.id, hello).await;
    let mut welcome = socket.next().await.expect("a welcome");
    without_clocks(&mut welcome);
    (welcome, socket.next().await.expect("a board"))
}

#[test]
fn nobody_learns_by_resuming_how_much_is_withheld() {
    // So few frames are kept that what is withheld alone would fill the ring.
    let settings = realtime::Settings { ring_frames: 4, ..realtime::Settings::default() };
    TestApp::run_with(settings, async |app| {
        let contest = app.play(1).await;
        let [red, blue] = [contest.team("Red").await, contest.team("Blue").await];
        let give = async |count: i64| {
            for amount in 1..=count {
                let gift = json!({"team_id": red.id, "amount": amount, "reason": "A test"});
                contest.admin.post(&contest.path("adjustments"), gift).await.ok(201);
            }
        };
        give(5).await;
        contest.go("freeze").await.ok(200);
        app.settle().await;
        let newest = "SELECT coalesce(embargo, seq) FROM contest_event ORDER BY seq DESC LIMIT 1";
        let known = app.number(newest).await;
        give(6).await;
        app.settle().await;
        let head = app.number("SELECT max(seq) FROM contest_event").await;
        assert!(head > known + 6);
        for auth in [Value::Null, json!(blue.token), json!(app.play(0).await.team("Strangers").await.token)] {
            let (welcome, update) = resume(app, &contest, &auth, known, known - 3).await;
            assert_eq!((&welcome["resumed"], &welcome["head"]), (&json!(true), &json!(known)));
            assert_eq!((&update["type"], &update["prev"]), (&json!("leaderboard_update"), &json!(known - 3)));
            let beyond = [known + 1, known + 2, head - 1, head, head + 1, head + 1000];
            let told = join_all(beyond.iter().map(|seq| resume(app, &contest, &auth, *seq, known))).await;
            assert_eq!(told[0].0["resumed"], false);
            told.iter().for_each(|one| assert_eq!(*one, told[0]));
        }
    });
}
