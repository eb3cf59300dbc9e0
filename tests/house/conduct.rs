//! What staff does with teams: hides them, disqualifies them, gives them time; and who hears of it.

use serde_json::{Value, json};

use crate::support::{Client, Contest, Socket, Team, TestApp, asked, choice};

async fn played(app: &TestApp) -> (Contest, Team, Team) {
    let questions = [choice("q0"), choice("q1"), asked("shared", json!({"exclusive": false}))];
    let contest = app.contest(json!({"max_open_assignments": 5}), &questions).await;
    let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
    let held = red.claim(contest.question("q0")).await;
    red.answer(&held, "A").await.ok(200);
    (contest, red, blue)
}

impl Contest {
    fn team_path(&self, team: &Team) -> String {
        self.path(&format!("teams/{}", team.id))
    }

    async fn edit(&self, team: &Team, change: Value) -> Value {
        self.admin.patch(&self.team_path(team), change).await.ok(200)
    }

    async fn judge(&self, team: &Team, verdict: &str) -> Value {
        let path = format!("{}/{verdict}", self.team_path(team));
        self.admin.post(&path, json!({"reason": "Answers were passed on"})).await.ok(200)
    }

    async fn names(&self, client: &Client, list: &str) -> Vec<String> {
        let rows = client.all(&self.path(list), 200).await;
        let name = |row: &Value| row["team"].as_str().or(row["name"].as_str()).unwrap().to_owned();
        rows.iter().map(name).collect()
    }
}

/// The kinds of the events about a team that a reader sees, in order.
async fn told_of(client: &Client, contest: &Contest, team: &Team) -> Vec<String> {
    let told = client.log(&contest.id).await;
    let about = told.iter().filter(|event| event["team_id"] == team.id);
    about.map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

/// What staff did, who it was and why, the newest first.
async fn acted(app: &TestApp, contest: &Contest) -> Vec<Value> {
    app.settle().await;
    let told = app.admin().log(&contest.id).await;
    let mut acted: Vec<_> = told.into_iter().filter(|event| event["kind"] == "staff_acted").collect();
    acted.reverse();
    acted.into_iter().map(|event| event["payload"].clone()).collect()
}

#[test]
fn a_hidden_team_is_on_no_public_surface_and_sees_itself() {
    TestApp::run(async |app| {
        let (contest, red, blue) = played(app).await;
        app.settle().await;
        let mut socket = Socket::hello(&app.first().socket_url(), &contest.id, json!({})).await;
        socket.next_of("leaderboard_snapshot").await;
        let hidden =
            contest.edit(&red, json!({"hidden": true, "reason": "Plays outside of the contest"})).await;
        assert_eq!((&hidden["hidden"], &hidden["state"]), (&json!(true), &json!("active")));
        assert_eq!(socket.next_of("team_left").await["reason"], "hidden");
        assert_eq!(socket.next_of("leaderboard_update").await["removed"], json!([red.id]));
        for list in ["leaderboard", "teams"] {
            assert_eq!(contest.names(&app.anyone(), list).await, ["Blue"], "{list}");
            assert_eq!(contest.names(&blue.client, list).await, ["Blue"], "{list}");
        }
        assert_eq!(contest.names(&app.admin(), "teams").await, ["Red", "Blue"]);
        let standing = contest.path(&format!("teams/{}/standing", red.id));
        app.anyone().get(&standing).await.refused(401, "not-authenticated");
        blue.client.get(&standing).await.refused(404, "not-found");
        let own = red.client.get(&standing).await.ok(200);
        assert_eq!(
            (&own["rank"], &own["points"], &own["below"][0]["team"]),
            (&json!(1), &json!(1100), &json!("Blue"))
        );

        // It plays on, and nobody hears of it but itself and staff.
        let mut own = Socket::hello(&app.first().socket_url(), &contest.id, json!({"auth": red.token})).await;
        own.next_of("leaderboard_snapshot").await;
        let held = red.claim(contest.question("shared")).await;
        assert_eq!(red.answer(&held, "A").await.ok(200)["rank"], 1);
        contest.edit(&red, json!({"name": "Crimson"})).await;
        app.settle().await;
        let public = told_of(&app.anyone(), &contest, &red).await;
        assert_eq!(public, ["team_registered", "score_changed", "team_left"]);
        let heard = told_of(&red.client, &contest, &red).await;
        for kind in ["score_changed", "first_correct", "team_renamed"] {
            assert!(heard.iter().skip(5).any(|told| told == kind), "{kind}: {heard:?}");
        }
        while own.next_of("team_event").await["event"] != "team_renamed" {}
        app.anyone().post(&contest.path("teams"), json!({"name": "Green"})).await.ok(201);
        assert_eq!(socket.next().await.unwrap()["type"], "team_joined");

        contest.edit(&red, json!({"hidden": false})).await;
        // The newcomers may come with it, or in a frame of their own.
        let back = loop {
            let update = socket.next_of("leaderboard_update").await;
            if let Some(row) = update["rows"].as_array().unwrap().iter().find(|row| row["team_id"] == red.id)
            {
                break row.clone();
            }
        };
        assert_eq!((&back["team"], &back["points"]), (&json!("Crimson"), &json!(1210)));
        assert_eq!(contest.names(&app.anyone(), "leaderboard").await[0], "Crimson");
    });
}

#[test]
fn nobody_hears_that_a_team_left_who_was_never_told_of_it() {
    TestApp::run(async |app| {
        let (contest, red, _) = played(app).await;
        contest.edit(&red, json!({"hidden": true})).await;
        app.settle().await;
        let before = told_of(&app.anyone(), &contest, &red).await;
        contest.judge(&red, "disqualify").await;
        contest.judge(&red, "reinstate").await;
        contest.edit(&red, json!({"hidden": true, "name": "Crimson"})).await;
        red.client.poke(&format!("{}/withdraw", contest.team_path(&red))).await.ok(200);
        contest.edit(&red, json!({"hidden": false})).await;
        app.settle().await;
        assert_eq!(told_of(&app.anyone(), &contest, &red).await, before);
        let own = told_of(&red.client, &contest, &red).await;
        assert_eq!(own.iter().filter(|kind| *kind == "team_left").count(), 3);
        assert!(own.contains(&"team_returned".to_owned()));
    });
}

#[test]
fn a_disqualified_team_leaves_the_board_keeps_its_book_and_may_come_back() {
    TestApp::run(async |app| {
        let (contest, red, blue) = played(app).await;
        let held = red.claim(contest.question("q1")).await;
        app.settle().await;
        let mut socket = Socket::hello(&app.first().socket_url(), &contest.id, json!({})).await;
        socket.next_of("leaderboard_snapshot").await;
        let out = contest.judge(&red, "disqualify").await;
        assert_eq!(
            (&out["state"], &out["disqualified_for"], &out["points"]),
            (&json!("disqualified"), &json!("Answers were passed on"), &json!(1100))
        );
        assert_eq!(socket.next_of("team_left").await["reason"], "disqualified");
        assert_eq!(socket.next_of("leaderboard_update").await["removed"], json!([red.id]));
        assert_eq!(contest.names(&app.anyone(), "leaderboard").await, ["Blue"]);
        red.answer(&held, "A").await.refused(409, "team-disqualified");
        red.take(json!({})).await.refused(409, "team-disqualified");
        let join = json!({"join_code": red.join_code, "name": "Eve"});
        app.anyone().post(&contest.path("teams/join"), join).await.refused(409, "team-disqualified");
        assert_eq!(red.ledger().await.len(), 2);
        assert_eq!(red.read().await["disqualified_for"], "Answers were passed on");
        for wrong in [&red, &blue] {
            let to = if wrong.id == red.id { "disqualify" } else { "reinstate" };
            let path = format!("{}/{to}", contest.team_path(wrong));
            let problem =
                app.admin().post(&path, json!({"reason": "x"})).await.refused(409, "illegal-transition");
            assert!(problem["allowed"].is_array());
        }
        app.admin()
            .post(&format!("{}/disqualify", contest.team_path(&blue)), json!({"reason": ""}))
            .await
            .refused(422, "invalid");

        let back = contest.judge(&red, "reinstate").await;
        assert_eq!((&back["state"], &back["disqualified_for"]), (&json!("active"), &Value::Null));
        assert_eq!(socket.next_of("team_joined").await["points"], 1100);
        assert_eq!(socket.next_of("leaderboard_update").await["rows"][0]["points"], 1100);
        assert_eq!(red.answer(&held, "A").await.ok(200)["total_points"], 1200);
        assert_eq!(contest.names(&app.anyone(), "leaderboard").await, ["Red", "Blue"]);
    });
}

#[test]
fn extra_time_is_given_by_staff_and_the_end_waits_for_it() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({"duration_ms": 3_600_000}), &[choice("a"), choice("b")]).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let path = contest.team_path(&blue);
        blue.client.patch(&path, json!({"extra_time_ms": 1})).await.refused(403, "not-allowed");
        let given = contest.edit(&blue, json!({"extra_time_ms": 600_000, "reason": "A broken screen"})).await;
        assert_eq!(given["extra_time_ms"], 600_000);
        app.admin().patch(&path, json!({"extra_time_ms": 5})).await.refused(409, "contest-started");
        app.execute("UPDATE contest SET starts_at = now() - interval '65 min'").await;
        red.take(json!({})).await.refused(409, "contest-ended");
        let held = blue.draw().await["id"].as_str().unwrap().to_owned();
        blue.answer(&held, "A").await.ok(200);
        assert_eq!(contest.read().await["state"], "running");
        contest.go("end").await.ok(200);
        app.admin().patch(&path, json!({"extra_time_ms": 900_000})).await.refused(409, "contest-ended");
        let acted = acted(app, &contest).await;
        let time = acted.iter().find(|action| action["extra_time_ms"] == 600_000).unwrap();
        assert_eq!((&time["reason"], &time["team"]), (&json!("A broken screen"), &json!("Blue")));
    });
}

#[test]
fn whatever_staff_does_is_told_to_staff_with_who_and_why() {
    TestApp::run(async |app| {
        let (contest, red, blue) = played(app).await;
        contest.judge(&red, "disqualify").await;
        contest.judge(&red, "reinstate").await;
        contest.edit(&blue, json!({"hidden": true, "reason": "Guests"})).await;
        contest.go("freeze").await.ok(200);
        contest.go("end").await.ok(200);
        contest.go("thaw").await.ok(200);
        contest.go("finalize").await.ok(200);
        contest.admin.post(&contest.path("reopen"), json!({"reason": "An appeal"})).await.ok(200);
        let fix = json!({"team_id": red.id, "amount": 5, "reason": "Upheld"});
        contest.admin.post(&contest.path("adjustments"), fix).await.ok(201);
        let acted = acted(app, &contest).await;
        let told: Vec<_> = acted
            .iter()
            .map(|action| (action["action"].as_str().unwrap(), action["reason"].as_str()))
            .collect();
        let expected = [
            ("create_adjustment", Some("Upheld")),
            ("reopen_contest", Some("An appeal")),
            ("finalize_contest", None),
            ("thaw_board", None),
            ("end_contest", None),
            ("freeze_board", None),
            ("edit_team", Some("Guests")),
            ("reinstate_team", Some("Answers were passed on")),
            ("disqualify_team", Some("Answers were passed on")),
        ];
        assert_eq!(told[..expected.len()], expected);
        assert!(acted.iter().all(|action| action["by"] == "test"));
        for client in [&app.anyone(), &red.client] {
            let kinds = client.log(&contest.id).await;
            assert!(kinds.iter().all(|event| event["kind"] != "staff_acted"));
        }
    });
}

#[test]
fn only_staff_judges_teams() {
    TestApp::run(async |app| {
        let (contest, red, blue) = played(app).await;
        for verdict in ["disqualify", "reinstate"] {
            let path = format!("{}/{verdict}", contest.team_path(&blue));
            red.client.post(&path, json!({"reason": "x"})).await.refused(403, "not-allowed");
            app.anyone().post(&path, json!({"reason": "x"})).await.refused(401, "not-authenticated");
        }
        for change in [json!({"hidden": true}), json!({"division": null}), json!({"reason": "x"})] {
            blue.client.patch(&contest.team_path(&blue), change).await.refused(403, "not-allowed");
        }
    });
}
