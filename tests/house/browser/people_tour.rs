//! The tour goes on among people with accounts.

use serde_json::json;

use super::people::sign_in;
use crate::support::{Account, Browser, Member, Page, Socket, TestApp, problem};

pub const NAMES: &[&str] = &["Ada", "Grace", "Katherine of Langley", "Δέσποινα", "Mary", "Hedy"];

/// A room in which much has happened, as its first member has it; and who is there.
pub async fn lively(app: &TestApp, people: &[Account]) -> (String, Vec<Socket>) {
    let choice = json!({"problem_id": "river", "kind": "single_choice", "text": "Which river flows through **Vienna**?",
        "options": ["Rhine", "Danube", "Elbe", "Oder"], "answer": "B", "points": 30});
    let wish = json!({"title": "Interview on Monday", "problems": [problem("bits"), choice]});
    let code = people[0].room(wish).await;
    let mut there = Vec::new();
    for person in people {
        let team = person.join(&code).await.ok(200)["member_id"].as_str().unwrap().to_owned();
        let member = Member { account: person.clone(), team, code: code.clone() };
        there.push(member.socket(app.first(), json!({})).await);
    }
    // One has closed the page.
    there.pop();
    for (person, answer) in people.iter().skip(1).zip(["8", "9", "8", "8"]) {
        person.solve(&code, "bits", answer).await.ok(200);
    }
    for (n, said) in [
        "Hello everybody",
        "Hi! What is this about?",
        "Bits, and a river",
        "The second one is easier, I think",
        "Sssh, do not tell how it is answered, somebody may still be at the first one",
    ]
    .iter()
    .enumerate()
    {
        let path = format!("rooms/{code}/messages");
        people[n % 3].client.post(&path, json!({"message": said})).await.ok(201);
    }
    (code, there)
}

async fn games(app: &TestApp, people: &[Account]) {
    for (slug, title, self_reported) in
        [("capitals", "Capitals of the world", false), ("sprint", "Sprint", true)]
    {
        app.admin()
            .post("games", json!({"slug": slug, "title": title, "self_reported": self_reported}))
            .await
            .ok(201);
    }
    for (n, person) in people.iter().enumerate() {
        let score = [4200, 9100, 4200, 12_750, 300, 8800][n];
        person.client.post("games/sprint/scores", json!({"score": score})).await.ok(201);
    }
}

/// Goes wherever people with accounts go.
pub async fn people_tour(app: &TestApp, browser: &Browser, look: &impl AsyncFn(&Page, &str)) {
    let base = &app.first().base;
    let mut people = Vec::new();
    for name in NAMES {
        people.push(app.account(name).await);
    }
    let (code, _there) = lively(app, &people).await;
    games(app, &people).await;
    let page = browser.page(&format!("{base}/sign-in?next=/rooms")).await;
    page.sees("h1", "Sign in").await;
    look(&page, "people-sign-in").await;
    page.click(".ways button", "New account").await;
    page.click("form button.primary", "Make the account").await;
    page.sees("#name-wrong", "").await;
    look(&page, "people-register").await;
    page.click(".ways button", "Sign in").await;
    sign_in(&page, "Ada").await;
    rooms(&page, base, &code, look).await;
    for (path, seen, name) in [
        ("account", "Another password", "account"),
        ("scores", "Sprint", "games"),
        ("scores/sprint", "12,750", "scores"),
    ] {
        page.go(&format!("{base}/{path}")).await;
        page.sees("h2, .entry, td", seen).await;
        look(&page, name).await;
    }
    page.must_be_clean(base);
}

async fn rooms(page: &Page, base: &str, code: &str, look: &impl AsyncFn(&Page, &str)) {
    page.sees("#mine", "Your rooms").await;
    look(page, "rooms").await;
    page.click("#new-room", "New room").await;
    look(page, "room-create").await;
    page.go(&format!("{base}/rooms/{code}")).await;
    page.sees(".first", "Grace").await;
    page.sees(".said", "Sssh").await;
    look(page, "room").await;
    page.resize(390, 844).await;
    for tab in ["Chat", "Board", "People"] {
        page.click(".tabs button", tab).await;
        look(page, &format!("room-{}", tab.to_lowercase())).await;
        page.resize(390, 844).await;
    }
    page.resize(1440, 900).await;
    page.click("#add-problem", "Add a problem").await;
    look(page, "room-add").await;
    page.click("dialog button", "Cancel").await;
    page.click("#close", "Close the room").await;
    page.click("#confirm-yes", "Close").await;
    page.sees(".notice", "This room is closed").await;
    look(page, "room-closed").await;
}
