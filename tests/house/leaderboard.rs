//! The leaderboard: one order, shared ranks, pages, neighbours, tags.

use serde_json::{Value, json};

use crate::support::{Contest, Team, TestApp, asked, until};

/// Six teams; what they have decides their places.
async fn ranked(app: &TestApp) -> (Contest, Vec<Team>) {
    let contest = app.contest(json!({}), &[asked("q", json!({"exclusive": false, "points": 0}))]).await;
    let mut teams = Vec::new();
    for (name, amount) in
        [("Foxtrot", -100), ("Echo", 50), ("Delta", 0), ("Bravo", 100), ("Alpha", 100), ("Charlie", 100)]
    {
        let team = contest.team(name).await;
        if amount != 0 {
            let fix = json!({"team_id": team.id, "amount": amount, "reason": "A test"});
            contest.admin.post(&contest.path("adjustments"), fix).await.ok(201);
        }
        teams.push(team);
    }
    (contest, teams)
}

fn places(rows: &[Value]) -> Vec<(i64, &str)> {
    rows.iter().map(|row| (row["rank"].as_i64().unwrap(), row["team"].as_str().unwrap())).collect()
}

#[test]
fn equal_teams_share_a_rank_and_are_shown_by_name() {
    TestApp::run(async |app| {
        let (contest, _) = ranked(app).await;
        let expected =
            [(1, "Alpha"), (1, "Bravo"), (1, "Charlie"), (4, "Echo"), (5, "Delta"), (6, "Foxtrot")];
        for limit in [1, 2, 200] {
            let rows = app.anyone().all(&contest.path("leaderboard"), limit).await;
            assert_eq!(places(&rows), expected, "in pages of {limit}");
        }
    });
}

#[test]
fn the_earlier_gain_leads_and_then_fewer_wrong_answers() {
    TestApp::run(async |app| {
        let settings = json!({"first_correct_bonus": 0});
        let shared = json!({"exclusive": false, "max_attempts": 5});
        let contest = app.contest(settings, &[asked("q", shared.clone()), asked("r", shared)]).await;
        let (late, early) = (contest.team("A late one").await, contest.team("B early").await);
        let (wrong, never) = (contest.team("C wrong").await, contest.team("D never").await);
        for team in [&early, &late] {
            let held = team.claim(contest.question("q")).await;
            assert_eq!(team.answer(&held, "A").await.ok(200)["correct"], true);
            // Contest time is counted in milliseconds.
            let then = contest.read().await["contest_time_ms"].as_i64();
            until("a millisecond has passed", async || {
                (contest.read().await["contest_time_ms"].as_i64() > then).then_some(())
            })
            .await;
        }
        let held = wrong.claim(contest.question("q")).await;
        wrong.answer(&held, "B").await.ok(200);
        let rows = contest.board().await;
        assert_eq!(places(&rows), [(1, "B early"), (2, "A late one"), (3, "D never"), (4, "C wrong")]);
        assert!(rows[0]["last_gain_ms"].as_i64() < rows[1]["last_gain_ms"].as_i64());
        drop(never);
    });
}

#[test]
fn what_earns_no_points_moves_no_gain() {
    TestApp::run(async |app| {
        let (contest, teams) = ranked(app).await;
        let held = teams[0].claim(contest.question("q")).await;
        // Worth nothing, and yet the first: the bonus is what it earns.
        let verdict = teams[0].answer(&held, "A").await.ok(200);
        assert_eq!((&verdict["points_earned"], &verdict["rank"]), (&json!(10), &json!(6)));
        let held = teams[1].claim(contest.question("q")).await;
        teams[1].answer(&held, "A").await.ok(200);
        let rows = contest.board().await;
        let echo = rows.iter().find(|row| row["team"] == "Echo").unwrap();
        assert_eq!(echo["last_gain_ms"], Value::Null);
    });
}

#[test]
fn a_team_sees_its_rank_between_its_neighbours() {
    TestApp::run(async |app| {
        let (contest, teams) = ranked(app).await;
        let standing =
            |team: &Team, around: u8| contest.path(&format!("teams/{}/standing?around={around}", team.id));
        let read = app.anyone().get(&standing(&teams[1], 1)).await.ok(200);
        assert_eq!(
            (&read["rank"], &read["team"], &read["points"]),
            (&json!(4), &json!("Echo"), &json!(1050))
        );
        assert_eq!(places(read["above"].as_array().unwrap()), [(1, "Charlie")]);
        assert_eq!(places(read["below"].as_array().unwrap()), [(5, "Delta")]);
        let last = app.anyone().get(&standing(&teams[0], 9)).await.ok(200);
        assert_eq!(last["above"].as_array().unwrap().len(), 5);
        assert_eq!(last["below"], json!([]));
        let nobody = contest.path("teams/0195f1c2-a7e3-7d0b-8c11-2f6a9b3c4d5e/standing");
        app.admin().get(&nobody).await.refused(404, "not-found");
    });
}

#[test]
fn the_rank_of_a_verdict_is_the_rank_on_the_board() {
    TestApp::run(async |app| {
        let (contest, teams) = ranked(app).await;
        for team in &teams {
            let held = team.claim(contest.question("q")).await;
            let verdict = team.answer(&held, "B").await.ok(200);
            let row = app.anyone().get(&contest.path(&format!("teams/{}/standing", team.id))).await.ok(200);
            assert_eq!((&verdict["rank"], &verdict["total_points"]), (&row["rank"], &row["points"]));
        }
    });
}

#[test]
fn a_board_that_did_not_change_is_not_sent_again() {
    TestApp::run(async |app| {
        let (contest, teams) = ranked(app).await;
        let path = contest.path("leaderboard");
        let first = app.anyone().get(&path).await;
        let tag = first.header("etag").expect("a tag").to_owned();
        let again = app.anyone().with("if-none-match", &tag).get(&path).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""));
        assert_eq!(again.header("etag"), Some(tag.as_str()));
        let fix = json!({"team_id": teams[0].id, "amount": 1, "reason": "A test"});
        contest.admin.post(&contest.path("adjustments"), fix).await.ok(201);
        let changed = app.anyone().with("if-none-match", &tag).get(&path).await;
        changed.ok(200);
        assert_ne!(changed.header("etag"), Some(tag.as_str()));
        app.anyone().get(&format!("{path}?cursor=nonsense")).await.refused(422, "invalid");
    });
}

#[test]
fn a_team_that_is_hidden_is_seen_by_itself_and_by_staff() {
    TestApp::run(async |app| {
        let (contest, teams) = ranked(app).await;
        let hide = format!("UPDATE team SET hidden = true, standing_no = 1 WHERE id = '{}'", teams[2].id);
        app.execute(&hide).await;
        assert_eq!(contest.board().await.len(), 5);
        let path = contest.path(&format!("teams/{}/standing", teams[2].id));
        assert_eq!(teams[2].client.get(&path).await.ok(200)["rank"], 5);
        assert_eq!(app.admin().get(&path).await.ok(200)["rank"], 5);
        teams[1].client.get(&path).await.refused(404, "not-found");
        app.execute("UPDATE team SET hidden = false").await;
    });
}
