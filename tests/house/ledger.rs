//! The ledger: statements, corrections, and what happens when one is taken back.

use serde_json::json;

use crate::support::TestApp;

#[test]
fn a_statement_is_paged_and_each_balance_continues_the_one_before() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        for amount in [50, -20, 7] {
            let fix = json!({"team_id": team.id, "amount": amount, "reason": "A test"});
            contest.admin.post(&contest.path("adjustments"), fix).await.ok(201);
        }
        let held = team.claim(contest.question("q0")).await;
        team.answer(&held, "A").await.ok(200);
        let path = contest.path(&format!("teams/{}/ledger", team.id));
        let entries = team.client.all(&path, 2).await;
        assert_eq!(entries, app.admin().all(&path, 200).await);
        let balances: Vec<_> = entries
            .iter()
            .map(|e| (e["seq"].as_i64().unwrap(), e["balance_after"].as_i64().unwrap()))
            .collect();
        assert_eq!(balances, [(1, 1000), (2, 1050), (3, 1030), (4, 1037), (5, 1137)]);
        assert_eq!((&entries[1]["actor"], &entries[1]["reason"]), (&json!("test"), &json!("A test")));
        app.anyone().get(&path).await.refused(401, "not-authenticated");
    });
}

#[test]
fn a_correction_needs_a_reason_and_an_amount_the_team_has() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let team = contest.team("Red").await;
        let path = contest.path("adjustments");
        for (wrong, pointer) in [
            (json!({"team_id": team.id, "amount": 0, "reason": "Nothing"}), "/amount"),
            (json!({"team_id": team.id, "amount": 5, "reason": ""}), "/reason"),
        ] {
            let problem = app.admin().post(&path, wrong).await.refused(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
        let fix = |amount: i64| json!({"team_id": team.id, "amount": amount, "reason": "A fine"});
        app.admin().post(&path, fix(-1001)).await.refused(409, "insufficient-points");
        let done = app.admin().post(&path, fix(-1000)).await.ok(201);
        assert_eq!((&done["balance"], &done["seq"]), (&json!(0), &json!(2)));
        team.client.post(&path, fix(5)).await.refused(403, "not-allowed");
        let nobody =
            json!({"team_id": "0195f1c2-a7e3-7d0b-8c11-2f6a9b3c4d5e", "amount": 5, "reason": "A gift"});
        app.admin().post(&path, nobody).await.refused(404, "not-found");
    });
}

#[test]
fn only_adjustments_are_reversed_by_hand() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let fix = json!({"team_id": team.id, "amount": 500, "reason": "Too much"});
        app.admin().post(&contest.path("adjustments"), fix).await.ok(201);
        let reversal = |seq: i64| contest.path(&format!("teams/{}/ledger/{seq}/reversal", team.id));
        let why = json!({"reason": "Undone"});
        let done = app.admin().post(&reversal(2), why.clone()).await.ok(201);
        assert_eq!((&done["amount"], &done["balance"]), (&json!(-500), &json!(1000)));
        app.admin().post(&reversal(1), why.clone()).await.refused(409, "illegal-transition");
        app.admin().post(&reversal(3), why.clone()).await.refused(409, "illegal-transition");
        app.admin().post(&reversal(9), why.clone()).await.refused(404, "not-found");
        team.client.post(&reversal(2), why).await.refused(403, "not-allowed");
        let kinds = [("opening", 1000), ("adjustment", 500), ("reversal", -500)];
        assert_eq!(team.ledger().await, kinds.map(|(kind, amount)| (kind.to_owned(), amount)));
    });
}

#[test]
fn a_reversal_of_points_that_were_spent_leaves_a_debt() {
    TestApp::run(async |app| {
        let mystery = crate::support::asked("m", json!({"pool": "mystery"}));
        let contest = app.contest(json!({}), &[mystery]).await;
        let (team, offered) = (contest.team("Red").await, contest.offer(1300, 100, 1).await);
        let fix = json!({"team_id": team.id, "amount": 500, "reason": "Too much"});
        app.admin().post(&contest.path("adjustments"), fix).await.ok(201);
        team.open(&offered).await.ok(201);
        let path = contest.path(&format!("teams/{}/ledger/2/reversal", team.id));
        app.admin().post(&path, json!({"reason": "Undone"})).await.ok(201);
        assert_eq!(team.points().await, -300);
    });
}
