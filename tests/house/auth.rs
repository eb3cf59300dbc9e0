//! Tokens: the one-time link, tickets, and a lost phone.

use podium::auth::commands::IssueStartLink;
use podium::auth::{Token, TokenKind};
use podium::db::Db;
use serde_json::json;

use crate::support::TestApp;

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
