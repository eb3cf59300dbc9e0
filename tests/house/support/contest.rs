//! Contests and teams, made by REST as staff and players would make them.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Account, Client, Instance, Reply, TestApp};

/// A question with four options of which A is right, worth 100, exclusive, EASY.
pub fn choice(name: &str) -> Value {
    json!({
        "external_id": name, "kind": "single_choice", "text": format!("What is {name}?"),
        "options": ["this", "that", "neither", "both"], "answer": "A",
        "difficulty": "EASY", "category": "General", "points": 100,
    })
}

/// A question of another kind: `over` replaces what [`choice`] says.
pub fn asked(name: &str, over: Value) -> Value {
    let mut question = choice(name);
    let fields = question.as_object_mut().unwrap();
    if over.get("kind").is_some_and(|kind| kind != "multiple_choice") {
        fields.remove("options");
    }
    for (key, value) in over.as_object().unwrap() {
        fields.insert(key.clone(), value.clone());
    }
    question
}

/// A contest, and how staff speaks of it.
#[derive(Debug, Clone)]
pub struct Contest {
    pub id: String,
    pub code: String,
    pub admin: Client,
    questions: HashMap<String, String>,
}

impl TestApp {
    /// A contest that is running, with these settings and questions.
    pub async fn contest(&self, settings: Value, questions: &[Value]) -> Contest {
        let contest = self.draft(settings, questions).await;
        contest.go("publish").await.ok(200);
        contest.start().await;
        contest
    }

    /// A running contest with so many exclusive questions `q0`, `q1`, ….
    pub async fn play(&self, questions: usize) -> Contest {
        let questions: Vec<_> = (0..questions).map(|n| choice(&format!("q{n}"))).collect();
        self.contest(json!({}), &questions).await
    }

    /// A contest that somebody else has made.
    pub async fn known(&self, code: &str) -> Contest {
        let id =
            self.admin().get(&format!("contests/{code}")).await.ok(200)["id"].as_str().unwrap().to_owned();
        Contest { id, code: code.to_owned(), admin: self.admin(), questions: HashMap::new() }
    }

    /// A contest that nobody can see yet.
    pub async fn draft(&self, settings: Value, questions: &[Value]) -> Contest {
        let mut settings = settings;
        settings["name"] = settings.get("name").cloned().unwrap_or_else(|| json!("Quiz"));
        let made = self.admin().post("contests", settings).await.ok(201);
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        let mut contest =
            Contest { id: text("id"), code: text("code"), admin: self.admin(), questions: HashMap::new() };
        if !questions.is_empty() {
            contest.import(questions).await;
        }
        contest
    }
}

impl Contest {
    /// A path under this contest.
    pub fn path(&self, tail: &str) -> String {
        format!("contests/{}/{tail}", self.id)
    }

    /// Brings questions in and learns their ids.
    pub async fn import(&mut self, questions: &[Value]) {
        self.admin.post(&self.path("questions/import"), questions.to_vec()).await.ok(200);
        for question in self.admin.all(&self.path("questions"), 200).await {
            let text = |key: &str| question[key].as_str().unwrap().to_owned();
            self.questions.insert(text("external_id"), text("id"));
        }
    }

    /// The id behind a question's name.
    pub fn question(&self, name: &str) -> &str {
        &self.questions[name]
    }

    /// Moves the state machine: `publish`, `pause`, `resume`, `end`, `cancel`.
    pub async fn go(&self, to: &str) -> Reply {
        self.admin.poke(&self.path(to)).await
    }

    pub async fn start(&self) {
        self.admin.post(&self.path("start"), json!({})).await.ok(200);
    }

    /// As staff sees it now.
    pub async fn read(&self) -> Value {
        self.admin.get(&format!("contests/{}", self.id)).await.ok(200)
    }

    /// Registers a team as staff would.
    pub async fn team(&self, name: &str) -> Team {
        let made =
            self.admin.post(&self.path("teams"), json!({"name": name, "members": ["Ada"]})).await.ok(201);
        Team::of(self, &made)
    }

    /// So many teams.
    pub async fn teams(&self, count: usize) -> Vec<Team> {
        let mut teams = Vec::new();
        for n in 0..count {
            teams.push(self.team(&format!("Team number {n}")).await);
        }
        teams
    }

    /// Offers a mystery box and returns its id.
    pub async fn offer(&self, price: i64, reward: i64, max_opens: i64) -> String {
        let offer = json!({"difficulty": "EASY", "price": price, "reward": reward, "max_opens": max_opens});
        let made = self.admin.post(&self.path("mystery-boxes"), offer).await.ok(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Announces this and returns it.
    pub async fn announce(&self, notice: Value) -> Value {
        self.admin.post(&self.path("announcements"), notice).await.ok(201)
    }

    /// Makes a game, for contests or for reported scores, and returns its id.
    pub async fn game(&self, self_reported: bool) -> String {
        let slug = format!("g-{:08x}", rand::random::<u32>());
        let game = json!({"slug": slug, "title": "A game", "self_reported": self_reported});
        self.admin.post("games", game).await.ok(201)["id"].as_str().unwrap().to_owned()
    }

    /// The rows of the board.
    pub async fn board(&self) -> Vec<Value> {
        self.admin.all(&self.path("leaderboard"), 200).await
    }
}

/// A team with the device of one member.
#[derive(Debug, Clone)]
pub struct Team {
    pub client: Client,
    pub id: String,
    pub name: String,
    pub join_code: String,
    pub token: String,
    contest: String,
}

impl Team {
    /// The team that a registration speaks of.
    pub fn of(contest: &Contest, registered: &Value) -> Self {
        let text = |key: &str| registered[key].as_str().unwrap().to_owned();
        Self {
            client: contest.admin.bearer(&text("token")),
            id: text("id"),
            name: text("name"),
            join_code: text("join_code"),
            token: text("token"),
            contest: contest.id.clone(),
        }
    }

    /// The same team at another server.
    pub fn at(&self, instance: &Instance) -> Self {
        Self { client: self.client.at(instance), ..self.clone() }
    }

    /// The same team, played by an account.
    pub fn played_by(&self, account: &Account) -> Self {
        Self { client: account.client.clone(), ..self.clone() }
    }

    /// The same team, sending this idempotency key.
    pub fn keyed(&self, key: &str) -> Self {
        Self { client: self.client.keyed(key), ..self.clone() }
    }

    /// A path under the contest.
    pub fn path(&self, tail: &str) -> String {
        format!("contests/{}/{tail}", self.contest)
    }

    /// Asks for a question.
    pub async fn take(&self, wish: Value) -> Reply {
        self.client.post(&self.path("assignments"), wish).await
    }

    /// Draws any question, which must work; returns the assignment.
    pub async fn draw(&self) -> Value {
        self.take(json!({})).await.ok(201)
    }

    /// Claims this one, which must work; returns the assignment's id.
    pub async fn claim(&self, question: &str) -> String {
        let taken = self.take(json!({"question_id": question})).await.ok(201);
        taken["id"].as_str().unwrap().to_owned()
    }

    pub async fn answer(&self, assignment: &str, answer: impl Into<Value>) -> Reply {
        let path = self.path(&format!("assignments/{assignment}/submissions"));
        self.client.post(&path, json!({"answer": answer.into()})).await
    }

    /// Asks staff something.
    pub async fn ask(&self, text: &str) -> Reply {
        self.client.post(&self.path("clarifications"), json!({"text": text})).await
    }

    pub async fn open(&self, mystery_box: &str) -> Reply {
        self.client.post(&self.path(&format!("mystery-boxes/{mystery_box}/openings")), json!({})).await
    }

    /// As it sees itself.
    pub async fn read(&self) -> Value {
        self.client.get(&self.path(&format!("teams/{}", self.id))).await.ok(200)
    }

    pub async fn points(&self) -> i64 {
        self.read().await["points"].as_i64().unwrap()
    }

    /// Its statement: kinds and amounts, in order.
    pub async fn ledger(&self) -> Vec<(String, i64)> {
        let entries = self.client.all(&self.path(&format!("teams/{}/ledger", self.id)), 200).await;
        entries
            .iter()
            .map(|e| (e["kind"].as_str().unwrap().to_owned(), e["amount"].as_i64().unwrap()))
            .collect()
    }
}
