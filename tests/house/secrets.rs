//! No reply, frame, log line or error of the public and of teams contains a right answer.
//!
//! The answers of this contest are marked, no team ever sends one, and every route of the
//! document is driven by a spectator and by a team, with what is right and with what is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Contest, Reply, Socket, Team, TestApp, asked, logged};

/// What must not be seen: a text, an alias, a number, an explanation.
struct Marks {
    text: String,
    number: String,
}

impl Marks {
    fn new() -> Self {
        let number: u32 = rand::random_range(10_000_000..99_999_999);
        Self { text: format!("MARK{number}"), number: format!("{number}.321") }
    }

    fn must_not_be_in(&self, what: &str, seen: &str) {
        let seen_lower = seen.to_lowercase();
        for mark in [&self.text, &self.number] {
            let at = seen_lower.find(&mark.to_lowercase());
            let around = at.map(|at| &seen[at.saturating_sub(200)..seen.len().min(at + 100)]);
            assert!(at.is_none(), "{what} shows a right answer: {around:?}");
        }
    }

    fn questions(&self) -> Vec<Value> {
        let key = json!({"kind": "text", "answer": format!("{} one", self.text), "max_attempts": 3,
            "aliases": [format!("{} two", self.text)], "explanation": format!("{} because", self.text)});
        let number =
            json!({"kind": "numeric", "answer": self.number.parse::<f64>().unwrap(), "tolerance": 0.001});
        let with = |name: &str, base: &Value, more: Value| {
            let mut over = base.clone();
            over.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            asked(name, over)
        };
        vec![
            with("text", &key, json!({})),
            with("shared", &key, json!({"exclusive": false})),
            with("number", &number, json!({})),
            with("unseen", &key, json!({})),
            with("limited", &key, json!({"time_limit_ms": 1000})),
            with("mystery", &key, json!({"pool": "mystery"})),
            with("mystery number", &number, json!({"pool": "mystery"})),
        ]
    }
}

/// A route of the document, with everything that is needed to call it.
struct Call {
    method: Method,
    path: String,
    bodies: Vec<Value>,
}

/// Ids to fill paths with.
struct Ids {
    contest: String,
    team: String,
    other_team: String,
    questions: Vec<String>,
    assignments: Vec<String>,
    mystery_box: String,
}

impl Ids {
    fn of(&self, name: &str) -> Vec<String> {
        match name {
            "contest" | "room" => vec![self.contest.clone()],
            "team" => vec![self.team.clone(), self.other_team.clone()],
            "question" => self.questions.clone(),
            "assignment" => self.assignments.clone(),
            "mystery_box" => vec![self.mystery_box.clone()],
            "seq" | "number" => vec!["1".to_owned()],
            // Of nobody: neither the public nor a team has any.
            "account" | "api_token" | "clarification" | "game" | "message" => vec![self.team.clone()],
            "session" => vec!["DEMO123".to_owned()],
            other => panic!("no id for {other}"),
        }
    }

    /// The path once for each way to fill it.
    fn fill(&self, path: &str) -> Vec<String> {
        let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
        let (name, after) = rest.split_once('}').unwrap();
        self.of(name).iter().flat_map(|id| self.fill(&format!("{before}{id}{after}"))).collect()
    }
}

/// What succeeds for those who may; everything else is tried with what cannot succeed.
fn good_bodies(operation: &str, ids: &Ids, team: &Team) -> Vec<Value> {
    match operation {
        "take_question" => {
            vec![json!({}), json!({"reveal": false}), json!({"question_id": ids.questions[0]})]
        }
        "submit_answer" => vec![json!({"answer": "wrong"}), json!({"answer": 12}), json!({"answer": ["A"]})],
        "open_box" => vec![json!({"price": 1}), json!({})],
        "register_team" => vec![json!({"name": format!("Guests {}", rand::random::<u32>())})],
        "join_team" => vec![json!({"join_code": team.join_code, "name": "Grace"})],
        "edit_team" => vec![json!({"email": "a@example.org"})],
        "take_classic_question" => vec![json!({"teamName": team.name})],
        "submit_classic_answer" => {
            let answer = |id: &String| json!({"teamName": team.name, "questionId": id, "answer": "wrong"});
            ids.questions.iter().map(answer).collect()
        }
        "assign_classic_mystery" => vec![json!({"teamName": team.name, "difficulty": "EASY"})],
        "ask_clarification" => vec![json!({"text": "May we?", "question_id": ids.questions[0]})],
        "mark_read" => vec![json!({"up_to": 1})],
        "import_questions" => vec![json!([asked("text", json!({"kind": "text", "answer": 1}))])],
        _ => vec![],
    }
}

fn calls(document: &Value, ids: &Ids, team: &Team) -> Vec<Call> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            let Ok(method) = verb.to_uppercase().parse::<Method>() else { continue };
            let operation = operation["operationId"].as_str().unwrap();
            let mut bodies = good_bodies(operation, ids, team);
            bodies.extend([json!({}), json!({"nonsense": true}), json!(["nonsense"])]);
            let leaves = ["withdraw_team", "delete_team"].contains(&operation);
            for path in ids.fill(path) {
                all.push((leaves, Call { method: method.clone(), path, bodies: bodies.clone() }));
            }
        }
    }
    // Whoever leaves can do nothing any more.
    all.sort_by_key(|(leaves, _)| *leaves);
    all.into_iter().map(|(_, call)| call).collect()
}

impl Call {
    async fn make(&self, client: &Client) -> Vec<Reply> {
        let mut replies = Vec::new();
        if self.method == Method::GET {
            for query in
                ["", "?limit=1", "?limit=200", "?format=csv", "?format=ndjson", "?cursor=x", "?open=true"]
            {
                replies.push(Reply::to(client.request(Method::GET, &format!("{}{query}", self.path))).await);
            }
            return replies;
        }
        let request = || client.request(self.method.clone(), &self.path).header("if-match", "\"1\"");
        for body in &self.bodies {
            replies.push(Reply::to(request().json(body)).await);
        }
        replies.push(Reply::to(request()).await);
        replies.push(Reply::to(request().header("content-type", "application/json").body("{")).await);
        replies
    }
}

async fn drive(marks: &Marks, who: &str, client: &Client, calls: &[Call]) -> usize {
    let mut succeeded = 0;
    for call in calls {
        for reply in call.make(client).await {
            let what = format!("{} {} to {who} ({})", call.method, call.path, reply.status);
            assert!(reply.status < 500, "{what}: {}", reply.body);
            marks.must_not_be_in(&what, &reply.body);
            marks.must_not_be_in(&what, &format!("{:?}", reply.headers));
            succeeded += usize::from(reply.status < 300);
        }
    }
    succeeded
}

/// Everything that a socket is sent until the play is over and nothing more comes.
async fn listen(mut socket: Socket, over: Arc<AtomicBool>) -> String {
    let mut seen = String::new();
    loop {
        match socket.next_within(Duration::from_millis(300)).await {
            Ok(Some(frame)) => seen.push_str(&frame.to_string()),
            Err(_) if !over.load(Ordering::Relaxed) => {}
            Ok(None) | Err(_) => return seen,
        }
    }
}

async fn ids(contest: &Contest, team: &Team, other: &Team, offered: &str) -> Ids {
    let names = ["text", "shared", "number", "unseen", "limited", "mystery", "mystery number"];
    let mut assignments = Vec::new();
    for name in ["text", "shared", "number", "limited"] {
        assignments.push(team.claim(contest.question(name)).await);
    }
    let unseen = team.take(json!({"question_id": contest.question("unseen"), "reveal": false})).await.ok(201);
    assignments.push(unseen["id"].as_str().unwrap().to_owned());
    let opened = team.open(offered).await.ok(201);
    assignments.push(opened["assignment"]["id"].as_str().unwrap().to_owned());
    Ids {
        contest: contest.id.clone(),
        team: team.id.clone(),
        other_team: other.id.clone(),
        questions: names.iter().map(|name| contest.question(name).to_owned()).collect(),
        assignments,
        mystery_box: offered.to_owned(),
    }
}

#[test]
fn no_reply_frame_or_log_line_contains_a_right_answer() {
    TestApp::run(async |app| {
        let marks = Marks::new();
        let settings = json!({"max_open_assignments": 100, "wrong_penalty": 5});
        let contest = app.contest(settings, &marks.questions()).await;
        contest.go("make-current").await.ok(200);
        let offered = contest.offer(10, 20, 5).await;
        let (team, other) = (contest.team("Red").await, contest.team("Blue").await);
        contest.announce(json!({"title": "Welcome"})).await;
        let url = app.first().socket_url();
        let sockets = [
            Socket::hello(&url, &contest.id, json!({})).await,
            Socket::hello(&url, &contest.id, json!({"auth": team.token})).await,
            Socket::open(&url.replace("/api/v1/ws", "/ws")).await,
        ];
        let over = Arc::new(AtomicBool::new(false));
        let listening = sockets.map(|socket| tokio::spawn(listen(socket, Arc::clone(&over))));
        let ids = ids(&contest, &team, &other, &offered).await;
        // The marks are where staff looks for them, so that their absence elsewhere means something.
        let export = app.admin().get(&contest.path("questions/export")).await;
        assert!(export.body.contains(&marks.text) && export.body.contains(&marks.number));

        let calls = calls(&app.anyone().get("openapi.json").await.ok(200), &ids, &team);
        let public = drive(&marks, "anybody", &app.anyone(), &calls).await;
        let own = drive(&marks, "a team", &team.client, &calls).await;
        assert!(public > 30 && own > 60, "too little succeeded to mean much: {public}, {own}");
        for page in podium::pages::routes() {
            let path = page.uri.path();
            let replies = if path.contains('<') { vec![] } else { vec![app.anyone().get(path).await] };
            replies.iter().for_each(|reply| marks.must_not_be_in(path, &reply.body));
        }
        contest.go("end").await.ok(200);
        drive(&marks, "a team after the end", &other.client, &calls).await;
        app.settle().await;
        over.store(true, Ordering::Relaxed);
        for frames in listening {
            let frames = frames.await.unwrap();
            assert!(frames.contains("leaderboard"), "{frames}");
            marks.must_not_be_in("a socket", &frames);
        }
        marks.must_not_be_in("the log", &logged());
    });
}
