//! Requests that are sent again: one effect, one reply.

use serde_json::json;

use crate::support::{TestApp, asked};

#[test]
fn a_repeated_request_hears_the_same_reply_byte_for_byte() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[asked("q", json!({"max_attempts": 9}))]).await;
        let team = contest.team("Red").await.keyed("one");
        let first = team.take(json!({})).await;
        first.ok(201);
        assert_eq!(first.header("idempotent-replayed"), None);
        let again = team.take(json!({})).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert!(again.replayed());
        assert_eq!(again.header("content-type"), first.header("content-type"));
        // Another request of the same caller, another body, another path.
        team.take(json!({"reveal": true})).await.refused(422, "idempotency-key-reused");
        let held = first.json["id"].as_str().unwrap().to_owned();
        team.answer(&held, "B").await.refused(422, "idempotency-key-reused");
    });
}

#[test]
fn a_key_belongs_to_who_sent_it() {
    TestApp::run(async |app| {
        let contest = app.play(2).await;
        let (red, blue) = (contest.team("Red").await.keyed("k"), contest.team("Blue").await.keyed("k"));
        let (one, two) = (red.draw().await, blue.draw().await);
        assert_ne!(one["question_id"], two["question_id"]);
    });
}

#[test]
fn a_refusal_is_an_answer_too() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        red.draw().await;
        let first = blue.keyed("k").take(json!({})).await;
        first.refused(409, "pool-exhausted");
        let mut more = contest.clone();
        more.import(&[crate::support::choice("new")]).await;
        let again = blue.keyed("k").take(json!({})).await;
        again.refused(409, "pool-exhausted");
        assert!(again.replayed() && again.body == first.body);
        blue.keyed("l").take(json!({})).await.ok(201);
    });
}

#[test]
fn who_may_not_and_who_is_nobody_may_try_again() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let path = contest.path("adjustments");
        let fix = json!({"team_id": team.id, "amount": 5, "reason": "A gift"});
        app.anyone().keyed("k").post(&path, fix.clone()).await.refused(401, "not-authenticated");
        team.client.keyed("k").post(&path, fix.clone()).await.refused(403, "not-allowed");
        assert_eq!(app.number("SELECT count(*) FROM idempotency").await, 0);
        app.admin().keyed("k").post(&path, fix.clone()).await.ok(201);
        app.admin().keyed("k").post(&path, fix).await.ok(201);
        assert_eq!(team.points().await, 1005);
    });
}

#[test]
fn a_key_has_a_length() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        team.keyed(&"k".repeat(256)).take(json!({})).await.refused(422, "invalid");
        team.keyed(&"k".repeat(255)).take(json!({})).await.ok(201);
    });
}

#[test]
fn every_post_that_moves_points_honours_a_key() {
    TestApp::run(async |app| {
        let mystery = asked("m", json!({"pool": "mystery"}));
        let contest = app.contest(json!({}), &[crate::support::choice("q"), mystery]).await;
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q")).await;
        let offer = json!({"difficulty": "EASY", "price": 100, "reward": 200});
        let offered =
            app.admin().keyed("offer").post(&contest.path("mystery-boxes"), offer.clone()).await.ok(201);
        let fix = json!({"team_id": team.id, "amount": 5, "reason": "A gift"});
        let opening = contest.path(&format!("mystery-boxes/{}/openings", offered["id"].as_str().unwrap()));
        let submissions = contest.path(&format!("assignments/{held}/submissions"));
        let withdrawal = contest.path(&format!("questions/{}/withdraw", contest.question("m")));
        let reversal = contest.path(&format!("teams/{}/ledger/2/reversal", team.id));
        let why = json!({"reason": "Undone"});
        let join = json!({"join_code": team.join_code, "name": "Grace"});
        for (client, path, body) in [
            (app.admin(), "contests".to_owned(), json!({"name": "Another"})),
            (app.anyone(), contest.path("teams"), json!({"name": "Blue"})),
            (app.anyone(), contest.path("teams/join"), join),
            (app.admin(), contest.path("adjustments"), fix),
            (app.admin(), reversal, why.clone()),
            (team.client.clone(), submissions, json!({"answer": "A"})),
            (team.client.clone(), opening, json!({})),
            (app.admin(), withdrawal, why),
            (app.admin(), contest.path("mystery-boxes"), offer),
        ] {
            let first = client.keyed(&format!("k {path}")).post(&path, body.clone()).await;
            let again = client.keyed(&format!("k {path}")).post(&path, body).await;
            assert!(!first.replayed() && again.replayed(), "{path}: {} {}", first.body, again.body);
            assert_eq!((first.status, first.body), (again.status, again.body), "{path}");
        }
        assert_eq!(team.points().await, 1100);
    });
}
