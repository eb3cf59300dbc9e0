//! Divisions: brackets of a contest, each with a board of its own.

use serde_json::{Value, json};

use crate::support::{Contest, Socket, Team, TestApp};

/// Two juniors, a senior, and a team without a division.
async fn bracketed(app: &TestApp) -> (Contest, Vec<Team>) {
    let contest = app.contest(json!({"divisions": ["Juniors", " Seniors "]}), &[]).await;
    let mut teams = Vec::new();
    for (name, division, amount) in [
        ("Ants", Some("Juniors"), 10),
        ("Bees", Some("Seniors"), 30),
        ("Cats", Some("Juniors"), 20),
        ("Dogs", None, 40),
    ] {
        let input = json!({"name": name, "division": division});
        let team = Team::of(&contest, &app.anyone().post(&contest.path("teams"), input).await.ok(201));
        let fix = json!({"team_id": team.id, "amount": amount, "reason": "A test"});
        contest.admin.post(&contest.path("adjustments"), fix).await.ok(201);
        teams.push(team);
    }
    (contest, teams)
}

fn places(rows: &[Value]) -> Vec<(i64, &str)> {
    rows.iter().map(|row| (row["rank"].as_i64().unwrap(), row["team"].as_str().unwrap())).collect()
}

#[test]
fn each_division_has_a_board_with_ranks_of_its_own() {
    TestApp::run(async |app| {
        let (contest, teams) = bracketed(app).await;
        let of = async |query: &str| app.anyone().all(&contest.path(&format!("leaderboard{query}")), 1).await;
        assert_eq!(places(&of("").await), [(1, "Dogs"), (2, "Bees"), (3, "Cats"), (4, "Ants")]);
        assert_eq!(places(&of("?division=Juniors").await), [(1, "Cats"), (2, "Ants")]);
        assert_eq!(places(&of("?division=Seniors").await), [(1, "Bees")]);
        let rows = of("").await;
        assert_eq!((rows[0].get("division"), &rows[1]["division"]), (None, &json!("Seniors")));
        let listed = app.anyone().all(&contest.path("teams"), 10).await;
        assert_eq!((&listed[0]["division"], &listed[3]["division"]), (&json!("Juniors"), &Value::Null));
        assert_eq!(teams[1].read().await["division"], "Seniors");
        app.anyone().get(&contest.path("leaderboard?division=Elders")).await.refused(422, "invalid");
    });
}

#[test]
fn the_board_of_a_division_freezes_with_the_board() {
    TestApp::run(async |app| {
        let (contest, teams) = bracketed(app).await;
        contest.go("freeze").await.ok(200);
        let fix = json!({"team_id": teams[0].id, "amount": 100, "reason": "A test"});
        contest.admin.post(&contest.path("adjustments"), fix).await.ok(201);
        let path = contest.path("leaderboard?division=Juniors");
        assert_eq!(places(&app.anyone().all(&path, 10).await), [(1, "Cats"), (2, "Ants")]);
        assert_eq!(places(&app.admin().all(&path, 10).await), [(1, "Ants"), (2, "Cats")]);
    });
}

#[test]
fn staff_moves_a_team_and_every_board_is_told() {
    TestApp::run(async |app| {
        let (contest, teams) = bracketed(app).await;
        app.settle().await;
        let mut socket = Socket::hello(&app.first().socket_url(), &contest.id, json!({})).await;
        let snapshot = socket.next_of("leaderboard_snapshot").await;
        assert_eq!(snapshot["rows"][1]["division"], "Seniors");
        let path = contest.path(&format!("teams/{}", teams[3].id));
        teams[3].client.patch(&path, json!({"division": "Juniors"})).await.refused(403, "not-allowed");
        let moved = app.admin().patch(&path, json!({"division": "Juniors"})).await.ok(200);
        assert_eq!(moved["division"], "Juniors");
        assert_eq!(socket.next_of("team_moved").await["division"], "Juniors");
        let update = socket.next_of("leaderboard_update").await;
        assert_eq!(
            (&update["rows"][0]["team"], &update["rows"][0]["division"]),
            (&json!("Dogs"), &json!("Juniors"))
        );
        let juniors = app.anyone().all(&contest.path("leaderboard?division=Juniors"), 10).await;
        assert_eq!(places(&juniors), [(1, "Dogs"), (2, "Cats"), (3, "Ants")]);
        app.admin().patch(&path, json!({"division": null})).await.ok(200);
        assert_eq!(app.anyone().all(&contest.path("leaderboard?division=Juniors"), 10).await.len(), 2);
        let problem = app.admin().patch(&path, json!({"division": "Elders"})).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/division");
    });
}

#[test]
fn a_contest_lists_its_divisions_in_order() {
    TestApp::run(async |app| {
        let (contest, _) = bracketed(app).await;
        let (path, read) = (format!("contests/{}", contest.id), contest.read().await);
        assert_eq!(read["divisions"], json!(["Juniors", "Seniors"]));
        let version = read["version"].as_i64().unwrap();
        let edited = app
            .admin()
            .patch_if(&path, version, json!({"divisions": ["Elders", "Seniors", "Juniors"]}))
            .await;
        assert_eq!(edited.ok(200)["divisions"], json!(["Elders", "Seniors", "Juniors"]));
        let listed = app.anyone().all("contests", 10).await;
        assert_eq!(listed[0]["divisions"], json!(["Elders", "Seniors", "Juniors"]));
        // A division without a team may go; what is left out stays.
        let edited =
            app.admin().patch_if(&path, version + 1, json!({"divisions": ["Juniors", "Seniors"]})).await;
        edited.ok(200);
        let edited = app.admin().patch_if(&path, version + 2, json!({"description": "x"})).await.ok(200);
        assert_eq!(edited["divisions"], json!(["Juniors", "Seniors"]));
        for (wrong, pointer) in [
            (json!(["Juniors", "juniors"]), "/divisions/1"),
            (json!([" "]), "/divisions/0"),
            (json!(vec!["x"; 51]), "/divisions"),
        ] {
            let problem = app.admin().post("contests", json!({"name": "Q", "divisions": wrong})).await;
            assert_eq!(problem.refused(422, "invalid")["errors"][0]["pointer"], pointer);
        }
        let input = json!({"name": "Late", "division": "Elders"});
        let problem = app.anyone().post(&contest.path("teams"), input).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/division");
    });
}
