//! The live demo: anybody gives points there and nowhere else, and clients of the earlier live
//! leaderboard go on working.

use std::collections::BTreeSet;

use futures_util::future::join;
use podium::config::Config;
use podium::limits::Settings;
use serde_json::{Value, json};

use crate::support::{Client, Redis, Socket, TestApp, config, fifty, tally, until};

/// Somebody's tab, on the server with this address.
async fn tab(base: &str, user: &str) -> Socket {
    let mut socket = Socket::open(&format!("{}/ws", base.replace("http://", "ws://"))).await;
    let join = json!({"type": "join-demo", "data": {"userId": user, "sessionId": "DEMO123"}});
    socket.say(&join.to_string()).await;
    socket
}

async fn give(socket: &mut Socket, points: impl Into<Value>) {
    socket.say(&json!({"type": "update-score", "data": {"points": points.into()}}).to_string()).await;
}

/// The next board on which somebody has this score.
async fn board_with(socket: &mut Socket, user: &str, score: i64) -> Value {
    loop {
        let board = socket.next_of("leaderboard-update").await["data"].take();
        if line(&board, user).is_some_and(|line| line["score"] == score) {
            return board;
        }
    }
}

fn line(board: &Value, user: &str) -> Option<Value> {
    board["leaderboard"].as_array().unwrap().iter().find(|line| line["userId"] == user).cloned()
}

async fn leaderboard(client: &Client) -> Value {
    client.get("/api/leaderboard/DEMO123").await.ok(200)
}

async fn demo(app: &TestApp) -> String {
    app.anyone().get("demo").await.ok(200)["contest_id"].as_str().unwrap().to_owned()
}

#[test]
fn every_tab_sees_who_joins_and_who_scores() {
    TestApp::run(async |app| {
        let base = &app.first().base;
        let mut alice = tab(base, "alice").await;
        let joined = alice.next_of("participant-joined").await;
        let told = json!({"userId": "alice", "username": "Alice", "totalParticipants": 1});
        assert_eq!(joined["data"], told);
        let rank = alice.next_of("user-rank-update").await;
        assert_eq!(rank["data"], json!({"userId": "alice", "score": 0, "rank": 1}));
        let mut bob = tab(base, "bob").await;
        let joined = alice.next_of("participant-joined").await;
        assert_eq!(joined["data"], json!({"userId": "bob", "username": "Bob", "totalParticipants": 2}));
        board_with(&mut bob, "bob", 0).await;
        give(&mut alice, 25).await;
        for socket in [&mut alice, &mut bob] {
            let board = board_with(socket, "alice", 25).await;
            assert_eq!(
                board["leaderboard"],
                json!([
                    {"rank": 1, "userId": "alice", "username": "Alice", "score": 25, "isConnected": true},
                    {"rank": 2, "userId": "bob", "username": "Bob", "score": 0, "isConnected": true},
                ])
            );
            assert_eq!(board["lastUpdate"], json!({"userId": "alice", "username": "Alice", "score": 25}));
        }
        let rank = alice.next_of("user-rank-update").await;
        assert_eq!(rank["data"], json!({"userId": "alice", "score": 25, "rank": 1}));
        give(&mut bob, 50).await;
        board_with(&mut alice, "bob", 50).await;
        let rank = alice.next_of("user-rank-update").await;
        assert_eq!(rank["data"], json!({"userId": "alice", "score": 25, "rank": 2}), "she was overtaken");
        drop(bob);
        let left = async || {
            let board = leaderboard(&app.anyone()).await;
            (line(&board, "bob").unwrap()["isConnected"] == false).then_some(board)
        };
        assert_eq!(until("bob has gone", left).await["totalParticipants"], 1);
    });
}

#[test]
fn what_cannot_be_is_told_and_ends_nothing() {
    TestApp::run(async |app| {
        // A contest is current, so this is the classic socket until somebody joins.
        let contest = app.play(1).await;
        contest.go("make-current").await.ok(200);
        let mut socket = Socket::open(&format!("{}/ws", app.first().base.replace("http://", "ws://"))).await;
        assert_eq!(socket.next().await.unwrap()["type"], "leaderboard_update");
        give(&mut socket, 25).await;
        let join = |user: &str, session: &str| {
            json!({"type": "join-demo", "data": {"userId": user, "sessionId": session}}).to_string()
        };
        socket.say(&join("mallory", "DEMO123")).await;
        assert_eq!(socket.next_of("error").await["data"]["code"], "invalid");
        socket.say(&join("alice", "OTHER")).await;
        assert_eq!(socket.next_of("error").await["data"]["code"], "not-found");
        give(&mut socket, 25).await;
        assert_eq!(socket.next_of("error").await["data"]["code"], "not-allowed");
        socket.say(&join("alice", "DEMO123")).await;
        socket.next_of("user-rank-update").await;
        for points in [json!(0), json!(-25), json!(101)] {
            give(&mut socket, points).await;
            let told = socket.next_of("error").await;
            assert_eq!(told["data"], json!({"code": "invalid", "message": "/points must be 1 to 100"}));
        }
        give(&mut socket, "25").await;
        assert_eq!(socket.next_of("error").await["data"]["code"], "unreadable");
        give(&mut socket, 100).await;
        board_with(&mut socket, "alice", 100).await;
        assert_eq!(contest.board().await.len(), 0, "nothing of it has touched the current contest");
    });
}

#[test]
fn populating_gives_to_those_who_have_nothing_and_a_reset_takes_from_all() {
    TestApp::run(async |app| {
        let anyone = app.anyone();
        anyone.post("demo/points", json!({"user_id": "bob", "points": 7})).await.ok(201);
        let mut alice = tab(&app.first().base, "alice").await;
        board_with(&mut alice, "alice", 0).await;
        let filled = anyone.poke("/api/demo/populate").await.ok(200);
        assert_eq!(filled["success"], true);
        let all = filled["leaderboard"].as_array().unwrap();
        assert_eq!((all.len(), line(&filled, "bob").unwrap()["score"].as_i64()), (8, Some(7)));
        assert!(all.is_sorted_by_key(|line| line["rank"].as_i64()), "{filled}");
        assert_eq!(anyone.poke("demo/populate").await.ok(200)["changed"], 0);
        let populated = line(&filled, "alice").unwrap()["score"].as_i64().unwrap();
        board_with(&mut alice, "alice", populated).await;
        // Who has nothing and is not there is not shown; the ledger keeps all of it.
        let cleared = anyone.poke("/api/demo/reset").await.ok(200);
        let shown: Vec<_> = cleared["leaderboard"].as_array().unwrap().iter().map(|l| &l["userId"]).collect();
        assert_eq!(shown, ["alice"]);
        board_with(&mut alice, "alice", 0).await;
        assert_eq!(anyone.poke("demo/reset").await.ok(200)["changed"], 0);
        let reasons =
            app.rows("SELECT DISTINCT reason FROM ledger_entry WHERE kind = 'adjustment' ORDER BY 1").await;
        assert_eq!(reasons, [["demo"], ["demo reset"]]);
        assert_eq!(app.number("SELECT sum(amount) FROM ledger_entry").await, 0);
        // It is nobody's act of staff.
        assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE actor = 'demo'").await, 0);
    });
}

#[test]
fn fifty_changes_at_once_on_two_instances_all_count() {
    TestApp::run(async |app| {
        let elsewhere = app.instance().await;
        let (here, there) = (app.anyone(), app.anyone().at(&elsewhere));
        // Not even the contest is there yet, nor is Alice.
        let replies = fifty(|n| {
            let client = if n % 2 == 0 { &here } else { &there };
            client.post("demo/points", json!({"user_id": "alice", "points": 25}))
        })
        .await;
        assert!(replies.iter().all(|reply| reply.status == 201), "{:?}", tally(&replies));
        let told: BTreeSet<_> = replies.iter().map(|reply| reply.json["points"].as_i64().unwrap()).collect();
        assert_eq!(told, (1..=50).map(|n| n * 25).collect());
        assert_eq!(app.number("SELECT count(*) FROM contest").await, 1);
        assert_eq!(app.number("SELECT count(*) FROM team").await, 1);
        let keyed = here.keyed("again");
        let change = json!({"user_id": "alice", "points": 1});
        let first = keyed.post("demo/points", change.clone()).await;
        assert_eq!(
            (first.ok(201), keyed.post("demo/points", change).await.replayed()),
            (first.ok(201), true)
        );
    });
}

#[test]
fn resets_and_changes_at_once_lose_and_make_no_point() {
    TestApp::run(async |app| {
        let contest = demo(app).await;
        let anyone = &app.anyone();
        let replies = fifty(|n| async move {
            match n % 5 {
                0 => anyone.poke("demo/reset").await,
                1 => anyone.poke("demo/populate").await,
                _ => anyone.post("demo/points", json!({"user_id": "bob", "points": 10})).await,
            }
        })
        .await;
        assert!(replies.iter().all(|reply| reply.status < 300), "{:?}", tally(&replies));
        let ledger = "SELECT count(*) FROM ledger_entry WHERE reason = 'demo' AND amount = 10";
        assert_eq!(app.number(ledger).await, 30);
        let path = format!("contests/{contest}/leaderboard");
        let board = app.anyone().get(&path).await.ok(200);
        assert!(board["data"].as_array().unwrap().iter().all(|row| row["points"].as_i64().unwrap() >= 0));
    });
}

#[test]
fn without_the_setting_there_is_no_demo() {
    TestApp::run_configured(Config { demo: false, ..config() }, async |app| {
        let anyone = app.anyone();
        for path in ["demo", "/api/demo", "/api/leaderboard/DEMO123"] {
            anyone.get(path).await.refused(409, "demo-off");
        }
        for path in ["demo/populate", "demo/reset", "/api/demo/populate", "/api/demo/reset"] {
            anyone.poke(path).await.refused(409, "demo-off");
        }
        let gift = json!({"user_id": "alice", "points": 25});
        app.admin().post("demo/points", gift).await.refused(409, "demo-off");
        let contest = app.play(1).await;
        contest.go("make-current").await.ok(200);
        let team = contest.team("Red").await;
        let mut socket = tab(&app.first().base, "alice").await;
        assert_eq!(socket.next_of("error").await["data"]["code"], "demo-off");
        // It is the classic socket and nothing else.
        let held = team.claim(contest.question("q0")).await;
        team.answer(&held, "A").await.ok(200);
        assert_eq!(socket.next_of("score_update").await["teamName"], "Red");
        assert_eq!(app.number("SELECT count(*) FROM contest").await, 1);
    });
}

#[test]
fn points_are_given_in_demos_only() {
    TestApp::run(async |app| {
        let (contest, anyone) = (app.play(1).await, app.anyone());
        let team = contest.team("Alice").await;
        for contest in [&contest.id, &contest.code] {
            let gift = json!({"user_id": "alice", "points": 25, "contest": contest});
            anyone.post("demo/points", gift).await.refused(409, "not-a-demo");
            for path in ["populate", "reset"] {
                let path = format!("demo/{path}?contest={contest}");
                anyone.poke(&path).await.refused(409, "not-a-demo");
            }
        }
        let draft = app.draft(json!({}), &[]).await;
        for unknown in ["NOSUCH", &draft.code, &draft.id] {
            anyone.poke(&format!("demo/reset?contest={unknown}")).await.refused(404, "not-found");
        }
        assert_eq!((team.points().await, contest.board().await.len()), (1000, 1));
        // A demo that staff has made is one too.
        let made = app.admin().post("contests", json!({"name": "Stand", "kind": "demo"})).await.ok(201);
        let stand = format!("contests/{}", made["id"].as_str().unwrap());
        app.admin().poke(&format!("{stand}/publish")).await.ok(200);
        let gift = json!({"user_id": "eve", "points": 25, "contest": made["code"]});
        anyone.post("demo/points", gift).await.ok(201);
        let opening = 1000;
        let rows = anyone.get(&format!("{stand}/leaderboard")).await.ok(200);
        assert_eq!(rows["data"][0]["points"], opening + 25);
    });
}

#[test]
fn who_is_connected_elsewhere_is_shown_here() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let (one, other) = (app.instance_with(&redis.url).await, app.instance_with(&redis.url).await);
        let mut alice = tab(&one.base, "alice").await;
        alice.next_of("user-rank-update").await;
        // Words may be on their way for a moment, and the first are said when Redis is found.
        let here = app.anyone().at(&other);
        until("alice is seen on the other instance", async || {
            let board = leaderboard(&here).await;
            line(&board, "alice").filter(|line| line["isConnected"] == true)
        })
        .await;
        let mut bob = tab(&other.base, "bob").await;
        let joined = alice.next_of("participant-joined").await;
        assert_eq!(joined["data"], json!({"userId": "bob", "username": "Bob", "totalParticipants": 2}));
        give(&mut bob, 25).await;
        board_with(&mut alice, "bob", 25).await;
    });
}

#[test]
fn the_socket_of_the_demo_has_the_limits_of_its_address() {
    TestApp::run(async |app| {
        let limits = Settings { trusted: vec![], address_per_s: 1, address_burst: 6, ..Settings::default() };
        let here = app.instance_set(&Config { limits, ..config() }).await;
        let mut alice = tab(&here.base, "alice").await;
        alice.next_of("user-rank-update").await;
        for score in 1.. {
            give(&mut alice, 1).await;
            loop {
                let frame = alice.next().await.expect("an open socket");
                if frame["type"] == "error" {
                    assert_eq!((&frame["data"]["code"], score > 4), (&json!("rate-limited"), true));
                    return;
                }
                let is_board = frame["type"] == "leaderboard-update";
                if is_board && line(&frame["data"], "alice").is_some_and(|line| line["score"] == score) {
                    break;
                }
            }
        }
    });
}

#[test]
fn a_change_is_told_with_the_board_that_it_made() {
    TestApp::run(async |app| {
        let mut bob = tab(&app.first().base, "bob").await;
        bob.next_of("user-rank-update").await;
        let gifts = async {
            for user in ["alice", "eve"].iter().cycle().take(40) {
                let gift = json!({"user_id": user, "points": 1});
                app.anyone().post("demo/points", gift).await.ok(201);
            }
        };
        let watching = async {
            loop {
                let board = bob.next_of("leaderboard-update").await["data"].take();
                let last = &board["lastUpdate"];
                if let Some(user) = last["userId"].as_str() {
                    assert_eq!(line(&board, user).expect("a line")["score"], last["score"], "{board}");
                }
                let score = |user| line(&board, user).map(|line| line["score"].clone());
                if (score("alice"), score("eve")) == (Some(json!(20)), Some(json!(20))) {
                    return;
                }
            }
        };
        join(gifts, watching).await;
    });
}
