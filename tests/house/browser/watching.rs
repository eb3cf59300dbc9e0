//! The board and the projector: what whoever watches may count on.

use serde_json::json;

use crate::support::{Browser, Contest, Page, Team, TestApp, choice};

async fn adjust(contest: &Contest, team: &Team, amount: i64) {
    let fix = json!({"team_id": team.id, "amount": amount, "reason": "A test"});
    contest.admin.post(&contest.path("adjustments"), fix).await.ok(201);
}

/// Names as long as they may be, in letters of all kinds.
pub async fn crowd(contest: &Contest, count: usize) -> Vec<Team> {
    let mut teams = Vec::new();
    for name in ["W".repeat(40).as_str(), "🦊🎉🏆 Füchse", "فريق النجوم الساطعة", "<b>Bold</b> & Co"]
    {
        teams.push(contest.team(name).await);
    }
    teams.extend(contest.teams(count).await);
    teams
}

#[test]
fn a_division_has_its_own_ranks_and_the_own_team_is_always_seen() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({"divisions": ["Juniors", "Seniors"]}), &[]).await;
        let teams = contest.teams(40).await;
        let last = &teams[39];
        adjust(&contest, last, -100).await;
        for (team, division) in [(&teams[3], "Juniors"), (last, "Juniors"), (&teams[5], "Seniors")] {
            let path = contest.path(&format!("teams/{}", team.id));
            contest.admin.patch(&path, json!({"division": division})).await.ok(200);
        }
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.phone("about:blank").await;
        page.go(&format!("{base}/join/{}#device={}", contest.code, last.token)).await;
        page.sees("h1", &last.name).await;
        page.go(&format!("{base}/board/{}", contest.code)).await;
        let rows = |count: usize| format!("document.querySelectorAll('tbody tr').length === {count}");
        page.becomes(&rows(40)).await;
        let seen = "(({top, bottom}) => top >= 0 && bottom <= innerHeight)(document.querySelector('tr[data-own] th').getBoundingClientRect())";
        page.becomes(seen).await;
        page.value("window.scrollTo(0, 300)").await;
        page.becomes(seen).await;

        page.choose("select", "Juniors").await;
        page.becomes(&rows(2)).await;
        page.becomes(
            "[...document.querySelectorAll('tbody .rank')].map((one) => one.innerText).join() === '1,2'",
        )
        .await;
        adjust(&contest, last, 500).await;
        page.sees("tbody tr:first-child", &last.name).await;
        page.becomes(&rows(2)).await;
        page.must_be_clean(base);
    });
}

/// What a history becomes: every instant of a change, and what each team had then.
const LINES: &str = "import('/web/parts/history.js').then(({lines}) => lines([
    {scores: [{at_ms: 0, points: 10}, {at_ms: 30, points: 20}]}, {scores: [{at_ms: 20, points: 5}]}], 40))";

#[test]
fn the_board_shows_how_the_best_came_to_their_points_to_whoever_asks() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({"divisions": ["Juniors"]}), &[]).await;
        let teams = contest.teams(3).await;
        let path = contest.path(&format!("teams/{}", teams[1].id));
        contest.admin.patch(&path, json!({"division": "Juniors"})).await.ok(200);
        adjust(&contest, &teams[1], 50).await;
        adjust(&contest, &teams[2], 70).await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let phone = browser.phone(&format!("{base}/board/{}", contest.code)).await;
        phone.sees("tbody tr", &teams[2].name).await;
        phone.sees(".pill", "live").await;
        assert_eq!(phone.asked("/leaderboard/history"), 0);
        phone.click("summary", "How the best came to their points").await;
        phone.sees(".plot canvas", "").await;
        let told = async |page: &Page, names: &[&str]| {
            let legend =
                "[...document.querySelectorAll('.plot-legend li')].map((one) => one.innerText.trim())";
            page.becomes(&format!("JSON.stringify({legend}) === {}", json!(json!(names).to_string()))).await;
        };
        told(&phone, &[&teams[2].name, &teams[1].name, &teams[0].name]).await;
        // Whoever does not see the picture reads its figures.
        phone.click(".plot summary", "").await;
        phone.sees(".plot tbody tr:last-child td", "1,070").await;

        let hall = browser.page(&format!("{base}/board/{}", contest.code)).await;
        told(&hall, &[&teams[2].name, &teams[1].name, &teams[0].name]).await;
        adjust(&contest, &teams[0], 90).await;
        told(&hall, &[&teams[0].name, &teams[2].name, &teams[1].name]).await;
        hall.choose("select", "Juniors").await;
        told(&hall, &[&teams[1].name]).await;
        assert_eq!(hall.value(LINES).await, json!([[0, 20, 30, 40], [[10, 10, 20, 20], [null, 5, 5, 5]]]));
        phone.must_be_clean(base);
        hall.must_be_clean(base);
    });
}

/// Notes each animation that a page begins.
const GLIDES: &str = "window.glides = []; const animate = Element.prototype.animate;
    Element.prototype.animate = function (frames, how) { window.glides.push(how.duration); return animate.call(this, frames, how); }";

#[test]
fn rows_glide_unless_somebody_wants_no_motion() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let teams = contest.teams(5).await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let mut halls = Vec::new();
        for is_still in [false, true] {
            let hall = browser.page("about:blank").await;
            hall.begin_with(GLIDES).await;
            if is_still {
                hall.prefer("dark").await;
            }
            hall.go(&format!("{base}/projector/{}", contest.code)).await;
            hall.becomes("document.querySelectorAll('.hall li').length === 5").await;
            halls.push(hall);
        }
        adjust(&contest, &teams[4], 50).await;
        for hall in &halls {
            hall.sees(".hall li:first-child", &teams[4].name).await;
        }
        halls[0].becomes("window.glides.length >= 5 && window.glides.every((ms) => ms <= 600)").await;
        halls[1].becomes("window.glides.length === 0 && document.getAnimations().length === 0").await;
        for hall in &halls {
            hall.must_be_clean(base);
        }
    });
}

/// Pages are turned twenty times as fast (nothing else that is waited for is), and what is asked of the screen is noted.
const HURRY: &str = "{ const wait = window.setTimeout; window.setTimeout = (act, ms, ...rest) => wait(act, [8000, 15_000].includes(ms) ? ms / 20 : ms, ...rest);
    navigator.wakeLock.request = async (kind) => { window.awake = kind; }; }";

#[test]
fn a_long_board_turns_its_pages_and_keeps_the_screen_on() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        contest.teams(30).await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let hall = browser.page("about:blank").await;
        hall.begin_with(HURRY).await;
        hall.go(&format!("{base}/projector/{}", contest.code)).await;
        hall.becomes("window.awake === 'screen'").await;
        for page in ["Page 2 of", "Page 3 of", "Page 1 of"] {
            hall.sees("aside", page).await;
        }
        // No row is cut off at the end of the page, and none is on two.
        hall.becomes("document.querySelector('.hall li:last-child').getBoundingClientRect().bottom <= document.querySelector('main').getBoundingClientRect().bottom + 1").await;
        hall.must_be_clean(base);
    });
}

/// What sticks out to the side of a page that is 320 pixels wide.
const STICKS_OUT: &str = "[...document.body.querySelectorAll('*')].filter((one) => one.checkVisibility() && !one.closest('.unseen, .scroll, pre')
    && one.getBoundingClientRect().right > 321).map((one) => one.cloneNode().outerHTML.slice(0, 150))";

/// Whether names on a board have room for a word, whatever stands beside them.
pub const HAS_NAMES: &str = "[...document.querySelectorAll('.standings .team')].every((one) => !one.checkVisibility() || one.clientWidth >= 120)";

async fn must_reflow(page: &Page, what: &str) {
    page.becomes("!document.querySelector('.loading')?.checkVisibility()").await;
    assert_eq!(page.value(STICKS_OUT).await, json!([]), "{what}");
    assert_eq!(page.value("document.documentElement.scrollWidth").await, json!(320), "{what}");
    assert_eq!(page.value(HAS_NAMES).await, json!(true), "{what}");
}

#[test]
fn every_page_fits_on_320_pixels_whatever_teams_are_called() {
    TestApp::run(async |app| {
        let contest =
            app.contest(json!({"name": "A".repeat(60), "divisions": ["Juniors"]}), &[choice("q0")]).await;
        contest.offer(100, 400, 1).await;
        let teams = crowd(&contest, 30).await;
        adjust(&contest, &teams[0], 1_000_000).await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page("about:blank").await;
        page.resize(320, 640).await;
        for (path, there) in
            [("board", "tbody tr"), ("projector", ".hall li"), ("lobby", ".code"), ("join", "form")]
        {
            page.go(&format!("{base}/{path}/{}", contest.code)).await;
            page.sees(there, "").await;
            must_reflow(&page, path).await;
        }
        page.go(base).await;
        page.sees(".entry", "AAA").await;
        must_reflow(&page, "home").await;
        page.go(&format!("{base}/join/{}#device={}", contest.code, teams[0].token)).await;
        page.sees(".giant-code", "").await;
        must_reflow(&page, "joined").await;
        page.go(&format!("{base}/play/{}", contest.code)).await;
        page.sees("h1", "Your next question").await;
        must_reflow(&page, "play").await;
        for tab in ["Boxes", "Board", "Points", "Messages"] {
            page.click("nav button", tab).await;
            must_reflow(&page, tab).await;
        }
        page.must_be_clean(base);
    });
}

#[test]
fn a_lobby_is_printed_as_a_sheet_with_the_way_in() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        contest.team("Red").await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(&format!("{base}/lobby/{}", contest.code)).await;
        page.sees("li", "Red").await;
        page.on_paper(true).await;
        page.sees(".code", &contest.code).await;
        page.becomes("document.querySelector('.qr').checkVisibility()").await;
        page.becomes(
            "![...document.querySelectorAll('.bar, .teams, a.button')].some((one) => one.checkVisibility())",
        )
        .await;
        page.must_be_clean(base);
    });
}
