//! What clients ask for over their sockets: the same commands as by REST, with the same refusals.

use std::time::Instant;

use podium::config::Config;
use podium::limits::Settings;
use serde_json::{Value, json};

use crate::support::{Contest, Socket, Team, TestApp, config, problem};

async fn socket(app: &TestApp, contest: &Contest, auth: Value) -> Socket {
    let mut socket = Socket::hello(&app.first().socket_url(), &contest.id, json!({"auth": auth})).await;
    socket.next_of("welcome").await;
    socket
}

/// Asks for something and hears what came of it.
async fn ask(socket: &mut Socket, errand: Value) -> Value {
    socket.say(&errand.to_string()).await;
    loop {
        let frame = socket.next().await.expect("a reply");
        if ["refused", "submission_result", "chat_sent"].contains(&frame["type"].as_str().unwrap()) {
            return frame;
        }
    }
}

/// What was asked for must be refused for this reason.
async fn must_refuse(socket: &mut Socket, errand: Value, slug: &str) -> Value {
    let reply = ask(socket, errand).await;
    assert_eq!(reply["type"], "refused", "{reply}");
    assert_eq!(reply["problem"]["type"], format!("/problems/{slug}"), "{reply}");
    assert!(reply["problem"]["request_id"].is_string() && reply["problem"]["status"].is_number(), "{reply}");
    reply
}

async fn held(contest: &Contest, name: &str) -> (Team, String) {
    let team = contest.team(name).await;
    let held = team.claim(contest.question(if name == "Red" { "q0" } else { "q1" })).await;
    (team, held)
}

#[test]
fn an_answer_by_socket_is_an_answer() {
    TestApp::run(async |app| {
        let contest = app.play(2).await;
        let (red, held) = held(&contest, "Red").await;
        let mut line = socket(app, &contest, json!(red.token)).await;
        let right = json!({"type": "submission", "assignment_id": held, "answer": "A", "key": "first"});
        let reply = ask(&mut line, right.clone()).await;
        assert_eq!(
            (&reply["type"], &reply["key"], &reply["replayed"]),
            (&json!("submission_result"), &json!("first"), &json!(false))
        );
        let result = &reply["result"];
        assert_eq!(
            (&result["correct"], &result["points_earned"], &result["total_points"]),
            (&json!(true), &json!(100), &json!(1100))
        );
        let again = ask(&mut line, right).await;
        assert_eq!((&again["result"], &again["replayed"]), (result, &json!(true)));
        let other = json!({"type": "submission", "assignment_id": held, "answer": "B", "key": "first"});
        must_refuse(&mut line, other, "idempotency-key-reused").await;
        let late = json!({"type": "submission", "assignment_id": held, "answer": "B"});
        let reply = must_refuse(&mut line, late, "already-answered").await;
        assert_eq!((&reply["to"], &reply["problem"]["status"]), (&json!("submission"), &json!(409)));
        assert_eq!(red.ledger().await.len(), 2, "the opening and one award");
    });
}

#[test]
fn nobody_sets_their_own_points() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let (red, held) = held(&contest, "Red").await;
        let mut line = socket(app, &contest, json!(red.token)).await;
        for more in [json!({"points": 500}), json!({"points_earned": 1}), json!({"team_id": red.id})] {
            let mut errand = json!({"type": "submission", "assignment_id": held, "answer": "A"});
            errand.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let reply = must_refuse(&mut line, errand, "invalid").await;
            let name = more.as_object().unwrap().keys().next().unwrap();
            assert!(reply["problem"]["errors"][0]["detail"].as_str().unwrap().contains(name), "{reply}");
        }
        assert_eq!((red.points().await, app.number("SELECT count(*) FROM submission").await), (1000, 0));
    });
}

#[test]
fn what_cannot_be_understood_or_is_not_theirs_is_refused_and_the_socket_stays() {
    TestApp::run(async |app| {
        let contest = app.play(2).await;
        let ((red, mine), (blue, theirs)) = (held(&contest, "Red").await, held(&contest, "Blue").await);
        let answer =
            |assignment: &str| json!({"type": "submission", "assignment_id": assignment, "answer": "A"});
        let mut line = socket(app, &contest, json!(red.token)).await;
        must_refuse(&mut line, answer(&theirs), "not-found").await;
        must_refuse(&mut line, json!({"type": "dance"}), "invalid").await;
        must_refuse(&mut line, json!(["submission"]), "invalid").await;
        must_refuse(&mut line, json!({"type": "chat", "message": "psst"}), "not-found").await;
        line.say("{").await;
        assert_eq!(line.next_of("refused").await["problem"]["type"], "/problems/unreadable");
        let keyed = json!({"type": "submission", "assignment_id": mine, "answer": "A", "key": ""});
        must_refuse(&mut line, keyed, "invalid").await;
        assert_eq!(ask(&mut line, answer(&mine)).await["result"]["correct"], true);

        let mut nobody = socket(app, &contest, Value::Null).await;
        must_refuse(&mut nobody, answer(&theirs), "not-authenticated").await;
        let mut staff = socket(app, &contest, json!(app.staff_token())).await;
        must_refuse(&mut staff, answer(&theirs), "not-allowed").await;
        let other = app.play(1).await;
        let mut elsewhere = socket(app, &other, json!(blue.token)).await;
        must_refuse(&mut elsewhere, answer(&theirs), "not-allowed").await;
        assert_eq!(app.number("SELECT count(*) FROM submission").await, 1);
    });
}

#[test]
fn whoever_is_not_who_they_were_is_shown_the_door() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let (red, held) = held(&contest, "Red").await;
        let mut line = socket(app, &contest, json!(red.token)).await;
        contest.admin.poke(&contest.path(&format!("teams/{}/token", red.id))).await.ok(201);
        line.say(&json!({"type": "submission", "assignment_id": held, "answer": "A"}).to_string()).await;
        line.must_end("revoked").await;
        assert_eq!(app.number("SELECT count(*) FROM submission").await, 0);
    });
}

#[test]
fn talk_by_socket_has_the_limits_of_talk() {
    TestApp::run(async |app| {
        let room = app.room(2).await;
        let limits = Settings { trusted: vec![], messages_per_s: 1, message_burst: 3, ..Settings::default() };
        let here = app.instance_set(&Config { limits, ..config() }).await;
        let mut ada = room.members[0].socket(&here, json!({"streams": ["chat"]})).await;
        let mut bob = room.members[1].socket(app.first(), json!({"streams": ["chat"]})).await;
        bob.next_of("welcome").await;
        let hello = json!({"type": "chat", "message": " Hello ", "key": "h"});
        let sent = ask(&mut ada, hello.clone()).await;
        assert_eq!((&sent["type"], &sent["replayed"]), (&json!("chat_sent"), &json!(false)));
        let heard = bob.next_of("chat").await;
        assert_eq!(
            (&heard["message"], &heard["message_id"]),
            (&json!("Hello"), &sent["result"]["message_id"])
        );
        assert_eq!(ask(&mut ada, hello).await["replayed"], true);
        let refused = loop {
            let reply = ask(&mut ada, json!({"type": "chat", "message": "And more"})).await;
            if reply["type"] == "refused" {
                break reply;
            }
        };
        assert_eq!(refused["problem"]["type"], "/problems/rate-limited");
        assert_eq!(refused["retry_after_s"], 1);
        must_refuse(&mut bob, json!({"type": "chat", "message": "two\nlines"}), "invalid").await;
        app.admin().put(&room.path(&format!("mutes/{}", room.members[1].team))).await.ok(204);
        must_refuse(&mut bob, json!({"type": "chat", "message": "quiet?"}), "muted").await;
        bob.rattle(r#"{"type":"pong"}"#).await;
        bob.must_end("slow-down").await;
    });
}

#[test]
fn a_problem_of_a_room_is_answered_by_its_name() {
    TestApp::run(async |app| {
        let room = app.room_with(&[problem("p1")], 2).await;
        let [ada, bob] = &room.members[..] else { panic!("two members") };
        let mut socket = bob.socket(app.first(), json!({})).await;
        let answer = json!({"type": "submission", "problem_id": "p1", "answer": "8"});
        let reply = ask(&mut socket, answer.clone()).await;
        let result = &reply["result"];
        assert_eq!(
            (&result["problem_id"], &result["points_earned"], &result["first_correct"]),
            (&json!("p1"), &json!(30), &json!(true))
        );
        must_refuse(&mut socket, answer, "already-answered").await;
        must_refuse(
            &mut socket,
            json!({"type": "submission", "problem_id": "p2", "answer": "8"}),
            "not-found",
        )
        .await;
        let mine = json!({"type": "submission", "problem_id": "p1", "points": 20});
        must_refuse(&mut socket, mine, "invalid").await;
        must_refuse(&mut socket, json!({"type": "submission", "answer": "8"}), "invalid").await;
        assert_eq!(ada.account.solve(&room.contest.code, "p1", "8").await.ok(200)["points_earned"], 20);
    });
}

#[test]
fn what_cannot_be_read_costs_as_much_as_what_can() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let red = contest.team("Red").await;
        let limits = Settings { trusted: vec![], team_per_s: 1, team_burst: 5, ..Settings::default() };
        let here = app.instance_set(&Config { limits, ..config() }).await;
        let began = Instant::now();
        let mut slugs = Vec::new();
        for _ in 0..3 {
            let hello = json!({"auth": red.token, "streams": ["team"]});
            let mut line = Socket::hello(&here.socket_url(), &contest.id, hello).await;
            for _ in 0..8 {
                line.say("{").await;
                slugs.push(line.next_of("refused").await["problem"]["type"].as_str().unwrap().to_owned());
            }
        }
        let read = slugs.iter().filter(|slug| *slug == "/problems/unreadable").count();
        assert!(
            slugs.iter().all(|slug| ["/problems/unreadable", "/problems/rate-limited"].contains(&&**slug))
        );
        let most = 5 + 1 + usize::try_from(began.elapsed().as_secs()).unwrap();
        assert!((5..=most).contains(&read), "{read} of 24 were let in");
    });
}

#[test]
fn what_is_said_by_socket_counts_for_the_address_too() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let limits = Settings { trusted: vec![], address_per_s: 1, address_burst: 6, ..Settings::default() };
        let here = app.instance_set(&Config { limits, ..config() }).await;
        let mut nobody = Socket::hello(&here.socket_url(), &contest.id, json!({})).await;
        let mut slugs = Vec::new();
        while !slugs.contains(&json!("/problems/rate-limited")) {
            nobody.say(r#"{"type":"chat","message":"?"}"#).await;
            slugs.push(nobody.next_of("refused").await["problem"]["type"].clone());
        }
        assert!(slugs.contains(&json!("/problems/not-authenticated")), "{slugs:?}");
    });
}
