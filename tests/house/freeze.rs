//! The freeze: by hand and by the clock, what stands still and what goes on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Client, Contest, Socket, Team, TestApp, choice, fifty, tally, until};

/// Three teams; Red holds two questions, of which it has answered one.
async fn halfway(app: &TestApp) -> (Contest, Team, Team) {
    let questions: Vec<_> = (0..6).map(|n| choice(&format!("q{n}"))).collect();
    let contest = app.contest(json!({"max_open_assignments": 10}), &questions).await;
    let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
    contest.team("Green").await;
    let held = red.claim(contest.question("q0")).await;
    red.answer(&held, "A").await.ok(200);
    (contest, red, blue)
}

async fn solve(contest: &Contest, team: &Team, question: &str) -> Value {
    let held = team.claim(contest.question(question)).await;
    team.answer(&held, "A").await.ok(200)
}

async fn board(client: &Client, contest: &Contest) -> Vec<(String, i64)> {
    let rows = client.all(&contest.path("leaderboard"), 200).await;
    rows.iter()
        .map(|row| (row["team"].as_str().unwrap().to_owned(), row["points"].as_i64().unwrap()))
        .collect()
}

fn points(of: &[(&str, i64)]) -> Vec<(String, i64)> {
    of.iter().map(|(team, points)| ((*team).to_owned(), *points)).collect()
}

#[test]
fn the_public_board_stands_still_and_everybody_else_goes_on() {
    TestApp::run(async |app| {
        let (contest, red, blue) = halfway(app).await;
        let frozen = contest.go("freeze").await.ok(200);
        assert_eq!((&frozen["board"], &frozen["state"]), (&json!("frozen"), &json!("running")));
        let verdict = solve(&contest, &blue, "q1").await;
        assert_eq!((&verdict["total_points"], &verdict["rank"]), (&json!(1100), &json!(2)));
        let verdict = solve(&contest, &blue, "q2").await;
        assert_eq!((&verdict["total_points"], &verdict["rank"]), (&json!(1200), &json!(2)), "not the first");
        let then = points(&[("Red", 1100), ("Blue", 1000), ("Green", 1000)]);
        for client in [&app.anyone(), &red.client, &blue.client] {
            assert_eq!(board(client, &contest).await, then);
        }
        let now = points(&[("Blue", 1200), ("Red", 1100), ("Green", 1000)]);
        assert_eq!(board(&app.admin(), &contest).await, now);
        // Its own results a team sees, though not what they would make of its rank.
        assert_eq!((blue.points().await, blue.ledger().await.len()), (1200, 3));
        let standing = contest.path(&format!("teams/{}/standing", blue.id));
        let own = blue.client.get(&standing).await.ok(200);
        assert_eq!((&own["rank"], &own["points"]), (&json!(2), &json!(1200)));
        assert_eq!(own["above"][0]["team"], "Red");
        let public = app.anyone().get(&standing).await.ok(200);
        assert_eq!((&public["rank"], &public["points"]), (&json!(2), &json!(1000)));
        assert_eq!(app.admin().get(&standing).await.ok(200)["rank"], 1);

        contest.go("end").await.ok(200);
        assert_eq!(board(&app.anyone(), &contest).await, then);
        let thawed = contest.go("thaw").await.ok(200);
        assert_eq!(thawed["board"], "thawed");
        assert_eq!(board(&app.anyone(), &contest).await, now);
        assert_eq!(blue.client.get(&standing).await.ok(200)["rank"], 1);
    });
}

#[test]
fn a_board_freezes_while_it_is_played_and_thaws_after_the_end_and_each_once() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        let refused = async |step: &str, from: &str, allowed: Value| {
            let problem = contest.go(step).await.refused(409, "illegal-transition");
            assert_eq!(
                (&problem["from"], &problem["allowed"]),
                (&json!(from), &allowed),
                "{step}: {problem}"
            );
        };
        refused("freeze", "live", json!([])).await;
        contest.go("publish").await.ok(200);
        refused("freeze", "live", json!([])).await;
        contest.start().await;
        refused("thaw", "live", json!(["frozen"])).await;
        contest.go("pause").await.ok(200);
        contest.go("freeze").await.ok(200);
        refused("freeze", "frozen", json!([])).await;
        refused("thaw", "frozen", json!([])).await;
        contest.go("end").await.ok(200);
        refused("freeze", "frozen", json!(["thawed"])).await;
        let thawed = contest.go("thaw").await.ok(200);
        assert!(thawed["frozen_at"].as_str() < thawed["thawed_at"].as_str());
        refused("freeze", "thawed", json!([])).await;
        refused("thaw", "thawed", json!([])).await;
        let live = app.play(0).await;
        live.go("end").await.ok(200);
        live.go("freeze").await.refused(409, "illegal-transition");
    });
}

#[test]
fn the_clock_freezes_the_board_and_pauses_move_the_freeze() {
    TestApp::run(async |app| {
        let settings = json!({"duration_ms": 3_600_000, "freeze_before_end_ms": 600_000});
        let contest = app.contest(settings, &[choice("q")]).await;
        let planned = contest.read().await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        assert_eq!(planned["board"], "live");
        assert!(planned["starts_at"].as_str() < planned["freezes_at"].as_str());
        assert!(planned["freezes_at"].as_str() < planned["ends_at"].as_str());
        contest.go("pause").await.ok(200);
        app.execute(
            "UPDATE contest SET paused_at = paused_at - interval '5 min', starts_at = starts_at - interval '5 min';
            UPDATE contest_pause SET started_at = started_at - interval '5 min'",
        )
        .await;
        let resumed = contest.go("resume").await.ok(200);
        assert!(text(&resumed["freezes_at"]) > text(&planned["freezes_at"]));
        // From here on nobody does anything but the clock.
        app.execute("UPDATE contest SET starts_at = now() - interval '55 min 1 s'").await;
        let frozen = until("the clock freezes the board", async || {
            Some(contest.read().await).filter(|contest| contest["board"] == "frozen")
        })
        .await;
        assert_eq!((&frozen["state"], &frozen["freezes_at"]), (&json!("running"), &Value::Null));
        let told = app.events(&contest.id).await;
        let acted = told.iter().find(|event| event["payload"]["action"] == "freeze_board").unwrap();
        assert_eq!(acted["payload"]["by"], "podium");
    });
}

#[test]
fn a_freeze_that_nobody_was_there_for_comes_before_the_end() {
    TestApp::run(async |app| {
        let settings = json!({"duration_ms": 3_600_000, "freeze_before_end_ms": 7_200_000});
        let contest = app.draft(settings, &[]).await;
        contest.go("publish").await.ok(200);
        let long_ago = json!({"at": "2100-01-01T00:00:00.000Z"});
        contest.admin.post(&contest.path("start"), long_ago).await.ok(200);
        app.execute("UPDATE contest SET starts_at = now() - interval '2 hours'").await;
        until("the clock ends the contest", async || {
            (contest.read().await["state"] == "ended").then_some(())
        })
        .await;
        assert_eq!(contest.read().await["board"], "frozen");
        let told = app.events(&contest.id).await;
        let place = |kind: &str| told.iter().rposition(|event| event["kind"] == kind).unwrap();
        assert!(place("board_frozen") < place("contest_changed"));
    });
}

/// The board as the events before a number tell it.
fn told_before(events: &[Value], pointer: i64) -> Vec<(String, i64)> {
    let mut newest: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for event in events.iter().filter(|event| event["seq"].as_i64() < Some(pointer)) {
        let payload = &event["payload"];
        let (Some(team), Some(number)) = (payload["team"].as_str(), payload["standing_no"].as_i64()) else {
            continue;
        };
        let told = (number, payload["points"].as_i64().unwrap());
        let known = newest.entry(team.to_owned()).or_insert(told);
        *known = told.max(*known);
    }
    let mut rows: Vec<_> = newest.into_iter().map(|(team, (_, points))| (team, points)).collect();
    rows.sort_by_key(|(team, _)| team.clone());
    rows
}

#[test]
fn a_freeze_among_fifty_answers_cuts_the_log_in_two() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let questions: Vec<_> = (0..50).map(|n| choice(&format!("q{n}"))).collect();
        let contest = app.contest(json!({}), &questions).await;
        let teams = contest.teams(50).await;
        let mut held = Vec::new();
        for team in &teams {
            held.push(team.draw().await["id"].as_str().unwrap().to_owned());
        }
        let path = contest.path("leaderboard?limit=200");
        let replies = fifty(async |n| {
            let at = if n.is_multiple_of(2) { app.first() } else { &other };
            if n == 25 {
                contest.admin.at(at).poke(&contest.path("freeze")).await.ok(200);
                // When the freeze has returned, nothing that came before it is still under way.
                return app.anyone().at(at).get(&path).await;
            }
            teams[n].at(at).answer(&held[n], "A").await
        })
        .await;
        assert_eq!(tally(&replies), ["50 × 200"]);
        app.settle().await;
        let events = app.admin().log(&contest.id).await;
        let pointer =
            events.iter().find(|event| event["kind"] == "board_frozen").unwrap()["seq"].as_i64().unwrap();
        let mut frozen = board(&app.anyone(), &contest).await;
        frozen.sort();
        assert_eq!(frozen, told_before(&events, pointer));
        assert_eq!(replies[25].json["data"], app.anyone().get(&path).await.ok(200)["data"]);
        let solved = board(&app.admin(), &contest).await.iter().filter(|(_, points)| *points == 1100).count();
        assert_eq!(solved, 49);
        // The checker proves the frozen standings by the ledger, and the marks of the events.
    });
}

#[test]
fn what_was_withheld_is_in_the_log_of_everybody_after_the_thaw() {
    TestApp::run(async |app| {
        let (contest, red, blue) = halfway(app).await;
        contest.go("freeze").await.ok(200);
        solve(&contest, &blue, "q1").await;
        contest.go("end").await.ok(200);
        app.settle().await;
        let scores = async |client: &Client| {
            let told = client.log(&contest.id).await;
            told.iter().filter(|event| event["kind"] == "score_changed").count()
        };
        assert_eq!((scores(&app.anyone()).await, scores(&red.client).await), (1, 1));
        assert_eq!((scores(&blue.client).await, scores(&app.admin()).await), (2, 2));
        contest.go("thaw").await.ok(200);
        app.settle().await;
        assert_eq!((scores(&app.anyone()).await, scores(&red.client).await), (2, 2));
        // The hashes go over the marks, and still hold.
        let page = app.anyone().get(&contest.path("events?limit=200")).await.ok(200);
        assert_eq!(page["next_since"], page["head"]);
    });
}

#[test]
fn names_and_membership_are_those_of_now_and_results_those_of_then() {
    TestApp::run(async |app| {
        let (contest, red, blue) = halfway(app).await;
        app.settle().await;
        let mut socket = Socket::hello(&app.first().socket_url(), &contest.id, json!({})).await;
        socket.next_of("leaderboard_snapshot").await;
        contest.go("freeze").await.ok(200);
        solve(&contest, &red, "q1").await;
        solve(&contest, &blue, "q2").await;
        let edit = async |team: &Team, change: Value| {
            let path = contest.path(&format!("teams/{}", team.id));
            app.admin().patch(&path, change).await.ok(200);
        };
        edit(&red, json!({"name": "Crimson"})).await;
        let update = socket.next_of("leaderboard_update").await;
        assert_eq!(
            (&update["rows"][0]["team"], &update["rows"][0]["points"]),
            (&json!("Crimson"), &json!(1100))
        );
        edit(&blue, json!({"hidden": true, "reason": "A test team"})).await;
        assert_eq!(socket.next_of("leaderboard_update").await["removed"], json!([blue.id]));
        assert_eq!(board(&app.anyone(), &contest).await, points(&[("Crimson", 1100), ("Green", 1000)]));
        edit(&blue, json!({"hidden": false})).await;
        let update = socket.next_of("leaderboard_update").await;
        assert_eq!(
            (&update["rows"][0]["team"], &update["rows"][0]["points"]),
            (&json!("Blue"), &json!(1000))
        );
        let late = contest.team("Late").await;
        let update = socket.next_of("leaderboard_update").await;
        assert_eq!((&update["rows"][0]["team"], &update["rows"][0]["rank"]), (&json!("Late"), &json!(2)));
        solve(&contest, &late, "q3").await;
        let then = points(&[("Crimson", 1100), ("Blue", 1000), ("Green", 1000), ("Late", 1000)]);
        assert_eq!(board(&app.anyone(), &contest).await, then);

        contest.go("end").await.ok(200);
        contest.go("thaw").await.ok(200);
        let snapshot = socket.next_of("leaderboard_snapshot").await;
        let shown: Vec<_> = snapshot["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["team"].as_str().unwrap().to_owned(), row["points"].as_i64().unwrap()))
            .collect();
        assert_eq!(shown, board(&app.anyone(), &contest).await);
        assert_eq!(shown[0], ("Crimson".to_owned(), 1200));
        assert_eq!(shown.last().unwrap(), &("Green".to_owned(), 1000));
    });
}

fn tells(update: &Value, team: &str, points: i64) -> bool {
    update["rows"].as_array().unwrap().iter().any(|row| row["team"] == team && row["points"] == points)
}

#[test]
fn staff_watches_on_and_a_team_hears_of_itself() {
    TestApp::run(async |app| {
        let (contest, red, blue) = halfway(app).await;
        app.settle().await;
        let url = app.first().socket_url();
        let mut staff = Socket::hello(&url, &contest.id, json!({"auth": app.staff_token()})).await;
        let mut own = Socket::hello(&url, &contest.id, json!({"auth": blue.token})).await;
        let last = staff.next_of("welcome").await["last"]["scores"].clone();
        own.next_of("leaderboard_snapshot").await;
        contest.go("freeze").await.ok(200);
        assert_eq!(own.next_of("contest_update").await["board"], "frozen");
        solve(&contest, &red, "q1").await;
        solve(&contest, &blue, "q2").await;
        // Scores and rows come side by side, and two changed rows may come in one frame.
        let (mut scores, mut moved) = (Vec::new(), false);
        while scores.len() < 2 || !moved {
            let frame = staff.next().await.expect("the staff's socket stays open");
            match frame["type"].as_str() {
                Some("score_update") => scores.push(frame),
                Some("leaderboard_update") => moved |= tells(&frame, "Blue", 1100),
                _ => {}
            }
        }
        let score = &scores[0];
        assert_eq!((&score["team"], &score["points"], &score["prev"]), (&json!("Red"), &json!(1200), &last));
        assert_eq!(scores[1]["prev"], score["seq"]);
        assert_eq!(board(&app.admin(), &contest).await[1], ("Blue".to_owned(), 1100));
        // Of others it hears nothing; of itself what it assigned, scored and judged.
        let mut heard = Vec::new();
        while heard.len() < 3 {
            let frame = own.next().await.unwrap();
            assert_eq!(frame["type"], "team_event", "{frame}");
            heard.push(frame["event"].as_str().unwrap().to_owned());
            assert_ne!(frame["payload"]["team"], "Red");
        }
        assert_eq!(heard, ["question_assigned", "score_changed", "answer_judged"]);
        let fresh = Socket::hello(&url, &contest.id, json!({})).await.next_of("welcome").await;
        assert_eq!((&fresh["frozen"], &fresh["last"]["scores"]), (&json!(true), &last));
    });
}

#[test]
fn what_others_take_is_withheld_while_the_board_is_frozen() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[choice("q0"), choice("q1"), choice("q2")]).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let (questions, pools) = (contest.path("questions"), contest.path("pools"));
        let available = async |team: &Team| {
            let listed = team.client.all(&questions, 10).await;
            listed.iter().map(|question| question["available"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(blue.client.get(&pools).await.ok(200)["data"][0]["left"], 3);
        contest.go("freeze").await.ok(200);
        red.claim(contest.question("q0")).await;
        assert_eq!(available(&blue).await, [Value::Null, Value::Null, Value::Null]);
        let own = available(&red).await;
        assert_eq!(own.iter().filter(|known| **known == json!(false)).count(), 1);
        let counted = blue.client.get(&pools).await.ok(200)["data"][0].clone();
        assert_eq!((&counted["left"], &counted["total"]), (&Value::Null, &json!(3)));
        assert_eq!(app.admin().get(&pools).await.ok(200)["data"][0]["left"], 2);
        contest.go("end").await.ok(200);
        contest.go("thaw").await.ok(200);
        assert_eq!(blue.client.get(&pools).await.ok(200)["data"][0]["left"], 2);
    });
}
