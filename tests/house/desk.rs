//! Teams that register at the same moment are written together, and each hears what it would have heard alone.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Contest, Reply, TestApp, fifty, tally};

/// Registers under a name, with a key if there is one.
async fn register(app: &TestApp, contest: &Contest, name: &str, key: Option<String>) -> Reply {
    let client = key.map_or_else(|| app.anyone(), |key| app.anyone().keyed(&key));
    client.post(&contest.path("teams"), json!({"name": name, "members": ["Ada", "Grace"]})).await
}

/// Every team has its seats, its token, its first line and its event, and no transaction left a half of one.
async fn must_be_whole(app: &TestApp, teams: i64) {
    app.settle().await;
    for (what, each) in [
        ("team", 1),
        ("member", 2),
        ("member WHERE token_hash IS NOT NULL", 1),
        ("ledger_entry WHERE kind = 'opening'", 1),
        ("contest_event WHERE kind = 'team_registered'", 1),
    ] {
        assert_eq!(app.number(&format!("SELECT count(*) FROM {what}")).await, each * teams, "{what}");
    }
}

#[test]
fn fifty_who_register_at_once_share_transactions() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[]).await;
        let key = |n: usize| n.is_multiple_of(2).then(|| format!("key-{n}"));
        let replies = fifty(async |n| register(app, &contest, &format!("Team {n}"), key(n)).await).await;
        assert_eq!(tally(&replies), ["50 × 201"]);
        must_be_whole(app, 50).await;
        let instants = app.number("SELECT count(DISTINCT created_at) FROM team").await;
        assert!(instants <= 25, "{instants} transactions for fifty teams");
        // Each got its own name and a token of its own, and the same again for its key.
        for (n, reply) in replies.iter().enumerate() {
            assert_eq!(reply.json["name"], format!("Team {n}"));
            if let Some(key) = key(n) {
                let again = register(app, &contest, &format!("Team {n}"), Some(key)).await;
                assert!(again.replayed() && again.body == reply.body, "{}", again.body);
            }
        }
        let tokens: BTreeSet<_> = replies.iter().map(|reply| reply.json["token"].as_str().unwrap()).collect();
        let own = join_all(tokens.iter().map(async |token| {
            app.anyone().bearer(token).get(&contest.path("own-team")).await.ok(200)["id"].to_string()
        }));
        assert_eq!(own.await.into_iter().collect::<BTreeSet<_>>().len(), 50);
    });
}

#[test]
fn who_is_refused_takes_nobody_along() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({"max_members": 3, "divisions": ["Juniors"]}), &[]).await;
        let path = contest.path("teams");
        let replies = fifty(async |n| {
            let input = match n % 5 {
                0 => json!({"name": "Twins"}),
                1 => json!({"name": format!("Crowd {n}"), "members": ["A", "B", "C", "D"]}),
                2 => json!({"name": format!("Elsewhere {n}"), "division": "Seniors"}),
                _ => json!({"name": format!("Team {n}"), "members": ["A", "B"], "division": "Juniors"}),
            };
            app.anyone().post(&path, input).await
        })
        .await;
        assert_eq!(tally(&replies), ["21 × 201", "9 × 409 team-name-taken", "20 × 422 invalid"]);
    });
}

#[test]
fn fifty_of_two_contests_at_once_each_find_their_own() {
    TestApp::run(async |app| {
        let (one, other) = (app.contest(json!({}), &[]).await, app.contest(json!({}), &[]).await);
        let replies = fifty(async |n| {
            let contest = if n.is_multiple_of(2) { &one } else { &other };
            register(app, contest, &format!("Team {}", n / 2), None).await
        })
        .await;
        assert_eq!(tally(&replies), ["50 × 201"]);
        let of = |contest: &Contest| format!("SELECT count(*) FROM team WHERE contest_id = '{}'", contest.id);
        assert_eq!((app.number(&of(&one)).await, app.number(&of(&other)).await), (25, 25));
    });
}

#[test]
fn one_key_fifty_times_registers_one_team() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[]).await;
        let replies =
            fifty(async |_| register(app, &contest, "Red Pandas", Some("once".to_owned())).await).await;
        let done: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
        assert!(
            !done.is_empty() && done.iter().all(|reply| reply.body == done[0].body),
            "{:?}",
            tally(&replies)
        );
        for waiting in replies.iter().filter(|reply| reply.status != 201) {
            waiting.refused(409, "request-in-progress");
        }
        must_be_whole(app, 1).await;
    });
}
