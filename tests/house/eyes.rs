//! What operators see: the log, the metrics, and the verdict of the checker in the background.

use std::time::Duration;

use podium::config::Config;
use podium::meters::MEANINGS;
use serde_json::{Value, json};

use crate::support::{Client, Socket, Stopwatch, TestApp, config, logged, until};

/// A line of the metrics, by its name and labels.
async fn meter(client: &Client, line: &str) -> f64 {
    let page = client.get("/metrics").await;
    page.ok(200);
    let found = page.body.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {line} in\n{}", page.body)).parse().unwrap()
}

#[test]
fn metrics_are_for_staff_and_for_the_holder_of_their_token() {
    let token = "a-token-for-prometheus-of-some-length";
    let set: Config = serde_json::from_value(json!({"metrics_token": token, "check_every_ms": 0})).unwrap();
    TestApp::run_configured(set, async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        app.anyone().get("/metrics").await.refused(401, "not-authenticated");
        app.anyone().bearer("something-else").get("/metrics").await.refused(401, "not-authenticated");
        team.client.get("/metrics").await.refused(403, "not-allowed");
        for reader in [app.admin(), app.anyone().bearer(token)] {
            let page = reader.get("/metrics").await;
            assert!(page.body.contains("# TYPE podium_requests_total counter"), "{}", page.body);
            assert_eq!(page.header("cache-control"), Some("no-store"));
        }
        // The token opens nothing else.
        app.anyone().bearer(token).get("contests").await.refused(401, "not-authenticated");
    });
}

#[test]
fn whatever_is_counted_is_explained_there_and_in_the_documentation() {
    TestApp::run(async |app| {
        let page = app.admin().get("/metrics").await.body;
        let counted = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        for name in counted {
            assert!(MEANINGS.iter().any(|(known, _)| *known == name), "{name} has no meaning");
        }
        let told = include_str!("../../docs/API.md").lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("| `podium_")?.split_once("` |")?;
            Some((format!("podium_{name}"), rest.rsplit(" | ").next()?.trim_end_matches(" |").to_owned()))
        });
        let meanings = MEANINGS.iter().map(|(name, meaning)| ((*name).to_owned(), (*meaning).to_owned()));
        assert_eq!(told.collect::<Vec<_>>(), meanings.collect::<Vec<_>>());
    });
}

#[test]
fn requests_are_counted_by_route_pattern_and_never_by_path() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q0")).await;
        team.answer(&held, "A").await.ok(200);
        app.anyone().get("contests/NOSUCH").await.refused(404, "not-found");
        app.anyone().get("/no/such/page/SECRET-PATH").await.refused(404, "not-found");
        let admin = app.admin();
        let asked = |method: &str, route: &str, status: &str| {
            format!("podium_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}")
        };
        let submit = "/api/v1/contests/<contest>/assignments/<assignment>/submissions";
        assert_eq!(meter(&admin, &asked("POST", submit, "2xx")).await, 1.0);
        assert_eq!(meter(&admin, &asked("POST", submit, "5xx")).await, 0.0);
        assert!(meter(&admin, &asked("GET", "/api/v1/contests/<contest>", "4xx")).await >= 1.0);
        assert_eq!(meter(&admin, &asked("any", "unmatched", "4xx")).await, 1.0);
        let took = format!("podium_request_duration_seconds_count{{method=\"POST\",route=\"{submit}\"}}");
        assert_eq!(meter(&admin, &took).await, 1.0);
        assert!(meter(&admin, "podium_pool_wait_seconds_count{pool=\"requests\"}").await > 5.0);
        assert!(meter(&admin, "podium_pool_in_use{pool=\"requests\"}").await <= 8.0);
        let page = admin.get("/metrics").await.body;
        for secret in [contest.id.as_str(), &team.id, &team.token, "NOSUCH", "SECRET-PATH", app.staff_token()]
        {
            assert!(!page.contains(secret), "{secret} is in the metrics");
        }
    });
}

#[test]
fn sockets_and_how_they_end_are_counted() {
    TestApp::run(async |app| {
        let (contest, admin) = (app.play(1).await, app.admin());
        let url = app.first().socket_url();
        let mut socket = Socket::hello(&url, &contest.id, json!({})).await;
        socket.next_of("welcome").await;
        assert_eq!(meter(&admin, "podium_sockets").await, 1.0);
        let mut stranger = Socket::hello(&url, "NOSUCH", json!({})).await;
        stranger.must_end("not-found").await;
        contest.team("Red").await;
        socket.next_of("team_joined").await;
        drop(socket);
        for (line, least) in [
            ("podium_sockets_closed_total{reason=\"not-found\"}", 1.0),
            ("podium_sockets_closed_total{reason=\"gone\"}", 1.0),
            ("podium_fanout_seconds_count", 1.0),
        ] {
            until(line, async || (meter(&admin, line).await >= least).then_some(())).await;
        }
        until("all have gone", async || (meter(&admin, "podium_sockets").await == 0.0).then_some(())).await;
    });
}

#[test]
fn lock_timeouts_are_counted_when_tried_again_and_when_told() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let holder = app.connect().await;
        holder.batch_execute("BEGIN; SELECT FROM team FOR UPDATE").await.unwrap();
        team.take(json!({})).await.must_be_busy();
        holder.batch_execute("ROLLBACK").await.unwrap();
        let admin = app.admin();
        assert_eq!(meter(&admin, "podium_transaction_retries_total{reason=\"lock_timeout\"}").await, 1.0);
        assert_eq!(meter(&admin, "podium_busy_total{reason=\"lock_timeout\"}").await, 1.0);
    });
}

#[test]
fn what_waits_for_its_number_is_measured() {
    TestApp::run(async |app| {
        app.settle().await;
        // Whoever holds the sequencer's lock keeps events from being numbered.
        let contest = app.play(1).await;
        app.settle().await;
        let holder = app.connect().await;
        let lock = "SELECT pg_advisory_lock(hashtextextended('sequencer:' || ";
        holder.batch_execute(&format!("{lock}'{}', 0))", contest.id)).await.unwrap();
        contest.team("Red").await;
        let admin = app.admin();
        until("the outbox is seen", async || {
            (meter(&admin, "podium_outbox_rows").await >= 1.0
                && meter(&admin, "podium_outbox_age_seconds").await > 0.0)
                .then_some(())
        })
        .await;
        holder.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
    });
}

async fn health(app: &TestApp) -> Value {
    app.anyone().get("/health").await.ok(200)
}

/// Of two instances one checks, and both tell; a breach shows within 12 s.
#[test]
fn a_breach_shows_in_health_and_metrics_without_being_asked_for() {
    TestApp::run_configured(Config { check_every_ms: 10_000, ..config() }, async |app| {
        let (contest, other) = (app.play(1).await, app.instance().await);
        let team = contest.team("Red").await;
        let (here, there) = (app.admin(), app.admin().at(&other));
        let sound = until("a first check", async || {
            let health = health(app).await;
            (!health["invariants"].is_null() && health["invariants"]["contests"] == 1).then_some(health)
        })
        .await;
        assert_eq!((&sound["status"], &sound["invariants"]["ok"]), (&json!("ok"), &json!(true)));
        let since = sound["invariants"]["sound_since"].as_str().unwrap().to_owned();
        assert!(since.as_str() <= sound["invariants"]["checked_at"].as_str().unwrap());
        app.execute("UPDATE team SET wrong = 3").await;
        let planted = Stopwatch::start();
        let breached = until("the breach shows", async || {
            let health = health(app).await;
            (health["status"] == "breached").then_some(health)
        })
        .await;
        let took = planted.elapsed();
        assert!(took < Duration::from_secs(12), "it took {took:?}");
        assert_eq!(breached["invariants"]["breaches"], json!({"P1": 2}), "the judgements and the log");
        assert!(breached["invariants"]["sound_since"].is_null());
        for reader in [&here, &there] {
            let line = "podium_invariant_breaches{invariant=\"P1\"}";
            until("both tell", async || (meter(reader, line).await == 2.0).then_some(())).await;
            assert_eq!(meter(reader, "podium_invariant_breaches{invariant=\"L1\"}").await, 0.0);
            assert!(meter(reader, "podium_check_timestamp_seconds").await > 1.7e9);
        }
        assert!(logged().contains(&format!("team {}", team.id)), "the log names what is broken");
        app.execute("UPDATE team SET wrong = 0").await;
        until("it is mended", async || (health(app).await["status"] == "ok").then_some(())).await;
        assert!(health(app).await["invariants"]["sound_since"].as_str().unwrap() > since.as_str());
    });
}

/// The chain is followed from where the last check has come, so what lies behind is for
/// `podium check`; what comes after is noticed, and stays reported.
#[test]
fn the_hash_chain_is_followed_as_it_grows() {
    TestApp::run_configured(Config { check_every_ms: 1000, ..config() }, async |app| {
        let contest = app.play(1).await;
        contest.team("Red").await;
        app.settle().await;
        let head =
            format!("SELECT coalesce(max(seq), 0) FROM verified_log WHERE contest_id = '{}'", contest.id);
        until("the chain is verified", async || (app.number(&head).await >= 2).then_some(())).await;
        let verified = app.number(&head).await;
        let forge = "BEGIN; SET LOCAL session_replication_role = replica;
            INSERT INTO contest_event (contest_id, seq, kind, audience, payload, at, hash)
            SELECT contest_id, seq + 1, 'forged', 'staff', '{}', now(), 'x' FROM contest_event
            ORDER BY seq DESC LIMIT 1; COMMIT";
        app.execute(forge).await;
        for _ in 0..2 {
            let before = health(app).await["invariants"]["checked_at"].clone();
            until("a check tells of it", async || {
                let now = health(app).await["invariants"].clone();
                (now["checked_at"] != before && now["breaches"]["E1"] == 1).then_some(())
            })
            .await;
        }
        assert!(app.number(&head).await >= verified, "it does not pass over what is broken");
        let unforge = "BEGIN; SET LOCAL session_replication_role = replica;
            DELETE FROM contest_event WHERE kind = 'forged'; COMMIT";
        app.execute(unforge).await;
    });
}

/// Until the next check is late by so many seconds.
async fn due_for(app: &TestApp, seconds: u32) {
    let late = format!("SELECT count(*) FROM last_check WHERE due_at < now() - interval '{seconds} s'");
    until("it is due", async || (app.number(&late).await == 1).then_some(())).await;
}

#[test]
fn one_instance_checks_at_a_time() {
    TestApp::run_configured(Config { check_every_ms: 1000, ..config() }, async |app| {
        let checked = async || app.text("SELECT coalesce(checked_at::text, '') FROM last_check").await;
        until("it has checked", async || (!checked().await.is_empty()).then_some(())).await;
        let holder = app.connect().await;
        holder.batch_execute("SELECT pg_advisory_lock(hashtextextended('checker', 0))").await.unwrap();
        // What was found before the lock is kept after it; then it is due for long, and still
        // nobody checks.
        due_for(app, 2).await;
        let before = checked().await;
        due_for(app, 4).await;
        assert_eq!(checked().await, before);
        holder.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
        until("the next one does", async || (checked().await != before).then_some(())).await;
    });
}

/// Every secret that a caller sends or is given, sought in all that was logged.
#[test]
fn the_log_has_a_line_for_each_request_and_no_secret() {
    TestApp::run(async |app| {
        let contest = app.play(2).await;
        let team = contest.team("Red").await;
        let admin = app.admin();
        let path = contest.path(&format!("teams/{}/token", team.id));
        let reissued = admin.poke(&path).await.ok(201)["token"].as_str().unwrap().to_owned();
        let team = team.client.bearer(&reissued);
        let ticket = team.poke("ws-tickets").await.ok(201)["ticket"].as_str().unwrap().to_owned();
        let guessed = "pdm_admin_guessed0123456789";
        app.anyone().bearer(guessed).get("contests").await.refused(401, "not-authenticated");
        app.anyone().get("contests?token=SECRET-IN-QUERY&limit=x").await;
        let link = json!({"code": "pdm_start_SECRET-LINK"});
        app.anyone().post("auth/start-link", link).await.refused(401, "not-authenticated");
        let join = json!({"join_code": "SECRETJN", "name": "SECRET-NAME"});
        app.anyone().post(&contest.path("teams/join"), join).await;
        let odd = json!({"name": "Blue", "email": "SECRET@example.org", "password": "SECRET-PASSWORD"});
        app.anyone().post(&contest.path("teams"), odd).await.refused(422, "invalid");
        let id = "the-one-i-look-for";
        team.with("x-request-id", id).keyed("SECRET-KEY").get(&contest.path("assignments")).await.ok(200);
        let url = app.first().socket_url();
        Socket::hello(&url, &contest.id, json!({"auth": ticket})).await.next_of("welcome").await;
        let log = logged();
        let line = log.lines().find(|line| line.contains(id)).expect("a line for the request");
        for part in ["GET", "route=\"/api/v1/contests/<contest>/assignments\"", "status=200", "took_ms="] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
        let held = [app.staff_token().to_owned(), ticket, reissued, guessed.to_owned()];
        for secret in held.iter().map(String::as_str).chain([
            "SECRET-IN-QUERY",
            "SECRET-LINK",
            "SECRETJN",
            "SECRET-NAME",
            "SECRET@example",
            "SECRET-PASSWORD",
            "SECRET-KEY",
        ]) {
            assert!(!log.contains(secret), "the log contains {secret}");
        }
    });
}
