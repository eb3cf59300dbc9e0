//! Accounts that play: an account has a seat in a team, and its own tokens act as that team.

use podium::auth::queries::{holder_of_ticket_or_token, still_holds};
use podium::contests::ContestRef;
use serde_json::json;

use crate::support::{Account, Contest, Socket, Team, TestApp, fifty, tally};

/// Registers a team by an account, which then has no need for the token it is shown.
async fn registered(contest: &Contest, account: &Account, name: &str) -> Team {
    let made = account.client.post(&contest.path("teams"), json!({"name": name})).await.ok(201);
    Team::of(contest, &made).played_by(account)
}

async fn ticket(account: &Account) -> String {
    account.client.poke("ws-tickets").await.ok(201)["ticket"].as_str().unwrap().to_owned()
}

#[test]
fn an_account_plays_by_its_own_token() {
    TestApp::run(async |app| {
        let (contest, ada) = (app.play(2).await, app.account("ada").await);
        ada.client.post(&contest.path("assignments"), json!({})).await.refused(403, "not-allowed");
        let red = registered(&contest, &ada, "Red").await;
        let held = red.claim(contest.question("q0")).await;
        assert_eq!(red.answer(&held, "A").await.ok(200)["correct"], true);
        assert_eq!(red.points().await, 1100);
        // Under the contest's code as well as under its id.
        let by_code = format!("contests/{}/assignments", contest.code.to_lowercase());
        ada.client.post(&by_code, json!({})).await.ok(201);
        assert_eq!(ada.client.all(&contest.path("submissions"), 50).await.len(), 1);
    });
}

#[test]
fn an_account_is_nobodys_team_elsewhere() {
    TestApp::run(async |app| {
        let (here, there, ada) = (app.play(1).await, app.play(1).await, app.account("ada").await);
        let (red, blue) = (registered(&here, &ada, "Red").await, there.team("Blue").await);
        let held = blue.claim(there.question("q0")).await;
        ada.client.post(&there.path("assignments"), json!({})).await.refused(403, "not-allowed");
        blue.answer(&held, "A").await.ok(200);
        for path in [there.path(&format!("teams/{}", blue.id)), there.path(&format!("teams/{}", red.id))] {
            ada.client.get(&path).await.refused(404, "not-found");
        }
        ada.client.get(&there.path("submissions")).await.refused(404, "not-found");
        // What somebody has taken a seat in, they may read.
        ada.client.get(&here.path("submissions")).await.ok(200);
    });
}

#[test]
fn an_account_that_joins_a_team_plays_in_it() {
    TestApp::run(async |app| {
        let (contest, ada) = (app.play(1).await, app.account("ada").await);
        let red = contest.team("Red").await;
        let join = json!({"join_code": red.join_code, "name": "Ada"});
        ada.client.post(&contest.path("teams/join"), join.clone()).await.ok(201);
        ada.client.get(&contest.path(&format!("teams/{}", red.id))).await.ok(200);
        ada.client.post(&contest.path("teams/join"), join).await.refused(409, "already-playing");
        assert_eq!(red.read().await["members"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn fifty_registrations_of_one_account_make_one_team() {
    TestApp::run(async |app| {
        let (contest, ada) = (app.play(0).await, app.account("ada").await);
        let path = contest.path("teams");
        let replies = fifty(|n| ada.client.post(&path, json!({"name": format!("Team number {n}")}))).await;
        assert_eq!(tally(&replies), ["1 × 201", "49 × 409 already-playing"]);
        assert_eq!(contest.board().await.len(), 1);
    });
}

#[test]
fn staff_that_plays_is_its_team_where_its_role_ends() {
    TestApp::run(async |app| {
        let (contest, eve) = (app.play(1).await, app.account("eve").await);
        let role = json!({"role": "editor", "reason": "for the test"});
        app.admin().patch_if(&format!("accounts/{}", eve.id), 1, role).await.ok(200);
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let (ours, theirs) = (format!("teams/{}", red.id), format!("teams/{}", blue.id));
        let edit = json!({"email": "eve@example.org"});
        eve.client.patch(&contest.path(&ours), edit.clone()).await.refused(403, "not-allowed");
        let join = json!({"join_code": red.join_code, "name": "Eve"});
        eve.client.post(&contest.path("teams/join"), join).await.ok(201);
        eve.client.patch(&contest.path(&ours), edit.clone()).await.ok(200);
        eve.client.patch(&contest.path(&theirs), edit).await.refused(404, "not-found");
        // An editor reads every team, and plays for its own.
        eve.client.get(&contest.path(&theirs)).await.ok(200);
        let held = red.played_by(&eve).claim(contest.question("q0")).await;
        let answer = blue.answer(&held, "A").await;
        answer.refused(404, "not-found");
    });
}

#[test]
fn the_ticket_of_an_account_opens_its_teams_socket() {
    TestApp::run(async |app| {
        let (contest, ada, eve) = (app.play(1).await, app.account("ada").await, app.account("eve").await);
        let red = registered(&contest, &ada, "Red").await;
        let url = app.first().socket_url();
        let hello = json!({"auth": ticket(&ada).await, "streams": ["team"]});
        let mut socket = Socket::hello(&url, &contest.code, hello).await;
        socket.next_of("welcome").await;
        let held = red.claim(contest.question("q0")).await;
        red.answer(&held, "B").await.ok(200);
        while socket.next_of("team_event").await["event"] != "answer_judged" {}
        let foreign = json!({"auth": ticket(&eve).await, "streams": ["team"]});
        Socket::hello(&url, &contest.code, foreign).await.must_end("unauthorized").await;
    });
}

#[test]
fn a_seat_that_is_gone_ends_what_was_opened_by_it() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        contest.go("publish").await.ok(200);
        let ada = app.account("ada").await;
        let red = registered(&contest, &ada, "Red").await;
        let conn = &mut *app.db.conn().await.unwrap();
        let held = holder_of_ticket_or_token(conn, &ticket(&ada).await).await.unwrap();
        let held = held.within(conn, &ContestRef::named(&contest.id)).await.unwrap();
        still_holds(conn, &held).await.expect("she has a seat");
        contest.admin.delete(&contest.path(&format!("teams/{}", red.id))).await.ok(204);
        still_holds(conn, &held).await.expect_err("the team was deleted");
        // Her seat is free again, so she may take another.
        registered(&contest, &ada, "Blue").await;
    });
}
