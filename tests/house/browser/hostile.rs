//! What people type is text. A hundred strings that would like to be more are put everywhere.

use serde_json::{Value, json};

use crate::support::{Browser, Contest, Page, Team, TestApp, asked};

const HOSTILE: &str = include_str!("../../fixtures/hostile.json");

/// Nothing of what was typed has become an element that acts, or an attribute that does.
const HARMLESS: &str = r"(() => {
    const bad = [...document.body.querySelectorAll('*')].filter((one) =>
        ['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'BASE', 'META', 'STYLE', 'VIDEO', 'AUDIO', 'MATH', 'MARQUEE'].includes(one.tagName)
        || (one.tagName === 'IMG' && new URL(one.src).pathname !== '/web/mark.svg')
        || [...one.attributes].some(({name}) => name.startsWith('on'))
        || ['href', 'src', 'action', 'formaction', 'data'].some((name) => /^\s*(javascript|data|vbscript):/i.test(one.getAttribute(name) ?? '')));
    return window.pwned === undefined ? bad.map((one) => one.outerHTML) : ['it ran'];
})()";

/// Everything that may be typed by somebody who means harm.
pub fn strings() -> Vec<String> {
    let strings: Vec<String> = serde_json::from_str(HOSTILE).unwrap();
    assert_eq!(strings.len(), 100);
    strings
}

pub async fn must_be_harmless(page: &Page, base: &str, name: &str) {
    let bad = page.value(HARMLESS).await;
    assert_eq!(bad, json!([]), "{name}");
    page.must_be_clean(base);
}

/// A contest in which everything that can be typed is hostile; the teams whose names were taken.
async fn hostile(app: &TestApp, strings: &[String]) -> (Contest, Vec<Team>) {
    let question = |(n, text): (usize, &String)| {
        asked(
            &format!("q{n}"),
            json!({"kind": "multiple_choice", "text": format!("{text}\n\n{n}"), "options": [text, "b"], "answer": ["A"], "category": "General"}),
        )
    };
    let questions: Vec<Value> = strings.iter().enumerate().map(question).collect();
    let contest = app
        .draft(json!({"name": strings[0], "description": strings[1], "max_open_assignments": 5}), &questions)
        .await;
    contest.go("publish").await.ok(200);
    let mut teams = Vec::new();
    for text in strings {
        // Some are no names: too long, or of letters that a name must not have.
        let made = contest.admin.post(&contest.path("teams"), json!({"name": text, "members": [text]})).await;
        if made.status == 201 {
            teams.push(Team::of(&contest, &made.json));
        }
        let said = json!({"title": text.replace(['\n', '\t', '\u{2028}'], " "), "body": text});
        contest.admin.post(&contest.path("announcements"), said).await.ok(201);
    }
    // A team may not ask without end.
    for (n, text) in strings.iter().enumerate() {
        teams[n % teams.len()].ask(text).await.ok(201);
    }
    contest.start().await;
    (contest, teams)
}

/// What is behind the tabs of the desk: a question being edited, a team, its slip, its statement.
async fn looks_closer(page: &Page, base: &str, team: &str) {
    // The question that was looked at is open still.
    page.click("nav button", "Questions").await;
    page.click(".desk-part button", "Edit").await;
    page.sees(".preview", "pwned").await;
    must_be_harmless(page, base, "editor").await;
    page.click("nav button", "Teams").await;
    page.click(".desk-part th button", team).await;
    page.sees(".preview summary", "Every change").await;
    must_be_harmless(page, base, "team").await;
    page.click("button", "Join codes to print").await;
    page.sees(".slip h3", team).await;
    must_be_harmless(page, base, "slips").await;
    page.click("nav button", "Reports").await;
    page.click("[role=group] button", "A team").await;
    page.choose("#statement-team", team).await;
    page.sees(".plot-legend", team).await;
    must_be_harmless(page, base, "statement").await;
}

#[test]
fn a_hundred_hostile_strings_stay_text_on_every_page() {
    TestApp::run(async |app| {
        let strings = strings();
        let (contest, teams) = hostile(app, &strings).await;
        assert!(teams.len() >= 40, "only {} hostile names were taken", teams.len());
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(base).await;
        for path in ["board", "projector", "lobby", "join"] {
            page.go(&format!("{base}/{path}/{}", contest.code)).await;
            page.sees("h1, p.title", "pwned").await;
            page.becomes(&format!("document.body.textContent.includes({})", json!(strings[0]))).await;
            must_be_harmless(&page, base, path).await;
        }
        page.go(&format!("{base}/join/{}#device={}", contest.code, teams[3].token)).await;
        page.sees("h1", &teams[3].name).await;
        must_be_harmless(&page, base, "joined").await;
        teams[3].draw().await;
        page.go(&format!("{base}/play/{}", contest.code)).await;
        page.sees(".choice", "").await;
        must_be_harmless(&page, base, "play").await;

        let rendered = format!(
            "import('/web/parts/markdown.js').then(({{markdown, inline}}) => {{
                document.body.append(...{}.flatMap((text) => [markdown(text), inline(text)])); return true; }})",
            json!(strings)
        );
        page.value(&rendered).await;
        must_be_harmless(&page, base, "Markdown").await;

        page.go(&format!("{base}/admin")).await;
        page.fill("#token", app.staff_token()).await;
        page.click("#sign-in button", "").await;
        for (tab, told) in [
            ("Questions", "pwned"),
            ("Teams", "pwned"),
            ("Announcements", "pwned"),
            ("Clarifications", "pwned"),
            ("Settings", "pwned"),
            ("Audit", "register_team"),
        ] {
            page.click("nav button", tab).await;
            page.sees(".desk-part section, .desk-part article, .desk-part form", told).await;
            must_be_harmless(&page, base, tab).await;
            if tab == "Questions" {
                page.click("th button", "").await;
                page.sees(".preview", "").await;
                must_be_harmless(&page, base, "the preview of a question").await;
            }
        }
        looks_closer(&page, base, &teams[3].name).await;
        contest.go("freeze").await.ok(200);
        contest.go("end").await.ok(200);
        page.go(&format!("{base}/projector/{}/reveal", contest.code)).await;
        page.sees(".hall li", "pwned").await;
        must_be_harmless(&page, base, "reveal").await;
    });
}
