//! What is pressed twice, comes again, or is left in the middle: nothing of it stays behind.

use serde_json::json;

use super::people::sign_in;
use super::staff::at;
use crate::support::{Browser, TestApp, until};

/// Keeps every socket that a page opens.
const SOCKETS: &str = "{ const Socket = window.WebSocket; window.sockets = [];
    window.WebSocket = class extends Socket { constructor(...all) { super(...all); window.sockets.push(this); } }; }";

#[test]
fn whoever_presses_twice_comes_into_a_room_by_one_socket() {
    TestApp::run(async |app| {
        let (owner, _) = (app.account("Ada").await, app.account("Bob").await);
        let room = owner.room(json!({"title": "Interview"})).await;
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page("about:blank").await;
        page.begin_with(SOCKETS).await;
        page.go(&format!("{base}/sign-in?next=/rooms/{room}")).await;
        sign_in(&page, "Bob").await;
        page.sees("#join", "Come in").await;
        page.value("{ const join = document.querySelector('#join'); join.click(); join.click(); }").await;
        page.sees(".pill", "live").await;
        page.becomes("window.sockets.length === 2").await;
        page.becomes("window.sockets.filter(({readyState}) => readyState === WebSocket.OPEN).length === 1")
            .await;
        page.sees(".pill", "live").await;
        page.must_be_clean(base);
    });
}

/// Somebody says hello, it is seen, and then so much is said that it is not among the lines any more.
const TALK: &str = "import('/web/pages/room/chat.js').then(async ({Chat}) => {
    const room = {code: 'X', path: '/rooms/X', isOpen: true, isMuted: false, me: {member_id: 't'}, api: {postOnce: async () => ({message_id: 'm1'})}};
    const chat = new Chat(room, {isSeen: () => true, isOwner: () => false});
    document.body.append(chat.element);
    chat.open();
    const said = (seq, message_id) => ({type: 'chat', seq, at: new Date().toISOString(), message_id, team_id: 't', author: 'Ada', message: message_id});
    const input = chat.element.querySelector('#saying');
    input.value = 'Hello';
    input.dispatchEvent(new Event('input'));
    chat.element.querySelector('form').requestSubmit();
    await new Promise((done) => setTimeout(done, 0));
    const seen = [chat.element.querySelectorAll('.sending').length];
    chat.heard(said(1, 'm1'));
    chat.paint();
    seen.push(chat.element.querySelectorAll('.sending').length);
    for (let seq = 2; seq < 600; seq += 1) chat.heard(said(seq, `m${seq}`));
    chat.paint();
    seen.push(chat.element.querySelectorAll('.sending').length, chat.log.has('m1'));
    return seen; })";

/// A room was made, and whoever made it has gone back from there.
const ROOM: &str = "import('/web/pages/rooms/create.js').then(async ({NewRoom}) => {
    let made = 0;
    const dialog = new NewRoom({postOnce: async () => ({room_id: 'X'})}, () => { made += 1; });
    const make = async () => {
        dialog.open();
        const shown = document.querySelector('dialog');
        shown.querySelector('.primary').click();
        await new Promise((done) => setTimeout(done, 0));
        const closed = new Promise((done) => shown.addEventListener('close', done));
        shown.close();
        await closed;
    };
    await make();
    await make();
    return made; })";

#[test]
fn what_was_said_or_made_is_not_on_its_way_for_ever() {
    TestApp::run(async |app| {
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(&format!("{base}/rooms")).await;
        assert_eq!(page.value(TALK).await, json!([1, 0, 0, false]));
        assert_eq!(page.value(ROOM).await, 2);
        page.must_be_clean(base);
    });
}

/// Somebody looks at a report and is gone before it has come; counts what it still listens to.
const REPORT: &str = "import('/web/pages/admin/reports.js').then(async ({Reports}) => {
    let heard = 0;
    for (const [name, way] of [['addEventListener', 1], ['removeEventListener', -1]]) {
        const real = MediaQueryList.prototype[name];
        MediaQueryList.prototype[name] = function (...all) { heard += way; return real.apply(this, all); };
    }
    let come;
    const api = {get: () => new Promise((done) => { come = done; })};
    const place = {api, contest: {code: 'X'}, path: '/contests/X', rights: {may: () => false}, paint: () => {}};
    const reports = new Reports(place);
    reports.open();
    reports.close();
    const before = heard;
    come({hours: [], divisions: [], next_cursor: null});
    await new Promise((done) => setTimeout(done, 0));
    return heard - before; })";

#[test]
fn a_report_that_comes_when_nobody_looks_any_more_is_not_drawn() {
    TestApp::run(async |app| {
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(base).await;
        assert_eq!(page.value(REPORT).await, 0);
        page.must_be_clean(base);
    });
}

#[test]
fn news_that_never_stop_do_not_keep_the_console_from_looking() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let team = contest.team("Red").await;
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "overview").await;
        page.sees(".light[data-light=amber] dd", "1").await;
        let before = page.asked("/monitor");
        let talk = async {
            loop {
                let gift = json!({"team_id": team.id, "amount": 1, "reason": "A test"});
                contest.admin.post(&contest.path("adjustments"), gift).await.ok(201);
            }
        };
        let looks =
            until("it looks again and again", async || (page.asked("/monitor") > before + 3).then_some(()));
        tokio::select! {
            () = looks => {}
            () = talk => {}
        }
        page.must_be_clean(&app.first().base);
    });
}
