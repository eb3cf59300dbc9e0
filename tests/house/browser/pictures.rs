//! Pictures of every page, to be looked at: `script/pictures` asks for them.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Browser, Contest, Page, Team, TestApp, choice};

const NAMES: &[&str] = &[
    "Red Pandas",
    "Die Eulen",
    "Quantum Quokkas",
    "Les Renards",
    "Team Ada",
    "Binary Bears",
    "Curious Cats",
    "Night Owls",
    "The Long Name of a Team That Likes Names",
    "Æther",
    "Δελφίνια",
    "Team Grace",
];

/// A question that shows what Markdown can do.
fn rich() -> Value {
    let text =
        "Which of these prints **`55`**?\n\n```python\nprint(sum(range(11)))\n```\n\nMind the *upper* bound.";
    let options = [
        "The program above",
        "The same with range(10)",
        "Neither of them, since Python counts from one",
        "Both",
    ];
    let mut question = choice("rich");
    for (key, value) in [
        ("text", json!(text)),
        ("options", json!(options)),
        ("difficulty", json!("HARD")),
        ("category", json!("Computing")),
        ("points", json!(300)),
        ("time_limit_ms", json!(90_000)),
    ] {
        question[key] = value;
    }
    question
}

fn questions() -> Vec<Value> {
    let mut all = vec![rich()];
    for (difficulty, points) in [("EASY", 100), ("MEDIUM", 200), ("HARD", 300)] {
        for n in 0..8 {
            let mut question = choice(&format!("{difficulty}-{n}"));
            (question["difficulty"], question["points"]) = (json!(difficulty), json!(points));
            question["category"] = json!(["Geography", "Science"][n % 2]);
            all.push(question);
        }
    }
    let mut mystery = choice("mystery");
    mystery["pool"] = json!("mystery");
    all.push(mystery);
    all
}

/// A contest in which much has happened.
async fn busy(app: &TestApp) -> (Contest, Vec<Team>) {
    let settings = json!({"name": "Spring quiz", "duration_ms": 5_400_000, "wrong_penalty": 50});
    let contest = app.draft(settings, &questions()).await;
    contest.go("publish").await.ok(200);
    contest.offer(150, 400, 1).await;
    let mut teams = Vec::new();
    for name in NAMES {
        teams.push(contest.team(name).await);
    }
    (contest, teams)
}

async fn play(contest: &Contest, teams: &[Team]) {
    for (n, team) in teams.iter().enumerate().skip(1) {
        let wish = if n % 3 == 0 { json!({"difficulty": "EASY"}) } else { json!({"difficulty": "MEDIUM"}) };
        let held = team.take(wish).await.ok(201);
        team.answer(held["id"].as_str().unwrap(), if n % 4 == 3 { "B" } else { "A" }).await.ok(200);
    }
    let gift = json!({"team_id": teams[4].id, "amount": 50, "reason": "Read out late"});
    contest.admin.post(&contest.path("adjustments"), gift).await.ok(201);
}

/// Where pictures go.
fn file(name: &str, size: &str, scheme: &str) -> PathBuf {
    let folder = PathBuf::from(std::env::var("PICTURES").unwrap_or_else(|_| "target/pictures".to_owned()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}-{size}-{scheme}.png"))
}

/// The page as it is, on a phone and on a laptop, in light and dark.
async fn shoot(page: &Page, name: &str) {
    for (width, height) in [(390, 844), (1440, 900)] {
        page.resize(width, height).await;
        for scheme in ["light", "dark"] {
            page.prefer(scheme).await;
            page.value(
                "document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => true)",
            )
            .await;
            page.picture(&file(name, &format!("{width}x{height}"), scheme)).await;
        }
    }
}

/// The device of a team that is in.
async fn device(browser: &Browser, base: &str, contest: &Contest, team: &Team) -> Page {
    let page = browser.page("about:blank").await;
    page.go(&format!("{base}/join/{}#device={}", contest.code, team.token)).await;
    page.sees("h1", &team.name).await;
    page
}

#[test]
#[ignore = "makes pictures for people"]
fn pictures_of_every_page() {
    TestApp::run(async |app| {
        let (contest, teams) = busy(app).await;
        let base = &app.first().base;
        let browser = Browser::start().await;
        let at = |page: &str| format!("{base}/{page}/{}", contest.code);

        let page = browser.page(base).await;
        page.sees("li", "Spring quiz").await;
        shoot(&page, "home").await;
        page.go(&format!("{base}/no/such/place")).await;
        shoot(&page, "problem").await;
        page.go(&at("join")).await;
        page.click("button", "Register the team").await;
        page.sees("#name-wrong", "").await;
        shoot(&page, "join").await;
        page.go(&at("lobby")).await;
        page.sees("li", "Team Ada").await;
        shoot(&page, "lobby").await;

        let red = device(&browser, base, &contest, &teams[0]).await;
        shoot(&red, "joined").await;
        red.go(&at("play")).await;
        red.sees("h1", "You are in").await;
        shoot(&red, "waiting").await;
        contest.start().await;
        red.sees("h1", "Your next question").await;
        play(&contest, &teams).await;
        red.sees(".strip", "of 12").await;
        shoot(&red, "draw").await;
        teams[0].claim(contest.question("rich")).await;
        red.click(".choice", "The program above").await;
        shoot(&red, "question").await;
        red.click("form button", "Answer").await;
        red.sees(".verdict", "+300").await;
        shoot(&red, "verdict").await;
        red.click("button", "Go on").await;
        for tab in ["Boxes", "Board", "Points"] {
            red.click("nav button", tab).await;
            shoot(&red, &tab.to_lowercase()).await;
        }
        page.go(&at("board")).await;
        page.sees("tr", "Red Pandas").await;
        shoot(&page, "public-board").await;

        page.go(&format!("{base}/admin")).await;
        page.fill("#token", app.staff_token()).await;
        page.click("button", "Sign in").await;
        page.sees("td, th", "Red Pandas").await;
        shoot(&page, "console").await;
    });
}
