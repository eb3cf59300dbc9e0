//! Requests that could be taken for something that nobody meant: each is refused, by name.
//! The contract test (tests/contract) found every one of them.

use serde_json::{Value, json};

use crate::support::{TestApp, choice};

#[test]
fn a_parameter_that_is_sent_twice_is_refused_and_nothing_is_done() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[]).await;
        let path = contest.path("questions/import?format=json&dry_run=true&dry_run=true");
        let file = Value::from(vec![choice("q0")]);
        let problem = contest.admin.post(&path, file).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "dry_run");
        let placed = contest.admin.get(&contest.path("questions")).await.ok(200);
        assert_eq!(placed["data"], json!([]));
        for twice in ["questions?state=open&state=locked", "leaderboard?division=a&division=b"] {
            contest.admin.get(&contest.path(twice)).await.refused(422, "invalid");
        }
    });
}

#[test]
fn a_list_is_not_taken_for_the_fields_of_an_object() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let red = contest.team("Red").await;
        let path = contest.path(&format!("teams/{}", red.id));
        contest.admin.patch(&path, json!([null, null])).await.refused(422, "invalid");
        let held = red.claim(contest.question("q0")).await;
        let answers = red.path(&format!("assignments/{held}/submissions"));
        red.client.post(&answers, json!(["A"])).await.refused(422, "invalid");
        assert_eq!(red.answer(&held, "A").await.ok(200)["correct"], true);
    });
}

#[test]
fn a_list_of_what_is_not_there_is_not_found() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let held = red.claim(contest.question("q0")).await;
        let of = |id: &str| red.path(&format!("assignments/{id}/submissions"));
        assert_eq!(red.client.get(&of(&held)).await.ok(200)["data"], json!([]));
        red.client.get(&of("nothing")).await.refused(404, "not-found");
        blue.client.get(&of(&held)).await.refused(404, "not-found");
        let openings = contest.path("mystery-boxes/01890000-0000-7000-8000-000000000000/openings");
        contest.admin.get(&openings).await.refused(404, "not-found");
    });
}

#[test]
fn neighbours_are_counted_as_asked_or_not_at_all() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let red = contest.team("Red").await;
        let path = |around: &str| contest.path(&format!("teams/{}/standing?around={around}", red.id));
        app.anyone().get(&path("1")).await.ok(200);
        for wrong in ["300", "-1", "two"] {
            app.anyone().get(&path(wrong)).await.refused(422, "invalid");
        }
    });
}
