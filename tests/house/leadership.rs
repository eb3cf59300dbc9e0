//! Whoever numbers the events of a contest may vanish at any moment: another instance goes on.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Contest, Instance, Proxy, Server, Stopwatch, Team, TestApp, Way, until};

/// How soon somebody else must number.
const PASSES: Duration = Duration::from_secs(2);

#[test]
fn an_instance_that_is_killed_leaves_no_event_without_a_number() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let red = contest.team("Red").await;
        for round in 0..3 {
            let server = Server::start(app, &[]).await;
            let staff = server.to(&app.admin());
            let gifts = async {
                let mut given = 0;
                let gift = json!({"team_id": red.id, "amount": 1, "reason": "A gift"});
                // Until the server is gone.
                while let Ok(201) = staff.try_post(&contest.path("adjustments"), &gift).await {
                    given += 1;
                }
                given
            };
            let kill = async {
                until("gifts are given", async || {
                    let given =
                        app.number("SELECT count(*) FROM ledger_entry WHERE kind = 'adjustment'").await;
                    (given > 20 * (round + 1)).then_some(())
                })
                .await;
                server.signal(Signal::KILL);
                Stopwatch::start()
            };
            let (given, killed) = tokio::join!(gifts, kill);
            app.settle().await;
            println!("{given} acknowledged, killed, all numbered {:?} later", killed.elapsed());
            assert!(killed.elapsed() < PASSES, "{:?}", killed.elapsed());
            assert_eq!(server.ended().await, 128 + 9);
        }
    });
}

/// Who waits for the sequencer's lock, the first one first.
const QUEUE: &str = "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND NOT l.granted AND a.datname = current_database()
        AND a.query LIKE '%sequencer%'
    ORDER BY l.waitstart";

/// Brings about that both sequencers wait for the lock that we hold, the one to vanish first.
async fn queue(
    app: &TestApp,
    contest: &Contest,
    team: &Team,
    vanishing: &Instance,
) -> tokio_postgres::Client {
    let gift = json!({"team_id": team.id, "amount": 1, "reason": "A gift"});
    let staff = contest.admin.at(vanishing);
    for _ in 0..40 {
        app.settle().await;
        let holder = app.connect().await;
        let lock = format!(
            "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('sequencer:' || '{}', 0))",
            contest.id
        );
        holder.batch_execute(&lock).await.unwrap();
        // Its own sequencer hears of it at once, the other one when it looks.
        staff.post(&contest.path("adjustments"), gift.clone()).await.ok(201);
        let first = until("both wait", async || {
            let queue = app.rows(QUEUE).await;
            (queue.len() == 2).then(|| queue[0][0].clone())
        })
        .await;
        if first == "vanishing" {
            return holder;
        }
    }
    panic!("the other sequencer was first forty times");
}

#[test]
fn an_instance_whose_connection_is_half_open_does_not_keep_the_lock() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let red = contest.team("Red").await;
        let proxy = Proxy::before(&app.url).await;
        let vanishing = app.instance_at(&format!("{}&application_name=vanishing", proxy.url)).await;
        for _ in 0..2 {
            let holder = queue(app, &contest, &red, &vanishing).await;
            // The lock goes to an instance that will never hear of it.
            proxy.set(Way::Dead);
            let released = Stopwatch::start();
            holder.batch_execute("ROLLBACK").await.unwrap();
            app.settle().await;
            println!(
                "numbered {:?} after the lock went to an instance that had vanished",
                released.elapsed()
            );
            assert!(released.elapsed() < PASSES, "{:?}", released.elapsed());
            proxy.set(Way::Open);
            proxy.cut();
            until("it serves again", async || {
                let ready = app.anyone().at(&vanishing).get("/readyz").await;
                (ready.status == 200).then_some(())
            })
            .await;
        }
    });
}
