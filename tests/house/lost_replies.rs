//! COMMIT was sent and its reply was lost: the client sends the same key again, and there is one
//! effect.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Client, Instance, Proxy, TestApp, Way, choice};

/// Workers at once, and how many writes each makes.
const WORKERS: usize = 12;
const WRITES: usize = 14;

/// Sends until there is an answer; the key stays the same.
async fn insist(client: &Client, key: &str, path: &str, body: Value) -> Value {
    let client = client.keyed(key);
    for _ in 0..8 {
        let reply = client.post(path, body.clone()).await;
        match reply.status {
            201 | 200 => return reply.json,
            503 => reply.must_be_busy(),
            409 => drop(reply.refused(409, "request-in-progress")),
            _ => panic!("{} {}", reply.status, reply.body),
        }
    }
    panic!("{path} was never answered")
}

#[test]
fn a_commit_whose_reply_is_lost_has_exactly_one_effect() {
    TestApp::run(async |app| {
        let names: Vec<_> = (0..WORKERS * WRITES).map(|n| choice(&format!("q{n}"))).collect();
        let contest = app.contest(json!({"max_open_assignments": 100}), &names).await;
        let teams = contest.teams(WORKERS).await;
        let proxy = Proxy::before(&app.url).await;
        proxy.set(Way::LosesCommits);
        let unlucky: Instance = app.instance_at(&proxy.url).await;

        let work = teams.iter().enumerate().map(async |(w, team)| {
            let (team, staff) = (team.at(&unlucky), app.admin().at(&unlucky));
            let (mut held, mut points) = (Vec::new(), 0);
            for n in 0..WRITES {
                let key = format!("{w}-{n}");
                let drawn = insist(&team.client, &key, &contest.path("assignments"), json!({})).await;
                let gift = json!({"team_id": team.id, "amount": 5, "reason": "A gift"});
                insist(&staff, &key, &contest.path("adjustments"), gift).await;
                let id = drawn["id"].as_str().unwrap().to_owned();
                let path = contest.path(&format!("assignments/{id}/submissions"));
                let verdict = insist(&team.client, &format!("a{key}"), &path, json!({"answer": "A"})).await;
                points += verdict["points_earned"].as_i64().unwrap() + 5;
                held.push(id);
            }
            (team.id.clone(), held, points)
        });
        let done = join_all(work).await;

        assert!(proxy.lost() >= 200, "only {} replies were lost", proxy.lost());
        for (team, held, points) in done {
            let count = |what: &str| format!("SELECT count(*) FROM {what} WHERE team_id = '{team}'");
            assert_eq!(app.number(&count("assignment")).await, held.len() as i64);
            assert_eq!(app.number(&count("submission")).await, held.len() as i64);
            assert_eq!(
                app.number(&format!("{} AND kind = 'adjustment'", count("ledger_entry"))).await,
                held.len() as i64
            );
            let balance = format!("SELECT points FROM team WHERE id = '{team}'");
            assert_eq!(app.number(&balance).await, 1000 + points);
        }
        unlucky.stop().await;
    });
}

#[test]
fn teams_that_are_registered_together_survive_a_lost_commit() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({}), &[]).await;
        let proxy = Proxy::before(&app.url).await;
        proxy.set(Way::LosesCommits);
        let unlucky: Instance = app.instance_at(&proxy.url).await;
        let client = app.anyone().at(&unlucky);
        let path = contest.path("teams");
        let all = (0..WORKERS * WRITES).map(|n| {
            let (client, path) = (&client, &path);
            async move { insist(client, &format!("k{n}"), path, json!({"name": format!("Team {n}")})).await }
        });
        let done = join_all(all).await;
        assert!(proxy.lost() >= 3, "only {} replies were lost", proxy.lost());
        assert_eq!(app.number("SELECT count(*) FROM team").await, done.len() as i64);
        for (n, team) in done.iter().enumerate() {
            assert_eq!(team["name"], format!("Team {n}"));
        }
        unlucky.stop().await;
    });
}
