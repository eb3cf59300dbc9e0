//! The monitor: what staff sees of a contest right now, and which team needs somebody.

use serde_json::{Value, json};

use crate::support::{Client, Contest, Instance, Redis, Socket, Team, TestApp, choice, until};

async fn monitor(client: &Client, contest: &Contest) -> Value {
    client.get(&contest.path("monitor")).await.ok(200)
}

/// A device of a team, and its welcome.
async fn connect(team: &Team, contest: &Contest, instance: &Instance) -> Socket {
    Socket::hello(&instance.socket_url(), &contest.id, json!({"auth": team.token})).await
}

/// Waits until the lights are these: green, amber, red.
async fn lights(client: &Client, contest: &Contest, wanted: [i64; 3]) -> Value {
    until(&format!("the lights are {wanted:?}"), async || {
        let told = monitor(client, contest).await;
        let found = ["green", "amber", "red"].map(|light| told["lights"][light].as_i64().unwrap());
        (found == wanted).then_some(told)
    })
    .await
}

/// As if it had all happened so many minutes earlier.
async fn earlier(app: &TestApp, minutes: u32) {
    app.execute(&format!(
        "UPDATE contest SET starts_at = starts_at - interval '{minutes} min';
         UPDATE team SET created_at = created_at - interval '{minutes} min'"
    ))
    .await;
}

#[test]
fn staff_sees_which_team_needs_somebody() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[choice("q0"), choice("q1")]).await;
        contest.go("publish").await.ok(200);
        let [red, blue, gone, out] = [
            contest.team("Red").await,
            contest.team("Blue").await,
            contest.team("Gone").await,
            contest.team("Out").await,
        ];
        contest
            .admin
            .post(&out.path(&format!("teams/{}/disqualify", out.id)), json!({"reason": "x"}))
            .await
            .ok(200);
        let admin = app.admin();
        let _red = connect(&red, &contest, app.first()).await;
        let blues = connect(&blue, &contest, app.first()).await;
        let told = lights(&admin, &contest, [2, 0, 1]).await;
        assert_eq!(told["lights"]["out"], 1);
        assert_eq!(told["teams"][0]["team"], "Gone", "before the start: who is not there");
        contest.start().await;
        lights(&admin, &contest, [2, 1, 0]).await;
        earlier(app, 6).await;
        let told = lights(&admin, &contest, [0, 2, 1]).await;
        let named: Vec<_> = told["teams"].as_array().unwrap().iter().map(|team| &team["team"]).collect();
        assert_eq!(named[0], "Gone", "the worst first");
        let held = red.claim(contest.question("q0")).await;
        lights(&admin, &contest, [1, 1, 1]).await;
        drop(blues);
        let told = lights(&admin, &contest, [1, 0, 2]).await;
        assert!(told["teams"].as_array().unwrap().iter().all(|team| team["connected"] == false));
        red.answer(&held, "A").await.ok(200);
        let held = gone.claim(contest.question("q1")).await;
        gone.answer(&held, "B").await.ok(200);
        let told = lights(&admin, &contest, [1, 1, 1]).await;
        assert!(told["teams"][1]["last_act_at"].is_string() && told["teams"][0]["last_act_at"].is_null());
    });
}

#[test]
fn a_team_that_looks_at_what_it_drew_long_ago_is_not_quiet() {
    TestApp::run(async |app| {
        let settings = json!({"max_open_assignments": 2, "hold_ms": 3_600_000});
        let contest = app.contest(settings, &[choice("q0"), choice("q1")]).await;
        let (red, admin) = (contest.team("Red").await, app.admin());
        let first = red.take(json!({"reveal": false})).await.ok(201);
        red.take(json!({"reveal": false})).await.ok(201);
        earlier(app, 6).await;
        app.execute("UPDATE assignment SET assigned_at = assigned_at - interval '6 min'").await;
        lights(&admin, &contest, [0, 0, 1]).await;
        let reveal = red.path(&format!("assignments/{}/reveal", first["id"].as_str().unwrap()));
        red.client.poke(&reveal).await.ok(200);
        lights(&admin, &contest, [0, 1, 0]).await;
    });
}

#[test]
fn staff_sees_how_much_is_left_and_how_fast_it_goes() {
    TestApp::run(async |app| {
        let mut mystery = choice("m0");
        mystery["pool"] = json!("mystery");
        let mut other = choice("q2");
        other["category"] = json!("Music");
        let contest = app.contest(json!({}), &[choice("q0"), choice("q1"), other, mystery]).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        for (team, question, answer) in [(&red, "q0", "A"), (&blue, "q1", "B")] {
            let held = team.claim(contest.question(question)).await;
            team.answer(&held, answer).await.ok(200);
        }
        red.ask("May we?").await.ok(201);
        let _watcher = connect(&red, &contest, app.first()).await;
        app.settle().await;
        let told = monitor(&app.admin(), &contest).await;
        let pools = json!([{"pool": "mystery", "difficulty": "EASY", "left": 1, "total": 1},
            {"pool": "regular", "difficulty": "EASY", "left": 1, "total": 3}]);
        let mut found = told["pools"].as_array().unwrap().clone();
        found.sort_by_key(|row| row["pool"].to_string());
        assert_eq!(json!(found), pools, "the categories added up");
        let minutes = told["answers"].as_array().unwrap();
        let sum = |name: &str| minutes.iter().map(|minute| minute[name].as_i64().unwrap()).sum::<i64>();
        assert_eq!((minutes.len(), sum("answers"), sum("correct")), (15, 2, 1));
        assert_eq!(told["clarifications"]["open"], 1);
        assert!(told["clarifications"]["oldest_at"].is_string());
        assert!(told["requests"]["p95_ms"].as_f64().unwrap() >= told["requests"]["p50_ms"].as_f64().unwrap());
        assert!(told["requests"]["per_second"].as_f64().unwrap() > 0.0);
        assert_eq!((&told["outbox"], &told["state"]), (&json!(0), &json!("running")));
        assert!(told["sockets"].as_i64().unwrap() >= 1);
    });
}

#[test]
fn a_team_that_is_connected_elsewhere_is_connected() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let (one, two) = (app.instance_with(&redis.url).await, app.instance_with(&redis.url).await);
        let contest = app.play(1).await;
        let red = contest.team("Red").await;
        let here = app.admin().at(&one);
        lights(&here, &contest, [0, 1, 0]).await;
        let there = connect(&red, &contest, &two).await;
        lights(&here, &contest, [1, 0, 0]).await;
        drop(there);
        lights(&here, &contest, [0, 1, 0]).await;
    });
}
