//! The pages with the most words, as a reader of German has them: words are longer there.

use super::people_tour::{NAMES, lively};
use super::tour::{busy, play};
use crate::support::{Browser, Contest, PASSWORD, Page, TestApp};

/// The parts of the desk behind the overview.
const PARTS: usize = 12;

async fn page(browser: &Browser) -> Page {
    let page = browser.page("about:blank").await;
    page.reads("de").await;
    page
}

/// Goes where the words are, and lets somebody look at each page.
pub async fn german_tour(app: &TestApp, look: impl AsyncFn(&Page, &str)) {
    let (contest, teams) = busy(app).await;
    let (base, browser) = (&app.first().base, Browser::start().await);
    let guest = page(&browser).await;
    guest.go(base).await;
    guest.sees("h1", "Quiz-Wettkämpfe").await;
    look(&guest, "german-home").await;
    guest.go(&format!("{base}/join/{}", contest.code)).await;
    guest.click("form button.primary", "").await;
    guest.sees("#name-wrong", "").await;
    look(&guest, "german-join").await;
    contest.start().await;
    play(&contest, &teams).await;
    let red = page(&browser).await;
    red.go(&format!("{base}/join/{}#device={}", contest.code, teams[0].token)).await;
    red.sees("h1", "Red Pandas").await;
    look(&red, "german-joined").await;
    plays(&red, base, &contest, &look).await;
    for path in ["board", "projector", "lobby"] {
        guest.go(&format!("{base}/{path}/{}", contest.code)).await;
        guest.sees("tr, li", "Red Pandas").await;
        look(&guest, &format!("german-{path}")).await;
    }
    works(&guest, base, app.staff_token(), &look).await;
    meets(app, &page(&browser).await, &look).await;
    guest.must_be_clean(base);
    red.must_be_clean(base);
}

/// A team.
async fn plays(red: &Page, base: &str, contest: &Contest, look: &impl AsyncFn(&Page, &str)) {
    red.go(&format!("{base}/play/{}", contest.code)).await;
    red.click(".deck", "").await;
    red.sees(".choice", "").await;
    look(red, "german-question").await;
    for (place, name) in [(2, "boxes"), (4, "points"), (5, "messages")] {
        red.click(&format!(".tabs button:nth-child({place})"), "").await;
        red.becomes("!document.querySelector('.loading')?.checkVisibility()").await;
        look(red, &format!("german-{name}")).await;
    }
}

/// Staff.
async fn works(page: &Page, base: &str, token: &str, look: &impl AsyncFn(&Page, &str)) {
    page.go(&format!("{base}/admin")).await;
    page.fill("#token", token).await;
    look(page, "german-entrance").await;
    page.click("#sign-in button", "").await;
    page.sees("td, th", "Red Pandas").await;
    look(page, "german-console").await;
    for part in 2..=PARTS + 1 {
        page.click(&format!("nav.desk-tabs button:nth-child({part})"), "").await;
        page.becomes("!document.querySelector('.loading')?.checkVisibility()").await;
        look(page, &format!("german-console-{part}")).await;
    }
    page.click("#create", "").await;
    page.sees("dialog", "").await;
    look(page, "german-create").await;
}

/// Somebody with an account.
async fn meets(app: &TestApp, page: &Page, look: &impl AsyncFn(&Page, &str)) {
    let base = &app.first().base;
    let mut people = Vec::new();
    for name in NAMES {
        people.push(app.account(name).await);
    }
    let (code, _there) = lively(app, &people).await;
    page.go(&format!("{base}/sign-in?next=/rooms")).await;
    page.fill("#name", NAMES[0]).await;
    page.fill("#password", PASSWORD).await;
    page.click("form button.primary", "").await;
    page.sees("#mine", "").await;
    look(page, "german-rooms").await;
    page.go(&format!("{base}/rooms/{code}")).await;
    page.sees(".said", "Sssh").await;
    look(page, "german-room").await;
    page.resize(390, 844).await;
    page.click(".tabs button:nth-child(4)", "").await;
    look(page, "german-people").await;
    page.resize(1440, 900).await;
    page.click("#add-problem", "").await;
    look(page, "german-add").await;
    page.go(&format!("{base}/account")).await;
    page.sees("h1", NAMES[0]).await;
    look(page, "german-account").await;
    page.must_be_clean(base);
}
