//! Two people and more in a room, each in a browser of their own.

use rustix::process::Signal;
use serde_json::json;

use super::people::{register, sign_in};
use super::watching::HAS_NAMES;
use crate::support::{Account, Browser, Page, Server, TestApp, problem};

/// Opens the part of the room that a phone shows one at a time.
async fn tab(phone: &Page, name: &str) {
    phone.click(".tabs button", name).await;
}

async fn say(page: &Page, text: &str) {
    page.fill("#saying", text).await;
    page.click(".composer button", "Send").await;
    page.sees(".said", text).await;
    page.becomes("document.querySelector('#saying').value === ''").await;
}

async fn answer(page: &Page, text: &str) {
    page.fill("#typed", text).await;
    page.click("form button.primary", "Answer").await;
}

/// Comes into a room as somebody who is not signed in yet.
async fn come(page: &Page, base: &str, code: &str, name: &str) {
    page.go(&format!("{base}/sign-in?next=/rooms/{code}")).await;
    register(page, name).await;
    page.click("#join", "Come in").await;
    page.sees(".pill", "live").await;
}

/// An account's browser in a room that it is in.
async fn at(browser: &Browser, base: &str, code: &str, account: &Account) -> Page {
    let page = browser.page(&format!("{base}/sign-in?next=/rooms/{code}")).await;
    sign_in(&page, &account.name).await;
    page.sees(".pill", "live").await;
    page
}

#[test]
fn two_people_meet_talk_and_answer_and_both_see_the_board_move() {
    TestApp::run(async |app| {
        let (base, browser) = (&app.first().base, Browser::start().await);
        let ada = browser.page(&format!("{base}/sign-in?next=/rooms")).await;
        register(&ada, "Ada").await;
        ada.click("#new-room", "New room").await;
        ada.fill("#room-title", "Interview on Monday").await;
        ada.click("dialog button", "Open the room").await;
        ada.click("#add-problem", "Add a problem").await;
        ada.click("dialog button", "Ask it").await;
        ada.sees("#text-wrong", "").await;
        ada.fill("#text", "How many **bits** has a byte?").await;
        ada.fill("#answer", "8").await;
        ada.click("dialog button", "Ask it").await;
        ada.sees(".asked strong", "bits").await;
        let code = ada.sees(".us code", "").await;

        let bob = browser.phone(&format!("{base}/rooms")).await;
        bob.sees(".room-entry", "Interview on Monday").await;
        bob.fill("#code", &code.to_lowercase()).await;
        bob.click("button", "Go to the room").await;
        register(&bob, "Bob").await;
        bob.click("#join", "Come in").await;
        bob.sees(".asked strong", "bits").await;
        ada.sees(".people li[data-here=true]", "Bob").await;
        ada.sees(".told", "Bob is in").await;
        tab(&bob, "People").await;
        bob.sees(".people li[data-here=true]", "Ada").await;

        say(&ada, "Hello, <b>Bob</b>!").await;
        bob.sees(".tabs .badge", "1").await;
        tab(&bob, "Chat").await;
        bob.sees(".said", "Hello, <b>Bob</b>!").await;
        say(&bob, "Hi Ada").await;
        ada.sees(".said", "Hi Ada").await;

        tab(&bob, "Problems").await;
        bob.sees(".first", "gets 10 points more").await;
        answer(&bob, "8").await;
        bob.sees(".verdict", "+30").await;
        bob.sees(".verdict", "First to get it right").await;
        ada.sees(".first", "First: Bob").await;
        ada.sees(".told", "Bob was the first").await;
        answer(&ada, "8").await;
        ada.sees(".verdict", "+20").await;
        ada.sees("tr:nth-child(1)", "Bob").await;
        ada.sees("tr[data-own]", "20").await;
        ada.becomes(HAS_NAMES).await;
        bob.sees(".strip", "Rank 1").await;
        tab(&bob, "Board").await;
        bob.sees("tr:nth-child(2)", "Ada").await;
        bob.sees("tr:nth-child(2)", "20").await;
        ada.must_be_clean(base);
        bob.must_be_clean(base);
    });
}

#[test]
fn the_owner_keeps_order_and_the_room_passes_on() {
    TestApp::run(async |app| {
        let (base, browser) = (&app.first().base, Browser::start().await);
        let owner = app.account("Ada").await;
        let code = owner.room(json!({"title": "Interview", "problems": [problem("p1")]})).await;
        let ada = at(&browser, base, &code, &owner).await;
        let (bob, eve) = (browser.page("about:blank").await, browser.page("about:blank").await);
        come(&bob, base, &code, "Bob").await;
        come(&eve, base, &code, "Eve").await;

        say(&bob, "Something rude").await;
        bob.becomes("document.querySelector('[aria-label=\"Mute: Ada\"]') === null").await;
        ada.click("[aria-label='Mute: Bob']", "Mute").await;
        bob.sees(".chat .notice", "has muted you").await;
        ada.click(".said .delete", "").await;
        ada.click("#confirm-yes", "Delete").await;
        bob.sees(".gone", "Deleted").await;
        bob.becomes("!document.body.textContent.includes('Something rude')").await;
        ada.click("[aria-label='Let speak: Bob']", "Let speak").await;
        say(&bob, "Sorry").await;

        ada.click("[aria-label='Show out: Eve']", "Show out").await;
        ada.click("#confirm-yes", "Show out").await;
        eve.sees(".notice", "The owner has shown you out").await;
        eve.becomes("document.querySelector('#join') === null").await;
        bob.sees(".told", "Eve has gone").await;

        ada.click("#leave", "Leave the room").await;
        ada.sees("dialog", "The room passes to").await;
        ada.click("#confirm-yes", "Leave").await;
        ada.becomes("location.pathname === '/rooms'").await;
        bob.sees(".told", "Bob owns the room now").await;
        bob.click("#close", "Close the room").await;
        bob.click("#confirm-yes", "Close").await;
        bob.sees(".notice", "This room is closed").await;
        bob.becomes("document.querySelector('#leave, form') === null").await;
        for page in [&ada, &bob, &eve] {
            page.must_be_clean(base);
        }
    });
}

#[test]
fn a_room_is_right_again_after_the_server_was_killed() {
    TestApp::run(async |app| {
        let (owner, guest) = (app.account("Ada").await, app.account("Bob").await);
        let code = owner.room(json!({"problems": [problem("p1"), problem("p2")]})).await;
        guest.join(&code).await.ok(200);
        let server = Server::start(app, &[]).await;
        let base = server.base.clone();
        let browser = Browser::start().await;
        let (ada, bob) = (at(&browser, &base, &code, &owner).await, at(&browser, &base, &code, &guest).await);
        say(&ada, "Before").await;
        bob.sees(".said", "Before").await;
        for page in [&ada, &bob] {
            page.value("window.never_loaded_again = true").await;
        }

        server.signal(Signal::KILL);
        server.ended().await;
        bob.sees(".pill", "reconnecting").await;
        // Kept until there is a server again, and then said once.
        bob.fill("#saying", "In between").await;
        bob.click(".composer button", "Send").await;
        bob.sees(".sending", "In between").await;
        answer(&bob, "8").await;
        bob.sees(".send .notice", "No reply yet").await;
        owner.client.post(&format!("rooms/{code}/messages"), json!({"message": "Elsewhere"})).await.ok(201);
        app.settle().await;

        let port = base.rsplit(':').next().unwrap();
        let _again = Server::start(app, &[("PORT", port)]).await;
        bob.sees(".verdict", "+30").await;
        for page in [&ada, &bob] {
            page.sees(".said", "In between").await;
            page.sees("tr:nth-child(1)", "30").await;
            page.sees(".people li[data-here=true]", "Bob").await;
            let said = "[...document.querySelectorAll('.said .text')].map((one) => one.textContent).join()";
            page.becomes(&format!("{said} === 'Before,Elsewhere,In between'")).await;
            page.becomes("window.never_loaded_again === true").await;
            page.must_be_clean(&base);
        }
        assert_eq!(app.number("SELECT count(*) FROM chat_message").await, 3);
        assert_eq!(app.number("SELECT count(*) FROM submission").await, 1);
    });
}
