//! How the best came to their points: what the ledger says, as far as the reader may see.

use serde_json::{Value, json};

use crate::support::{Client, Contest, Team, TestApp, choice, until};

async fn adjust(contest: &Contest, team: &Team, amount: i64) {
    let fix = json!({"team_id": team.id, "amount": amount, "reason": "A test"});
    contest.admin.post(&contest.path("adjustments"), fix).await.ok(201);
}

async fn solve(contest: &Contest, team: &Team, question: &str) {
    let held = team.claim(contest.question(question)).await;
    team.answer(&held, "A").await.ok(200);
}

async fn read(client: &Client, contest: &Contest, query: &str) -> Vec<Value> {
    let body = client.get(&contest.path(&format!("leaderboard/history{query}"))).await.ok(200);
    body["data"].as_array().unwrap().clone()
}

fn names(of: &[Value]) -> Vec<&str> {
    of.iter().map(|team| team["team"].as_str().unwrap()).collect()
}

fn scores(of: &Value) -> Vec<(i64, i64)> {
    let each = of["scores"].as_array().unwrap().iter();
    each.map(|score| (score["at_ms"].as_i64().unwrap(), score["points"].as_i64().unwrap())).collect()
}

/// A running contest with questions, and two teams.
async fn two(app: &TestApp) -> (Contest, Team, Team) {
    let questions: Vec<_> = (0..4).map(|n| choice(&format!("q{n}"))).collect();
    let contest = app.contest(json!({"max_open_assignments": 10}), &questions).await;
    let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
    (contest, red, blue)
}

#[test]
fn a_history_leads_from_the_first_entry_to_the_row_of_the_board() {
    TestApp::run(async |app| {
        let (contest, red, blue) = two(app).await;
        solve(&contest, &red, "q0").await;
        adjust(&contest, &blue, -30).await;
        solve(&contest, &blue, "q1").await;
        solve(&contest, &blue, "q2").await;
        contest.team("Green").await;
        let board = contest.board().await;
        let history = read(&app.anyone(), &contest, "").await;
        assert_eq!(names(&history), ["Blue", "Red", "Green"]);
        for (row, team) in board.iter().zip(&history) {
            let scores = scores(team);
            assert!(scores.is_sorted_by_key(|(at, _)| *at), "{scores:?}");
            assert_eq!((scores[0].1, scores.last().unwrap().1), (1000, row["points"].as_i64().unwrap()));
            let mut bare = team.clone();
            bare.as_object_mut().unwrap().remove("scores");
            assert_eq!(&bare, row);
        }
        // Each score is one that the ledger knows, and in its order.
        let entries = blue.client.all(&blue.path(&format!("teams/{}/ledger", blue.id)), 50).await;
        let mut balances = entries.iter().map(|entry| entry["balance_after"].as_i64().unwrap());
        for (_, points) in scores(&history[0]) {
            assert!(balances.any(|balance| balance == points), "{points} is none of {entries:?}");
        }
        assert_eq!(names(&read(&app.anyone(), &contest, "?top=2").await), ["Blue", "Red"]);
        assert_eq!(read(&app.anyone(), &contest, "?top=0").await.len(), 1);
    });
}

#[test]
fn a_long_history_is_told_in_short() {
    TestApp::run(async |app| {
        let (contest, red, _) = two(app).await;
        for _ in 0..150 {
            adjust(&contest, &red, 1).await;
        }
        let told = scores(&read(&app.anyone(), &contest, "").await[0]);
        assert!((3..=121).contains(&told.len()), "{} scores", told.len());
        assert_eq!((told[0].1, told.last().unwrap().1), (1000, 1150));
    });
}

#[test]
fn its_time_is_that_of_the_contest() {
    TestApp::run(async |app| {
        let (contest, red, _) = two(app).await;
        contest.go("pause").await.ok(200);
        app.execute(
            "UPDATE contest SET paused_at = paused_at - interval '5 min', starts_at = starts_at - interval '5 min';
            UPDATE contest_pause SET started_at = started_at - interval '5 min'",
        )
        .await;
        // While it is paused time stands still, also for corrections.
        let time = async || contest.read().await["contest_time_ms"].as_i64().unwrap();
        adjust(&contest, &red, 1).await;
        let paused_at = time().await;
        contest.go("resume").await.ok(200);
        let resumed = time().await;
        solve(&contest, &red, "q0").await;
        let answered = time().await;
        contest.go("end").await.ok(200);
        let ended = time().await;
        adjust(&contest, &red, 1).await;
        let told = scores(&read(&app.anyone(), &contest, "").await[0]);
        let at = |points| told.iter().find(|score| score.1 == points).map(|score| score.0);
        assert!(at(1102).is_some_and(|at| (answered..=ended).contains(&at)), "{told:?} {answered} {ended}");
        assert!(
            at(1101).is_none_or(|at| (resumed..=answered).contains(&at)),
            "{told:?} {resumed} {answered}"
        );
        assert!(at(1001).is_none_or(|at| at == paused_at), "{told:?} {paused_at}");
    });
}

#[test]
fn the_public_history_stands_still_while_the_board_is_frozen() {
    TestApp::run(async |app| {
        let (contest, red, blue) = two(app).await;
        solve(&contest, &red, "q0").await;
        contest.go("freeze").await.ok(200);
        let path = contest.path("leaderboard/history?top=1");
        let before = app.anyone().get(&path).await;
        assert_eq!(names(before.ok(200)["data"].as_array().unwrap()), ["Red"]);
        solve(&contest, &blue, "q1").await;
        solve(&contest, &blue, "q2").await;
        solve(&contest, &red, "q3").await;
        // A server that has not read it before.
        let other = app.instance().await;
        for client in [app.anyone(), red.client.clone(), blue.client.clone()] {
            let after = client.at(&other).get(&path).await;
            assert_eq!((&after.body, after.header("etag")), (&before.body, before.header("etag")));
        }
        let staff = read(&app.admin().at(&other), &contest, "?top=1").await;
        assert_eq!((names(&staff), scores(&staff[0]).last().unwrap().1), (vec!["Blue"], 1200));
        contest.go("end").await.ok(200);
        assert_eq!(app.anyone().at(&other).get(&path).await.body, before.body);
        contest.go("thaw").await.ok(200);
        until("everybody sees who won", async || {
            let best = read(&app.anyone(), &contest, "?top=1").await;
            (names(&best) == ["Blue"] && scores(&best[0]).last()?.1 == 1200).then_some(())
        })
        .await;
    });
}

#[test]
fn who_is_not_on_the_board_has_no_history_there() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({"divisions": ["Juniors"]}), &[]).await;
        let [red, blue, green] =
            [contest.team("Red").await, contest.team("Blue").await, contest.team("Green").await];
        let edit = async |team: &Team, change: Value| {
            contest.admin.patch(&contest.path(&format!("teams/{}", team.id)), change).await.ok(200);
        };
        let becomes = async |query: &str, expected: &[&str]| {
            until("the history is that of the board", async || {
                (names(&read(&app.anyone(), &contest, query).await) == expected).then_some(())
            })
            .await;
        };
        edit(&green, json!({"division": "Juniors"})).await;
        becomes("", &["Blue", "Green", "Red"]).await;
        becomes("?division=Juniors", &["Green"]).await;
        edit(&red, json!({"hidden": true})).await;
        becomes("", &["Blue", "Green"]).await;
        let disqualify = contest.path(&format!("teams/{}/disqualify", blue.id));
        contest.admin.post(&disqualify, json!({"reason": "A test"})).await.ok(200);
        becomes("", &["Green"]).await;
        edit(&red, json!({"hidden": false})).await;
        becomes("", &["Green", "Red"]).await;
    });
}

#[test]
fn a_history_is_read_once_for_all_who_ask_within_a_second() {
    TestApp::run(async |app| {
        let (contest, red, _) = two(app).await;
        let path = contest.path("leaderboard/history");
        until("two readers get the same, though points have changed in between", async || {
            let first = app.anyone().get(&path).await;
            adjust(&contest, &red, 1).await;
            (app.anyone().get(&path).await.body == first.body).then_some(())
        })
        .await;
        let points = red.points().await;
        until("it is read again", async || {
            let told = read(&app.anyone(), &contest, "").await;
            (scores(&told[0]).last()?.1 == points).then_some(())
        })
        .await;
        let known = app.anyone().get(&path).await;
        let tag = known.header("etag").expect("a tag").to_owned();
        let again = app.anyone().with("if-none-match", &tag).get(&path).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""));
    });
}

#[test]
fn a_history_that_nobody_may_read_is_refused() {
    TestApp::run(async |app| {
        let draft = app.draft(json!({}), &[]).await;
        let path = draft.path("leaderboard/history");
        app.anyone().get(&path).await.refused(404, "not-found");
        assert_eq!(app.admin().get(&path).await.ok(200), json!({"data": []}));
        app.anyone().get("contests/NOSUCH/leaderboard/history").await.refused(404, "not-found");
        for query in ["top=many", "division=Elders", "top=1&top=2"] {
            app.admin().get(&format!("{path}?{query}")).await.refused(422, "invalid");
        }
    });
}
