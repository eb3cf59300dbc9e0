//! The primary dies, its standby takes over, and nobody has to be told.

use std::process::Command;
use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Client, POOL, Proxy, Replicated, Server, TestApp, Way, until};

const TOKEN: &str = "an-admin-token-for-the-failover-test";

#[test]
fn when_the_standby_takes_over_everything_acknowledged_is_there_and_play_goes_on() {
    tokio::runtime::Runtime::new().unwrap().block_on(Box::pin(async {
        let databases = Replicated::start().await;
        let server = Server::start_at(&databases.url(), &[("PODIUM_ADMIN_TOKEN", TOKEN)]).await;
        let admin = Client::new(reqwest::Client::new(), &server.base).bearer(TOKEN);
        let mut acknowledged = 0;
        let create = async |n: usize| {
            let contest = json!({"name": format!("Contest {n}")});
            admin.keyed(&format!("contest {n}")).post("contests", contest).await
        };
        for n in 0..20 {
            create(n).await.ok(201);
            acknowledged += 1;
        }
        databases.kill_primary();
        // The standby takes no writes: that is a database which is away, and no fault of ours.
        until("it is noticed", async || {
            let reply = create(acknowledged).await;
            (reply.status != 201).then(|| reply.must_be_busy())
        })
        .await;
        databases.promote().await;
        let began = Instant::now();
        until("writes are taken again", async || (create(acknowledged).await.status == 201).then_some(()))
            .await;
        println!("usable {:?} after the standby was promoted", began.elapsed());
        let all = admin.all("contests", 50).await;
        let ours: Vec<_> =
            all.iter().filter(|one| one["name"].as_str().unwrap().starts_with("Contest ")).collect();
        assert_eq!(ours.len(), acknowledged + 1, "nothing is lost, nothing is doubled");
        // The first address is dead, the second one is what there is.
        for command in ["doctor", "check"] {
            must_succeed(command, &databases.url());
        }
        must_succeed("doctor", &format!("{}?target_session_attrs=read-write", databases.url()));
    }));
}

/// Where a URL points to.
fn place(url: &str) -> &str {
    url.split_once('@').unwrap().1.split_once('/').unwrap().0
}

#[test]
fn an_address_that_says_nothing_does_not_keep_those_after_it_waiting() {
    TestApp::run(async |app| {
        for way in [Way::Refused, Way::Dead, Way::Mute] {
            let proxy = Proxy::before(&app.url).await;
            let there = place(&app.url);
            let both = app.url.replace(there, &format!("{},{there}", place(&proxy.url)));
            let here = app.instance_at(&both).await;
            let anyone = app.anyone().at(&here);
            anyone.get("contests").await.ok(200);
            proxy.set(way);
            let began = Instant::now();
            until("it is served from the second address", async || {
                let replies = join_all((0..POOL).map(async |_| anyone.get("contests").await.status)).await;
                replies.iter().all(|status| *status == 200).then_some(())
            })
            .await;
            println!("{way:?}: served from the second address after {:?}", began.elapsed());
            anyone.get("/readyz").await.ok(200);
        }
    });
}

fn must_succeed(command: &str, url: &str) {
    let ended = Command::new(env!("CARGO_BIN_EXE_podium"))
        .arg(command)
        .env("DATABASE_URL", url)
        .env("PODIUM_JWT_SECRET", "x".repeat(32))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{command}: {said}");
}
