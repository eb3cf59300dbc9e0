//! How long does it take to know the rank of one account among a million? `cargo bench --bench ranks`
//!
//! Counted by PostgreSQL along an index, and by Redis in a sorted set, in turn, for accounts near the
//! top, in the middle, near the bottom, and anywhere. Runs on a private PostgreSQL and a Redis of its own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use podium::db::Db;
use podium::fanout::Fanout;
use podium::fanout::link::Link;
use podium::high_scores::{Ranks, queries};
use podium::migrate;
use podium::postgres::Cluster;
use podium::types::{AccountId, GameId, Points};

const ACCOUNTS: i64 = 1_000_000;
const ROUNDS: usize = 101;
const LOAD: Duration = Duration::from_secs(120);

fn main() {
    tokio::runtime::Runtime::new().unwrap().block_on(run());
}

async fn run() {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-ranks");
    let cluster = Cluster::start(&data).await.unwrap();
    let url = cluster.url().to_owned();
    migrate::run(&url).await.unwrap();
    let (db, game) = (Db::new(&url, 4), GameId::new());
    fill(&url, game).await;
    let scores = everybody(&db, game).await;

    let redis = Redis::start(&data);
    let link = Link::new(&format!("redis://127.0.0.1:{}", redis.port)).unwrap();
    let ranks = Ranks::new(&Fanout::through(Arc::new(link), "bench"), db.meters());
    let alone = Ranks::new(&Fanout::in_process(), db.meters());
    let took = loaded(&ranks, &db, game, scores[0].0).await;
    println!("loaded into Redis in {:.1} s; it holds {} MB", took.as_secs_f64(), redis.megabytes());

    let last = scores.len() - 1;
    for (name, from, to) in [
        ("among the first thousand", 0, 1_000),
        ("in the middle", last / 2 - 500, last / 2 + 500),
        ("among the last thousand", last - 1_000, last),
        ("anywhere", 0, last),
    ] {
        let (mut by_redis, mut by_postgres) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let place = from + (to - from) * round / ROUNDS;
            let account = scores[place].0;
            let one = timed(&mut by_redis, &ranks, &db, game, account).await;
            let two = timed(&mut by_postgres, &alone, &db, game, account).await;
            assert_eq!(one, two, "both count the same");
        }
        let (redis, postgres) = (median(by_redis), median(by_postgres));
        println!("{name}: Redis {redis:.2} ms, PostgreSQL {postgres:.2} ms (medians of {ROUNDS} in turn)");
    }
    drop(db);
    cluster.stop().await.unwrap();
    std::fs::remove_dir_all(&data).ok();
}

async fn timed(
    into: &mut Vec<f64>,
    ranks: &Ranks,
    db: &Db,
    game: GameId,
    account: AccountId,
) -> (Option<Points>, i64, i64) {
    let began = Instant::now();
    let place = ranks.place(db, game, account).await.unwrap();
    into.push(began.elapsed().as_secs_f64() * 1000.0);
    (place.score, place.ahead, place.players)
}

/// Until Redis has counted once.
async fn loaded(ranks: &Ranks, db: &Db, game: GameId, account: AccountId) -> Duration {
    let began = Instant::now();
    while !db.meters().render().contains("podium_ranks_total{by=\"redis\"} 1") {
        assert!(began.elapsed() < LOAD, "Redis was not loaded");
        ranks.place(db, game, account).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    began.elapsed()
}

/// All accounts, the best first.
async fn everybody(db: &Db, game: GameId) -> Vec<(AccountId, Points)> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = queries::scores(&mut db.conn().await.unwrap(), game, after, 50_000).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        all.extend(page);
    }
    all.sort_by_key(|(account, score)| (std::cmp::Reverse(*score), *account));
    all
}

async fn fill(url: &str, game: GameId) {
    let fill = FILL.replace("$game", &game.to_string()).replace("$accounts", &ACCOUNTS.to_string());
    for text in [fill.as_str(), "VACUUM ANALYZE", "CHECKPOINT"] {
        AsyncPgConnection::establish(url).await.unwrap().batch_execute(text).await.unwrap();
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A Redis that ends with the benchmark.
struct Redis {
    port: u16,
    process: Child,
}

impl Redis {
    fn start(folder: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        Self { port, process }
    }

    fn megabytes(&self) -> u64 {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
        let told: String =
            redis::cmd("INFO").arg("memory").query(&mut client.get_connection().unwrap()).unwrap();
        let used = told.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
        used.trim().parse::<u64>().unwrap() / 1_000_000
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

const FILL: &str = "
BEGIN;
INSERT INTO game (id, slug, title, self_reported) VALUES ('$game', 'bench', 'Bench', true);
INSERT INTO account (id, name, name_key, name_skeleton, password_hash)
    SELECT gen_random_uuid(), 'user ' || n, 'user ' || n, 'user ' || n, '$argon2id$none'
    FROM generate_series(1, $accounts) n;
INSERT INTO high_score (game_id, account_id, score)
    SELECT '$game', id, (random() * 10000000)::bigint FROM account;
COMMIT;";
