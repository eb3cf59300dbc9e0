//! Accounts: registering, signing in and out, and what ends a session.

use futures_util::future::join;
use podium::config::Config;
use podium::limits::Settings;
use serde_json::json;

use crate::support::{PASSWORD, Socket, TestApp, config, fifty, refresh, sign_in, tally, until};

#[test]
fn whoever_registers_signs_in_by_form_or_json() {
    TestApp::run(async |app| {
        let input = json!({"name": " Ada Lücke ", "password": PASSWORD, "email": "ada@example.org"});
        let made = app.anyone().post("auth/register", input).await;
        let account = made.ok(201);
        assert_eq!((&account["name"], &account["role"]), (&json!("Ada Lücke"), &json!("member")));
        assert!(!made.body.contains("argon2") && !made.body.contains(PASSWORD));
        let form = "grant_type=password&username=ada+L%C3%9CCKE&password=correct+horse+battery&scope=";
        let by_form = app.anyone().send("auth/token", "application/x-www-form-urlencoded", form).await;
        let by_json = sign_in(&app.anyone(), "Ada Lücke", PASSWORD).await;
        for reply in [by_form, by_json] {
            let tokens = reply.ok(200);
            assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            let me =
                app.anyone().bearer(tokens["access_token"].as_str().unwrap()).get("auth/me").await.ok(200);
            assert_eq!(me, account);
        }
        let stored = app.text("SELECT password_hash FROM account").await;
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    });
}

#[test]
fn a_password_is_refused_by_its_length_before_it_costs_anything() {
    TestApp::run(async |app| {
        for password in ["", "1234567", &"x".repeat(129), &"x".repeat(30_000)] {
            let input = json!({"name": "ada", "password": password});
            let refused = app.anyone().post("auth/register", input).await.refused(422, "invalid");
            assert_eq!(refused["errors"][0]["pointer"], "/password");
            sign_in(&app.anyone(), "ada", password).await.refused(422, "invalid");
        }
        assert_eq!(worked(app).await, (0, 0));
        for name in ["", "a\u{202e}b", "\u{200d}"] {
            let input = json!({"name": name, "password": PASSWORD});
            app.anyone().post("auth/register", input).await.refused(422, "invalid");
        }
        assert_eq!(worked(app).await, (0, 0), "nor does a name that cannot be");
    });
}

/// How many passwords were hashed and compared.
async fn worked(app: &TestApp) -> (u64, u64) {
    let metrics = app.admin().get("/metrics").await.body;
    let of = |work: &str| {
        let line = metrics
            .lines()
            .find_map(|l| l.strip_prefix(&format!("podium_passwords_total{{work=\"{work}\"}} ")));
        line.map_or(0, |count| count.parse().unwrap())
    };
    (of("hash"), of("compare"))
}

#[test]
fn a_name_that_nobody_has_takes_the_same_work_and_gets_the_same_answer() {
    TestApp::run(async |app| {
        app.account("ada").await;
        app.account("gone").await;
        app.execute("UPDATE account SET state = 'disabled' WHERE name = 'gone'").await;
        let (_, before) = worked(app).await;
        let mut answers = Vec::new();
        for (name, password) in [
            ("ada", "not the password"),
            ("nobody", PASSWORD),
            ("", PASSWORD),
            ("a\u{202e}b", PASSWORD),
            ("gone", PASSWORD),
        ] {
            let (_, then) = worked(app).await;
            let mut problem = sign_in(&app.anyone(), name, password).await.refused(401, "not-authenticated");
            problem.as_object_mut().unwrap().remove("request_id");
            answers.push(problem);
            assert_eq!(worked(app).await.1, then + 1, "{name:?} takes one comparison");
        }
        assert_eq!(worked(app).await.1, before + 5);
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    });
}

#[test]
fn a_name_is_given_once_under_any_race() {
    TestApp::run(async |app| {
        // As many at once as may wait, with room to spare for those that are at work.
        let replies = futures_util::future::join_all((0..30).map(|n| async move {
            let name = if n % 2 == 0 { "ada" } else { " ADA " };
            app.anyone().post("auth/register", json!({"name": name, "password": PASSWORD})).await
        }))
        .await;
        let made = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(made, 1, "{:?}", tally(&replies));
        for reply in replies.iter().filter(|reply| reply.status != 201) {
            reply.refused(409, "account-name-taken");
        }
    });
}

#[test]
fn a_registration_that_is_sent_again_makes_one_account() {
    TestApp::run(async |app| {
        let keyed = app.anyone().keyed("again");
        let input = json!({"name": "ada", "password": PASSWORD});
        let first = keyed.post("auth/register", input.clone()).await;
        let second = keyed.post("auth/register", input).await;
        assert_eq!((first.ok(201), second.replayed()), (second.ok(201), true));
        let other = json!({"name": "grace", "password": PASSWORD});
        keyed.post("auth/register", other).await.refused(422, "idempotency-key-reused");
        // What is stored of the request must not tell whether a guess of the password is right.
        let guess = json!({"name": "ada", "password": "another password"});
        assert!(keyed.post("auth/register", guess).await.replayed());
    });
}

#[test]
fn a_refresh_token_is_exchanged_once() {
    TestApp::run(async |app| {
        let ada = app.account("ada").await;
        let next = refresh(&app.anyone(), &ada.refresh).await.ok(200);
        let (access, second) =
            (next["access_token"].as_str().unwrap(), next["refresh_token"].as_str().unwrap());
        app.anyone().bearer(access).get("auth/me").await.ok(200);
        let third = refresh(&app.anyone(), second).await.ok(200);
        // A copy of the first one comes back: whoever has it, and whoever has the last, are out.
        refresh(&app.anyone(), &ada.refresh).await.refused(401, "not-authenticated");
        let last = third["refresh_token"].as_str().unwrap();
        refresh(&app.anyone(), last).await.refused(401, "not-authenticated");
        for access in [ada.access.as_str(), access, third["access_token"].as_str().unwrap()] {
            app.anyone().bearer(access).get("auth/me").await.refused(401, "not-authenticated");
        }
        assert_eq!(app.text("SELECT ended_by FROM session").await, "reuse");
        // Another sign-in of the same account goes on.
        let other = ada.again(app).await;
        refresh(&app.anyone(), &other.refresh).await.ok(200);
    });
}

#[test]
fn of_fifty_exchanges_of_one_refresh_token_one_succeeds_and_the_session_ends() {
    TestApp::run(async |app| {
        let ada = app.account("ada").await;
        let elsewhere = app.instance().await;
        let anyone = app.anyone();
        let there = anyone.at(&elsewhere);
        let replies = fifty(|n| refresh(if n % 2 == 0 { &anyone } else { &there }, &ada.refresh)).await;
        let won: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(won.len(), 1, "{:?}", tally(&replies));
        replies.iter().filter(|reply| reply.status != 200).for_each(|reply| {
            reply.refused(401, "not-authenticated");
        });
        let next = won[0].json["refresh_token"].as_str().unwrap();
        refresh(&anyone, next).await.refused(401, "not-authenticated");
        assert_eq!(app.number("SELECT count(*) FROM refresh_token").await, 2);
    });
}

#[test]
fn a_refresh_token_that_is_too_old_is_refused_and_ends_nothing() {
    TestApp::run(async |app| {
        let ada = app.account("ada").await;
        app.execute("UPDATE refresh_token SET expires_at = now()").await;
        refresh(&app.anyone(), &ada.refresh).await.refused(401, "not-authenticated");
        ada.client.get("auth/me").await.ok(200);
    });
}

#[test]
fn signing_out_ends_this_session_and_everywhere_ends_all() {
    TestApp::run(async |app| {
        let phone = app.account("ada").await;
        let (laptop, desk) = (phone.again(app).await, phone.again(app).await);
        assert_eq!(phone.client.poke("auth/sign-out").await.status, 204);
        phone.client.get("auth/me").await.refused(401, "not-authenticated");
        refresh(&app.anyone(), &phone.refresh).await.refused(401, "not-authenticated");
        laptop.client.get("auth/me").await.ok(200);
        assert_eq!(laptop.client.poke("auth/sign-out-everywhere").await.status, 204);
        for device in [&laptop, &desk] {
            device.client.get("auth/me").await.refused(401, "not-authenticated");
            refresh(&app.anyone(), &device.refresh).await.refused(401, "not-authenticated");
        }
        phone.again(app).await.client.get("auth/me").await.ok(200);
    });
}

#[test]
fn a_new_password_ends_every_other_session() {
    TestApp::run(async |app| {
        let phone = app.account("ada").await;
        let laptop = phone.again(app).await;
        let change = |current: &str| json!({"current_password": current, "new_password": "battery staple"});
        let refused = phone.client.post("auth/password", change("not the password")).await;
        assert_eq!(refused.refused(422, "invalid")["errors"][0]["pointer"], "/current_password");
        assert_eq!(phone.client.post("auth/password", change(PASSWORD)).await.status, 204);
        phone.client.get("auth/me").await.ok(200);
        refresh(&app.anyone(), &phone.refresh).await.ok(200);
        laptop.client.get("auth/me").await.refused(401, "not-authenticated");
        refresh(&app.anyone(), &laptop.refresh).await.refused(401, "not-authenticated");
        sign_in(&app.anyone(), "ada", PASSWORD).await.refused(401, "not-authenticated");
        sign_in(&app.anyone(), "ada", "battery staple").await.ok(200);
    });
}

#[test]
fn a_session_goes_on_while_it_changes_its_own_password() {
    TestApp::run(async |app| {
        let ada = app.account("ada").await;
        // What a change of the password writes, held just before its commit.
        let change = app.connect().await;
        let written = "BEGIN; UPDATE account SET epoch = epoch + 1; UPDATE session SET epoch = epoch + 1";
        change.batch_execute(written).await.unwrap();
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let commit = async {
            until("it is waited for", async || (app.number(waiting).await > 0).then_some(())).await;
            change.batch_execute("COMMIT").await.unwrap();
        };
        let (anyone, token) = (app.anyone(), ada.refresh.clone());
        let (refreshed, ()) = join(refresh(&anyone, &token), commit).await;
        refreshed.ok(200);
    });
}

#[test]
fn an_account_without_a_right_is_told_so_and_sees_what_everybody_sees() {
    TestApp::run(async |app| {
        let (ada, contest) = (app.account("ada").await, app.play(1).await);
        let team = contest.team("Red").await;
        ada.client.get("questions").await.refused(403, "not-allowed");
        ada.client.poke(&contest.path("pause")).await.refused(403, "not-allowed");
        ada.client.post(&contest.path("assignments"), json!({})).await.refused(403, "not-allowed");
        ada.client.get(&contest.path(&format!("teams/{}", team.id))).await.refused(404, "not-found");
        ada.client.get(&contest.path("leaderboard")).await.ok(200);
        let joined = json!({"join_code": team.join_code, "name": "Ada"});
        ada.client.post(&contest.path("teams/join"), joined).await.ok(201);
        // A team's token is no sign-in, nor is an admin's.
        for client in [&team.client, &app.admin()] {
            client.poke("auth/sign-out").await.refused(403, "not-allowed");
        }
    });
}

#[test]
fn an_account_opens_a_socket_with_a_ticket() {
    TestApp::run(async |app| {
        let (ada, contest) = (app.account("ada").await, app.play(1).await);
        let ticket = ada.client.poke("ws-tickets").await.ok(201)["ticket"].clone();
        let url = app.first().socket_url();
        let mut socket = Socket::hello(&url, &contest.id, json!({"auth": ticket})).await;
        assert_eq!(socket.next_of("welcome").await["streams"], json!(["board", "contest", "announcements"]));
        Socket::hello(&url, &contest.id, json!({"auth": ticket})).await.must_end("unauthorized").await;
        Socket::hello(&url, &contest.id, json!({"auth": ada.access})).await.must_end("unauthorized").await;
        let late = ada.client.poke("ws-tickets").await.ok(201)["ticket"].clone();
        ada.client.poke("auth/sign-out").await;
        Socket::hello(&url, &contest.id, json!({"auth": late})).await.must_end("unauthorized").await;
    });
}

#[test]
fn wrong_passwords_are_limited_by_name_and_address() {
    TestApp::run(async |app| {
        app.account("ada").await;
        app.account("grace").await;
        let limits = Settings { trusted: vec![], sign_ins_per_min: 5, ..Settings::default() };
        let here = app.instance_set(&Config { limits, ..config() }).await;
        let there = app.anyone().at(&here);
        let mut told = Vec::new();
        for _ in 0..7 {
            told.push(sign_in(&there, "Ada", "not the password").await.status);
        }
        assert_eq!(told[..5], [401; 5]);
        // In twelve seconds one more is allowed.
        assert!(told[5..].contains(&429), "{told:?}");
        let wait = sign_in(&there, "ada", PASSWORD).await;
        if wait.status == 429 {
            assert!(wait.header("ratelimit-policy").unwrap().starts_with("\"sign-in\";q=5"));
        }
        sign_in(&there, "grace", PASSWORD).await.ok(200);
    });
}

#[test]
fn more_passwords_than_can_wait_are_told_to_come_back() {
    TestApp::run(async |app| {
        app.account("ada").await;
        let anyone = app.anyone();
        let tries = (0..200).map(|_| sign_in(&anyone, "ada", PASSWORD));
        let replies = futures_util::future::join_all(tries).await;
        let through = replies.iter().filter(|reply| reply.status == 200).count();
        assert!(through >= 32, "{through} of those who may wait were served");
        for reply in replies.iter().filter(|reply| reply.status != 200) {
            reply.refused(429, "rate-limited");
            assert_eq!(reply.header("ratelimit").unwrap(), "\"passwords\";r=0;t=1");
        }
    });
}
