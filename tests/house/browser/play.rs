//! A team at its phone, and whoever watches.

use serde_json::json;

use crate::support::{Browser, Contest, Page, TestApp, choice};

/// A contest with two teams that are in already, questions and a box.
async fn hall(app: &TestApp) -> Contest {
    let mystery = {
        let mut question = choice("mystery");
        question["pool"] = json!("mystery");
        question
    };
    let contest = app.draft(json!({"name": "Hall quiz"}), &[choice("q0"), choice("q1"), mystery]).await;
    contest.go("publish").await.ok(200);
    contest.offer(100, 400, 1).await;
    contest.team("Blue").await;
    contest.team("Green").await;
    contest
}

/// Comes in by the code that is on the screen.
async fn join(phone: &Page, contest: &Contest, team: &str) {
    phone.fill("#code", &contest.code.to_lowercase()).await;
    phone.click("button", "Go").await;
    phone.fill("#name", team).await;
    phone.fill("#member-0", "Ada").await;
    phone.click("button", "Register the team").await;
    phone.sees("h1", team).await;
}

#[test]
fn a_team_joins_draws_answers_opens_a_box_and_sees_its_rank_move() {
    TestApp::run(async |app| {
        let contest = hall(app).await;
        let base = &app.first().base;
        let browser = Browser::start().await;
        let phone = browser.phone(base).await;
        let hall = browser.page(&format!("{base}/board/{}", contest.code)).await;

        join(&phone, &contest, "Red Pandas").await;
        phone.click("a", "To the game").await;
        phone.sees("h1", "You are in!").await;
        hall.sees("tr", "Red Pandas").await;
        contest.start().await;
        contest
            .admin
            .post(
                &contest.path("adjustments"),
                json!({"team_id": blue(&contest).await, "amount": 50, "reason": "early"}),
            )
            .await
            .ok(201);
        hall.sees("tr:first-child", "Blue").await;

        phone.click("button", "Surprise me").await;
        phone.sees(".choice", "this").await;
        phone.press("a").await;
        phone.becomes("document.querySelector('input[value=A]').checked").await;
        phone.press("Enter").await;
        phone.sees(".verdict", "+100").await;
        phone
            .becomes("document.querySelector('p[role=status].unseen').textContent.includes('Right: +100')")
            .await;
        phone.sees(".strip", "Rank 1").await;
        hall.sees("tr:first-child", "Red Pandas").await;

        phone.press("Enter").await; // The button that goes on has the focus.
        phone.click("nav button", "Boxes").await;
        phone.sees(".box", "1,000").await;
        phone.click("button", "Open for 100").await;
        phone.click("dialog button", "Pay 100").await;
        phone.click("nav button", "Question").await;
        phone.sees(".facts", "Mystery").await;
        phone.click(".choice", "this").await;
        phone.click("form button", "Answer").await;
        phone.sees(".verdict", "+400").await;
        hall.sees("tr:first-child", "1,400").await;

        phone.click("nav button", "Points").await;
        for line in ["Opening points", "Right answer", "Mystery box opened"] {
            phone.sees(".statement tr", line).await;
        }
        phone.must_be_clean(base);
        hall.must_be_clean(base);
    });
}

async fn blue(contest: &Contest) -> String {
    let teams = contest.admin.all(&contest.path("teams"), 200).await;
    teams.iter().find(|team| team["name"] == "Blue").unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn two_tabs_of_a_team_stay_right() {
    TestApp::run(async |app| {
        let contest = hall(app).await;
        let base = &app.first().base;
        let browser = Browser::start().await;
        let first = browser.phone(base).await;
        join(&first, &contest, "Red Pandas").await;
        contest.start().await;
        let play = format!("{base}/play/{}", contest.code);
        first.go(&play).await;
        let second = first.tab(&play).await;

        first.click("button", "Surprise me").await;
        second.sees(".choice", "this").await;
        second.click(".choice", "this").await;
        second.click("form button", "Answer").await;
        second.sees(".verdict", "+100").await;
        first.sees(".verdict", "Answered on another device").await;
        first.sees(".strip", "1,100").await;
        first.must_be_clean(base);
        second.must_be_clean(base);
    });
}

#[test]
fn what_is_wrong_is_said_where_it_was_typed() {
    TestApp::run(async |app| {
        let contest = hall(app).await;
        let base = &app.first().base;
        let browser = Browser::start().await;
        let phone = browser.phone(base).await;
        phone.fill("#code", "NOSUCH").await;
        phone.click("button", "Go").await;
        phone.sees("#code-wrong", "There is no contest NOSUCH").await;

        phone.go(&format!("{base}/join/{}", contest.code)).await;
        phone.fill("#name", "Blue").await;
        phone.click("button", "Register the team").await;
        phone.sees("#name-wrong", "Another team has this name").await;
        phone.becomes("document.activeElement.id === 'name'").await;
        phone.must_be_clean(base);
    });
}

#[test]
fn a_team_hears_what_staff_says_and_gets_an_answer() {
    TestApp::run(async |app| {
        let contest = hall(app).await;
        let base = &app.first().base;
        let browser = Browser::start().await;
        let phone = browser.phone(base).await;
        join(&phone, &contest, "Red Pandas").await;
        phone.click("a", "To the game").await;
        phone.sees("h1", "You are in!").await;
        let said = json!({"title": "Pens down", "body": "All *at once*.", "priority": "urgent", "must_acknowledge": true});
        contest.admin.post(&contest.path("announcements"), said).await.ok(201);
        phone.sees(".notice", "Pens down").await;
        phone.sees(".badge", "1").await;
        phone.click(".notice button", "Read").await;
        phone.sees(".announced em", "at once").await;
        phone.click("button", "We have read this").await;
        phone.sees(".announced", "Your team has confirmed it").await;

        phone.fill("#asking", "Are accents needed?").await;
        phone.click("form button", "Ask").await;
        phone.sees(".asked-one", "No answer yet").await;
        let asked = contest.admin.all(&contest.path("clarifications"), 200).await;
        let answers = contest.path(&format!("clarifications/{}/answers", asked[0]["id"].as_str().unwrap()));
        contest.admin.post(&answers, json!({"text": "No.", "to": "asker"})).await.ok(201);
        phone.sees(".asked-one .answer", "No.").await;
        phone.must_be_clean(base);
    });
}

/// Sends what the page sends, and keeps what comes back from it.
const LOSE_REPLIES: &str = r"(() => {
    const send = window.fetch;
    window.fetch = async (url, request) => {
        const reply = await send(url, request);
        if (request.method !== 'POST' || !url.endsWith('/submissions')) return reply;
        window.lost = true;
        return new Promise(() => {});
    };
    return true;
})()";

#[test]
fn an_answer_whose_reply_is_lost_counts_once_also_over_a_reload() {
    TestApp::run(async |app| {
        let contest = hall(app).await;
        let base = &app.first().base;
        let browser = Browser::start().await;
        let phone = browser.phone(base).await;
        join(&phone, &contest, "Red Pandas").await;
        contest.start().await;
        let play = format!("{base}/play/{}", contest.code);
        phone.go(&play).await;
        phone.click("button", "Surprise me").await;
        phone.click(".choice", "this").await;
        phone.value(LOSE_REPLIES).await;
        phone.click("form button", "Answer").await;
        phone.becomes("window.lost === true").await;
        phone.go(&play).await;
        phone.sees(".verdict", "+100").await;
        phone.sees(".strip", "1,100").await;
        let answers = app.number("SELECT count(*) FROM submission").await;
        assert_eq!(answers, 1);
        phone.must_be_clean(base);
    });
}

#[test]
fn a_page_speaks_the_language_of_its_reader() {
    TestApp::run(async |app| {
        let base = &app.first().base;
        let browser = Browser::start().await;
        let page = browser.page("about:blank").await;
        page.reads("de-AT,en;q=0.5").await;
        page.go(base).await;
        page.sees("h1", "Quiz-Wettkämpfe").await;
        page.becomes("document.documentElement.lang === 'de'").await;
        page.must_be_clean(base);
    });
}
