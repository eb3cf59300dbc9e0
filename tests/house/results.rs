//! The end of a contest: what is open closes, results become final, and are opened again.

use serde_json::json;

use crate::support::{TestApp, asked, choice, until};

#[test]
fn what_is_open_closes_after_the_end_and_then_the_results_are_final() {
    TestApp::run(async |app| {
        let mystery = asked("m", json!({"pool": "mystery"}));
        let contest = app.contest(json!({}), &[choice("q"), mystery]).await;
        let offered = contest.offer(100, 300, 1).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        red.open(&offered).await.ok(201);
        blue.take(json!({"reveal": false})).await.ok(201);
        contest.go("end").await.ok(200);
        let problem = contest.go("finalize").await.refused(409, "results-open");
        assert_eq!(problem["open"], json!({"assignments": 2}));
        assert_eq!(contest.read().await["state"], "ended");
        // As if the end had been a while ago; nothing was answered that could contradict it.
        app.execute("UPDATE contest SET ended_at = ended_at - interval '6 s', starts_at = starts_at - interval '1 min'").await;
        let finalized = until("what is open is closed", async || {
            Some(contest.go("finalize").await).filter(|reply| reply.status == 200)
        })
        .await;
        assert_eq!(finalized.json["state"], "finalized");
        let openings = red.client.all(&contest.path(&format!("mystery-boxes/{offered}/openings")), 10).await;
        assert_eq!(openings[0]["state"], "lost");
        assert_eq!(app.number("SELECT count(*) FROM free_question WHERE pool = 'regular'").await, 1);
    });
}

#[test]
fn an_answer_that_waits_for_its_judge_keeps_the_results_open() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[choice("q")]).await;
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q")).await;
        team.answer(&held, "B").await.ok(200);
        contest.go("end").await.ok(200);
        app.execute("UPDATE submission SET state = 'pending'").await;
        let problem = contest.go("finalize").await.refused(409, "results-open");
        assert_eq!(problem["open"], json!({"submissions": 1}));
        app.execute("UPDATE submission SET state = 'judged'").await;
        contest.go("finalize").await.ok(200);
    });
}

#[test]
fn final_results_are_changed_only_after_they_are_opened_again_with_a_reason() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[choice("q")]).await;
        let team = contest.team("Red").await;
        let fix = json!({"team_id": team.id, "amount": 5, "reason": "A gift"});
        contest.admin.post(&contest.path("adjustments"), fix.clone()).await.ok(201);
        contest.go("end").await.ok(200);
        contest.go("finalize").await.ok(200);
        let path = contest.path(&format!("teams/{}", team.id));
        let reason = json!({"reason": "Late"});
        for reply in [
            contest.admin.post(&contest.path("adjustments"), fix.clone()).await,
            contest.admin.post(&format!("{path}/ledger/2/reversal"), reason.clone()).await,
            contest.admin.post(&format!("{path}/disqualify"), reason.clone()).await,
            contest.admin.patch(&path, json!({"hidden": true})).await,
            contest.admin.poke(&format!("{path}/withdraw")).await,
            contest
                .admin
                .post(&contest.path(&format!("questions/{}/withdraw", contest.question("q"))), reason)
                .await,
        ] {
            reply.refused(409, "contest-ended");
        }
        contest.admin.patch(&path, json!({"email": "red@example.org"})).await.ok(200);
        contest.admin.post(&contest.path("reopen"), json!({"reason": ""})).await.refused(422, "invalid");
        contest.go("reopen").await.refused(415, "unsupported-media-type");
        let reopened =
            contest.admin.post(&contest.path("reopen"), json!({"reason": "An appeal"})).await.ok(200);
        assert_eq!(reopened["state"], "ended");
        contest.admin.post(&contest.path("adjustments"), fix).await.ok(201);
        contest.go("finalize").await.ok(200);
        assert_eq!(contest.board().await[0]["points"], 1010);
        contest.go("archive").await.ok(200);
        contest
            .admin
            .post(&contest.path("reopen"), json!({"reason": "Too late"}))
            .await
            .refused(409, "illegal-transition");
    });
}

#[test]
fn results_may_be_final_before_the_public_sees_them() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        contest.go("freeze").await.ok(200);
        let held = team.draw().await["id"].as_str().unwrap().to_owned();
        team.answer(&held, "A").await.ok(200);
        contest.go("end").await.ok(200);
        contest.go("finalize").await.ok(200);
        let rows = async || app.anyone().all(&contest.path("leaderboard"), 9).await;
        assert_eq!(rows().await[0]["points"], 1000);
        contest.go("thaw").await.ok(200);
        assert_eq!(rows().await[0]["points"], 1100);
    });
}
