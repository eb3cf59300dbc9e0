//! Housekeeping: what is old goes, what may still be asked for stays.

use podium::config::{Config, Housekeeping};
use podium::housekeeping::commands::Sweep;
use podium::housekeeping::{BATCH, Litter};
use serde_json::json;

use crate::support::{Client, TestApp, config, refresh, until};

/// Swept as often as can be.
fn busy() -> Config {
    Config { housekeeping: Housekeeping { every_ms: 50, ..Housekeeping::default() }, ..config() }
}

async fn swept(client: &Client, kind: &str) -> u64 {
    let page = client.get("/metrics").await.body;
    let line = format!("podium_swept_total{{kind=\"{kind}\"}} ");
    page.lines().find_map(|one| one.strip_prefix(&line)).expect("it is counted").parse().unwrap()
}

/// Two whole rounds after this moment have passed: each of them sweeps a ticket.
async fn rounds(app: &TestApp) {
    for _ in 0..2 {
        app.execute(
            "INSERT INTO ws_ticket (ticket_hash, session_id, expires_at)
             VALUES (gen_random_uuid()::text::bytea, gen_random_uuid(), now())",
        )
        .await;
        until("a round", async || (app.number("SELECT count(*) FROM ws_ticket").await == 0).then_some(()))
            .await;
    }
}

#[test]
fn a_reply_is_kept_until_a_day_after_the_end_of_its_contest() {
    TestApp::run_configured(busy(), async |app| {
        let (over, ended, running) = (app.play(1).await, app.play(1).await, app.play(1).await);
        let mut teams = Vec::new();
        for contest in [&over, &ended, &running] {
            let team = contest.team("Red").await.keyed("k");
            let first = team.draw().await;
            teams.push((team, first));
        }
        // Staff's own writes name their contest by its events.
        let fix = json!({"team_id": teams[2].0.id, "amount": 5, "reason": "A gift"});
        let path = running.path("adjustments");
        let fixed = app.admin().keyed("k").post(&path, fix.clone()).await;
        for contest in [&over, &ended] {
            contest.go("end").await.ok(200);
        }
        app.execute("UPDATE idempotency SET at = now() - interval '30 days'").await;
        let age = |hours: u32, id: &str| {
            format!("UPDATE contest SET ended_at = now() - interval '{hours} hours' WHERE id = '{id}'")
        };
        app.execute(&age(23, &ended.id)).await;
        assert_eq!(app.number("SELECT count(*) FROM idempotency").await, 4);
        app.execute(&age(25, &over.id)).await;
        until("one is gone", async || {
            (app.number("SELECT count(*) FROM idempotency").await < 4).then_some(())
        })
        .await;
        rounds(app).await;
        let left = app.rows("SELECT DISTINCT contest_id FROM idempotency").await;
        let mut left: Vec<_> = left.into_iter().map(|mut row| row.remove(0)).collect();
        left.sort();
        let mut kept = vec![ended.id.clone(), running.id.clone()];
        kept.sort();
        assert_eq!((app.number("SELECT count(*) FROM idempotency").await, left), (3, kept));
        for (team, first) in &teams[1..] {
            let again = team.take(json!({})).await;
            assert!(again.replayed());
            assert_eq!(again.json, *first);
        }
        let again = app.admin().keyed("k").post(&path, fix).await;
        assert!(again.replayed() && again.body == fixed.body);
        assert_eq!(swept(&app.admin(), "idempotency").await, 1);
        // The game goes on as if the contest had ended when it did.
        app.execute("UPDATE contest SET ended_at = (SELECT max(at) FROM contest_event e WHERE e.contest_id = contest.id) WHERE ended_at IS NOT NULL").await;
    });
}

#[test]
fn a_reply_that_is_about_no_contest_is_kept_for_days() {
    TestApp::run_configured(busy(), async |app| {
        let admin = app.admin();
        for (key, days) in [("old", 8), ("young", 6)] {
            let question = crate::support::choice(key);
            let bank = json!({"external_id": key, "kind": question["kind"], "text": question["text"],
                "options": question["options"], "answer": "A"});
            admin.keyed(key).post("questions", bank).await.ok(201);
            let aged =
                format!("UPDATE idempotency SET at = now() - interval '{days} days' WHERE key = '{key}'");
            app.execute(&aged).await;
        }
        until("the old one is gone", async || {
            (app.number("SELECT count(*) FROM idempotency").await == 1).then_some(())
        })
        .await;
        rounds(app).await;
        assert_eq!(app.text("SELECT key FROM idempotency").await, "young");
    });
}

#[test]
fn a_refusal_about_a_contest_that_is_not_there_is_not_kept_for_ever() {
    TestApp::run_configured(busy(), async |app| {
        let missing = format!("contests/{}/teams", uuid::Uuid::now_v7());
        app.admin().keyed("k").post(&missing, json!({"name": "Red"})).await.refused(404, "not-found");
        assert_eq!(app.number("SELECT count(*) FROM idempotency").await, 1);
        app.execute("UPDATE idempotency SET at = now() - interval '8 days'").await;
        until("it is gone", async || {
            (app.number("SELECT count(*) FROM idempotency").await == 0).then_some(())
        })
        .await;
    });
}

#[test]
fn what_signs_nobody_in_any_more_goes_and_what_does_stays() {
    TestApp::run_configured(busy(), async |app| {
        let ada = app.account("ada").await;
        let next = refresh(&app.anyone(), &ada.refresh).await.ok(200);
        let (out, long_out, lapsed) = (ada.again(app).await, ada.again(app).await, ada.again(app).await);
        let issue =
            |days: u32| json!({"label": format!("for {days}"), "scope": "read", "expires_in_days": days});
        for days in [1, 2, 3] {
            ada.client.post("auth/api-tokens", issue(days)).await.ok(201);
        }
        let session = |client: &str| {
            format!("(SELECT session_id FROM refresh_token WHERE token_hash = sha256('{client}'::bytea))")
        };
        out.client.poke("auth/sign-out").await;
        long_out.client.poke("auth/sign-out").await;
        app.execute(&format!(
            "UPDATE session SET created_at = now() - interval '60 days';
             UPDATE session SET ended_at = now() - interval '8 days' WHERE id = {};
             UPDATE refresh_token SET expires_at = now() - interval '1 second' WHERE session_id = {};
             UPDATE api_token SET created_at = now() - interval '30 days', expires_at = now() - interval '8 days'
             WHERE label = 'for 1';
             UPDATE api_token SET created_at = now() - interval '30 days', expires_at = now() - interval '6 days'
             WHERE label = 'for 2';",
            session(&long_out.refresh),
            session(&lapsed.refresh),
        ))
        .await;
        until("two sessions are gone", async || {
            (app.number("SELECT count(*) FROM session").await == 2).then_some(())
        })
        .await;
        rounds(app).await;
        // Ada's used token and its successor, and that of the session that ended lately.
        assert_eq!(app.number("SELECT count(*) FROM refresh_token").await, 3);
        let tokens = app.rows("SELECT label FROM api_token ORDER BY label").await;
        assert_eq!(tokens, [["for 2"], ["for 3"]]);
        ada.client.get("auth/me").await.ok(200);
        refresh(&app.anyone(), next["refresh_token"].as_str().unwrap()).await.ok(200);
        // A copy of a used token that comes back is still known for what it is.
        refresh(&app.anyone(), &ada.refresh).await.refused(401, "not-authenticated");
        assert_eq!(app.text("SELECT count(*) FROM session WHERE ended_by = 'reuse'").await, "1");
    });
}

/// Many replies that are old and about nothing.
const HEAP: &str = "INSERT INTO idempotency (principal, key, request_hash, status, reply, at)
    SELECT 'anyone', 'old ' || n, '', 200, '{}', now() - interval '9 days' FROM generate_series(1, 1300) n";

#[test]
fn a_batch_is_bounded_and_passes_over_what_somebody_holds() {
    TestApp::run(async |app| {
        app.execute(HEAP).await;
        let holder = app.connect().await;
        let hold = "BEGIN; SELECT FROM idempotency WHERE key = 'old 1' FOR UPDATE";
        holder.batch_execute(hold).await.unwrap();
        let sweep = Sweep { litter: Litter::LooseReplies, kept_h: 24 };
        let mut swept = Vec::new();
        for _ in 0..4 {
            swept.push(app.db.run(&sweep).await.unwrap());
        }
        let batch = BATCH.unsigned_abs();
        assert_eq!(swept, [Some(batch), Some(batch), Some(299), Some(0)]);
        assert_eq!(app.text("SELECT key FROM idempotency").await, "old 1");
        holder.batch_execute("COMMIT").await.unwrap();
        assert_eq!(app.db.run(&sweep).await.unwrap(), Some(1));
    });
}

#[test]
fn one_instance_sweeps_at_a_time_and_each_row_is_counted_once() {
    TestApp::run_configured(busy(), async |app| {
        let other = app.instance().await;
        let holder = app.connect().await;
        holder.batch_execute("SELECT pg_advisory_lock(hashtextextended('housekeeping', 0))").await.unwrap();
        app.execute(HEAP).await;
        let sweep = Sweep { litter: Litter::LooseReplies, kept_h: 24 };
        assert_eq!(app.db.run(&sweep).await.unwrap(), None, "somebody else is at it");
        assert_eq!(app.number("SELECT count(*) FROM idempotency").await, 1300);
        holder.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
        let admin = app.admin();
        until("all are swept and counted", async || {
            let counted = swept(&admin, "idempotency").await + swept(&admin.at(&other), "idempotency").await;
            (counted == 1300).then_some(())
        })
        .await;
        assert_eq!(app.number("SELECT count(*) FROM idempotency").await, 0);
    });
}

#[test]
fn without_a_period_nothing_is_swept() {
    let housekeeping = Housekeeping { every_ms: 0, ..Housekeeping::default() };
    TestApp::run_configured(Config { housekeeping, ..config() }, async |app| {
        app.execute(HEAP).await;
        let page = app.admin().get("/metrics").await.body;
        assert!(!page.contains("podium_swept_total{"), "{page}");
    });
}
