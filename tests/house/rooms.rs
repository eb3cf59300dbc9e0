//! Rooms: accounts that play among themselves.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Account, Member, Reply, Socket, TestApp, fifty, patiently, problem, tally, until};

async fn read(account: &Account, room: &str, tail: &str) -> Value {
    account.client.get(&format!("rooms/{room}{tail}")).await.ok(200)
}

async fn leave(account: &Account, room: &str) -> Reply {
    account.client.poke(&format!("rooms/{room}/leave")).await
}

/// Who is in a room, in the order in which they came for the first time; the owner has a star.
async fn members(account: &Account, room: &str) -> Vec<String> {
    let all = account.client.all(&format!("rooms/{room}/members"), 50).await;
    let name = |member: &Value| {
        let star = if member["owner"] == true { "*" } else { "" };
        format!("{}{star}", member["username"].as_str().unwrap())
    };
    all.iter().map(name).collect()
}

async fn three(app: &TestApp) -> [Account; 3] {
    app.crowd(3).await.try_into().unwrap()
}

/// A room with one problem, `p1`, in which all of them are; the first one owns it.
async fn with_all(people: &[Account]) -> String {
    let room = people[0].room(json!({"problems": [problem("p1")]})).await;
    for reply in join_all(people[1..].iter().map(|one| patiently(|| one.join(&room)))).await {
        reply.ok(200);
    }
    room
}

#[test]
fn members_answer_and_the_board_shows_it() {
    TestApp::run(async |app| {
        let people = three(app).await;
        let room = with_all(&people).await;
        let verdict = people[1].solve(&room, "p1", "8").await.ok(200);
        assert_eq!((&verdict["problem_id"], &verdict["correct"]), (&json!("p1"), &json!(true)));
        assert_eq!(
            (&verdict["points_earned"], &verdict["rank"]),
            (&json!(30), &json!(1)),
            "20 and the bonus"
        );
        assert_eq!(people[2].solve(&room, "p1", "8").await.ok(200)["points_earned"], 20);
        assert_eq!(people[0].solve(&room, "p1", "9").await.ok(200)["correct"], false);
        let board = read(&people[0], &room, "/leaderboard").await;
        let row = |who: usize, score: i64| json!({"username": people[who].name, "score": score});
        assert_eq!(board, json!({"room_id": room, "leaderboard": [row(1, 30), row(2, 20), row(0, 0)]}));
        assert_eq!(read(&people[0], &room, "/stats").await["submissions"], 3);
        people[1].solve(&room, "p1", "8").await.refused(409, "already-answered");
        people[1].solve(&room, "p2", "8").await.refused(404, "not-found");
    });
}

#[test]
fn nobody_sets_their_own_points() {
    TestApp::run(async |app| {
        let people = three(app).await;
        let room = with_all(&people).await;
        let sent = json!({"problem_id": "p1", "answer": "8", "points": 9000});
        let path = format!("rooms/{room}/submissions");
        let refused = people[1].client.post(&path, sent).await.refused(422, "invalid");
        assert!(refused.to_string().contains("points"), "{refused}");
        assert_eq!(read(&people[1], &room, "/stats").await["submissions"], 0);
    });
}

#[test]
fn what_is_asked_is_listed_without_the_answers() {
    TestApp::run(async |app| {
        let people = three(app).await;
        let room = with_all(&people).await;
        let secret = json!({"problem_id": "p2", "text": "Who?", "answer": "the-right-one", "aliases": ["tro"], "points": 5});
        people[0].client.post(&format!("rooms/{room}/problems"), secret).await.ok(201);
        let listed = people[1].client.all(&format!("rooms/{room}/problems"), 1).await;
        let names: Vec<_> = listed.iter().map(|problem| &problem["problem_id"]).collect();
        assert_eq!(names, ["p1", "p2"]);
        assert!(!json!(listed).to_string().contains("the-right-one"), "{listed:?}");
        assert!(listed.iter().all(|problem| problem.get("answer").is_none()));
    });
}

#[test]
fn only_the_owner_adds_problems_removes_members_and_closes() {
    TestApp::run(async |app| {
        let people = three(app).await;
        let room = with_all(&people).await;
        let third = people[2].join(&room).await.ok(200)["member_id"].as_str().unwrap().to_owned();
        let (problems, member) = (format!("rooms/{room}/problems"), format!("rooms/{room}/members/{third}"));
        for other in [&people[1], &app.account("eve").await] {
            other.client.post(&problems, problem("p9")).await.refused(403, "not-allowed");
            other.client.delete(&member).await.refused(403, "not-allowed");
            other.client.delete(&format!("rooms/{room}")).await.refused(403, "not-allowed");
        }
        let own = people[0].join(&room).await.ok(200)["member_id"].as_str().unwrap().to_owned();
        people[0].client.delete(&format!("rooms/{room}/members/{own}")).await.refused(422, "invalid");
        people[0].client.delete(&member).await.ok(204);
        people[0].client.delete(&member).await.refused(404, "not-found");
        people[2].solve(&room, "p1", "8").await.refused(403, "not-allowed");
        people[0].client.delete(&format!("rooms/{room}")).await.ok(204);
        people[0].client.delete(&format!("rooms/{room}")).await.refused(409, "contest-ended");
        people[1].solve(&room, "p1", "8").await.refused(409, "contest-ended");
        people[2].join(&room).await.refused(409, "contest-ended");
    });
}

#[test]
fn whoever_is_shown_out_loses_their_socket() {
    TestApp::run(async |app| {
        let people = three(app).await;
        let room = with_all(&people).await;
        let member = people[1].join(&room).await.ok(200)["member_id"].as_str().unwrap().to_owned();
        let ticket = people[1].client.poke("ws-tickets").await.ok(201)["ticket"].clone();
        let mut socket = Socket::hello(&app.first().socket_url(), &room, json!({"auth": ticket})).await;
        socket.next_of("welcome").await;
        people[0].client.delete(&format!("rooms/{room}/members/{member}")).await.ok(204);
        socket.must_end("revoked").await;
    });
}

#[test]
fn staff_closes_a_room_and_leaves_a_line() {
    TestApp::run(async |app| {
        let people = three(app).await;
        let room = with_all(&people).await;
        app.admin().delete(&format!("rooms/{room}")).await.ok(204);
        assert_eq!(read(&people[0], &room, "").await["state"], "ended");
        assert_eq!(app.admin().get("audit?limit=1").await.ok(200)["data"][0]["action"], "close_room");
    });
}

#[test]
fn the_room_passes_to_whoever_has_been_in_it_longest() {
    TestApp::run(async |app| {
        let [alice, bob, carol] = three(app).await;
        let room = alice.room(json!({})).await;
        bob.join(&room).await.ok(200);
        carol.join(&room).await.ok(200);
        // Who comes back has not been here longest any more.
        leave(&bob, &room).await.ok(204);
        bob.join(&room).await.ok(200);
        leave(&alice, &room).await.ok(204);
        assert_eq!(members(&bob, &room).await, [bob.name.clone(), format!("{}*", carol.name)]);
        assert_eq!(read(&bob, &room, "").await["owner"], carol.name);
        leave(&alice, &room).await.refused(403, "not-allowed");
        leave(&carol, &room).await.ok(204);
        leave(&bob, &room).await.ok(204);
        assert_eq!(read(&bob, &room, "").await["state"], "ended");
        bob.join(&room).await.refused(409, "contest-ended");
        let id = read(&bob, &room, "").await["contest_id"].as_str().unwrap().to_owned();
        let told = app.events(&id).await;
        let owners: Vec<_> = told.iter().filter(|event| event["kind"] == "owner_changed").collect();
        let owners: Vec<_> = owners.iter().map(|event| event["payload"]["owner"].as_str().unwrap()).collect();
        assert_eq!(owners, [&carol.name, &bob.name]);
    });
}

#[test]
fn whoever_comes_back_finds_their_points_and_no_second_try() {
    TestApp::run(async |app| {
        let people = three(app).await;
        let room = with_all(&people).await;
        people[1].solve(&room, "p1", "8").await.ok(200);
        leave(&people[1], &room).await.ok(204);
        let board = read(&people[0], &room, "/leaderboard").await;
        assert_eq!(board["leaderboard"].as_array().unwrap().len(), 2, "{board}");
        people[1].join(&room).await.ok(200);
        people[1].solve(&room, "p1", "8").await.refused(409, "already-answered");
        let board = read(&people[0], &room, "/leaderboard").await;
        assert_eq!(board["leaderboard"][0], json!({"username": people[1].name, "score": 30}));
    });
}

#[test]
fn a_list_shows_open_rooms_that_are_not_private() {
    TestApp::run(async |app| {
        let [alice, bob, _] = three(app).await;
        let open = [alice.room(json!({"title": "First"})).await, bob.room(json!({})).await];
        let hidden = alice.room(json!({"private": true})).await;
        let closed = bob.room(json!({})).await;
        leave(&bob, &closed).await.ok(204);
        let listed = app.anyone().all("rooms", 1).await;
        let codes: Vec<_> = listed.iter().map(|room| room["room_id"].as_str().unwrap()).collect();
        assert_eq!(codes, [&open[1], &open[0]]);
        assert_eq!(listed[0]["title"], format!("{}'s room", bob.name));
        // Whoever knows its code finds a private one.
        assert_eq!(read(&bob, &hidden.to_lowercase(), "").await["room_id"], hidden);
        for tail in ["", "/members", "/leaderboard", "/stats"] {
            app.anyone().get(&format!("rooms/{hidden}{tail}")).await.ok(200);
        }
        let contests = app.anyone().all("contests", 50).await;
        assert!(contests.is_empty(), "rooms have a list of their own: {contests:?}");
    });
}

#[test]
fn one_reads_which_rooms_one_is_in_and_how_one_came_to_be_out() {
    TestApp::run(async |app| {
        let [alice, bob, carol] = three(app).await;
        let rooms = [alice.room(json!({})).await, alice.room(json!({"private": true})).await];
        for room in &rooms {
            bob.join(room).await.ok(200);
        }
        let own = async |who: &Account| -> Vec<String> {
            let listed = who.client.all("my_rooms", 1).await;
            listed.iter().map(|room| room["room_id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(
            own(&bob).await,
            [rooms[1].clone(), rooms[0].clone()],
            "private ones too, the newest first"
        );
        assert!(own(&carol).await.is_empty());
        app.anyone().get("my_rooms").await.refused(401, "not-authenticated");
        app.admin().get("my_rooms").await.refused(403, "not-allowed");

        let here = read(&bob, &rooms[0], "/membership").await;
        assert_eq!(here["state"], "here");
        carol.client.get(&format!("rooms/{}/membership", rooms[0])).await.refused(404, "not-found");
        leave(&bob, &rooms[0]).await.ok(204);
        assert_eq!(read(&bob, &rooms[0], "/membership").await["state"], "left");
        let member = read(&bob, &rooms[1], "/membership").await["member_id"].as_str().unwrap().to_owned();
        alice.client.delete(&format!("rooms/{}/members/{member}", rooms[1])).await.ok(204);
        assert_eq!(read(&bob, &rooms[1], "/membership").await["state"], "removed");
        assert!(own(&bob).await.is_empty());
        alice.client.delete(&format!("rooms/{}", rooms[0])).await.ok(204);
        assert_eq!(own(&alice).await, [rooms[1].clone()], "a closed room is not listed");
    });
}

#[test]
fn a_problem_says_who_was_first_as_far_as_the_board_tells() {
    TestApp::run(async |app| {
        let people = three(app).await;
        let room = with_all(&people).await;
        people[0].client.post(&format!("rooms/{room}/problems"), problem("p2")).await.ok(201);
        let first = async || {
            let listed = people[2].client.all(&format!("rooms/{room}/problems"), 50).await;
            json!(listed.iter().map(|problem| problem["first_correct"].clone()).collect::<Vec<_>>())
        };
        assert_eq!(first().await, json!([null, null]));
        people[0].solve(&room, "p1", "9").await.ok(200);
        people[1].solve(&room, "p1", "8").await.ok(200);
        people[2].solve(&room, "p1", "8").await.ok(200);
        assert_eq!(first().await, json!([people[1].name, null]));
        app.admin().poke(&format!("contests/{room}/freeze")).await.ok(200);
        people[2].solve(&room, "p2", "8").await.ok(200);
        assert_eq!(first().await, json!([people[1].name, null]), "a frozen board does not tell");
    });
}

#[test]
fn a_contest_is_no_room_and_a_room_takes_no_teams() {
    TestApp::run(async |app| {
        let [alice, bob, _] = three(app).await;
        let contest = app.play(0).await;
        bob.join(&contest.code).await.refused(404, "not-found");
        alice.client.get(&format!("rooms/{}", contest.code)).await.refused(404, "not-found");
        let room = alice.room(json!({})).await;
        let path = format!("contests/{room}/teams");
        app.admin().post(&path, json!({"name": "Red"})).await.refused(409, "registration-closed");
        app.admin().post("contests", json!({"name": "x", "kind": "room"})).await.refused(422, "invalid");
        let demo = app.admin().post("contests", json!({"name": "x", "kind": "demo"})).await.ok(201);
        assert_eq!(demo["kind"], "demo");
    });
}

#[test]
fn a_room_closes_by_itself_when_its_time_is_over() {
    TestApp::run(async |app| {
        let people = three(app).await;
        let room = with_all(&people).await;
        app.execute("UPDATE contest SET starts_at = starts_at - interval '1 day' WHERE kind = 'room'").await;
        people[1].solve(&room, "p1", "8").await.refused(409, "contest-ended");
        until("the clock closes the room", async || {
            (read(&people[0], &room, "").await["state"] == "ended").then_some(())
        })
        .await;
        assert!(app.anyone().all("rooms", 50).await.is_empty());
    });
}

#[test]
fn members_hear_who_comes_and_goes_and_what_is_asked() {
    TestApp::run(async |app| {
        let [alice, bob, _] = three(app).await;
        let room = alice.room(json!({})).await;
        app.settle().await;
        let mut socket = Socket::hello(&app.first().socket_url(), &room, json!({})).await;
        socket.next_of("welcome").await;
        bob.join(&room).await.ok(200);
        assert_eq!(socket.next_of("team_joined").await["team"], bob.name);
        alice.client.post(&format!("rooms/{room}/problems"), problem("p1")).await.ok(201);
        assert_eq!(socket.next_of("problem_added").await["problem_id"], "p1");
        leave(&alice, &room).await.ok(204);
        assert_eq!(socket.next_of("team_left").await["team"], alice.name);
        assert_eq!(socket.next_of("owner_changed").await["owner"], bob.name);
        bob.client.delete(&format!("rooms/{room}")).await.ok(204);
        assert_eq!(socket.next_of("contest_update").await["state"], "ended");
    });
}

#[test]
fn stats_count_members_who_are_connected_once_each() {
    TestApp::run(async |app| {
        let people = three(app).await;
        let room = with_all(&people).await;
        let mut sockets = Vec::new();
        for one in [&people[0], &people[1], &people[1]] {
            let ticket = one.client.poke("ws-tickets").await.ok(201)["ticket"].clone();
            let mut socket = Socket::hello(&app.first().socket_url(), &room, json!({"auth": ticket})).await;
            socket.next_of("welcome").await;
            sockets.push(socket);
        }
        let active = async || read(&people[2], &room, "/stats").await["active_users"].as_i64().unwrap();
        until("two are there", async || (active().await == 2).then_some(())).await;
        sockets.pop();
        sockets.remove(0);
        until("one is left", async || (active().await == 1).then_some(())).await;
    });
}

#[test]
fn fifty_who_come_at_once_take_the_seats_there_are() {
    TestApp::run(async |app| {
        let (second, crowd) = (app.instance().await, app.crowd(51).await);
        let room = crowd[50].room(json!({"max_members": 8})).await;
        let replies = fifty(|n| {
            let comer = if n % 2 == 0 { crowd[n].clone() } else { crowd[n].at(&second) };
            let room = &room;
            async move { comer.join(room).await }
        })
        .await;
        assert_eq!(tally(&replies), ["7 × 200", "43 × 409 room-full"]);
        assert_eq!(members(&crowd[50], &room).await.len(), 8);
        // One device more is nobody more.
        let replies = fifty(|_| crowd[50].join(&room)).await;
        assert_eq!(tally(&replies), ["50 × 200"]);
        assert_eq!(read(&crowd[50], &room, "").await["members"], 8);
    });
}

#[test]
fn fifty_rooms_of_one_account_are_as_many_as_it_may_own() {
    TestApp::run(async |app| {
        let [alice, _, _] = three(app).await;
        let replies = fifty(|_| alice.client.post("rooms", json!({}))).await;
        assert_eq!(tally(&replies), ["10 × 201", "40 × 409 too-many-rooms"]);
    });
}

#[test]
fn when_all_leave_at_once_the_room_closes_once() {
    TestApp::run(async |app| {
        let crowd = app.crowd(50).await;
        let room = with_all(&crowd).await;
        let replies = fifty(|n| leave(&crowd[n], &room)).await;
        assert_eq!(tally(&replies), ["50 × 204"]);
        let closed = read(&crowd[0], &room, "").await;
        assert_eq!((&closed["state"], &closed["members"]), (&json!("ended"), &json!(0)));
        let id = closed["contest_id"].as_str().unwrap();
        let told = app.events(id).await;
        let ended =
            told.iter().filter(|e| e["kind"] == "contest_changed" && e["payload"]["state"] == "ended");
        assert_eq!(ended.count(), 1);
    });
}

/// Everybody answers right at once, half of them on the other instance: whoever was received first
/// has the bonus, and nobody else.
async fn one_bonus(app: &TestApp, here: &[Account], there: &[Account], room: &str, problem: &str) {
    let answers = (0..here.len()).map(|n| if n % 2 == 0 { &here[n] } else { &there[n] });
    let replies = join_all(answers.map(|one| patiently(|| one.solve(room, problem, "8")))).await;
    assert_eq!(tally(&replies), [format!("{} × 200", here.len())]);
    let of_problem = format!(
        "SELECT s.team_id FROM submission s JOIN assignment a ON (a.contest_id, a.id) = (s.contest_id, s.assignment_id)
         JOIN room_problem p ON (p.contest_id, p.question_id) = (a.contest_id, a.question_id)
         WHERE p.problem_id = '{problem}' ORDER BY s.received_at, s.id LIMIT 1"
    );
    let held = format!(
        "SELECT f.team_id, e.amount FROM first_correct f
         JOIN ledger_entry e ON (e.contest_id, e.team_id, e.seq) = (f.contest_id, f.team_id, f.ledger_seq)
         JOIN room_problem p ON (p.contest_id, p.question_id) = (f.contest_id, f.question_id)
         WHERE p.problem_id = '{problem}' AND f.current"
    );
    assert_eq!(app.rows(&held).await, [[app.text(&of_problem).await, "10".to_owned()]], "{problem}");
}

async fn ten_races(app: &TestApp, people: usize) {
    let (second, here) = (app.instance().await, app.crowd(people).await);
    let there: Vec<_> = here.iter().map(|one| one.at(&second)).collect();
    let problems: Vec<_> = (0..10).map(|n| problem(&format!("p{n}"))).collect();
    let room = here[0].room(json!({"problems": problems})).await;
    for reply in join_all(here[1..].iter().map(|one| patiently(|| one.join(&room)))).await {
        reply.ok(200);
    }
    for n in 0..10 {
        one_bonus(app, &here, &there, &room, &format!("p{n}")).await;
    }
    // Points are neither made nor lost: everybody's ten answers, and ten bonuses.
    let board = read(&here[0], &room, "/leaderboard").await;
    let scores: Vec<_> = board["leaderboard"].as_array().unwrap().clone();
    let sum: i64 = scores.iter().map(|row| row["score"].as_i64().unwrap()).sum();
    assert_eq!(sum, people as i64 * 10 * 20 + 100);
    let names: BTreeSet<_> = scores.iter().map(|row| row["username"].to_string()).collect();
    assert_eq!(names.len(), people);
}

#[test]
fn of_fifty_right_answers_at_once_the_earliest_has_the_bonus() {
    TestApp::run(async |app| ten_races(app, 50).await);
}

#[test]
fn of_a_hundred_right_answers_at_once_the_earliest_has_the_bonus() {
    TestApp::run(async |app| ten_races(app, 100).await);
}

#[test]
fn whoever_is_in_a_room_leaves_it_and_is_not_withdrawn() {
    TestApp::run(async |app| {
        let room = app.room(2).await;
        let [ada, bob] = &room.members[..] else { panic!("two members") };
        let path = room.contest.path(&format!("teams/{}/withdraw", bob.team));
        for client in [&bob.account.client, &app.admin()] {
            client.poke(&path).await.refused(403, "not-allowed");
        }
        leave(&ada.account, &room.contest.code).await.ok(204);
        let heir = format!("{}*", bob.account.name);
        assert_eq!(members(&bob.account, &room.contest.code).await, [heir]);
    });
}

#[test]
fn a_room_is_not_inherited_by_whoever_is_disqualified() {
    TestApp::run(async |app| {
        let room = app.room(3).await;
        let [ada, bob, eve] = &room.members[..] else { panic!("three members") };
        let judge = room.contest.path(&format!("teams/{}/disqualify", bob.team));
        app.admin().post(&judge, json!({"reason": "Two accounts"})).await.ok(200);
        leave(&ada.account, &room.contest.code).await.ok(204);
        assert_eq!(read(&eve.account, &room.contest.code, "").await["owner"], eve.account.name);
        leave(&eve.account, &room.contest.code).await.ok(204);
        assert_eq!(read(&eve.account, &room.contest.code, "").await["state"], "ended", "nobody may own it");
    });
}

#[test]
fn whoever_goes_while_disqualified_has_gone() {
    TestApp::run(async |app| {
        let room = app.room_with(&[problem("p1")], 3).await;
        let [ada, bob, eve] = &room.members[..] else { panic!("three members") };
        let judge = async |what: &str, member: &Member| {
            let path = room.contest.path(&format!("teams/{}/{what}", member.team));
            app.admin().post(&path, json!({"reason": "Two accounts"})).await.ok(200)["state"].clone()
        };
        for member in [bob, eve] {
            judge("disqualify", member).await;
        }
        let mut socket = bob.socket(app.first(), json!({})).await;
        socket.next_of("welcome").await;
        ada.account.client.delete(&room.path(&format!("members/{}", bob.team))).await.ok(204);
        socket.must_end("revoked").await;
        leave(&eve.account, &eve.code).await.ok(204);
        for member in [bob, eve] {
            member.account.client.get(&room.path("problems")).await.refused(403, "not-allowed");
            assert_eq!(judge("reinstate", member).await, "withdrawn", "it is for them to come back");
        }
        let board = read(&ada.account, &room.contest.code, "/leaderboard").await;
        assert_eq!(board["leaderboard"].as_array().unwrap().len(), 1, "{board}");
        bob.account.join(&room.contest.code).await.refused(409, "removed-from-room");
        eve.account.join(&room.contest.code).await.ok(200);
        assert_eq!(eve.account.solve(&room.contest.code, "p1", "8").await.ok(200)["rank"], 1);
    });
}

/// A team that leaves the board may have been shown out. When nobody can say, its socket ends; but it is
/// not told that it has lost something.
#[test]
fn a_member_who_cannot_be_asked_about_is_told_to_come_back() {
    TestApp::run(async |app| {
        let room = app.room(2).await;
        let bob = &room.members[1];
        let mut socket = bob.socket(app.first(), json!({})).await;
        socket.next_of("welcome").await;
        let (log, teams) = (app.connect().await, app.connect().await);
        // Nothing is told before it has its number, and by then no team can be read.
        log.batch_execute("BEGIN; LOCK TABLE contest_event IN EXCLUSIVE MODE").await.unwrap();
        let judge = room.contest.path(&format!("teams/{}/disqualify", bob.team));
        app.admin().post(&judge, json!({"reason": "Two accounts"})).await.ok(200);
        teams.batch_execute("BEGIN; LOCK TABLE team IN ACCESS EXCLUSIVE MODE").await.unwrap();
        log.batch_execute("ROLLBACK").await.unwrap();
        socket.must_end("busy").await;
        teams.batch_execute("ROLLBACK").await.unwrap();
        bob.socket(app.first(), json!({})).await.next_of("welcome").await;
    });
}

#[test]
fn only_staff_is_told_which_private_rooms_are_watched() {
    TestApp::run(async |app| {
        let [alice, ..] = three(app).await;
        let room = alice.room(json!({"private": true})).await;
        let id = read(&alice, &room, "").await["contest_id"].as_str().unwrap().to_owned();
        let mut socket = Socket::hello(&app.first().socket_url(), &room, json!({})).await;
        socket.next_of("welcome").await;
        for path in ["/health", "health"] {
            for client in [&app.anyone(), &alice.client, &app.anyone().bearer("pdm_admin_no")] {
                let told = client.get(path).await.ok(200);
                assert_eq!(told["watchers"], 1);
                assert!(!told.to_string().contains(&id), "{told}");
            }
            assert_eq!(app.admin().get(path).await.ok(200)["watched"], json!({id.as_str(): 1}));
        }
    });
}

#[test]
fn a_room_begins_with_all_its_problems_in_order_or_is_not_made() {
    TestApp::run(async |app| {
        let [alice, ..] = three(app).await;
        let problems: Vec<_> = (0..101).map(|n| problem(&format!("p{n}"))).collect();
        let room = alice.room(json!({"problems": problems[..100]})).await;
        let listed = alice.client.all(&format!("rooms/{room}/problems"), 30).await;
        let names: Vec<_> = listed.iter().map(|problem| problem["problem_id"].clone()).collect();
        assert_eq!(names, (0..100).map(|n| json!(format!("p{n}"))).collect::<Vec<_>>());
        let too_many = alice.client.post("rooms", json!({"problems": problems})).await;
        too_many.refused(409, "too-many-problems");
        let twice = json!({"problems": [problem("p1"), problem("p1")]});
        alice.client.post("rooms", twice).await.refused(409, "problem-exists");
        let blank = alice.client.post("rooms", json!({"title": "  "})).await.refused(422, "invalid");
        assert_eq!(blank["errors"][0]["pointer"], "/title");
        assert_eq!(app.number("SELECT count(*) FROM room").await, 1);
    });
}
