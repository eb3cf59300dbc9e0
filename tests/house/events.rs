//! The event log: numbered without a hole, chained, and each reader sees what is theirs.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Contest, Team, TestApp, choice, until};

/// A contest in which each audience was told something.
async fn told(app: &TestApp) -> (Contest, Team, Team) {
    let contest = app.contest(json!({}), &[choice("a"), choice("b")]).await;
    let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
    let held = red.claim(contest.question("a")).await;
    red.answer(&held, "A").await.ok(200);
    blue.draw().await;
    app.settle().await;
    (contest, red, blue)
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

#[test]
fn the_log_is_numbered_without_a_hole_and_its_chain_can_be_checked() {
    TestApp::run(async |app| {
        let (contest, ..) = told(app).await;
        let events = app.events(&contest.id).await;
        let numbers: Vec<_> = events.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=i64::try_from(events.len()).unwrap()).collect::<Vec<_>>());
        let texts = app
            .rows("SELECT event_text(contest_id, seq, kind, audience, team_id, payload, at, embargo) FROM contest_event ORDER BY seq")
            .await;
        let mut hash: Vec<u8> = Vec::new();
        for (event, text) in events.iter().zip(texts) {
            hash = Sha256::new().chain_update(&hash).chain_update(&text[0]).finalize().to_vec();
            let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(event["hash"], hex);
        }
    });
}

#[test]
fn each_reader_sees_what_is_theirs() {
    TestApp::run(async |app| {
        let (contest, red, blue) = told(app).await;
        let path = contest.path("events?limit=200");
        let of = async |client: crate::support::Client| {
            client.get(&path).await.ok(200)["data"].as_array().unwrap().clone()
        };
        let (public, mine, others) =
            (of(app.anyone()).await, of(red.client.clone()).await, of(blue.client.clone()).await);
        assert!(
            !kinds(&public).contains(&"question_assigned") && !kinds(&public).contains(&"contest_created")
        );
        assert!(kinds(&public).contains(&"team_registered") && kinds(&public).contains(&"score_changed"));
        assert!(kinds(&mine).contains(&"answer_judged") && !kinds(&others).contains(&"answer_judged"));
        let own = |events: &[Value], team: &Team| {
            let private = events.iter().filter(|e| e["kind"] == "question_assigned");
            private.map(|e| e["team_id"] == team.id).collect::<Vec<_>>()
        };
        assert_eq!((own(&mine, &red), own(&others, &blue)), (vec![true], vec![true]));
        assert!(public.iter().all(|event| event.get("hash").is_none()));
        let staff = of(app.admin()).await;
        assert!(staff.len() > mine.len() && kinds(&staff).contains(&"contest_created"));
    });
}

#[test]
fn a_reader_goes_on_where_it_stopped() {
    TestApp::run(async |app| {
        let (contest, ..) = told(app).await;
        let (mut since, mut seen) = (0, Vec::new());
        loop {
            let page =
                app.anyone().get(&contest.path(&format!("events?since={since}&limit=2"))).await.ok(200);
            seen.extend(page["data"].as_array().unwrap().iter().map(|e| e["seq"].as_i64().unwrap()));
            since = page["next_since"].as_i64().unwrap();
            if since >= page["head"].as_i64().unwrap() {
                break;
            }
        }
        let whole = app.anyone().get(&contest.path("events?limit=200")).await.ok(200);
        let all: Vec<_> =
            whole["data"].as_array().unwrap().iter().map(|e| e["seq"].as_i64().unwrap()).collect();
        assert_eq!(seen, all);
    });
}

#[test]
fn the_whole_log_comes_as_lines() {
    TestApp::run(async |app| {
        let (contest, red, _) = told(app).await;
        let page = red.client.get(&contest.path("events?limit=200")).await.ok(200);
        for reply in [
            red.client.get(&contest.path("events?format=ndjson")).await,
            red.client.with("accept", "application/x-ndjson").get(&contest.path("events")).await,
        ] {
            assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
            let lines: Vec<Value> =
                reply.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(json!(lines), page["data"]);
        }
        red.client.get(&contest.path("events?format=xml")).await.refused(422, "invalid");
    });
}

#[test]
fn two_servers_number_one_log() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let contest = app.play(0).await;
        let path = contest.path("teams");
        let clients = [app.anyone(), app.anyone().at(&other)];
        let made = crate::support::fifty(async |n| {
            clients[n % 2].post(&path, json!({"name": format!("Team number {n}")})).await
        })
        .await;
        assert!(made.iter().all(|reply| reply.status == 201));
        let events = app.events(&contest.id).await;
        assert_eq!(kinds(&events).iter().filter(|kind| **kind == "team_registered").count(), 50);
        // The checker proves the numbers and the chain.
    });
}

#[test]
fn an_event_of_no_contest_gets_no_number_and_keeps_nobody_else_waiting() {
    TestApp::run(async |app| {
        app.settle().await;
        let of_none = "INSERT INTO outbox (contest_id, kind, audience, payload, at)
            SELECT gen_random_uuid(), 'contest_changed', 'public', '{}', now() FROM generate_series(1, 8)";
        app.execute(of_none).await;
        let contest = app.play(1).await;
        contest.team("Red").await;
        until("everything else has its number", async || {
            (app.number("SELECT count(*) FROM outbox").await == 8).then_some(())
        })
        .await;
        app.execute("DELETE FROM outbox").await;
    });
}
