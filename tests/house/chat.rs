//! What people in a room say to each other: one order for everybody, for nobody else, and gone
//! when it is deleted.

use std::time::Instant;

use futures_util::future::join_all;
use podium::config::Config;
use podium::limits::Settings;
use serde_json::{Value, json};

use crate::support::{Instance, Member, Redis, Room, Socket, TestApp, config, fifty, patiently, tally};

/// The next messages on a socket, each linked to the one before it.
async fn hear(socket: &mut Socket, count: usize, mut prev: Value) -> Vec<Value> {
    let mut heard = Vec::new();
    while heard.len() < count {
        let frame = socket.next_of("chat").await;
        assert_eq!(frame["prev"], prev, "a message is missing before {frame}");
        prev = frame["seq"].clone();
        heard.push(frame);
    }
    heard
}

fn seqs(messages: &[Value]) -> Vec<i64> {
    messages.iter().map(|message| message["seq"].as_i64().unwrap()).collect()
}

fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["message"].as_str().unwrap()).collect()
}

/// The members talk all at once, some at each server; whoever listens anywhere hears the same.
async fn one_order(app: &TestApp, pair: [Instance; 2]) {
    let room = app.room(3).await;
    let (mut sockets, mut lasts) = (Vec::new(), Vec::new());
    for (n, member) in room.members.iter().enumerate() {
        for instance in &pair {
            let mut socket = member.socket(instance, json!({"streams": ["chat"], "history": n})).await;
            lasts.push(socket.next_of("welcome").await["last"]["chat"].clone());
            sockets.push(socket);
        }
    }
    let talk = room.members.iter().flat_map(|member| (0..10).map(move |n| (member, n)));
    let talk = talk.map(|(member, n)| {
        let member = member.at(&pair[n % 2]);
        async move { member.said(&format!("{} {n}", member.account.name)).await }
    });
    let said = join_all(talk).await.len();
    let mut heard = Vec::new();
    for (socket, last) in sockets.iter_mut().zip(&lasts) {
        heard.push(hear(socket, said, last.clone()).await);
    }
    let mut listed = room.said(&room.members[0]).await;
    listed.reverse();
    for heard in &heard {
        assert_eq!((seqs(heard), texts(heard)), (seqs(&listed), texts(&listed)));
    }
}

#[test]
fn everybody_hears_the_same_order_on_every_instance() {
    TestApp::run(async |app| one_order(app, [app.instance().await, app.instance().await]).await);
}

#[test]
fn everybody_hears_the_same_order_through_redis() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let pair = [app.instance_with(&redis.url).await, app.instance_with(&redis.url).await];
        one_order(app, pair).await;
    });
}

#[test]
fn what_is_said_is_for_the_members_of_the_room() {
    TestApp::run(async |app| {
        let room = app.room(1).await;
        let mallory = app.account("mallory").await;
        mallory.room(json!({})).await;
        let ada = &room.members[0];
        let url = app.first().socket_url();
        for (auth, streams) in [(None, json!(["chat"])), (Some(&mallory), json!(["chat"]))] {
            let mut hello = json!({"streams": streams});
            if let Some(member) = auth {
                hello["auth"] = member.client.poke("ws-tickets").await.ok(201)["ticket"].clone();
            }
            Socket::hello(&url, &room.contest.code, hello).await.must_end("unauthorized").await;
        }
        let mut stranger = Socket::hello(&url, &room.contest.code, json!({})).await;
        assert_eq!(
            stranger.next_of("welcome").await["streams"],
            json!(["board", "contest", "announcements"])
        );
        ada.said("for us").await;
        app.settle().await;
        let mut member = ada.socket(app.first(), json!({})).await;
        assert_eq!(
            member.next_of("welcome").await["streams"],
            json!(["board", "contest", "announcements", "team", "chat"])
        );
        let auth = json!({"auth": app.staff_token(), "streams": ["chat"]});
        let mut staff = Socket::hello(&url, &room.contest.code, auth).await;
        for socket in [&mut member, &mut staff] {
            assert_eq!(socket.next_of("chat_history").await["messages"][0]["message"], "for us");
        }
        room.contest.go("pause").await.ok(200);
        let next = loop {
            let frame = stranger.next().await.unwrap();
            assert!(!frame["type"].as_str().unwrap().starts_with("chat"), "{frame}");
            if frame["type"] == "contest_update" {
                break frame;
            }
        };
        assert_eq!(next["state"], "paused");
        let path = room.path("messages");
        app.anyone().get(&path).await.refused(401, "not-authenticated");
        mallory.client.get(&path).await.refused(404, "not-found");
        mallory.client.post(&path, json!({"message": "let me in"})).await.refused(403, "not-allowed");
        let log = app.anyone().log(&room.contest.id).await;
        assert!(log.iter().all(|event| event["kind"] != "message_sent"));
        assert!(ada.account.client.log(&room.contest.id).await.iter().any(|e| e["kind"] == "message_sent"));
    });
}

#[test]
fn a_competition_has_no_chat() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let team = contest.team("Red").await;
        let url = app.first().socket_url();
        let hello = json!({"auth": team.token, "streams": ["chat"]});
        Socket::hello(&url, &contest.id, hello).await.must_end("unauthorized").await;
        let path = format!("rooms/{}/messages", contest.code);
        team.client.post(&path, json!({"message": "psst"})).await.refused(404, "not-found");
        for client in [&team.client, &app.admin()] {
            client.get(&path).await.refused(404, "not-found");
        }
    });
}

#[test]
fn whoever_joins_gets_what_was_said_and_then_what_is_said() {
    TestApp::run(async |app| {
        let room = app.room(2).await;
        let [ada, bob] = &room.members[..] else { panic!("two members") };
        for n in 0..60 {
            ada.said(&format!("old {n}")).await;
        }
        app.settle().await;
        let mut socket = bob.socket(app.first(), json!({"streams": ["chat"]})).await;
        let last = socket.next_of("welcome").await["last"]["chat"].clone();
        let history = socket.next_of("chat_history").await;
        let old = history["messages"].as_array().unwrap();
        assert_eq!(texts(old), (10..60).map(|n| format!("old {n}")).collect::<Vec<_>>());
        assert_eq!(
            (&old[49]["seq"], &old[49]["team_id"], &old[49]["author"]),
            (&last, &json!(ada.team), &json!(ada.account.name))
        );
        ada.said("new").await;
        let new = hear(&mut socket, 1, last).await;
        assert_eq!(new[0]["message"], "new");
        let older = bob
            .account
            .client
            .get(&bob.path(&format!("messages?limit=10&cursor={}", old[0]["seq"])))
            .await
            .ok(200);
        assert_eq!(texts(older["data"].as_array().unwrap())[0], "old 9");
        let mut few = bob.socket(app.first(), json!({"streams": ["chat"], "history": 3})).await;
        assert_eq!(few.next_of("chat_history").await["messages"].as_array().unwrap().len(), 3);
        bob.socket(app.first(), json!({"history": 201})).await.must_end("bad-hello").await;
        let none = json!({"streams": ["chat"], "history": 0, "resume": {"seq": old[40]["seq"]}});
        let mut resumed = bob.socket(app.first(), none).await;
        let last = resumed.next_of("welcome").await["last"]["chat"].clone();
        assert_eq!(texts(&hear(&mut resumed, 10, last).await)[..2], ["old 51", "old 52"]);
    });
}

#[test]
fn a_member_who_is_cut_off_again_and_again_hears_everything_once() {
    TestApp::run(async |app| {
        let (other, room) = (app.instance().await, app.room(2).await);
        let [ada, bob] = &room.members[..] else { panic!("two members") };
        app.settle().await;
        let talking = {
            let ada = ada.clone();
            tokio::spawn(async move {
                for n in 0..100 {
                    ada.said(&n.to_string()).await;
                }
            })
        };
        let (mut heard, mut highest) = (Vec::new(), app.number("SELECT max(seq) FROM contest_event").await);
        let mut life = 0;
        while heard.len() < 100 {
            let hello = json!({"streams": ["chat"], "resume": {"seq": highest}});
            let instance = if life % 2 == 0 { app.first() } else { &other };
            let mut socket = bob.socket(instance, hello).await;
            assert_eq!(socket.next_of("welcome").await["resumed"], true);
            for _ in 0..=life % 5 {
                let frame = socket.next_of("chat").await;
                highest = frame["seq"].as_i64().unwrap();
                heard.push(frame["message"].as_str().unwrap().to_owned());
                if heard.len() == 100 {
                    break;
                }
            }
            life += 1;
        }
        talking.await.unwrap();
        assert_eq!(heard, (0..100).map(|n| n.to_string()).collect::<Vec<_>>());
    });
}

/// The text of a message, wherever a member, staff or the database could still have it.
async fn traces(app: &TestApp, room: &Room, text: &str, sockets: &[Value]) -> Vec<String> {
    let member = &room.members[0].account.client;
    let mut seen = Vec::new();
    for client in [member, &app.admin()] {
        seen.push(client.get(&room.path("messages?limit=200")).await.body);
        for format in ["json", "ndjson"] {
            seen.push(
                client.get(&room.contest.path(&format!("events?limit=200&format={format}"))).await.body,
            );
        }
    }
    seen.push(app.admin().get("audit?limit=200").await.body);
    for table in ["contest_event", "outbox", "chat_message", "idempotency", "audit_log"] {
        seen.extend(app.rows(&format!("SELECT t::text FROM {table} t")).await.into_iter().flatten());
    }
    seen.extend(sockets.iter().map(ToString::to_string));
    seen.retain(|seen| seen.contains(text));
    seen
}

#[test]
fn the_text_of_a_deleted_message_is_gone_from_everywhere() {
    TestApp::run(async |app| {
        let room = app.room(2).await;
        let [ada, bob] = &room.members[..] else { panic!("two members") };
        let mut lively = bob.socket(app.first(), json!({"streams": ["chat"]})).await;
        let before = lively.next_of("welcome").await["head"].clone();
        let kept = ada.account.client.keyed("the key");
        let path = room.path("messages");
        let sent = kept.post(&path, json!({"message": "UNFORTUNATE"})).await.ok(201);
        let message = sent["message_id"].as_str().unwrap();
        bob.said("what did you say?").await;
        assert_eq!(lively.next_of("chat").await["message"], "UNFORTUNATE");
        assert!(
            !traces(app, &room, "UNFORTUNATE", &[]).await.is_empty(),
            "while it is there it is somewhere"
        );

        let one = format!("{path}/{message}");
        bob.account.client.delete(&one).await.refused(403, "not-allowed");
        ada.account.client.delete(&one).await.ok(204);
        let told = lively.next_of("chat_deleted").await;
        assert_eq!((&told["message_id"], &told["by"]), (&json!(message), &json!("author")));
        let mut frames = Vec::new();
        // Out of the ring, out of the log by an instance that reads it first now, and as history.
        let fresh = app.instance().await;
        for instance in [app.first(), &fresh] {
            let resume = json!({"streams": ["chat"], "resume": {"seq": before}});
            let mut socket = bob.socket(instance, resume).await;
            let again = socket.next_of("chat").await;
            assert_eq!((&again["message_id"], &again["message"]), (&json!(message), &Value::Null));
            frames.extend([again, socket.next_of("chat").await, socket.next_of("chat_deleted").await]);
            frames.push(bob.socket(instance, json!({})).await.next_of("chat_history").await);
        }
        assert_eq!(frames[3]["messages"][0]["message"], Value::Null);
        assert_eq!(frames[3]["messages"][1]["message"], "what did you say?");
        kept.post(&path, json!({"message": "UNFORTUNATE"})).await.ok(201);
        assert_eq!(traces(app, &room, "UNFORTUNATE", &frames).await, [""; 0]);
        assert_eq!(room.said(ada).await[1]["message"], Value::Null);
    });
}

#[test]
fn fifty_who_delete_a_message_delete_it_once() {
    TestApp::run(async |app| {
        let room = app.room(1).await;
        let message = room.members[0].said("oops").await;
        let path = room.path(&format!("messages/{message}"));
        let admin = app.admin();
        let replies = fifty(|_| admin.delete(&path)).await;
        assert_eq!(tally(&replies), ["50 × 204"]);
        app.settle().await;
        assert_eq!(app.number("SELECT count(*) FROM contest_event WHERE kind = 'message_deleted'").await, 1);
    });
}

#[test]
fn a_message_that_is_sent_again_with_its_key_is_said_once() {
    TestApp::run(async |app| {
        let room = app.room(1).await;
        let ada = room.members[0].account.client.keyed("k");
        let path = room.path("messages");
        let replies = fifty(|_| ada.post(&path, json!({"message": "Hello"}))).await;
        assert!(replies.iter().all(|reply| [201, 409].contains(&reply.status)), "{:?}", tally(&replies));
        ada.post(&path, json!({"message": "Hello"})).await.ok(201);
        ada.post(&path, json!({"message": "Bye"})).await.refused(422, "idempotency-key-reused");
        assert_eq!(app.number("SELECT count(*) FROM chat_message").await, 1);
    });
}

#[test]
fn whoever_is_muted_is_quiet_from_then_on() {
    TestApp::run(async |app| {
        let room = app.room(2).await;
        let [ada, bob] = &room.members[..] else { panic!("two members") };
        let mut socket = ada.socket(app.first(), json!({"streams": ["chat"]})).await;
        socket.next_of("welcome").await;
        let mute = room.path(&format!("mutes/{}", bob.team));
        bob.account.client.delete(&mute).await.refused(403, "not-allowed");
        // While bob talks all the time: what comes after the mute has returned is refused.
        let talking = fifty(|n| {
            let bob = bob.clone();
            async move { patiently(async || bob.say(&format!("and {n}")).await).await }
        });
        let muting = async { patiently(async || app.admin().put(&mute).await).await.ok(204) };
        let (replies, _) = tokio::join!(talking, muting);
        assert!(replies.iter().all(|reply| [201, 403].contains(&reply.status)), "{:?}", tally(&replies));
        let said = app.number("SELECT count(*) FROM chat_message").await;
        bob.say("and more").await.refused(403, "muted");
        app.admin().put(&mute).await.ok(204);
        assert_eq!(app.number("SELECT count(*) FROM chat_message").await, said);
        let told = socket.next_of("chat_muted").await;
        assert_eq!((&told["team_id"], &told["by"]), (&json!(bob.team), &json!("staff")));
        let muted = ada.account.client.all(&room.path("mutes"), 50).await;
        assert_eq!(muted, [json!({"team_id": bob.team, "name": bob.account.name})]);
        app.admin().delete(&mute).await.ok(204);
        bob.said("at last").await;
        assert_eq!(socket.next_of("chat_unmuted").await["team"], json!(bob.account.name));
        assert_eq!(socket.next_of("chat").await["message"], "at last");
        let kinds = app.rows("SELECT kind FROM contest_event WHERE kind LIKE 'member_%'").await;
        assert_eq!(kinds.len(), 2, "muting twice is told once");
    });
}

#[test]
fn what_is_no_message_is_refused() {
    TestApp::run(async |app| {
        let room = app.room(1).await;
        let ada = &room.members[0];
        for text in ["", "   ", "two\nlines", "\u{202E}backwards", "a\u{200B}b", &"x".repeat(1001)] {
            let refused = ada.say(text).await.refused(422, "invalid");
            assert_eq!(refused["errors"][0]["pointer"], "/message", "{text:?}");
        }
        let path = room.path("messages");
        ada.account
            .client
            .post(&path, json!({"message": "Hi", "author": "bob"}))
            .await
            .refused(422, "invalid");
        let typed = " <img src=x onerror=alert(1)> & e\u{301} ";
        ada.said(typed).await;
        ada.said(&"é".repeat(1000)).await;
        app.settle().await;
        let said = room.said(ada).await;
        assert_eq!(said[1]["message"], "<img src=x onerror=alert(1)> & \u{e9}");
        assert_eq!(said.len(), 2);
        let limited =
            Settings { trusted: vec![], message_burst: 5, messages_per_s: 1, ..Settings::default() };
        let here = app.instance_set(&Config { limits: limited, ..config() }).await;
        let (ada, began) = (ada.at(&here), Instant::now());
        let replies = fifty(|n| {
            let ada = ada.clone();
            async move { ada.say(&n.to_string()).await }
        })
        .await;
        let said = replies.iter().filter(|reply| reply.status == 201).count();
        let most = 5 + 1 + usize::try_from(began.elapsed().as_secs()).unwrap();
        assert!((5..=most).contains(&said), "{:?}", tally(&replies));
        let refused = replies.iter().find(|reply| reply.status == 429).unwrap();
        refused.refused(429, "rate-limited");
    });
}

#[test]
fn people_go_on_talking_while_the_board_is_frozen() {
    TestApp::run(async |app| {
        let room = app.room(2).await;
        let [ada, bob]: &[Member; 2] = room.members[..].try_into().unwrap();
        let mut socket = bob.socket(app.first(), json!({"streams": ["chat"]})).await;
        let last = socket.next_of("welcome").await["last"]["chat"].clone();
        ada.said("before").await;
        room.contest.go("freeze").await.ok(200);
        ada.said("meanwhile").await;
        assert_eq!(texts(&hear(&mut socket, 2, last).await), ["before", "meanwhile"]);
        app.settle().await;
        assert_eq!(room.said(bob).await.len(), 2);
    });
}

#[test]
fn the_owner_keeps_order_and_so_does_who_inherits_the_room() {
    TestApp::run(async |app| {
        let room = app.room(3).await;
        let [ada, bob, eve] = &room.members[..] else { panic!("three members") };
        let mut socket = eve.socket(app.first(), json!({"streams": ["chat"]})).await;
        let message = eve.said("something rude").await;
        let (path, mute) =
            (room.path(&format!("messages/{message}")), room.path(&format!("mutes/{}", eve.team)));
        bob.account.client.delete(&path).await.refused(403, "not-allowed");
        bob.account.client.put(&mute).await.refused(403, "not-allowed");
        ada.account.client.delete(&path).await.ok(204);
        assert_eq!(socket.next_of("chat_deleted").await["by"], "owner");
        ada.account.client.put(&mute).await.ok(204);
        eve.say("but").await.refused(403, "muted");
        ada.account.client.poke(&room.path("leave")).await.ok(204);
        bob.account.client.delete(&mute).await.ok(204);
        // Whoever has left is nobody here.
        ada.account.client.put(&mute).await.refused(404, "not-found");
        eve.said("thank you").await;
        ada.say("and I?").await.refused(403, "not-allowed");
        ada.account.client.get(&room.path("messages")).await.refused(404, "not-found");
        assert_eq!(
            app.number("SELECT count(*) FROM audit_log WHERE action LIKE '%_me%'").await,
            0,
            "not of staff"
        );
    });
}

#[test]
fn whoever_is_shown_out_hears_nothing_more() {
    TestApp::run(async |app| {
        let room = app.room(2).await;
        let [ada, bob] = &room.members[..] else { panic!("two members") };
        let mut socket = bob.socket(app.first(), json!({})).await;
        socket.next_of("chat_history").await;
        ada.account.client.delete(&room.path(&format!("members/{}", bob.team))).await.ok(204);
        ada.said("at last").await;
        let end = loop {
            let frame = socket.next().await.expect("a goodbye");
            assert_ne!(frame["type"], "chat", "{frame}");
            if frame["type"] == "bye" {
                break frame;
            }
        };
        assert_eq!(end["code"], "revoked");
        bob.account.client.get(&room.path("messages")).await.refused(404, "not-found");
        bob.socket(app.first(), json!({"streams": ["chat"]})).await.must_end("unauthorized").await;
    });
}

#[test]
fn in_a_closed_room_nothing_is_said_any_more_and_everything_can_be_read() {
    TestApp::run(async |app| {
        let room = app.room(2).await;
        let [ada, bob] = &room.members[..] else { panic!("two members") };
        bob.said("goodbye").await;
        ada.account.client.delete(&format!("rooms/{}", room.contest.code)).await.ok(204);
        bob.say("hello?").await.refused(409, "contest-ended");
        app.settle().await;
        assert_eq!(room.said(bob).await[0]["message"], "goodbye");
        let stats = ada.account.client.get(&room.path("stats")).await.ok(200);
        assert_eq!((&stats["messages_sent"], &stats["active_users"]), (&json!(1), &json!(0)));
    });
}
