//! Announcements: who hears them and who does not, in which order, and what teams say to them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Client, Contest, Socket, Team, TestApp, fifty, patiently, tally};

/// The announcements that somebody lists, by their titles, the newest first.
async fn titles(client: &Client, contest: &Contest) -> Vec<String> {
    let all = client.all(&contest.path("announcements"), 2).await;
    all.iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
}

async fn unread(team: &Team) -> Value {
    team.client.get(&team.path("announcements/unread")).await.ok(200)
}

/// Two teams in two divisions.
async fn hall(app: &TestApp) -> (Contest, Team, Team) {
    let contest = app.contest(json!({"divisions": ["Juniors", "Seniors"]}), &[]).await;
    let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
    for (team, division) in [(&red, "Juniors"), (&blue, "Seniors")] {
        let path = contest.path(&format!("teams/{}", team.id));
        app.admin().patch(&path, json!({"division": division})).await.ok(200);
    }
    (contest, red, blue)
}

#[test]
fn everybody_a_division_or_a_team_is_told_and_nobody_else() {
    TestApp::run(async |app| {
        let (contest, red, blue) = hall(app).await;
        let markdown = "**Bold** <script>\n\n- kept  as typed";
        let all = contest.announce(json!({"title": "All", "body": markdown, "priority": "urgent"})).await;
        assert_eq!((&all["number"], &all["body"], &all["by"]), (&json!(1), &json!(markdown), &json!("test")));
        contest.announce(json!({"title": "Juniors", "division": "Juniors"})).await;
        contest.announce(json!({"title": "Blue", "team_id": blue.id})).await;
        assert_eq!(titles(&app.anyone(), &contest).await, ["All"]);
        assert_eq!(titles(&red.client, &contest).await, ["Juniors", "All"]);
        assert_eq!(titles(&blue.client, &contest).await, ["Blue", "All"]);
        assert_eq!(titles(&app.admin(), &contest).await, ["Blue", "Juniors", "All"]);
        let stranger = app.play(0).await.team("Strangers").await;
        assert_eq!(titles(&stranger.client, &contest).await, ["All"]);
        let public = app.anyone().get(&contest.path("announcements")).await.ok(200);
        assert!(public["data"][0].get("by").is_none(), "{public}");
        // Who comes later has not missed it.
        assert_eq!(titles(&contest.team("Late").await.client, &contest).await, ["All"]);
        // In the feed as in the list.
        app.settle().await;
        let heard = async |client: &Client| {
            let log = client.log(&contest.id).await;
            log.iter().filter(|event| event["kind"] == "announcement_made").count()
        };
        assert_eq!((heard(&app.anyone()).await, heard(&red.client).await), (1, 2));
    });
}

#[test]
fn what_cannot_be_announced_is_refused() {
    TestApp::run(async |app| {
        let (contest, red, _) = hall(app).await;
        let path = contest.path("announcements");
        for wrong in [
            json!({"title": ""}),
            json!({"title": " \t"}),
            json!({"title": "a\u{0}b"}),
            json!({"title": "x".repeat(201)}),
            json!({"title": "x", "body": "x".repeat(10_001)}),
            json!({"title": "x", "priority": "loud"}),
            json!({"title": "x", "division": "Masters"}),
            json!({"title": "x", "division": "Juniors", "team_id": red.id}),
            json!({"title": "x", "division": "Juniors", "corrects": 1}),
        ] {
            app.admin().post(&path, wrong).await.refused(422, "invalid");
        }
        for missing in [json!({"title": "x", "team_id": contest.id}), json!({"title": "x", "corrects": 1})] {
            app.admin().post(&path, missing).await.refused(404, "not-found");
        }
        let foreign = app.play(0).await.team("Strangers").await;
        app.admin().post(&path, json!({"title": "x", "team_id": foreign.id})).await.refused(404, "not-found");
        red.client.post(&path, json!({"title": "x"})).await.refused(403, "not-allowed");
        assert_eq!(app.number("SELECT count(*) FROM announcement").await, 0);
    });
}

#[test]
fn an_announcement_sent_again_with_its_key_is_made_once() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let staff = app.admin().keyed("once");
        let told = json!({"title": "Lunch"});
        let first = staff.post(&contest.path("announcements"), told.clone()).await;
        let again = staff.post(&contest.path("announcements"), told).await;
        assert_eq!((first.ok(201), again.replayed()), (again.ok(201), true));
        assert_eq!(app.number("SELECT count(*) FROM announcement").await, 1);
    });
}

#[test]
fn a_correction_takes_the_place_of_what_was_wrong_and_goes_to_the_same() {
    TestApp::run(async |app| {
        let (contest, red, blue) = hall(app).await;
        contest.announce(json!({"title": "Room 1", "team_id": red.id})).await;
        let corrected = contest.announce(json!({"title": "Room 2", "corrects": 1})).await;
        assert_eq!((&corrected["team_id"], &corrected["corrects"]), (&json!(red.id), &json!(1)));
        assert_eq!(titles(&red.client, &contest).await, ["Room 2", "Room 1"]);
        assert_eq!(titles(&blue.client, &contest).await, [""; 0]);
        let listed = red.client.all(&contest.path("announcements"), 200).await;
        assert_eq!(listed[1]["corrected_by"], 2);
        assert_eq!(unread(&red).await["unread"], 1, "what was corrected need not be read");
        let twice =
            app.admin().post(&contest.path("announcements"), json!({"title": "3", "corrects": 1})).await;
        assert_eq!(twice.refused(409, "announcement-closed")["corrected_by"], 2);
        let withdraw = contest.path("announcements/2/withdraw");
        let gone = app.admin().post(&withdraw, json!({"reason": "no room"})).await.ok(200);
        assert!(gone["withdrawn_at"].is_string());
        app.admin().post(&withdraw, json!({"reason": "no room"})).await.refused(409, "announcement-closed");
        assert_eq!(unread(&red).await["unread"], 0);
        assert_eq!(titles(&red.client, &contest).await.len(), 2, "history stays");
    });
}

#[test]
fn each_member_has_read_what_it_has_read() {
    TestApp::run(async |app| {
        let (contest, red, blue) = hall(app).await;
        let join = json!({"join_code": red.join_code, "name": "Grace"});
        let joined = app.anyone().post(&contest.path("teams/join"), join).await.ok(201);
        let grace = app.anyone().bearer(joined["token"].as_str().unwrap());
        for notice in [
            json!({"title": "1"}),
            json!({"title": "2", "team_id": blue.id}),
            json!({"title": "3", "priority": "urgent", "must_acknowledge": true}),
        ] {
            contest.announce(notice).await;
        }
        let expected = json!({"read_up_to": 0, "latest": 3, "unread": 2, "urgent": 1, "to_acknowledge": 1});
        assert_eq!(unread(&red).await, expected);
        let path = contest.path("announcements/read");
        let read = async |up_to: i64| red.client.post(&path, json!({"up_to": up_to})).await;
        assert_eq!(read(1).await.ok(200)["unread"], 1);
        let all = read(1000).await.ok(200);
        assert_eq!((&all["read_up_to"], &all["unread"]), (&json!(3), &json!(0)), "no further than there is");
        assert_eq!(read(1).await.ok(200)["read_up_to"], 3, "never back");
        let hers = grace.get(&contest.path("announcements/unread")).await.ok(200);
        assert_eq!((&hers["unread"], &hers["to_acknowledge"]), (&json!(2), &json!(1)));
        assert_eq!(unread(&blue).await["unread"], 3);
        red.client
            .post(&contest.path("announcements/read"), json!({"up_to": -1}))
            .await
            .refused(422, "invalid");
        let foreign = app.play(0).await;
        red.client.get(&foreign.path("announcements/unread")).await.refused(404, "not-found");
    });
}

#[test]
fn staff_sees_who_has_not_taken_note() {
    TestApp::run(async |app| {
        let (contest, red, blue) = hall(app).await;
        contest.announce(json!({"title": "All", "must_acknowledge": true})).await;
        contest.announce(json!({"title": "Juniors", "division": "Juniors", "must_acknowledge": true})).await;
        let missing = async |number: i64| -> Vec<String> {
            let path = contest.path(&format!("announcements/{number}/acknowledgements?missing=true"));
            let all = app.admin().all(&path, 1).await;
            all.iter().map(|row| row["team"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(
            (missing(1).await, missing(2).await),
            (vec!["Red".into(), "Blue".into()], vec!["Red".into()])
        );
        let path = contest.path("announcements/1/acknowledge");
        let noted = red.client.poke(&path).await.ok(200);
        assert_eq!(red.client.poke(&path).await.ok(200), noted, "again does no harm");
        assert_eq!((missing(1).await, missing(2).await), (vec!["Blue".into()], vec!["Red".into()]));
        let all = app.admin().all(&contest.path("announcements/1/acknowledgements"), 200).await;
        assert_eq!((&all[0]["by"], &all[0]["acknowledged_at"]), (&json!("Ada"), &noted["acknowledged_at"]));
        assert_eq!(unread(&red).await["to_acknowledge"], 1);
        // What is addressed to others is not there.
        blue.client.poke(&contest.path("announcements/2/acknowledge")).await.refused(404, "not-found");
        app.admin().get(&contest.path("announcements/9/acknowledgements")).await.refused(404, "not-found");
        for nobodys in ["2147483648", "first", "-1"] {
            let path = contest.path(&format!("announcements/{nobodys}/acknowledge"));
            red.client.poke(&path).await.refused(404, "not-found");
        }
    });
}

/// Everything of one kind that comes on a socket until there are so many, each with its chain whole.
async fn heard(socket: &mut Socket, kind: &str, count: usize) -> Vec<Value> {
    let (mut all, mut last) = (Vec::new(), None::<Value>);
    while all.len() < count {
        let frame = socket.next_of(kind).await;
        if let Some(last) = &last {
            assert_eq!(&frame["prev"], last, "{kind}");
        }
        last = Some(frame["seq"].clone());
        all.push(frame);
    }
    all
}

#[test]
fn fifty_at_once_are_numbered_in_one_order_on_all_sockets_of_both_instances() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let (contest, red, _) = hall(app).await;
        app.settle().await;
        let mut sockets = Vec::new();
        for instance in [app.first(), &other] {
            for auth in [None, Some(red.token.as_str()), Some(app.staff_token())] {
                let hello = json!({"auth": auth, "streams": ["announcements"]});
                let mut socket = Socket::hello(&instance.socket_url(), &contest.id, hello).await;
                let welcome = socket.next_of("welcome").await;
                assert_eq!(welcome["last"], json!({"announcements": 0}));
                sockets.push(socket);
            }
        }
        let instances = [app.first(), &other];
        let path = contest.path("announcements");
        let replies = fifty(async |n| {
            let staff = app.admin().at(instances[n % 2]);
            patiently(async || staff.post(&path, json!({"title": format!("Notice {n}")})).await).await
        })
        .await;
        assert_eq!(tally(&replies), ["50 × 201"]);
        let numbers: BTreeSet<_> =
            replies.iter().map(|reply| reply.json["number"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=50).collect());
        for socket in &mut sockets {
            let frames = heard(socket, "announcement", 50).await;
            for (number, frame) in (1..=50).zip(&frames) {
                let made = replies.iter().find(|reply| reply.json["number"] == number).unwrap();
                assert_eq!((&frame["number"], &frame["title"]), (&json!(number), &made.json["title"]));
            }
        }
    });
}

#[test]
fn one_of_fifty_corrections_and_withdrawals_counts() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        contest.announce(json!({"title": "Wrong"})).await;
        let (make, withdraw) = (contest.path("announcements"), contest.path("announcements/1/withdraw"));
        let replies = fifty(async |n| match n % 2 {
            0 => app.admin().post(&make, json!({"title": "Right", "corrects": 1})).await,
            _ => app.admin().post(&withdraw, json!({"reason": "wrong"})).await,
        })
        .await;
        let done: Vec<_> = replies.iter().filter(|reply| reply.status < 300).collect();
        assert_eq!(done.len(), 1, "{:?}", tally(&replies));
        assert!(tally(&replies).contains(&"49 × 409 announcement-closed".to_owned()));
    });
}

#[test]
fn whoever_comes_back_hears_what_was_announced_meanwhile() {
    TestApp::run(async |app| {
        let (contest, red, blue) = hall(app).await;
        contest.announce(json!({"title": "Before"})).await;
        app.settle().await;
        let url = app.first().socket_url();
        let hello = json!({"auth": red.token, "streams": ["announcements", "team"]});
        let mut socket = Socket::hello(&url, &contest.id, hello.clone()).await;
        let head = socket.next_of("welcome").await["head"].clone();
        drop(socket);
        contest.announce(json!({"title": "All"})).await;
        contest.announce(json!({"title": "Blue", "team_id": blue.id})).await;
        contest.announce(json!({"title": "Juniors", "division": "Juniors"})).await;
        let path = contest.path("announcements/2/withdraw");
        app.admin().post(&path, json!({"reason": "not all"})).await.ok(200);
        app.settle().await;
        let mut back = hello;
        back["resume"] = json!({"seq": head});
        let mut socket = Socket::hello(&url, &contest.id, back).await;
        let welcome = socket.next_of("welcome").await;
        assert_eq!(welcome["resumed"], true);
        let all = socket.next_of("announcement").await;
        assert_eq!(
            (&all["title"], &all["number"], &all["prev"]),
            (&json!("All"), &json!(2), &welcome["last"]["announcements"])
        );
        let own = socket.next_of("team_event").await;
        assert_eq!(
            (&own["event"], &own["payload"]["title"]),
            (&json!("announcement_made"), &json!("Juniors"))
        );
        let withdrawn = socket.next_of("announcement_withdrawn").await;
        assert_eq!((&withdrawn["number"], &withdrawn["prev"]), (&json!(2), &all["seq"]));
    });
}

#[test]
fn staff_hears_on_its_own_stream_and_nobody_else_may() {
    TestApp::run(async |app| {
        let (contest, red, _) = hall(app).await;
        let url = app.first().socket_url();
        for auth in [None, Some(&red.token)] {
            let hello = json!({"auth": auth, "streams": ["staff"]});
            Socket::hello(&url, &contest.id, hello).await.must_end("unauthorized").await;
        }
        app.settle().await;
        let hello = json!({"auth": app.staff_token(), "streams": ["staff"]});
        let mut staff = Socket::hello(&url, &contest.id, hello).await;
        let welcome = staff.next_of("welcome").await;
        let mut all = Socket::hello(&url, &contest.id, json!({})).await;
        contest.announce(json!({"title": "Red", "team_id": red.id})).await;
        contest.announce(json!({"title": "All"})).await;
        let acted = heard(&mut staff, "staff_event", 2).await;
        assert_eq!(acted[0]["prev"], welcome["last"]["staff"]);
        assert_eq!(
            (&acted[0]["event"], &acted[0]["payload"]["title"]),
            (&json!("staff_acted"), &json!("Red"))
        );
        // The public hears the public one, and nothing of the other.
        assert_eq!(all.next_of("announcement").await["title"], "All");
    });
}

#[test]
fn a_freeze_withholds_nothing_of_what_staff_says() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        contest.go("freeze").await.ok(200);
        app.settle().await;
        let mut socket = Socket::hello(&app.first().socket_url(), &contest.id, json!({})).await;
        socket.next_of("welcome").await;
        contest.announce(json!({"title": "The board is frozen"})).await;
        assert_eq!(socket.next_of("announcement").await["title"], "The board is frozen");
        assert_eq!(titles(&app.anyone(), &contest).await, ["The board is frozen"]);
    });
}

#[test]
fn a_team_that_is_deleted_while_it_reads_is_not_there() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        contest.go("publish").await.ok(200);
        contest.announce(json!({"title": "Welcome", "must_acknowledge": true})).await;
        let teams = contest.teams(16).await;
        let replies = fifty(async |n| {
            let team = &teams[n % 16];
            match n / 16 {
                0 => app.admin().delete(&contest.path(&format!("teams/{}", team.id))).await,
                1 => team.client.post(&contest.path("announcements/read"), json!({"up_to": 1})).await,
                _ => team.client.poke(&contest.path("announcements/1/acknowledge")).await,
            }
        })
        .await;
        let allowed = [200, 204, 401, 404, 409];
        assert!(replies.iter().all(|reply| allowed.contains(&reply.status)), "{:?}", tally(&replies));
        assert_eq!(app.number("SELECT count(*) FROM read_mark").await, 0);
    });
}
