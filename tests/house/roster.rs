//! Accounts as staff keeps them: roles, disabling, API tokens, and the command line.

use podium::auth::queries;
use podium::error::Refusal;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::support::{
    Account, Client, Contest, Instance, PASSWORD, Redis, Reply, Socket, TestApp, refresh, sign_in, until,
};

async fn edit(by: &Client, account: &Account, version: i64, change: serde_json::Value) -> Reply {
    by.patch_if(&format!("accounts/{}", account.id), version, change).await
}

#[test]
fn a_role_is_given_and_taken_and_holds_at_once() {
    TestApp::run(async |app| {
        let ada = app.account("ada").await;
        ada.client.get("questions").await.refused(403, "not-allowed");
        let made = edit(&app.admin(), &ada, 1, json!({"role": "editor", "reason": "writes questions"}))
            .await
            .ok(200);
        assert_eq!((&made["role"], &made["version"]), (&json!("editor"), &json!(2)));
        ada.client.get("questions").await.ok(200);
        ada.client.get("audit").await.refused(403, "not-allowed");
        edit(&app.admin(), &ada, 1, json!({"role": "owner"})).await.refused(412, "stale-version");
        edit(&app.admin(), &ada, 2, json!({"role": "member"})).await.ok(200);
        ada.client.get("questions").await.refused(403, "not-allowed");
        let log = app.admin().all("audit", 200).await;
        let lines: Vec<_> = log.iter().filter(|line| line["action"] == "edit_account").collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (&lines[1]["before"]["role"], &lines[1]["after"]["role"]),
            (&json!("member"), &json!("editor"))
        );
        assert!(!lines[0].to_string().contains("argon2"));
    });
}

#[test]
fn an_account_is_changed_while_its_owner_does_something() {
    TestApp::run(async |app| {
        let ada = app.account("ada").await;
        // What is written of a score or a seat refers to the account until it is committed.
        let playing = app.connect().await;
        playing.batch_execute("BEGIN; SELECT FROM account FOR KEY SHARE").await.unwrap();
        edit(&app.admin(), &ada, 1, json!({"role": "judge"})).await.ok(200);
        playing.batch_execute("ROLLBACK").await.unwrap();
    });
}

#[test]
fn owners_are_made_changed_and_disabled_by_owners() {
    TestApp::run(async |app| {
        let (boss, deputy, ada) =
            (app.account("boss").await, app.account("deputy").await, app.account("ada").await);
        edit(&app.admin(), &boss, 1, json!({"role": "owner"})).await.ok(200);
        edit(&boss.client, &deputy, 1, json!({"role": "admin"})).await.ok(200);
        edit(&deputy.client, &ada, 1, json!({"role": "judge"})).await.ok(200);
        for (account, version, change) in [
            (&ada, 2, json!({"role": "owner"})),
            (&deputy, 2, json!({"role": "owner"})),
            (&boss, 2, json!({"role": "member"})),
            (&boss, 2, json!({"state": "disabled"})),
        ] {
            edit(&deputy.client, account, version, change).await.refused(403, "not-allowed");
        }
        edit(&boss.client, &deputy, 2, json!({"state": "disabled"})).await.ok(200);
        deputy.client.get("accounts").await.refused(401, "not-authenticated");
    });
}

#[test]
fn whoever_is_disabled_is_out_on_every_device_until_they_sign_in_anew() {
    TestApp::run(async |app| {
        let phone = app.account("ada").await;
        let laptop = phone.again(app).await;
        let wish = json!({"label": "x", "scope": "all", "expires_in_days": 1});
        let token = phone.client.post("auth/api-tokens", wish).await.ok(201);
        let program = app.anyone().bearer(token["token"].as_str().unwrap());
        program.get("contests").await.ok(200);
        edit(&app.admin(), &phone, 1, json!({"state": "disabled"})).await.ok(200);
        let out = async || {
            for client in [&phone.client, &laptop.client, &program] {
                client.get("contests").await.refused(401, "not-authenticated");
            }
            refresh(&app.anyone(), &laptop.refresh).await.refused(401, "not-authenticated");
        };
        out().await;
        sign_in(&app.anyone(), "ada", PASSWORD).await.refused(401, "not-authenticated");
        edit(&app.admin(), &phone, 2, json!({"state": "active"})).await.ok(200);
        out().await;
        phone.again(app).await.client.get("contests").await.ok(200);
    });
}

#[test]
fn accounts_are_listed_page_by_page_and_narrowed() {
    TestApp::run(async |app| {
        for name in ["ada", "grace", "linus", "mallory"] {
            app.account(name).await;
        }
        app.execute("UPDATE account SET role = 'judge' WHERE name = 'grace'").await;
        app.execute("UPDATE account SET state = 'disabled' WHERE name = 'mallory'").await;
        let names = async |query: &str| -> Vec<String> {
            let all = app.admin().all(&format!("accounts?{query}"), 2).await;
            all.iter().map(|account| account["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names("").await, ["ada", "grace", "linus", "mallory"]);
        assert_eq!(names("role=judge").await, ["grace"]);
        assert_eq!(names("state=active&role=member").await, ["ada", "linus"]);
        for wrong in ["role=king", "state=x", "cursor=x", "limit=x"] {
            app.admin().get(&format!("accounts?{wrong}")).await.refused(422, "invalid");
        }
    });
}

#[test]
fn an_api_token_does_no_more_than_its_scope_and_its_account() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let ada = app.account("ada").await;
        edit(&app.admin(), &ada, 1, json!({"role": "operator"})).await.ok(200);
        let token = async |scope: &str| {
            let wish = json!({"label": scope, "scope": scope, "expires_in_days": 30});
            let made = ada.client.post("auth/api-tokens", wish).await.ok(201);
            (made["id"].as_str().unwrap().to_owned(), app.anyone().bearer(made["token"].as_str().unwrap()))
        };
        let (id, reads) = token("read").await;
        let (_, operates) = token("operating").await;
        let (_, judges) = token("judging").await;
        let (_, all) = token("all").await;
        for client in [&reads, &operates, &judges, &all] {
            client.get(&contest.path("check")).await.ok(200);
            client.get("auth/me").await.refused(403, "not-allowed");
            client.post("auth/api-tokens", json!({})).await.refused(403, "not-allowed");
        }
        reads.poke(&contest.path("pause")).await.refused(403, "not-allowed");
        reads.post(&contest.path("teams"), json!({"name": "Red"})).await.refused(403, "not-allowed");
        operates.poke(&contest.path("pause")).await.ok(200);
        all.poke(&contest.path("resume")).await.ok(200);
        // The scope of a judge, but not the role.
        judges.post(&contest.path("adjustments"), json!({})).await.refused(403, "not-allowed");
        let listed = ada.client.all("auth/api-tokens", 2).await;
        assert_eq!(listed.len(), 4);
        assert!(listed.iter().all(|token| token.get("token").is_none()));
        let eve = app.account("eve").await;
        eve.client.delete(&format!("auth/api-tokens/{id}")).await.refused(404, "not-found");
        assert_eq!(ada.client.delete(&format!("auth/api-tokens/{id}")).await.status, 204);
        reads.get("contests").await.refused(401, "not-authenticated");
        app.execute("UPDATE api_token SET created_at = now() - interval '9 days', expires_at = now()").await;
        all.get("contests").await.refused(401, "not-authenticated");
    });
}

#[test]
fn an_api_token_opens_a_socket_like_its_account() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let ada = app.account("ada").await;
        let wish = json!({"label": "x", "scope": "read", "expires_in_days": 1});
        let made = ada.client.post("auth/api-tokens", wish).await.ok(201);
        let token = made["token"].as_str().unwrap();
        let ticket = app.anyone().bearer(token).poke("ws-tickets").await.ok(201)["ticket"].clone();
        for auth in [ticket, json!(token)] {
            let mut socket =
                Socket::hello(&app.first().socket_url(), &contest.id, json!({"auth": auth})).await;
            socket.next_of("welcome").await;
        }
    });
}

/// A socket asks this once a minute, and ends when the answer is no.
#[test]
fn what_opened_a_socket_is_asked_again() {
    TestApp::run(async |app| {
        let mut conn = app.db.conn().await.unwrap();
        for (name, end) in [
            ("role", "UPDATE account SET role = 'judge' WHERE name = 'role'"),
            ("disabled", "UPDATE account SET state = 'disabled' WHERE name = 'disabled'"),
            ("epoch", "UPDATE account SET epoch = 2 WHERE name = 'epoch'"),
            ("out", "UPDATE session SET ended_at = now(), ended_by = 'sign_out'"),
            ("expired", "UPDATE refresh_token SET expires_at = now()"),
        ] {
            let ticket = app.account(name).await.client.poke("ws-tickets").await.ok(201);
            let ticket = ticket["ticket"].as_str().unwrap();
            let held = queries::holder_of_ticket_or_token(&mut conn, ticket).await.unwrap();
            queries::still_holds(&mut conn, &held).await.unwrap();
            app.execute(end).await;
            let over = queries::still_holds(&mut conn, &held).await.expect_err(name);
            assert_eq!(over.refusal(), Some(Refusal::NotAuthenticated), "{name}");
        }
    });
}

/// A socket of an account, on the server with this address.
async fn watch(instance: &Instance, contest: &Contest, client: &Client) -> Socket {
    let ticket = client.at(instance).poke("ws-tickets").await.ok(201)["ticket"].clone();
    let mut socket = Socket::hello(&instance.socket_url(), &contest.id, json!({"auth": ticket})).await;
    socket.next_of("welcome").await;
    socket
}

/// Much sooner than a socket asks by itself: that is after half a minute at least.
#[test]
fn whoever_loses_something_loses_their_sockets_at_once() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let here = app.first();
        let admin = app.admin();
        let token = async |account: &Account| {
            let wish = json!({"label": "x", "scope": "read", "expires_in_days": 1});
            account.client.post("auth/api-tokens", wish).await.ok(201)
        };
        let eve = app.account("eve").await;
        let mut other = watch(here, &contest, &eve.client).await;
        for (name, loses) in
            [("disabled", json!({"state": "disabled"})), ("promoted", json!({"role": "judge"}))]
        {
            let account = app.account(name).await;
            let mut socket = watch(here, &contest, &account.client).await;
            edit(&admin, &account, 1, loses).await.ok(200);
            socket.must_end("revoked").await;
        }
        let ada = app.account("ada").await;
        let mut phone = watch(here, &contest, &ada.client).await;
        let laptop = ada.again(app).await;
        let mut second = watch(here, &contest, &laptop.client).await;
        assert_eq!(ada.client.poke("auth/sign-out").await.status, 204);
        phone.must_end("revoked").await;
        let made = token(&laptop).await;
        let program = app.anyone().bearer(made["token"].as_str().unwrap());
        let mut third = watch(here, &contest, &program).await;
        let path = format!("auth/api-tokens/{}", made["id"].as_str().unwrap());
        assert_eq!(laptop.client.delete(&path).await.status, 204);
        third.must_end("revoked").await;
        let desk = ada.again(app).await;
        let mut fourth = watch(here, &contest, &desk.client).await;
        let change = json!({"current_password": PASSWORD, "new_password": "battery staple"});
        assert_eq!(desk.client.post("auth/password", change).await.status, 204);
        second.must_end("revoked").await;
        assert_eq!(desk.client.poke("auth/sign-out-everywhere").await.status, 204);
        fourth.must_end("revoked").await;
        let grace = app.account("grace").await;
        let mut stolen = watch(here, &contest, &grace.client).await;
        refresh(&app.anyone(), &grace.refresh).await.ok(200);
        refresh(&app.anyone(), &grace.refresh).await.refused(401, "not-authenticated");
        stolen.must_end("revoked").await;
        // Nobody else noticed anything.
        contest.team("Red").await;
        assert_eq!(other.next_of("team_joined").await["team"], "Red");
    });
}

#[test]
fn on_another_instance_too() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let (one, other) = (app.instance_with(&redis.url).await, app.instance_with(&redis.url).await);
        let contest = app.play(1).await;
        // Once a word came through, others will.
        for instance in [&one, &other] {
            until("instances hear each other", async || {
                let health = app.anyone().at(instance).get("/health").await.ok(200);
                (health["fanout"] == "redis").then_some(())
            })
            .await;
        }
        let ada = app.account("ada").await;
        let mut socket = watch(&other, &contest, &ada.client).await;
        edit(&app.admin().at(&one), &ada, 1, json!({"state": "disabled"})).await.ok(200);
        socket.must_end("revoked").await;
    });
}

/// A token that only reads may look on through a socket, and what it opened knows that it only reads.
#[test]
fn a_ticket_carries_the_scope_of_its_token() {
    TestApp::run(async |app| {
        let ada = app.account("ada").await;
        let mut conn = app.db.conn().await.unwrap();
        for (scope, plays) in [("read", false), ("operating", false), ("all", true)] {
            let wish = json!({"label": scope, "scope": scope, "expires_in_days": 1});
            let made = ada.client.post("auth/api-tokens", wish).await.ok(201);
            let client = app.anyone().bearer(made["token"].as_str().unwrap());
            let ticket = client.poke("ws-tickets").await.ok(201);
            for auth in [&ticket["ticket"], &made["token"]] {
                let held =
                    queries::holder_of_ticket_or_token(&mut conn, auth.as_str().unwrap()).await.unwrap();
                assert_eq!(held.must_write().is_ok(), plays, "{scope}");
            }
        }
    });
}

/// `podium admin create`, with this on its standard input; what it printed.
async fn create(app: &TestApp, arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_podium"));
    command.args(["admin", "create"]).args(arguments).env("DATABASE_URL", &app.url);
    // The tests' PostgreSQL does not wait for its disk.
    command.env("PODIUM_ALLOW_UNSAFE_POSTGRES", "true");
    command.stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Whoever is refused at once has gone before it hears anything.
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.ok();
    let done = child.wait_with_output().await.unwrap();
    (
        done.status.success(),
        format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)),
    )
}

#[test]
fn the_command_line_makes_accounts_for_staff() {
    TestApp::run(async |app| {
        let (made, said) = create(app, &["ada"], &format!("{PASSWORD}\n")).await;
        assert!(made && said.starts_with("owner ada (") && !said.contains(PASSWORD), "{said}");
        let tokens = sign_in(&app.anyone(), "ada", PASSWORD).await.ok(200);
        app.anyone().bearer(tokens["access_token"].as_str().unwrap()).get("audit").await.ok(200);
        let (made, said) = create(app, &["grace", "--role", "judge"], "").await;
        assert!(made, "{said}");
        let password = said.lines().nth(1).expect("a password that was made");
        sign_in(&app.anyone(), "grace", password).await.ok(200);
        for (arguments, input) in
            [(&["ADA"][..], "another password\n"), (&["linus"], "short\n"), (&["a\u{202e}"], "long enough\n")]
        {
            let (made, said) = create(app, arguments, input).await;
            assert!(!made && said.contains("podium: "), "{said}");
        }
    });
}
