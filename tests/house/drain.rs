//! Stopping: the real program is sent a signal, and nobody loses anything by it.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Server, Socket, Stopwatch, TestApp, until};

/// From the signal to the end of the process.
const LIMIT: Duration = Duration::from_secs(8);

#[test]
fn a_server_that_is_told_to_stop_finishes_what_it_does_and_tells_its_sockets() {
    TestApp::run(async |app| {
        for signal in [Signal::TERM, Signal::INT] {
            let contest = app.play(1).await;
            let red = contest.team("Red").await;
            let server = Server::start(app, &[]).await;
            let (anyone, team) = (server.to(&app.anyone()), server.to(&red.client));
            let mut socket = Socket::hello(&server.socket_url(), &contest.id, json!({})).await;
            socket.next_of("leaderboard_snapshot").await;
            anyone.get("/readyz").await.ok(200);

            // A request that is under way for as long as we like: it waits for this lock.
            let mut blocker = app.connect().await;
            let lock = blocker.transaction().await.unwrap();
            let held = format!("SELECT FROM team WHERE id = '{}' FOR UPDATE", red.id);
            lock.batch_execute(&held).await.unwrap();
            let path = contest.path("assignments");
            let drawing = tokio::spawn(async move { team.post(&path, json!({})).await });
            let waits = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
            until("the request waits", async || (app.number(waits).await > 0).then_some(())).await;

            let told = Stopwatch::start();
            server.signal(signal);
            until("it is not ready", async || {
                let reply = anyone.get("/readyz").await;
                if reply.status == 503 {
                    reply.must_be_busy();
                    assert_eq!(reply.header("connection"), Some("close"));
                }
                (reply.status == 503).then_some(())
            })
            .await;
            // Whoever has not noticed yet is still served.
            anyone.get(&contest.path("leaderboard")).await.ok(200);
            let health = anyone.get("/health").await;
            assert_eq!((health.status, &health.json["status"]), (503, &json!("draining")));
            lock.rollback().await.unwrap();
            drawing.await.unwrap().ok(201);

            let bye = socket.next_of("bye").await;
            assert_eq!(bye["code"], "drain");
            assert!((200..2000).contains(&bye["reconnect_after_ms"].as_u64().unwrap()));
            assert_eq!(server.ended().await, 0);
            assert!(told.elapsed() < LIMIT, "{:?}", told.elapsed());
        }
    });
}

#[test]
fn a_request_that_is_under_way_when_listening_ends_is_answered() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let red = contest.team("Red").await;
        let server = Server::start(app, &[("PODIUM_DRAIN_MS", "0")]).await;
        let (anyone, team) = (server.to(&app.anyone()), server.to(&red.client));
        let mut blocker = app.connect().await;
        let lock = blocker.transaction().await.unwrap();
        lock.batch_execute(&format!("SELECT FROM team WHERE id = '{}' FOR UPDATE", red.id)).await.unwrap();
        let path = contest.path("assignments");
        let drawing = tokio::spawn(async move { team.post(&path, json!({})).await });
        let waits = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        until("the request waits", async || (app.number(waits).await > 0).then_some(())).await;
        server.signal(Signal::TERM);
        until("nobody listens", async || anyone.try_get("/livez").await.is_err().then_some(())).await;
        lock.rollback().await.unwrap();
        drawing.await.unwrap().ok(201);
        assert_eq!(server.ended().await, 0);
    });
}
