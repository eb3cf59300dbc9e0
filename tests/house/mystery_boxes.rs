//! Mystery boxes: price, question and opening exist together or not at all.

use serde_json::json;

use crate::support::{Contest, Team, TestApp, asked, until};

async fn with_boxes(app: &TestApp, questions: usize) -> (Contest, Team) {
    let mystery = |n| asked(&format!("m{n}"), json!({"pool": "mystery", "time_limit_ms": 60_000}));
    let contest = app.contest(json!({}), &(0..questions).map(mystery).collect::<Vec<_>>()).await;
    let team = contest.team("Red").await;
    (contest, team)
}

fn kinds(ledger: &[(String, i64)]) -> Vec<(&str, i64)> {
    ledger.iter().map(|(kind, amount)| (kind.as_str(), *amount)).collect()
}

#[test]
fn a_box_is_paid_opened_and_won() {
    TestApp::run(async |app| {
        let (contest, team) = with_boxes(app, 1).await;
        let offered = contest.offer(150, 400, 1).await;
        let opened = team.open(&offered).await.ok(201);
        assert_eq!(
            (&opened["price"], &opened["reward"], &opened["balance"]),
            (&json!(150), &json!(400), &json!(850))
        );
        let held = &opened["assignment"];
        assert_eq!(
            (&held["state"], &held["pool"], &held["points"]),
            (&json!("revealed"), &json!("mystery"), &json!(400))
        );
        let openings = contest.path(&format!("mystery-boxes/{offered}/openings"));
        assert_eq!(team.client.all(&openings, 10).await[0]["state"], "open");
        let verdict = team.answer(held["id"].as_str().unwrap(), "A").await.ok(200);
        assert_eq!((&verdict["points_earned"], &verdict["total_points"]), (&json!(400), &json!(1250)));
        assert_eq!(team.client.all(&openings, 10).await[0]["state"], "won");
        assert_eq!(kinds(&team.ledger().await), [("opening", 1000), ("box_price", -150), ("award", 400)]);
        // A stranger sees none of it.
        assert!(contest.team("Blue").await.client.all(&openings, 10).await.is_empty());
        assert_eq!(app.admin().all(&openings, 10).await.len(), 1);
    });
}

#[test]
fn a_wrong_answer_loses_the_box() {
    TestApp::run(async |app| {
        let (contest, team) = with_boxes(app, 2).await;
        let offered = contest.offer(150, 400, 2).await;
        let opened = team.open(&offered).await.ok(201);
        let verdict = team.answer(opened["assignment"]["id"].as_str().unwrap(), "B").await.ok(200);
        assert_eq!((&verdict["correct"], &verdict["total_points"]), (&json!(false), &json!(850)));
        let openings = contest.path(&format!("mystery-boxes/{offered}/openings"));
        assert_eq!(team.client.all(&openings, 10).await[0]["state"], "lost");
        team.open(&offered).await.ok(201);
        assert_eq!(team.points().await, 700);
    });
}

#[test]
fn what_cannot_be_opened_costs_nothing() {
    TestApp::run(async |app| {
        let (contest, team) = with_boxes(app, 0).await;
        let offered = contest.offer(150, 400, 5).await;
        team.open(&offered).await.refused(409, "pool-exhausted");
        let path = contest.path(&format!("mystery-boxes/{offered}/openings"));
        team.client.post(&path, json!({"price": 149})).await.refused(422, "price-changed");
        team.open("0195f1c2-a7e3-7d0b-8c11-2f6a9b3c4d5e").await.refused(404, "not-found");
        assert_eq!(kinds(&team.ledger().await), [("opening", 1000)]);
    });
}

#[test]
fn a_withdrawn_question_refunds_its_box() {
    TestApp::run(async |app| {
        let (contest, team) = with_boxes(app, 1).await;
        let offered = contest.offer(150, 400, 1).await;
        let opened = team.open(&offered).await.ok(201);
        let held = opened["assignment"]["id"].as_str().unwrap().to_owned();
        let path = contest.path(&format!("questions/{}/withdraw", contest.question("m0")));
        let done = app.admin().post(&path, json!({"reason": "Two options are right"})).await.ok(200);
        assert_eq!(
            (&done["voided"], &done["reversed"], &done["refunded"]),
            (&json!(1), &json!(0), &json!(1))
        );
        team.answer(&held, "A").await.refused(409, "assignment-closed");
        assert_eq!(
            kinds(&team.ledger().await),
            [("opening", 1000), ("box_price", -150), ("box_refund", 150)]
        );
        let openings = contest.path(&format!("mystery-boxes/{offered}/openings"));
        assert_eq!(team.client.all(&openings, 10).await[0]["state"], "refunded");
        app.admin().post(&path, json!({"reason": "Again"})).await.refused(404, "not-found");
    });
}

#[test]
fn a_withdrawal_takes_back_what_was_won_even_when_it_was_spent() {
    TestApp::run(async |app| {
        let mystery = asked("m", json!({"pool": "mystery"}));
        let shared = asked("s", json!({"exclusive": false, "points": 500}));
        let contest = app.contest(json!({"wrong_penalty": 40}), &[mystery, shared]).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let held = red.claim(contest.question("s")).await;
        assert_eq!(red.answer(&held, "A").await.ok(200)["total_points"], 1510);
        let wrong = blue.claim(contest.question("s")).await;
        assert_eq!(blue.answer(&wrong, "B").await.ok(200)["total_points"], 960);
        let offered = contest.offer(1400, 1, 1).await;
        red.open(&offered).await.ok(201);
        let path = contest.path(&format!("questions/{}/withdraw", contest.question("s")));
        let done = app.admin().post(&path, json!({"reason": "It was wrong"})).await.ok(200);
        assert_eq!(
            (&done["voided"], &done["reversed"], &done["refunded"]),
            (&json!(2), &json!(3), &json!(0))
        );
        assert_eq!((red.points().await, blue.points().await), (1000 - 1400, 1000));
        let board = contest.board().await;
        assert_eq!((&board[0]["team"], &board[0]["wrong"]), (&json!("Blue"), &json!(0)));
        assert_eq!(board[1]["last_gain_ms"], json!(null));
    });
}

#[test]
fn a_box_whose_time_is_over_makes_room_for_the_next() {
    TestApp::run(async |app| {
        let (contest, team) = with_boxes(app, 2).await;
        let offered = contest.offer(100, 200, 2).await;
        team.open(&offered).await.ok(201);
        team.open(&offered).await.refused(409, "box-already-open");
        app.execute("UPDATE assignment SET expires_at = now()").await;
        let opened = until("the second box opens", async || {
            let reply = team.open(&offered).await;
            (reply.status == 201).then_some(reply)
        })
        .await;
        assert_eq!(opened.json["balance"], 800);
        assert_eq!(app.number("SELECT count(*) FROM assignment WHERE state = 'expired'").await, 1);
    });
}

#[test]
fn staff_changes_an_offer_and_open_boxes_keep_theirs() {
    TestApp::run(async |app| {
        let (contest, team) = with_boxes(app, 2).await;
        let offered = contest.offer(100, 200, 2).await;
        let path = contest.path(&format!("mystery-boxes/{offered}"));
        let opened = team.open(&offered).await.ok(201);
        team.client.patch_if(&path, 1, json!({"price": 1})).await.refused(403, "not-allowed");
        let edited = app.admin().patch_if(&path, 1, json!({"price": 300, "reward": 900})).await.ok(200);
        assert_eq!((&edited["price"], &edited["version"]), (&json!(300), &json!(2)));
        app.admin().patch_if(&path, 1, json!({"price": 5})).await.refused(412, "stale-version");
        let verdict = team.answer(opened["assignment"]["id"].as_str().unwrap(), "A").await.ok(200);
        assert_eq!(verdict["points_earned"], 200);
        assert_eq!(team.open(&offered).await.ok(201)["balance"], 1100 - 300);
        app.admin().patch_if(&path, 2, json!({"enabled": false})).await.ok(200);
        let listed = app.anyone().get(&contest.path("mystery-boxes")).await.ok(200);
        assert_eq!(listed["data"], json!([]));
    });
}
