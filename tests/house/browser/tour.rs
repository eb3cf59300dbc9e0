//! A tour of every page, in every state that people meet.

use serde_json::{Value, json};

use super::people_tour::people_tour;
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
pub async fn busy(app: &TestApp) -> (Contest, Vec<Team>) {
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

pub async fn play(contest: &Contest, teams: &[Team]) {
    for (n, team) in teams.iter().enumerate().skip(1) {
        let wish = if n % 3 == 0 { json!({"difficulty": "EASY"}) } else { json!({"difficulty": "MEDIUM"}) };
        let held = team.take(wish).await.ok(201);
        team.answer(held["id"].as_str().unwrap(), if n % 4 == 3 { "B" } else { "A" }).await.ok(200);
    }
    let gift = json!({"team_id": teams[4].id, "amount": 50, "reason": "Read out late"});
    contest.admin.post(&contest.path("adjustments"), gift).await.ok(201);
    let said = json!({"title": "Ten minutes left", "body": "Then **pens down**.", "must_acknowledge": true});
    contest.admin.post(&contest.path("announcements"), said).await.ok(201);
    let asked = json!({"text": "Are accents needed?"});
    teams[0].client.post(&contest.path("clarifications"), asked).await.ok(201);
}

/// The device of a team that is in.
async fn device(browser: &Browser, base: &str, contest: &Contest, team: &Team) -> Page {
    let page = browser.page("about:blank").await;
    page.go(&format!("{base}/join/{}#device={}", contest.code, team.token)).await;
    page.sees("h1", &team.name).await;
    page
}

/// Goes everywhere, and lets somebody look at each page.
pub async fn tour(app: &TestApp, look: impl AsyncFn(&Page, &str)) {
    let (contest, teams) = busy(app).await;
    let base = &app.first().base;
    let browser = Browser::start().await;
    let page = browser.page(base).await;
    before(&page, base, &contest, &look).await;
    let red = device(&browser, base, &contest, &teams[0]).await;
    look(&red, "joined").await;
    red.go(&format!("{base}/play/{}", contest.code)).await;
    red.sees("h1", "You are in").await;
    look(&red, "waiting").await;
    contest.start().await;
    red.sees("h1", "Your next question").await;
    play(&contest, &teams).await;
    plays(&red, &contest, &teams[0], &look).await;
    watches(&page, base, &contest, &look).await;
    works(&page, base, app.staff_token(), &look).await;
    ends(&page, base, &contest, &teams, &look).await;
    people_tour(app, &browser, &look).await;
    page.must_be_clean(base);
    red.must_be_clean(base);
}

/// Whoever comes before the start.
async fn before(page: &Page, base: &str, contest: &Contest, look: &impl AsyncFn(&Page, &str)) {
    page.sees("li", "Spring quiz").await;
    look(page, "home").await;
    page.go(&format!("{base}/no/such/place")).await;
    look(page, "problem").await;
    page.go(&format!("{base}/join/{}", contest.code)).await;
    page.click("button", "Register the team").await;
    page.sees("#name-wrong", "").await;
    look(page, "join").await;
    page.go(&format!("{base}/lobby/{}", contest.code)).await;
    page.sees("li", "Team Ada").await;
    look(page, "lobby").await;
}

/// A team.
async fn plays(red: &Page, contest: &Contest, team: &Team, look: &impl AsyncFn(&Page, &str)) {
    red.sees(".strip", "of 12").await;
    look(red, "draw").await;
    team.claim(contest.question("rich")).await;
    red.click(".choice", "The program above").await;
    look(red, "question").await;
    red.click("form button", "Answer").await;
    red.sees(".verdict", "+300").await;
    look(red, "verdict").await;
    red.click("button", "Go on").await;
    for tab in ["Boxes", "Board", "Points", "Messages"] {
        red.click("nav button", tab).await;
        look(red, &tab.to_lowercase()).await;
    }
}

/// A spectator.
async fn watches(page: &Page, base: &str, contest: &Contest, look: &impl AsyncFn(&Page, &str)) {
    for (path, name) in [("board", "public-board"), ("projector", "projector")] {
        page.go(&format!("{base}/{path}/{}", contest.code)).await;
        page.sees("tr, li", "Red Pandas").await;
        look(page, name).await;
    }
}

/// Staff.
async fn works(page: &Page, base: &str, token: &str, look: &impl AsyncFn(&Page, &str)) {
    page.go(&format!("{base}/admin")).await;
    page.fill("#token", token).await;
    look(page, "sign-in").await;
    page.click("#sign-in button", "").await;
    page.sees("td, th", "Red Pandas").await;
    look(page, "console").await;
    for tab in [
        "Questions",
        "Boxes",
        "Import",
        "Teams",
        "Answers",
        "Announcements",
        "Clarifications",
        "Exports",
        "Settings",
        "Audit",
        "System",
    ] {
        page.click("nav button", tab).await;
        page.sees("h2", "").await;
        page.becomes("!document.querySelector('.loading')?.checkVisibility()").await;
        look(page, &format!("console-{}", tab.to_lowercase())).await;
    }
    looks_closer(page, look).await;
    page.click("button", "New contest").await;
    page.sees("dialog", "Divisions").await;
    look(page, "console-create").await;
}

/// What is behind the tabs of the desk.
async fn looks_closer(page: &Page, look: &impl AsyncFn(&Page, &str)) {
    page.click("nav button", "Reports").await;
    for (report, told) in [
        ("Participation", "Answers by hour"),
        ("Questions", "The most answered"),
        ("A team", "Team"),
        ("Top players", "Only this contest"),
    ] {
        page.click("[role=group] button", report).await;
        page.sees("figcaption, label", told).await;
        if report == "A team" {
            page.choose("#statement-team", "Die Eulen").await;
            page.sees("figcaption", "Points over time").await;
        }
        page.becomes("!document.querySelector('.loading')?.checkVisibility()").await;
        look(page, &format!("console-report-{}", report.to_lowercase().replace(' ', "-"))).await;
    }
    page.click("nav button", "Questions").await;
    page.click("th button", "Which of these prints").await;
    look(page, "console-question").await;
    page.click("button", "New question").await;
    page.fill("#text", "What is *this*?").await;
    look(page, "console-editor").await;
    page.click("nav button", "Teams").await;
    page.click("th button", "Die Eulen").await;
    page.sees("summary", "Every change").await;
    look(page, "console-team").await;
    page.click("button", "Join codes to print").await;
    page.sees(".slip", "Die Eulen").await;
    look(page, "console-codes").await;
}

/// The host, after a frozen end.
async fn ends(page: &Page, base: &str, contest: &Contest, teams: &[Team], look: &impl AsyncFn(&Page, &str)) {
    contest.go("freeze").await.ok(200);
    let held = teams[3].take(json!({"difficulty": "HARD"})).await.ok(201);
    teams[3].answer(held["id"].as_str().unwrap(), "A").await.ok(200);
    page.go(&format!("{base}/projector/{}", contest.code)).await;
    page.sees(".banner", "frozen").await;
    look(page, "projector-frozen").await;
    contest.go("end").await.ok(200);
    page.go(&format!("{base}/projector/{}/reveal", contest.code)).await;
    page.sees(".hall li", "Red Pandas").await;
    page.press("ArrowRight").await;
    page.sees("li[data-mark=now]", "").await;
    look(page, "reveal").await;
}
