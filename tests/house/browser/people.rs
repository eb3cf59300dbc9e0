//! People with an account: in, out, and in two tabs at once.

use serde_json::json;

use crate::support::{Browser, PASSWORD, Page, TestApp};

/// Makes an account in the page that is open, which asks for one.
pub async fn register(page: &Page, name: &str) {
    page.click(".ways button", "New account").await;
    page.fill("#name", name).await;
    page.fill("#password", PASSWORD).await;
    page.click("form button.primary", "Make the account").await;
    page.sees(".who, main", name).await;
}

/// Signs in in the page that is open, which asks for it.
pub async fn sign_in(page: &Page, name: &str) {
    page.fill("#name", name).await;
    page.fill("#password", PASSWORD).await;
    page.click("form button.primary", "Sign in").await;
}

#[test]
fn people_register_sign_in_and_out_and_come_back_to_where_they_were() {
    TestApp::run(async |app| {
        app.account("Ada").await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.phone(&format!("{base}/rooms")).await;
        page.click("nav a", "Sign in").await;
        page.fill("#name", "Ada").await;
        page.fill("#password", "not the password").await;
        page.click("form button.primary", "Sign in").await;
        page.sees("#password-wrong", "not right").await;
        page.click(".ways button", "New account").await;
        page.click("form button.primary", "Make the account").await;
        page.sees("#name-wrong", "Another account has this name").await;
        page.replace("#name", "bob").await;
        page.replace("#password", PASSWORD).await;
        page.click("form button.primary", "Make the account").await;
        page.becomes("location.pathname === '/rooms'").await;
        page.sees(".who", "bob").await;

        page.click(".who", "bob").await;
        page.fill("#current", "not the password").await;
        page.fill("#new", "another password").await;
        page.click("button", "Change the password").await;
        page.sees("#current-wrong", "is not the password").await;
        page.replace("#current", PASSWORD).await;
        page.click("button", "Change the password").await;
        page.sees(".good", "The password is changed").await;
        token_for_a_program(app, &page).await;
        let other = page.tab(&format!("{base}/scores")).await;
        other.sees(".who", "bob").await;
        page.click("#sign-out", "Sign out").await;
        page.sees("nav a", "Sign in").await;
        other.sees("nav a", "Sign in").await;
        assert_eq!(app.number("SELECT count(*) FROM session WHERE ended_by = 'sign_out'").await, 1);
        page.must_be_clean(base);
        other.must_be_clean(base);
    });
}

/// Makes one on the account's page, and takes it back.
async fn token_for_a_program(app: &TestApp, page: &Page) {
    page.click("summary", "New token").await;
    page.click("button", "Make a token").await;
    page.sees("#label-wrong", "").await;
    page.fill("#label", "nightly").await;
    page.click("button", "Make a token").await;
    let program = app.anyone().bearer(&page.sees("#made", "pdm_api_").await);
    program.get("rooms").await.ok(200);
    page.click("[aria-label='Revoke: nightly']", "Revoke").await;
    page.click("#confirm-yes", "Revoke").await;
    page.becomes("document.querySelector('.token') === null").await;
    program.get("rooms").await.refused(401, "not-authenticated");
}

#[test]
fn whoever_signs_in_is_sent_nowhere_else() {
    TestApp::run(async |app| {
        app.account("Ada").await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(&format!("{base}/sign-in")).await;
        let foreign = [
            "https://example.org/",
            "//example.org/",
            "/\\example.org/",
            "\\\\example.org",
            "/.//example.org/",
            "javascript:alert(1)",
            "data:text/html,x",
            "/sign-in?next=/sign-in",
            "http://",
        ];
        let led = format!(
            "import('/web/net/account.js').then(({{ownAddress}}) => {}.map((one) => new URL(ownAddress(one))).map(({{origin, pathname}}) =>
                origin === location.origin && pathname !== '/sign-in'))",
            json!([&foreign[..], &[&format!("blob:{base}/x")]].concat())
        );
        assert_eq!(page.value(&led).await, json!(vec![true; 10]));
        page.go(&format!("{base}/sign-in?next=%2F.%2F%2Fexample.org%2F")).await;
        sign_in(&page, "Ada").await;
        page.becomes(&format!("location.href === '{base}//example.org/'")).await;
        page.go(&format!("{base}/sign-in?next=/scores%3Fa=b")).await;
        page.click("a.primary", "Go on").await;
        page.becomes(&format!("location.href === '{base}/scores?a=b'")).await;
    });
}

/// Ten requests of a tab whose access token is about to expire.
const AT_ONCE: &str = "import('/web/net/account.js').then(({AccountApi}) =>
    Promise.all(Array.from({length: 10}, () => new AccountApi().get('/auth/me'))).then((all) => all.map(({name}) => name)))";

/// Changes what the browser keeps, as if by another tab.
fn kept(change: &str) -> String {
    format!(
        "import('/web/net/vault.js').then(({{change}}) => change((kept) => ({{...kept, {change}}}))).then(() => true)"
    )
}

async fn both_are_ada(one: &Page, other: &Page) {
    let (here, there) = tokio::join!(one.value(AT_ONCE), other.value(AT_ONCE));
    let ada = json!(vec!["Ada"; 10]);
    assert_eq!((&here, &there), (&ada, &ada));
}

#[test]
fn two_tabs_exchange_their_tokens_in_turn() {
    TestApp::run(async |app| {
        app.account("Ada").await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let one = browser.page(&format!("{base}/sign-in?next=/rooms")).await;
        sign_in(&one, "Ada").await;
        one.sees(".who", "Ada").await;
        let other = one.tab(&format!("{base}/scores")).await;
        for _ in 0..5 {
            one.value(&kept("until: Date.now() + 1000")).await;
            both_are_ada(&one, &other).await;
        }
        // Refused although it should be good for long.
        one.value(&kept("access: 'eyJ.not.good'")).await;
        both_are_ada(&one, &other).await;
        // A tab was closed in the middle of it, before it had sent anything.
        one.value(&kept("until: 0, busyUntil: Date.now() + 1500")).await;
        both_are_ada(&one, &other).await;
        assert_eq!(app.number("SELECT count(*) FROM refresh_token WHERE used_at IS NOT NULL").await, 7);
        assert_eq!(app.number("SELECT count(*) FROM session WHERE ended_at IS NOT NULL").await, 0);
        one.must_be_clean(base);
        other.must_be_clean(base);
    });
}

#[test]
fn whoever_is_signed_out_elsewhere_is_told_so() {
    TestApp::run(async |app| {
        let ada = app.account("Ada").await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let room = ada.room(json!({"title": "Interview"})).await;
        let page = browser.page(&format!("{base}/sign-in?next=/rooms/{room}")).await;
        sign_in(&page, "Ada").await;
        page.sees(".pill", "live").await;
        ada.client.poke("auth/sign-out-everywhere").await.ok(204);
        page.sees("h1", "Sign in").await;
        page.becomes(&format!("new URLSearchParams(location.search).get('next') === '/rooms/{room}'")).await;
        page.becomes("localStorage['podium.account'] === undefined").await;
        page.must_be_clean(base);
    });
}
