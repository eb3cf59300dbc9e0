//! How smooth a long board is: `script/frames` asks for it, on a machine with nothing else to do.

use std::time::Duration;

use serde_json::json;

use crate::support::{Browser, TestApp};

const ROWS: usize = 500;
const CHANGES_PER_S: u32 = 10;
const SECONDS: u32 = 10;

/// Counts the frames of each second for a while, and the longest time between two.
const COUNT: &str = r"new Promise((done) => {
    const times = [performance.now()];
    const next = (now) => {
        times.push(now);
        if (now - times[0] < 10_000) return requestAnimationFrame(next);
        const gaps = times.slice(1).map((time, at) => time - times[at]);
        const seconds = Array(10).fill(0);
        for (const time of times.slice(1, -1)) seconds[Math.floor((time - times[0]) / 1000)] += 1;
        seconds.sort((a, b) => a - b);
        done({median: seconds[5], worst: seconds[0], longest_ms: Math.max(...gaps)});
    };
    requestAnimationFrame(next);
})";

#[test]
#[ignore = "a measurement"]
fn a_long_board_with_many_changes_stays_smooth() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let teams = contest.teams(ROWS).await;
        let base = &app.first().base;
        let browser = Browser::start().await;
        let page = browser.page(&format!("{base}/board/{}", contest.code)).await;
        page.becomes(&format!("document.querySelectorAll('.standings tbody tr').length === {ROWS}")).await;
        let changes = async {
            let mut beat = tokio::time::interval(Duration::from_secs(1) / CHANGES_PER_S);
            for change in 0..(CHANGES_PER_S * SECONDS) as usize {
                beat.tick().await;
                // From far below to the top: most rows move.
                let team = &teams[(change * 37) % ROWS];
                let gift = json!({"team_id": team.id, "amount": 10 + change, "reason": "to move"});
                contest.admin.post(&contest.path("adjustments"), gift).await.ok(201);
            }
        };
        let before = page.taken().await;
        let (measured, ()) = tokio::join!(page.value(COUNT), changes);
        let after = page.taken().await;
        println!("{ROWS} rows, {CHANGES_PER_S} changes a second, frames a second: {measured}");
        for (what, (before, after)) in
            ["scripts", "styles", "layout", "all"].iter().zip(before.into_iter().zip(after))
        {
            println!("the page's {what}: {:.0} ms of each second", (after - before) / f64::from(SECONDS));
        }
        assert!(measured["median"].as_u64() >= Some(50), "{measured}");
        page.must_be_clean(base);
    });
}
