//! What one caller may ask for: each limit lets through what it allows, refuses what is more,
//! and keeps nobody else waiting.

use std::time::{Duration, Instant};

use podium::config::Config;
use podium::limits::Settings;
use serde_json::json;

use crate::support::{Client, Instance, Reply, Socket, TestApp, config, fifty, until};

/// A second server on the database that limits everybody as little as can be, but for `settings`.
async fn limited(app: &TestApp, settings: Settings) -> Instance {
    app.instance_set(&Config { limits: Settings { trusted: vec![], ..settings }, ..config() }).await
}

/// Nothing is limited by rate.
fn none() -> Settings {
    Settings { team_per_s: 0, staff_per_s: 0, address_per_s: 0, guesses_per_min: 0, ..Settings::default() }
}

/// Fifty requests at once: how many were let through. The others must have been told the limit.
async fn let_through(client: &Client, path: &str, policy: &str) -> usize {
    let replies = fifty(|_| client.get(path)).await;
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    refused.iter().for_each(|reply| must_tell(reply, policy));
    let through = replies.len() - refused.len();
    assert!(replies.iter().all(|reply| reply.status == 429 || reply.status == 200));
    through
}

fn must_tell(reply: &Reply, policy: &str) {
    reply.refused(429, "rate-limited");
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(reply.header("ratelimit").unwrap(), format!("\"{policy}\";r=0;t={wait}"));
    assert!(reply.header("ratelimit-policy").unwrap().starts_with(&format!("\"{policy}\";q=")));
}

/// A burst of ten, made good so slowly that the test does not see it.
fn slow(burst: u32) -> (u32, u32) {
    (1, burst)
}

/// At most one more for each second that the burst took.
fn must_be_about(allowed: usize, through: usize, took: Duration) {
    let most = allowed + usize::try_from(took.as_secs()).unwrap() + 1;
    assert!((allowed..=most).contains(&through), "{through} of {allowed} allowed, in {took:?}");
}

#[test]
fn a_team_has_a_limit_of_its_own_whoever_of_it_asks() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let join = json!({"join_code": red.join_code, "name": "Grace"});
        let joined = app.anyone().post(&contest.path("teams/join"), join).await.ok(201);
        let (team_per_s, team_burst) = slow(10);
        let here = limited(app, Settings { team_per_s, team_burst, ..none() }).await;
        let path = contest.path("assignments");
        let began = Instant::now();
        let through = let_through(&red.client.at(&here), &path, "team").await;
        must_be_about(10, through, began.elapsed());
        // A second device of the team is the same team.
        let second = app.anyone().at(&here).bearer(joined["token"].as_str().unwrap());
        assert!(let_through(&second, &path, "team").await < 10);
        blue.client.at(&here).get(&path).await.ok(200);
        app.admin().at(&here).get(&path).await.ok(200);
        app.anyone().at(&here).get("contests").await.ok(200);
        // And in time the team may ask again.
        until("it is made good", async || {
            (red.client.at(&here).get(&path).await.status == 200).then_some(())
        })
        .await;
    });
}

#[test]
fn whoever_holds_a_token_that_was_taken_away_spends_nothing_of_its_team() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let red = contest.team("Red").await;
        let (team_per_s, team_burst) = slow(10);
        let here = limited(app, Settings { team_per_s, team_burst, guesses_per_min: 5, ..none() }).await;
        red.at(&here).draw().await;
        let path = contest.path(&format!("teams/{}/token", red.id));
        let made = app.admin().poke(&path).await.ok(201);
        let lost = red.at(&here);
        let mut tries = Vec::new();
        for _ in 0..20 {
            tries.push(lost.take(json!({})).await);
        }
        let unknown = tries.iter().filter(|reply| reply.status == 401).count();
        assert!((5..20).contains(&unknown), "{unknown} tries");
        tries.iter().filter(|reply| reply.status != 401).for_each(|reply| must_tell(reply, "guess"));
        let found = app.anyone().at(&here).bearer(made["token"].as_str().unwrap());
        found.get(&contest.path("assignments")).await.ok(200);
    });
}

#[test]
fn an_admin_token_and_an_address_have_theirs() {
    TestApp::run(async |app| {
        let (staff_per_s, staff_burst) = slow(10);
        let here = limited(app, Settings { staff_per_s, staff_burst, ..none() }).await;
        let began = Instant::now();
        let through = let_through(&app.admin().at(&here), "contests", "staff").await;
        must_be_about(10, through, began.elapsed());
        let (address_per_s, address_burst) = slow(20);
        let here = limited(app, Settings { address_per_s, address_burst, ..none() }).await;
        let began = Instant::now();
        let through = let_through(&app.anyone().at(&here), "contests", "address").await;
        must_be_about(20, through, began.elapsed());
        // Those who watch over the server are never refused.
        for path in ["/livez", "/readyz", "/health", "/api/v1/health"] {
            app.anyone().at(&here).get(path).await.ok(200);
        }
        let metrics = app.admin().at(&app.instance_set(&config()).await).get("/metrics").await;
        assert!(
            metrics.body.contains("podium_rate_limited_total{limit=\"address\"} 0"),
            "each counts its own"
        );
    });
}

#[test]
fn whoever_is_trusted_is_not_limited() {
    TestApp::run(async |app| {
        let tight = Settings { address_per_s: 1, address_burst: 1, staff_per_s: 1, staff_burst: 1, ..none() };
        let here = app.instance_set(&Config { limits: tight, ..config() }).await;
        let admin = app.admin().at(&here);
        assert!(fifty(|_| admin.get("contests")).await.iter().all(|reply| reply.status == 200));
    });
}

#[test]
fn tries_at_tokens_and_codes_are_limited_by_address() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let here = limited(app, Settings { guesses_per_min: 5, ..none() }).await;
        let anyone = app.anyone().at(&here);
        let tries = fifty(|n| {
            let guess = anyone.bearer(&format!("pdm_team_{n}"));
            async move { guess.get("contests").await }
        })
        .await;
        let unknown = tries.iter().filter(|reply| reply.status == 401).count();
        assert!((5..=7).contains(&unknown), "{unknown} tries");
        tries.iter().filter(|reply| reply.status != 401).for_each(|reply| must_tell(reply, "guess"));
        let join = json!({"join_code": "WRONGONE", "name": "Eve"});
        must_tell(&anyone.post(&contest.path("teams/join"), join).await, "guess");
        let link = json!({"code": "pdm_start_x"});
        must_tell(&anyone.post("auth/start-link", link).await, "guess");
        // Whoever knows a token is not kept out by those who guess beside them.
        team.client.at(&here).get(&contest.path("assignments")).await.ok(200);
    });
}

#[test]
fn a_wrong_token_in_a_hello_is_a_try_too() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let here = limited(app, Settings { guesses_per_min: 5, ..none() }).await;
        let hello = async |auth: &str| {
            let mut socket = Socket::hello(&here.socket_url(), &contest.id, json!({"auth": auth})).await;
            socket.next().await.unwrap()
        };
        let mut unknown = 0;
        for n in 0..20 {
            let bye = hello(&format!("pdm_{}_{n}", ["team", "ticket", "admin"][n % 3])).await;
            unknown += usize::from(bye["code"] == "unauthorized");
            assert!(bye["code"] == "unauthorized" || bye["code"] == "slow-down", "{bye}");
        }
        assert!((5..=10).contains(&unknown), "{unknown} tries");
        // The address has used up its tries, however it sends them.
        must_tell(&app.anyone().at(&here).bearer("pdm_team_x").get("contests").await, "guess");
        // Whoever knows a token is let in.
        assert_eq!(hello(&team.token).await["type"], "welcome");
    });
}

#[test]
fn opening_sockets_counts_as_asking() {
    TestApp::run(async |app| {
        let (address_per_s, address_burst) = slow(10);
        let here = limited(app, Settings { address_per_s, address_burst, ..none() }).await;
        let (handshake, began) = (app.anyone().at(&here), Instant::now());
        let through = fifty(|_| handshake.get("ws")).await.iter().filter(|reply| reply.status != 429).count();
        must_be_about(10, through, began.elapsed());
    });
}

#[test]
fn what_was_refused_for_being_too_much_is_not_remembered() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let here = limited(app, Settings { team_per_s: 1, team_burst: 1, ..none() }).await;
        let keyed = team.client.at(&here).keyed("again");
        let path = contest.path("assignments");
        until("the limit is met", async || {
            (team.client.at(&here).get(&path).await.status == 429).then_some(())
        })
        .await;
        let first = keyed.post(&path, json!({})).await;
        let done = until("it is let through", async || {
            let reply = keyed.post(&path, json!({})).await;
            (reply.status != 429).then_some(reply)
        })
        .await;
        done.ok(201);
        assert!(first.status == 429 || done.header("idempotent-replayed").is_some());
        assert_eq!(app.number("SELECT count(*) FROM assignment").await, 1);
    });
}

#[test]
fn one_request_too_many_is_told_to_come_back_at_once() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let here = limited(app, Settings { max_requests: 1, ..none() }).await;
        let holder = app.connect().await;
        holder.batch_execute("BEGIN; SELECT FROM team FOR UPDATE").await.unwrap();
        let waiting = team.at(&here);
        let first = tokio::spawn(async move { waiting.take(json!({})).await });
        until("the only place is taken by whoever waits for the team", async || {
            let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                AND datname = current_database()";
            (app.number(waiting).await > 0).then_some(())
        })
        .await;
        let anyone = app.anyone().at(&here);
        anyone.get("contests").await.must_be_busy();
        assert!(!first.is_finished(), "it was told at once, and not when the place was free");
        anyone.get("/livez").await.ok(200);
        holder.batch_execute("ROLLBACK").await.unwrap();
        first.await.unwrap();
        until("the place is free again", async || (anyone.get("contests").await.status == 200).then_some(()))
            .await;
        // A socket that is open takes no place.
        let socket = Socket::hello(&here.socket_url(), &contest.id, json!({})).await;
        until("there is room beside it", async || (anyone.get("contests").await.status == 200).then_some(()))
            .await;
        drop(socket);
    });
}

#[test]
fn bodies_and_headers_have_their_limits() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        let long = "x".repeat(65 * 1024);
        app.admin().post("contests", json!({"name": long})).await.refused(413, "too-large");
        let file = vec![b' '; 10 * 1024 * 1024 + 1];
        let import = contest.path("questions/import");
        app.admin().send(&import, "application/json", file).await.refused(413, "too-large");
        let headers = app.anyone().with("x-long", &"x".repeat(17 * 1024));
        headers.get("contests").await.refused(431, "headers-too-large");
        app.anyone().with("x-long", &"x".repeat(8 * 1024)).get("contests").await.ok(200);
    });
}
