//! The checker reports what is broken, and nothing else.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use podium::checker::INVARIANTS;
use serde_json::json;

use crate::breaches::BREACHES;
use crate::support::{TestApp, rows, until};

const PLAYED: &str = include_str!("../fixtures/played.sql");

/// The statement of the checker, for all contests.
fn statement() -> String {
    include_str!("../../src/checker/invariants.sql").replace("$1", "NULL").replace("$3", "NULL")
}

#[test]
fn every_planted_breach_is_reported_under_its_id() {
    TestApp::run(async |app| {
        let conn = app.connect().await;
        conn.batch_execute(&format!("BEGIN; {PLAYED}")).await.unwrap();
        assert_eq!(rows(&conn, &statement()).await, Vec::<Vec<String>>::new(), "the played contest is sound");
        for (number, (id, plant)) in BREACHES.iter().enumerate() {
            conn.batch_execute("SAVEPOINT planted").await.unwrap();
            conn.batch_execute(plant).await.unwrap_or_else(|e| panic!("plant {number} of {id}: {e:?}"));
            let found: BTreeSet<_> =
                rows(&conn, &statement()).await.into_iter().map(|row| row[0].clone()).collect();
            assert!(found.contains(*id), "plant {number} of {id} was reported as {found:?}");
            conn.batch_execute("ROLLBACK TO SAVEPOINT planted").await.unwrap();
        }
        conn.batch_execute("ROLLBACK").await.unwrap();
    });
}

#[test]
fn every_invariant_has_a_plant() {
    let planted: BTreeSet<_> = BREACHES.iter().map(|(id, _)| *id).collect();
    let known: BTreeSet<_> = INVARIANTS.iter().map(|(id, _)| *id).collect();
    assert_eq!(planted, known);
}

#[test]
fn staff_reads_the_report_of_a_contest() {
    TestApp::run(async |app| {
        let (contest, other) = (app.play(1).await, app.play(0).await);
        let team = contest.team("Red").await;
        app.settle().await;
        let sound = app.admin().get(&contest.path("check")).await.ok(200);
        assert_eq!((&sound["ok"], &sound["breaches"]), (&json!(true), &json!([])));
        app.execute("UPDATE team SET wrong = 3").await;
        let report = app.admin().get(&contest.path("check")).await.ok(200);
        assert_eq!(report["ok"], false);
        assert_eq!(report["breaches"][0]["invariant"], "P1");
        assert!(report["breaches"][0]["subject"].as_str().unwrap().contains(&team.id));
        assert_eq!(app.admin().get(&other.path("check")).await.ok(200)["ok"], true);
        app.execute("UPDATE team SET wrong = 0").await;
        team.client.get(&contest.path("check")).await.refused(403, "not-allowed");
        app.anyone().get(&contest.path("check")).await.refused(401, "not-authenticated");
    });
}

#[test]
fn one_report_is_made_at_a_time_and_nobody_who_plays_waits_for_it() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        app.settle().await;
        let path = contest.path("check");
        // The checker reads it, players do not: as if there were so much to check.
        let slow = app.connect().await;
        slow.batch_execute("BEGIN; LOCK TABLE frozen_standing IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let draw = async {
            until("a check waits", async || (app.waiting_for("frozen_standing").await > 0).then_some(()))
                .await;
            app.admin().get(&path).await.must_be_busy();
            assert!(app.waiting_for("frozen_standing").await <= 1);
            let drawn = team.client.post(&contest.path("assignments"), json!({})).await;
            slow.batch_execute("ROLLBACK").await.unwrap();
            drawn
        };
        let ask = async |_| app.admin().get(&path).await;
        let (checks, drawn) = join(join_all((0..20).map(ask)), draw).await;
        drawn.ok(201);
        for check in checks.iter().filter(|check| check.status != 200) {
            check.must_be_busy();
        }
        app.settle().await;
        assert_eq!(app.admin().get(&path).await.ok(200)["ok"], true);
    });
}
