//! Staff at the console, and the hall that watches.

use serde_json::json;

use crate::support::{Browser, Page, Team, TestApp};

const HEAD: &str = "external_id,kind,text,option_a,option_b,answer,difficulty,category,points";

/// A file of five questions; some lines are not what they should be.
fn file(third: &str, fourth: &str, fifth: &str) -> String {
    let line = |n: u8, rest: &str| format!("q{n},single_choice,What is {n}?,this,that,{rest}");
    let lines = [
        line(1, "A,EASY,General,100"),
        line(2, "A,EASY,General,100"),
        line(3, third),
        line(4, fourth),
        line(5, fifth),
    ];
    format!("{HEAD}\n{}\n", lines.join("\n"))
}

/// Presses a move of the contest, and means it.
async fn go(desk: &Page, name: &str) {
    desk.click("button", name).await;
    desk.click("#confirm-yes", name).await;
}

#[test]
fn staff_makes_a_contest_mends_a_file_and_leads_it_to_the_reveal() {
    TestApp::run(async |app| {
        let base = &app.first().base;
        let browser = Browser::start().await;
        let desk = browser.page(&format!("{base}/admin")).await;
        desk.fill("#token", app.staff_token()).await;
        desk.click("#sign-in button", "").await;
        desk.click("button", "New contest").await;
        desk.fill("#contest-name", "Autumn quiz").await;
        desk.fill("#minutes", "60").await;
        desk.click("dialog button", "Make it").await;
        desk.sees("h2", "Autumn quiz").await;

        desk.click("nav button", "Import").await;
        desk.replace(
            "#import-text",
            &file("C,EASY,General,100", "A,SIMPLE,General,100", "A,EASY,General,many"),
        )
        .await;
        desk.click("button", "Check").await;
        desk.sees(".bad", "3 things are wrong").await;
        for line in ["4", "5", "6"] {
            desk.sees("td.number button", line).await;
        }
        let good = "A,EASY,General,100";
        desk.replace("#import-text", &file(good, good, good)).await;
        desk.click("button", "Check").await;
        desk.sees(".good", "5 questions, and nothing is wrong").await;
        desk.click("button", "Import 5 questions").await;
        desk.sees(".good", "5 questions are in the contest").await;

        desk.click("nav button", "Overview").await;
        go(&desk, "Publish").await;
        let code = desk.sees(".facts code", "").await;
        let contest = app.known(&code).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let hall = browser.page(&format!("{base}/projector/{code}")).await;
        hall.sees(".hall li", "Blue").await;
        go(&desk, "Start").await;
        desk.sees("button", "Pause").await;
        solve(&red).await;
        hall.sees(".hall li:first-child", "Red").await;
        hall.sees(".hall li:first-child", "1,100").await;
        go(&desk, "Pause").await;
        hall.sees(".face", "Paused").await;
        go(&desk, "Resume").await;
        desk.sees("button", "Pause").await;
        go(&desk, "Freeze").await;
        hall.sees(".banner", "The board is frozen").await;
        solve(&blue).await;
        solve(&blue).await;
        go(&desk, "End").await;
        hall.sees(".face", "Ended").await;
        hall.sees(".hall li:first-child", "Red").await;

        reveal(&desk, base, &code).await;
        hall.sees(".hall li:first-child", "Blue").await;
        hall.sees(".hall li:first-child", "1,200").await;
        desk.must_be_clean(base);
        hall.must_be_clean(base);
    });
}

async fn solve(team: &Team) {
    let held = team.take(json!({})).await.ok(201);
    team.answer(held["id"].as_str().unwrap(), "A").await.ok(200);
}

/// Opens the board step by step, takes a step back, and shows everybody.
async fn reveal(desk: &Page, base: &str, code: &str) {
    desk.go(&format!("{base}/projector/{code}/reveal")).await;
    desk.sees(".hall li:first-child", "Red").await;
    desk.press("ArrowRight").await;
    desk.sees(".hall li:first-child", "Blue").await;
    desk.press("ArrowLeft").await;
    desk.sees(".hall li:first-child", "Red").await;
    desk.press(" ").await;
    desk.sees(".hall li:first-child", "Blue").await;
    desk.click("button", "Thaw the board").await;
    desk.click("#confirm-yes", "Thaw").await;
}
