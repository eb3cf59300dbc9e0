//! Two instances and a Redis that may be there or not: boards are right, and no write notices.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Contest, Instance, Proxy, Redis, Socket, Stopwatch, Team, TestApp, Way, until};

/// How late a board may be when Redis does not help.
const LATE: Duration = Duration::from_secs(2);

async fn reach(app: &TestApp, instance: &Instance) -> (u16, String, String) {
    let health = app.anyone().at(instance).get("/health").await;
    let text = |key: &str| health.json[key].as_str().unwrap().to_owned();
    (health.status, text("status"), text("fanout"))
}

/// Two instances that hear each other through this Redis.
async fn pair(app: &TestApp, redis: &str) -> [Instance; 2] {
    let pair = [app.instance_with(redis).await, app.instance_with(redis).await];
    hear_each_other(app, &pair).await;
    pair
}

async fn hear_each_other(app: &TestApp, pair: &[Instance; 2]) {
    for instance in pair {
        until("words come back", async || {
            let (status, ..) = reach(app, instance).await;
            (reach(app, instance).await.2 == "redis" && status == 200).then_some(())
        })
        .await;
    }
}

/// Follows the board of one team until it shows these points.
async fn shows(board: &mut Socket, points: i64) {
    loop {
        let frame = board.next().await.expect("an open socket");
        let rows = frame["rows"].as_array().cloned().unwrap_or_default();
        if rows.iter().any(|row| row["points"] == points) {
            return;
        }
    }
}

/// How often an instance told its sockets something because a word had come.
async fn woken(app: &TestApp, instance: &Instance) -> u64 {
    let page = app.admin().at(instance).get("/metrics").await.body;
    let count = page.lines().find_map(|line| line.strip_prefix("podium_fanout_seconds_count "));
    count.map_or(0, |count| count.parse().unwrap())
}

struct Play<'a> {
    app: &'a TestApp,
    contest: Contest,
    red: Team,
    points: i64,
    boards: Vec<Socket>,
}

impl<'a> Play<'a> {
    async fn begin(app: &'a TestApp, pair: &[Instance; 2]) -> Self {
        let contest = app.play(0).await;
        let red = contest.team("Red").await;
        app.settle().await;
        let mut boards = Vec::new();
        for instance in pair {
            let mut board =
                Socket::hello(&instance.socket_url(), &contest.id, json!({"streams": ["board"]})).await;
            board.next_of("leaderboard_snapshot").await;
            boards.push(board);
        }
        Self { app, contest, red, points: 1000, boards }
    }

    /// A write at one instance, and how long it took and until both boards showed it.
    async fn score(&mut self, at: &Instance) -> (Duration, Duration) {
        let staff = self.app.admin().at(at);
        let began = Stopwatch::start();
        let gift = json!({"team_id": self.red.id, "amount": 1, "reason": "A gift"});
        staff.post(&self.contest.path("adjustments"), gift).await.ok(201);
        let (written, _) = (began.elapsed(), self.points += 1);
        for board in &mut self.boards {
            shows(board, self.points).await;
        }
        (written, began.elapsed())
    }
}

#[test]
fn whatever_becomes_of_redis_no_write_fails_and_every_board_is_right() {
    TestApp::run(async |app| {
        let mut redis = Redis::start().await;
        let pair = pair(app, &redis.url).await;
        let mut play = Play::begin(app, &pair).await;
        let all_is_well = async |play: &mut Play<'_>, fault: &str| {
            for at in &pair {
                let (written, shown) = play.score(at).await;
                println!("{fault}: written in {written:?}, on both boards after {shown:?}");
                assert!(shown < LATE, "{fault}: {shown:?}");
            }
        };
        all_is_well(&mut play, "Redis is there").await;

        redis.empty().await;
        all_is_well(&mut play, "emptied").await;
        hear_each_other(app, &pair).await;

        redis.stop();
        all_is_well(&mut play, "stopped").await;
        for instance in &pair {
            until("it is noticed", async || (reach(app, instance).await.2 == "lost").then_some(())).await;
            let (status, word, _) = reach(app, instance).await;
            assert_eq!((status, word.as_str()), (200, "degraded"));
            app.anyone().at(instance).get("/readyz").await.ok(200);
        }
        all_is_well(&mut play, "still stopped").await;
        redis.go_on();
        hear_each_other(app, &pair).await;

        redis.kill().await;
        all_is_well(&mut play, "killed").await;
        redis.revive().await;
        hear_each_other(app, &pair).await;
        all_is_well(&mut play, "back again").await;
    });
}

#[test]
fn a_slow_or_dead_way_to_redis_costs_freshness_only() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let proxy = Proxy::before(&redis.url).await;
        let pair = pair(app, &proxy.url).await;
        let mut play = Play::begin(app, &pair).await;
        for way in [Way::Slow(Duration::from_millis(300)), Way::Dead, Way::Mute, Way::Refused] {
            proxy.set(way);
            for at in &pair {
                let (written, shown) = play.score(at).await;
                println!("{way:?}: written in {written:?}, on both boards after {shown:?}");
                assert!(shown < LATE, "{way:?}: {shown:?}");
            }
            proxy.set(Way::Open);
            proxy.cut();
            hear_each_other(app, &pair).await;
        }
    });
}

#[test]
fn a_word_wakes_the_other_instance_long_before_it_would_look_by_itself() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let pair = pair(app, &redis.url).await;
        let mut play = Play::begin(app, &pair).await;
        let mut waits = Vec::new();
        let before = woken(app, &pair[1]).await;
        for _ in 0..20 {
            waits.push(play.score(&pair[0]).await.1);
        }
        waits.sort_unstable();
        println!("written until shown on both: median {:?}, worst {:?}", waits[10], waits[19]);
        // Each round begins right after it has looked, and by itself it looks every 500 ms: a word that came
        // later than that would find nothing new.
        let woken = woken(app, &pair[1]).await - before;
        assert!(woken > 10, "{woken} of 20 changes were found because of a word");
    });
}

#[test]
fn words_that_are_doubled_old_wrong_or_nonsense_do_no_harm() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let pair = pair(app, &redis.url).await;
        let mut play = Play::begin(app, &pair).await;
        let channel = format!("{}:words", app.url);
        let word = |seq: i64| {
            let from = "00000000-0000-4000-8000-000000000000";
            json!({"from": from, "contest": play.contest.id, "what": "numbered", "seq": seq}).to_string()
        };
        let words = [word(1), word(1), word(999_999), word(-1), "nonsense".to_owned(), "{}".to_owned()];
        for text in words {
            redis.say(&channel, &text).await;
        }
        let (_, shown) = play.score(&pair[0]).await;
        assert!(shown < LATE);
        let events: Vec<Value> = app.events(&play.contest.id).await;
        let shown = app.anyone().at(&pair[1]).get(&play.contest.path("leaderboard")).await.ok(200);
        assert_eq!(shown["seq"], events.len());
    });
}

#[test]
fn watchers_are_counted_on_all_instances() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let pair = pair(app, &redis.url).await;
        let mut play = Play::begin(app, &pair).await;
        let counts = async |count: u64| {
            for instance in &pair {
                until("watchers are counted", async || {
                    let health = app.admin().at(instance).get("/health").await.json;
                    (health["watched"][&play.contest.id] == count && health["watchers"] == count)
                        .then_some(())
                })
                .await;
            }
        };
        counts(2).await;
        play.boards.pop();
        counts(1).await;
    });
}
