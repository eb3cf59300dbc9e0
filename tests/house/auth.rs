//! Tokens: the one-time link, tickets, and a lost phone.

use podium::auth::commands::IssueStartLink;
use podium::auth::{Token, TokenKind};
use podium::db::Db;
use serde_json::json;

use crate::support::{TestApp, choice};

#[test]
fn the_start_link_opens_the_console_once() {
    TestApp::run(async |app| {
        let code = Token::new(TokenKind::StartLink);
        Db::new(&app.url, 1).run(&IssueStartLink { code: code.clone() }).await.unwrap();
        let spend = json!({"code": code.reveal()});
        let spent = app.anyone().post("auth/start-link", spend.clone()).await.ok(201);
        let admin = app.anyone().bearer(spent["token"].as_str().unwrap());
        admin.get("questions").await.ok(200);
        app.anyone().post("auth/start-link", spend).await.refused(401, "not-authenticated");
    });
}

#[test]
fn an_old_start_link_opens_nothing() {
    TestApp::run(async |app| {
        let code = Token::new(TokenKind::StartLink);
        Db::new(&app.url, 1).run(&IssueStartLink { code: code.clone() }).await.unwrap();
        app.execute("UPDATE start_link SET expires_at = now()").await;
        let spend = json!({"code": code.reveal()});
        app.anyone().post("auth/start-link", spend).await.refused(401, "not-authenticated");
    });
}

#[test]
fn a_lost_phone_is_shut_out_by_a_new_token() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let path = contest.path(&format!("teams/{}", team.id));
        team.client.poke(&format!("{path}/token")).await.refused(403, "not-allowed");
        let made = app.admin().poke(&format!("{path}/token")).await.ok(201);
        team.client.get(&path).await.refused(401, "not-authenticated");
        app.anyone().bearer(made["token"].as_str().unwrap()).get(&path).await.ok(200);
    });
}

#[test]
fn a_token_that_was_revoked_is_nobodys() {
    TestApp::run(async |app| {
        app.execute("UPDATE staff_token SET revoked_at = now()").await;
        app.admin().get("questions").await.refused(401, "not-authenticated");
    });
}

#[test]
fn a_token_that_was_taken_away_makes_no_move_however_lately_it_made_one() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let questions: Vec<_> = (0..9).map(|n| choice(&format!("q{n}"))).collect();
        let contest = app.contest(json!({"max_open_assignments": 9}), &questions).await;
        let (team, box_) = (contest.team("Red").await, contest.offer(1, 5, 9).await);
        let nobody = app.anyone().bearer("pdm_team_0000");
        // Each instance knows the token by now, and one of them has a reply to be heard again.
        let mut held = Vec::new();
        for at in [app.first(), &other, app.first()] {
            held.push(team.at(at).draw().await["id"].as_str().unwrap().to_owned());
        }
        let again = team.keyed("once").take(json!({})).await;
        assert_eq!(again.status, 201, "{}", again.body);
        let path = contest.path(&format!("teams/{}/token", team.id));
        let made = app.admin().poke(&path).await.ok(201);
        let before = app.number("SELECT count(*) FROM assignment").await;
        let strange = nobody.post(&contest.path("assignments"), json!({})).await;
        for at in [app.first(), &other] {
            let lost = team.at(at);
            for reply in [
                lost.take(json!({})).await,
                lost.keyed("once").take(json!({})).await,
                lost.answer(&held[0], "B").await,
                lost.open(&box_).await,
            ] {
                assert_eq!(
                    (reply.status, &reply.json["detail"]),
                    (401, &strange.json["detail"]),
                    "{}",
                    reply.body
                );
            }
        }
        assert_eq!(app.number("SELECT count(*) FROM assignment").await, before);
        assert_eq!(app.number("SELECT count(*) FROM submission").await, 0);
        let mut found = team.clone();
        found.client = app.anyone().bearer(made["token"].as_str().unwrap());
        assert_eq!(found.answer(&held[0], "B").await.status, 200);
    });
}
