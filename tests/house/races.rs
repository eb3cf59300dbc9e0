//! Fifty at once, through HTTP, against two servers on one database: exactly as many succeed
//! as may, the others hear why, and nobody hears of an error of ours.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Contest, Instance, Reply, Team, TestApp, asked, choice, fifty, problem, tally, until};

/// Two servers; requests go to them in turn.
struct Pair<'a> {
    app: &'a TestApp,
    other: Instance,
}

impl<'a> Pair<'a> {
    async fn of(app: &'a TestApp) -> Self {
        Self { app, other: app.instance().await }
    }

    fn at(&self, number: usize) -> &Instance {
        if number.is_multiple_of(2) { self.app.first() } else { &self.other }
    }
}

fn ids(replies: &[Reply], status: u16, key: &str) -> BTreeSet<String> {
    let winners = replies.iter().filter(|reply| reply.status == status);
    winners.map(|reply| reply.json[key].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_last_question_of_a_pool_goes_to_one_of_fifty_teams() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.play(1).await;
        let teams = contest.teams(50).await;
        let replies = fifty(async |n| teams[n].at(pair.at(n)).take(json!({})).await).await;
        assert_eq!(tally(&replies), ["1 × 201", "49 × 409 pool-exhausted"]);
    });
}

#[test]
fn the_last_five_questions_of_a_pool_go_to_five_of_fifty_teams() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.play(5).await;
        let teams = contest.teams(50).await;
        let replies =
            fifty(async |n| teams[n].at(pair.at(n)).take(json!({"difficulty": "EASY"})).await).await;
        assert_eq!(tally(&replies), ["5 × 201", "45 × 409 pool-exhausted"]);
        assert_eq!(ids(&replies, 201, "question_id").len(), 5);
    });
}

#[test]
fn a_named_question_goes_to_one_of_fifty_teams() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.play(3).await;
        let teams = contest.teams(50).await;
        let wish = json!({"question_id": contest.question("q1")});
        let replies = fifty(async |n| teams[n].at(pair.at(n)).take(wish.clone()).await).await;
        assert_eq!(tally(&replies), ["1 × 201", "49 × 409 question-taken"]);
    });
}

#[test]
fn a_team_that_draws_fifty_times_at_once_gets_one_question() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.play(60).await;
        let team = contest.team("Red").await;
        let replies = fifty(async |n| team.at(pair.at(n)).take(json!({})).await).await;
        assert_eq!(tally(&replies), ["1 × 201", "49 × 409 too-many-open"]);
        assert_eq!(app.number("SELECT count(*) FROM free_question").await, 59);
    });
}

#[test]
fn the_attempts_of_a_question_are_never_exceeded() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest =
            app.contest(json!({"wrong_penalty": 7}), &[asked("q", json!({"max_attempts": 3}))]).await;
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q")).await;
        let replies = fifty(async |n| team.at(pair.at(n)).answer(&held, "B").await).await;
        assert_eq!(tally(&replies), ["3 × 200", "47 × 409 attempts-exhausted"]);
        assert_eq!(team.points().await, 1000 - 3 * 7);
    });
}

#[test]
fn the_same_right_answer_fifty_times_is_paid_once() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.contest(json!({}), &[asked("q", json!({"max_attempts": 100}))]).await;
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q")).await;
        let replies = fifty(async |n| team.at(pair.at(n)).answer(&held, "A").await).await;
        assert_eq!(tally(&replies), ["1 × 200", "49 × 409 already-answered"]);
        assert_eq!(team.points().await, 1100);
    });
}

#[test]
fn fifty_right_answers_to_a_shared_question_earn_one_bonus() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.contest(json!({}), &[asked("q", json!({"exclusive": false}))]).await;
        let teams = contest.teams(50).await;
        let mut held = Vec::new();
        for team in &teams {
            held.push(team.claim(contest.question("q")).await);
        }
        let replies = fifty(async |n| teams[n].at(pair.at(n)).answer(&held[n], "A").await).await;
        assert_eq!(tally(&replies), ["50 × 200"]);
        let points: Vec<i64> =
            contest.board().await.iter().map(|row| row["points"].as_i64().unwrap()).collect();
        assert_eq!((points[0], points[1], points[49], points.len()), (1110, 1100, 1100, 50));
    });
}

/// A contest with three mystery questions and a box for 600.
async fn with_box(app: &TestApp, max_opens: i64) -> (Contest, String) {
    let mystery = |n| asked(&format!("m{n}"), json!({"pool": "mystery"}));
    let contest = app.contest(json!({}), &[mystery(0), mystery(1), mystery(2), choice("q0")]).await;
    let offered = contest.offer(600, 900, max_opens).await;
    (contest, offered)
}

#[test]
fn a_team_with_points_for_one_box_gets_one() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let (contest, offered) = with_box(app, 3).await;
        let team = contest.team("Red").await;
        let replies = fifty(async |n| team.at(pair.at(n)).open(&offered).await).await;
        assert_eq!(tally(&replies), ["1 × 201", "49 × 409 box-already-open"]);
        assert_eq!(team.points().await, 400);
        // The box is lost; now it is the points that are missing.
        let held = ids(&replies, 201, "id");
        assert_eq!(held.len(), 1);
        let open = team.client.get(&team.path("assignments?open=true")).await.ok(200);
        team.answer(open["data"][0]["id"].as_str().unwrap(), "B").await.ok(200);
        let replies = fifty(async |n| team.at(pair.at(n)).open(&offered).await).await;
        assert_eq!(tally(&replies), ["50 × 409 insufficient-points"]);
        assert_eq!(team.points().await, 400);
    });
}

#[test]
fn a_box_that_may_be_opened_once_is_opened_once() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let (contest, offered) = with_box(app, 1).await;
        let team = contest.team("Red").await;
        let opened = team.open(&offered).await.ok(201);
        team.answer(opened["assignment"]["id"].as_str().unwrap(), "A").await.ok(200);
        let replies = fifty(async |n| team.at(pair.at(n)).open(&offered).await).await;
        assert_eq!(tally(&replies), ["50 × 409 box-limit-reached"]);
    });
}

#[test]
fn the_last_mystery_question_goes_to_one_team_and_the_others_pay_nothing() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.contest(json!({}), &[asked("m", json!({"pool": "mystery"}))]).await;
        let offered = contest.offer(600, 900, 1).await;
        let teams = contest.teams(50).await;
        let replies = fifty(async |n| teams[n].at(pair.at(n)).open(&offered).await).await;
        assert_eq!(tally(&replies), ["1 × 201", "49 × 409 pool-exhausted"]);
        assert_eq!(app.number("SELECT sum(points) FROM team").await, 49 * 1000 + 400);
    });
}

/// One name as fifty keyboards may send it: composed and decomposed, wide, in other cases,
/// with blanks around it.
fn spellings() -> Vec<String> {
    let once = ["Café Müller", "Cafe\u{301} Mu\u{308}ller", "ＣＡＦÉ Müller", "café müller", " CAFÉ MÜLLER "];
    once.iter().cycle().take(50).map(|name| (*name).to_owned()).collect()
}

#[test]
fn one_name_in_fifty_unicode_forms_is_one_name() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.play(1).await;
        let (path, names) = (contest.path("teams"), spellings());
        let replies =
            fifty(async |n| app.anyone().at(pair.at(n)).post(&path, json!({"name": names[n]})).await).await;
        assert_eq!(tally(&replies), ["1 × 201", "49 × 409 team-name-taken"]);
    });
}

#[test]
fn names_that_only_look_alike_are_one_name_too() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.play(1).await;
        let (path, names) = (contest.path("teams"), ["scope", "ѕсоре", "sсope", "scоpe", "scopе"]);
        let replies =
            fifty(async |n| app.anyone().at(pair.at(n)).post(&path, json!({"name": names[n % 5]})).await)
                .await;
        let winners = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(winners, 1, "{:?}", tally(&replies));
        assert!(replies.iter().all(|r| ["", "team-name-taken", "team-name-lookalike"].contains(&r.slug())));
    });
}

#[test]
fn the_last_seat_of_a_team_is_taken_once() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.contest(json!({"max_members": 3}), &[]).await;
        let team = contest.team("Red").await;
        let join = |n: usize| json!({"join_code": team.join_code, "name": format!("Member {n}")});
        let path = contest.path("teams/join");
        let replies = fifty(async |n| app.anyone().at(pair.at(n)).post(&path, join(n)).await).await;
        assert_eq!(tally(&replies), ["2 × 201", "48 × 409 team-full"]);
        assert_eq!(team.read().await["members"].as_array().unwrap().len(), 3);
    });
}

/// All that were answered heard the same; the others were told to wait.
fn must_be_one_effect(replies: &[Reply], status: u16) {
    let done: Vec<_> = replies.iter().filter(|reply| reply.status == status).collect();
    assert!(!done.is_empty());
    assert_eq!(done.iter().filter(|reply| !reply.replayed()).count(), 1, "{:?}", tally(replies));
    assert!(done.iter().all(|reply| reply.body == done[0].body));
    let others = replies.iter().filter(|reply| reply.status != status);
    for waiting in others {
        waiting.refused(409, "request-in-progress");
        assert_eq!(waiting.header("retry-after"), Some("1"));
    }
}

#[test]
fn one_idempotency_key_has_one_effect_for_a_draw() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest =
            app.contest(json!({"max_open_assignments": 50}), &[choice("a"), choice("b"), choice("c")]).await;
        let team = contest.team("Red").await.keyed("draw-1");
        let replies = fifty(async |n| team.at(pair.at(n)).take(json!({})).await).await;
        must_be_one_effect(&replies, 201);
        assert_eq!(app.number("SELECT count(*) FROM assignment").await, 1);
    });
}

#[test]
fn one_idempotency_key_has_one_effect_for_an_answer() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.contest(json!({}), &[asked("q", json!({"max_attempts": 100}))]).await;
        let team = contest.team("Red").await;
        let held = team.claim(contest.question("q")).await;
        let team = team.keyed("answer-1");
        let replies = fifty(async |n| team.at(pair.at(n)).answer(&held, "B").await).await;
        must_be_one_effect(&replies, 200);
        assert_eq!(app.number("SELECT count(*) FROM submission").await, 1);
    });
}

#[test]
fn one_idempotency_key_has_one_effect_for_a_correction() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let (path, admin) = (contest.path("adjustments"), contest.admin.keyed("fix-1"));
        let body: Value = json!({"team_id": team.id, "amount": 25, "reason": "Read out late"});
        let replies = fifty(async |n| admin.at(pair.at(n)).post(&path, body.clone()).await).await;
        must_be_one_effect(&replies, 201);
        assert_eq!(team.points().await, 1025);
    });
}

#[test]
fn an_entry_is_reversed_once() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let fix = json!({"team_id": team.id, "amount": -300, "reason": "A mistake"});
        let seq = contest.admin.post(&contest.path("adjustments"), fix).await.ok(201)["seq"].clone();
        let path = contest.path(&format!("teams/{}/ledger/{seq}/reversal", team.id));
        let replies =
            fifty(async |n| contest.admin.at(pair.at(n)).post(&path, json!({"reason": "Undone"})).await)
                .await;
        assert_eq!(tally(&replies), ["1 × 201", "49 × 409 already-reversed"]);
        assert_eq!(team.points().await, 1000);
    });
}

#[test]
fn a_pause_lets_no_answer_through_that_comes_after_it() {
    TestApp::run(async |app| {
        let pair = Pair::of(app).await;
        let contest = app.contest(json!({"max_open_assignments": 50}), &questions(50)).await;
        let teams = contest.teams(50).await;
        let mut held = Vec::new();
        for team in &teams {
            held.push(team.draw().await["id"].as_str().unwrap().to_owned());
        }
        let replies = fifty(async |n| match n {
            25 => contest.admin.at(pair.at(n)).poke(&contest.path("pause")).await,
            _ => teams[n].at(pair.at(n)).answer(&held[n], "A").await,
        })
        .await;
        replies[25].ok(200);
        assert!(replies.iter().all(|r| ["", "contest-paused"].contains(&r.slug())), "{:?}", tally(&replies));
        let late: Team = teams[0].clone();
        late.take(json!({})).await.refused(409, "contest-paused");
        // The checker compares every submission with the pause.
    });
}

fn questions(count: usize) -> Vec<Value> {
    (0..count).map(|n| choice(&format!("q{n}"))).collect()
}

/// Teams are locked before questions, whoever comes first by its id: nobody may hold a question and
/// wait for a team.
#[test]
fn a_bonus_that_is_taken_back_keeps_the_order_of_the_locks() {
    TestApp::run(async |app| {
        let mut asked = problem("p1");
        asked["max_attempts"] = json!(3);
        let room = app.room_with(&[asked], 2).await;
        let [rival, own] = &room.members[..] else { panic!("two members") };
        assert!(rival.team < own.team, "the rival is locked first");
        rival.account.solve(&room.contest.code, "p1", "wrong").await.ok(200);
        let held = app.text(&format!("SELECT id FROM assignment WHERE team_id = '{}'", rival.team)).await;

        // An answer is received, and before it can see who holds the bonus another one has it.
        let (door, team) = (app.connect().await, app.connect().await);
        door.batch_execute("BEGIN; LOCK TABLE room_problem IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let waits = async |what: &str| {
            let waiting = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
            until(what, async || (app.number(waiting).await == 1).then_some(())).await;
        };
        let (account, code) = (own.account.clone(), room.contest.code.clone());
        let answer = tokio::spawn(async move { account.solve(&code, "p1", "8").await });
        waits("the answer is received").await;
        let path = room.contest.path(&format!("assignments/{held}/submissions"));
        let first = rival.account.client.post(&path, json!({"answer": "8"})).await.ok(200);
        assert_eq!(first["first_correct"], true);

        let (id, ours) = (&room.contest.id, &own.team);
        let lock = format!("BEGIN; SELECT FROM team WHERE contest_id = '{id}' AND id = '{ours}' FOR UPDATE");
        team.batch_execute(&lock).await.unwrap();
        door.batch_execute("ROLLBACK").await.unwrap();
        waits("the answer waits for its own team").await;
        let lock =
            format!("SELECT FROM contest_question WHERE contest_id = '{id}' FOR NO KEY UPDATE; COMMIT");
        team.batch_execute(&lock).await.expect("the question is free");
        let verdict = answer.await.unwrap().ok(200);
        assert_eq!(verdict["first_correct"], true, "it was received first");
        let metrics = app.admin().get("/metrics").await.body;
        let deadlocks = metrics
            .lines()
            .find(|line| line.starts_with("podium_transaction_retries_total") && line.contains("deadlock"));
        assert!(deadlocks.is_none_or(|line| line.ends_with(" 0")), "{deadlocks:?}");
    });
}
