//! What a page asks the server for, and when: hundreds of devices hear of the same change.

use serde_json::json;

use crate::support::{Browser, Contest, Page, Team, TestApp, choice, until};

async fn plays(browser: &Browser, base: &str, contest: &Contest, team: &Team, begin: &str) -> Page {
    let phone = browser.phone("about:blank").await;
    phone.go(&format!("{base}/join/{}#device={}", contest.code, team.token)).await;
    phone.sees("h1", &team.name).await;
    phone.begin_with(begin).await;
    phone.go(&format!("{base}/play/{}", contest.code)).await;
    phone.sees("h1", "Your next question").await;
    phone
}

#[test]
fn a_game_is_read_as_far_as_it_is_looked_at() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[choice("q0"), choice("q1")]).await;
        contest.offer(100, 400, 1).await;
        let red = contest.team("Red Pandas").await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let phone = plays(&browser, base, &contest, &red, "").await;
        red.draw().await;
        phone.sees(".choice", "this").await;
        assert_eq!((phone.asked("/openings"), phone.asked("/ledger")), (0, 0));
        phone.click("nav button", "Boxes").await;
        phone.sees(".box", "100").await;
        phone.click("nav button", "Points").await;
        phone.sees(".statement tr", "Opening points").await;
        assert!(phone.asked("/openings") > 0 && phone.asked("/ledger") > 0);
        phone.must_be_clean(base);
    });
}

#[test]
fn what_staff_says_has_no_game_read() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[choice("q0"), choice("q1")]).await;
        let red = contest.team("Red Pandas").await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let phone = plays(&browser, base, &contest, &red, "").await;
        // The look that follows the welcome comes at an instant of its own.
        until("the phone has looked after its welcome", async || {
            (phone.asked("/own-team") > 1).then_some(())
        })
        .await;
        let before = phone.asked("/own-team");
        contest.announce(json!({"title": "For you alone", "team_id": red.id})).await;
        phone.sees(".badge", "1").await;
        contest.announce(json!({"title": "For all"})).await;
        phone.sees(".badge", "2").await;
        assert_eq!(phone.asked("/own-team"), before);
        contest.go("pause").await.ok(200);
        phone.sees("h2", "The contest is paused").await;
        until("the pause has the game read", async || (phone.asked("/own-team") > before).then_some(()))
            .await;
        phone.must_be_clean(base);
    });
}

/// A server that is too busy at first.
const BUSY: &str = r#"{ const send = window.fetch; window.busy = 3;
    window.fetch = (url, request) => !String(url).endsWith("/own-team") || window.busy-- <= 0 ? send(url, request)
        : Promise.resolve(new Response('{"title": "Busy", "status": 503}', {status: 503, headers: {"Content-Type": "application/problem+json"}})); }"#;

#[test]
fn a_game_that_could_not_be_read_is_read_again() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[choice("q0")]).await;
        let red = contest.team("Red Pandas").await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let phone = plays(&browser, base, &contest, &red, BUSY).await;
        phone.becomes("!document.querySelector('.problem')").await;
        phone.must_be_clean(base);
    });
}

/// Fifty wishes to look while a look is under way, and two hundred devices that hear of one change.
const LOOKS: &str = r"import('/web/net/look.js').then(async ({Look}) => {
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    let [now, most, all] = [0, 0, 0];
    const look = new Look(async () => { now += 1; most = Math.max(most, now); await pause(30); now -= 1; all += 1; }, () => {});
    const first = look.now();
    for (let n = 0; n < 50; n += 1) { look.within(1); void look.now(); }
    await first;
    while (all < 2 || now) await pause(5);
    await pause(60);
    const waits = [];
    const wait = window.setTimeout;
    window.setTimeout = (_, ms) => waits.push(ms);
    for (let n = 0; n < 200; n += 1) new Look(async () => {}, () => {}).within(4000);
    window.setTimeout = wait;
    const tenths = waits.map((ms) => Math.floor(ms / 400));
    return {most, all, busiest: Math.max(...tenths.map((one) => tenths.filter((other) => other === one).length))};
})";

/// A server that wants a minute of peace, and news that do not stop; when the next look would begin, in ms.
const HELD: &str = r"Promise.all([import('/web/net/look.js'), import('/web/net/api.js')]).then(async ([{Look}, {Problem}]) => {
    const waits = [];
    const wait = window.setTimeout;
    const look = new Look(async () => { throw new Problem({title: 'Enough', status: 429, wait: 60_000}); }, () => {});
    window.setTimeout = (_, ms) => waits.push(ms);
    await look.now();
    for (let n = 0; n < 50; n += 1) look.within(200);
    window.setTimeout = wait;
    return Math.min(...waits);
})";

#[test]
fn whoever_is_told_to_wait_waits_whatever_happens_meanwhile() {
    TestApp::run(async |app| {
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(base).await;
        assert!(page.value(HELD).await.as_f64() > Some(50_000.0));
    });
}

#[test]
fn looks_come_one_by_one_and_those_of_a_hall_spread() {
    TestApp::run(async |app| {
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(base).await;
        let told = page.value(LOOKS).await;
        assert_eq!((&told["most"], &told["all"]), (&json!(1), &json!(2)), "{told}");
        assert!(told["busiest"].as_u64() < Some(60), "a tenth of the time has twenty of two hundred: {told}");
    });
}
