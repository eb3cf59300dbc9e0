//! The socket: hello, streams, resuming, tickets, and who is shown the door.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Contest, DEADLINE, Socket, Team, TestApp, until};

fn url(app: &TestApp) -> String {
    app.first().socket_url()
}

async fn correct(contest: &Contest, team: &Team, amount: i64) {
    let fix = json!({"team_id": team.id, "amount": amount, "reason": "A test"});
    contest.admin.post(&contest.path("adjustments"), fix).await.ok(201);
}

#[test]
fn a_spectator_is_welcomed_and_sees_the_board_move() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        app.settle().await;
        let mut socket = Socket::hello(&url(app), &contest.code, json!({})).await;
        let welcome = socket.next().await.unwrap();
        assert_eq!(
            (&welcome["type"], &welcome["protocol"], &welcome["state"]),
            (&json!("welcome"), &json!(1), &json!("running"))
        );
        assert_eq!(
            (&welcome["contest_id"], &welcome["streams"]),
            (&json!(contest.id), &json!(["board", "contest", "announcements"]))
        );
        let board = socket.next_of("leaderboard_snapshot").await;
        assert_eq!(board["seq"], welcome["head"]);
        assert_eq!((&board["rows"][0]["team"], &board["rows"][0]["points"]), (&json!("Red"), &json!(1000)));
        let held = team.draw().await["id"].as_str().unwrap().to_owned();
        team.answer(&held, "A").await.ok(200);
        let score = socket.next_of("score_update").await;
        assert_eq!(
            (&score["points"], &score["reason"], &score["prev"]),
            (&json!(1100), &json!("answer"), &welcome["last"]["scores"])
        );
        let update = socket.next_of("leaderboard_update").await;
        assert_eq!((&update["prev"], &update["rows"][0]["points"]), (&board["seq"], &json!(1100)));
        assert!(update["seq"].as_i64() >= score["seq"].as_i64());
        contest.go("pause").await.ok(200);
        assert_eq!(socket.next_of("contest_update").await["state"], "paused");
    });
}

#[test]
fn a_team_follows_its_own_events_and_no_others() {
    TestApp::run(async |app| {
        let contest = app.play(3).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let mut socket =
            Socket::hello(&url(app), &contest.id, json!({"auth": red.token, "streams": ["team"]})).await;
        socket.next_of("welcome").await;
        blue.draw().await;
        let held = red.draw().await["id"].as_str().unwrap().to_owned();
        let assigned = socket.next_of("team_event").await;
        assert_eq!(
            (&assigned["event"], &assigned["payload"]["assignment_id"]),
            (&json!("question_assigned"), &json!(held))
        );
        red.answer(&held, "B").await.ok(200);
        let judged = socket.next_of("team_event").await;
        assert_eq!(
            (&judged["event"], &judged["payload"]["correct"]),
            (&json!("answer_judged"), &json!(false))
        );
        assert_eq!(judged["prev"], assigned["seq"]);
        for auth in [json!({"streams": ["team"]}), json!({"auth": app.staff_token(), "streams": ["team"]})] {
            Socket::hello(&url(app), &contest.id, auth).await.must_end("unauthorized").await;
        }
    });
}

#[test]
fn a_ticket_opens_one_socket() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let ticket = team.client.poke("ws-tickets").await.ok(201)["ticket"].clone();
        let hello = json!({"auth": ticket, "streams": ["team"]});
        Socket::hello(&url(app), &contest.id, hello.clone()).await.next_of("welcome").await;
        Socket::hello(&url(app), &contest.id, hello).await.must_end("unauthorized").await;
        let old = team.client.poke("ws-tickets").await.ok(201)["ticket"].clone();
        app.execute("UPDATE ws_ticket SET expires_at = now()").await;
        Socket::hello(&url(app), &contest.id, json!({"auth": old})).await.must_end("unauthorized").await;
        app.anyone().poke("ws-tickets").await.refused(401, "not-authenticated");
    });
}

#[test]
fn a_page_of_another_origin_is_refused() {
    TestApp::run(async |app| {
        let own = app.first().base.clone();
        assert!(Socket::open_from(&url(app), Some(&own)).await.is_ok());
        for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
            let Err(tokio_tungstenite::tungstenite::Error::Http(reply)) =
                Socket::open_from(&url(app), Some(origin)).await
            else {
                panic!("{origin} may open sockets");
            };
            assert_eq!(reply.status(), 403);
        }
    });
}

#[test]
fn a_bad_hello_is_told_what_is_wrong_with_it() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        for bad in ["hello", "{}", r#"{"type":"hello","protocol":9,"contest":"X"}"#] {
            let mut socket = Socket::open(&url(app)).await;
            socket.say(bad).await;
            socket.must_end("bad-hello").await;
        }
        for nothing in ["ZZZZZZ", "", "ABCDE\u{0}", &"x".repeat(999)] {
            Socket::hello(&url(app), nothing, json!({})).await.must_end("not-found").await;
        }
        let draft = app.draft(json!({}), &[]).await;
        Socket::hello(&url(app), &draft.id, json!({})).await.must_end("not-found").await;
        Socket::hello(&url(app), &contest.id, json!({"auth": "pdm_team_x"}))
            .await
            .must_end("unauthorized")
            .await;
    });
}

#[test]
fn who_never_says_hello_is_shown_the_door() {
    TestApp::run(async |app| {
        app.play(0).await;
        Socket::open(&url(app)).await.must_end("bad-hello").await;
    });
}

#[test]
fn who_says_too_much_is_shown_the_door() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let mut socket = Socket::hello(&url(app), &contest.id, json!({})).await;
        socket.next_of("welcome").await;
        socket.rattle(r#"{"type":"pong"}"#).await;
        socket.must_end("slow-down").await;
    });
}

#[test]
fn a_team_that_is_gone_can_open_no_socket() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        contest.go("publish").await.ok(200);
        let team = contest.team("Red").await;
        team.client.delete(&contest.path(&format!("teams/{}", team.id))).await;
        Socket::hello(&url(app), &contest.id, json!({"auth": team.token}))
            .await
            .must_end("unauthorized")
            .await;
    });
}

#[test]
fn a_server_that_stops_says_so_and_another_goes_on() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let contest = app.play(0).await;
        let team = contest.team("Red").await;
        let mut socket = Socket::hello(&other.socket_url(), &contest.id, json!({})).await;
        let board = socket.next_of("leaderboard_snapshot").await;
        other.stop().await;
        let bye = socket.next_of("bye").await;
        assert_eq!(bye["code"], "drain");
        assert!(bye["reconnect_after_ms"].is_number());
        correct(&contest, &team, 5).await;
        let resume = json!({"resume": {"seq": board["seq"], "board": board["seq"]}});
        let mut socket = Socket::hello(&url(app), &contest.id, resume).await;
        assert_eq!(socket.next_of("score_update").await["points"], 1005);
    });
}

/// A client that applies what it is sent, and comes back with what it has.
#[derive(Default)]
struct Fan {
    seen: Vec<i64>,
    highest: i64,
    board: Option<i64>,
    rows: BTreeMap<String, i64>,
    last: Option<Value>,
}

impl Fan {
    fn hello(&self) -> Value {
        match self.highest {
            0 => json!({"streams": ["board"]}),
            seq => json!({"streams": ["board"], "resume": {"seq": seq, "board": self.board}}),
        }
    }

    fn apply(&mut self, frame: &Value) {
        if let Some(seq) = frame["seq"].as_i64() {
            self.highest = self.highest.max(seq);
        }
        match frame["type"].as_str().unwrap() {
            "welcome" if self.highest > 0 => assert_eq!(frame["resumed"], true, "{frame}"),
            "welcome" => self.last = Some(frame["last"]["scores"].clone()),
            "score_update" => {
                assert_eq!(Some(&frame["prev"]), self.last.as_ref(), "a frame is missing before {frame}");
                self.last = Some(frame["seq"].clone());
                self.seen.push(frame["seq"].as_i64().unwrap());
            }
            "leaderboard_snapshot" => {
                self.rows.clear();
                self.take_rows(frame);
            }
            "leaderboard_update" => {
                assert_eq!(frame["prev"].as_i64(), self.board, "{frame}");
                self.take_rows(frame);
            }
            _ => {}
        }
    }

    fn take_rows(&mut self, frame: &Value) {
        self.board = frame["seq"].as_i64();
        for row in frame["rows"].as_array().unwrap() {
            self.rows.insert(row["team"].as_str().unwrap().to_owned(), row["points"].as_i64().unwrap());
        }
    }
}

#[test]
fn a_client_that_is_killed_a_hundred_times_sees_every_number_once() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let contest = app.play(0).await;
        let teams = contest.teams(5).await;
        app.settle().await;
        let playing = {
            let (contest, teams) = (contest.clone(), teams.clone());
            tokio::spawn(async move {
                for round in 0..300_i64 {
                    correct(&contest, &teams[usize::try_from(round).unwrap() % 5], round % 7 + 1).await;
                }
            })
        };
        let urls = [url(app), other.socket_url()];
        let mut fan = Fan::default();
        for life in 0..100 {
            let mut socket = Socket::hello(&urls[life % 2], &contest.id, fan.hello()).await;
            // Each life ends in the middle of something: after the welcome and a few frames.
            for _ in 0..1 + life % 5 {
                match socket.next_within(Duration::from_millis(60)).await {
                    Ok(frame) => fan.apply(&frame.expect("an open socket")),
                    Err(_) => break,
                }
            }
        }
        playing.await.unwrap();
        app.settle().await;
        let scores = app.number("SELECT count(*) FROM contest_event WHERE kind = 'score_changed'").await;
        let head = app.number("SELECT max(seq) FROM contest_event").await;
        let mut socket = Socket::hello(&url(app), &contest.id, fan.hello()).await;
        tokio::time::timeout(DEADLINE, async {
            while fan.board.is_none_or(|seq| seq < head) {
                fan.apply(&socket.next().await.expect("an open socket"));
            }
        })
        .await
        .expect("the client catches up");
        let told = app.rows("SELECT seq FROM contest_event WHERE kind = 'score_changed' ORDER BY seq").await;
        let told: Vec<i64> = told
            .iter()
            .map(|row| row[0].parse().unwrap())
            .filter(|seq| *seq > fan_began(&fan, &told))
            .collect();
        assert_eq!(fan.seen, told);
        assert_eq!(scores, 300);
        let board = contest.board().await;
        let rows: BTreeMap<_, _> = board
            .iter()
            .map(|r| (r["team"].as_str().unwrap().to_owned(), r["points"].as_i64().unwrap()))
            .collect();
        assert_eq!(fan.rows, rows);
    });
}

/// What was told before the first hello is not owed.
fn fan_began(fan: &Fan, told: &[Vec<String>]) -> i64 {
    let first = fan.seen.first().copied().unwrap_or(i64::MAX);
    let before = told.iter().map(|row| row[0].parse::<i64>().unwrap()).filter(|seq| *seq < first);
    before.max().unwrap_or(0)
}

#[test]
fn a_reader_that_stalls_is_closed_and_bothers_nobody() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        app.settle().await;
        let stalled = Socket::narrow(&url(app), &contest.id).await;
        let mut lively = Socket::hello(&url(app), &contest.id, json!({})).await;
        let mut seq = lively.next_of("leaderboard_snapshot").await["seq"].as_i64().unwrap();
        let sockets = async || app.anyone().get("/health").await.ok(200)["sockets"].as_u64().unwrap();
        assert_eq!(sockets().await, 2);
        // Twelve megabytes in all: more than the system keeps for a connection that nobody reads.
        let flood = format!(
            "INSERT INTO outbox (contest_id, kind, audience, payload, at)
             SELECT '{}', 'contest_changed', 'public', jsonb_build_object('state', 'running', 'board', 'live',
                'name', repeat('x', 8192), 'starts_at', NULL, 'ends_at', NULL, 'freezes_at', NULL, 'ended_at', NULL,
                'paused_at', NULL), now() FROM generate_series(1, 250)",
            contest.id
        );
        for _ in 0..6 {
            app.execute(&flood).await;
            for _ in 0..250 {
                let frame = lively.next_of("contest_update").await;
                assert!(frame["seq"].as_i64().unwrap() > seq);
                seq = frame["seq"].as_i64().unwrap();
            }
        }
        until("the stalled reader is closed", async || (sockets().await == 1).then_some(())).await;
        drop(stalled);
        let team = contest.team("Red").await;
        correct(&contest, &team, 1).await;
        assert_eq!(lively.next_of("score_update").await["points"], 1001);
    });
}
