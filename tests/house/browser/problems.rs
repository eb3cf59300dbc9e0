//! Problems as pages: for browsers that ask for one, and nobody else.

use crate::support::{Browser, TestApp};

#[test]
fn a_browser_gets_a_page_and_a_program_a_problem() {
    TestApp::run(async |app| {
        let browser = app
            .anyone()
            .with("accept", "text/html,application/xhtml+xml")
            .with("x-request-id", "ask-about-me");
        let page = browser.get("/no/such/place").await;
        assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
        for told in ["<h1>There is nothing here</h1>", "404", "ask-about-me", "Look at the address again"] {
            assert!(page.body.contains(told), "{told} is not in {}", page.body);
        }
        assert_eq!(page.header("vary"), Some("Accept"));
        browser.get("contests/NOSUCH").await.refused(404, "not-found");
        app.anyone().get("/no/such/place").await.refused(404, "not-found");
    });
}

#[test]
fn the_page_of_a_problem_is_one_of_ours() {
    TestApp::run(async |app| {
        let base = &app.first().base;
        let browser = Browser::start().await;
        let page = browser.page("about:blank").await;
        page.go(&format!("{base}/no/such/place")).await;
        page.sees("h1", "There is nothing here").await;
        page.click("a", "To the start page").await;
        page.sees("h1", "Quiz competitions").await;
        page.must_be_clean(base);
    });
}
