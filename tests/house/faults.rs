//! The way to PostgreSQL breaks: whoever asks is told so in time, boards are shown as they were,
//! and everything goes on by itself.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{
    Client, Contest, Instance, POOL, Proxy, Reply, Socket, Stopwatch, Team, TestApp, Way, choice, until,
};

/// In which time whoever cannot be served must hear that; and what a busy machine may add.
const SOON: Duration = Duration::from_secs(2);
const SLACK: Duration = Duration::from_millis(500);

/// In which time everything works once the database is back.
const BACK: Duration = Duration::from_secs(1);

/// A contest, and a server whose way to the database can be broken.
struct Scene<'a> {
    app: &'a TestApp,
    proxy: Proxy,
    server: Instance,
    contest: Contest,
    red: Team,
}

impl<'a> Scene<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let proxy = Proxy::before(&app.url).await;
        let server = app.instance_at(&proxy.url).await;
        let contest = app.play(3).await;
        let red = contest.team("Red").await.at(&server);
        app.settle().await;
        let scene = Self { app, proxy, server, contest, red };
        // The board has been read once, by several at a time: there are connections to lose.
        for reply in join_all((0..6).map(async |_| scene.board(&scene.anyone()).await)).await {
            assert!(reply.ok(200).get("stale_since").is_none());
        }
        scene
    }

    fn anyone(&self) -> Client {
        self.app.anyone().at(&self.server)
    }

    fn staff(&self) -> Client {
        self.app.admin().at(&self.server)
    }

    async fn board(&self, client: &Client) -> Reply {
        client.get(&self.contest.path("leaderboard")).await
    }

    async fn draw(&self) -> Reply {
        self.red.client.post(&self.contest.path("assignments"), json!({})).await
    }

    async fn give(&self, key: &str) -> Reply {
        let gift = json!({"team_id": self.red.id, "amount": 1, "reason": "A gift"});
        self.staff().keyed(key).post(&self.contest.path("adjustments"), gift).await
    }

    async fn gifts(&self) -> i64 {
        self.app.number("SELECT count(*) FROM ledger_entry WHERE kind = 'adjustment'").await
    }

    /// Whatever is asked, also by many at once, the answer is 503 and comes in time.
    async fn must_be_busy(&self, fault: &str) {
        let ask = async |n: usize| {
            let began = Stopwatch::start();
            let reply = match n % 4 {
                0 => self.draw().await,
                1 => self.give(&format!("{fault}-{n}")).await,
                2 => self.red.client.get(&self.contest.path("assignments")).await,
                _ => self.anyone().get(&self.contest.path("mystery-boxes")).await,
            };
            reply.must_be_busy();
            began.elapsed()
        };
        let slowest = join_all((0..24).map(ask)).await.into_iter().max().unwrap();
        println!("{fault}: 24 requests at once were answered 503 within {slowest:?}");
        assert!(slowest < SOON + SLACK, "{fault}: {slowest:?}");
    }

    /// Everybody is shown the board as it was read last, and that it is old.
    async fn must_show_the_last_board(&self, fault: &str) {
        for client in [self.anyone(), self.red.client.clone(), self.anyone().with("if-none-match", "*")] {
            let began = Stopwatch::start();
            let reply = self.board(&client).await;
            assert!(began.elapsed() < SOON + SLACK, "{fault}: {:?}", began.elapsed());
            let board = reply.ok(200);
            assert_eq!(board["data"][0]["team"], "Red");
            assert!(board["stale_since"].as_str().unwrap().ends_with('Z'), "{board}");
            assert_eq!(reply.header("cache-control"), Some("no-store"));
        }
        let began = Stopwatch::start();
        for reply in join_all((0..30).map(async |_| self.board(&self.anyone()).await)).await {
            assert!(reply.ok(200).get("stale_since").is_some());
        }
        println!("{fault}: 30 readers at once saw the last board within {:?}", began.elapsed());
        assert!(began.elapsed() < SOON + SLACK, "{fault}: {:?}", began.elapsed());
        // What nobody has read before cannot be shown.
        self.anyone().get(&self.contest.path("leaderboard?limit=7")).await.must_be_busy();
    }

    async fn must_live_but_not_be_ready(&self) {
        self.anyone().get("/livez").await.ok(200);
        self.anyone().get("/readyz").await.must_be_busy();
        let health = self.anyone().get("/health").await;
        assert_eq!((health.status, &health.json["status"]), (503, &json!("down")));
    }

    /// From now on, everything works.
    async fn must_be_back(&self, fault: &str, socket: &mut Socket) {
        let began = Stopwatch::start();
        until("writes are taken again", async || (self.give("back").await.status == 201).then_some(())).await;
        let back = began.elapsed();
        println!("{fault}: usable again after {back:?}");
        assert!(back < BACK + SLACK, "{fault}: {back:?}");
        until("it is ready", async || (self.anyone().get("/readyz").await.status == 200).then_some(())).await;
        assert!(self.board(&self.anyone()).await.ok(200).get("stale_since").is_none());
        assert_eq!(self.gifts().await, 1, "nothing that was refused was done later");
        // The same socket goes on.
        assert_eq!(socket.next_of("degraded").await["degraded"], false);
        assert_eq!(socket.next_of("score_update").await["points"], 1001);
    }
}

async fn breaks(app: &TestApp, way: Way) {
    let scene = Scene::of(app).await;
    let mut socket = Socket::hello(&scene.server.socket_url(), &scene.contest.id, json!({})).await;
    socket.next_of("leaderboard_snapshot").await;
    let fault = format!("{way:?}");
    scene.proxy.set(way);
    scene.must_be_busy(&fault).await;
    scene.must_show_the_last_board(&fault).await;
    scene.must_live_but_not_be_ready().await;
    assert_eq!(socket.next_of("degraded").await["degraded"], true);
    scene.proxy.set(Way::Open);
    scene.must_be_back(&fault, &mut socket).await;
}

#[test]
fn while_the_database_is_down_everybody_is_told_so_and_sees_the_last_board() {
    TestApp::run(async |app| breaks(app, Way::Refused).await);
}

#[test]
fn a_connection_on_which_nothing_arrives_is_given_up_in_time() {
    TestApp::run(async |app| breaks(app, Way::Dead).await);
}

#[test]
fn a_database_that_hangs_is_given_up_in_time() {
    TestApp::run(async |app| breaks(app, Way::Mute).await);
}

#[test]
fn after_every_connection_was_cut_nobody_meets_a_dead_one() {
    TestApp::run(async |app| {
        let scene = Scene::of(app).await;
        for round in 0..5 {
            scene.proxy.cut();
            let began = Stopwatch::start();
            until("it serves again", async || {
                let replies = join_all((0..8).map(async |_| scene.board(&scene.red.client).await)).await;
                let fresh = |reply: &Reply| reply.ok(200).get("stale_since").is_none();
                replies.iter().all(fresh).then_some(())
            })
            .await;
            assert!(began.elapsed() < BACK + SLACK, "{round}: {:?}", began.elapsed());
            scene.give(&format!("cut {round}")).await.ok(201);
        }
        assert_eq!(scene.gifts().await, 5);
    });
}

#[test]
fn a_database_that_is_slow_is_still_right() {
    TestApp::run(async |app| {
        let scene = Scene::of(app).await;
        scene.proxy.set(Way::Slow(Duration::from_millis(40)));
        let gifts = join_all((0..8).map(async |n| scene.give(&format!("slow {n}")).await.status)).await;
        let done = gifts.iter().filter(|status| **status == 201).count();
        assert!(gifts.iter().all(|status| [201, 503].contains(status)), "{gifts:?}");
        assert!(done > 0, "{gifts:?}");
        scene.proxy.set(Way::Open);
        join_all((0..8).map(async |n| {
            // PostgreSQL may still be busy with the request that was given up.
            until("it is given", async || {
                let reply = scene.give(&format!("slow {n}")).await;
                if reply.status == 409 {
                    reply.refused(409, "request-in-progress");
                    return None;
                }
                reply.ok(201);
                Some(())
            })
            .await;
        }))
        .await;
        assert_eq!(scene.gifts().await, 8);
    });
}

#[test]
fn who_finds_no_free_connection_is_told_so_in_time_and_the_server_stays_ready() {
    TestApp::run(async |app| {
        let scene = Scene::of(app).await;
        let all = join_all((0..POOL).map(async |_| scene.server.db.conn().await.unwrap())).await;
        scene.must_be_busy("pool exhausted").await;
        scene.must_show_the_last_board("pool exhausted").await;
        // That every connection is in use does not mean that the database is down.
        scene.anyone().get("/readyz").await.ok(200);
        drop(all);
        scene.give("after").await.ok(201);
        assert_eq!(scene.gifts().await, 1);
    });
}

#[test]
fn a_lock_that_is_not_given_is_asked_for_twice_and_never_500() {
    TestApp::run(async |app| {
        let scene = Scene::of(app).await;
        let hold = format!("SELECT FROM team WHERE id = '{}' FOR UPDATE", scene.red.id);
        let mut blocker = app.connect().await;
        let lock = blocker.transaction().await.unwrap();
        lock.batch_execute(&hold).await.unwrap();
        let tried_again = async || {
            let page = scene.staff().get("/metrics").await.body;
            let count = "podium_transaction_retries_total{reason=\"lock_timeout\"} ";
            page.lines().find_map(|line| line.strip_prefix(count)).expect("a line").parse::<u64>().unwrap()
        };
        scene.give("never").await.must_be_busy();
        assert_eq!(tried_again().await, 1);

        let patient = async { scene.give("in the end").await.ok(201) };
        let release = async {
            until("the first try has ended", async || (tried_again().await == 2).then_some(())).await;
            lock.rollback().await.unwrap();
        };
        tokio::join!(patient, release);
        assert_eq!(scene.gifts().await, 1);
    });
}

#[test]
fn patience_with_an_import_is_none_with_the_next_request() {
    TestApp::run(async |app| {
        let scene = Scene::of(app).await;
        let path = scene.contest.path("questions/import?dry_run=true");
        scene.staff().post(&path, vec![choice("more")]).await.ok(200);
        scene.proxy.set(Way::Dead);
        scene.must_be_busy("dead after an import").await;
    });
}
