//! Assignments: claiming, drawing, revealing, giving back, running out of time.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{TestApp, asked, choice, until};

#[test]
fn a_claimed_question_is_shown_to_its_team_only() {
    TestApp::run(async |app| {
        let contest = app.play(2).await;
        let team = contest.team("Red").await;
        let taken = team.take(json!({"question_id": contest.question("q1")})).await.ok(201);
        assert_eq!(taken["state"], "revealed");
        assert_eq!(taken["question"]["text"], "What is q1?");
        assert_eq!(taken["question"]["options"], json!(["this", "that", "neither", "both"]));
        assert_eq!(
            (&taken["attempts"], &taken["max_attempts"], &taken["points"]),
            (&json!(0), &json!(1), &json!(100))
        );
        let read = team
            .client
            .get(&team.path(&format!("assignments/{}", taken["id"].as_str().unwrap())))
            .await
            .ok(200);
        assert_eq!(read, taken);
        assert_eq!(app.admin().all(&contest.path("assignments"), 10).await, [taken]);
        app.anyone().get(&contest.path("assignments")).await.refused(401, "not-authenticated");
    });
}

#[test]
fn a_draw_keeps_to_difficulty_and_category() {
    TestApp::run(async |app| {
        let question = |name: &str, difficulty: &str, category: &str| {
            asked(
                name,
                json!({"kind": "true_false", "answer": true, "difficulty": difficulty, "category": category}),
            )
        };
        let questions =
            [question("a", "EASY", "Art"), question("b", "HARD", "Art"), question("c", "HARD", "Music")];
        let contest = app.contest(json!({"max_open_assignments": 10}), &questions).await;
        let team = contest.team("Red").await;
        team.take(json!({"difficulty": "EASY", "category": "Music"})).await.refused(409, "pool-exhausted");
        let drawn = team.take(json!({"difficulty": "HARD", "category": "Music"})).await.ok(201);
        assert_eq!(drawn["question_id"], contest.question("c"));
        team.take(json!({"category": "Music"})).await.refused(409, "pool-exhausted");
        let drawn = team.take(json!({"difficulty": "HARD"})).await.ok(201);
        assert_eq!(drawn["question_id"], contest.question("b"));
        let drawn = team.take(json!({"category": "Art"})).await.ok(201);
        assert_eq!(drawn["question_id"], contest.question("a"));
        let both = json!({"question_id": contest.question("a"), "difficulty": "EASY"});
        team.take(both).await.refused(422, "invalid");
        team.take(json!({"difficulty": "IMPOSSIBLE"})).await.refused(422, "invalid");
    });
}

#[test]
fn every_question_is_drawn_once_and_in_no_fixed_order() {
    TestApp::run(async |app| {
        let questions: Vec<Value> = (0..12).map(|n| choice(&format!("q{n}"))).collect();
        let contest = app.contest(json!({"max_open_assignments": 50}), &questions).await;
        let team = contest.team("Red").await;
        let mut drawn = Vec::new();
        for _ in 0..12 {
            drawn.push(team.draw().await["question_id"].as_str().unwrap().to_owned());
        }
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 12);
        // One order of twelve in half a thousand million.
        assert!(!drawn.is_sorted(), "{drawn:?}");
        team.take(json!({})).await.refused(409, "pool-exhausted");
    });
}

#[test]
fn a_shared_question_goes_to_every_team_once() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[asked("q", json!({"exclusive": false}))]).await;
        for team in contest.teams(3).await {
            let held = team.draw().await;
            assert_eq!(held["exclusive"], false);
            team.answer(held["id"].as_str().unwrap(), "B").await.ok(200);
            team.take(json!({})).await.refused(409, "pool-exhausted");
        }
    });
}

#[test]
fn an_unseen_question_keeps_its_text_to_itself_and_can_be_given_back() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let held = red.take(json!({"reveal": false})).await;
        assert_eq!((&held.ok(201)["state"], &held.json["question"]), (&json!("assigned"), &Value::Null));
        assert!(!held.body.contains("What is q0?"));
        let id = held.json["id"].as_str().unwrap();
        blue.take(json!({})).await.refused(409, "pool-exhausted");
        let released = red.client.poke(&red.path(&format!("assignments/{id}/release"))).await.ok(200);
        assert_eq!(released["state"], "released");
        red.client
            .poke(&red.path(&format!("assignments/{id}/release")))
            .await
            .refused(409, "assignment-closed");
        red.client
            .poke(&red.path(&format!("assignments/{id}/reveal")))
            .await
            .refused(409, "assignment-closed");
        // Whoever gave it back may draw it again, as may anybody else.
        let again = red.take(json!({"reveal": false})).await.ok(201);
        let again = red.path(&format!("assignments/{}", again["id"].as_str().unwrap()));
        let revealed = red.client.poke(&format!("{again}/reveal")).await.ok(200);
        assert_eq!(revealed["question"]["text"], "What is q0?");
        red.client.poke(&format!("{again}/reveal")).await.refused(409, "already-revealed");
        red.client.poke(&format!("{again}/release")).await.refused(409, "already-revealed");
    });
}

#[test]
fn a_hold_that_is_too_long_gives_the_question_back() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({"hold_ms": 1000}), &[choice("q")]).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let held = red.take(json!({"reveal": false})).await.ok(201);
        // As if five seconds more had passed: the sweeper waits for answers on their way.
        app.execute("UPDATE assignment SET expires_at = expires_at - interval '7 s'").await;
        let path = red.path(&format!("assignments/{}", held["id"].as_str().unwrap()));
        until("the sweeper closes it", async || {
            (red.client.get(&path).await.ok(200)["state"] == "expired").then_some(())
        })
        .await;
        red.client.poke(&format!("{path}/reveal")).await.refused(409, "assignment-expired");
        blue.draw().await;
    });
}

#[test]
fn a_revealed_question_that_runs_out_of_time_is_gone_for_ever() {
    TestApp::run(async |app| {
        let contest =
            app.contest(json!({}), &[asked("q", json!({"time_limit_ms": 1000})), choice("r")]).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let held = red.claim(contest.question("q")).await;
        until("the time is over", async || {
            (app.text("SELECT bool_and(expires_at < now()) FROM assignment").await == "t").then_some(())
        })
        .await;
        red.answer(&held, "A").await.refused(409, "assignment-expired");
        // It takes no room any more, even before it is swept up.
        red.draw().await;
        blue.take(json!({"question_id": contest.question("q")})).await.refused(409, "question-taken");
        app.execute(
            "UPDATE assignment SET expires_at = expires_at - interval '7 s' WHERE expires_at IS NOT NULL",
        )
        .await;
        until("the sweeper closes it", async || {
            (app.number("SELECT count(*) FROM assignment WHERE state = 'expired'").await == 1).then_some(())
        })
        .await;
        blue.take(json!({"question_id": contest.question("q")})).await.refused(409, "question-taken");
        assert_eq!(red.points().await, 1000);
    });
}

#[test]
fn mystery_questions_cannot_be_claimed_or_drawn() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[asked("m", json!({"pool": "mystery"}))]).await;
        let team = contest.team("Red").await;
        team.take(json!({"question_id": contest.question("m")})).await.refused(404, "not-found");
        team.take(json!({})).await.refused(409, "pool-exhausted");
        let offered = team.client.all(&contest.path("questions"), 10).await;
        assert!(offered.is_empty(), "{offered:?}");
    });
}

#[test]
fn a_team_may_hold_as_many_as_the_contest_says() {
    TestApp::run(async |app| {
        let questions: Vec<_> = (0..4).map(|n| choice(&format!("q{n}"))).collect();
        let contest = app.contest(json!({"max_open_assignments": 3}), &questions).await;
        let team = contest.team("Red").await;
        for _ in 0..3 {
            team.draw().await;
        }
        team.take(json!({})).await.refused(409, "too-many-open");
        let open = team.client.all(&team.path("assignments?open=true"), 2).await;
        assert_eq!(open.len(), 3);
        team.answer(open[0]["id"].as_str().unwrap(), "B").await.ok(200);
        assert_eq!(team.client.all(&team.path("assignments?open=true"), 2).await.len(), 2);
        assert_eq!(team.client.all(&team.path("assignments"), 2).await.len(), 3);
        team.draw().await;
    });
}
