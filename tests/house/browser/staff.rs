//! Who is let into the console, and what they find there.

use serde_json::json;

use crate::support::{Browser, Contest, PASSWORD, Page, TestApp};

/// Brings a token to the console.
pub async fn enter(page: &Page, token: &str) {
    page.fill("#token", token).await;
    page.click("#sign-in button", "").await;
}

/// The console of an owner, at one of its tabs.
pub async fn at(app: &TestApp, browser: &Browser, contest: &Contest, tab: &str) -> Page {
    let base = &app.first().base;
    let page = browser.page(&format!("{base}/admin?contest={}&tab={tab}", contest.code)).await;
    enter(&page, app.staff_token()).await;
    page
}

/// The API token of an account in this role.
async fn token_of(app: &TestApp, role: &str) -> String {
    let account = app.account(&format!("the {role}")).await;
    let give = json!({"role": role, "reason": "for the test"});
    app.admin().patch_if(&format!("accounts/{}", account.id), 1, give).await.ok(200);
    let wish = json!({"label": "console", "scope": "all", "expires_in_days": 1});
    let made = account.client.post("auth/api-tokens", wish).await.ok(201);
    made["token"].as_str().unwrap().to_owned()
}

#[test]
fn an_announcer_comes_in_and_finds_what_they_may_do() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        contest.team("Red").await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(&format!("{base}/admin")).await;
        enter(&page, &token_of(app, "announcer").await).await;
        page.sees("#who", "announcer").await;
        page.sees("td, th", "Red").await;
        let tabs = "[...document.querySelectorAll('.desk-tabs button')].map((one) => one.textContent.trim())";
        let tabs = page.value(tabs).await;
        for (tab, there) in [("Announcements", true), ("Teams", true), ("Import", false), ("Audit", false)] {
            assert_eq!(tabs.as_array().unwrap().contains(&json!(tab)), there, "{tab}");
        }
        for forbidden in ["Pause", "End", "New contest", "Post to the ledger"] {
            page.becomes(&format!(
                "![...document.querySelectorAll('button')].some((one) => one.checkVisibility() && one.textContent.trim() === {})",
                json!(forbidden)
            ))
            .await;
        }
        page.click(".desk-tabs button", "Announcements").await;
        page.fill("#title", "Doors open").await;
        page.click("form button", "Announce").await;
        page.sees("article h3", "Doors open").await;
        page.must_be_clean(base);
    });
}

#[test]
fn whoever_is_no_staff_is_told_so_at_the_door() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(&format!("{base}/admin")).await;
        enter(&page, &team.token).await;
        page.sees("[role=alert]", "This is a team's token").await;
        enter(&page, &token_of(app, "member").await).await;
        page.sees("[role=alert]", "This account is not staff").await;
        enter(&page, "pdm_admin_nobodys").await;
        page.sees("[role=alert]", "not valid").await;
        page.must_be_clean(base);
    });
}

#[test]
fn a_form_keeps_its_key_until_a_reply_has_come() {
    TestApp::run(async |app| {
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(base).await;
        // Three lost replies to two intents, then a reply, then the same again.
        let keys = page
            .value(
                "Promise.all([import('/web/net/kept.js'), import('/web/net/api.js')]).then(async ([{Once}, {Problem}]) => {
                    const keys = []; let lost = 3;
                    const api = {postOnce: async (path, body, key) => { keys.push(key); if (lost-- > 0) throw new Problem({title: 'lost'}); }};
                    const once = new Once();
                    for (const text of ['a', 'a', 'b', 'b', 'b']) await once.post(api, '/x', {text}).catch(() => null);
                    return keys; })",
            )
            .await;
        let [first, again, other, answered, anew] = &keys.as_array().unwrap()[..] else { panic!("{keys}") };
        assert_eq!(first, again, "no reply had come");
        assert_ne!(again, other, "another intent");
        assert_eq!(other, answered, "no reply had come");
        assert_ne!(answered, anew, "the same once more is another intent");
    });
}

#[test]
fn an_account_of_staff_signs_in_and_stays_in_until_it_signs_out() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        contest.team("Red").await;
        for role in ["judge", "member"] {
            token_of(app, role).await;
        }
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(&format!("{base}/admin")).await;
        let sign_in = async |name: &str, password: &str| {
            page.replace("#username", name).await;
            page.replace("#password", password).await;
            page.click("form button", "Sign in").await;
        };
        sign_in("the judge", "a wrong password").await;
        page.sees("[role=alert]", "is not right").await;
        sign_in("the member", PASSWORD).await;
        page.sees("[role=alert]", "This account is not staff").await;
        sign_in("the judge", PASSWORD).await;
        page.sees("#who", "the judge").await;
        page.sees(".pill", "live").await;
        page.sees("td, th", "Red").await;
        page.go(&format!("{base}/")).await;
        page.go(&format!("{base}/admin")).await;
        page.sees("#who", "the judge").await;
        page.sees("button", "Post to the ledger").await;
        page.click("#sign-out", "").await;
        page.sees("#username", "").await;
        page.go(&format!("{base}/admin")).await;
        page.sees("#username", "").await;
        page.must_be_clean(base);
    });
}
