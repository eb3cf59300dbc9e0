//! Questions: the bank, their places in a contest, files in and out.

use serde_json::{Value, json};

use crate::support::{Contest, Reply, TestApp, asked, choice};

/// What the bank knows of a question; the terms belong to a contest.
fn content(name: &str) -> Value {
    let mut question = choice(name);
    let terms = ["difficulty", "category", "points"];
    question.as_object_mut().unwrap().retain(|key, _| !terms.contains(&key.as_str()));
    question
}

#[test]
fn an_edit_makes_the_next_version_and_contests_keep_theirs() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let path = format!("questions/{}", contest.question("q0"));
        let mut edited = content("q0");
        edited["answer"] = json!("B");
        let second = app.admin().put_if(&path, 1, edited.clone()).await.ok(200);
        assert_eq!((&second["version"], &second["answer"]), (&json!(2), &json!("B")));
        app.admin().put_if(&path, 1, edited).await.refused(412, "stale-version");
        let versions = app.admin().all(&format!("{path}/versions"), 1).await;
        let answers: Vec<_> = versions.iter().map(|v| (&v["version"], &v["answer"])).collect();
        assert_eq!(answers, [(&json!(2), &json!("B")), (&json!(1), &json!("A"))]);
        // The contest plays the version it was given.
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q0")).await;
        assert_eq!(team.answer(&held, "A").await.ok(200)["correct"], true);
    });
}

#[test]
fn the_bank_is_for_staff_only() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let question = contest.question("q0");
        for path in [
            "questions".to_owned(),
            format!("questions/{question}"),
            format!("questions/{question}/versions"),
            contest.path(&format!("questions/{question}")),
            contest.path("questions/export"),
        ] {
            team.client.get(&path).await.refused(403, "not-allowed");
            app.anyone().get(&path).await.refused(401, "not-authenticated");
            app.admin().get(&path).await.ok(200);
        }
        app.anyone().get(&contest.path("questions")).await.refused(401, "not-authenticated");
        let offered = team.client.all(&contest.path("questions"), 10).await;
        assert_eq!((offered.len(), &offered[0]["id"]), (1, &json!(question)));
        assert!(offered[0].get("text").is_none() && offered[0].get("options").is_none());
    });
}

#[test]
fn what_is_wrong_with_a_question_is_all_told_at_once() {
    TestApp::run(async |app| {
        let wrong = json!({"kind": "single_choice", "text": " ", "options": ["one", "two"], "answer": "C",
            "tolerance": "much"});
        let problem = app.admin().post("questions", wrong).await.refused(422, "invalid");
        let pointers: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
        assert_eq!(pointers, ["/text", "/answer", "/tolerance"]);
        app.admin().post("questions", json!({"kind": "essay", "text": "Why?"})).await.refused(422, "invalid");
    });
}

#[test]
fn a_question_that_has_its_place_stays_in_the_bank() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let placed = format!("questions/{}", contest.question("q0"));
        app.admin().delete(&placed).await.refused(409, "question-in-use");
        let free = app.admin().post("questions", content("free")).await.ok(201);
        let path = format!("questions/{}", free["id"].as_str().unwrap());
        assert_eq!(app.admin().delete(&path).await.status, 204);
        app.admin().get(&path).await.refused(404, "not-found");
        assert_eq!(app.admin().all("questions", 10).await.len(), 1);
    });
}

#[test]
fn a_placement_is_edited_locked_and_opened() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[]).await;
        let made = app.admin().post("questions", content("q")).await.ok(201)["id"].clone();
        let place = json!({"question_id": made, "difficulty": "HARD", "category": " Art ", "points": 70});
        let placed = app.admin().post(&contest.path("questions"), place).await.ok(201);
        assert_eq!(
            (&placed["category"], &placed["state"], &placed["available"]),
            (&json!("Art"), &json!("open"), &json!(true))
        );
        let path = contest.path(&format!("questions/{}", made.as_str().unwrap()));
        let team = contest.team("Red").await;
        app.admin().patch_if(&path, 1, json!({"state": "locked"})).await.ok(200);
        team.take(json!({})).await.refused(409, "pool-exhausted");
        app.admin().patch_if(&path, 1, json!({"points": 80})).await.refused(412, "stale-version");
        let edit = json!({"state": "open", "points": 80, "difficulty": "EASY"});
        app.admin().patch_if(&path, 2, edit).await.ok(200);
        let drawn = team.take(json!({"difficulty": "EASY"})).await.ok(201);
        assert_eq!(drawn["points"], 80);
        let read = app.admin().get(&path).await.ok(200);
        assert_eq!((&read["available"], &read["edit_version"]), (&json!(false), &json!(3)));
        app.admin().patch_if(&path, 3, json!({"state": "withdrawn"})).await.refused(422, "invalid");
    });
}

#[test]
fn pools_are_counted_for_teams_and_for_staff() {
    TestApp::run(async |app| {
        let contest =
            app.contest(json!({}), &[choice("a"), choice("b"), asked("m", json!({"pool": "mystery"}))]).await;
        let team = contest.team("Red").await;
        team.draw().await;
        let seen = team.client.all(&contest.path("pools"), 10).await;
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(app.admin().all(&contest.path("pools"), 1).await.len(), 2);
    });
}

async fn import(contest: &Contest, query: &str, kind: &str, file: String) -> Reply {
    contest.admin.send(&contest.path(&format!("questions/import{query}")), kind, file).await
}

#[test]
fn an_import_is_all_or_nothing_and_names_every_error() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        let file = json!([choice("good"), asked("bad", json!({"answer": "Z", "points": -1})), {"kind": "text"}, choice("good")]);
        let reply = import(&contest, "", "application/json", file.to_string()).await;
        let problem = reply.refused(422, "invalid");
        let errors = problem["errors"].as_array().unwrap();
        let pointers: Vec<_> = errors.iter().map(|e| e["pointer"].as_str().unwrap()).collect();
        assert!(pointers.contains(&"/1/answer") && pointers.contains(&"/1/points"), "{pointers:?}");
        assert!(
            pointers.iter().any(|p| p.starts_with("/2")) && pointers.iter().any(|p| p.starts_with("/3")),
            "{pointers:?}"
        );
        assert_eq!(app.number("SELECT count(*) FROM question").await, 0);
        import(&contest, "", "application/json", "[{".to_owned()).await.refused(422, "invalid");
        import(&contest, "", "application/pdf", "x".to_owned()).await.refused(415, "unsupported-media-type");
        import(&contest, "?dry_run=perhaps", "application/json", "[]".to_owned())
            .await
            .refused(422, "invalid");
    });
}

#[test]
fn a_dry_run_writes_nothing() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        let file = json!([choice("a"), choice("b")]).to_string();
        let report = import(&contest, "?dry_run=true", "application/json", file.clone()).await.ok(200);
        assert_eq!(
            (&report["dry_run"], &report["created"], &report["placed"]),
            (&json!(true), &json!(2), &json!(2))
        );
        assert_eq!(app.number("SELECT count(*) FROM question").await, 0);
        let report = import(&contest, "", "application/json", file.clone()).await.ok(200);
        assert_eq!((&report["dry_run"], &report["created"]), (&json!(false), &json!(2)));
        let again = import(&contest, "", "application/json", file).await.ok(200);
        assert_eq!(
            (&again["created"], &again["unchanged"], &again["new_versions"]),
            (&json!(0), &json!(2), &json!(0))
        );
        let changed = json!([asked("a", json!({"kind": "text", "answer": "yes"}))]).to_string();
        let report = import(&contest, "", "application/json", changed).await.ok(200);
        assert_eq!((&report["created"], &report["new_versions"]), (&json!(0), &json!(1)));
        assert_eq!(app.number("SELECT count(*) FROM question").await, 2);
    });
}

/// Every kind, with what makes a file hard to read: quotes, commas, line breaks, formulas.
fn colourful() -> Vec<Value> {
    vec![
        choice("single"),
        asked(
            "multiple",
            json!({"kind": "multiple_choice", "answer": ["A", "C"], "points": 0, "exclusive": false}),
        ),
        asked("truth", json!({"kind": "true_false", "answer": false, "pool": "mystery", "max_attempts": 3})),
        asked(
            "text",
            json!({"kind": "text", "answer": "Zürich", "aliases": ["Zurich", "=cmd|1"], "case_sensitive": true,
            "text": "A \"quote\", a comma\nand a line", "time_limit_ms": 5000}),
        ),
        asked(
            "number",
            json!({"kind": "numeric", "answer": 0.1, "tolerance": 0.05, "explanation": "+1, says -1"}),
        ),
    ]
}

#[test]
fn an_export_imports_again_to_the_same() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &colourful()).await;
        for (format, kind) in [("json", "application/json"), ("csv", "text/csv")] {
            let export = app.admin().get(&contest.path(&format!("questions/export?format={format}"))).await;
            export.ok(200);
            assert!(export.header("content-disposition").unwrap().starts_with("attachment"), "{format}");
            let again = import(&contest, "", kind, export.body.clone()).await.ok(200);
            assert_eq!(
                (&again["unchanged"], &again["new_versions"], &again["created"]),
                (&json!(5), &json!(0), &json!(0)),
                "{format}"
            );
            let other = app.draft(json!({}), &[]).await;
            import(&other, "", kind, export.body.clone()).await.ok(200);
            let copy = app.admin().get(&other.path(&format!("questions/export?format={format}"))).await;
            assert_eq!(copy.body, export.body, "{format}");
        }
    });
}
