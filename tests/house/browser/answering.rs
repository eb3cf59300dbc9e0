//! A question in front of a team: what it types, presses and hears.

use serde_json::{Value, json};

use crate::support::{Browser, Contest, Page, Team, TestApp, asked};

/// The device of a team that holds this question.
async fn asks(app: &TestApp, browser: &Browser, question: Value) -> (Page, Contest, Team) {
    let contest = app.contest(json!({}), &[question]).await;
    let team = contest.team("Red Pandas").await;
    team.draw().await;
    let base = &app.first().base;
    let phone = browser.phone("about:blank").await;
    phone.begin_with("window.ahead = 0; const now = Date.now; Date.now = () => now() + window.ahead").await;
    phone.go(&format!("{base}/join/{}#device={}", contest.code, team.token)).await;
    phone.sees("h1", "Red Pandas").await;
    phone.go(&format!("{base}/play/{}", contest.code)).await;
    phone.sees(".asked", "").await;
    (phone, contest, team)
}

#[test]
fn a_number_is_sent_as_it_was_typed() {
    TestApp::run(async |app| {
        let browser = Browser::start().await;
        let question = asked("metres", json!({"kind": "numeric", "answer": 1000}));
        let (phone, ..) = asks(app, &browser, question).await;
        phone.fill("#typed", " 1,000 ").await;
        phone.press("Enter").await;
        phone.sees(".verdict", "+100").await;
        phone.must_be_clean(&app.first().base);
    });
}

#[test]
fn choices_are_lines_of_markdown_and_nothing_in_them_can_be_pressed() {
    TestApp::run(async |app| {
        let browser = Browser::start().await;
        let options = [
            "`sum()` of *all*",
            "- a list",
            "# a heading",
            "[a link](https://example.org)",
            "<b>bold</b> &amp; co",
        ];
        let (phone, ..) =
            asks(app, &browser, asked("lines", json!({"kind": "single_choice", "options": options}))).await;
        phone.sees(".option code", "sum()").await;
        phone.sees(".option em", "all").await;
        for told in ["- a list", "# a heading", "a link", "<b>bold</b> & co"] {
            phone.sees(".option", told).await;
        }
        phone.becomes("!document.querySelector('.option :is(a, b, ul, h1, h2, h3, h4)')").await;
        phone.click(".option", "a link").await;
        phone.becomes("document.querySelector('input[value=D]').checked").await;
        phone.must_be_clean(&app.first().base);
    });
}

#[test]
fn letters_choose_and_enter_sends_and_the_verdict_is_said_once() {
    TestApp::run(async |app| {
        let browser = Browser::start().await;
        let options = ["one", "two", "three", "four", "five", "six"];
        let question =
            asked("keys", json!({"kind": "multiple_choice", "options": options, "answer": ["B", "F"]}));
        let (phone, ..) = asks(app, &browser, question).await;
        phone.becomes("document.querySelector('form .primary').disabled").await;
        for (key, chosen) in [("a", "A"), ("F", "A,F"), ("b", "A,B,F"), ("a", "B,F"), ("g", "B,F")] {
            phone.press(key).await;
            let all =
                "[...document.querySelectorAll('.choice input:checked')].map((one) => one.value).join()";
            phone.becomes(&format!("{all} === '{chosen}'")).await;
        }
        // Whoever does not see the choice hears its state by the field itself, and whoever does, a tick.
        phone.sees(".choice[data-chosen=true] .tick", "✓").await;
        phone.press("Enter").await;
        phone.sees(".verdict", "+100").await;
        phone.becomes("document.activeElement.id === 'next'").await;
        let said = "[...document.querySelectorAll('[aria-live=polite][role=status]')].filter((one) => one.textContent.includes('Right: +100'))";
        phone.becomes(&format!("{said}.length === 1")).await;
        phone.becomes("!document.querySelector('[aria-live=assertive], [role=alert]')").await;
        phone.must_be_clean(&app.first().base);
    });
}

/// The seconds that a question leaves, of less than an hour.
const LEFT: &str = "document.querySelector('.facts .clock').innerText.split(':').reduce((sum, part) => 60 * sum + Number(part), 0)";

#[test]
fn the_time_of_a_question_stands_still_in_a_pause() {
    TestApp::run(async |app| {
        let browser = Browser::start().await;
        let (phone, contest, _) = asks(
            app,
            &browser,
            asked("timed", json!({"time_limit_ms": 3_600_000, "kind": "true_false", "answer": true})),
        )
        .await;
        phone.press("a").await;
        phone.becomes("!document.querySelector('form .primary').disabled").await;
        contest.go("pause").await.ok(200);
        phone.sees("h2", "The contest is paused").await;
        phone.becomes("document.querySelector('form .primary').disabled").await;
        let left = phone.sees(".facts .clock", "").await;
        let before = phone.value(LEFT).await;
        phone.value("window.ahead = 7_200_000").await;
        phone.becomes(&format!("document.querySelector('.facts .clock').innerText === '{left}'")).await;
        phone.becomes("!document.body.innerText.includes('The time for this question is over')").await;
        phone.value("window.ahead = 0").await;
        // So it does for whoever comes in the pause: the same, but for the way of a welcome.
        phone.go(&format!("{}/play/{}", app.first().base, contest.code)).await;
        phone.sees("h2", "The contest is paused").await;
        phone.becomes(&format!("Math.abs({LEFT} - {before}) <= 1")).await;
        phone.press("a").await;
        contest.go("resume").await.ok(200);
        phone.becomes("!document.querySelector('form .primary').disabled").await;
        phone.value("window.ahead = 7_200_000").await;
        phone.sees(".notice", "The time for this question is over").await;
        phone.becomes("document.querySelector('form .primary').disabled").await;
        phone.must_be_clean(&app.first().base);
    });
}
