//! The server is killed and comes back: every page is right again, and nobody has reloaded it.

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Browser, Server, TestApp};

#[test]
fn every_page_is_right_again_after_the_server_was_killed() {
    TestApp::run(async |app| {
        let contest = app.play(3).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let server = Server::start(app, &[]).await;
        let base = server.base.clone();
        let browser = Browser::start().await;
        let board = browser.page(&format!("{base}/board/{}", contest.code)).await;
        let hall = browser.page(&format!("{base}/projector/{}", contest.code)).await;
        let phone = browser.phone("about:blank").await;
        phone.go(&format!("{base}/join/{}#device={}", contest.code, red.token)).await;
        phone.click("a", "To the game").await;
        phone.sees("h1", "Your next question").await;
        board.sees(".pill", "live").await;
        for page in [&board, &hall, &phone] {
            page.value("window.never_loaded_again = true").await;
        }

        let away = browser.page(&format!("{base}/board/{}", contest.code)).await;
        away.sees(".pill[data-kind=live]", "live").await;
        away.offline(true).await;
        server.signal(Signal::KILL);
        server.ended().await;
        board.sees(".pill[data-kind=waiting]", "reconnecting").await;
        board.sees(".pill", "in 1").await;
        board.becomes("document.querySelector('.pill [role=status]').textContent === 'Connection lost, reconnecting'").await;
        away.sees(".pill[data-kind=offline]", "offline").await;
        hall.becomes(
            r"/The line is lost: data from [1-9]\d* s ago/.test(document.querySelector('.banner').innerText)",
        )
        .await;
        hall.sees(".hall li", "Red").await;
        let gift = json!({"team_id": blue.id, "amount": 70, "reason": "meanwhile"});
        contest.admin.post(&contest.path("adjustments"), gift).await.ok(201);
        red.draw().await;
        app.settle().await;

        let port = base.rsplit(':').next().unwrap();
        let _again = Server::start(app, &[("PORT", port)]).await;
        away.offline(false).await;
        away.sees("tr:first-child", "1,070").await;
        away.sees(".pill[data-kind=live]", "live").await;
        board.sees("tr:first-child", "1,070").await;
        hall.sees(".hall li:first-child", "1,070").await;
        phone.sees(".choice", "this").await;
        phone.sees(".strip", "Rank 2").await;
        for page in [&board, &hall, &phone] {
            page.becomes("window.never_loaded_again === true").await;
            page.must_be_clean(&base);
        }
    });
}
