//! Clarifications: who may ask what, who hears the answer, and that none is left without one.

use serde_json::{Value, json};

use crate::support::{Client, Contest, Reply, Socket, Team, TestApp, asked, choice, fifty, tally};

/// Asks, which must work; returns the id.
async fn asked_by(team: &Team, text: &str) -> String {
    team.ask(text).await.ok(201)["id"].as_str().unwrap().to_owned()
}

async fn answer(staff: &Client, contest: &Contest, id: &str, body: Value) -> Reply {
    staff.post(&contest.path(&format!("clarifications/{id}/answers")), body).await
}

fn to_asker(text: &str) -> Value {
    json!({"text": text, "to": "asker"})
}

fn to_all(text: &str) -> Value {
    json!({"text": text, "to": "all", "asked": "Do accents count?"})
}

async fn own(client: &Client, contest: &Contest) -> Vec<Value> {
    client.all(&contest.path("clarifications"), 2).await
}

#[test]
fn a_team_asks_and_staff_answers_it_alone() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let id = asked_by(&red, "Are accents needed?").await;
        let open = async || app.admin().all(&contest.path("clarifications?open=true"), 5).await;
        let waiting = open().await;
        assert_eq!(
            (waiting.len(), &waiting[0]["team"], &waiting[0]["state"]),
            (1, &json!("Red"), &json!("open"))
        );
        let answered = answer(&app.admin(), &contest, &id, to_asker("No.")).await.ok(201);
        assert_eq!((&answered["state"], &answered["answers"][0]["by"]), (&json!("answered"), &json!("test")));
        assert!(open().await.is_empty());
        let mine = own(&red.client, &contest).await;
        assert_eq!((mine.len(), &mine[0]["answers"][0]["text"]), (1, &json!("No.")));
        assert!(mine[0]["answers"][0].get("by").is_none(), "{mine:?}");
        assert!(own(&blue.client, &contest).await.is_empty());
        app.anyone().get(&contest.path("clarifications")).await.refused(401, "not-authenticated");
        app.settle().await;
        let heard = |log: Vec<Value>| log.iter().filter(|e| e.to_string().contains("clarification")).count();
        assert_eq!(heard(blue.client.log(&contest.id).await), 0);
        assert_eq!(heard(app.anyone().log(&contest.id).await), 0);
        assert_eq!(heard(red.client.log(&contest.id).await), 2);
    });
}

#[test]
fn an_answer_to_all_is_an_announcement_that_does_not_say_who_asked() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let id = asked_by(&red, "Is «Wien» accepted in my question?").await;
        let published = answer(&app.admin(), &contest, &id, to_all("No.")).await.ok(201);
        assert_eq!(
            (&published["state"], &published["answers"][0]["announcement"]),
            (&json!("published"), &json!(1))
        );
        for client in [&app.anyone(), &blue.client] {
            let all = client.all(&contest.path("announcements"), 5).await;
            assert_eq!((&all[0]["title"], &all[0]["body"]), (&json!("Do accents count?"), &json!("No.")));
            app.settle().await;
            let log = client.log(&contest.id).await;
            let told = log.iter().find(|event| event["kind"] == "announcement_made").unwrap();
            for secret in [&red.id, "Wien", &id] {
                assert!(
                    !told.to_string().contains(secret) && !all[0].to_string().contains(secret),
                    "{secret}"
                );
            }
        }
        // A correction goes to whom the answer went, and takes its place.
        let wrong = json!({"text": "Yes.", "to": "asker", "corrects": 1});
        answer(&app.admin(), &contest, &id, wrong).await.refused(422, "invalid");
        let mut right = to_all("Yes.");
        right["corrects"] = json!(1);
        let corrected = answer(&app.admin(), &contest, &id, right).await.ok(201);
        assert_eq!(corrected["answers"][1]["announcement"], 2);
        let all = blue.client.all(&contest.path("announcements"), 5).await;
        assert_eq!((&all[0]["corrects"], &all[1]["corrected_by"]), (&json!(1), &json!(2)));
    });
}

/// Asked, and answered to all by announcement 1.
async fn published(app: &TestApp) -> (Contest, String) {
    let contest = app.play(0).await;
    let id = asked_by(&contest.team("Red").await, "Do accents count?").await;
    answer(&app.admin(), &contest, &id, to_all("No.")).await.ok(201);
    (contest, id)
}

async fn correct(app: &TestApp, contest: &Contest, id: &str) -> Value {
    let mut right = to_all("Yes.");
    right["corrects"] = json!(1);
    answer(&app.admin(), contest, id, right).await.ok(201)
}

#[test]
fn a_correction_takes_the_place_of_what_took_the_place_of_the_answer() {
    TestApp::run(async |app| {
        let (contest, id) = published(app).await;
        for corrects in [1, 2] {
            contest.announce(json!({"title": "Accents count", "corrects": corrects})).await;
        }
        assert_eq!(correct(app, &contest, &id).await["answers"][1]["announcement"], 4);
        let all = app.admin().all(&contest.path("announcements"), 5).await;
        assert_eq!(all[0]["corrects"], 3);
    });
}

#[test]
fn a_correction_of_what_was_withdrawn_is_announced_anew() {
    TestApp::run(async |app| {
        let (contest, id) = published(app).await;
        let withdraw = contest.path("announcements/1/withdraw");
        app.admin().post(&withdraw, json!({"reason": "Not yet"})).await.ok(200);
        assert_eq!(correct(app, &contest, &id).await["answers"][1]["announcement"], 2);
        let all = app.admin().all(&contest.path("announcements"), 5).await;
        assert_eq!(all[0]["corrects"], Value::Null);
    });
}

#[test]
fn a_question_is_about_one_that_the_team_holds_or_about_none() {
    TestApp::run(async |app| {
        let questions = [choice("q0"), choice("q1"), asked("shared", json!({"exclusive": false}))];
        let contest = app.contest(json!({"max_open_assignments": 9}), &questions).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        red.claim(contest.question("q0")).await;
        blue.claim(contest.question("q1")).await;
        blue.claim(contest.question("shared")).await;
        let about = async |question: &str| {
            let body = json!({"text": "What does it mean?", "question_id": question});
            red.client.post(&contest.path("clarifications"), body).await
        };
        let made = about(contest.question("q0")).await.ok(201);
        assert_eq!(made["question_id"], contest.question("q0"));
        // Another team's, one that could be had, and one that is none get the same answer.
        let mut answers = Vec::new();
        for foreign in [contest.question("q1"), contest.question("shared"), &contest.id] {
            answers.push(about(foreign).await.refused(422, "invalid")["errors"].clone());
        }
        assert!(answers.iter().all(|errors| *errors == answers[0]), "{answers:?}");
    });
}

#[test]
fn a_team_asks_from_the_publication_until_the_results_are_final() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        let red = contest.team("Red").await;
        red.ask("x").await.refused(409, "contest-not-started");
        let mut ids = Vec::new();
        contest.go("publish").await.ok(200);
        ids.push(asked_by(&red, "Where do we sit?").await);
        contest.start().await;
        ids.push(asked_by(&red, "May we begin?").await);
        contest.go("pause").await.ok(200);
        ids.push(asked_by(&red, "Why?").await);
        contest.go("end").await.ok(200);
        ids.push(asked_by(&red, "Who has won?").await);
        let refused = contest.go("finalize").await.refused(409, "results-open");
        assert_eq!(refused["open"], json!({"clarifications": 4}));
        for id in &ids {
            answer(&app.admin(), &contest, id, to_asker("No comment.")).await.ok(201);
        }
        contest.go("finalize").await.ok(200);
        red.ask("x").await.refused(409, "contest-ended");
        // What turns out wrong is put right all the same.
        let corrected = json!({"text": "You have.", "to": "asker", "corrects": 1});
        answer(&app.admin(), &contest, &ids[3], corrected).await.ok(201);
    });
}

#[test]
fn a_team_that_was_disqualified_may_ask_why_and_one_that_left_may_not() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let path = contest.path(&format!("teams/{}/disqualify", red.id));
        app.admin().post(&path, json!({"reason": "Two phones"})).await.ok(200);
        blue.client.poke(&contest.path(&format!("teams/{}/withdraw", blue.id))).await.ok(200);
        asked_by(&red, "Which phones?").await;
        blue.ask("x").await.refused(409, "team-inactive");
    });
}

#[test]
fn what_cannot_be_asked_or_answered_is_refused() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let red = contest.team("Red").await;
        for wrong in [String::new(), "  ".to_owned(), "x".repeat(2001)] {
            red.ask(&wrong).await.refused(422, "invalid");
        }
        app.admin()
            .post(&contest.path("clarifications"), json!({"text": "x"}))
            .await
            .refused(403, "not-allowed");
        let id = asked_by(&red, "May we?").await;
        for wrong in [
            json!({"text": "", "to": "asker"}),
            json!({"text": "x"}),
            json!({"text": "x", "to": "everybody"}),
            json!({"text": "x", "to": "all"}),
            json!({"text": "x", "to": "asker", "asked": "y"}),
            json!({"text": "x", "to": "asker", "corrects": 1}),
        ] {
            answer(&app.admin(), &contest, &id, wrong).await.refused(422, "invalid");
        }
        answer(&red.client, &contest, &id, to_asker("Yes")).await.refused(403, "not-allowed");
        answer(&app.admin(), &app.play(0).await, &id, to_asker("Yes")).await.refused(404, "not-found");
        assert_eq!(app.number("SELECT count(*) FROM clarification_answer").await, 0);
    });
}

#[test]
fn ten_questions_in_ten_minutes_are_enough() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let red = contest.team("Red").await;
        for n in 0..10 {
            let id = asked_by(&red, &format!("Question {n}?")).await;
            answer(&app.admin(), &contest, &id, to_asker("No comment.")).await.ok(201);
        }
        let slow = red.ask("And now?").await;
        slow.refused(429, "rate-limited");
        let wait: u64 = slow.header("retry-after").unwrap().parse().unwrap();
        assert!((500..=601).contains(&wait), "{wait}");
        assert_eq!(slow.header("ratelimit-policy"), Some("\"clarifications\";q=10;w=600"));
        app.execute("UPDATE clarification SET asked_at = asked_at - interval '10 minutes'").await;
        asked_by(&red, "And now?").await;
    });
}

#[test]
fn of_fifty_questions_at_once_five_are_asked() {
    TestApp::run(async |app| {
        let (contest, other) = (app.play(0).await, app.instance().await);
        let red = contest.team("Red").await;
        let there = red.at(&other);
        let replies = fifty(async |n| {
            let team = if n % 2 == 0 { &red } else { &there };
            team.ask("May we?").await
        })
        .await;
        assert_eq!(tally(&replies), ["5 × 201", "45 × 409 too-many-clarifications"]);
    });
}

#[test]
fn of_fifty_answers_at_once_one_counts() {
    TestApp::run(async |app| {
        let (contest, other) = (app.play(0).await, app.instance().await);
        let red = contest.team("Red").await;
        let id = asked_by(&red, "May we?").await;
        let replies = fifty(async |n| {
            let staff = if n % 2 == 0 { app.admin() } else { app.admin().at(&other) };
            let body = if n % 3 == 0 { to_all("Yes") } else { to_asker("No") };
            answer(&staff, &contest, &id, body).await
        })
        .await;
        assert_eq!(tally(&replies), ["1 × 201", "49 × 409 clarification-answered"]);
        let told = app.number("SELECT count(*) FROM announcement").await;
        let published = own(&red.client, &contest).await[0]["state"] == "published";
        assert_eq!(told, i64::from(published), "what lost the race told nobody");
    });
}

#[test]
fn no_question_is_left_open_by_results_that_become_final_at_the_same_moment() {
    TestApp::run(async |app| {
        for _ in 0..5 {
            let contest = app.play(0).await;
            let teams = contest.teams(4).await;
            contest.go("end").await.ok(200);
            let all = fifty(async |n| match n {
                20 => contest.go("finalize").await,
                n => teams[n % 4].ask("Is it over?").await,
            })
            .await;
            let final_now = all[20].status == 200;
            let open = app.admin().all(&contest.path("clarifications?open=true"), 200).await.len();
            let taken = all.iter().filter(|reply| reply.status == 201).count();
            assert_eq!(taken, open, "{:?}", tally(&all));
            if final_now {
                assert_eq!(open, 0, "{:?}", tally(&all));
            } else {
                let count = all[20].refused(409, "results-open")["open"]["clarifications"].clone();
                assert!((1..=i64::try_from(open).unwrap()).contains(&count.as_i64().unwrap()), "{count}");
            }
        }
    });
}

#[test]
fn staff_hears_a_question_and_the_team_its_answer_at_once() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        app.settle().await;
        let other = app.instance().await;
        let come = async |auth: &str, stream: &str| {
            let hello = json!({"auth": auth, "streams": [stream]});
            let mut socket = Socket::hello(&other.socket_url(), &contest.id, hello).await;
            socket.next_of("welcome").await;
            socket
        };
        let mut staff = come(app.staff_token(), "staff").await;
        let (mut reds, mut blues) = (come(&red.token, "team").await, come(&blue.token, "team").await);
        let id = asked_by(&red, "May we?").await;
        let received = staff.next_of("staff_event").await;
        assert_eq!(received["event"], "clarification_received");
        assert_eq!(
            received["payload"],
            json!({"clarification_id": id, "question_id": null, "text": "May we?", "team_id": red.id, "team": "Red"})
        );
        answer(&app.admin(), &contest, &id, to_asker("Yes")).await.ok(201);
        assert_eq!(reds.next_of("team_event").await["event"], "clarification_asked");
        let answered = reds.next_of("team_event").await;
        assert_eq!(
            (&answered["event"], &answered["payload"]["text"]),
            (&json!("clarification_answered"), &json!("Yes"))
        );
        assert_eq!(staff.next_of("staff_event").await["payload"]["action"], "answer_clarification");
        // The other team's next frame is about itself: it heard nothing of all this.
        asked_by(&blue, "And we?").await;
        let heard = blues.next_of("team_event").await;
        assert_eq!(
            (&heard["event"], &heard["payload"]["text"]),
            (&json!("clarification_asked"), &json!("And we?"))
        );
    });
}

#[test]
fn a_question_sent_again_with_its_key_is_asked_once() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let red = contest.team("Red").await.keyed("once");
        let (first, again) = (red.ask("May we?").await, red.ask("May we?").await);
        assert_eq!((first.ok(201), again.replayed()), (again.ok(201), true));
        let staff = app.admin().keyed("once");
        let id = first.json["id"].as_str().unwrap();
        let told = answer(&staff, &contest, id, to_all("Yes")).await.ok(201);
        assert_eq!(answer(&staff, &contest, id, to_all("Yes")).await.ok(201), told);
        assert_eq!(app.number("SELECT count(*) FROM announcement").await, 1);
    });
}
