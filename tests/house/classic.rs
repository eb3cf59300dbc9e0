//! The contract of existing clients, as it was written.

use serde_json::{Value, json};

use crate::support::{Contest, Proxy, Socket, TestApp, Way, asked, choice};

async fn current(app: &TestApp) -> Contest {
    let mystery = asked("m", json!({"pool": "mystery", "difficulty": "MEDIUM"}));
    let contest = app.contest(json!({}), &[choice("q0"), choice("q1"), mystery]).await;
    let offer = json!({"difficulty": "MEDIUM", "price": 200, "reward": 400});
    app.admin().post(&contest.path("mystery-boxes"), offer).await.ok(201);
    contest.go("make-current").await.ok(200);
    contest
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn an_existing_client_plays_a_contest() {
    TestApp::run(async |app| {
        let contest = current(app).await;
        let register = json!({"teamName": "Red", "members": ["Ada"], "email": "red@example.org"});
        let made = app.admin().post("/admin/teams/register", register.clone()).await.ok(201);
        assert_eq!(
            (&made["teamName"], &made["points"], &made["registered"]),
            (&json!("Red"), &json!(1000), &json!(true))
        );
        assert!(made["teamId"].is_string() && made["token"].as_str().unwrap().starts_with("pdm_team_"));
        app.admin().post("/admin/teams/register", register).await.refused(409, "team-name-taken");

        let given = app.admin().post("/admin/teams/question", json!({"teamName": "Red"})).await;
        assert!(given.status < 300, "{}", given.body);
        assert_eq!(keys(&given.json), ["options", "points", "question", "questionId"]);
        let submit = json!({"teamName": "Red", "questionId": given.json["questionId"], "answer": "A"});
        let verdict = app.admin().post("/admin/teams/submit", submit.clone()).await.ok(200);
        assert_eq!(verdict, json!({"correct": true, "pointsEarned": 100, "totalPoints": 1100, "rank": 1}));
        app.admin().post("/admin/teams/submit", submit).await.refused(409, "already-answered");

        let open = json!({"teamName": "Red", "difficulty": "MEDIUM", "pointsDeducted": 200});
        let opened = app.admin().post("/admin/mystery/assign", open).await;
        assert!(opened.status < 300, "{}", opened.body);
        assert_eq!(
            (&opened.json["potentialPoints"], &opened.json["deductedPoints"]),
            (&json!(400), &json!(200))
        );
        let submit =
            json!({"teamName": "Red", "questionId": opened.json["mysteryQuestionId"], "answer": "A"});
        let verdict = app.admin().post("/admin/teams/submit", submit).await.ok(200);
        assert_eq!(verdict["totalPoints"], 1300);
        assert_eq!(contest.board().await[0]["points"], 1300);
    });
}

#[test]
fn a_price_that_is_not_the_price_takes_nothing() {
    TestApp::run(async |app| {
        let contest = current(app).await;
        let team = contest.team("Red").await;
        let open = json!({"teamName": "Red", "difficulty": "MEDIUM", "pointsDeducted": 1});
        app.admin().post("/admin/mystery/assign", open).await.refused(422, "price-changed");
        assert_eq!(team.points().await, 1000);
    });
}

#[test]
fn a_team_may_act_for_itself_and_nobody_for_nobody() {
    TestApp::run(async |app| {
        let contest = current(app).await;
        let (red, _) = (contest.team("Red").await, contest.team("Blue").await);
        let ask = |name: &str| json!({"teamName": name});
        app.anyone().post("/admin/teams/question", ask("Red")).await.refused(401, "not-authenticated");
        red.client.post("/admin/teams/question", ask("Blue")).await.refused(404, "not-found");
        app.admin().post("/admin/teams/question", ask("Nobody")).await.refused(404, "not-found");
        assert!(red.client.post("/admin/teams/question", ask("red")).await.status < 300);
        for path in ["/admin/teams", "/admin/questions", "/admin/mystery"] {
            red.client.get(path).await.refused(403, "not-allowed");
            app.anyone().get(path).await.refused(401, "not-authenticated");
            app.admin().get(path).await.ok(200);
        }
    });
}

#[test]
fn without_a_current_contest_there_is_nothing() {
    TestApp::run(async |app| {
        app.play(1).await;
        app.admin().post("/admin/teams/question", json!({"teamName": "Red"})).await.refused(404, "not-found");
        app.admin().get("/admin/teams").await.refused(404, "not-found");
    });
}

#[test]
fn the_classic_socket_speaks_at_once() {
    TestApp::run(async |app| {
        let contest = current(app).await;
        let team = contest.team("Red").await;
        app.settle().await;
        let mut socket = Socket::open(&app.first().socket_url().replace("/api/v1/ws", "/ws")).await;
        let board = socket.next_of("leaderboard_update").await;
        assert_eq!(keys(&board), ["leaderboard", "type"]);
        assert_eq!(board["leaderboard"].as_array().unwrap().len(), 1);
        let held = team.draw().await["id"].as_str().unwrap().to_owned();
        team.answer(&held, "A").await.ok(200);
        let score = socket.next_of("score_update").await;
        assert_eq!(score, json!({"type": "score_update", "teamName": "Red", "points": 1100}));
        let board = socket.next_of("leaderboard_update").await;
        assert!(board.to_string().contains("1100"), "{board}");
    });
}

#[test]
fn the_classic_socket_stays_and_says_nothing_of_a_database_that_is_away() {
    TestApp::run(async |app| {
        let contest = current(app).await;
        let team = contest.team("Red").await;
        app.settle().await;
        let proxy = Proxy::before(&app.url).await;
        let here = app.instance_at(&proxy.url).await;
        let mut classic = Socket::open(&here.socket_url().replace("/api/v1/ws", "/ws")).await;
        classic.next_of("leaderboard_update").await;
        let mut other = Socket::hello(&here.socket_url(), &contest.id, json!({})).await;
        other.next_of("leaderboard_snapshot").await;
        for (way, degraded) in [(Way::Refused, true), (Way::Open, false)] {
            proxy.set(way);
            assert_eq!(other.next_of("degraded").await["degraded"], degraded);
        }
        let held = team.draw().await["id"].as_str().unwrap().to_owned();
        team.answer(&held, "A").await.ok(200);
        loop {
            let frame = classic.next().await.expect("the same socket");
            match frame["type"].as_str() {
                Some("leaderboard_update") => {}
                Some("score_update") => break assert_eq!(frame["points"], 1100),
                _ => panic!("{frame}"),
            }
        }
    });
}

#[test]
fn questions_are_written_read_and_removed() {
    TestApp::run(async |app| {
        current(app).await;
        for base in ["/admin/questions", "/admin/mystery"] {
            let input = json!({"question": "Which?", "options": ["this", "that"], "answer": "B", "difficulty": "HARD"});
            let made = app.admin().post(base, input).await.ok(201);
            let id = made["questionId"].as_str().or(made["id"].as_str()).expect("an id").to_owned();
            let path = format!("{base}/{id}");
            assert_eq!(app.admin().get(&path).await.ok(200)["question"], "Which?");
            let deleted = app.admin().delete(&path).await;
            assert!(deleted.status < 300, "{}", deleted.body);
        }
    });
}
