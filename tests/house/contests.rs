//! Contests: settings, the state machine, the clock.

use serde_json::{Value, json};

use crate::support::{Contest, TestApp, asked, choice, fifty, patiently, tally, until};

/// Brings a new contest into this state.
async fn in_state(app: &TestApp, state: &str) -> Contest {
    let contest = app.draft(json!({}), &[choice("q")]).await;
    let way: &[&str] = match state {
        "draft" => &[],
        "published" => &["publish"],
        "running" => &["publish", "start"],
        "paused" => &["publish", "start", "pause"],
        "ended" => &["publish", "start", "end"],
        "finalized" => &["publish", "start", "end", "finalize"],
        "archived" => &["publish", "start", "end", "finalize", "archive"],
        "cancelled" => &["cancel"],
        other => panic!("no way to {other}"),
    };
    for step in way {
        match *step {
            "start" => contest.start().await,
            step => drop(contest.go(step).await.ok(200)),
        }
    }
    assert_eq!(contest.read().await["state"], state);
    contest
}

#[test]
fn the_state_machine_has_exactly_these_moves() {
    TestApp::run(async |app| {
        let legal = [
            ("draft", "publish", "published"),
            ("draft", "cancel", "cancelled"),
            ("published", "start", "running"),
            ("published", "cancel", "cancelled"),
            ("running", "pause", "paused"),
            ("running", "end", "ended"),
            ("paused", "resume", "running"),
            ("paused", "end", "ended"),
            ("ended", "finalize", "finalized"),
            ("finalized", "reopen", "ended"),
            ("finalized", "archive", "archived"),
        ];
        let moves = ["publish", "start", "pause", "resume", "end", "cancel", "finalize", "reopen", "archive"];
        for from in ["draft", "published", "running", "paused", "ended", "finalized", "archived", "cancelled"]
        {
            for to in moves {
                let contest = in_state(app, from).await;
                let body = if to == "reopen" { json!({"reason": "An appeal"}) } else { json!({}) };
                let reply = app.admin().post(&contest.path(to), body).await;
                match legal.iter().find(|(state, step, _)| (*state, *step) == (from, to)) {
                    Some((_, _, reached)) => assert_eq!(reply.ok(200)["state"], *reached),
                    None => {
                        let problem = reply.refused(409, "illegal-transition");
                        assert_eq!(problem["from"], from);
                        assert!(problem["to"].is_string() && problem["allowed"].is_array(), "{problem}");
                    }
                }
            }
        }
    });
}

#[test]
fn a_draft_is_nobodys_business() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        let path = format!("contests/{}", contest.id);
        app.anyone().get(&path).await.refused(404, "not-found");
        app.anyone().get(&contest.path("leaderboard")).await.refused(404, "not-found");
        app.anyone().get(&contest.path("events")).await.refused(404, "not-found");
        assert!(app.anyone().all("contests", 10).await.is_empty());
        assert_eq!(app.admin().all("contests", 10).await.len(), 1);
        contest.go("publish").await.ok(200);
        assert_eq!(app.anyone().get(&path).await.ok(200)["state"], "published");
        assert_eq!(app.anyone().all("contests", 10).await.len(), 1);
        app.anyone().post(&contest.path("teams"), json!({"name": "Red"})).await.ok(201);
    });
}

#[test]
fn a_contest_is_named_by_its_id_or_by_its_code_in_any_case() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        assert_eq!(contest.code.len(), 6);
        for name in [contest.id.clone(), contest.code.clone(), contest.code.to_lowercase()] {
            assert_eq!(app.anyone().get(&format!("contests/{name}")).await.ok(200)["id"], contest.id);
        }
        let team = contest.team("Red").await;
        let by_code = format!("contests/{}/assignments", contest.code.to_lowercase());
        team.client.post(&by_code, json!({})).await.ok(201);
        app.anyone().get("contests/ZZZZZZ").await.refused(404, "not-found");
    });
}

#[test]
fn contests_are_listed_the_newest_first_page_by_page() {
    TestApp::run(async |app| {
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(app.draft(json!({}), &[]).await.id);
        }
        made.reverse();
        let listed = app.admin().all("contests", 2).await;
        let ids: Vec<_> = listed.iter().map(|contest| contest["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids, made);
    });
}

#[test]
fn settings_have_defaults_and_limits() {
    TestApp::run(async |app| {
        let made = app.admin().post("contests", json!({"name": "Quiz"})).await.ok(201);
        for (setting, value) in [
            ("state", json!("draft")),
            ("opening_points", json!(1000)),
            ("credit_limit", json!(0)),
            ("wrong_penalty", json!(0)),
            ("first_correct_bonus", json!(10)),
            ("max_members", json!(5)),
            ("max_open_assignments", json!(1)),
            ("registration_open", json!(true)),
            ("duration_ms", Value::Null),
        ] {
            assert_eq!(made[setting], value, "{setting}");
        }
        for (wrong, pointer) in [
            (json!({}), ""),
            (json!({"name": ""}), "/name"),
            (json!({"name": "Quiz", "opening_points": -1}), "/opening_points"),
            (json!({"name": "Quiz", "duration_ms": 0}), "/duration_ms"),
            (json!({"name": "Quiz", "hold_ms": 1}), "/hold_ms"),
        ] {
            let problem = app.admin().post("contests", wrong).await.refused(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        }
        app.admin().post("contests", json!({"name": "Quiz", "color": "red"})).await.refused(422, "invalid");
    });
}

#[test]
fn an_edit_needs_the_version_that_was_read() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        let path = format!("contests/{}", contest.id);
        let read = app.admin().get(&path).await;
        assert_eq!(read.header("etag"), Some("\"1\""));
        let edited = app.admin().patch_if(&path, 1, json!({"name": "Second", "duration_ms": 60_000})).await;
        assert_eq!(edited.header("etag"), Some("\"2\""));
        assert_eq!(
            (edited.ok(200)["version"].clone(), edited.json["name"].clone()),
            (json!(2), json!("Second"))
        );
        app.admin().patch_if(&path, 1, json!({"name": "Third"})).await.refused(412, "stale-version");
        app.admin().with("if-match", "soon").patch(&path, json!({})).await.refused(422, "invalid");
        let endless = app.admin().patch_if(&path, 2, json!({"duration_ms": null})).await.ok(200);
        assert_eq!(endless["duration_ms"], Value::Null);
        assert_eq!(endless["name"], "Second");
    });
}

#[test]
fn rules_that_decide_who_wins_are_fixed_at_the_start() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let (path, version) =
            (format!("contests/{}", contest.id), contest.read().await["version"].as_i64().unwrap());
        for rule in ["opening_points", "credit_limit", "wrong_penalty", "first_correct_bonus", "max_members"]
        {
            app.admin().patch_if(&path, version, json!({rule: 3})).await.refused(409, "contest-started");
        }
        app.admin().patch_if(&path, version, json!({"description": "Welcome"})).await.ok(200);
    });
}

#[test]
fn the_window_opens_and_closes_by_the_clock() {
    TestApp::run(async |app| {
        let settings = json!({"duration_ms": 3_600_000, "max_open_assignments": 2});
        let contest = app.draft(settings, &[choice("a"), choice("b")]).await;
        contest.go("publish").await.ok(200);
        let team = contest.team("Red").await;
        let then = json!("2100-01-01T00:00:00.000Z");
        let planned = app.admin().post(&contest.path("start"), json!({"at": then})).await.ok(200);
        assert_eq!((&planned["state"], &planned["starts_at"]), (&json!("published"), &then));
        team.take(json!({})).await.refused(409, "contest-not-started");
        // From here on nobody does anything but the clock.
        let becomes = async |state: &str| {
            until(state, async || (contest.read().await["state"] == state).then_some(())).await;
        };
        app.execute("UPDATE contest SET starts_at = now()").await;
        becomes("running").await;
        let held = team.draw().await["id"].as_str().unwrap().to_owned();
        app.execute("UPDATE contest SET starts_at = now() - interval '1 hour'").await;
        becomes("ended").await;
        team.answer(&held, "A").await.refused(409, "contest-ended");
        team.take(json!({})).await.refused(409, "contest-ended");
        let ended = contest.read().await;
        assert_eq!(ended["ended_at"], ended["ends_at"]);
        assert_eq!(ended["contest_time_ms"], 3_600_000);
    });
}

#[test]
fn extra_time_belongs_to_one_team() {
    TestApp::run(async |app| {
        let contest = app
            .contest(
                json!({"duration_ms": 3_600_000, "max_open_assignments": 9}),
                &[choice("a"), choice("b")],
            )
            .await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let path = contest.path(&format!("teams/{}", blue.id));
        blue.client.patch(&path, json!({"extra_time_ms": 1000})).await.refused(403, "not-allowed");
        app.admin().patch(&path, json!({"extra_time_ms": 600_000})).await.ok(200);
        app.execute("UPDATE contest SET starts_at = now() - interval '61 min'").await;
        red.take(json!({})).await.refused(409, "contest-ended");
        let held = blue.draw().await["id"].as_str().unwrap().to_owned();
        blue.answer(&held, "A").await.ok(200);
        assert_eq!(contest.read().await["state"], "running");
    });
}

#[test]
fn contest_time_stands_still_in_a_pause_and_deadlines_move() {
    TestApp::run(async |app| {
        let settings = json!({"duration_ms": 3_600_000});
        let contest = app.contest(settings, &[asked("q", json!({"time_limit_ms": 60_000}))]).await;
        let team = contest.team("Red").await;
        let held = team.draw().await["id"].as_str().unwrap().to_owned();
        let path = team.path(&format!("assignments/{held}"));
        let before = (
            contest.read().await["ends_at"].clone(),
            team.client.get(&path).await.ok(200)["expires_at"].clone(),
        );
        contest.go("pause").await.ok(200);
        team.answer(&held, "A").await.refused(409, "contest-paused");
        let still = contest.read().await["contest_time_ms"].clone();
        app.execute("UPDATE contest SET paused_at = paused_at - interval '10 min', starts_at = starts_at - interval '10 min';
            UPDATE contest_pause SET started_at = started_at - interval '10 min'").await;
        assert_eq!(contest.read().await["contest_time_ms"], still);
        let resumed = contest.go("resume").await.ok(200);
        let after = (resumed["ends_at"].clone(), team.client.get(&path).await.ok(200)["expires_at"].clone());
        assert!(
            after.0.as_str() > before.0.as_str() && after.1.as_str() > before.1.as_str(),
            "{before:?} {after:?}"
        );
        team.answer(&held, "A").await.ok(200);
    });
}

#[test]
fn one_contest_is_the_current_one() {
    TestApp::run(async |app| {
        let (one, two) = (app.play(0).await, app.play(0).await);
        one.go("make-current").await.ok(200);
        two.go("make-current").await.ok(200);
        assert_eq!(
            (&one.read().await["is_current"], &two.read().await["is_current"]),
            (&json!(false), &json!(true))
        );
    });
}

#[test]
fn fifty_choices_of_the_current_contest_leave_one() {
    TestApp::run(async |app| {
        let contests = [app.play(0).await, app.play(0).await, app.play(0).await];
        contests[2].go("make-current").await.ok(200);
        let replies = fifty(async |n| patiently(|| contests[n % 2].go("make-current")).await).await;
        assert_eq!(tally(&replies), ["50 × 200"]);
        assert_eq!(app.number("SELECT count(*) FROM contest WHERE is_current").await, 1);
    });
}

#[test]
fn only_staff_moves_contests() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let moves = ["publish", "pause", "resume", "freeze", "end", "thaw", "finalize", "archive", "cancel"];
        for step in moves.into_iter().chain(["make-current"]) {
            team.client.poke(&contest.path(step)).await.refused(403, "not-allowed");
            app.anyone().poke(&contest.path(step)).await.refused(401, "not-authenticated");
        }
        app.anyone().post("contests", json!({"name": "Mine"})).await.refused(401, "not-authenticated");
        app.anyone()
            .with("authorization", "Basic YTpi")
            .get("contests")
            .await
            .refused(401, "not-authenticated");
        assert_eq!(contest.read().await["state"], "running");
    });
}

#[test]
fn a_name_is_never_blank() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        let game = format!("games/{}", contest.game(true).await);
        for (path, pointer) in [(&format!("contests/{}", contest.id), "name"), (&game, "title")] {
            for blank in ["", "   "] {
                let refused = app.admin().patch_if(path, 1, json!({pointer: blank})).await;
                let refused = refused.refused(422, "invalid");
                assert_eq!(refused["errors"][0]["pointer"], format!("/{pointer}"), "{blank:?}");
            }
            app.admin().patch_if(path, 1, json!({pointer: "Not blank"})).await.ok(200);
        }
    });
}
