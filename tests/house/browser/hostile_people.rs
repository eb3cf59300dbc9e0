//! The same hundred strings as names of accounts, in a room, and on a board of all times.

use serde_json::json;

use super::hostile::{must_be_harmless, strings};
use super::people::sign_in;
use crate::support::{Account, Browser, PASSWORD, TestApp};

/// Everybody whose name is taken: some are no names.
async fn people(app: &TestApp, strings: &[String]) -> Vec<Account> {
    let mut all = Vec::new();
    for name in strings {
        if app.anyone().post("auth/register", json!({"name": name, "password": PASSWORD})).await.status == 201
        {
            all.push(Account::signed_in(app, name).await);
        }
    }
    all
}

/// A room in which all of them are; its code.
async fn room(people: &[Account], title: &str) -> String {
    let code = people[0].room(json!({"title": title})).await;
    for person in &people[1..] {
        person.join(&code).await.ok(200);
    }
    code
}

/// Sends something for each string; those that were taken.
async fn taken(strings: &[String], send: impl AsyncFn(usize, &str) -> u16) -> Vec<String> {
    let mut taken = Vec::new();
    for (n, text) in strings.iter().enumerate() {
        match send(n, text).await {
            201 => taken.push(text.clone()),
            // No line of text, or one that differs from another in spaces only.
            status => assert!([409, 422].contains(&status), "{status} for {text}"),
        }
    }
    taken
}

#[test]
fn a_hundred_hostile_strings_stay_text_among_people() {
    TestApp::run(async |app| {
        let strings = strings();
        let people = people(app, &strings).await;
        assert!(people.len() >= 40, "only {} hostile names were taken", people.len());
        let code = room(&people, &strings[0]).await;
        let said = taken(&strings, async |n, text| {
            let speaker = &people[n % people.len()].client;
            speaker.post(&format!("rooms/{code}/messages"), json!({"message": text})).await.status
        })
        .await;
        let asked = taken(&strings, async |_, text| {
            let problem = json!({"problem_id": text, "kind": "single_choice", "text": text, "options": [text, "b"], "answer": "A", "points": 1});
            people[0].client.post(&format!("rooms/{code}/problems"), problem).await.status
        })
        .await;
        assert!(said.len() >= 80 && asked.len() >= 80, "{} were said, {} asked", said.len(), asked.len());
        let game = json!({"slug": "sprint", "title": strings[0], "self_reported": true});
        app.admin().post("games", game).await.ok(201);
        for (n, person) in people.iter().enumerate() {
            person.client.post("games/sprint/scores", json!({"score": n})).await.ok(201);
        }
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(&format!("{base}/sign-in?next=/rooms")).await;
        sign_in(&page, &people[0].name).await;
        page.sees(".who", &people[0].name).await;
        for (path, place) in [
            ("rooms", ".room-entry"),
            (&*format!("rooms/{code}"), ".said .text"),
            ("account", "h1"),
            ("scores", ".entry"),
            ("scores/sprint", "tbody th"),
        ] {
            page.go(&format!("{base}/{path}")).await;
            page.sees(place, "pwned").await;
            must_be_harmless(&page, base, path).await;
        }
        page.go(&format!("{base}/rooms/{code}")).await;
        page.click(".older button", "Show older messages").await;
        let read = "[...document.querySelectorAll('.said .text')].map((one) => one.textContent)";
        page.becomes(&format!("{read}.length === {}", said.len())).await;
        let typed: Vec<_> = said.iter().map(|text| text.trim().to_owned()).collect();
        assert_eq!(page.value(read).await, json!(typed), "as it was typed");
        page.becomes(&format!("document.querySelectorAll('.chip').length === {}", asked.len())).await;
        for (chip, text) in asked.iter().enumerate() {
            page.value(&format!("document.querySelectorAll('.chip')[{chip}].click(); true")).await;
            must_be_harmless(&page, base, text).await;
        }
    });
}
