//! Who is in a room: by connections, on all instances, and gone with the instance that dies.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Member, Redis, Socket, TestApp};

/// Waits until exactly these are told to be there.
async fn sees(socket: &mut Socket, members: &[&Member]) {
    let expected: BTreeSet<&str> = members.iter().map(|member| member.team.as_str()).collect();
    loop {
        let frame = socket.next_of("presence").await;
        let teams: Vec<_> = frame["teams"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(frame["active_users"], teams.len(), "{frame}");
        if teams.iter().copied().collect::<BTreeSet<_>>() == expected && teams.len() == expected.len() {
            return;
        }
    }
}

#[test]
fn whoever_closes_one_of_two_tabs_is_still_there() {
    TestApp::run(async |app| {
        let room = app.room(3).await;
        let [ada, bob, eve] = &room.members[..] else { panic!("three members") };
        let mut watching = ada.socket(app.first(), json!({})).await;
        sees(&mut watching, &[ada]).await;
        let tabs = [bob.socket(app.first(), json!({})).await, bob.socket(app.first(), json!({})).await];
        sees(&mut watching, &[ada, bob]).await;
        let [one, two] = tabs;
        drop(one);
        let comes = eve.socket(app.first(), json!({})).await;
        sees(&mut watching, &[ada, bob, eve]).await;
        drop(two);
        sees(&mut watching, &[ada, eve]).await;
        drop(comes);
        sees(&mut watching, &[ada]).await;
    });
}

#[test]
fn whoever_is_there_by_another_instance_is_there_until_it_dies() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let (one, two) = (app.instance_with(&redis.url).await, app.instance_with(&redis.url).await);
        let room = app.room(3).await;
        let [ada, bob, eve] = &room.members[..] else { panic!("three members") };
        let mut watching = ada.socket(&one, json!({})).await;
        let mut there = bob.socket(&two, json!({})).await;
        sees(&mut watching, &[ada, bob]).await;
        sees(&mut there, &[ada, bob]).await;
        let both = [eve.socket(&one, json!({})).await, eve.socket(&two, json!({})).await];
        sees(&mut watching, &[ada, bob, eve]).await;
        // Says nothing any more, not even goodbye.
        drop(two);
        sees(&mut watching, &[ada, eve]).await;
        drop(both);
    });
}

#[test]
fn whoever_does_not_follow_the_chat_hears_nothing_of_who_is_there() {
    TestApp::run(async |app| {
        let room = app.room(2).await;
        let mut stranger = Socket::hello(&app.first().socket_url(), &room.contest.code, json!({})).await;
        stranger.next_of("leaderboard_snapshot").await;
        let mut ada = room.members[0].socket(app.first(), json!({})).await;
        sees(&mut ada, &[&room.members[0]]).await;
        room.contest.go("pause").await.ok(200);
        while let Some(frame) = stranger.next().await {
            assert_ne!(frame["type"], "presence");
            if frame["type"] == "contest_update" {
                return;
            }
        }
        panic!("closed before it was told of the pause");
    });
}
