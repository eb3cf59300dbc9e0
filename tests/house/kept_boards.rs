//! Boards that are kept between requests: on every instance, at once, what the database holds.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Client, Contest, Team, TestApp, asked, fifty, tally, until};

/// What any reader must see: the rows as the database sorts them.
async fn stored(app: &TestApp) -> Vec<(String, i64)> {
    let rows = app
        .rows(
            "SELECT name, points FROM team WHERE state = 'active' AND NOT hidden
             ORDER BY points DESC, last_gain_ms NULLS LAST, wrong, name COLLATE \"C\"",
        )
        .await;
    rows.into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect()
}

async fn shown(client: &Client, contest: &Contest, limit: usize) -> Vec<(String, i64)> {
    let rows = client.all(&contest.path("leaderboard"), limit).await;
    rows.iter()
        .map(|row| (row["team"].as_str().unwrap().to_owned(), row["points"].as_i64().unwrap()))
        .collect()
}

/// Does something to a team, as staff.
async fn act(contest: &Contest, team: &Team, (how, what): (&str, Value)) {
    let path = contest.path(&format!("teams/{}", team.id));
    match how {
        "edit" => contest.admin.patch(&path, what).await.ok(200),
        "adjust" => {
            let fix = json!({"team_id": team.id, "amount": what, "reason": "A test"});
            contest.admin.post(&contest.path("adjustments"), fix).await.ok(201)
        }
        "withdraw" => team.client.poke(&format!("{path}/withdraw")).await.ok(200),
        _ => contest.admin.post(&format!("{path}/{how}"), json!({"reason": "A test"})).await.ok(200),
    };
}

#[test]
fn whatever_happens_to_a_team_every_instance_shows_it_at_once() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let contest = app.contest(json!({"divisions": ["Juniors"]}), &[]).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        contest.team("Green").await;
        let readers = [app.anyone(), app.anyone().at(&other), app.admin(), red.client.clone()];
        let steps = [
            (&red, ("adjust", json!(50))),
            (&blue, ("adjust", json!(70))),
            (&red, ("edit", json!({"name": "Crimson"}))),
            (&red, ("edit", json!({"hidden": true}))),
            (&red, ("adjust", json!(100))),
            (&blue, ("edit", json!({"division": "Juniors"}))),
            (&red, ("edit", json!({"hidden": false}))),
            (&blue, ("disqualify", Value::Null)),
            (&blue, ("adjust", json!(500))),
            (&blue, ("reinstate", Value::Null)),
            (&red, ("withdraw", Value::Null)),
        ];
        for (team, step) in steps {
            act(&contest, team, step.clone()).await;
            let expected = stored(app).await;
            for reader in &readers {
                assert_eq!(shown(reader, &contest, 200).await, expected, "after {step:?}");
                assert_eq!(shown(reader, &contest, 1).await, expected, "row by row, after {step:?}");
            }
        }
    });
}

#[test]
fn readers_among_fifty_writers_see_every_write_that_came_before_them() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        // A bonus might be handed on to whoever was received earlier.
        let settings = json!({"first_correct_bonus": 0});
        let contest = app.contest(settings, &[asked("q", json!({"exclusive": false}))]).await;
        let teams = contest.teams(50).await;
        let replies = fifty(async |n| {
            let at = [app.first(), &other][n % 2];
            let (team, reader) = (&teams[n], app.anyone().at([app.first(), &other][(n / 2) % 2]));
            let held = team.claim(contest.question("q")).await;
            let verdict = team.at(at).answer(&held, "A").await;
            let points = verdict.json["total_points"].as_i64().unwrap();
            let rows = shown(&reader, &contest, 200).await;
            let own = team.read().await["name"].as_str().unwrap().to_owned();
            assert!(rows.contains(&(own, points)), "its own {points} are not among {rows:?}");
            verdict
        })
        .await;
        assert_eq!(tally(&replies), ["50 × 200"]);
        assert_eq!(shown(&app.anyone().at(&other), &contest, 200).await, stored(app).await);
    });
}

#[test]
fn a_board_that_was_kept_shows_nothing_that_a_freeze_withholds() {
    TestApp::run(async |app| {
        let contest = app.play(2).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let then = shown(&app.anyone(), &contest, 200).await;
        contest.go("freeze").await.ok(200);
        act(&contest, &blue, ("adjust", json!(10))).await;
        assert_eq!(shown(&app.admin(), &contest, 200).await, stored(app).await);
        assert_eq!(shown(&app.anyone(), &contest, 200).await, then);
        assert_eq!(shown(&red.client, &contest, 1).await, then);
        contest.go("end").await.ok(200);
        until("the contest has ended", async || (contest.read().await["state"] == "ended").then_some(()))
            .await;
        contest.go("thaw").await.ok(200);
        assert_eq!(shown(&app.anyone(), &contest, 200).await, stored(app).await);
    });
}

/// Readers pass over what the sequencer took more than five seconds ago, and over nothing else.
#[test]
fn what_has_no_number_yet_is_shown_also_when_much_was_numbered_before() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let contest = app.play(0).await;
        let (red, readers) = (contest.team("Red").await, [app.anyone(), app.anyone().at(&other)]);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(7) {
            act(&contest, &red, ("adjust", json!(1))).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        app.settle().await;
        let holder = app.connect().await;
        let lock = "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('sequencer:' || ";
        holder.batch_execute(&format!("{lock}'{}', 0))", contest.id)).await.unwrap();
        for reader in &readers {
            assert_eq!(shown(reader, &contest, 200).await, stored(app).await);
        }
        act(&contest, &red, ("adjust", json!(40))).await;
        for reader in &readers {
            assert_eq!(shown(reader, &contest, 200).await, stored(app).await);
        }
        assert!(app.number("SELECT count(*) FROM outbox").await > 0, "it had its number already");
        holder.batch_execute("ROLLBACK").await.unwrap();
    });
}

/// What the database says of a team's rank, by counting.
async fn counted(app: &TestApp, team: &Team) -> i64 {
    let key =
        |of: &str| format!("({of}.points, -coalesce({of}.last_gain_ms, 9223372036854775807), -{of}.wrong)");
    let ahead = format!("b.state = 'active' AND NOT b.hidden AND {} > {}", key("b"), key("t"));
    app.number(&format!(
        "SELECT 1 + count(b.*) FROM team t LEFT JOIN team b ON b.contest_id = t.contest_id AND {ahead} WHERE t.id = '{}'",
        team.id
    ))
    .await
}

#[test]
fn whatever_happened_to_a_team_the_next_verdict_of_any_instance_knows() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let contest = app.play(40).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        contest.team("Green").await;
        let steps = [
            (&red, ("adjust", json!(50))),
            (&blue, ("adjust", json!(500))),
            (&red, ("edit", json!({"hidden": true}))),
            (&red, ("adjust", json!(700))),
            (&red, ("edit", json!({"hidden": false}))),
            (&blue, ("disqualify", Value::Null)),
            (&red, ("adjust", json!(-1200))),
            (&blue, ("reinstate", Value::Null)),
            (&blue, ("withdraw", Value::Null)),
        ];
        for (team, step) in steps {
            act(&contest, team, step.clone()).await;
            for (judged, at) in [(&red, app.first()), (&red, &other), (&blue, app.first()), (&blue, &other)] {
                let Some(held) = drawn(judged).await else { continue };
                let answer = if at.socket_url() == other.socket_url() { "B" } else { "A" };
                let verdict = judged.at(at).answer(&held, answer).await.ok(200);
                assert_eq!(verdict["rank"], counted(app, judged).await, "{answer} after {step:?}");
            }
        }
    });
}

/// A question, unless the team may not play any more.
async fn drawn(team: &Team) -> Option<String> {
    let reply = team.take(json!({})).await;
    if reply.status == 201 {
        return Some(reply.json["id"].as_str().unwrap().to_owned());
    }
    let gone = ["team-disqualified", "team-inactive"];
    assert!(gone.contains(&reply.slug()), "{}", reply.body);
    None
}

#[test]
fn verdicts_of_fifty_at_once_leave_everybody_ranked_as_the_database_counts() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let contest = app.play(120).await;
        let teams = contest.teams(50).await;
        let replies = fifty(async |n| {
            let team = teams[n].at([app.first(), &other][n % 2]);
            let held = drawn(&team).await.expect("a question");
            team.answer(&held, if n % 3 == 0 { "B" } else { "A" }).await
        })
        .await;
        assert_eq!(tally(&replies), ["50 × 200"]);
        for (n, team) in teams.iter().enumerate().take(10) {
            let team = team.at([app.first(), &other][n % 2]);
            let held = drawn(&team).await.expect("a question");
            let verdict = team.answer(&held, "A").await.ok(200);
            assert_eq!(verdict["rank"], counted(app, &team).await);
        }
    });
}

#[test]
fn during_a_freeze_every_instance_shows_how_it_stood_under_the_names_of_now() {
    TestApp::run(async |app| {
        let other = app.instance().await;
        let contest = app.play(0).await;
        let [red, blue, green] =
            [contest.team("Red").await, contest.team("Blue").await, contest.team("Green").await];
        act(&contest, &red, ("adjust", json!(10))).await;
        let readers = [app.anyone(), app.anyone().at(&other), red.client.clone(), blue.client.at(&other)];
        for reader in &readers {
            assert_eq!(shown(reader, &contest, 200).await, stored(app).await);
        }
        contest.go("freeze").await.ok(200);
        let then = async || {
            let rows = app.rows(
                "SELECT t.name, f.points FROM frozen_standing f JOIN team t ON t.id = f.team_id
                 WHERE t.state = 'active' AND NOT t.hidden
                 ORDER BY f.points DESC, f.last_gain_ms NULLS LAST, f.wrong, t.name COLLATE \"C\"",
            );
            rows.await.into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect::<Vec<_>>()
        };
        for (team, step) in [
            (&blue, ("adjust", json!(500))),
            (&red, ("edit", json!({"name": "Crimson"}))),
            (&green, ("edit", json!({"hidden": true}))),
            (&green, ("adjust", json!(700))),
            (&green, ("edit", json!({"hidden": false}))),
            (&red, ("disqualify", Value::Null)),
            (&red, ("edit", json!({"name": "Scarlet"}))),
            (&red, ("reinstate", Value::Null)),
        ] {
            act(&contest, team, step.clone()).await;
            for reader in &readers {
                assert_eq!(shown(reader, &contest, 200).await, then().await, "after {step:?}");
                assert_eq!(shown(reader, &contest, 1).await, then().await, "row by row, after {step:?}");
            }
            assert_eq!(shown(&app.admin(), &contest, 200).await, stored(app).await);
        }
        let yellow = contest.team("Yellow").await;
        assert_eq!(shown(&readers[1], &contest, 200).await, then().await);
        let path = contest.path(&format!("teams/{}/standing?around=9", yellow.id));
        let place = readers[1].get(&path).await.ok(200);
        let names: Vec<_> =
            place["above"].as_array().unwrap().iter().map(|row| row["team"].clone()).collect();
        assert_eq!(
            (names, &place["rank"]),
            (vec![json!("Scarlet"), json!("Blue"), json!("Green")], &json!(2))
        );
    });
}
