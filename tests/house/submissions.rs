//! Submissions: every kind of question, attempts, penalties, and who was first.

use serde_json::{Value, json};

use crate::support::{Client, Contest, TestApp, asked, choice, until};

/// One question of each kind, with answers that are right and answers that are wrong.
fn kinds() -> Vec<(Value, Vec<Value>, Vec<Value>)> {
    let tries = json!({"max_attempts": 50, "exclusive": false});
    let of = |name: &str, over: Value| {
        let mut all = over;
        for (key, value) in tries.as_object().unwrap() {
            all[key] = value.clone();
        }
        asked(name, all)
    };
    vec![
        (of("single", json!({})), vec![json!("A"), json!("a")], vec![json!("B"), json!("D")]),
        (
            of("multiple", json!({"kind": "multiple_choice", "answer": ["A", "C"]})),
            vec![json!(["A", "C"]), json!(["c", "a"])],
            vec![json!(["A"]), json!(["A", "B", "C"]), json!(["B"])],
        ),
        (of("truth", json!({"kind": "true_false", "answer": false})), vec![json!(false)], vec![json!(true)]),
        (
            of("text", json!({"kind": "text", "answer": "Thimphu", "aliases": ["Thimpu"]})),
            vec![json!("Thimphu"), json!(" thimphu "), json!("THIMPU")],
            vec![json!("Paro"), json!("Thim phu x")],
        ),
        (
            of("number", json!({"kind": "numeric", "answer": 9.81, "tolerance": 0.01})),
            vec![json!(9.81), json!("9.82"), json!(9.8)],
            vec![json!(9.83), json!(0)],
        ),
    ]
}

#[test]
fn every_kind_of_question_is_graded() {
    TestApp::run(async |app| {
        let questions: Vec<_> = kinds().into_iter().map(|(question, ..)| question).collect();
        let contest = app.contest(json!({"first_correct_bonus": 0}), &questions).await;
        for (question, right, wrong) in kinds() {
            let name = question["external_id"].as_str().unwrap();
            for (number, answer) in right.iter().enumerate() {
                let team = contest.team(&format!("{name} {number}")).await;
                let held = team.claim(contest.question(name)).await;
                for not in &wrong {
                    let verdict = team.answer(&held, not.clone()).await.ok(200);
                    assert_eq!(
                        (&verdict["correct"], &verdict["points_earned"]),
                        (&json!(false), &json!(0)),
                        "{name}: {not}"
                    );
                }
                let verdict = team.answer(&held, answer.clone()).await.ok(200);
                assert_eq!(
                    (&verdict["correct"], &verdict["points_earned"]),
                    (&json!(true), &json!(100)),
                    "{name}: {answer}"
                );
                assert_eq!(verdict["state"], "solved");
            }
        }
    });
}

#[test]
fn an_answer_that_is_none_uses_no_attempt() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q0")).await;
        for none in [json!({"letter": "A"}), json!([[1]]), Value::Null] {
            let problem = team.answer(&held, none).await.refused(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/answer");
        }
        let path = team.path(&format!("assignments/{held}/submissions"));
        team.client.post(&path, json!({})).await.refused(422, "invalid");
        team.client.send(&path, "application/json", "answer=A").await.refused(400, "unreadable");
        team.answer(&held, "A").await.ok(200);
    });
}

#[test]
fn the_verdict_says_what_was_earned_and_where_the_team_stands() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[asked("q", json!({"max_attempts": 3}))]).await;
        let (red, _) = (contest.team("Red").await, contest.team("Blue").await);
        let held = red.claim(contest.question("q")).await;
        let wrong = red.answer(&held, "B").await.ok(200);
        assert_eq!(wrong["correct"], false);
        assert_eq!(
            (&wrong["attempts_left"], &wrong["state"], &wrong["rank"]),
            (&json!(2), &json!("revealed"), &json!(2))
        );
        let right = red.answer(&held, "A").await.ok(200);
        assert_eq!(right["correct"], true);
        assert_eq!((&right["points_earned"], &right["total_points"]), (&json!(100), &json!(1100)));
        assert_eq!(
            (&right["rank"], &right["attempts_left"], &right["first_correct"]),
            (&json!(1), &json!(0), &json!(false))
        );
        let sent = red.client.all(&red.path(&format!("assignments/{held}/submissions")), 1).await;
        let seen: Vec<_> = sent.iter().map(|s| (&s["attempt_no"], &s["answer"], &s["correct"])).collect();
        assert_eq!(seen, [(&json!(1), &json!("B"), &json!(false)), (&json!(2), &json!("A"), &json!(true))]);
        assert_eq!(app.admin().all(&contest.path("submissions"), 1).await, sent);
    });
}

#[test]
fn a_wrong_answer_costs_the_penalty_as_far_as_the_team_has_it() {
    TestApp::run(async |app| {
        let settings = json!({"wrong_penalty": 30, "opening_points": 50});
        let contest = app.contest(settings, &[asked("q", json!({"max_attempts": 5}))]).await;
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q")).await;
        let mut earned = Vec::new();
        for _ in 0..3 {
            earned.push(team.answer(&held, "B").await.ok(200)["points_earned"].as_i64().unwrap());
        }
        assert_eq!(earned, [-30, -20, 0]);
        team.answer(&held, "A").await.ok(200);
        let kinds = [("opening", 50), ("penalty", -30), ("penalty", -20), ("award", 100)];
        assert_eq!(team.ledger().await, kinds.map(|(kind, amount)| (kind.to_owned(), amount)));
        assert_eq!(contest.board().await[0]["wrong"], 3);
    });
}

#[test]
fn the_first_right_answer_to_a_shared_question_earns_a_bonus() {
    TestApp::run(async |app| {
        let contest =
            app.contest(json!({"first_correct_bonus": 25}), &[asked("q", json!({"exclusive": false}))]).await;
        let teams = contest.teams(3).await;
        let mut verdicts = Vec::new();
        for (team, answer) in teams.iter().zip(["B", "A", "A"]) {
            let held = team.claim(contest.question("q")).await;
            verdicts.push(team.answer(&held, answer).await.ok(200));
        }
        let told: Vec<_> = verdicts.iter().map(|v| (&v["first_correct"], &v["points_earned"])).collect();
        assert_eq!(
            told,
            [(&json!(false), &json!(0)), (&json!(true), &json!(125)), (&json!(false), &json!(100))]
        );
        let events = app.events(&contest.id).await;
        let firsts: Vec<_> = events.iter().filter(|e| e["kind"] == "first_correct").collect();
        assert_eq!((firsts.len(), &firsts[0]["payload"]["team_id"]), (1, &json!(teams[1].id)));
    });
}

#[test]
fn an_exclusive_question_has_no_bonus() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q0")).await;
        assert_eq!(team.answer(&held, "A").await.ok(200)["points_earned"], 100);
    });
}

/// Waits until somebody waits for a lock.
async fn somebody_waits(app: &TestApp) {
    until("the answer waits for its team", async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database()";
        (app.number(waiting).await > 0).then_some(())
    })
    .await;
}

async fn two_holders(app: &TestApp) -> (Contest, Vec<crate::support::Team>, Vec<String>) {
    let contest = app.contest(json!({}), &[asked("q", json!({"exclusive": false}))]).await;
    let teams = contest.teams(2).await;
    let mut held = Vec::new();
    for team in &teams {
        held.push(team.claim(contest.question("q")).await);
    }
    (contest, teams, held)
}

/// Whichever of the two teams is held up: their ids decide the order of the locks.
async fn the_earlier_answer_takes_over(app: &TestApp, early: usize) {
    let (contest, teams, held) = two_holders(app).await;
    let (slow, quick) = (teams[early].clone(), teams[1 - early].clone());
    let other = app.connect().await;
    let lock = format!("BEGIN; SELECT FROM team WHERE id = '{}' FOR UPDATE", slow.id);
    other.batch_execute(&lock).await.unwrap();
    let waiting = {
        let (slow, held) = (slow.clone(), held[early].clone());
        tokio::spawn(async move { slow.answer(&held, "A").await })
    };
    somebody_waits(app).await;
    let first = quick.answer(&held[1 - early], "A").await.ok(200);
    assert_eq!((&first["first_correct"], &first["total_points"]), (&json!(true), &json!(1110)));
    other.batch_execute("ROLLBACK").await.unwrap();
    let late = waiting.await.unwrap().ok(200);
    assert_eq!((&late["first_correct"], &late["total_points"]), (&json!(true), &json!(1110)));
    let kinds = |ledger: Vec<(String, i64)>| ledger.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    assert_eq!(kinds(quick.ledger().await), ["opening", "award", "first_correct", "reversal"]);
    assert_eq!(kinds(slow.ledger().await), ["opening", "award", "first_correct"]);
    assert_eq!((quick.points().await, slow.points().await), (1100, 1110));
    let board = contest.board().await;
    assert_eq!(board[0]["team"], slow.name);
}

#[test]
fn an_earlier_answer_that_commits_later_takes_the_bonus_over() {
    TestApp::run(async |app| the_earlier_answer_takes_over(app, 0).await);
}

#[test]
fn an_earlier_answer_takes_the_bonus_over_in_the_other_lock_order_too() {
    TestApp::run(async |app| the_earlier_answer_takes_over(app, 1).await);
}

#[test]
fn an_answer_that_was_received_in_time_counts_however_long_it_waits() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[choice("q")]).await;
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q")).await;
        let other = app.connect().await;
        other.batch_execute("BEGIN; SELECT FROM team FOR UPDATE").await.unwrap();
        let waiting = {
            let (team, held) = (team.clone(), held.clone());
            tokio::spawn(async move { team.answer(&held, "A").await })
        };
        somebody_waits(app).await;
        let ending = {
            let contest = contest.clone();
            tokio::spawn(async move { contest.go("end").await })
        };
        other.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(waiting.await.unwrap().ok(200)["correct"], true);
        ending.await.unwrap().ok(200);
        team.answer(&held, "A").await.refused(409, "contest-ended");
    });
}

#[test]
fn staff_narrows_the_list_and_a_team_sees_its_own_whatever_it_asks() {
    TestApp::run(async |app| {
        let contest = app.play(3).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        for (team, question, answer) in [(&red, "q0", "A"), (&blue, "q1", "B"), (&red, "q2", "B")] {
            let held = team.claim(contest.question(question)).await;
            team.answer(&held, answer).await.ok(200);
        }
        let listed = async |client: &Client, query: &str| {
            let page = client.get(&contest.path(&format!("submissions?{query}"))).await.ok(200);
            let rows = page["data"].as_array().unwrap().iter();
            rows.map(|row| format!("{} {}", row["team"].as_str().unwrap(), row["question"].as_str().unwrap()))
                .collect::<Vec<_>>()
        };
        let (one, two, three) = ("Red What is q0?", "Blue What is q1?", "Red What is q2?");
        let admin = app.admin();
        assert_eq!(listed(&admin, "").await, [one, two, three]);
        assert_eq!(listed(&admin, "newest=true").await, [three, two, one]);
        assert_eq!(listed(&admin, &format!("team={}", red.id)).await, [one, three]);
        assert_eq!(listed(&admin, &format!("question={}", contest.question("q1"))).await, [two]);
        assert_eq!(listed(&admin, "correct=false&newest=true").await, [three, two]);
        let first = admin.get(&contest.path("submissions?newest=true&limit=2")).await.ok(200);
        let next = format!("newest=true&limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
        assert_eq!(listed(&admin, &next).await, [one]);
        assert_eq!(listed(&red.client, "correct=true").await, [one]);
        red.client
            .get(&contest.path(&format!("submissions?team={}", blue.id)))
            .await
            .refused(404, "not-found");
        for wrong in ["team=x", "correct=maybe", "newest=2"] {
            admin.get(&contest.path(&format!("submissions?{wrong}"))).await.refused(422, "invalid");
        }
    });
}
