//! Instances share what callers have spent, through a Redis that nobody ever waits for.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use podium::config::Config;
use podium::limits::Settings;

use crate::support::{Client, Contest, Instance, Redis, Stopwatch, TestApp, config, fifty, until};

/// Only teams are limited, and nobody is trusted.
fn teams(team_per_s: u32, team_burst: u32) -> Config {
    let limits = Settings {
        trusted: vec![],
        team_per_s,
        team_burst,
        staff_per_s: 0,
        address_per_s: 0,
        guesses_per_min: 0,
        ..Settings::default()
    };
    Config { limits, ..config() }
}

/// Two instances that share this Redis.
async fn pair(app: &TestApp, redis: &Redis, config: &Config) -> [Instance; 2] {
    let pair =
        [app.instance_with_set(&redis.url, config).await, app.instance_with_set(&redis.url, config).await];
    must_hear_each_other(app, &pair).await;
    pair
}

async fn must_hear_each_other(app: &TestApp, pair: &[Instance; 2]) {
    for instance in pair {
        until("words come back", async || {
            let health = app.anyone().at(instance).get("/health").await.json;
            (health["fanout"] == "redis").then_some(())
        })
        .await;
    }
}

async fn is_let_through(client: &Client, path: &str) -> bool {
    match client.get(path).await.status {
        200 => true,
        429 => false,
        status => panic!("{status}"),
    }
}

async fn let_through(client: &Client, path: &str) -> usize {
    fifty(|_| client.get(path)).await.iter().filter(|reply| reply.status == 200).count()
}

/// A burst that is made good so slowly that only seconds add to it.
const BURST: u32 = 40;
const SLOWLY: u32 = 1;

/// What a team spends at the first instance is spent at the second.
async fn must_count_together(contest: &Contest, team: &str, pair: &[Instance; 2]) {
    let team = contest.team(team).await.client;
    let (path, began) = (contest.path("assignments"), Instant::now());
    let mut through = let_through(&team.at(&pair[0]), &path).await;
    let (there, mut early) = (team.at(&pair[1]), 0);
    // Until the word has come, it lets one through each time that it is asked.
    while is_let_through(&there, &path).await {
        early += 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    through += let_through(&there, &path).await;
    let burst = usize::try_from(BURST).unwrap();
    assert!(early < burst, "it has heard of nothing, and counted alone");
    let most = burst + usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    println!("{through} let through by two instances, {most} at most, and {early} before they had heard");
    assert!((burst..=most).contains(&through), "{through} of {burst} to {most}");
}

#[test]
fn what_a_team_spends_at_one_instance_is_spent_at_the_other() {
    TestApp::run(async |app| {
        let (redis, contest) = (Redis::start().await, app.play(0).await);
        let pair = pair(app, &redis, &teams(SLOWLY, BURST)).await;
        // Each team has its own.
        for team in ["Red", "Blue"] {
            must_count_together(&contest, team, &pair).await;
        }
    });
}

#[test]
fn who_asks_both_instances_all_the_time_gets_once_the_limit() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let (rate, burst, time) = (20, 10, Duration::from_secs(4));
        let pair = pair(app, &redis, &teams(rate, burst)).await;
        let contest = app.play(0).await;
        let red = contest.team("Red").await.client;
        let (path, began) = (contest.path("assignments"), Instant::now());
        let ask = async |client: Client| {
            let (mut asked, mut through) = (0, 0);
            while began.elapsed() < time {
                asked += 1;
                through += u32::from(is_let_through(&client, &path).await);
            }
            (asked, through)
        };
        let counts = join_all([0, 1, 0, 1].map(|n| ask(red.at(&pair[n])))).await;
        let asked: u32 = counts.iter().map(|(asked, _)| asked).sum();
        let through: u32 = counts.iter().map(|(_, through)| through).sum();
        let alone = burst + rate * u32::try_from(began.elapsed().as_secs()).unwrap();
        println!("{through} let through in {:?}; one instance would let through {alone}", began.elapsed());
        // One burst more when both are asked at once, and what comes while words are late.
        assert!(through <= alone + burst + rate, "{through} of {alone}");
        assert!(through >= alone.min(asked) * 3 / 4, "{through} of {alone}, of {asked} that were asked");
    });
}

#[test]
fn without_redis_each_instance_counts_alone_and_nobody_waits() {
    TestApp::run(async |app| {
        let mut redis = Redis::start().await;
        let pair = pair(app, &redis, &teams(SLOWLY, BURST)).await;
        let contest = app.play(0).await;
        let (red, path) = (contest.team("Red").await.client, contest.path("assignments"));
        // It takes what is sent and answers nothing: the slowest way to be away.
        redis.stop();
        let mut times = Vec::new();
        for instance in &pair {
            let client = red.at(instance);
            for _ in 0..BURST {
                let began = Stopwatch::start();
                assert!(is_let_through(&client, &path).await, "it knows nothing of the other");
                times.push(began.elapsed());
            }
        }
        times.sort_unstable();
        let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
        println!("Redis is stopped: median {median:?}, slowest {slowest:?}");
        // A call to Redis would take 200 ms.
        assert!(median < Duration::from_millis(100), "{median:?}");
        redis.kill().await;
        redis.revive().await;
        must_hear_each_other(app, &pair).await;
        must_count_together(&contest, "Blue", &pair).await;
    });
}
