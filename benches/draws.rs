//! Does a draw slow down as the pool is consumed? `cargo bench --bench draws`
//!
//! Two comparisons on one machine, each quoted as a ratio: a pool of 100,000 questions fresh
//! against one of which 90 % are taken, in turn; and the last ten seconds of a minute of steady
//! drawing against the first ten. Runs on a private PostgreSQL of its own with fsync on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use podium::assignments::commands::{Choice, TakeQuestion};
use podium::auth::{Admin, Player};
use podium::contests::commands::{CreateContest, Rules};
use podium::contests::moves::Move;
use podium::contests::moves::commands::MoveContest;
use podium::contests::{ContestKind, ContestRef, ContestView};
use podium::db::Db;
use podium::migrate;
use podium::postgres::Cluster;
use podium::types::TeamId;

const QUESTIONS: u32 = 100_000;
const TEAMS: usize = 5_000;
const CLIENTS: usize = 16;
const ROUNDS: usize = 7;
const DRAWS_A_ROUND: usize = 1_000;

fn main() {
    tokio::runtime::Runtime::new().unwrap().block_on(run());
}

async fn run() {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-draws");
    let cluster = Cluster::start(&data).await.unwrap();
    let url = cluster.url().to_owned();
    migrate::run(&url).await.unwrap();
    let db = Db::new(&url, u32::try_from(CLIENTS).unwrap());

    let fresh = Bench::new(&db, &url, "fresh", QUESTIONS).await;
    let used = Bench::new(&db, &url, "90 % taken", QUESTIONS).await;
    used.take_share(&url, 0.9).await;
    compare(&db, &fresh, &used).await;

    let steady = Bench::new(&db, &url, "steady", 6 * QUESTIONS).await;
    steady.minute(&db).await;

    drop(db);
    cluster.stop().await.unwrap();
    std::fs::remove_dir_all(&data).ok();
}

/// A contest with questions and teams, made directly in SQL: only the draws are measured.
struct Bench {
    name: &'static str,
    contest: ContestView,
    players: Arc<Vec<Player>>,
}

impl Bench {
    async fn new(db: &Db, url: &str, name: &'static str, questions: u32) -> Self {
        let by = Admin::at_the_machine();
        let rules = Rules { max_open_assignments: Some(1000), ..Rules::default() };
        let contest = db
            .run(&CreateContest {
                by: by.clone(),
                name: name.to_owned(),
                kind: ContestKind::Competition,
                code: None,
                rules,
                divisions: vec![],
            })
            .await
            .unwrap();
        for to in [Move::Publish, Move::Start(None)] {
            let contest = ContestRef::Id(contest.id);
            db.run(&MoveContest { by: by.clone(), contest, to, reason: None }).await.unwrap();
        }
        let teams: Vec<TeamId> = (0..TEAMS).map(|_| TeamId::new()).collect();
        let ids: Vec<_> = teams.iter().map(|t| format!("'{t}'")).collect();
        batch(
            url,
            &FILL
                .replace("$contest", &contest.id.to_string())
                .replace("$questions", &questions.to_string())
                .replace("$teams", &ids.join(",")),
        )
        .await;
        // What filling leaves behind must not be written and cleaned while draws are measured.
        batch(url, "VACUUM ANALYZE").await;
        batch(url, "CHECKPOINT").await;
        let players = Arc::new(teams.into_iter().map(|team| by.for_team(contest.id, team)).collect());
        Self { name, contest, players }
    }

    /// Gives a share of the pool away, and leaves the dead rows where they are.
    async fn take_share(&self, url: &str, share: f64) {
        batch(
            url,
            &TAKE.replace("$contest", &self.contest.id.to_string()).replace("$share", &share.to_string()),
        )
        .await;
    }

    /// Draws per second over so many draws.
    async fn round(&self, db: &Db) -> f64 {
        let (left, begun) = (Arc::new(AtomicUsize::new(DRAWS_A_ROUND)), Instant::now());
        self.clients(db, move || {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
        })
        .await;
        f64::from(u32::try_from(DRAWS_A_ROUND).unwrap()) / begun.elapsed().as_secs_f64()
    }

    /// Sixty seconds of drawing, counted by the second.
    async fn minute(&self, db: &Db) {
        let counts: Arc<Vec<AtomicU64>> = Arc::new((0..60).map(|_| AtomicU64::new(0)).collect());
        let (begun, seen) = (Instant::now(), Arc::clone(&counts));
        self.clients(db, move || {
            let second = usize::try_from(begun.elapsed().as_secs()).unwrap();
            seen.get(second).is_some_and(|count| count.fetch_add(1, Ordering::Relaxed) < u64::MAX)
        })
        .await;
        let sum = |range: std::ops::Range<usize>| {
            counts[range].iter().map(|c| c.load(Ordering::Relaxed)).sum::<u64>()
        };
        let tens: Vec<u64> = (0..6).map(|ten| sum(10 * ten..10 * ten + 10) / 10).collect();
        println!("steady: draws/s in each ten seconds of the minute {tens:?}");
        #[allow(clippy::cast_precision_loss)]
        let ratio = tens[5] as f64 / tens[0] as f64;
        println!("RESULT steady_last_to_first={ratio:.3}");
    }

    async fn clients(&self, db: &Db, go_on: impl Fn() -> bool + Clone + Send + 'static) {
        let turn = Arc::new(AtomicUsize::new(0));
        let clients = (0..CLIENTS).map(|_| {
            let (db, players, turn, go_on) =
                (db.clone(), Arc::clone(&self.players), Arc::clone(&turn), go_on.clone());
            tokio::spawn(async move {
                while go_on() {
                    let player = players[turn.fetch_add(1, Ordering::Relaxed) % TEAMS].clone();
                    let choice = Choice::Any { difficulty: None, category: None };
                    db.run(&TakeQuestion { player, choice, reveal: true }).await.unwrap();
                }
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
    }
}

async fn compare(db: &Db, fresh: &Bench, used: &Bench) {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        a.push(fresh.round(db).await);
        b.push(used.round(db).await);
    }
    let (a, b) = (median(a), median(b));
    println!(
        "{}: {a:.0} draws/s; {}: {b:.0} draws/s (medians of {ROUNDS} rounds in turn)",
        fresh.name, used.name
    );
    println!("RESULT used_to_fresh={:.3}", b / a);
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

async fn batch(url: &str, text: &str) {
    AsyncPgConnection::establish(url).await.unwrap().batch_execute(text).await.unwrap();
}

const FILL: &str = "
BEGIN;
CREATE TEMP TABLE made ON COMMIT DROP AS SELECT gen_random_uuid() AS id, n FROM generate_series(1, $questions) n;
INSERT INTO question (id) SELECT id FROM made;
INSERT INTO question_version (question_id, version, kind, text) SELECT id, 1, 'text', 'Question ' || n FROM made;
INSERT INTO contest_question (contest_id, question_id, version, difficulty, category, points)
    SELECT '$contest', id, 1, (ARRAY['EASY','MEDIUM','HARD'])[n % 3 + 1], 'Category ' || n % 4, 100 FROM made;
INSERT INTO free_question (contest_id, question_id, pool, difficulty, category)
    SELECT contest_id, question_id, pool, difficulty, category FROM contest_question WHERE contest_id = '$contest';
INSERT INTO team (contest_id, id, name, name_key, name_skeleton, email, join_code, members, max_members,
                  points, credit_limit, created_at)
    SELECT '$contest', id, id, id, id, '', translate(upper(substr(md5(id::text), 1, 8)), '01', 'XY'), 0, 1, 1000, 0, now()
    FROM unnest(ARRAY[$teams]::uuid[]) AS t(id);
COMMIT;";

const TAKE: &str = "
WITH gone AS (
    DELETE FROM free_question WHERE contest_id = '$contest' AND random() < $share RETURNING question_id),
    teams AS (SELECT array_agg(id) AS ids FROM team WHERE contest_id = '$contest')
INSERT INTO assignment (contest_id, id, team_id, question_id, version, exclusive, pool, points, state, attempts,
                        max_attempts, assigned_at, revealed_at, resolved_at)
SELECT '$contest', gen_random_uuid(), ids[1 + floor(random() * array_length(ids, 1))::int], question_id, 1, true,
       'regular', 100, 'exhausted', 1, 1, now(), now(), now()
FROM gone, teams;";
